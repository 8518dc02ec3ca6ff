/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/drop-in.h"

#include <ctype.h>
#include <errno.h>

#define HEADER        "# numatier service:"
#define POLICY        "NUMAPolicy"
#define MASK          "NUMAMask"
#define ALLOWED       "AllowedMemoryNodes"
#define SPACE         " \t\r"
#define LINE_MAX_SIZE 4096 /* all 1024 nodes, one by one, have less */

static const char *const words[] = {
        [SERVICE_UNSET] = "unset",           [SERVICE_DEFAULT] = "default",
        [SERVICE_PREFERRED] = "preferred",   [SERVICE_BIND] = "bind",
        [SERVICE_INTERLEAVE] = "interleave", [SERVICE_LOCAL] = "local",
};

const char *service_policy_word(enum service_policy p)
{
        return words[p];
}

int service_policy_parse(const char *word, enum service_policy *ret)
{
        for (enum service_policy p = SERVICE_DEFAULT; p < SERVICE_POLICIES; p++)
                if (streq(words[p], word)) {
                        *ret = p;
                        return 0;
                }
        return -EINVAL;
}

bool service_policy_has_nodes(enum service_policy p)
{
        return p == SERVICE_PREFERRED || p == SERVICE_BIND || p == SERVICE_INTERLEAVE;
}

struct service_drop_in *service_drop_in_free(struct service_drop_in *d)
{
        if (d)
                free(d->tiers);
        free(d);
        return NULL;
}

/* Writing. */

/* systemd adds nodes to those that the unit has already; an empty value takes these away. */
static void print_nodes(FILE *f, const char *key, const struct nodeset *nodes)
{
        char text[NODESET_STRING_MAX];

        fprintf(f, "%s=\n", key);
        if (nodeset_count(nodes) > 0)
                fprintf(f, "%s=%s\n", key, nodeset_format(nodes, text));
}

static void print_drop_in(FILE *f, const struct service_drop_in *d, const char *unit,
                          enum unit_kind kind)
{
        char word[UNIT_WORD_SIZE];

        fprintf(f, HEADER " policy=%s confine=%s%s%s\n", words[d->asked_policy],
                d->confine ? "yes" : "no", d->tiers ? " tiers=" : "", d->tiers ?: "");
        fprintf(f,
                "# Node numbers may change: \"numatier doctor\" says when they are not those of "
                "the tiers any more.\n"
                "# \"numatier service %s --clear\" removes this file.\n",
                unit_name_format(unit, false, word));
        fprintf(f, "[%s]\n", unit_kind_section(kind));
        if (d->policy != SERVICE_UNSET) {
                fprintf(f, POLICY "=%s\n", words[d->policy]);
                print_nodes(f, MASK, &d->mask);
        }
        if (nodeset_count(&d->allowed) > 0)
                print_nodes(f, ALLOWED, &d->allowed);
}

int service_drop_in_format(const struct service_drop_in *d, const char *unit, enum unit_kind kind,
                           char **ret)
{
        _cleanup_(freep) char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return -ENOMEM;
        print_drop_in(f, d, unit, kind);
        if (fclose(f) != 0)
                return -ENOMEM;
        *ret = TAKE_PTR(text);
        return 0;
}

/* Reading. */

bool service_drop_in_is_ours(const char *text, size_t size)
{
        return size > strlen(HEADER) && memcmp(text, HEADER, strlen(HEADER)) == 0 &&
               (text[strlen(HEADER)] == ' ' || text[strlen(HEADER)] == '\n');
}

struct parser {
        struct service_drop_in *d;
        const char *what;
        unsigned line;
        bool in_section; /* one of which keys are read */
        bool failed;
        struct messages *errors;
};

static void complain(struct parser *p, const char *key, const char *expected, const char *found)
{
        p->failed = true;
        messages_add(p->errors, "%s:%u: %s: expected %s, found \"%s\"", p->what, p->line, key,
                     expected, found);
}

static bool is_tier_list(const char *s)
{
        if (*s == '\0')
                return false;
        for (; *s != '\0'; s++)
                if (!isalnum((unsigned char)*s) && !strchr("._-,", *s))
                        return false;
        return true;
}

/* One word of the first line. */
static int parse_asked(struct parser *p, const char *word)
{
        const char *value;

        if ((value = startswith(word, "policy="))) {
                if (!streq(value, words[SERVICE_UNSET]) &&
                    service_policy_parse(value, &p->d->asked_policy) < 0)
                        complain(p, "policy", "a policy of NUMAPolicy=, or unset", value);
        } else if ((value = startswith(word, "confine="))) {
                p->d->confine = streq(value, "yes");
                if (!p->d->confine && !streq(value, "no"))
                        complain(p, "confine", "yes or no", value);
        } else if ((value = startswith(word, "tiers="))) {
                if (!is_tier_list(value))
                        complain(p, "tiers", "names of tiers, separated by commas", value);
                free(p->d->tiers);
                p->d->tiers = strdup(value);
                return p->d->tiers ? 0 : -ENOMEM;
        } else {
                complain(p, "the first line", "policy=, confine= and tiers=", word);
        }
        return 0;
}

static int parse_header(struct parser *p, char *line)
{
        char *rest = line + strlen(HEADER), *word;
        int r = 0;

        while (r == 0 && (word = strsep(&rest, " \t")))
                if (*word != '\0')
                        r = parse_asked(p, word);
        return r;
}

