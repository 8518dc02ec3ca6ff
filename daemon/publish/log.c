/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish/log.h"

#define SD_JOURNAL_SUPPRESS_LOCATION

#include <errno.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

static bool log_to_journal;
static int log_max_level = LOG_INFO;

/* systemd.exec(5): JOURNAL_STREAM names what standard error was when we were started. If it has
 * been redirected since, plain lines are wanted there. */
static bool stderr_is_the_journal(void)
{
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;

        return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
               fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void log_open(bool foreground)
{
        const char *level = getenv("SYSTEMD_LOG_LEVEL");

        log_to_journal = !foreground && stderr_is_the_journal();
        if (level && (streq(level, "debug") || streq(level, "7")))
                log_max_level = LOG_DEBUG;
}

void log_field(struct log_entry *e, const char *format, ...)
{
        char *field = NULL;
        va_list ap;

        if (e->n_fields == ELEMENTSOF(e->fields))
                return;
        va_start(ap, format);
        if (vasprintf(&field, format, ap) >= 0)
                e->fields[e->n_fields++] = field;
        va_end(ap);
}

void log_text(struct log_entry *e, const char *format, ...)
{
        char *text = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);
        free(e->text);
        e->text = text;
}

static void add_iovec(struct iovec *iov, int *n, char *text)
{
        if (text)
                iov[(*n)++] = (struct iovec){ .iov_base = text, .iov_len = strlen(text) };
}

static void send_to_journal(const struct log_entry *e)
{
        _cleanup_(freep) char *message = NULL;
        char priority[sizeof("PRIORITY=0")], id[sizeof("MESSAGE_ID=") + 32];
        struct iovec iov[LOG_FIELDS_MAX + 3];
        int n = 0;

        if (asprintf(&message, "MESSAGE=%s", e->text ?: "(out of memory)") < 0)
                message = NULL;
        snprintf(priority, sizeof(priority), "PRIORITY=%d", e->priority & LOG_PRIMASK);
        snprintf(id, sizeof(id), "MESSAGE_ID=%s", e->id ?: "");
        add_iovec(iov, &n, message);
        add_iovec(iov, &n, priority);
        if (e->id)
                add_iovec(iov, &n, id);
        for (size_t i = 0; i < e->n_fields; i++)
                add_iovec(iov, &n, e->fields[i]);
        sd_journal_sendv(iov, n);
}

void log_send(struct log_entry *e)
{
        if (e->priority > log_max_level)
                ; /* not asked for */
        else if (log_to_journal)
                send_to_journal(e);
        else
                fprintf(stderr, "%s: %s\n", program_invocation_short_name,
                        e->text ?: "(out of memory)");
        log_discard(e);
}

void log_discard(struct log_entry *e)
{
        free(TAKE_PTR(e->text));
        while (e->n_fields > 0)
                free(e->fields[--e->n_fields]);
}

_printf_(2, 0) static void send_text(int priority, const char *format, va_list ap)
{
        struct log_entry e = LOG_ENTRY(priority, NULL);

        if (vasprintf(&e.text, format, ap) < 0)
                e.text = NULL;
        log_send(&e);
}

void log_notice(const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        send_text(LOG_NOTICE, format, ap);
        va_end(ap);
}

void log_error(const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        send_text(LOG_ERR, format, ap);
        va_end(ap);
}

int log_error_errno(int error, const char *format, ...)
{
        struct log_entry e = LOG_ENTRY(LOG_ERR, NULL);
        _cleanup_(freep) char *text = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);
        log_field(&e, "ERRNO=%d", -error);
        log_text(&e, "%s: %s", text ?: "", strerror(-error));
        log_send(&e);
        return error;
}

void log_messages(const struct messages *m)
{
        for (size_t i = 0; i < m->n; i++)
                log_error("%s", m->items[i]);
}
