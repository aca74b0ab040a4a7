/* SPDX-License-Identifier: BSD-3-Clause */
#include "write.h"

#include <cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/number.h"
#include "cs_sweep/text.h"

/* Owns the item from here on. */
static void put(struct cs_emit *emit, const char *key, cJSON *item)
{
    if (emit->depth > 0 && item != NULL && !emit->failed) {
        cJSON *const parent = emit->open[emit->depth - 1];
        if (key != NULL ? cJSON_AddItemToObject(parent, key, item) : cJSON_AddItemToArray(parent, item)) {
            return;
        }
    }
    cJSON_Delete(item);
    emit->failed = true;
}

static void open_level(struct cs_emit *emit, const char *key, cJSON *item)
{
    if (emit->depth == 0 && emit->open[0] == NULL && item != NULL) {
        emit->open[emit->depth++] = item;
        return;
    }
    put(emit, key, item);
    emit->failed = emit->failed || emit->depth == CS_EMIT_DEPTH;
    if (!emit->failed) {
        emit->open[emit->depth++] = item;
    }
}

static void close_level(struct cs_emit *emit)
{
    if (!emit->failed) {
        emit->depth--;
    }
}

void cs_emit_object(struct cs_emit *emit, const char *key)
{
    open_level(emit, key, cJSON_CreateObject());
}

void cs_emit_object_end(struct cs_emit *emit)
{
    close_level(emit);
}

void cs_emit_array(struct cs_emit *emit, const char *key)
{
    open_level(emit, key, cJSON_CreateArray());
}

void cs_emit_array_end(struct cs_emit *emit)
{
    close_level(emit);
}

void cs_emit_real(struct cs_emit *emit, const char *key, double value)
{
    char text[CS_NUMBER_TEXT_MAX];
    put(emit, key, isfinite(value) ? cJSON_CreateRaw(cs_format_number(value, text)) : cJSON_CreateNull());
}

void cs_emit_integer(struct cs_emit *emit, const char *key, int64_t value)
{
    char text[CS_NUMBER_TEXT_MAX];
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    put(emit, key, cJSON_CreateRaw(text));
}

void cs_emit_bool(struct cs_emit *emit, const char *key, bool value)
{
    put(emit, key, cJSON_CreateBool(value));
}

void cs_emit_text(struct cs_emit *emit, const char *key, const char *value)
{
    put(emit, key, value != NULL ? cJSON_CreateString(value) : cJSON_CreateNull());
}

char *cs_emit_finish(struct cs_emit *emit)
{
    char *const printed = emit->failed ? NULL : cJSON_Print(emit->open[0]);
    char *const text = printed != NULL ? cs_copy_text(printed, strlen(printed)) : NULL;
    cJSON_free(printed);
    cJSON_Delete(emit->open[0]);
    *emit = (struct cs_emit){.depth = 0};
    return text;
}

enum cs_code cs_emit_print(struct cs_emit *emit, FILE *out, struct cs_error *error)
{
    char *const text = cs_emit_finish(emit);
    if (text == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory for the answer.");
    }
    fprintf(out, "%s\n", text);
    free(text);
    return CS_OK;
}
