/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/policy.h"

#include <assert.h>
#include <errno.h>

#include "base/hash.h"

static const char *const source_names[] = {
        [SOURCE_USER] = "user", [SOURCE_MEASURED] = "measured", [SOURCE_HMAT] = "hmat",
        [SOURCE_CDAT] = "cdat", [SOURCE_SLIT] = "slit",         [SOURCE_NONE] = "none",
};
static_assert(ELEMENTSOF(source_names) == SOURCES + 1, "a name for each source, and for none");

static const char *const condition_names[] = {
        [MAX_LATENCY] = "max-latency",
        [MAX_READ_LATENCY] = "max-read-latency",
        [MAX_WRITE_LATENCY] = "max-write-latency",
        [MIN_BANDWIDTH] = "min-bandwidth",
        [MIN_READ_BANDWIDTH] = "min-read-bandwidth",
        [MIN_WRITE_BANDWIDTH] = "min-write-bandwidth",
};
static_assert(ELEMENTSOF(condition_names) == CONDITION_KINDS, "a name for each condition");

static const char *const online_words[] = {
        [ONLINE_UNSET] = NULL,      [ONLINE_LEAVE] = "leave", [ONLINE_MOVABLE] = "movable",
        [ONLINE_KERNEL] = "kernel", [ONLINE_NO] = "no",
};
static_assert(ELEMENTSOF(online_words) == ONLINE_WORDS, "a word for each");

const char *source_name(enum source s)
{
        assert(s <= SOURCE_NONE);
        return source_names[s];
}

const char *condition_name(enum condition_kind k)
{
        assert(k < CONDITION_KINDS);
        return condition_names[k];
}

const char *policy_online_word(enum policy_online o)
{
        assert(o < ONLINE_WORDS);
        return online_words[o];
}

bool condition_is_maximum(enum condition_kind k)
{
        return k == MAX_LATENCY || k == MAX_READ_LATENCY || k == MAX_WRITE_LATENCY;
}

/* The defaults of numatierd.conf(5). */
int policy_new(struct policy **ret)
{
        struct policy *p = calloc(1, sizeof(*p));

        if (!p)
                return -ENOMEM;
        *p = (struct policy){
                .references = 1,
                .sources = { SOURCE_USER, SOURCE_MEASURED, SOURCE_HMAT, SOURCE_CDAT, SOURCE_SLIT },
                .n_sources = SOURCES,
                .baseline_auto = true,
                .hysteresis = 0.05,
                .online = ONLINE_LEAVE,
                .settle_usec = 500000,
                .settle_max_usec = 5000000,
                .rescan_usec = 60000000,
                .hash = HASH_INIT,
        };
        *ret = p;
        return 0;
}

static void rule_done(struct node_rule *r)
{
        free(r->name);
        free(r->pci_address);
        free(r->pci_id);
        free(r->region);
        free(r->dax);
        free(r->firmware_node);
        free(r->tier);
}

struct policy *policy_ref(struct policy *p)
{
        unsigned before = __atomic_fetch_add(&p->references, 1, __ATOMIC_RELAXED);

        assert(before > 0);
        (void)before; /* without assert() */
        return p;
}

void policy_forget_settings(struct policy *p)
{
        for (size_t i = 0; i < p->n_settings; i++)
                free(p->settings[i].value);
        free(p->settings);
        p->settings = NULL;
        p->n_settings = p->settings_allocated = 0;
}

struct policy *policy_unref(struct policy *p)
{
        if (!p || __atomic_sub_fetch(&p->references, 1, __ATOMIC_ACQ_REL) > 0)
                return NULL;
        for (size_t i = 0; i < p->n_tiers; i++)
                free(p->tiers[i].name);
        for (size_t i = 0; i < p->n_rules; i++)
                rule_done(&p->rules[i]);
        for (size_t i = 0; i < p->n_files; i++)
                free(p->files[i]);
        policy_forget_settings(p);
        free(p->tiers);
        free(p->rules);
        free(p->files);
        free(p);
        return NULL;
}

const struct tier_policy *policy_get_tier(const struct policy *p, const char *name)
{
        for (size_t i = 0; i < p->n_tiers; i++)
                if (streq(p->tiers[i].name, name))
                        return &p->tiers[i];
        return NULL;
}
