/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>

#include "base/hash.h"
#include "policy/keys.h"
#include "policy/lines.h"
#include "policy/policy.h"

/* inih cuts lines off at INI_MAX_LINE bytes (200) without a word, and needs three of them. */
#define NAME_LENGTH_MAX 48

static const char *const section_words[] = {
        [SECTION_NONE] = "",         [SECTION_POLICY] = "policy", [SECTION_TIER] = "tier",
        [SECTION_NODE] = "node",     [SECTION_APPLY] = "apply",   [SECTION_DAEMON] = "daemon",
        [SECTION_ONLINE] = "online",
};
static_assert(ELEMENTSOF(section_words) == SECTIONS, "a word for each section");

static bool is_named(enum policy_section s)
{
        return s == SECTION_TIER || s == SECTION_NODE;
}

struct parser {
        struct place place;
        struct lines lines;
        struct messages *errors;
        bool failed, out_of_memory;

        enum policy_section section;
        bool headed;                    /* a section's header was found, right or wrong */
        char name[NAME_LENGTH_MAX + 1]; /* of the [tier NAME] or [node NAME] */
        size_t next_rule;               /* this file's rules go before those of earlier files */
        uint64_t keys_seen;             /* a bit for each key of the section */
        char **sections_seen;
        size_t n_sections_seen, sections_allocated;
};

/* A section with an error is not complete: what is missing there is no further error. */
static void mark_damaged(struct parser *p)
{
        struct policy *policy = p->place.policy;

        p->failed = true;
        policy->damaged |= 1U << p->section;
        if (p->section == SECTION_NODE && p->place.rule < policy->n_rules)
                policy->rules[p->place.rule].damaged = true;
}

_printf_(3, 4) static void complain(struct parser *p, const char *key, const char *format, ...)
{
        char *what = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&what, format, ap) < 0)
                what = NULL;
        va_end(ap);
        messages_add(p->errors, "%s:%u: %s%s%s%s%s%s%s", p->place.file, p->place.line,
                     section_words[p->section], *p->name ? " " : "", p->name,
                     p->section && key ? "." : "", key ?: "", p->section || key ? ": " : "",
                     what ?: "out of memory");
        free(what);
        mark_damaged(p);
}

static int note_setting(const struct parser *p, const struct key *key, const char *value)
{
        struct policy *policy = p->place.policy;
        struct policy_setting setting = {
                .section = p->section,
                .key = key->name,
                .tier = p->section == SECTION_TIER ? p->place.tier : 0,
                .file = p->place.file,
                .line = p->place.line,
        };

        if (p->section == SECTION_NODE)
                setting.section_line = policy->rules[p->place.rule].line;
        if (array_grow(&policy->settings, &policy->settings_allocated, policy->n_settings + 1,
                       sizeof(setting)) < 0)
                return -ENOMEM;
        setting.value = strdup(value);
        if (!setting.value)
                return -ENOMEM;
        policy->settings[policy->n_settings++] = setting;
        return 0;
}

static void set_key(struct parser *p, const struct key *key, const char *value)
{
        uint64_t bit = UINT64_C(1) << key_number(key);
        int r;

        if (p->keys_seen & bit) {
                complain(p, key->name, "expected each key once in a section");
                return;
        }
        p->keys_seen |= bit;
        r = key_set(key, &p->place, value);
        if (r == 0)
                r = note_setting(p, key, value);
        if (r == -ENOMEM)
                p->out_of_memory = true;
        else if (r < 0)
                complain(p, key->name, "expected %s, found \"%s\"", key->expected, value);
}

/* inih's handler: non-zero is success, and all errors are reported here. */
static int take_key(void *userdata, const char *section, const char *name, const char *value)
{
        struct parser *p = userdata;
        const struct key *key = key_find(p->section, name);
        char names[KEY_NAMES_MAX];

        if (p->section == SECTION_NONE)
                return 1; /* an error in the header above, or the lack of one, was reported */
        if (key)
                set_key(p, key, value);
        else
                complain(p, name, "unknown key; expected one of %s", key_names(p->section, names));
        return 1;
}

/* Sections. inih does not report one that has no keys, such as [tier far]: headers are taken here,
 * before inih gets them. */

static int begin_tier(struct parser *p)
{
        struct policy *policy = p->place.policy;
        struct tier_policy *t = (struct tier_policy *)policy_get_tier(policy, p->name);

        if (!t) {
                if (array_grow(&policy->tiers, &policy->tiers_allocated, policy->n_tiers + 1,
                               sizeof(*t)) < 0)
                        return -ENOMEM;
                t = &policy->tiers[policy->n_tiers];
                *t = (struct tier_policy){ .name = strdup(p->name) };
                if (!t->name)
                        return -ENOMEM;
                policy->n_tiers++;
        }
        t->file = p->place.file;
        t->line = p->place.line;
        p->place.tier = (size_t)(t - policy->tiers);
        return 0;
}

static int begin_rule(struct parser *p)
{
        struct policy *policy = p->place.policy;
        struct node_rule rule = { .file = p->place.file, .line = p->place.line };

        if (array_grow(&policy->rules, &policy->rules_allocated, policy->n_rules + 1,
                       sizeof(rule)) < 0)
                return -ENOMEM;
        rule.name = strdup(p->name);
        if (!rule.name)
                return -ENOMEM;
        p->place.rule = p->next_rule++;
        memmove(&policy->rules[p->place.rule + 1], &policy->rules[p->place.rule],
                (policy->n_rules - p->place.rule) * sizeof(rule));
        policy->rules[p->place.rule] = rule;
        policy->n_rules++;
        return 0;
}

