/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON out, indented, for a few hundred values: no tree, no allocation. Numbers keep all their digits (%.17g), so a
 * reader gets the very double that was computed; what is not finite becomes null. */
#ifndef CS_EXPLAIN_EMIT_H
#define CS_EXPLAIN_EMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { CS_EMIT_DEPTH = 16 };
struct cs_emit {
    FILE *out;
    int32_t depth;
    bool filled[CS_EMIT_DEPTH]; /* the level holds a value already */
};

/* key is NULL inside an array and for the outermost value. */
void cs_emit_object(struct cs_emit *emit, const char *key);
void cs_emit_object_end(struct cs_emit *emit);
void cs_emit_array(struct cs_emit *emit, const char *key);
void cs_emit_array_end(struct cs_emit *emit);
void cs_emit_real(struct cs_emit *emit, const char *key, double value);
void cs_emit_integer(struct cs_emit *emit, const char *key, int64_t value);
void cs_emit_bool(struct cs_emit *emit, const char *key, bool value);
void cs_emit_text(struct cs_emit *emit, const char *key, const char *value); /* NULL: null */

#endif
