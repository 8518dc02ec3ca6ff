/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/udev-rules.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>

#define TOKENS_MAX    64
#define LABELS_MAX    32
#define VARIABLES_MAX 16

/* A piece of a rule: KEY{attribute} operator "value". */
struct token {
        const char *key, *attribute, *value; /* attribute: "" if there is none */
        bool is_match, is_negated, ignores_case;
};

struct rule {
        struct token tokens[TOKENS_MAX];
        size_t n;
};

enum truth {
        NO,
        MAYBE,
        YES
};

/* The event that the rules are followed for. */
struct event {
        const char *subsystem, *kernel, *devpath, *driver, *state, *online;
};

static const struct event new_block = {
        .subsystem = "memory",
        .kernel = "memory32",
        .devpath = "/devices/system/memory/memory32",
        .driver = "",
        .state = "offline",
        .online = "0",
};
static const struct event new_dax = { .subsystem = "dax", .kernel = "dax0.0" };

struct variable {
        char *name, *value;
        bool unclear; /* it may have another value */
};

struct walk {
        const struct event *event;
        udev_hit_fn fn;
        void *userdata;
        bool live;                /* the event gets to this line */
        bool conditional;         /* it may also not get here */
        char *labels[LABELS_MAX]; /* to which it may have jumped */
        size_t n_labels;
        struct variable variables[VARIABLES_MAX];
        size_t n_variables;
};

/* Reading a rule. */

static char *skip_space(char *at)
{
        return at + strspn(at, " \t,");
}

/* "==", "!=" match; "=", "+=", "-=", ":=" assign. NULL: neither. */
static char *read_operator(char *at, struct token *t)
{
        t->is_negated = at[0] == '!' && at[1] == '=';
        t->is_match = t->is_negated || (at[0] == '=' && at[1] == '=');
        if (t->is_match)
                return at + 2;
        if (at[0] == '=')
                return at + 1;
        return at[0] != '\0' && strchr("+-:", at[0]) && at[1] == '=' ? at + 2 : NULL;
}

/* "value", e"value" (with escapes) or i"value" (whatever the case). NULL: it does not end. */
static char *read_value(char *at, struct token *t)
{
        char *out;

        for (; *at == 'e' || *at == 'i'; at++)
                t->ignores_case = t->ignores_case || *at == 'i';
        if (*at++ != '"')
                return NULL;
        t->value = out = at;
        for (; *at != '"'; *out++ = *at++) {
                if (at[0] == '\\' && at[1] == '"')
                        at++;
                if (*at == '\0')
                        return NULL;
        }
        at++;
        *out = '\0';
        return at;
}

/* Ends the pieces of the text with NULs. NULL: no token begins here. */
static char *read_token(char *at, struct token *t)
{
        char *end = at + strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"), *key_end = end, *operator;

        *t = (struct token){ .key = at, .attribute = "" };
        if (end == at)
                return NULL;
        if (*end == '{') {
                t->attribute = end + 1;
                end = strchr(end, '}');
                if (!end)
                        return NULL;
                *end++ = '\0';
        }
        operator= end + strspn(end, " \t");
        end = read_operator(operator, t);
        if (!end)
                return NULL;
        end += strspn(end, " \t");
        *key_end = '\0';
        return read_value(end, t);
}

/* udev ignores a rule that it does not understand, and so is it here. */
static bool parse_rule(char *text, struct rule *r)
{
        r->n = 0;
        for (char *at = skip_space(text); *at != '\0'; at = skip_space(at)) {
                if (r->n == TOKENS_MAX)
                        return false;
                at = read_token(at, &r->tokens[r->n++]);
                if (!at)
                        return false;
        }
        return true;
}

/* Evaluating it. */

static enum truth truth_of(bool b)
{
        return b ? YES : NO;
}

/* Patterns stand beside each other as in "add|change". */
static enum truth match(const struct token *t, const char *value)
{
        char pattern[256];

        if (!value)
                return MAYBE;
        for (const char *at = t->value;; at++) {
                size_t n = strcspn(at, "|");

                if (n >= sizeof(pattern))
                        return MAYBE;
                memcpy(pattern, at, n);
                pattern[n] = '\0';
                if (fnmatch(pattern, value, t->ignores_case ? FNM_CASEFOLD : 0) == 0)
                        return YES;
                at += n;
                if (*at == '\0')
                        return NO;
        }
}

/* A rule may name one block, and another one than ours. */
static enum truth match_name(const struct token *t, const char *value, const char *prefix)
{
        enum truth r = match(t, value);

        return r == NO && value && startswith(t->value, prefix) ? MAYBE : r;
}

