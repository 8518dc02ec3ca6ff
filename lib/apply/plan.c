/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apply/plan.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>

#include "facts/knobs.h"

const char *interface_name(enum interface i)
{
        static const char *const names[] = {
                [INTERFACE_NONE] = "none",
                [INTERFACE_MEMTIER_OVERRIDE] = OVERRIDE_FILE,
                [INTERFACE_ADISTANCE_OFFSET] = OFFSET_FILE,
        };
        static_assert(ELEMENTSOF(names) == INTERFACES, "each interface has a name");

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
        for (size_t i = 0; i < p->n_settled; i++)
                free(p->settled[i]);
        free(p->settled);
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

size_t plan_count_backed_off(const struct plan *p)
{
        size_t n = 0;

        for (size_t i = 0; i < p->n_held; i++)
                n += p->held[i].retry_usec > 0;
        return n;
}

int plan_add_settled(struct plan *p, const char *path)
{
        char *copy;

        if (array_grow(&p->settled, &p->settled_allocated, p->n_settled + 1, sizeof(*p->settled)) <
            0)
                return -ENOMEM;
        copy = strdup(path);
        if (!copy)
                return -ENOMEM;
        p->settled[p->n_settled++] = copy;
        return 0;
}

int plan_add_unmet(struct plan *p, struct plan_unmet u)
{
        if (array_grow(&p->unmet, &p->unmet_allocated, p->n_unmet + 1, sizeof(*p->unmet)) < 0) {
                free(u.hazard);
                return -ENOMEM;
        }
        p->unmet[p->n_unmet++] = u;
        return 0;
}

int plan_add_write(struct plan *p, struct plan_write w)
{
        if (!w.path || !w.value || !w.before || !w.expect || !w.reason ||
            array_grow(&p->writes, &p->writes_allocated, p->n_writes + 1, sizeof(*p->writes)) < 0) {
                plan_write_done(&w);
                return -ENOMEM;
        }
        p->writes[p->n_writes++] = w;
        return 0;
}

int plan_hold(struct plan *p, size_t i, const char *reason)
{
        char *copy = strdup(reason);

        if (!copy ||
            array_grow(&p->held, &p->held_allocated, p->n_held + 1, sizeof(*p->held)) < 0) {
                free(copy);
                return -ENOMEM;
        }
        p->held[p->n_held] = p->writes[i];
        free(p->held[p->n_held].reason);
        p->held[p->n_held++].reason = copy;
        array_remove(p->writes, &p->n_writes, i, sizeof(*p->writes));
        return 0;
}
