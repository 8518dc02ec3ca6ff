/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitoring/entry.h"

#include "publish/message-ids.h"

static const struct {
        const char *id, *kind;
} kinds[] = {
        { MESSAGE_STARTED, "started" },
        { MESSAGE_STOPPED, "stopped" },
        { ENTRY_UNIT_FAILED, "failed" },
        { MESSAGE_POLICY_LOADED, "policy_loaded" },
        { MESSAGE_POLICY_REFUSED, "policy_refused" },
        { MESSAGE_MEMORY_CAME, "memory_came" },
        { MESSAGE_MEMORY_WENT, "memory_went" },
        { MESSAGE_MEMORY_RESIZED, "memory_resized" },
        { MESSAGE_NODE_MOVED, "node_moved" },
        { MESSAGE_NODE_NOT_MOVABLE, "node_not_movable" },
        { MESSAGE_NODE_NOT_SAFE, "node_not_safe" },
        { MESSAGE_KNOB_CHANGED, "setting_changed" },
        { MESSAGE_WRITE_REFUSED, "write_refused" },
        { MESSAGE_WRITE_IGNORED, "write_ignored" },
        { MESSAGE_WRITE_HELD, "write_held" },
        { MESSAGE_WARNING, "warning" },
        { MESSAGE_UNREADABLE, "unreadable" },
        { MESSAGE_FIRMWARE_BUG, "firmware_bug" },
        { MESSAGE_PASS_FAILED, "pass_failed" },
        { MESSAGE_WAITING, "waiting" },
        { MESSAGE_EVENTS_LOST, "events_lost" },
        { MESSAGE_ONLINE, "memory_online" },
        { MESSAGE_ONLINE_FAILED, "memory_online_failed" },
        { MESSAGE_ONLINE_LEFT, "memory_online_left" },
        { MESSAGE_QUARANTINE, "memory_quarantined" },
        { MESSAGE_RIVAL, "rival" },
};

const char *entry_kind(const char *message_id)
{
        for (size_t i = 0; message_id && i < ELEMENTSOF(kinds); i++)
                if (streq(kinds[i].id, message_id))
                        return kinds[i].kind;
        return "message";
}

struct reading {
        entry_get_fn get;
        void *userdata;
        struct change *change;
};

static const char *read_text(const struct reading *r, const char *name)
{
        _cleanup_(freep) char *value = r->get(name, r->userdata);

        return texts_copy(&r->change->texts, value);
}

static struct view_number read_number(const struct reading *r, const char *name)
{
        _cleanup_(freep) char *value = r->get(name, r->userdata);
        unsigned long long number;

        if (!value || parse_u64(value, 10, INT64_MAX, &number) < 0)
                return (struct view_number){ 0 };
        return (struct view_number){ true, (int64_t)number };
}

/* The daemon's own texts do not say that it started: its unit's did. */
static const char *read_message(const struct reading *r, const char *kind)
{
        _cleanup_(freep) char *text = r->get("MESSAGE", r->userdata);
        struct texts *texts = &r->change->texts;
        const char *rest = text ? startswith(text, "numatierd ") : NULL;

        if (streq(kind, "started"))
                return texts_print(texts, "numatierd started: %s", rest ?: text ?: "");
        if (streq(kind, "stopped"))
                return texts_print(texts, "numatierd stopped");
        return texts_copy(texts, text);
}

void entry_read(entry_get_fn get, void *userdata, uint64_t usec, struct change *ret)
{
        const struct reading r = { get, userdata, ret };

        *ret = (struct change){ .source = "numatierd", .usec = usec };
        ret->message_id = read_text(&r, "MESSAGE_ID");
        ret->kind = entry_kind(ret->message_id);
        ret->node = read_number(&r, "NUMATIER_NODE");
        ret->tier = read_text(&r, "NUMATIER_TIER");
        ret->present_tier = read_number(&r, "NUMATIER_PRESENT_TIER");
        ret->wanted_tier = read_number(&r, "NUMATIER_WANTED_TIER");
        ret->original_tier = read_number(&r, "NUMATIER_ORIGINAL_TIER");
        ret->blocks = read_number(&r, "NUMATIER_BLOCKS");
        ret->size_kib = read_number(&r, "NUMATIER_SIZE_KIB");
        ret->old_size_kib = read_number(&r, "NUMATIER_OLD_SIZE_KIB");
        ret->path = read_text(&r, "NUMATIER_PATH");
        ret->value = read_text(&r, "NUMATIER_VALUE");
        ret->old_value = read_text(&r, "NUMATIER_OLD_VALUE");
        ret->device = read_text(&r, "NUMATIER_DEVICE");
        ret->reason = read_text(&r, "NUMATIER_REASON");
        ret->error = read_number(&r, "ERRNO");
        ret->priority = read_number(&r, "PRIORITY");
        ret->text = read_message(&r, ret->kind);
}
