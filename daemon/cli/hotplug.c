/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/hotplug.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

#include "base/values.h"
#include "cli/json.h"
#include "common/lock.h"
#include "facts/blocks.h"
#include "facts/knobs.h"
#include "state/drained.h"

/* numatierd may hold the lock for a moment when memory is gone for good, and shares it while it
 * changes a block: that takes up to half a minute. Between blocks there is little time. */
#define LOCK_USEC        UINT64_C(2000000)
#define LOCK_SHARED_USEC UINT64_C(45000000)
#define LOCK_SAY_USEC    UINT64_C(500000)
#define LOCK_PAUSE_USEC  5000
#define REASONS_SHOWN    8

void hotplug_error(const struct hotplug *h, const char *format, ...)
{
        va_list ap;

        bar_clear(&h->bar);
        fprintf(stderr, "numatier: node %u: ", h->node);
        va_start(ap, format);
        vfprintf(stderr, format, ap);
        va_end(ap);
        fputc('\n', stderr);
}

static void print_problems(const struct hotplug *h, struct messages *problems)
{
        bar_clear(&h->bar);
        cli_print_messages("", problems);
        messages_done(problems);
}

int hotplug_parse(struct hotplug *h, const struct arguments *a, const char *verb)
{
        *h = (struct hotplug){ .a = a, .verb = verb, .lock_fd = -1 };
        if (!a->operands[0] || a->operands[1]) {
                fprintf(stderr, "numatier: expected one node, such as \"numatier %s 1\"\n", verb);
                return EXIT_USAGE;
        }
        if (input_parse_node(a->operands[0], &h->node) < 0) {
                fprintf(stderr, "numatier: %s: expected a node, such as 1 or node1, found \"%s\"\n",
                        verb, a->operands[0]);
                return EXIT_USAGE;
        }
        if (a->timeout &&
            (parse_duration(a->timeout, &h->timeout_usec) < 0 || h->timeout_usec == 0)) {
                fprintf(stderr,
                        "numatier: --timeout: expected a time, such as 90s or 5min, found \"%s\"\n",
                        a->timeout);
                return EXIT_USAGE;
        }
        return 0;
}

static int wait_for_lock(struct hotplug *h, pid_t *holder, bool *shared)
{
        const char *root = h->a->input.root;
        uint64_t now, begin = monotonic_usec(), alone = begin, limit = LOCK_SHARED_USEC;
        bool said = false;
        int r;

        if (h->timeout_usec > 0 && h->timeout_usec < limit)
                limit = h->timeout_usec;
        while ((r = lock_take_file(root, DRAINED_LOCK_PATH, &h->lock_fd, holder)) == -EBUSY) {
                now = monotonic_usec();
                *shared = lock_is_shared(root, DRAINED_LOCK_PATH);
                if (*shared)
                        alone = now;
                if (now - begin >= limit || now - alone >= LOCK_USEC)
                        break;
                if (*shared && !said && now - begin >= LOCK_SAY_USEC) {
                        fprintf(stderr, "numatier: numatierd or numatier apply changes a memory "
                                        "block just now; "
                                        "waiting until that ends\n");
                        said = true;
                }
                (void)usleep(LOCK_PAUSE_USEC);
        }
        return r;
}

static int take_lock(struct hotplug *h)
{
        bool shared = false;
        pid_t holder = 0;
        int r = wait_for_lock(h, &holder, &shared);

        if (r == -EBUSY && shared)
                fprintf(stderr,
                        "numatier: numatierd or numatier apply still changes a memory block "
                        "(process %ld holds /%s); "
                        "nothing was done\n",
                        (long)holder, DRAINED_LOCK_PATH);
        else if (r == -EBUSY)
                fprintf(stderr,
                        "numatier: another \"numatier drain\" or \"numatier online\" is at work "
                        "(process %ld holds /%s)\n",
                        (long)holder, DRAINED_LOCK_PATH);
        else if (r < 0)
                fprintf(stderr, "numatier: /%s: cannot be locked: %s%s\n", DRAINED_LOCK_PATH,
                        strerror(-r), r == -EACCES ? ". Only root can do this" : "");
        return r;
}

