/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers, bars and colours for people. Every function returns its text by value, so that several fit in one printf. */
#ifndef CS_EXPLAIN_FORMAT_H
#define CS_EXPLAIN_FORMAT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct cs_text {
    char at[48];
};

struct cs_text cs_text_count(double value);                /* 1,234,567 */
struct cs_text cs_text_number(double value);               /* four significant digits: 0.01234, 12.3, 1,234 */
struct cs_text cs_text_si(double value, const char *unit); /* 1.98 PFLOP/s; prefixes k to Y, plain below 1000 */
struct cs_text cs_text_scale(double value);                /* 1.05 T; thousands as K, M, B, T as LLM sizes are given */
struct cs_text cs_text_bytes(double bytes);                /* 79.6 GiB */
struct cs_text cs_text_duration(double seconds);           /* 12.3 us, 4.56 s, 89.1 days */
struct cs_text cs_text_mass(double kg);                    /* 12.3 kg, 1,234 t */
struct cs_text cs_text_energy(double joule);               /* 12.3 kWh, 4.56 GWh */
struct cs_text cs_text_percent(double fraction);           /* 43.7% */
struct cs_text cs_text_change(double now, double before);  /* +3.2%, -0.0%, x12.3 */

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

#endif
