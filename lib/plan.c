/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan.h"

#include <errno.h>
#include <stdarg.h>

#include "knobs.h"
#include "plan-steps.h"

const char *interface_name(enum interface i)
{
        static const char *const names[] = {
                [INTERFACE_NONE] = "none",
                [INTERFACE_MEMTIER_OVERRIDE] = OVERRIDE_FILE,
                [INTERFACE_ADISTANCE_OFFSET] = OFFSET_FILE,
        };

        return names[i];
}

void plan_write_done(struct plan_write *w)
{
        free(w->path);
        free(w->value);
        free(w->before);
        free(w->expect);
        free(w->reason);
}

struct plan *plan_free(struct plan *p)
{
        if (!p)
                return NULL;
        for (size_t i = 0; i < p->n_writes; i++)
                plan_write_done(&p->writes[i]);
        for (size_t i = 0; i < p->n_held; i++)
                plan_write_done(&p->held[i]);
        for (size_t i = 0; i < p->n_unmet; i++)
                free(p->unmet[i].hazard);
        free(p->writes);
        free(p->held);
        free(p->unmet);
        free(p);
        return NULL;
}

bool plan_is_empty(const struct plan *p)
{
        return p->n_writes == 0 && p->n_unmet == 0 && p->n_held == 0;
}

size_t plan_count_hazards(const struct plan *p)
{
        size_t n = 0;

        for (size_t i = 0; i < p->n_unmet; i++)
                n += p->unmet[i].hazard != NULL;
        return n;
}

int plan_add_unmet(struct plan *p, struct plan_unmet u)
{
        if (grow(&p->unmet, &p->unmet_allocated, p->n_unmet + 1, sizeof(*p->unmet)) < 0) {
                free(u.hazard);
                return -ENOMEM;
        }
        p->unmet[p->n_unmet++] = u;
        return 0;
}

int plan_add_write(struct plan *p, struct plan_write w)
{
        if (!w.path || !w.value || !w.before || !w.expect || !w.reason ||
            grow(&p->writes, &p->writes_allocated, p->n_writes + 1, sizeof(*p->writes)) < 0) {
                plan_write_done(&w);
                return -ENOMEM;
        }
        p->writes[p->n_writes++] = w;
        return 0;
}

char *plan_print(const char *format, ...)
{
        char *text;
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&text, format, ap);
        va_end(ap);
        return r < 0 ? NULL : text;
}

int plan_hold(struct plan *p, size_t i, const char *reason)
{
        char *copy = strdup(reason);

        if (!copy || grow(&p->held, &p->held_allocated, p->n_held + 1, sizeof(*p->held)) < 0) {
                free(copy);
                return -ENOMEM;
        }
        p->held[p->n_held] = p->writes[i];
        free(p->held[p->n_held].reason);
        p->held[p->n_held++].reason = copy;
        p->n_writes--;
        memmove(&p->writes[i], &p->writes[i + 1], (p->n_writes - i) * sizeof(*p->writes));
        return 0;
}

int plan_new(const struct assignment *a, const struct state *state, struct messages *warnings,
             struct plan **ret)
{
        _cleanup_(plan_freep) struct plan *p = calloc(1, sizeof(*p));
        int r = 0;

        if (!p)
                return -ENOMEM;
        p->interface = plan_choose_interface(a->machine, a->policy, warnings);
        for (size_t i = 0; r == 0 && i < a->n_nodes; i++)
                r = plan_node(p, a, state, &a->nodes[i]);
        if (r == 0)
                r = plan_keep_from_top_tier(p, a->machine, state);
        /* After the moves, which tiering mode would make unsafe */
        if (r == 0)
                r = plan_knobs(p, a, state, warnings);
        if (r == 0)
                r = plan_against_freeze(p, a, state, warnings);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(p);
        return 0;
}

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
                .old_tier = TIER_UNKNOWN,
                .memory_tier = TIER_UNKNOWN,
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
                w.old_tier = node ? node->memory_tier : TIER_UNKNOWN;
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
