/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What outlives one run but not the boot. In memory it is one object; on disk it is three files:
 *
 *     run/numatier/undo    the journal: what each file held before our first write
 *     run/numatier/memory  values and placements, by what identifies a memory
 *     run/numatier/view    what a running daemon reports to the command line
 *
 * A file begins with its version and ends with the number of its lines. Lines of a newer version
 * whose first word is not known are kept and written back. Any other line that is not understood,
 * and a file that was cut off, is damage: the good lines are used, and the file is set aside under
 * another name before it is written again. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/messages.h"
#include "base/util.h"
#include "facts/machine.h"
#include "sysroot/sysroot.h"

#define STATE_UNDO_PATH   "run/numatier/undo"
#define STATE_MEMORY_PATH "run/numatier/memory"
#define STATE_VIEW_PATH   "run/numatier/view"
#define STATE_OLD_PATH    "run/numatier/state" /* numatier 0.1 kept all in this one */

#define STATE_VERSION 2U

enum state_file {
        STATE_MEMORY, /* in the order of writing: see state_save() */
        STATE_VIEW,
        STATE_UNDO,
        STATE_FILES,
};

/* One file in the journal. */
struct state_original {
        char *path;
        char *value;  /* as it was before our first write */
        char *intent; /* what the last write was to make it read, saved before that write; or NULL
                       */
        char *key;    /* the memory it concerned, or NULL */
        bool written; /* a write of ours was made: without it, only the present value tells */
        bool unclear; /* not written, and the present value did not tell; not saved */
};

/* One memory that is or was a node. */
struct state_node {
        unsigned node;          /* the number it has, or had last */
        char *key;              /* of node.key, or NULL: it could not be told */
        char *tier;             /* the last assignment, or NULL */
        uint32_t original_tier; /* the tier Linux itself gave it, or TIER_UNKNOWN */
        uint32_t present_tier;  /* the tier it was last seen in, or TIER_UNKNOWN */
        uint32_t placed;        /* the tier it was last seen in as wanted, or TIER_UNKNOWN */
        bool manual;            /* it was moved manually since, and left there */
        bool doubtful;          /* it may have gone and come since it was placed; not saved */
};

struct state_memory {
        char *key; /* of node.key */
        bool present[ACCESS_CLASSES];
        struct perf access[ACCESS_CLASSES];
};

/* A GPU and the node that its memory is, as its driver reported it last. */
struct state_gpu {
        char *address;
        unsigned node;
};

/* A write that the kernel accepted and did not carry out. Not saved. */
struct state_ignored {
        char *path, *value;
        char *after;    /* what the file read afterwards */
        unsigned times; /* in succession */
        uint64_t retry; /* not to be tried before this time, as state.now */
};

/* What a program that watches numatier wants to know, and no pass. Of this boot. */
struct state_activity {
        uint64_t moves, failed_moves; /* of nodes */
        uint64_t policy_loaded;       /* when a daemon last loaded a policy that it accepted, in
                                         seconds since 1970; 0: not known */
        bool policy_refused;          /* it has refused another one since */
};

/* Bytes, followed by a NUL; or NULL. */
struct state_bytes {
        char *bytes;
        size_t size;
};

/* What is known of one of the files on disk. */
struct state_disk {
        unsigned version;           /* STATE_VERSION, or the newer one that wrote it */
        char *unknown;              /* its lines that only a newer version understands, or NULL */
        struct state_bytes damaged; /* to be set aside */
        int error;                  /* it is there and could not be read: it is not overwritten */
        bool is_saved;              /* the file holds what has this hash: */
        uint64_t hash;
};

struct state {
        pid_t daemon;  /* who keeps the view, or 0 */
        bool tiering;  /* NUMA balancing's tiering mode may have been on in this boot */
        bool seen_off; /* NUMA balancing was off at the last pass */
        struct state_activity activity;
        uint64_t policy; /* the hash of the policy that the assignments were made under */
        char *baseline;  /* the key of the memory that was chosen as the baseline in the last pass
                            ("nodeN" without one), or NULL: none, or the policy named it */
        uint64_t now;    /* the time of the pass, in microseconds of any steady clock: the caller
                            sets it before each; not saved */
        struct state_original *originals; /* in the order of the first writes */
        size_t n_originals, originals_allocated;
        struct state_node *nodes; /* ascending */
        size_t n_nodes, nodes_allocated;
        struct state_memory *memories;
        size_t n_memories, memories_allocated;
        struct state_gpu *gpus;
        size_t n_gpus, gpus_allocated;
        struct state_ignored *ignored;
        size_t n_ignored, ignored_allocated;
        char **lost; /* damaged journals that were set aside: they hold originals that are not here
                      */
        size_t n_lost, lost_allocated;
        struct state_disk disk[STATE_FILES];
        bool upgraded;                  /* STATE_OLD_PATH was read: it goes once this is saved */
        struct state_bytes old_damaged; /* to be set aside */
};

