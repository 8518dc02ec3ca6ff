/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a node is made of, as people and programs are shown it. */

#include "classify/assignment.h"
#include "cli/output.h"

#define DEVICES_STRING_MAX 96

/* In one phrase: "dram", "cxl mem0", "cxl mem0, mem1". */
const char *format_devices(const struct node *node, char buf[static DEVICES_STRING_MAX]);

/* "devices": a line for each device behind the node, and the memory it is part of. For all nodes,
 * or for one. NULL: no memory. */
struct libscols_table *json_devices(const struct assignment *a, const struct node *only);

/* The chain from the dax device to the memory devices; empty for DRAM. NULL: no memory. */
struct libscols_table *text_devices(const struct node *node);
