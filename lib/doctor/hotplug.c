/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings about memory that comes, goes and stays away. */

#include <inttypes.h>

#include "base/units.h"
#include "doctor/checks.h"
#include "doctor/nodes.h"
#include "facts/blocks.h"
#include "facts/knobs.h"
#include "online/rivals.h"
#include "state/drained.h"

/* Memory blocks of a node that are offline, and for which the policy wants the same. */
struct offline {
        unsigned node;
        size_t n;
        const struct wanted *wanted; /* for the first of them */
        struct block_counts count;   /* of all blocks of the node */
};

static const struct wanted *get_wanted(const struct subject *s, size_t block)
{
        static const struct wanted nothing = { .online = ONLINE_LEAVE, .is_hot_added = true };

        return s->wanted ? &s->wanted[block] : &nothing;
}

static bool is_gpu(const struct subject *s, unsigned id)
{
        const struct node *n = machine_get_node(s->snapshot->machine, id);

        return n && (n->kind == KIND_GPU || n->may_be_gpu);
}

static uint64_t size_of_blocks(const struct subject *s, size_t n)
{
        return n * (s->health->blocks->block_size >> 10);
}

static void add_onliner(const struct onliner *o, struct diagnosis *d)
{
        char where[512];

        snprintf(where, sizeof(where), o->line > 0 ? "%s:%u" : "%s", o->path, o->line);
        finding_add_evidence(d, where, "%s%s", o->text,
                             o->conditional ? " (if its conditions hold)" : "");
}

static void add_offline(const struct subject *s, const struct offline *o, struct diagnosis *d)
{
        char path[SYSROOT_PATH_MAX];

        snprintf(path, sizeof(path), NODE_DIR "/node%u/memory*/state", o->node);
        finding_add_file(d, path, "%zu of %zu blocks are offline", o->count.offline, o->count.all);
        if (s->health->auto_online_blocks.value)
                finding_add_file(d, MEMORY_DIR "/auto_online_blocks", "%s",
                                 s->health->auto_online_blocks.value);
        for (size_t i = 0; s->onliners && i < s->onliners->n; i++) {
                const struct onliner *other = &s->onliners->items[i];

                if (other->kind == ONLINER_UDEV || other->kind == ONLINER_DAXCTL)
                        add_onliner(other, d);
        }
}

/* The rules of which are among the evidence. */
static bool others_online(const struct subject *s)
{
        for (size_t i = 0; s->onliners && i < s->onliners->n; i++)
                if (s->onliners->items[i].kind == ONLINER_UDEV ||
                    s->onliners->items[i].kind == ONLINER_DAXCTL)
                        return true;
        return false;
}

static bool kernel_onlines(const struct subject *s)
{
        const char *value = s->health->auto_online_blocks.value;

        return value && !streq(value, "offline");
}

/* What makes numatierd bring it online: [online] is for hot-added memory, and where no section says
 * otherwise. */
static void add_online_policy(const struct subject *s, const struct offline *o,
                              const char *sentence, struct diagnosis *d)
{
        const struct node_rule *rule = o->wanted->rule;
        char section[32];

        if (rule) {
                finding_add_remedy(d, "%s: change online = %s of [node %s] in %s:%u.", sentence,
                                   policy_online_word(rule->online), rule->name, rule->file,
                                   rule->line);
        } else if (o->wanted->is_hot_added) {
                finding_add_setting(s, d, sentence, SECTION_ONLINE, "online", "movable");
        } else {
                snprintf(section, sizeof(section), "node memory%u", o->node);
                finding_add_policy(d, sentence, section, "node = %u\n    online = movable",
                                   o->node);
        }
}

static void find_offline(const struct subject *s, const struct offline *o, struct diagnosis *d)
{
        enum policy_online wanted = o->wanted->online;
        char size[UNIT_STRING_MAX];

        finding_begin(d, SEVERITY_WARNING, "%s of node %u are offline, and cannot be used",
                      format_size(size_of_blocks(s, o->n), size), o->node);
        add_offline(s, o, d);
        if (wanted != ONLINE_LEAVE)
                finding_add_consequence(d, "The policy wants this memory online (%s).",
                                        policy_online_word(wanted));
        else if (kernel_onlines(s))
                finding_add_consequence(d, "Linux brings new memory online by itself, but not what "
                                           "was taken offline later.");
        else if (others_online(s))
                finding_add_consequence(d, "What brings new memory online here did not bring this "
                                           "online, or it was taken offline later.");
        else
                finding_add_consequence(d, "Nothing on this machine brings it online.");
        finding_add_remedy(d, "To use it now:");
        finding_add_command(d, "numatier online %u", o->node);
        if (wanted == ONLINE_LEAVE && !kernel_onlines(s))
                add_online_policy(s, o, "To use it after each boot and each hotplug", d);
        else if (wanted != ONLINE_LEAVE && s->service != SERVICE_RUNNING)
                finding_add_remedy(d, "numatierd brings it online where it runs, unless somebody "
                                      "took it offline.");
}