int hotplug_begin(struct hotplug *h)
{
        if (!sysroot_is_live(h->root)) {
                fprintf(stderr,
                        "numatier: %s changes a running machine, and this is a copy of one\n",
                        h->verb);
                return -EOPNOTSUPP;
        }
        return take_lock(h);
}

int hotplug_read_table(struct hotplug *h, struct block_table **ret)
{
        struct messages problems = MESSAGES_INIT;
        struct nodeset nodes = { 0 };
        int r;

        nodeset_add(&nodes, h->node);
        r = block_table_read(h->root, &nodes, &problems, ret);
        if (r < 0 && problems.n == 0)
                hotplug_error(h, "its memory blocks cannot be read: %s", strerror(-r));
        print_problems(h, &problems);
        return r;
}

static void draw(void *userdata)
{
        struct hotplug *h = userdata;
        struct run_count c = run_count_blocks(h->run);

        bar_draw(&h->bar, h->counts_online ? c.online : c.offline, c.total);
}

int hotplug_start(struct hotplug *h, struct block_table *table)
{
        uint64_t deadline = h->timeout_usec > 0 ? monotonic_usec() + h->timeout_usec : 0;
        int r;

        r = run_new(table, &h->run);
        if (r == 0) {
                h->reasons = calloc(table->n + 1, sizeof(*h->reasons));
                r = h->reasons ? 0 : -ENOMEM;
        }
        if (r == 0 && !h->writer)
                r = writer_new(h->root, deadline, draw, h, &h->writer);
        if (r < 0) {
                (void)cli_error(r, "cannot start");
                return r;
        }
        bar_init(&h->bar, !h->a->json, h->node, h->counts_online ? "online" : "offline");
        return 0;
}

void hotplug_done(struct hotplug *h)
{
        /* the thread still uses what would be freed, and may never end */
        if (h->writer && writer_check(h->writer) == -EINPROGRESS)
                _exit(finish_output("numatier", EXIT_FAILURE));
        for (size_t i = 0; h->reasons && i < h->run->table->n; i++)
                free(h->reasons[i]);
        free(h->reasons);
        writer_free(h->writer);
        run_free(h->run);
        closep(&h->lock_fd);
        messages_done(&h->steps);
        messages_done(&h->notes);
        sysroot_free(h->root);
}

static int make_block(struct sysroot *root, void *data)
{
        struct hotplug_job *j = data;

        return block_make(root, &j->block, j->request);
}

static int unplug_dax(struct sysroot *root, void *data)
{
        return dax_unplug(root, ((const struct hotplug_job *)data)->device);
}

static int plug_dax(struct sysroot *root, void *data)
{
        const struct hotplug_job *j = data;

        return dax_plug(root, j->device, j->request);
}

static int eject(struct sysroot *root, void *data)
{
        return acpi_eject(root, ((const struct hotplug_job *)data)->name);
}

static int remove_region(struct sysroot *root, void *data)
{
        struct hotplug_job *j = data;

        return region_remove(root, j->name, j->steps, j->problems, &j->decoders);
}

static int free_decoders(struct sysroot *root, void *data)
{
        struct hotplug_job *j = data;

        cxl_decoders_free(root, &j->decoders);
        return j->decoders.error;
}

int hotplug_make(struct hotplug *h, struct block *b, enum block_request q, uint64_t limit_usec)
{
        int r;

        h->job = (struct hotplug_job){ .block = *b, .request = q };
        r = writer_do(h->writer, make_block, &h->job, limit_usec);
        if (r != -EINPROGRESS)
                *b = h->job.block;
        draw(h);
        return r;
}

static int pass_barrier(struct sysroot *root, void *data)
{
        return block_barrier(root, &((const struct hotplug_job *)data)->block);
}

int hotplug_barrier(struct hotplug *h)
{
        const struct block_table *t = h->run->table;

        for (size_t i = 0; i < t->n; i++)
                if (t->blocks[i].state == BLOCK_OFFLINE && !h->run->blocks[i].gone) {
                        h->job = (struct hotplug_job){ .block = t->blocks[i] };
                        return writer_do(h->writer, pass_barrier, &h->job, 0);
                }
        return 0;
}

int hotplug_unplug_dax(struct hotplug *h, const struct memory_device *d)
{
        h->job = (struct hotplug_job){ .device = d };
        return writer_do(h->writer, unplug_dax, &h->job, 0);
}

