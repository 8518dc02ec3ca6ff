/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/text.h"
#include "service/unit-name.h"
#include "usage/walk.h"

#define EXAMPLES_MAX 3

struct search {
        const char *unit;
        struct names found, inside; /* the groups; inside: in a unit, so of another manager */
};

static int compare_unit(struct walk *w, const char *name, const char *outer,
                        struct usage_user *below)
{
        struct search *s = w->userdata;

        (void)below;
        if (streq(unit_unescape(name), s->unit) || streq(name, s->unit)) {
                int r = names_add(walk_get_cgroup(w), outer ? &s->inside : &s->found);

                if (r < 0)
                        return r;
        }
        return walk_down(w, walk_find_outer(name, outer), NULL, compare_unit);
}

static int refuse_several(const struct names *found, const char *unit, struct messages *errors)
{
        _cleanup_(freep) char *list = strdup("");

        for (size_t i = 0; list && i < found->n && i < EXAMPLES_MAX; i++) {
                _cleanup_(freep) char *before = list, *item = text_escape(found->items[i]);

                list = item ? text_new("%s%s%s", before, i > 0 ? ", " : "", item) : NULL;
        }
        if (!list)
                return -ENOMEM;
        messages_add(errors, "%s: several control groups have this name: %s%s; expected a path",
                     unit, list, found->n > EXAMPLES_MAX ? ", ..." : "");
        return -ENOTUNIQ;
}

static int choose(const struct search *s, struct messages *errors, char **ret)
{
        const struct names *found = s->found.n > 0 ? &s->found : &s->inside;

        if (found->n > 1)
                return refuse_several(found, s->unit, errors);
        if (found->n == 0) {
                messages_add(errors,
                             "%s: expected a unit that runs; no control group below /" CGROUP_DIR
                             " has this name",
                             s->unit);
                return -ENOENT;
        }
        *ret = strdup(found->items[0]);
        return *ret ? 0 : -ENOMEM;
}

int usage_find_unit(struct sysroot *root, const char *name, struct messages *errors, char **ret)
{
        _cleanup_(freep) char *unit =
                text_new("%s%s", name, unit_name_has_suffix(name) ? "" : ".service");
        struct search s = { .unit = unit };
        struct walk w = { .userdata = &s };
        int r;

        if (!unit)
                return -ENOMEM;
        r = cgroups_check(root);
        if (r < 0)
                return cgroups_explain(errors, "/", r);
        r = walk_start(&w, root, errors, compare_unit);
        if (r == 0)
                r = choose(&s, errors, ret);
        names_done(&s.found);
        names_done(&s.inside);
        return r;
}
