/* SPDX-License-Identifier: BSD-3-Clause */
#include "emit.h"

#include <inttypes.h>
#include <math.h>

static void write_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c < 0x20) {
            fprintf(out, "\\u%04x", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static void start_value(struct cs_emit *emit, const char *key)
{
    if (emit->depth > 0) {
        bool *const filled = &emit->filled[emit->depth - 1];
        fprintf(emit->out, "%s\n%*s", *filled ? "," : "", (int)(2 * emit->depth), "");
        *filled = true;
    }
    if (key != NULL) {
        write_text(emit->out, key);
        fputs(": ", emit->out);
    }
}

static void open_level(struct cs_emit *emit, const char *key, char bracket)
{
    start_value(emit, key);
    fputc(bracket, emit->out);
    emit->filled[emit->depth++] = false;
}

static void close_level(struct cs_emit *emit, char bracket)
{
    emit->depth--;
    if (emit->filled[emit->depth]) {
        fprintf(emit->out, "\n%*s", (int)(2 * emit->depth), "");
    }
    fputc(bracket, emit->out);
    if (emit->depth == 0) {
        fputc('\n', emit->out);
    }
}

void cs_emit_object(struct cs_emit *emit, const char *key)
{
    open_level(emit, key, '{');
}

void cs_emit_object_end(struct cs_emit *emit)
{
    close_level(emit, '}');
}

void cs_emit_array(struct cs_emit *emit, const char *key)
{
    open_level(emit, key, '[');
}

void cs_emit_array_end(struct cs_emit *emit)
{
    close_level(emit, ']');
}

void cs_emit_real(struct cs_emit *emit, const char *key, double value)
{
    start_value(emit, key);
    if (isfinite(value)) {
        fprintf(emit->out, "%.17g", value);
    } else {
        fputs("null", emit->out);
    }
}

void cs_emit_integer(struct cs_emit *emit, const char *key, int64_t value)
{
    start_value(emit, key);
    fprintf(emit->out, "%" PRId64, value);
}

void cs_emit_bool(struct cs_emit *emit, const char *key, bool value)
{
    start_value(emit, key);
    fputs(value ? "true" : "false", emit->out);
}

void cs_emit_text(struct cs_emit *emit, const char *key, const char *value)
{
    start_value(emit, key);
    if (value == NULL) {
        fputs("null", emit->out);
    } else {
        write_text(emit->out, value);
    }
}