/* These match whatever their operator is. */
static bool is_test(const char *key)
{
        return streq(key, "PROGRAM") || streq(key, "IMPORT") || streq(key, "RESULT") ||
               streq(key, "TEST");
}

static enum truth evaluate_token(const struct event *e, const struct token *t)
{
        enum truth r = MAYBE;

        if (streq(t->key, "ACTION"))
                r = match(t, "add");
        else if (streq(t->key, "SUBSYSTEM"))
                r = match(t, e->subsystem);
        else if (streq(t->key, "SUBSYSTEMS"))
                r = match(t, e->subsystem) == YES ? YES : MAYBE;
        else if (streq(t->key, "KERNEL"))
                r = match_name(t, e->kernel, e->subsystem);
        else if (streq(t->key, "DEVPATH"))
                r = match_name(t, e->devpath, "/devices/system/memory/");
        else if (streq(t->key, "DRIVER"))
                r = match(t, e->driver);
        else if (streq(t->key, "ATTR") && streq(t->attribute, "state"))
                r = match(t, e->state);
        else if (streq(t->key, "ATTR") && streq(t->attribute, "online"))
                r = match(t, e->online);
        else if (streq(t->key, "TEST") && e->state)
                r = streq(t->value, "state") || streq(t->value, "online") ? YES : MAYBE;
        return t->is_negated && r != MAYBE ? truth_of(r == NO) : r;
}

static enum truth evaluate(const struct event *e, const struct rule *r)
{
        enum truth all = YES;

        for (size_t i = 0; i < r->n && all != NO; i++) {
                const struct token *t = &r->tokens[i];
                enum truth one = t->is_match || is_test(t->key) ? evaluate_token(e, t) : YES;

                if (one < all)
                        all = one;
        }
        return all;
}

/* Jumps, and variables. */

static bool is_noted(const struct walk *w, const char *label)
{
        for (size_t i = 0; i < w->n_labels; i++)
                if (streq(w->labels[i], label))
                        return true;
        return false;
}

static int note_label(struct walk *w, const char *label)
{
        if (w->n_labels == LABELS_MAX || is_noted(w, label))
                return 0;
        w->labels[w->n_labels] = strdup(label);
        return w->labels[w->n_labels] ? (w->n_labels++, 0) : -ENOMEM;
}

static struct variable *find_variable(struct walk *w, const char *name, size_t n)
{
        for (size_t i = 0; i < w->n_variables; i++)
                if (strlen(w->variables[i].name) == n && memcmp(w->variables[i].name, name, n) == 0)
                        return &w->variables[i];
        return NULL;
}

static int set_variable(struct walk *w, const struct token *t, bool is_certain)
{
        struct variable *v = find_variable(w, t->attribute, strlen(t->attribute));
        char *value = strdup(t->value);

        if (!value)
                return -ENOMEM;
        if (!v && w->n_variables == VARIABLES_MAX) {
                free(value);
                return 0;
        }
        if (!v) {
                v = &w->variables[w->n_variables];
                v->name = strdup(t->attribute);
                if (!v->name) {
                        free(value);
                        return -ENOMEM;
                }
                w->n_variables++;
        }
        free(v->value);
        v->value = value;
        v->unclear = !is_certain;
        return 0;
}

/* The value with "$env{NAME}" or "%E{NAME}" replaced, if it is nothing else. NULL: not known. */
static const char *expand(struct walk *w, const char *value)
{
        const char *name = startswith(value, "$env{") ?: startswith(value, "%E{");
        const struct variable *v;
        size_t n;

        if (!name)
                return strpbrk(value, "$%") ? NULL : value;
        n = strcspn(name, "}");
        v = name[n] == '}' && name[n + 1] == '\0' ? find_variable(w, name, n) : NULL;
        return v && !v->unclear ? v->value : NULL;
}

/* What a rule does. */

static bool may_be_online(const char *state)
{
        return !state || streq(state, "online") || streq(state, "online_kernel") ||
               streq(state, "online_movable");
}

/* A command such as: sh -c 'echo online_movable > /sys$devpath/state'. */
static bool brings_online(const char *command, const char **ret)
{
        if (strstr(command, "chmem") || !strstr(command, "online"))
                *ret = NULL;
        else if (strstr(command, "online_movable"))
                *ret = "online_movable";
        else
                *ret = strstr(command, "online_kernel") ? "online_kernel" : "online";
        return (strstr(command, "chmem") &&
                (strstr(command, " -e") || strstr(command, "--enable"))) ||
               (strstr(command, "online") && strstr(command, "state"));
}

