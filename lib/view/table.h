/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Rows without their types: a name and a list of fields, for whoever prints any rows (JSON). The
 * names of fields are the interface that scripts rely on. */

#include "view/rows.h"

enum view_type {
        VIEW_UNSIGNED, /* unsigned */
        VIEW_UINT64,   /* uint64_t */
        VIEW_DOUBLE,   /* double */
        VIEW_BOOLEAN,  /* bool */
        VIEW_TEXT,     /* const char * */
        VIEW_NUMBER,   /* struct view_number */
        VIEW_REAL,     /* struct view_real */
        VIEW_NODES,    /* struct nodeset */
        VIEW_FLAG,     /* struct view_flag */
        VIEW_NODESET,  /* struct view_nodeset */
        VIEW_TYPES,
};

struct view_field {
        const char *name;
        enum view_type type;
        size_t offset;
};

/* What a field is follows from the member's type. */
#define VIEW_FIELD(field_name, row, member)                                                          \
        {                                                                                            \
                .name = (field_name),                                                              \
                .type = _Generic(((struct row *)0)->member,                                        \
                        unsigned: VIEW_UNSIGNED,                                                   \
                        uint64_t: VIEW_UINT64,                                                     \
                        double: VIEW_DOUBLE,                                                       \
                        bool: VIEW_BOOLEAN,                                                        \
                        const char *: VIEW_TEXT,                                                   \
                        struct view_number: VIEW_NUMBER,                                           \
                        struct view_real: VIEW_REAL,                                               \
                        struct nodeset: VIEW_NODES,                                                \
                        struct view_flag: VIEW_FLAG,                                               \
                        struct view_nodeset: VIEW_NODESET),                                        \
                .offset = offsetof(struct row, member), \
        }

struct view_table {
        const char *name;
        const struct view_field *fields;
        size_t n_fields;
        const void *rows;
        size_t n_rows, row_size;
        bool single; /* the one row is the answer, and not a list of one */
};

static inline const void *view_table_get(const struct view_table *t, size_t row, size_t field)
{
        return (const char *)t->rows + row * t->row_size + t->fields[field].offset;
}
