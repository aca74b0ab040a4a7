/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers as text: read strictly, written so that they read back as the same double; the larger and smaller of two. */
#ifndef CS_SWEEP_NUMBER_H
#define CS_SWEEP_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CS_NUMBER_TEXT_MAX = 32, CS_NUMBER_LENGTH_MAX = 60 };

/* Characters of the JSON number (RFC 8259 section 6) at the start of text, 0 if there is none: no leading zeros, no
 * plus sign, a digit on both sides of the point. */
size_t cs_number_length(const char *text, size_t length);
/* The whole text is one JSON number of at most CS_NUMBER_LENGTH_MAX characters, finite as a double, and zero only where
 * it is written as zero. -0 reads as 0. */
bool cs_parse_number(const char *text, size_t length, double *value);
/* The same for a NUL-terminated whole number in [low, high], |low|, |high| <= 2^53; 1e3 is whole. */
bool cs_parse_count(const char *text, int64_t low, int64_t high, int64_t *value);
/* The double nearest to a value written with 1 to 17 significant digits. */
double cs_round_digits(double value, int digits);
/* The shortest of 15, 16 and 17 significant digits that reads back as the same double; buffer of CS_NUMBER_TEXT_MAX. */
const char *cs_format_number(double value, char *buffer);

/* The larger and the smaller of two numbers, neither NaN: inline, as libm's fmax and fmin are calls that cost a tenth
 * of a search. */
static inline double cs_max(double a, double b)
{
    return a > b ? a : b;
}
static inline double cs_min(double a, double b)
{
    return a < b ? a : b;
}

#endif
