/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apply/restore.h"

#include <errno.h>

#include "apply/plan-steps.h"
#include "facts/knobs.h"

static bool is_override(const char *path)
{
        size_t n = strlen(path), suffix = strlen("/" OVERRIDE_FILE);

        return n >= suffix && streq(path + n - suffix, "/" OVERRIDE_FILE);
}

static enum interface interface_of(const char *path)
{
        if (!startswith(path, NODE_DIR "/"))
                return INTERFACE_NONE;
        return is_override(path) ? INTERFACE_MEMTIER_OVERRIDE : INTERFACE_ADISTANCE_OFFSET;
}

static enum write_kind kind_of(const char *path)
{
        if (interface_of(path) != INTERFACE_NONE)
                return WRITE_NODE_TIER;
        if (streq(path, DEMOTION_PATH))
                return WRITE_DEMOTION;
        if (streq(path, MIN_TTL_PATH))
                return WRITE_MIN_TTL;
        if (streq(path, BALANCING_PATH))
                return WRITE_NUMA_BALANCING;
        if (streq(path, PROMOTE_RATE_PATH))
                return WRITE_PROMOTE_RATE_LIMIT;
        return streq(path, WEIGHT_AUTO_PATH) ? WRITE_WEIGHT_AUTO : WRITE_WEIGHT;
}

/* Our module also takes "default", which leaves nothing of an override behind. */
char *plan_restore_value(const struct machine *m, const struct state_original *original)
{
        if (!is_override(original->path))
                return strdup(original->value);
        if (m->module_loaded)
                return strdup("default");
        return strdup(startswith(original->value, "memory_tier") ?: original->value);
}

/* The guard ends when what it guards against has, and demotion that was on before is on again when
 * no node is in a tier of its own any more. */
static enum guard_role role_of(const struct state_original *original)
{
        if (streq(original->path, MIN_TTL_PATH) && streq(original->value, "0"))
                return GUARD_LOWER;
        if (streq(original->path, DEMOTION_PATH) && streq(original->value, "true"))
                return GUARD_NEED_MOVES;
        return GUARD_NONE;
}

static int plan_restore(struct plan *p, struct sysroot *root, const struct machine *m,
                        const struct state_original *original)
{
        struct plan_write w = {
                .kind = kind_of(original->path),
                .guard = role_of(original),
                .interface = interface_of(original->path),
                .present_tier = TIER_UNKNOWN,
                .wanted_tier = TIER_UNKNOWN,
        };
        const struct node *node;
        char buf[128];
        ssize_t n;

        n = sysroot_read(root, original->path, buf, sizeof(buf));
        if (n == -ENOENT || n == -ENODEV) /* gone with its node or its module, and its value too */
                return 0;
        if (n < 0) /* the module has to wait for the kernel, say: the write will tell */
                strcpy(buf, "?");
        if (sscanf(original->path, NODE_DIR "/node%u/", &w.node) == 1 ||
            sscanf(original->path, WEIGHT_DIR "/node%u", &w.node) == 1) {
                node = machine_get_node(m, w.node);
                w.present_tier = node ? node->present_tier : TIER_UNKNOWN;
        }
        w.path = strdup(original->path);
        w.value = plan_restore_value(m, original);
        w.before = strndup(buf, strcspn(buf, "\n"));
        w.expect = strdup(original->value);
        w.reason = strdup("restored to what it was before numatier's first write");
        return plan_add_write(p, w);
}

static int plan_restore_role(struct plan *p, struct sysroot *root, const struct machine *m,
                             const struct state *state, enum guard_role role)
{
        int r = 0;

        for (size_t i = state->n_originals; r == 0 && i-- > 0;)
                if (role_of(&state->originals[i]) == role)
                        r = plan_restore(p, root, m, &state->originals[i]);
        return r;
}

/* A node that is not given back keeps its tier, and with it what guards against a freeze. */
static int keep_from_freeze(struct plan *p)
{
        _cleanup_(freep) char *reason = NULL;

        if (p->n_unmet == 0)
                return 0;
        reason = plan_print("node %u could not be given back, and memory exhaustion could freeze "
                            "this machine",
                            p->unmet[0].node);
        if (!reason)
                return -ENOMEM;
        for (size_t i = p->n_writes; i-- > 0;) {
                enum guard_role role = p->writes[i].guard;
                int r = role == GUARD_LOWER || role == GUARD_NEED_MOVES ? plan_hold(p, i, reason)
                                                                        : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

int plan_new_restore(struct sysroot *root, const struct machine *machine, const struct state *state,
                     struct plan **ret)
{
        _cleanup_(plan_freep) struct plan *p = calloc(1, sizeof(*p));
        static const enum guard_role roles[] = { GUARD_NONE, GUARD_NEED_MOVES, GUARD_LOWER };
        int r = p ? 0 : -ENOMEM;

        for (size_t i = 0; r == 0 && i < ELEMENTSOF(roles); i++)
                r = plan_restore_role(p, root, machine, state, roles[i]);
        if (r == 0)
                r = plan_keep_from_top_tier(p, machine, state);
        if (r == 0)
                r = keep_from_freeze(p);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(p);
        return 0;
}
