/* SPDX-License-Identifier: BSD-3-Clause */
/* What a terminal or a file is written with: colour, bars, lines that end in time. */
#ifndef CS_EXPLAIN_STYLE_H
#define CS_EXPLAIN_STYLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* How the stream wants to be written to. */
struct cs_style {
    FILE *out;
    bool colour;   /* a terminal, no NO_COLOR, and not TERM=dumb */
    bool blocks;   /* the locale's characters are UTF-8: bars of eighths; else of # */
    int32_t width; /* of a line: the terminal's within 60 to 120; COLUMNS overrules it; 120 in files */
};
struct cs_style cs_style_of(FILE *out);

enum cs_ink { CS_INK_PLAIN, CS_INK_HEADING, CS_INK_DIM, CS_INK_GOOD, CS_INK_BAD, CS_INK_BAR };
/* Escape sequences, empty without colour. */
const char *cs_ink(const struct cs_style *style, enum cs_ink ink);
void cs_heading(const struct cs_style *style, const char *title, const char *note);
/* Columns that a text of UTF-8 takes. */
int32_t cs_text_width(const char *text);
/* Prints the text from column `column` on, and goes on at `indent` where a word would pass the line's end. */
void cs_wrapped(const struct cs_style *style, int32_t column, int32_t indent, const char *text);
/* A bar of `width` characters, `fraction` of it filled; fraction is cut to 0..1. */
void cs_bar(const struct cs_style *style, double fraction, int32_t width);
/* A line of a section: a label, and a text that goes on below itself. */
__attribute__((format(printf, 3, 4))) void cs_row(const struct cs_style *style, const char *label, const char *format,
                                                  ...);
/* The same with a bar, its share in per cent, and a note. */
void cs_share_row(const struct cs_style *style, const char *label, double fraction, const char *note);

#endif
