/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The only door to the file system: every fact is read, and every setting written, by a path below
 * one root ("sys/devices/system/node/online", never with a leading slash). The root is a directory
 * (/ or a copy of it) or a captured machine held in memory. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/messages.h"
#include "base/util.h"

struct sysroot;

/* Gets each directory entry's name; a non-zero return ends the listing and is passed on. */
typedef int (*sysroot_entry_fn)(const char *name, void *userdata);

/* Gets a piece of a file: 0, or a negative errno, which ends the reading and is passed on. */
typedef int (*sysroot_piece_fn)(const char *text, size_t size, void *userdata);

/* What a root must be able to do. Paths are as above; errors are negative errno values. */
struct sysroot_ops {
        ssize_t (*read)(void *data, const char *path, char *buf, size_t size);
        int (*write)(void *data, const char *path, const char *value);
        int (*link)(void *data, const char *path, char *buf, size_t size); /* may be NULL: none */
        int (*list)(void *data, const char *path, sysroot_entry_fn fn, void *userdata);
        int (*replace)(void *data, const char *path, const char *text, size_t size);
        int (*remove)(void *data, const char *path); /* may be NULL: no file can be removed */
        /* may be NULL: 0 for each path */
        int (*identify)(void *data, const char *path, uint64_t *ret);
        /* may be NULL: files can only be read from their beginning */
        ssize_t (*read_at)(void *data, const char *path, void *buf, size_t size, uint64_t offset);
        /* may be NULL: all entries are listed */
        int (*list_directories)(void *data, const char *path, sysroot_entry_fn fn, void *userdata);
        /* may be NULL: the file is read as a whole */
        int (*scan)(void *data, const char *path, sysroot_piece_fn fn, void *userdata);
        void (*free)(void *data);
        bool live; /* see sysroot_is_live(); a directory finds out for itself */
};

/* A root that is a directory: 0, or what open(2) says. */
int sysroot_open(const char *path, struct sysroot **ret);

/* A root with operations of the caller's own (tests use it to play a kernel). Takes data over. */
int sysroot_new(const struct sysroot_ops *ops, void *data, struct sysroot **ret);

struct sysroot *sysroot_free(struct sysroot *root);
DEFINE_CLEANUP(struct sysroot *, sysroot_free)

/* Whether this root shows the running kernel (sysfs itself) and not a copy: what must be guarded
 * and what may be read at will hangs on it. */
bool sysroot_is_live(const struct sysroot *root);

/* Reads a whole file into buf and ends it with a NUL. Returns the length; -EFBIG when it does not
 * fit; else what open(2) or read(2) say: ENOENT and ENODEV when the file vanished. */
ssize_t sysroot_read(struct sysroot *root, const char *path, char *buf, size_t size);

/* The same up to the first newline: 0, or the error. */
int sysroot_read_line(struct sysroot *root, const char *path, char *buf, size_t size);

/* Whether this error of a read means that there is no such file (any more). Any other error means
 * that the file cannot be read now. */
bool sysroot_is_absent(ssize_t error);

/* Reports that a file cannot be read, unless it is absent. The path is made as by printf(3). */
void sysroot_reportf(struct messages *problems, ssize_t error, const char *format, ...)
        _printf_(3, 4);

/* Reads a whole file of any size up to 16 MiB into memory that the caller frees, ended with a NUL.
 */
int sysroot_read_alloc(struct sysroot *root, const char *path, char **ret);
/* The same for a file that may hold NULs: its size is returned too. */
int sysroot_read_bytes(struct sysroot *root, const char *path, char **ret, size_t *ret_size);

/* Reads a part of a file that is too large to be read as a whole (/proc/kpageflags), or whose
 * offset has a meaning of its own (page_owner). Not recorded. Returns the length, which is shorter
 * than size only at the end of the file or, in a file of records, of the record; -EOPNOTSUPP (this
 * root cannot), or what the system says. */
ssize_t sysroot_read_at(struct sysroot *root, const char *path, void *buf, size_t size,
                        uint64_t offset);

/* Reads one number. 0, -ENOENT and the like, or -EBADMSG when it is not a number up to max; then
 * (if messages is given) a message names the path and what was found. */
int sysroot_read_unsigned(struct sysroot *root, const char *path, unsigned max, unsigned *ret,
                          struct messages *problems);

/* The same with a path made as by printf(3); -ENAMETOOLONG if it is longer than SYSROOT_PATH_MAX.
 */
#define SYSROOT_PATH_MAX 256
ssize_t sysroot_readf(struct sysroot *root, char *buf, size_t size, const char *format, ...)
        _printf_(4, 5);
int sysroot_read_linef(struct sysroot *root, char *buf, size_t size, const char *format, ...)
        _printf_(4, 5);
int sysroot_read_allocf(struct sysroot *root, char **ret, const char *format, ...) _printf_(3, 4);
int sysroot_read_unsignedf(struct sysroot *root, unsigned max, unsigned *ret,
                           struct messages *problems, const char *format, ...) _printf_(5, 6);
int sysroot_readlinkf(struct sysroot *root, char *buf, size_t size, const char *format, ...)
        _printf_(4, 5);
int sysroot_listf(struct sysroot *root, sysroot_entry_fn fn, void *userdata, const char *format,
                  ...) _printf_(4, 5);

/* Where a symbolic link points, as it stands there. 0, -ENAMETOOLONG, or what readlink(2) says. */
int sysroot_readlink(struct sysroot *root, const char *path, char *buf, size_t size);

/* What tells a file or directory of sysfs from a later one of the same path: 0 if this root has no
 * such numbers. 0, or what stat(2) says. */
int sysroot_identify(struct sysroot *root, const char *path, uint64_t *ret);

/* Writes a value to an existing file in one write(2); never creates one. */
int sysroot_write(struct sysroot *root, const char *path, const char *value);

/* Calls fn for each entry of a directory but . and .. */
int sysroot_list(struct sysroot *root, const char *path, sysroot_entry_fn fn, void *userdata);

/* The same for those entries that are directories. */
int sysroot_list_directories(struct sysroot *root, const char *path, sysroot_entry_fn fn,
                             void *userdata);

/* Reads a list of /proc of any size in one go and little memory: fn gets pieces of whole lines (a
 * line that is longer than 64 KiB: in parts). Not recorded. 0, or what open(2) or read(2) say. */
int sysroot_scan(struct sysroot *root, const char *path, sysroot_piece_fn fn, void *userdata);

/* Replaces a file atomically (never for sysfs: it is for our own state), its directory made when
 * missing. Any user may read them, whatever the umask is. */
int sysroot_replace(struct sysroot *root, const char *path, const char *text);
/* The same for any bytes. */
int sysroot_replace_bytes(struct sysroot *root, const char *path, const char *bytes, size_t size);

/* Removes a file of our own. 0, -EROFS (this root cannot), or what unlink(2) says. */
int sysroot_remove(struct sysroot *root, const char *path);

/* From now on every read (path and contents, or where a link points) is also passed to fn: a
 * capture is what the program read, by construction. So is a read that failed, though the file is
 * there: text is NULL then, and length the negative errno. NULL ends it. */
typedef void (*sysroot_record_fn)(const char *path, const char *text, ssize_t length, bool link,
                                  void *userdata);
void sysroot_record(struct sysroot *root, sysroot_record_fn fn, void *userdata);

/* From now on readers read whatever any policy might ask for, not just what this pass needs: a
 * capture is to serve under other policies too. */
void sysroot_read_all(struct sysroot *root);
bool sysroot_reads_all(const struct sysroot *root);
