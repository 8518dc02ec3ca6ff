/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apply/restore.h"

#include <assert.h>
#include <errno.h>

#include "apply/knobs.h"
#include "apply/plan-steps.h"
#include "state/update.h"

struct present_values *present_values_free(struct present_values *p)
{
        if (!p)
                return NULL;
        for (size_t i = 0; i < p->n; i++)
                free(p->values[i].value);
        free(p->values);
        free(p);
        return NULL;
}

static int read_value(struct sysroot *root, const char *path, struct present_value *ret)
{
        char buf[128];

        ret->error = sysroot_read_line(root, path, buf, sizeof(buf));
        if (ret->error < 0)
                return 0;
        ret->value = strdup(buf);
        return ret->value ? 0 : -ENOMEM;
}

int restore_read(struct sysroot *root, const struct state *state, struct present_values **ret)
{
        _cleanup_(present_values_freep) struct present_values *p = calloc(1, sizeof(*p));

        if (!p)
                return -ENOMEM;
        p->values = calloc(state->n_originals ?: 1, sizeof(*p->values));
        if (!p->values)
                return -ENOMEM;
        for (; p->n < state->n_originals; p->n++) {
                int r = read_value(root, state->originals[p->n].path, &p->values[p->n]);

                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(p);
        return 0;
}

/* One file of the journal. */
struct undo {
        const struct machine *machine;
        const struct state_original *original;
        const struct present_value *present;
        const struct knob_row *knob;
        unsigned node;             /* the number in the path, if there is one */
        const struct node *memory; /* that node, if it is online */
};

static struct plan_write undo_write(const struct undo *u)
{
        return (struct plan_write){
                .kind = u->knob->kind,
                .guard = u->knob->undo_role(u->original->value),
                .interface = u->knob->interface,
                .path = strdup(u->original->path),
                .value = u->knob->undo(u->machine, u->original->value),
                .before = strdup(u->present->value ?: "?"),
                .expect = strdup(u->original->value),
                .reason = strdup("restored to what it was before numatier's first write"),
                .node = u->node,
                .present_tier = u->memory ? u->memory->present_tier : TIER_UNKNOWN,
                .wanted_tier = TIER_UNKNOWN,
        };
}

/* What cannot be undone: said, and kept for later. Takes the reason over. */
static int refuse(struct plan *p, const struct undo *u, char *reason)
{
        _cleanup_(freep) char *text = reason;
        int r;

        if (!text)
                return -ENOMEM;
        if (u->knob->kind == WRITE_NODE_TIER)
                return plan_add_unmet(p, (struct plan_unmet){
                                                 .node = u->node,
                                                 .present_tier = u->memory ? u->memory->present_tier
                                                                           : TIER_UNKNOWN,
                                                 .wanted_tier = TIER_UNKNOWN,
                                                 .hazard = TAKE_PTR(text),
                                         });
        r = plan_add_write(p, undo_write(u));
        return r < 0 ? r : plan_hold(p, p->n_writes - 1, text);
}

/* The file of a node whose memory is out. Our module takes "default" even then. */
static int undo_without_memory(struct plan *p, const struct undo *u)
{
        struct plan_write w;

        if (u->present->error == -ENODEV && u->machine->module_loaded &&
            u->knob->interface == INTERFACE_MEMTIER_OVERRIDE) {
                w = undo_write(u);
                w.unread = true;
                return plan_add_write(p, w);
        }
        return refuse(p, u,
                      text_new("its memory is offline or removed, and /%s cannot be written. Run "
                               "\"numatier "
                               "restore\" again when the memory is back",
                               u->original->path));
}

/* Gone with its module or its node, or only out. */
static int undo_without_file(struct plan *p, const struct undo *u)
{
        bool has_memory = u->memory && u->memory->has_memory;

        if (u->knob->goes_with_node)
                return plan_add_settled(p, u->original->path);
        if (u->knob->kind != WRITE_NODE_TIER)
                return refuse(p, u, text_new("there is no such file any more"));
        if (!has_memory || u->machine->module_loaded)
                return undo_without_memory(p, u);
        return plan_add_settled(p, u->original->path);
}

/* numatier was interrupted between its intent and its effect: the present value tells. */
static int undo_intent(struct plan *p, const struct undo *u)
{
        const struct state_original *o = u->original;
        const char *value = u->present->value;

        if (!o->intent || u->knob->same(value, o->value))
                return plan_add_settled(p, o->path);
        if (u->knob->shows(value, o->intent))
                return plan_add_write(p, undo_write(u));
        return refuse(p, u,
                      text_new("numatier was interrupted when it was to write %s there. It reads "
                               "%s, which is not of numatier's making, and is left alone",
                               o->intent, value));
}

static bool is_of_other_memory(const struct undo *u)
{
        return u->knob->kind == WRITE_NODE_TIER &&
               u->knob->interface == INTERFACE_MEMTIER_OVERRIDE &&
               state_override_is_replaced(u->machine, u->node, u->original->key);
}

static int plan_undo(struct plan *p, const struct undo *u)
{
        int error = u->present->error;

        if (is_of_other_memory(u))
                return plan_add_settled(p, u->original->path);
        /* that a file of it is missing proves nothing */
        if (error < 0 && u->memory && u->memory->half_there)
                return refuse(p, u,
                              text_new("node %u is online but cannot be read now. Run \"numatier "
                                       "restore\" again",
                                       u->node));
        if (error == -ENOENT)
                return undo_without_file(p, u);
        if (error == -ENODEV)
                return u->knob->kind == WRITE_NODE_TIER ? undo_without_memory(p, u)
                                                        : undo_without_file(p, u);
        /* the module has to wait for the kernel, say: the write will tell */
        if (error < 0 || u->original->written)
                return plan_add_write(p, undo_write(u));
        return undo_intent(p, u);
}

/* A file that another version wrote to: without its row, nothing is written there. */
static int refuse_unknown(struct plan *p, const struct state_original *o)
{
        int r = plan_add_write(p, (struct plan_write){
                                          .path = strdup(o->path),
                                          .value = strdup(o->value),
                                          .before = strdup("?"),
                                          .expect = strdup(o->value),
                                          .reason = strdup(""),
                                  });

        if (r < 0)
                return r;
        return plan_hold(p, p->n_writes - 1,
                         "this version of numatier does not write to that file");
}

static int plan_original(struct plan *p, const struct machine *m, const struct state_original *o,
                         const struct present_value *present)
{
        struct undo u = { .machine = m, .original = o, .present = present };

        u.knob = knob_of_path(o->path, &u.node);
        if (!u.knob)
                return refuse_unknown(p, o);
        if (u.knob->kind == WRITE_NODE_TIER || u.knob->kind == WRITE_WEIGHT)
                u.memory = machine_get_node(m, u.node);
        return plan_undo(p, &u);
}

static enum guard_role role_of(const struct state_original *o)
{
        const struct knob_row *knob = knob_of_path(o->path, NULL);

        return knob ? knob->undo_role(o->value) : GUARD_NONE;
}

static int plan_role(struct plan *p, const struct machine *m, const struct state *state,
                     const struct present_values *present, enum guard_role role)
{
        for (size_t i = state->n_originals; i-- > 0;) {
                int r;

                if (role_of(&state->originals[i]) != role)
                        continue;
                r = plan_original(p, m, &state->originals[i], &present->values[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* A node that is not given back keeps its tier, and with it what guards against a freeze. */
static int keep_from_freeze(struct plan *p)
{
        _cleanup_(freep) char *reason = NULL;

        if (p->n_unmet == 0)
                return 0;
        reason = text_new("node %u could not be given back, and memory exhaustion could freeze "
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

int plan_new_restore(const struct machine *machine, const struct state *state,
                     const struct present_values *present, struct plan **ret)
{
        static const enum guard_role roles[] = { GUARD_NONE, GUARD_NEED_MOVES, GUARD_LOWER };
        _cleanup_(plan_freep) struct plan *p = calloc(1, sizeof(*p));
        int r;

        assert(present->n == state->n_originals);
        if (!p)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(roles); i++) {
                r = plan_role(p, machine, state, present, roles[i]);
                if (r < 0)
                        return r;
        }
        r = plan_keep_from_top_tier(p, machine, state);
        if (r == 0)
                r = keep_from_freeze(p);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(p);
        return 0;
}