/* systemd separates nodes by commas and white space: the kernel's list has commas only. */
static int parse_list(char *text, struct nodeset *ret)
{
        char *to = text;

        for (const char *from = text; *from != '\0';) {
                size_t n = strspn(from, ", \t");

                if (n > 0 && to > text && from[n] != '\0')
                        *to++ = ',';
                from += n;
                if (*from != '\0')
                        *to++ = *from++;
        }
        *to = '\0';
        return nodeset_parse(text, ret);
}

static void add_nodes(struct parser *p, const char *key, char *value, struct nodeset *set)
{
        struct nodeset more;

        if (*value == '\0') {
                *set = (struct nodeset){ 0 };
                return;
        }
        if (parse_list(value, &more) < 0) {
                complain(p, key, "a list of nodes such as 0-1,4", value);
                return;
        }
        for (size_t i = 0; i < ELEMENTSOF(set->words); i++)
                set->words[i] |= more.words[i];
}

static void set_key(struct parser *p, const char *key, char *value)
{
        if (streq(key, POLICY)) {
                if (service_policy_parse(value, &p->d->policy) < 0)
                        complain(p, POLICY, "default, preferred, bind, interleave or local", value);
        } else if (streq(key, MASK)) {
                p->d->mask_is_all = streq(value, "all");
                if (!p->d->mask_is_all)
                        add_nodes(p, MASK, value, &p->d->mask);
        } else if (streq(key, ALLOWED)) {
                add_nodes(p, ALLOWED, value, &p->d->allowed);
        }
}

/* Without the white space around it. */
static char *strip(char *s)
{
        size_t n;

        s += strspn(s, SPACE);
        n = strlen(s);
        while (n > 0 && strchr(SPACE, s[n - 1]))
                n--;
        s[n] = '\0';
        return s;
}

static bool is_section(const char *line)
{
        for (enum unit_kind k = 0; k < UNIT_KINDS; k++) {
                const char *name = unit_kind_section(k);
                size_t n = strlen(name);

                if (line[0] == '[' && strncmp(line + 1, name, n) == 0 && streq(line + 1 + n, "]"))
                        return true;
        }
        return false;
}

static void parse_setting(struct parser *p, char *line)
{
        char *equals;

        line = strip(line);
        if (*line == '\0' || *line == '#' || *line == ';')
                return;
        if (line[strlen(line) - 1] == '\\') {
                complain(p, "the line", "one that does not go on in the next", line);
                return;
        }
        if (*line == '[') {
                p->in_section = is_section(line);
                return;
        }
        equals = strchr(line, '=');
        if (!equals || !p->in_section)
                return; /* systemd says so, and goes on */
        *equals = '\0';
        set_key(p, strip(line), strip(equals + 1));
}

/* Copies the next line; false: there is none. ret_fits: false if it is too long, or no text. */
static bool next_line(const char **at, const char *end, char buf[static LINE_MAX_SIZE],
                      bool *ret_fits)
{
        const char *newline;
        size_t n;

        if (*at == end)
                return false;
        newline = memchr(*at, '\n', (size_t)(end - *at));
        n = (size_t)((newline ?: end) - *at);
        *ret_fits = n < LINE_MAX_SIZE && !memchr(*at, '\0', n);
        if (*ret_fits)
                memcpy(buf, *at, n);
        buf[*ret_fits ? n : 0] = '\0';
        *at = newline ? newline + 1 : end;
        return true;
}

static int parse_lines(struct parser *p, const char *text, size_t size)
{
        char line[LINE_MAX_SIZE];
        bool fits;
        int r = 0;

        for (const char *at = text; r == 0 && next_line(&at, text + size, line, &fits);) {
                p->line++;
                if (!fits)
                        complain(p, "the line", "text of less than 4096 bytes", "");
                else if (p->line == 1)
                        r = parse_header(p, line);
                else
                        parse_setting(p, line);
        }
        return r;
}

int service_drop_in_parse(const char *text, size_t size, const char *what, struct messages *errors,
                          struct service_drop_in **ret)
{
        _cleanup_(service_drop_in_freep) struct service_drop_in *d = calloc(1, sizeof(*d));
        struct parser p = { .d = d, .what = what, .errors = errors };
        int r;

        if (!d)
                return -ENOMEM;
        if (!service_drop_in_is_ours(text, size)) {
                messages_add(errors, "%s:1: expected a line that begins with \"" HEADER "\"", what);
                return -EBADMSG;
        }
        r = parse_lines(&p, text, size);
        if (r == 0 && p.failed)
                r = -EBADMSG;
        if (r == 0)
                *ret = TAKE_PTR(d);
        return r;
}

/* Captures. */

static bool is_read(const char *line)
{
        static const char *const keys[] = { POLICY, MASK, ALLOWED };

        line += strspn(line, SPACE);
        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                const char *rest = startswith(line, keys[i]);

                if (rest && rest[strspn(rest, SPACE)] == '=')
                        return true;
        }
        return *line == '[';
}

int service_drop_in_filter(const char *text, size_t size, char **ret)
{
        _cleanup_(freep) char *kept = NULL;
        char line[LINE_MAX_SIZE];
        size_t n, number = 0;
        bool fits;
        FILE *f;

        if (!service_drop_in_is_ours(text, size)) {
                *ret = strdup("# of another program\n");
                return *ret ? 0 : -ENOMEM;
        }
        f = open_memstream(&kept, &n);
        if (!f)
                return -ENOMEM;
        for (const char *at = text; next_line(&at, text + size, line, &fits); number++)
                if (fits && (number == 0 || is_read(line)))
                        fprintf(f, "%s\n", line);
        if (fclose(f) != 0)
                return -ENOMEM;
        *ret = TAKE_PTR(kept);
        return 0;
}