int hotplug_plug_dax(struct hotplug *h, const struct memory_device *d, enum block_request q)
{
        h->job = (struct hotplug_job){ .device = d, .request = q };
        return writer_do(h->writer, plug_dax, &h->job, 0);
}

int hotplug_eject(struct hotplug *h, const char *name)
{
        h->job = (struct hotplug_job){ .name = name };
        return writer_do(h->writer, eject, &h->job, 0);
}

int hotplug_remove_region(struct hotplug *h, const char *region, struct cxl_decoders *ret_held)
{
        int r;

        h->job = (struct hotplug_job){
                .name = region,
                .steps = &h->steps,
                .problems = &h->notes,
        };
        r = writer_do(h->writer, remove_region, &h->job, 0);
        if (r == 0)
                *ret_held = h->job.decoders;
        return r;
}

int hotplug_free_decoders(struct hotplug *h, struct cxl_decoders *d)
{
        int r;

        h->job = (struct hotplug_job){ .decoders = *d };
        r = writer_do(h->writer, free_decoders, &h->job, 0);
        if (r != -EINPROGRESS)
                *d = h->job.decoders;
        return r;
}

struct record {
        const char *path;
        int (*load)(struct sysroot *root, struct messages *problems, struct nodeset *ret);
        int (*save)(struct sysroot *root, const struct nodeset *nodes);
};

/* 1: the node is in the record already, or is not, as wanted. 0: now it is. Or an error, which was
 * reported. */
static int change_record(struct hotplug *h, const struct record *record, bool wanted)
{
        struct messages problems = MESSAGES_INIT;
        struct nodeset nodes;
        int r;

        r = record->load(h->root, &problems, &nodes);
        print_problems(h, &problems);
        if (r < 0)
                return r;
        if (nodeset_has(&nodes, h->node) == wanted)
                return 1;
        if (wanted)
                nodeset_add(&nodes, h->node);
        else
                nodeset_remove(&nodes, h->node);
        r = record->save(h->root, &nodes);
        if (r < 0)
                fprintf(stderr, "numatier: /%s: cannot be written: %s\n", record->path,
                        strerror(-r));
        return r;
}

int hotplug_record_zone(struct hotplug *h, bool zoned)
{
        static const struct record record = { ZONED_PATH, zoned_load, zoned_save };
        int r = change_record(h, &record, zoned);

        return r < 0 ? r : 0;
}

int hotplug_record(struct hotplug *h, bool drained)
{
        static const struct record record = { DRAINED_PATH, drained_load, drained_save };
        int r = change_record(h, &record, drained);

        if (r < 0)
                return r;
        h->was_recorded = drained == (r == 1);
        return 0;
}

const char *hotplug_describe_error(int error)
{
        return error == -EINTR       ? "interrupted"
               : error == -ETIMEDOUT ? "the time is over"
                                     : strerror(-error);
}

const char *hotplug_describe_end(int end)
{
        switch (end) {
        case 0:
                return NULL;
        case -EINTR:
                return "Interrupted";
        case -ETIMEDOUT:
                return "The time is over";
        case -ENOSPC:
                return "The other nodes have no room left for its pages";
        case -ECANCELED:
                return "One block does not go";
        case -EINPROGRESS:
                return "The kernel does not end the last write. Maybe another hotplug operation "
                       "never ends: see \"dmesg\"";
        default:
                return strerror(-end);
        }
}

struct result_row {
        unsigned node;
        const char *verb;
        bool done;
        uint64_t blocks, offline, online, kernel, movable, failed;
        const char *ended; /* why it ended early, or NULL */
        const char *summary;
};

static const struct view_field result_fields[] = {
        VIEW_FIELD("node", result_row, node),       VIEW_FIELD("verb", result_row, verb),
        VIEW_FIELD("done", result_row, done),       VIEW_FIELD("blocks", result_row, blocks),
        VIEW_FIELD("offline", result_row, offline), VIEW_FIELD("online", result_row, online),
        VIEW_FIELD("kernel", result_row, kernel),   VIEW_FIELD("movable", result_row, movable),
        VIEW_FIELD("failed", result_row, failed),   VIEW_FIELD("ended", result_row, ended),
        VIEW_FIELD("summary", result_row, summary),
};

