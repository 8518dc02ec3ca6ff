/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "doctor/finding.h"

#include <assert.h>
#include <stdarg.h>

/* A file for each check: a section may stand only once in a file. */
#define DROPIN "/etc/numatier/numatierd.conf.d/%s.conf"

const char *severity_name(enum severity s)
{
        static const char *const names[] = {
                [SEVERITY_ERROR] = "error",
                [SEVERITY_WARNING] = "warning",
                [SEVERITY_NOTE] = "note",
        };

        static_assert(ELEMENTSOF(names) == SEVERITIES, "a name for each severity");
        return names[s];
}

static void finding_done(struct finding *f)
{
        for (size_t i = 0; i < f->n_evidence; i++) {
                free(f->evidence[i].path);
                free(f->evidence[i].value);
        }
        free(f->evidence);
        free(f->title);
        free(f->consequence);
        free(f->remedy);
}

void diagnosis_done(struct diagnosis *d)
{
        for (size_t i = 0; i < d->n_findings; i++)
                finding_done(&d->findings[i]);
        free(d->findings);
        messages_done(&d->unchecked);
        *d = (struct diagnosis){ 0 };
}

size_t diagnosis_count(const struct diagnosis *d, enum severity s)
{
        size_t n = 0;

        for (size_t i = 0; i < d->n_findings; i++)
                n += d->findings[i].severity == s;
        return n;
}

static char *print(struct diagnosis *d, const char *format, va_list ap) _printf_(2, 0);
static char *print(struct diagnosis *d, const char *format, va_list ap)
{
        char *text;

        if (vasprintf(&text, format, ap) >= 0)
                return text;
        d->failed = true;
        return NULL;
}

/* Adds to a text, with something before it unless it is the first. */
static void append(struct diagnosis *d, char **text, const char *between, const char *format,
                   va_list ap) _printf_(4, 0);
static void append(struct diagnosis *d, char **text, const char *between, const char *format,
                   va_list ap)
{
        _cleanup_(freep) char *more = print(d, format, ap);
        char *whole;

        if (!more)
                return;
        if (asprintf(&whole, "%s%s%s", *text ?: "", *text ? between : "", more) < 0) {
                d->failed = true;
                return;
        }
        free(*text);
        *text = whole;
}

static struct finding *last(struct diagnosis *d)
{
        assert(d->n_findings > 0 || d->failed);
        return d->failed ? NULL : &d->findings[d->n_findings - 1];
}

void finding_begin(struct diagnosis *d, enum severity s, const char *title, ...)
{
        va_list ap;

        if (array_grow(&d->findings, &d->allocated, d->n_findings + 1, sizeof(*d->findings)) < 0) {
                d->failed = true;
                return;
        }
        d->findings[d->n_findings++] = (struct finding){ .id = d->check, .severity = s };
        va_start(ap, title);
        d->findings[d->n_findings - 1].title = print(d, title, ap);
        va_end(ap);
}

static void add_evidence(struct diagnosis *d, const char *slash, const char *what,
                         const char *format, va_list ap) _printf_(4, 0);
static void add_evidence(struct diagnosis *d, const char *slash, const char *what,
                         const char *format, va_list ap)
{
        struct finding *f = last(d);
        struct evidence *e;

        if (!f)
                return;
        if (array_grow(&f->evidence, &f->evidence_allocated, f->n_evidence + 1,
                       sizeof(*f->evidence)) < 0) {
                d->failed = true;
                return;
        }
        e = &f->evidence[f->n_evidence++];
        e->value = print(d, format, ap);
        if (asprintf(&e->path, "%s%s", slash, what) < 0) {
                e->path = NULL;
                d->failed = true;
        }
}

void finding_add_file(struct diagnosis *d, const char *path, const char *value, ...)
{
        va_list ap;

        va_start(ap, value);
        add_evidence(d, "/", path, value, ap);
        va_end(ap);
}

void finding_add_evidence(struct diagnosis *d, const char *what, const char *value, ...)
{
        va_list ap;

        va_start(ap, value);
        add_evidence(d, "", what, value, ap);
        va_end(ap);
}

void finding_add_consequence(struct diagnosis *d, const char *text, ...)
{
        struct finding *f = last(d);
        va_list ap;

        if (!f)
                return;
        va_start(ap, text);
        append(d, &f->consequence, " ", text, ap);
        va_end(ap);
}

/* What follows a command is a new paragraph. */
static const char *find_separator(const char *remedy)
{
        const char *line = remedy ? strrchr(remedy, '\n') : NULL;

        return line && startswith(line, "\n    ") ? "\n" : " ";
}

void finding_add_remedy(struct diagnosis *d, const char *text, ...)
{
        struct finding *f = last(d);
        va_list ap;

        if (!f)
                return;
        va_start(ap, text);
        append(d, &f->remedy, find_separator(f->remedy), text, ap);
        va_end(ap);
}

void finding_add_command(struct diagnosis *d, const char *line, ...)
{
        struct finding *f = last(d);
        va_list ap;

        if (!f)
                return;
        va_start(ap, line);
        append(d, &f->remedy, "\n    ", line, ap);
        va_end(ap);
}

void finding_add_policy(struct diagnosis *d, const char *sentence, const char *section,
                        const char *line, ...)
{
        struct finding *f = last(d);
        va_list ap;

        if (!f)
                return;
        finding_add_remedy(d,
                           "%s: write these lines into " DROPIN
                           " (make its directory if there is none), then run \"systemctl "
                           "reload-or-restart numatierd\":",
                           sentence, d->check);
        finding_add_command(d, "[%s]", section);
        va_start(ap, line);
        append(d, &f->remedy, "\n    ", line, ap);
        va_end(ap);
}

void diagnosis_skip(struct diagnosis *d, const char *text, ...)
{
        va_list ap;
        char *message;

        va_start(ap, text);
        message = print(d, text, ap);
        va_end(ap);
        if (message)
                messages_add(&d->unchecked, "%s", message);
        free(message);
}
