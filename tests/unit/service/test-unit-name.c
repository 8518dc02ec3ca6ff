/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/unit-name.h"
#include "testing.h"

static void assert_name_at(int line, const char *text, const char *want, enum unit_kind want_kind)
{
        struct messages errors = MESSAGES_INIT;
        enum unit_kind kind = UNIT_KINDS, again = UNIT_KINDS;
        char name[UNIT_NAME_SIZE];

        if (unit_name_complete(text, name, &kind, &errors) < 0) {
                fprintf(stderr, "line %d: %s\n", line, errors.items[0]);
                abort();
        }
        assert_same(__FILE__, line, name, want);
        assert(kind == want_kind && errors.n == 0);
        assert(unit_name_is_complete(name, &again) && again == kind);
}

#define assert_name(text, want, kind) assert_name_at(__LINE__, text, want, kind)

static void assert_refused_at(int line, const char *text, const char *why)
{
        struct messages errors = MESSAGES_INIT;
        enum unit_kind kind;
        char name[UNIT_NAME_SIZE];

        if (unit_name_complete(text, name, &kind, &errors) != -EINVAL ||
            !messages_have(&errors, why)) {
                fprintf(stderr, "line %d: \"%s\": not refused with \"%s\"\n", line, text, why);
                abort();
        }
        assert(!unit_name_is_complete(text, &kind));
        messages_done(&errors);
}

#define assert_refused(text, why) assert_refused_at(__LINE__, text, why)

static void test_names(void)
{
        enum unit_kind kind;

        assert_name("nginx", "nginx.service", UNIT_SERVICE);
        assert_name("nginx.service", "nginx.service", UNIT_SERVICE);
        assert_name("getty@", "getty@.service", UNIT_SERVICE);
        assert_name("getty@tty1", "getty@tty1.service", UNIT_SERVICE);
        assert_name("a@b@c.service", "a@b@c.service", UNIT_SERVICE);
        assert_name("x\\x20y", "x\\x20y.service", UNIT_SERVICE);
        assert_name("foo.bar", "foo.bar.service", UNIT_SERVICE); /* no unit's suffix */
        assert_name("-.slice", "-.slice", UNIT_SLICE);
        assert_name("user-1000.slice", "user-1000.slice", UNIT_SLICE);
        assert_name("session-2.scope", "session-2.scope", UNIT_SCOPE);
        assert(!unit_name_is_complete("nginx", &kind));
        assert(!unit_name_is_complete("service", &kind)); /* the drop-ins of all services */
}

static void test_refused(void)
{
        char longest[UNIT_NAME_SIZE + 1], full[2 * UNIT_NAME_SIZE];

        assert_refused("", "empty");
        assert_refused(".service", "empty");
        assert_refused("../x", "slash");
        assert_refused("/usr/bin/x", "slash");
        assert_refused("x y", "systemd-escape");
        assert_refused("x\n[Service]", "systemd-escape");
        assert_refused("\303\244.service", "systemd-escape");
        assert_refused("@x.service", "begins with @");
        assert_refused("x.socket", "no memory of its own");
        assert_refused("x.target", "no memory of its own");
        assert_refused("-a.slice", "slice");
        assert_refused("a-.slice", "slice");
        assert_refused("a--b.slice", "slice");
        assert_refused("a@b.slice", "instances");
        memset(longest, 'x', sizeof(longest));
        longest[UNIT_NAME_SIZE - strlen(".service") - 1] = '\0';
        assert(strlen(longest) + strlen(".service") == 255);
        snprintf(full, sizeof(full), "%s.service", longest);
        assert_name(longest, full, UNIT_SERVICE);
        longest[UNIT_NAME_SIZE - strlen(".service") - 1] = 'x';
        longest[UNIT_NAME_SIZE - strlen(".service")] = '\0';
        assert_refused(longest, "too long");
}

static void test_words(void)
{
        char word[UNIT_WORD_SIZE];

        assert(unit_name_is_template("getty@.service"));
        assert(!unit_name_is_template("getty@tty1.service"));
        assert(!unit_name_is_template("getty.service"));
        assert_streq(unit_name_format("a.service", true, word), "a.service");
        assert_streq(unit_name_format("a\\x20b.service", true, word), "'a\\x20b.service'");
        assert_streq(unit_name_format("getty@.service", false, word), "getty@.service");
        assert_streq(unit_name_format("getty@.service", true, word), "'getty@*.service'");
}

int main(void)
{
        test_names();
        test_refused();
        test_words();
        return 0;
}
