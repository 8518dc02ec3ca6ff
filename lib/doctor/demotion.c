/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings about demotion. */

#include <inttypes.h>

#include "apply/freeze.h"
#include "doctor/checks.h"
#include "doctor/nodes.h"
#include "facts/knobs.h"

static bool is_on(const struct knob *k)
{
        return k->present && k->value > 0;
}

static void add_swap(const struct subject *s, struct diagnosis *d)
{
        const struct knob *swap = &s->snapshot->machine->swap;

        if (swap->unreadable)
                return;
        if (!is_on(swap))
                finding_add_file(d, SWAPS_PATH, "no swap");
        else if (s->health->swap_kib.present)
                finding_add_file(d, SWAPS_PATH, "%u KiB, of which %u are used",
                                 s->health->swap_kib.value, s->health->swap_used_kib.value);
}

static void add_guard_files(const struct machine *m, struct diagnosis *d)
{
        if (m->lru_gen.present)
                finding_add_file(d, LRU_GEN_PATH, "0x%04x", m->lru_gen.value);
        if (m->min_ttl.present)
                finding_add_file(d, MIN_TTL_PATH, "%u", m->min_ttl.value);
}

/* Whether the guard lacks nothing but the multi-generational LRU. */
static bool needs_mglru(const struct subject *s)
{
        const struct assignment *a = s->snapshot->assignment;
        enum freeze_risk with = freeze_find_risk_with_mglru(a);

        return freeze_find_risk_of_demotion(a) == FREEZE_HAS_NO_GUARD &&
               with != FREEZE_HAS_NO_GUARD && with != FREEZE_UNKNOWN;
}

/* numatier does not write this itself. */
static void add_mglru(struct diagnosis *d)
{
        finding_add_remedy(d, "Enable the multi-generational LRU, with which this kernel has a "
                              "guard:");
        finding_add_command(d, "echo y >/" LRU_GEN_PATH);
        finding_add_remedy(d, "After each boot, too, with this line in a file in "
                              "/etc/tmpfiles.d:");
        finding_add_command(d, "w /" LRU_GEN_PATH " - - - - y");
}

static void add_guard_with_mglru(const struct subject *s, struct diagnosis *d)
{
        enum freeze_risk risk = freeze_find_risk_with_mglru(s->snapshot->assignment);

        add_mglru(d);
        if (risk == FREEZE_CAN_BE_GUARDED)
                finding_add_remedy(d, "numatierd then sets the guard in its next pass (\"numatier "
                                      "apply\" does so, too).");
        else if (risk == FREEZE_UNGUARDED)
                finding_add_setting(s, d, "And let numatierd set the guard", SECTION_APPLY,
                                    "min-ttl", "auto");
}

static void add_other_than_guard(const struct subject *s, struct diagnosis *d)
{
        bool swap = is_on(&s->snapshot->machine->swap);

        if (needs_mglru(s)) {
                add_guard_with_mglru(s, d);
                finding_add_remedy(d, swap ? "Or watch that swap does not fill up."
                                           : "Or add swap, which helps until it is full.");
        } else {
                finding_add_remedy(d, "This kernel has no guard that works. %s",
                                   swap ? "Watch that swap does not fill up." : "Add swap.");
        }
        if (swap)
                finding_add_setting(s, d, "If demotion is worth that, say so in the policy",
                                    SECTION_APPLY, "demotion", "yes");
        finding_add_demotion_off(s, d);
}

static void add_freeze_remedy(const struct subject *s, enum freeze_risk risk, struct diagnosis *d)
{
        if (risk == FREEZE_CAN_BE_GUARDED) {
                finding_add_remedy(d, "numatier sets a guard against it (min-ttl = auto).");
                finding_add_writer(s, d);
                finding_add_remedy(d, "Or set it until the next boot:");
                finding_add_command(d, "echo %d >/" MIN_TTL_PATH, MIN_TTL_AUTO_MS);
        } else if (risk == FREEZE_UNGUARDED) {
                finding_add_setting(s, d, "Let numatierd set the guard", SECTION_APPLY, "min-ttl",
                                    "auto");
        } else {
                add_other_than_guard(s, d);
        }
}

/* Whoever has said that demotion is wanted, where it is not refused, knows the hazard:
 * check_demotion_off() names it. */
static enum severity judge_freeze(const struct subject *s, enum freeze_risk risk)
{
        const struct knob *swap = &s->snapshot->machine->swap;
        enum policy_switch demotion = s->snapshot->policy->demotion;

