/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where numatierd writes its messages: the journal, with fields, when systemd runs it; plain lines
 * on standard error otherwise. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <syslog.h>

#include "base/messages.h"
#include "base/util.h"

#define LOG_FIELDS_MAX 12

/* One entry in the making: a text and fields, to be sent or discarded as a whole. */
struct log_entry {
        int priority;                 /* LOG_ERR and so on */
        const char *id;               /* one of message-ids.h, or NULL */
        char *text;                   /* MESSAGE= */
        char *fields[LOG_FIELDS_MAX]; /* "NAME=value" */
        size_t n_fields;
};

#define LOG_ENTRY(p, i) ((struct log_entry){ .priority = (p), .id = (i) })

/* Chooses the target (foreground: standard error, whoever runs us) and the level: everything but
 * LOG_DEBUG, and that too if the environment has SYSTEMD_LOG_LEVEL=debug. */
void log_open(bool foreground);

void log_field(struct log_entry *e, const char *format, ...) _printf_(2, 3);
void log_text(struct log_entry *e, const char *format, ...) _printf_(2, 3);

/* Both leave an empty entry. */
void log_send(struct log_entry *e);
void log_discard(struct log_entry *e);

/* A notice without an id. */
void log_notice(const char *format, ...) _printf_(1, 2);

/* Errors without an id. The second returns error, so that callers can pass it on. */
void log_error(const char *format, ...) _printf_(1, 2);
int log_error_errno(int error, const char *format, ...) _printf_(2, 3);

/* Each message is an error. */
void log_messages(const struct messages *m);
