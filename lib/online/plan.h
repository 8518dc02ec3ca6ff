/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which blocks are to be brought online or taken offline because of the policy, and why others are
 * not. Nothing is read or written here. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/nodeset.h"
#include "base/util.h"
#include "facts/block-table.h"
#include "online/record.h"
#include "online/request.h"
#include "online/room.h"
#include "online/wanted.h"

enum online_case {
        CASE_LEAVE,   /* the policy wants nothing, or that cannot be known now */
        CASE_DRAINED, /* "numatier drain" */
        CASE_GOOD,    /* it is as wanted */
        CASE_BUSY,    /* it changes just now, or cannot be read */
        CASE_MANUAL,  /* somebody else changed it, after it was online or as the policy wants */
        CASE_FIXED,   /* it would have to go offline, and may not: wanted.may_go, ZONE_NONE */
        CASE_FULL,    /* the same, and its node is not empty enough */
        CASE_WAIT,    /* it failed, or others of its node did; it is tried again later */
        CASE_STUCK,   /* it could not be taken offline so often that it is not tried again */
        CASE_ACT,     /* it is to be changed */
        CASES,
};

/* Each try to take a block offline moves pages, may take half a minute, and makes Linux log what
 * holds it: a block with pages of the kernel is not tried for ever. */
#define ONLINE_TRIES_MAX 8

/* A block that could not be changed. */
struct online_failure {
        uint64_t number, identity;
        int error;         /* a negative errno, the last one */
        bool was_online;   /* it was online afterwards: what failed was to take it offline */
        unsigned attempts; /* in a row */
        uint64_t retry;    /* when it is tried again, in microseconds of the caller's clock */
};

/* A node of which several blocks in a row could not be taken offline: each attempt moves pages and
 * may take half a minute, and a node may have thousands of blocks. */
struct online_pause {
        uint32_t node;
        unsigned failures; /* in a row, since the last pause */
        unsigned pauses;   /* in a row */
        uint64_t end;      /* until then, none is taken offline; the caller's clock */
};

struct online_failures {
        struct online_failure *items; /* by number */
        size_t n, allocated;
        struct online_pause *pauses;
        size_t n_pauses, pauses_allocated;
};

/* The first that is not below the number. */
size_t online_failures_find(const struct online_failures *f, uint64_t number);
bool online_failures_is_paused(const struct online_failures *f, uint32_t node, uint64_t now);

/* Of one node; nodes of which it is not known are not in the list, and count as full. */
struct node_room {
        uint32_t node;
        struct room room;
};

struct online_input {
        const struct block_table *table;
        const struct wanted *wanted; /* for each block of the table */
        const uint64_t *identities;  /* the same; only where something is wanted */
        const struct online_record *record;
        const struct online_failures *failures;
        const struct nodeset *drained;
        const struct nodeset *zoned;
        const struct node_room *rooms;
        size_t n_rooms;
        uint64_t now;
};

struct online_step {
        size_t block; /* its index in the table */
        enum block_request request;
        enum block_request then; /* after it was taken offline; REQUEST_OFFLINE: nothing */
        size_t group;
        unsigned attempts; /* that failed */
};

/* The blocks of a node for which the policy wants the same. */
struct online_group {
        uint32_t node;
        enum policy_online online;
        char device[64], section[64]; /* of the first block: "" is none */
        size_t total, count[CASES];
        int error; /* of the first block that failed, or 0 */
        uint64_t failed_block;
        int stuck_error; /* the same of CASE_STUCK */
        uint64_t stuck_block;
        /* what was done since (slice.h) */
        size_t done, failed, gone;
};

struct online_plan {
        struct online_step *steps;
        size_t n_steps, steps_allocated;
        struct online_group *groups;
        size_t n_groups, groups_allocated;
};

/* The nodes whose room must be known: some block would have to go offline. */
struct nodeset online_plan_get_nodes_to_empty(const struct online_input *in);

/* 0 or -ENOMEM. */
int online_plan_new(const struct online_input *in, struct online_plan **ret);
struct online_plan *online_plan_free(struct online_plan *p);
DEFINE_CLEANUP(struct online_plan *, online_plan_free)

/* Whether what a node of that size (KiB) holds is little: at most a quarter of it, and at most half
 * of what the other nodes have room for. */
bool online_is_empty_enough(const struct room *room, uint64_t size_kib);

/* The size of a node with all its blocks, online or not, in KiB. */
uint64_t online_get_node_size(const struct block_table *t, uint32_t node);

/* Whether the block is in the zone that is wanted. */
bool online_is_in_zone(const struct block *b, enum policy_online online);