/* The offline blocks of a node that the policy keeps offline, or (not quarantined) the others. */
static struct offline find_blocks(const struct subject *s, unsigned node, bool quarantined,
                                  struct diagnosis *d)
{
        const struct block_table *t = s->health->blocks;
        struct offline o = { .node = node };
        size_t unknown = 0;

        health_count_blocks(s->health, node, &o.count);
        for (size_t i = 0; i < t->n; i++) {
                const struct wanted *w = get_wanted(s, i);

                if (t->blocks[i].node != node || t->blocks[i].state != BLOCK_OFFLINE)
                        continue;
                if (w->unreadable && wanted_any(s->snapshot->policy)) {
                        unknown++;
                } else if ((w->online == ONLINE_NO) == quarantined) {
                        o.wanted = o.wanted ?: w;
                        o.n++;
                }
        }
        if (unknown > 0 && !quarantined)
                diagnosis_skip(d,
                               "whether the policy wants %zu offline block%s of node %u: the "
                               "device cannot be read now",
                               unknown, plural(unknown), node);
        return o;
}

typedef void (*offline_fn)(const struct subject *s, const struct offline *o, struct diagnosis *d);

/* Calls fn for each node with memory offline that somebody keeps offline, or that nobody does.
 * What is on its way in or out will be elsewhere soon. */
static void foreach_offline(const struct subject *s, bool quarantined, offline_fn fn,
                            struct diagnosis *d)
{
        const struct block_table *t = s->health->blocks;
        struct nodeset nodes = { 0 };

        for (size_t i = 0; t && i < t->n; i++)
                if (t->blocks[i].state == BLOCK_OFFLINE && t->blocks[i].node < NODE_MAX)
                        nodeset_add(&nodes, t->blocks[i].node);
        nodeset_foreach (id, &nodes) {
                struct offline o;

                if (nodeset_has(&s->drained, id) || is_gpu(s, id))
                        continue;
                o = find_blocks(s, id, quarantined, d);
                if (o.n > 0 && o.count.changing == 0)
                        fn(s, &o, d);
        }
}

/* The kernel does not say whose it is where a block's memory is of several nodes or of none. */
static void find_offline_of_no_node(const struct subject *s, struct diagnosis *d)
{
        const struct block_table *t = s->health->blocks;
        const struct block *first = NULL;
        char path[SYSROOT_PATH_MAX], size[UNIT_STRING_MAX];
        size_t n = 0;

        for (size_t i = 0; t && i < t->n; i++)
                if (t->blocks[i].state == BLOCK_OFFLINE && t->blocks[i].node >= NODE_MAX) {
                        first = first ?: &t->blocks[i];
                        n++;
                }
        if (!first)
                return;
        finding_begin(d, SEVERITY_NOTE, "%s of no node, or of several, are offline",
                      format_size(size_of_blocks(s, n), size));
        snprintf(path, sizeof(path), MEMORY_DIR "/memory%" PRIu64 "/state", first->number);
        finding_add_file(d, path, "offline%s", n > 1 ? ", and others" : "");
        finding_add_consequence(d,
                                "Nobody uses this memory (%zu block%s), and numatier does not "
                                "bring it online, since it goes by nodes.",
                                n, plural(n));
        finding_add_remedy(d, "To use it:");
        finding_add_command(d, "echo online >/%s", path);
}

void check_memory_offline(const struct subject *s, struct diagnosis *d)
{
        foreach_offline(s, false, find_offline, d);
        find_offline_of_no_node(s, d);
}

static void find_quarantined(const struct subject *s, const struct offline *o, struct diagnosis *d)
{
        char size[UNIT_STRING_MAX];

        finding_begin(d, SEVERITY_NOTE, "%s of node %u are kept offline by the policy",
                      format_size(size_of_blocks(s, o->n), size), o->node);
        add_offline(s, o, d);
        finding_add_consequence(d, "Nobody uses this memory.");
        add_online_policy(s, o, "If it may be used", d);
}

void check_memory_quarantined(const struct subject *s, struct diagnosis *d)
{
        foreach_offline(s, true, find_quarantined, d);
}