struct held_row {
        uint64_t block;
        const char *zone, *reason;
};

static const struct view_field held_fields[] = {
        VIEW_FIELD("block", held_row, block),
        VIEW_FIELD("zone", held_row, zone),
        VIEW_FIELD("reason", held_row, reason),
};

struct text_row {
        const char *text;
};

static const struct view_field text_fields[] = { VIEW_FIELD("text", text_row, text) };

static struct view_table make_table(const char *name, const struct view_field *fields,
                                    size_t n_fields, const void *rows, size_t n, size_t row_size)
{
        return (struct view_table){
                .name = name,
                .fields = fields,
                .n_fields = n_fields,
                .rows = rows,
                .n_rows = n,
                .row_size = row_size,
        };
}

static size_t list_held(const struct hotplug *h, struct held_row *ret)
{
        size_t n = 0;

        for (size_t i = 0; i < h->run->table->n; i++)
                if (h->reasons[i])
                        ret[n++] = (struct held_row){
                                .block = h->run->table->blocks[i].number,
                                .zone = block_zone_name(h->run->table->blocks[i].zone),
                                .reason = h->reasons[i],
                        };
        return n;
}

static int print_json(const struct hotplug *h, const struct result_row *result)
{
        _cleanup_(freep) struct held_row *held = calloc(h->run->table->n + 1, sizeof(*held));
        const struct text_row *steps = (const void *)h->steps.items;
        const struct text_row *notes = (const void *)h->notes.items;
        struct view_table tables[4];

        if (!held)
                return cli_print_error(-ENOMEM);
        tables[0] = make_table("result", result_fields, ELEMENTSOF(result_fields), result, 1,
                               sizeof(*result));
        tables[0].single = true;
        tables[1] = make_table("held", held_fields, ELEMENTSOF(held_fields), held,
                               list_held(h, held), sizeof(*held));
        tables[2] = make_table("steps", text_fields, 1, steps, h->steps.n, sizeof(*steps));
        tables[3] = make_table("notes", text_fields, 1, notes, h->notes.n, sizeof(*notes));
        json_print_tables(stdout, tables, ELEMENTSOF(tables));
        return 0;
}

static void print_text(const struct hotplug *h, const char *sentence)
{
        size_t shown = 0, more = 0;

        for (size_t i = 0; i < h->run->table->n; i++) {
                const struct block *b = &h->run->table->blocks[i];

                if (!h->reasons[i])
                        continue;
                if (shown++ < REASONS_SHOWN)
                        printf("memory%" PRIu64 " stays %s: %s\n", b->number,
                               b->state == BLOCK_OFFLINE ? "offline" : "online", h->reasons[i]);
                else
                        more++;
        }
        if (more > 0)
                printf("and %zu more (--json lists them)\n", more);
        for (size_t i = 0; i < h->steps.n; i++)
                printf("%s\n", h->steps.items[i]);
        for (size_t i = 0; i < h->notes.n; i++)
                printf("%s\n", h->notes.items[i]);
        puts(sentence);
}

/* Once all of a node is offline, no zone is wanted for it any more: who brings it online afterwards
 * by hand, or by the policy, chooses anew. */
static void forget_zone(struct hotplug *h, const struct run_count *c)
{
        if (!h->counts_online && c->offline == c->total)
                (void)hotplug_record_zone(h, false);
}

int hotplug_print(struct hotplug *h, bool done, const char *sentence)
{
        struct run_count c = run_count_blocks(h->run);
        const struct result_row result = {
                .node = h->node,
                .verb = h->verb,
                .done = done,
                .blocks = c.total,
                .offline = c.offline,
                .online = c.online,
                .kernel = c.kernel,
                .movable = c.movable,
                .failed = c.failed,
                .ended = hotplug_describe_end(h->run->end),
                .summary = sentence,
        };
        int r = 0;

        bar_clear(&h->bar);
        forget_zone(h, &c);
        if (h->a->json)
                r = print_json(h, &result);
        else
                print_text(h, sentence);
        return r == 0 && done ? EXIT_SUCCESS : EXIT_FAILURE;
}
