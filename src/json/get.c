/* SPDX-License-Identifier: BSD-3-Clause */
#include "json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cs_sweep/number.h"
#include "cs_sweep/text.h"

/* All choices together fit a message. */
enum { CHOICES_MAX = 16, CHOICE_LENGTH = 32 };

enum cs_code cs_json_expected(const struct cs_json *at, struct cs_error *error, const char *what)
{
    char found[96];
    return cs_json_fail(at, error, "expected %s, not %s.", what, cs_json_describe(at, found, sizeof found));
}

const struct cs_json *cs_json_member(const struct cs_json *object, const char *key)
{
    if (object == NULL || object->type != CS_JSON_OBJECT) {
        return NULL;
    }
    for (const struct cs_json *child = object->first; child != NULL; child = child->next) {
        if (strcmp(child->key, key) == 0) {
            return child;
        }
    }
    return NULL;
}

const struct cs_json *cs_json_element(const struct cs_json *array, int64_t index)
{
    const struct cs_json *child = array->first;
    while (child != NULL && index-- > 0) {
        child = child->next;
    }
    return child;
}

enum cs_code cs_json_require(const struct cs_json *object, const char *key, const struct cs_json **member,
                             struct cs_error *error)
{
    *member = cs_json_member(object, key);
    if (*member == NULL) {
        return cs_json_fail(object, error, "the key \"%s\" is missing.", key);
    }
    return CS_OK;
}

enum cs_code cs_json_known_keys(const struct cs_json *object, int32_t count, const char *const *names,
                                struct cs_error *error)
{
    for (const struct cs_json *child = object->first; child != NULL; child = child->next) {
        int32_t i = 0;
        while (i < count && strcmp(child->key, names[i]) != 0) {
            i++;
        }
        if (i == count) {
            char suggestion[256];
            return cs_json_fail_key(child, error, "unknown key%s",
                                    cs_json_suggest(child->key, count, names, suggestion, sizeof suggestion));
        }
    }
    return CS_OK;
}

enum cs_code cs_json_object(const struct cs_json *at, struct cs_error *error)
{
    return at->type == CS_JSON_OBJECT ? CS_OK : cs_json_expected(at, error, "an object {...}");
}

enum cs_code cs_json_array(const struct cs_json *at, struct cs_error *error)
{
    return at->type == CS_JSON_ARRAY && at->count > 0
               ? CS_OK
               : cs_json_expected(at, error, "a list [...] of one or more values");
}

/* "a whole number from 1 to 8 (token)" */
static const char *range_text(const char *kind, double low, double high, const char *unit, char *buffer, size_t size)
{
    char first[CS_NUMBER_TEXT_MAX], second[CS_NUMBER_TEXT_MAX];
    const bool plain = unit == NULL || strcmp(unit, "1") == 0;
    (void)snprintf(buffer, size, "a %s from %s to %s%s%s%s", kind, cs_format_number(low, first),
                   cs_format_number(high, second), plain ? "" : " (", plain ? "" : unit, plain ? "" : ")");
    return buffer;
}

enum cs_code cs_json_real(const struct cs_json *at, double low, double high, const char *unit, double *value,
                          struct cs_error *error)
{
    if (at->type != CS_JSON_NUMBER || !(at->number >= low && at->number <= high)) {
        char what[160];
        return cs_json_expected(at, error, range_text("number", low, high, unit, what, sizeof what));
    }
    *value = at->number;
    return CS_OK;
}

enum cs_code cs_json_count(const struct cs_json *at, int64_t low, int64_t high, const char *unit, int64_t *value,
                           struct cs_error *error)
{
    if (at->type != CS_JSON_NUMBER || !(at->number >= (double)low && at->number <= (double)high) ||
        at->number != floor(at->number)) {
        char what[160];
        return cs_json_expected(at, error,
                                range_text("whole number", (double)low, (double)high, unit, what, sizeof what));
    }
    *value = (int64_t)at->number;
    return CS_OK;
}

enum cs_code cs_json_flag(const struct cs_json *at, bool *value, struct cs_error *error)
{
    if (at->type != CS_JSON_BOOLEAN) {
        return cs_json_expected(at, error, "true or false");
    }
    *value = at->boolean;
    return CS_OK;
}

enum cs_code cs_json_text(const struct cs_json *at, char *buffer, size_t size, struct cs_error *error)
{
    const size_t length = at->type == CS_JSON_STRING ? strlen(at->string) : 0;
    bool clean = true;
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)at->string[i];
        clean = clean && c >= 0x20 && c != 0x7f;
    }
    if (length == 0 || length >= size || !clean) {
        char what[96];
        (void)snprintf(what, sizeof what, "a text of 1 to %zu bytes without control characters", size - 1);
        return cs_json_expected(at, error, what);
    }
    memcpy(buffer, at->string, length + 1);
    return CS_OK;
}