        if (demotion == SWITCH_FORCE ||
            (demotion == SWITCH_YES && risk == FREEZE_HAS_NO_GUARD && is_on(swap)))
                return SEVERITY_NOTE;
        return is_on(swap) || swap->unreadable ? SEVERITY_WARNING : SEVERITY_ERROR;
}

/* The rules are those by which plans are made: apply/plan-freeze.c. */
void check_demotion_freeze(const struct subject *s, struct diagnosis *d)
{
        const struct machine *m = s->snapshot->machine;
        enum freeze_risk risk = freeze_find_risk(s->snapshot->assignment);

        if (risk == FREEZE_IMPOSSIBLE || risk == FREEZE_GUARDED)
                return;
        if (risk == FREEZE_UNKNOWN) {
                diagnosis_skip(d, "whether memory exhaustion can freeze this machine: the tiers, "
                                  "demotion or its guard cannot be read now");
                return;
        }
        finding_begin(d, judge_freeze(s, risk),
                      "Memory exhaustion can freeze this machine for minutes");
        finding_add_file(d, DEMOTION_PATH, "true");
        add_swap(s, d);
        add_guard_files(m, d);
        finding_add_consequence(d,
                                "With demotion between tiers, Linux takes pages of the slowest "
                                "tier for pages that can be reclaimed, and goes on trying "
                                "instead of killing a process. For minutes, nothing else "
                                "runs.%s",
                                is_on(&m->swap) ? " Swap helps only until it is full." : "");
        add_freeze_remedy(s, risk, d);
}

static const char *find_dram_tier(const struct subject *s)
{
        const struct assignment *a = s->snapshot->assignment;
        const struct node_assignment *n =
                a->baseline ? assignment_get_node(a, a->baseline->id) : NULL;

        return (n ? assignment_tier_name(a, n) : NULL) ?: "dram";
}

/* GPUs to whose memory Linux demotes pages, if demotion is on. */
static struct nodeset find_slow_gpus(const struct subject *s)
{
        const struct machine *m = s->snapshot->machine;
        uint32_t top = tiers_find_top(s);
        struct nodeset gpus = { 0 };

        for (size_t i = 0; i < m->n_nodes; i++) {
                const struct node *n = &m->nodes[i];

                if (n->has_memory && n->kind == KIND_GPU && n->present_tier != TIER_UNKNOWN &&
                    top != TIER_UNKNOWN && n->present_tier > top)
                        nodeset_add(&gpus, n->id);
        }
        return gpus;
}

enum respect {
        RESPECTS,
        IGNORES,
        MAY_IGNORE, /* not known */
};

/* As tests/vm/cpusets-soak.sh sees it: 6.1 and 6.12 demote pages of a group to nodes that its
 * cpuset excludes, and 7.3 does not. Nothing is known of those between. */
static enum respect find_respect_of_cpusets(const struct machine *m)
{
        unsigned major, minor;

        if (!m->kernel || sscanf(m->kernel, "%u.%u", &major, &minor) != 2)
                return MAY_IGNORE;
        if (major == 6 && minor <= 12)
                return IGNORES;
        return major > 7 || (major == 7 && minor >= 3) ? RESPECTS : MAY_IGNORE;
}

/* Whether a group may use a fast node, and not all slow ones: those it may not are returned. */
static struct nodeset find_excluded(const struct cpuset *c, const struct nodeset *slow,
                                    const struct nodeset *memory)
{
        struct nodeset mems, excluded = { 0 };
        bool fast = false;

        if (nodeset_parse(c->mems, &mems) < 0)
                return excluded;
        nodeset_foreach (id, memory)
                fast = fast || (nodeset_has(&mems, id) && !nodeset_has(slow, id));
        nodeset_foreach (id, slow)
                if (fast && !nodeset_has(&mems, id))
                        nodeset_add(&excluded, id);
        return excluded;
}

/* The first group whose pages would be where they may not be, or NULL. */
static const struct cpuset *find_limited_group(const struct subject *s, const struct nodeset *slow)
{
        for (size_t i = 0; i < s->health->n_cpusets; i++) {
                struct nodeset excluded =
                        find_excluded(&s->health->cpusets[i], slow, &s->snapshot->machine->memory);

                if (nodeset_count(&excluded) > 0)
                        return &s->health->cpusets[i];
        }
        return NULL;
}

