/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <time.h>

#include "monitoring/entry.h"
#include "publish/message-ids.h"
#include "testing.h"

/* Fields as the journal has them, up to NULL. */
static char *get(const char *name, void *userdata)
{
        for (const char *const *field = userdata; *field; field++) {
                const char *value = startswith(*field, name);

                if (value && *value == '=')
                        return strdup(value + 1);
        }
        return NULL;
}

static char *print(const struct change *c, bool json)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        assert(f);
        change_print(f, c, json);
        assert(fclose(f) == 0);
        return text;
}

static void check(const char *const *fields, bool json, const char *want)
{
        _cleanup_(freep) char *got = NULL;
        struct change c;

        entry_read(get, (void *)fields, 1764342123456789, &c);
        assert(!c.texts.failed);
        got = print(&c, json);
        assert_streq(got, want);
        change_done(&c);
}

static void test_moved(void)
{
        static const char *const fields[] = {
                "MESSAGE_ID=" MESSAGE_NODE_MOVED,
                "PRIORITY=5",
                "MESSAGE=Moved node 1 from memory_tier4 to memory_tier5 (\"quoted\")",
                "NUMATIER_NODE=1",
                "NUMATIER_TIER=cxl",
                "NUMATIER_WANTED_TIER=5",
                "NUMATIER_PRESENT_TIER=4",
                "NUMATIER_PATH=/sys/x",
                "NUMATIER_VALUE=memory_tier5",
                NULL,
        };

        check(fields, false,
              "2025-11-28 15:02:03.456  numatierd  Moved node 1 from memory_tier4 to memory_tier5 "
              "(\"quoted\")\n");
        check(fields, true,
              "{\"time\": \"2025-11-28T15:02:03.456789Z\", \"source\": \"numatierd\", "
              "\"kind\": \"node_moved\", \"node\": 1, \"tier\": \"cxl\", \"present_tier\": 4, "
              "\"wanted_tier\": 5, \"original_tier\": null, \"blocks\": null, "
              "\"size_kib\": null, \"old_size_kib\": null, \"path\": \"/sys/x\", "
              "\"value\": \"memory_tier5\", \"old_value\": null, \"device\": null, "
              "\"reason\": null, \"error\": null, \"priority\": 5, "
              "\"message_id\": \"" MESSAGE_NODE_MOVED "\", "
              "\"text\": \"Moved node 1 from memory_tier4 to memory_tier5 (\\\"quoted\\\")\"}\n");
}

static void test_others(void)
{
        static const char *const started[] = { "MESSAGE_ID=" MESSAGE_STARTED,
                                               "MESSAGE=numatierd 9: 1 node in 1 tier", NULL };
        static const char *const stopped[] = { "MESSAGE_ID=" MESSAGE_STOPPED,
                                               "MESSAGE=Stopped; tiers stay as they are", NULL };
        static const char *const lines[] = { "MESSAGE=a\nb\033[31m", "NUMATIER_NODE=x", NULL };
        static const char *const nothing[] = { NULL };

        check(started, false,
              "2025-11-28 15:02:03.456  numatierd  numatierd started: 9: 1 node in 1 tier\n");
        check(stopped, false, "2025-11-28 15:02:03.456  numatierd  numatierd stopped\n");
        check(lines, false, "2025-11-28 15:02:03.456  numatierd  a b [31m\n");
        check(nothing, false, "2025-11-28 15:02:03.456  numatierd  \n");
}

static void test_kinds(void)
{
        assert_streq(entry_kind(MESSAGE_STARTED), "started");
        assert_streq(entry_kind(ENTRY_UNIT_FAILED), "failed");
        assert_streq(entry_kind("0"), "message");
        assert_streq(entry_kind(NULL), "message");
}

/* Each id of the header has a kind of its own: what comes later must not be forgotten. */
static void test_header(const char *path)
{
        FILE *f = fopen(path, "re");
        char line[256], id[64];
        size_t n = 0;

        assert(f);
        while (fgets(line, sizeof(line), f))
                if (sscanf(line, "#define MESSAGE_%*s \"%32[0-9a-f]\"", id) == 1) {
                        assert(!streq(entry_kind(id), "message"));
                        n++;
                }
        assert(n > 20);
        fclose(f);
}

int main(int argc, char **argv)
{
        assert(argc == 2 && setenv("TZ", "UTC", 1) == 0);
        tzset();
        test_moved();
        test_others();
        test_kinds();
        test_header(argv[1]);
        return 0;
}
