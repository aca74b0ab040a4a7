/* SPDX-License-Identifier: BSD-3-Clause */
/* Between the check of a text and the tree that is made of it. */
#ifndef CS_JSON_SCAN_H
#define CS_JSON_SCAN_H

#include "json.h"

/* Where each value and its key stand, in the order in which the text names the values: an object before its members. */
struct cs_json_places {
    struct cs_json_place {
        int32_t line, column, key_line, key_column;
    } * items; /* to be freed */
    int32_t count, room;
};
/* Checks the text, strictly; where it passes, cJSON can fail for want of memory only. */
enum cs_code cs_json_scan(const char *origin, const char *text, size_t size, struct cs_json_places *places,
                          struct cs_error *error);

bool cs_json_is_utf8(const char *text);

#endif
