/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON out: a tree of cJSON's, printed when it is whole. cJSON would print a number with as few as 15 digits; ours read
 * back as the very double that was computed (cs_format_number), and what is not finite becomes null. */
#ifndef CS_JSON_WRITE_H
#define CS_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cs_sweep/error.h"

enum { CS_EMIT_DEPTH = 16 };
/* Begins empty, {.depth = 0}. What fails on the way is told by the function that ends it. */
struct cs_emit {
    struct cJSON *open[CS_EMIT_DEPTH]; /* the objects and arrays that the next value lies in, outermost first */
    int32_t depth;
    bool failed;
};

/* key is NULL inside an array and for the outermost value, which is an object or an array. */
void cs_emit_object(struct cs_emit *emit, const char *key);
void cs_emit_object_end(struct cs_emit *emit);
void cs_emit_array(struct cs_emit *emit, const char *key);
void cs_emit_array_end(struct cs_emit *emit);
void cs_emit_real(struct cs_emit *emit, const char *key, double value);
void cs_emit_integer(struct cs_emit *emit, const char *key, int64_t value);
void cs_emit_bool(struct cs_emit *emit, const char *key, bool value);
/* NULL: null. Bytes that are not UTF-8 are written as they are. */
void cs_emit_text(struct cs_emit *emit, const char *key, const char *value);

/* The whole text, to be freed; NULL without memory. */
char *cs_emit_finish(struct cs_emit *emit);
/* The whole text and a line's end into a file, whose own errors the caller asks for (ferror). */
enum cs_code cs_emit_print(struct cs_emit *emit, FILE *out, struct cs_error *error);

#endif
