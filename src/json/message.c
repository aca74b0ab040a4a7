/* SPDX-License-Identifier: BSD-3-Clause */
/* The words of messages about JSON: where a value stands, what it is, what a name may have meant. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cs_sweep/number.h"
#include "cs_sweep/text.h"
#include "scan.h"

const char *cs_json_clean(const char *text, size_t length, char *buffer, size_t size)
{
    size_t to = 0;
    for (size_t from = 0; from < length && text[from] != '\0'; from++) {
        const unsigned char c = (unsigned char)text[from];
        if (to + 4 >= size) {
            while (to > 0 && ((unsigned char)buffer[to - 1] & 0xc0) == 0x80) {
                to--;
            }
            if (to > 0 && (unsigned char)buffer[to - 1] >= 0xc0) {
                to--;
            }
            memcpy(buffer + to, "...", 3);
            to += 3;
            break;
        }
        buffer[to++] = c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    buffer[to] = '\0';
    return buffer;
}

/* Parts that do not fit are left out. */
static size_t append_path(const struct cs_json *at, char *buffer, size_t size)
{
    const size_t length = at->parent != NULL ? append_path(at->parent, buffer, size) : 0;
    char name[96], part[100] = "";
    if (at->key != NULL) {
        (void)cs_json_clean(at->key, (size_t)at->key_length, name, sizeof name);
        (void)snprintf(part, sizeof part, "%s%s", length > 0 ? "." : "", name);
    } else if (at->parent != NULL) {
        (void)snprintf(part, sizeof part, "[%d]", (int)at->index);
    }
    const size_t added = length + strlen(part) < size ? strlen(part) : 0;
    memcpy(buffer + length, part, added);
    buffer[length + added] = '\0';
    return length + added;
}

const char *cs_json_path(const struct cs_json *at, char *buffer, size_t size)
{
    (void)append_path(at, buffer, size);
    return buffer;
}

void cs_json_error(const struct cs_json *at, bool key, struct cs_error *error, const char *format, ...)
{
    char message[1024], path[512], origin[512], where[32] = "";
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    (void)cs_json_path(at, path, sizeof path);
    (void)cs_json_clean(at->origin, strlen(at->origin), origin, sizeof origin);
    const int line = key ? at->key_line : at->line, column = key ? at->key_column : at->column;
    if (line > 0) {
        (void)snprintf(where, sizeof where, ":%d:%d", line, column);
    }
    cs_error_set(error, CS_ERROR_CONFIG, "%s%s: %s%s%s", origin, where, path, path[0] != '\0' ? ": " : "", message);
}

const char *cs_json_describe(const struct cs_json *at, char *buffer, size_t size)
{
    char shown[CS_NUMBER_TEXT_MAX > 72 ? CS_NUMBER_TEXT_MAX : 72];
    switch (at->type) {
    case CS_JSON_BOOLEAN:
        (void)snprintf(buffer, size, "%s", at->boolean ? "true" : "false");
        break;
    case CS_JSON_NUMBER:
        (void)snprintf(buffer, size, "%s", cs_format_number(at->number, shown));
        break;
    case CS_JSON_STRING:
        (void)snprintf(buffer, size, "the text \"%s\"",
                       cs_json_clean(at->string, strlen(at->string), shown, sizeof shown));
        break;
    case CS_JSON_ARRAY:
        (void)snprintf(buffer, size, at->count == 0 ? "an empty list" : "a list");
        break;
    case CS_JSON_OBJECT:
        (void)snprintf(buffer, size, "an object");
        break;
    case CS_JSON_NULL:
    default:
        (void)snprintf(buffer, size, "null");
        break;
    }
    return buffer;
}

const char *cs_json_suggest(const char *name, int32_t count, const char *const *names, char *buffer, size_t size)
{
    const char *nearest = cs_nearest_name(name, count, names);
    if (nearest != NULL) {
        (void)snprintf(buffer, size, "; did you mean \"%s\"?", nearest);
        return buffer;
    }
    static const char rest[] = ", ...";
    size_t at = 0;
    (void)snprintf(buffer, size, ".");
    for (int32_t i = 0; i < count; i++) {
        const int written = snprintf(buffer + at, size - at, "%s\"%s\".", i == 0 ? "; known are " : ", ", names[i]);
        if (written < 0 || (size_t)written + sizeof rest >= size - at) {
            (void)snprintf(buffer + at, size - at, rest);
            break;
        }
        at += (size_t)written - 1; /* the next one begins on the full stop */
    }
    return buffer;
}