void check_memory_drained(const struct subject *s, struct diagnosis *d)
{
        char text[NODES_TEXT_MAX];

        if (nodeset_count(&s->drained) == 0)
                return;
        nodes_format(&s->drained, text);
        finding_begin(d, SEVERITY_NOTE, "%c%s %s drained", 'N', text + 1, nodes_are(&s->drained));
        finding_add_file(d, DRAINED_PATH, "%s", text);
        finding_add_consequence(d,
                                "\"numatier drain\" took the memory offline. It stays so until it "
                                "is asked back, or until the next boot.");
        finding_add_remedy(d, "To use it again:");
        nodeset_foreach (id, &s->drained)
                finding_add_command(d, "numatier online %u", id);
}

/* What the policy says of a device's memory, once it is memory. */
static enum policy_online get_wanted_of_dax(const struct subject *s, const char *name)
{
        for (size_t i = 0; s->devices && i < s->devices->n; i++) {
                const struct block_device *device = &s->devices->items[i];

                if (device->origin == ORIGIN_DAX && streq(device->device.dax, name))
                        return wanted_for_device(s->snapshot->policy, s->snapshot->machine, device)
                                .online;
        }
        return ONLINE_LEAVE;
}

/* Somebody may well want a dax device: a database, or a virtual machine. */
void check_dax_unused(const struct subject *s, struct diagnosis *d)
{
        const struct health *h = s->health;
        bool begun = false, wanted = false;

        if (h->dax_unlisted)
                diagnosis_skip(d, "whether there are memory devices that are not used: they cannot "
                                  "be listed now");
        for (size_t i = 0; i < h->n_dax; i++) {
                const struct health_dax *dax = &h->dax[i];
                enum policy_online online = get_wanted_of_dax(s, dax->name);
                bool unplugged = dax->state.value && streq(dax->state.value, "unplugged");
                bool kmem = dax->driver && streq(dax->driver, "kmem");
                char size[UNIT_STRING_MAX], path[SYSROOT_PATH_MAX];

                if (dax->unreadable || dax->size == 0 || (kmem && !unplugged) ||
                    online == ONLINE_NO ||
                    (unplugged && dax->node < NODE_MAX && nodeset_has(&s->drained, dax->node)))
                        continue;
                if (!begun)
                        finding_begin(d, SEVERITY_NOTE,
                                      "There are memory devices that are not used "
                                      "as memory");
                begun = true;
                wanted = wanted || online != ONLINE_LEAVE;
                snprintf(path, sizeof(path), "sys/bus/dax/devices/%s", dax->name);
                finding_add_file(d, path, "%s, %s", format_size(dax->size >> 10, size),
                                 unplugged     ? "unplugged"
                                 : dax->driver ? dax->driver
                                               : "no driver");
        }
        if (!begun)
                return;
        finding_add_consequence(d, "Only programs that open the device itself can use it.");
        if (wanted)
                finding_add_consequence(d,
                                        "The policy wants such memory online, but numatierd does "
                                        "not make a device into memory.");
        finding_add_remedy(d, "To make a device into memory, if no program keeps data in it, which "
                              "would be lost (NAME as above; for an unplugged one, \"numatier "
                              "online NODE\"):");
        finding_add_command(d, "daxctl reconfigure-device --mode=system-ram NAME");
}

#define RULES_DIR "/etc/udev/rules.d/"

/* How to keep it from that. */
static void add_way_out(const struct onliner *o, struct diagnosis *d)
{
        const char *slash = strrchr(o->path, '/');

        switch (o->kind) {
        case ONLINER_KERNEL:
                finding_add_remedy(d, "Let the kernel leave new memory offline:");
                finding_add_command(d, "echo offline >/" MEMORY_DIR "/auto_online_blocks");
                finding_add_remedy(d, "After each boot, too, with this on its command line:");
                finding_add_command(d, "memhp_default_state=offline");
                break;
        case ONLINER_UDEV:
                if (startswith(o->path, RULES_DIR)) {
                        finding_add_remedy(d, "Remove the rule in %s:%u.", o->path, o->line);
                        break;
                }
                finding_add_remedy(d, "Mask the file with the rule, and all that is in it:");
                finding_add_command(d, "ln -s /dev/null " RULES_DIR "%s",
                                    slash ? slash + 1 : o->path);
                break;
        default:
                finding_add_remedy(d, "Remove the section in %s:%u.", o->path, o->line);
                break;
        }
}