/* Where a hazard comes with demotion, it is good as it is: nobody need switch it on. */
enum demotion_hazard {
        HAZARD_NONE,
        HAZARD_CPUSETS, /* groups would get pages on nodes that are not theirs */
        HAZARD_FREEZE,  /* there is no guard, but swap */
        HAZARD_REFUSED, /* there is neither: numatier does not switch it on */
        HAZARD_UNKNOWN, /* numatier does not switch it on either */
};

static enum demotion_hazard find_hazard(const struct subject *s)
{
        const struct machine *m = s->snapshot->machine;
        enum freeze_risk risk = freeze_find_risk_of_demotion(s->snapshot->assignment);
        struct nodeset slow = tiers_find_slow(s);

        if (find_respect_of_cpusets(m) == IGNORES && find_limited_group(s, &slow))
                return HAZARD_CPUSETS;
        if (risk == FREEZE_UNKNOWN || (risk == FREEZE_HAS_NO_GUARD && m->swap.unreadable))
                return HAZARD_UNKNOWN;
        if (risk == FREEZE_HAS_NO_GUARD)
                return is_on(&m->swap) ? HAZARD_FREEZE : HAZARD_REFUSED;
        return HAZARD_NONE;
}

static void add_hazard(const struct subject *s, enum demotion_hazard hazard, struct diagnosis *d)
{
        static const char *const texts[] = {
                [HAZARD_CPUSETS] = "But this kernel demotes pages of control groups to nodes that "
                                   "their cpusets exclude.",
                [HAZARD_FREEZE] = ": with demotion, memory exhaustion can freeze the machine for "
                                  "minutes once swap is full.",
                [HAZARD_REFUSED] = ", and there is no swap: with demotion, memory exhaustion can "
                                   "freeze the machine for minutes.",
                [HAZARD_UNKNOWN] = "But swap or the guard cannot be read now: with demotion, "
                                   "memory exhaustion may freeze the machine for minutes.",
        };

        if (hazard == HAZARD_FREEZE || hazard == HAZARD_REFUSED)
                finding_add_consequence(d, "%s%s",
                                        needs_mglru(s) ? "But with the LRU that is in use, this "
                                                         "kernel has no guard that works"
                                                       : "But this kernel has no guard that works",
                                        texts[hazard]);
        else if (hazard != HAZARD_NONE)
                finding_add_consequence(d, "%s", texts[hazard]);
}

static void add_how_to_demote(const struct subject *s, enum demotion_hazard hazard,
                              const struct nodeset *gpus, struct diagnosis *d)
{
        char text[NODES_TEXT_MAX];

        if (hazard == HAZARD_CPUSETS)
                finding_add_remedy(d, "Use Linux 7.3, which respects cpusets.");
        if (needs_mglru(s) && (hazard == HAZARD_FREEZE || hazard == HAZARD_REFUSED))
                add_mglru(d);
        if (hazard == HAZARD_REFUSED)
                finding_add_remedy(d, needs_mglru(s) ? "Or add swap: without either, numatier does "
                                                       "not switch demotion on."
                                                     : "Add swap first: without it, numatier does "
                                                       "not switch demotion on.");
        if (hazard == HAZARD_UNKNOWN)
                finding_add_remedy(d, "Until they can be read, numatier does not switch demotion "
                                      "on.");
        if (hazard != HAZARD_NONE && hazard != HAZARD_FREEZE)
                return;
        if (nodeset_count(gpus) > 0)
                finding_add_remedy(d,
                                   "Linux would demote pages to the memory of a GPU, too (%s): "
                                   "first put it into another tier, by a [node] section with kind "
                                   "= gpu and tier = %s.",
                                   nodes_format(gpus, text), find_dram_tier(s));
        if (freeze_find_risk_of_demotion(s->snapshot->assignment) == FREEZE_UNGUARDED)
                finding_add_setting(s, d, "First let numatierd set a guard against freezes",
                                    SECTION_APPLY, "min-ttl", "auto");
        finding_add_setting(
                s, d, hazard == HAZARD_NONE ? "To switch it on" : "To switch it on all the same",
                SECTION_APPLY, "demotion", "yes");
}

