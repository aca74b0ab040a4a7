/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <string.h>

enum { GAP = 2, SHORTEST = 12 };

static int32_t width_of(const struct cs_table *table)
{
    int32_t width = 0;
    for (int32_t i = 0; i < table->count; i++) {
        width += table->columns[i].left_out ? 0 : GAP + table->columns[i].width;
    }
    return width;
}

static struct cs_column *most_spare(struct cs_table *table)
{
    struct cs_column *found = NULL;
    for (int32_t i = 0; i < table->count; i++) {
        struct cs_column *const column = &table->columns[i];
        if (!column->left_out && column->spare > (found != NULL ? found->spare : 0)) {
            found = column;
        }
    }
    return found;
}

static struct cs_column *widest_text(struct cs_table *table)
{
    struct cs_column *found = NULL;
    for (int32_t i = 0; i < table->count; i++) {
        struct cs_column *const column = &table->columns[i];
        if (!column->left_out && column->left && column->width > (found != NULL ? found->width : SHORTEST)) {
            found = column;
        }
    }
    return found;
}

/* A text that is too long for its column ends in two dots. */
static void print_cell(const struct cs_table *table, const char *text, int32_t width)
{
    const size_t length = strlen(text);
    if ((int32_t)length > width && cs_text_width(text) == (int32_t)length) {
        fprintf(table->style->out, "%.*s..", (int)(width - 2), text);
    } else {
        fputs(text, table->style->out);
    }
}

void cs_table_line(struct cs_table *table, const char *const *cells)
{
    int32_t owed = 0; /* spaces, printed only before something */
    for (int32_t i = 0; i < table->count; i++) {
        struct cs_column *const column = &table->columns[i];
        const char *const text = cells[i] != NULL ? cells[i] : "";
        const int32_t width = cs_text_width(text), padding = column->width - width;
        if (!table->printing) {
            column->width = padding < 0 ? width : column->width;
        } else if (!column->left_out) {
            owed += GAP + (column->left || padding < 0 ? 0 : padding);
            if (text[0] != '\0') {
                fprintf(table->style->out, "%*s", (int)owed, "");
                print_cell(table, text, column->width);
                owed = 0;
            }
            owed += column->left && padding > 0 ? padding : 0;
        }
    }
    if (table->printing) {
        fputc('\n', table->style->out);
    }
}

/* Leaves out what the lines have no room for. */
static void fit(struct cs_table *table)
{
    struct cs_column *spare = NULL;
    while (width_of(table) > table->style->width && (spare = most_spare(table)) != NULL) {
        spare->left_out = true;
    }
    const int32_t excess = width_of(table) - table->style->width;
    struct cs_column *const cut = excess > 0 ? widest_text(table) : NULL;
    if (cut != NULL) {
        cut->width = cut->width - excess > SHORTEST ? cut->width - excess : (int32_t)SHORTEST;
    }
}

void cs_table_print(struct cs_table *table, int32_t count,
                    void (*line)(struct cs_table *table, const void *context, int32_t i), const void *context)
{
    const char *heads[CS_COLUMNS_MAX] = {NULL};
    for (int32_t i = 0; i < table->count; i++) {
        heads[i] = table->columns[i].head;
    }
    for (int pass = 0; pass < 2; pass++) {
        cs_table_line(table, heads);
        for (int32_t i = 0; i < count; i++) {
            line(table, context, i);
        }
        if (pass == 0) {
            fit(table);
            table->printing = true;
        }
    }
}