void check_onliner_conflict(const struct subject *s, struct diagnosis *d)
{
        const struct policy *p = s->snapshot->policy;
        bool begun = false;

        if (s->onliners && s->onliners->incomplete)
                diagnosis_skip(d, "whether others bring memory online: not all of their files can "
                                  "be read now");
        for (size_t i = 0; s->onliners && i < s->onliners->n; i++) {
                const struct onliner *o = &s->onliners->items[i];
                enum policy_online defeated = rivals_find_conflict(p, s->onliners, o);

                if (defeated == ONLINE_UNSET)
                        continue;
                if (!begun) {
                        finding_begin(d, SEVERITY_WARNING,
                                      "Others bring memory online, and not as the policy says "
                                      "(online = %s)",
                                      policy_online_word(defeated));
                        finding_add_consequence(d, "New memory is online before numatierd sees it. "
                                                   "numatierd then takes it offline again, which "
                                                   "works only while little of it is used.");
                }
                begun = true;
                add_onliner(o, d);
                add_way_out(o, d);
        }
}

static const struct waiting_task *find_task(const struct health *h, enum hotplug_wait w)
{
        for (size_t i = 0; i < h->n_tasks; i++)
                if (h->tasks[i].wait == w)
                        return &h->tasks[i];
        return NULL;
}

static bool is_changing_block(const struct block *b)
{
        return b->state == BLOCK_LEAVING || b->state == BLOCK_COMING;
}

static bool is_changing(const struct health *h)
{
        for (size_t i = 0; h->blocks && i < h->blocks->n; i++)
                if (is_changing_block(&h->blocks->blocks[i]))
                        return true;
        return false;
}

/* Who takes memory offline need not sleep: the kernel tries for ever to move a page that a program
 * holds, and others that want to add or remove memory try again all the time. */
static void find_changing(const struct health *h, struct diagnosis *d)
{
        const struct block *first = NULL;
        char path[SYSROOT_PATH_MAX];
        size_t n = 0;

        for (size_t i = 0; h->blocks && i < h->blocks->n; i++)
                if (is_changing_block(&h->blocks->blocks[i])) {
                        first = first ?: &h->blocks->blocks[i];
                        n++;
                }
        if (!first)
                return;
        finding_begin(d, SEVERITY_NOTE, "Memory is on its way in or out");
        snprintf(path, sizeof(path), MEMORY_DIR "/memory%" PRIu64 "/state", first->number);
        finding_add_file(d, path, "%s%s", block_state_name(first->state),
                         n > 1 ? ", and others" : "");
        finding_add_consequence(d, "Until this ends, no other memory can be added or removed, and "
                                   "numatier moves no node. It can take minutes, and does not end "
                                   "while a program holds a page that cannot be moved.");
        finding_add_remedy(d, "If it does not end, stop the program that takes the memory offline. "
                              "The kernel log names the pages:");
        finding_add_command(d, "journalctl -k -b --grep 'migrating pfn'");
}

/* A reader of nodelist waits for the lock of who removes the tier, who waits for the reader:
 * neither ever ends (facts/tiers.h). Other waits may end: taking memory offline can take minutes.
 */
void check_hotplug_stuck(const struct subject *s, struct diagnosis *d)
{
        const struct health *h = s->health;
        bool deadlock = find_task(h, WAIT_NODELIST) && find_task(h, WAIT_DRAIN);

        if (h->n_hidden_tasks > 0)
                diagnosis_skip(d, "what %u task%s wait%s for: only root may see that",
                               h->n_hidden_tasks, plural(h->n_hidden_tasks),
                               h->n_hidden_tasks == 1 ? "s" : "");
        if (h->n_tasks == 0) {
                find_changing(h, d);
                return;
        }
        finding_begin(d,
                      deadlock         ? SEVERITY_ERROR
                      : is_changing(h) ? SEVERITY_NOTE
                                       : SEVERITY_WARNING,
                      deadlock ? "Memory hotplug is stuck until the next boot"
                               : "Memory hotplug waits, and may be stuck");
        for (size_t i = 0; i < h->n_tasks; i++) {
                const struct waiting_task *t = &h->tasks[i];
                char path[SYSROOT_PATH_MAX];

                snprintf(path, sizeof(path), "proc/%u/stack", t->pid);
                finding_add_file(d, path, "%s waits in %s", t->comm, t->function);
        }
        if (deadlock) {
                finding_add_consequence(d,
                                        "A program read memory_tierN/nodelist while the tier was "
                                        "removed. Both wait for each other, and everything that "
                                        "adds or removes memory waits for them.");
                finding_add_remedy(d, "Reboot. Do not let programs read nodelist: \"numatier "
                                      "status\" shows the tiers.");
                return;
        }
        finding_add_consequence(d, "Whatever adds or removes memory waits until this ends. Taking "
                                   "memory offline can take minutes.");
        finding_add_remedy(d,
                           "Look again in some minutes. If the same tasks still wait, the kernel "
                           "log may say why, and only a reboot ends it:");
        finding_add_command(d, "journalctl -k -b --grep 'blocked for more than'");
}