void check_demotion_off(const struct subject *s, struct diagnosis *d)
{
        const struct machine *m = s->snapshot->machine;
        struct nodeset slow = tiers_find_slow(s), gpus = find_slow_gpus(s);
        enum demotion_hazard hazard;
        char text[NODES_TEXT_MAX];

        if (!m->demotion.present || m->demotion.value > 0 || tiers_count(s) < 2 ||
            s->snapshot->policy->demotion != SWITCH_LEAVE)
                return;
        hazard = find_hazard(s);
        finding_begin(d, hazard == HAZARD_NONE ? SEVERITY_WARNING : SEVERITY_NOTE,
                      "Demotion is off, although there are %u tiers", tiers_count(s));
        finding_add_file(d, DEMOTION_PATH, "false");
        finding_add_consequence(d,
                                "When a fast node is full, cold pages are swapped out or dropped, "
                                "and programs may be killed");
        if (nodeset_count(&slow) > 0)
                finding_add_consequence(d, "while %s may have free memory.",
                                        nodes_format(&slow, text));
        else
                finding_add_consequence(d, "while a slower tier may have free memory.");
        add_hazard(s, hazard, d);
        add_how_to_demote(s, hazard, &gpus, d);
}

/* It matters to who has demotion, and to whom check_demotion_off() proposes it. */
static void note_unknown_respect(const struct subject *s, const struct nodeset *slow,
                                 struct diagnosis *d)
{
        const struct machine *m = s->snapshot->machine;
        const struct cpuset *group = find_limited_group(s, slow);

        if (group && m->demotion.present &&
            (m->demotion.value > 0 || s->snapshot->policy->demotion == SWITCH_LEAVE))
                diagnosis_skip(d,
                               "whether demotion ignores the cpusets of control groups, such as "
                               "%s: Linux 6.12 does and 7.3 does not, and of %s it is not known",
                               group->path, m->kernel ?: "this kernel");
}

void check_demotion_cpuset(const struct subject *s, struct diagnosis *d)
{
        const struct machine *m = s->snapshot->machine;
        enum respect respect = find_respect_of_cpusets(m);
        struct nodeset slow = tiers_find_slow(s);
        bool begun = false;

        if (respect == MAY_IGNORE)
                note_unknown_respect(s, &slow, d);
        if (!is_on(&m->demotion) || respect != IGNORES)
                return;
        if (s->health->cpusets_incomplete)
                diagnosis_skip(d, "whether demotion ignores the cpusets of other control groups: "
                                  "there are more than are read");
        for (size_t i = 0; i < s->health->n_cpusets; i++) {
                const struct cpuset *c = &s->health->cpusets[i];
                struct nodeset excluded = find_excluded(c, &slow, &m->memory);
                char path[SYSROOT_PATH_MAX];

                if (nodeset_count(&excluded) == 0)
                        continue;
                if (!begun) {
                        finding_begin(d, SEVERITY_WARNING,
                                      "Demotion ignores the cpusets of control groups");
                        finding_add_file(d, DEMOTION_PATH, "true");
                        finding_add_file(d, RELEASE_PATH, "%s", m->kernel);
                }
                begun = true;
                snprintf(path, sizeof(path), "sys/fs/cgroup/%.200s/cpuset.mems", c->path);
                finding_add_file(d, path, "%s", c->mems);
        }
        if (!begun)
                return;
        finding_add_consequence(d,
                                "This kernel demotes pages of these groups to slow nodes that "
                                "they may not use. It ignores the policies of numactl and mbind, "
                                "too, as do later kernels.");
        finding_add_remedy(d, "Use Linux 7.3, which respects cpusets.");
        finding_add_demotion_off(s, d);
}

/* Cold pages of all programs would be moved into the memory of a GPU. */
void check_demotion_gpu(const struct subject *s, struct diagnosis *d)
{
        const struct machine *m = s->snapshot->machine;
        struct nodeset gpus = find_slow_gpus(s);
        char text[NODES_TEXT_MAX];

        if (!is_on(&m->demotion) || nodeset_count(&gpus) == 0)
                return;
        finding_begin(d, SEVERITY_WARNING, "Linux demotes pages to the memory of a GPU (%s)",
                      nodes_format(&gpus, text));
        finding_add_file(d, DEMOTION_PATH, "true");
        nodeset_foreach (id, &gpus) {
                char path[SYSROOT_PATH_MAX];

                snprintf(path, sizeof(path), NODE_DIR "/node%u", id);
                finding_add_file(d, path, "gpu, in memory_tier%" PRIu32,
                                 machine_get_node(m, id)->present_tier);
        }
        finding_add_consequence(d,
                                "Cold pages of all programs take memory that the programs of the "
                                "GPU need.");
        finding_add_policy(d,
                           "Put it into the tier of DRAM, from which Linux demotes nothing to it",
                           "node gpu", "kind = gpu\n    tier = %s", find_dram_tier(s));
}
