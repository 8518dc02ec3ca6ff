/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/klog.h>
#include <unistd.h>

#define RECORD_MAX 8192 /* kernel/printk/printk.c:CONSOLE_EXT_LOG_MAX, before 6.2; now 2048 */

int kmsg_open(void)
{
        int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

        if (fd >= 0 && lseek(fd, 0, SEEK_END) < 0) {
                close(fd);
                return -1;
        }
        return fd;
}

/* Each read is one record. EPIPE: some were overwritten before they were read. */
void kmsg_read(int fd, struct page_dumps *d)
{
        char record[RECORD_MAX + 1];

        if (fd < 0)
                return;
        for (;;) {
                ssize_t n = read(fd, record, sizeof(record) - 1);

                if (n < 0 && (errno == EPIPE || errno == EINTR))
                        continue;
                if (n <= 0)
                        return;
                record[n] = '\0';
                page_dumps_add(d, record);
        }
}

/* syslog(2) */
#define SYSLOG_ACTION_READ_ALL    3
#define SYSLOG_ACTION_SIZE_BUFFER 10

char *kmsg_read_log(void)
{
        int size = klogctl(SYSLOG_ACTION_SIZE_BUFFER, NULL, 0), n;
        char *text = size > 0 ? malloc((size_t)size + 1) : NULL;

        if (!text)
                return NULL;
        n = klogctl(SYSLOG_ACTION_READ_ALL, text, size);
        text[n > 0 ? n : 0] = '\0';
        return text;
}