enum cs_code cs_json_free_text(const struct cs_json *object, const char *key, char *buffer, size_t size,
                               struct cs_error *error)
{
    const struct cs_json *member = cs_json_member(object, key);
    if (member == NULL) {
        return CS_OK;
    }
    if (member->type != CS_JSON_STRING) {
        return cs_json_expected(member, error, "a text");
    }
    if (buffer != NULL) {
        (void)cs_json_clean(member->string, strlen(member->string), buffer, size);
    }
    return CS_OK;
}

enum cs_code cs_json_few(const struct cs_json *list, struct cs_error *error)
{
    if (list->count > CS_JSON_NAMES_MAX) {
        return cs_json_fail(list, error, "%d entries, more than the %d that one list may have.", (int)list->count,
                            CS_JSON_NAMES_MAX);
    }
    return CS_OK;
}

enum cs_code cs_json_entries(const struct cs_json *root, const char *key, const struct cs_json **list,
                             struct cs_error *error)
{
    const char *const keys[] = {key, "$schema", "schema_version", "source", "note"};
    CS_TRY(cs_json_object(root, error));
    CS_TRY(cs_json_known_keys(root, sizeof keys / sizeof keys[0], keys, error));
    CS_TRY(cs_json_require(root, key, list, error));
    CS_TRY(cs_json_array(*list, error));
    return cs_json_few(*list, error);
}

enum cs_code cs_json_choice(const struct cs_json *at, const char *names, int32_t *index, struct cs_error *error)
{
    *index = at->type == CS_JSON_STRING ? cs_choice_index(names, at->string) : -1;
    if (*index < 0) {
        char what[640] = "one of ", copies[CHOICES_MAX][CHOICE_LENGTH], found[96], hint[64] = ".";
        int32_t count = 0;
        for (size_t used = strlen(what); count < CHOICES_MAX; count++) {
            (void)cs_choice_name(names, count, copies[count], CHOICE_LENGTH);
            if (copies[count][0] == '\0') {
                break;
            }
            used += (size_t)snprintf(what + used, sizeof what - used, "%s\"%.*s\"", count > 0 ? ", " : "",
                                     CHOICE_LENGTH - 1, copies[count]);
        }
        const char *nearest =
            at->type == CS_JSON_STRING ? cs_nearest_of(at->string, count, copies, CHOICE_LENGTH, 0) : NULL;
        if (nearest != NULL) {
            (void)snprintf(hint, sizeof hint, "; did you mean \"%s\"?", nearest);
        }
        return cs_json_fail(at, error, "expected %s, not %s%s", what, cs_json_describe(at, found, sizeof found), hint);
    }
    return CS_OK;
}

const struct cs_json *cs_json_given(const struct cs_json *object, const char *key)
{
    const struct cs_json *member = cs_json_member(object, key);
    return member != NULL && member->type != CS_JSON_NULL ? member : NULL;
}

enum cs_code cs_json_required_count(const struct cs_json *object, const char *key, int64_t low, int64_t high,
                                    int64_t *value, struct cs_error *error)
{
    const struct cs_json *at;
    CS_TRY(cs_json_require(object, key, &at, error));
    return cs_json_count(at, low, high, NULL, value, error);
}

enum cs_code cs_json_required_text(const struct cs_json *object, const char *key, char *buffer, size_t size,
                                   struct cs_error *error)
{
    const struct cs_json *at;
    CS_TRY(cs_json_require(object, key, &at, error));
    return cs_json_text(at, buffer, size, error);
}

enum cs_code cs_json_optional_real(const struct cs_json *object, const char *key, double low, double high,
                                   const char *unit, double *value, struct cs_error *error)
{
    const struct cs_json *at = cs_json_given(object, key);
    return at != NULL ? cs_json_real(at, low, high, unit, value, error) : CS_OK;
}

enum cs_code cs_json_optional_count(const struct cs_json *object, const char *key, int64_t low, int64_t high,
                                    int64_t *value, struct cs_error *error)
{
    const struct cs_json *at = cs_json_given(object, key);
    return at != NULL ? cs_json_count(at, low, high, NULL, value, error) : CS_OK;
}

enum cs_code cs_json_optional_int(const struct cs_json *object, const char *key, int32_t low, int32_t high,
                                  int32_t *value, struct cs_error *error)
{
    int64_t wide = *value;
    CS_TRY(cs_json_optional_count(object, key, low, high, &wide, error));
    *value = (int32_t)wide;
    return CS_OK;
}

enum cs_code cs_json_optional_choice(const struct cs_json *object, const char *key, const char *names, int32_t *index,
                                     struct cs_error *error)
{
    const struct cs_json *at = cs_json_given(object, key);
    return at != NULL ? cs_json_choice(at, names, index, error) : CS_OK;
}
