/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables that fit into the terminal: columns are as wide as what they hold, and the least important ones are left out
 * where the lines would be too long; if that is not enough, the longest texts are cut. */
#ifndef CS_EXPLAIN_TABLE_H
#define CS_EXPLAIN_TABLE_H

#include "style.h"

enum { CS_COLUMNS_MAX = 12 };

struct cs_column {
    const char *head;
    bool left;     /* aligned; numbers stand to the right */
    int32_t spare; /* 0: always shown; else the column with the highest goes first */
    bool left_out;
    int32_t width;
};

struct cs_table {
    const struct cs_style *style;
    bool printing;
    int32_t count;
    struct cs_column columns[CS_COLUMNS_MAX];
};

/* One line; a NULL is an empty cell. */
void cs_table_line(struct cs_table *table, const char *const *cells);
/* Prints heads and `count` lines. `line` gives the i-th one by cs_table_line, and is asked twice: its cells are
 * measured, then printed. */
void cs_table_print(struct cs_table *table, int32_t count,
                    void (*line)(struct cs_table *table, const void *context, int32_t i), const void *context);

#endif