static int begin_named(struct parser *p)
{
        if (p->section == SECTION_TIER)
                return begin_tier(p);
        return p->section == SECTION_NODE ? begin_rule(p) : 0;
}

/* Splits "tier dram" into p->section and p->name. */
static int parse_header(struct parser *p, const char *header, size_t length)
{
        size_t word = 0, name;

        while (word < length && !isspace((unsigned char)header[word]))
                word++;
        while (length > word && isspace((unsigned char)header[length - 1]))
                length--;
        for (name = word; name < length && isspace((unsigned char)header[name]);)
                name++;
        for (unsigned s = SECTION_POLICY; s < SECTIONS; s++)
                if (strlen(section_words[s]) == word && memcmp(section_words[s], header, word) == 0)
                        p->section = s;
        if (p->section == SECTION_NONE || (name < length) != is_named(p->section) ||
            length - name > NAME_LENGTH_MAX)
                return -EINVAL;
        memcpy(p->name, header + name, length - name);
        p->name[length - name] = '\0';
        for (const char *c = p->name; *c; c++)
                if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
                        return -EINVAL;
        return 0;
}

/* By what the header means, however it is spaced. */
static int note_section(struct parser *p)
{
        _cleanup_(freep) char *header = NULL;

        if (asprintf(&header, "%s %s", section_words[p->section], p->name) < 0) {
                header = NULL;
                return -ENOMEM;
        }
        for (size_t i = 0; i < p->n_sections_seen; i++)
                if (streq(p->sections_seen[i], header))
                        return -EEXIST;
        if (array_grow(&p->sections_seen, &p->sections_allocated, p->n_sections_seen + 1,
                       sizeof(*p->sections_seen)) < 0)
                return -ENOMEM;
        p->sections_seen[p->n_sections_seen++] = TAKE_PTR(header);
        return 0;
}

static void reject_section(struct parser *p)
{
        p->section = SECTION_NONE;
        *p->name = '\0';
}

static void begin_section(struct parser *p, const char *header, size_t length)
{
        int r;

        p->keys_seen = 0;
        r = parse_header(p, header, length);
        if (r < 0) {
                reject_section(p);
                complain(p, NULL,
                         "expected [policy], [tier NAME], [node NAME], [apply], [online] or "
                         "[daemon], "
                         "with a NAME of at most %d letters, digits, \".\", \"_\" and \"-\", found "
                         "[%.*s]",
                         NAME_LENGTH_MAX, (int)length, header);
                return;
        }
        r = note_section(p);
        if (r == -EEXIST) {
                complain(p, NULL, "expected each section once in a file");
                reject_section(p);
                return;
        }
        if (r == 0)
                r = begin_named(p);
        if (r < 0)
                p->out_of_memory = true;
}

/* Reports a line that inih would not understand, or begins the section it names. Returns whether
 * the line is for inih. */
static bool check_line(struct parser *p, const char *line, size_t length, size_t max)
{
        char buf[LINE_FAULT_MAX];
        const char *fault = line_find_fault(line, length, buf);

        if (length == 0)
                return false;
        if (line[0] == '[') {
                reject_section(p); /* even if the header is wrong: what follows belongs to it */
                p->headed = true;
        }
        if (fault) {
                complain(p, NULL, "%s", fault);
                return false;
        }
        if (length > max) {
                complain(p, NULL, "expected a line of at most %zu characters", max);
                return false;
        }
        if (line[0] == '[') {
                if (line[length - 1] == ']')
                        begin_section(p, line + 1, length - 2);
                else
                        complain(p, NULL, "expected \"]\" at the end of a section's header");
                return false;
        }
        if (!memchr(line, '=', length) || line[0] == '=') {
                complain(p, NULL, "expected KEY = VALUE or [SECTION], found \"%.*s\"", (int)length,
                         line);
                return false;
        }
        if (!p->headed) {
                complain(p, NULL, "expected a section's header before the first key");
                p->headed = true; /* one error is enough */
        }
        return true;
}

/* inih's reader, which works like fgets(). What is not for inih becomes an empty line. */
static char *read_line(char *str, int num, void *stream)
{
        struct parser *p = stream;
        const char *line;
        size_t length;

        if (p->out_of_memory || num < 3)
                return NULL;
        line = lines_next(&p->lines, &length);
        if (!line)
                return NULL;
        p->place.line = p->lines.number;
        if (!check_line(p, line, length, (size_t)num - 3))
                length = 0;
        memcpy(str, line, length);
        memcpy(str + length, "\n", 2);
        return str;
}

static const char *add_file(struct policy *p, const char *name)
{
        char *copy;

        if (array_grow(&p->files, &p->files_allocated, p->n_files + 1, sizeof(*p->files)) < 0)
                return NULL;
        copy = strdup(name);
        if (copy)
                p->files[p->n_files++] = copy;
        return copy;
}

int policy_parse(struct policy *policy, const char *text, size_t size, const char *file,
                 struct messages *errors)
{
        struct parser p = {
                .place = { .policy = policy, .file = add_file(policy, file) },
                .lines = { .text = text, .size = size },
                .errors = errors,
        };
        int r;

        if (!p.place.file)
                return -ENOMEM;
        policy->hash = hash_bytes(policy->hash, text, size);
        r = ini_parse_stream(read_line, &p, take_key, &p);
        if (r != 0 && !p.failed) {
                p.place.line = r > 0 ? (unsigned)r : p.place.line;
                reject_section(&p);
                complain(&p, NULL, "expected KEY = VALUE or [SECTION]");
        }
        for (size_t i = 0; i < p.n_sections_seen; i++)
                free(p.sections_seen[i]);
        free(p.sections_seen);
        if (p.out_of_memory)
                return -ENOMEM;
        return p.failed ? -EBADMSG : 0;
}