static bool starts_daxctl(const struct token *t)
{
        return (streq(t->key, "RUN") || streq(t->key, "PROGRAM") || streq(t->key, "ENV")) &&
               (strstr(t->value, "daxdev-reconfigure@") || strstr(t->value, "daxctl"));
}

/* Whether a token of a rule that applies is what is looked for. */
static bool is_hit(struct walk *w, const struct token *t, struct udev_hit *hit)
{
        hit->state = NULL;
        hit->is_daxctl = w->event == &new_dax;
        if (hit->is_daxctl)
                return starts_daxctl(t);
        if (t->is_match)
                return false;
        if (streq(t->key, "RUN"))
                return brings_online(t->value, &hit->state);
        if (!streq(t->key, "ATTR"))
                return false;
        if (streq(t->attribute, "online")) { /* which every device has that can be offline */
                hit->state = "online";
                return streq(t->value, "1");
        }
        hit->state = expand(w, t->value);
        return streq(t->attribute, "state") && may_be_online(hit->state);
}

static int apply_rule(struct walk *w, const struct rule *r, bool is_certain, struct udev_hit *hit)
{
        bool found = false;
        int ret = 0;

        hit->conditional = w->conditional || !is_certain;
        for (size_t i = 0; i < r->n && ret == 0; i++) {
                const struct token *t = &r->tokens[i];

                if (!found && is_hit(w, t, hit)) {
                        found = true;
                        ret = w->fn(hit, w->userdata);
                } else if (streq(t->key, "ENV") && !t->is_match) {
                        ret = set_variable(w, t, is_certain && !w->conditional);
                } else if (streq(t->key, "GOTO")) {
                        ret = note_label(w, t->value);
                        w->live = w->live && !is_certain;
                        w->conditional = w->conditional || !is_certain;
                }
        }
        return ret;
}

static int walk_rule(struct walk *w, char *text, struct udev_hit *hit)
{
        enum truth truth;
        struct rule r;

        if (!parse_rule(text, &r))
                return 0;
        for (size_t i = 0; i < r.n; i++)
                if (streq(r.tokens[i].key, "LABEL") && is_noted(w, r.tokens[i].value)) {
                        w->conditional = w->conditional || w->live;
                        w->live = true;
                }
        truth = w->live ? evaluate(w->event, &r) : NO;
        return truth == NO ? 0 : apply_rule(w, &r, truth == YES, hit);
}

/* Lines. */

/* Appends a line without its space at the start. Whether the rule goes on in the next line. */
static bool join_line(char *rule, size_t *n, const char *line, size_t length)
{
        bool goes_on = length > 0 && line[length - 1] == '\\';

        length -= goes_on;
        memcpy(rule + *n, line, length);
        *n += length;
        rule[*n] = '\0';
        return goes_on;
}

static int end_rule(struct walk *w, char *rule, size_t *n, char *copy, struct udev_hit *hit)
{
        if (*n == 0)
                return 0;
        *n = 0;
        strcpy(copy, rule);
        return walk_rule(w, rule, hit);
}

/* Comments and empty lines may also stand in the middle of a rule. */
static int walk_lines(struct walk *w, const char *text, char *rule, char *copy)
{
        struct udev_hit hit = { .text = copy };
        unsigned line = 1;
        size_t n = 0;
        int r = 0;

        for (const char *at = text; *at != '\0' && r == 0; line++) {
                const char *start = at + strspn(at, " \t\r");
                size_t length = strcspn(start, "\n");

                at = start + length + (start[length] == '\n');
                if (length == 0 || *start == '#')
                        continue;
                if (n == 0)
                        hit.line = line;
                hit.n_lines = line - hit.line + 1;
                if (!join_line(rule, &n, start, length))
                        r = end_rule(w, rule, &n, copy, &hit);
        }
        return r == 0 ? end_rule(w, rule, &n, copy, &hit) : r;
}

static int walk_event(const struct event *event, const char *text, udev_hit_fn fn, void *userdata)
{
        struct walk w = { .event = event, .fn = fn, .userdata = userdata, .live = true };
        size_t size = strlen(text) + 1;
        _cleanup_(freep) char *rule = calloc(1, size), *copy = calloc(1, size);
        int r = rule && copy ? walk_lines(&w, text, rule, copy) : -ENOMEM;

        for (size_t i = 0; i < w.n_labels; i++)
                free(w.labels[i]);
        for (size_t i = 0; i < w.n_variables; i++) {
                free(w.variables[i].name);
                free(w.variables[i].value);
        }
        return r;
}

int udev_rules_walk(const char *text, udev_hit_fn fn, void *userdata)
{
        int r = walk_event(&new_block, text, fn, userdata);

        return r == 0 ? walk_event(&new_dax, text, fn, userdata) : r;
}