int state_new(struct state **ret);
struct state *state_free(struct state *s);
DEFINE_CLEANUP(struct state *, state_free)

/* Reads the files, and writes nothing. A missing file is an empty one. What is damaged or cannot be
 * read is reported in problems; see state_originals_are_lost(). 0 or -ENOMEM. */
int state_load(struct sysroot *root, struct messages *problems, struct state **ret);

/* Writes the files whose text changed, after setting damaged ones aside (FILE.damaged-N). Each is
 * tried, and those that could not be written are reported in problems, which may be NULL. 0, or why
 * the journal or the memory could not be written: then the next call tries again. A file that could
 * not be read is not overwritten: the error of reading it is returned. */
int state_save(struct sysroot *root, struct state *s, struct messages *problems);

/* Finds out whether somebody removed the files that were saved: then they are saved again. */
void state_check_saved(struct sysroot *root, struct state *s);

/* Whether the journal has lines that only a newer version understands: they may be originals. */
bool state_originals_are_unknown(const struct state *s);

/* Whether originals were lost: a journal was damaged, in this run or earlier, and what was set
 * aside is still there. */
bool state_originals_are_lost(const struct state *s);

/* The text of one of the files. */
int state_format(const struct state *s, enum state_file file, char **ret);

/* Adds what the text of one of the files says; a NUL follows it. Each line that is not understood
 * is reported in errors as "name:line: ..."; the others count. 0, -EBADMSG, -ENOMEM. */
int state_parse_file(struct state *s, enum state_file file, const char *text, size_t size,
                     const char *name, struct messages *errors);

/* The same for the one file of numatier 0.1, into a new state: 0, -EBADMSG (reported in errors; ret
 * untouched), -ENOMEM. */
int state_parse(const char *text, size_t size, const char *name, struct messages *errors,
                struct state **ret);

/* The entry of a node, made if asked to (NULL: there is none, or no memory). */
struct state_node *state_get_node(const struct state *s, unsigned node);
struct state_node *state_make_node(struct state *s, unsigned node);
void state_forget_node(struct state *s, unsigned node);
/* Frees what an entry owns. */
void state_node_done(struct state_node *n);

const struct state_memory *state_get_memory(const struct state *s, const char *key);
struct state_memory *state_make_memory(struct state *s, const char *key);
int state_remember_memory(struct state *s, const char *key, const struct node *node);

/* Notes that a node is the baseline. 0 or -ENOMEM. */
int state_note_baseline(struct state *s, const struct node *node);
/* Whether a node was the baseline in the last pass, as far as is known. A node with CPUs is known
 * by its number: its first memory block, and so its key, may go. */
bool state_is_baseline(const struct state *s, const struct node *node);

/* The GPU's entry is made, changed, or removed. 0 or -ENOMEM. */
int state_remember_gpu(struct state *s, const char *address, unsigned node);
void state_forget_gpu(struct state *s, const char *address);

/* Notes what a file held before our first write to it; later calls for the same path do nothing. */
int state_note_original(struct state *s, const char *path, const char *value);
/* Notes that a write of ours is to make the file read this. key may be NULL. */
int state_note_intent(struct state *s, const char *path, const char *intent, const char *key);
struct state_original *state_get_original(const struct state *s, const char *path);
void state_forget_original(struct state *s, const char *path);

/* Notes that a file set aside holds originals. 0 or -ENOMEM. */
int state_note_lost(struct state *s, const char *path);

/* Writes that the kernel ignores are tried again after a minute, two, four, and so on. */
#define STATE_RETRY_MIN_USEC (60ULL * 1000000)
#define STATE_RETRY_MAX_USEC (3600ULL * 1000000)

/* How long to wait after so many ignored writes: 1 or more. */
uint64_t state_retry_delay(unsigned times);

/* Notes that a write of value was ignored just now, and that the file reads after. 0 or -ENOMEM. */
int state_note_ignored(struct state *s, const char *path, const char *value, const char *after);
const struct state_ignored *state_get_ignored(const struct state *s, const char *path);
void state_forget_ignored(struct state *s, const char *path);

/* Memory went, and it is not known which: what was placed may have come again in the tier that
 * Linux gives it, and was then not moved manually. */
void state_doubt_placements(struct state *s);

/* Whether NUMA balancing's tiering mode may have been on in this boot, as far as is known: also if
 * an earlier version wrote to that setting, whatever it held before. */
bool state_was_tiering(const struct state *s);

/* Whether the activity is known: of a running kernel, whatever was done in this boot is in it. */
bool state_knows_activity(const struct state *s, struct sysroot *root);

/* Whether the daemon that wrote this state still runs (proc/PID/comm below root says so). */
bool state_daemon_is_alive(const struct state *s, struct sysroot *root);
