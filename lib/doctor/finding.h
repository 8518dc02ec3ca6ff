/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is wrong with a machine's memory: findings, and how the checks add them. */

#include <stdbool.h>
#include <stddef.h>

#include "base/messages.h"
#include "base/util.h"

enum severity {
        SEVERITY_ERROR,   /* the machine can hang or freeze, or numatier cannot do its work */
        SEVERITY_WARNING, /* memory is not used as it could be, or as the policy says */
        SEVERITY_NOTE,    /* it is as somebody may want it, and good to know */
        SEVERITIES,
};

const char *severity_name(enum severity s); /* "error", "warning", "note" */

/* What shows that a finding is right. */
struct evidence {
        char *path;  /* a file, or "FILE:LINE" of a policy */
        char *value; /* what it holds, or a few words */
};

struct finding {
        const char *id; /* "demotion-freeze": stable, for scripts */
        enum severity severity;
        char *title; /* without a full stop, as one line */
        struct evidence *evidence;
        size_t n_evidence, evidence_allocated;
        char *consequence; /* one or more sentences */
        char *remedy;      /* the same, and after them lines that begin with four spaces: commands,
                              or what to write into a file */
};

struct diagnosis {
        struct finding *findings; /* the gravest first */
        size_t n_findings, allocated;
        struct messages unchecked; /* what could not be checked, and why */
        unsigned checks;           /* how many were made */
        const char *check;         /* the one that runs: its findings have that id */
        bool failed;               /* there was no memory for all of it */
};

void diagnosis_done(struct diagnosis *d);

/* The number of findings of that severity. */
size_t diagnosis_count(const struct diagnosis *d, enum severity s);

/* For checks. All text is made as by printf(3). A failure is noted in d, and a finding without
 * memory takes no more text: no check need look. */

/* Begins a finding; what follows is added to it. */
void finding_begin(struct diagnosis *d, enum severity s, const char *title, ...) _printf_(3, 4);

/* path has no leading slash, as below a sysroot. */
void finding_add_file(struct diagnosis *d, const char *path, const char *value, ...) _printf_(3, 4);
/* The same for anything else: taken as it is. */
void finding_add_evidence(struct diagnosis *d, const char *what, const char *value, ...)
        _printf_(3, 4);

/* Each call adds a sentence. */
void finding_add_consequence(struct diagnosis *d, const char *text, ...) _printf_(2, 3);
void finding_add_remedy(struct diagnosis *d, const char *text, ...) _printf_(2, 3);
/* Adds a line that is a command, or what to write into a file. */
void finding_add_command(struct diagnosis *d, const char *line, ...) _printf_(2, 3);

/* "write these lines into a drop-in of the policy": section and line; and how to make it count. */
void finding_add_policy(struct diagnosis *d, const char *sentence, const char *section,
                        const char *line, ...) _printf_(4, 5);

/* A check could not be made: WHAT, and why. */
void diagnosis_skip(struct diagnosis *d, const char *text, ...) _printf_(2, 3);
