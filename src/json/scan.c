/* SPDX-License-Identifier: BSD-3-Clause */
/* The check that comes before cJSON. cJSON knows neither lines nor columns, says of an error only at which byte it
 * gave up, and lets duplicate keys, 1e999, 02048, raw control characters, bytes that are not UTF-8 and text behind the
 * value pass. So one walk over the text holds it to RFC 8259, with every "may" decided: UTF-8 without byte order mark,
 * no number that a double cannot hold, no U+0000, nesting and size limited. It notes where each value stands and keeps
 * none: cJSON reads them, and document.c finds duplicate keys among them. */
#include "scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/number.h"

/* The text ends with a NUL, which is part of no token. */
struct scan {
    const char *origin, *text;
    size_t size, at;
    int32_t line, column, depth;
    struct cs_json *near; /* what messages name: the value that comes, or what it is to lie in */
    struct cs_json_places *places;
    struct cs_error *error;
};

static struct cs_json *place(const struct scan *scan)
{
    scan->near->line = scan->line;
    scan->near->column = scan->column;
    return scan->near;
}
#define refuse(scan, ...) cs_json_fail(place(scan), (scan)->error, __VA_ARGS__)

static int peek(const struct scan *scan)
{
    return scan->at < scan->size ? (unsigned char)scan->text[scan->at] : -1;
}

/* Over so many characters of one line, each a byte. */
static void step(struct scan *scan, size_t length)
{
    scan->at += length;
    scan->column += (int32_t)length;
}

static void skip_space(struct scan *scan)
{
    for (int c = peek(scan); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(scan)) {
        step(scan, 1);
        if (c == '\n') {
            scan->line++;
            scan->column = 1;
        }
    }
}

/* What stands at the place, for "expected X, not Y". */
static const char *here(const struct scan *scan, char *buffer, size_t size)
{
    const int c = peek(scan);
    if (c < 0) {
        (void)snprintf(buffer, size, "the end of the text");
    } else if (c < 0x20 || c == 0x7f) {
        (void)snprintf(buffer, size, "the control character 0x%02x", (unsigned)c);
    } else if (c < 0x80) {
        (void)snprintf(buffer, size, "'%c'", c);
    } else {
        (void)snprintf(buffer, size, "a character outside of a string");
    }
    return buffer;
}

static enum cs_code expected(const struct scan *scan, const char *what)
{
    char found[64];
    return refuse(scan, "expected %s, not %s.", what, here(scan, found, sizeof found));
}

/* Bytes of the character at the start of a text that ends with a NUL, 0 if it is no UTF-8: RFC 3629, so neither
 * overlong forms nor surrogates. */
static size_t utf8_length(const char *text)
{
    const unsigned char first = (unsigned char)text[0], second = first != 0 ? (unsigned char)text[1] : 0;
    const size_t length = first < 0x80                    ? 1
                          : first >= 0xc2 && first < 0xe0 ? 2
                          : first >= 0xe0 && first < 0xf0 ? 3
                          : first >= 0xf0 && first < 0xf5 ? 4
                                                          : 0;
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    const bool wrong = (first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ||
                       (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90);
    return wrong ? 0 : length;
}

bool cs_json_is_utf8(const char *text)
{
    size_t length = 1;
    for (; *text != '\0' && length > 0; text += length) {
        length = utf8_length(text);
    }
    return length > 0;
}

/* Four hexadecimal digits; -1 if they are not there. */
static int32_t hexadecimal(const char *text)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;
        if (digit == NULL) {
            return -1;
        }
        value = value * 16 + (int32_t)(digit - digits) % 16;
    }
    return value;
}

static enum cs_code scan_escape(struct scan *scan)
{
    const char *text = scan->text + scan->at;
    if (text[1] == '\0' || strchr("\"\\/bfnrtu", text[1]) == NULL) {
        return refuse(scan, "a backslash in a string is followed by one of \" \\ / b f n r t u.");
    }
    const int32_t unit = text[1] == 'u' ? hexadecimal(text + 2) : 1;
    if (unit < 0) {
        return refuse(scan, "expected four hexadecimal digits after \\u.");
    }
    if (unit == 0) {
        return refuse(scan, "the character U+0000 cannot be used.");
    }
    const bool half = unit >= 0xd800 && unit <= 0xdfff;
    if (half) {
        const bool pair = unit < 0xdc00 && text[6] == '\\' && text[7] == 'u';
        const int32_t second = pair ? hexadecimal(text + 8) : -1;
        if (second < 0xdc00 || second > 0xdfff) {
            return refuse(scan, "\\u%04x is half of a surrogate pair; the other half is missing.", (unsigned)unit);
        }
    }
    step(scan, text[1] != 'u' ? 2 : half ? 12 : 6);
    return CS_OK;
}

/* At the opening quote; ends after the closing one. */
static enum cs_code scan_string(struct scan *scan)
{
    const int32_t line = scan->line, column = scan->column;
    step(scan, 1);
    for (;;) {
        const int c = peek(scan);
        if (c < 0 || c == '\n') {
            scan->line = line;
            scan->column = column;
            return refuse(scan, "the string that begins here has no closing quote on its line.");
        }
        if (c == '"') {
            step(scan, 1);
            return CS_OK;
        }
        if (c == '\\') {
            CS_TRY(scan_escape(scan));
        } else if (c < 0x20) {
            return refuse(scan, "the control character 0x%02x stands in a string; write it as \\u%04x.", (unsigned)c,
                          (unsigned)c);
        } else if (c < 0x80) {
            step(scan, 1);
        } else {
            const size_t length = utf8_length(scan->text + scan->at);
            if (length == 0) {
                return refuse(scan, "the byte 0x%02x is not UTF-8; save the file in UTF-8.", (unsigned)c);
            }
            scan->at += length;
            scan->column++;
        }
    }
}

static enum cs_code scan_number(struct scan *scan)
{
    const char *text = scan->text + scan->at;
    const size_t length = strspn(text, "0123456789+-.eE");
    char shown[CS_NUMBER_LENGTH_MAX + 8];
    double value;
    (void)cs_json_clean(text, length, shown, sizeof shown);
    if (length > CS_NUMBER_LENGTH_MAX) {
        return refuse(scan, "a number of more than %d characters.", CS_NUMBER_LENGTH_MAX);
    }
    if (cs_number_length(text, length) != length) {
        return refuse(scan,
                      "%s is not a number as JSON writes it: no leading zeros or plus sign, digits on both sides of a "
                      "point, digits after an e.",
                      shown);
    }
    if (!cs_parse_number(text, length, &value)) {
        return refuse(scan, "%s is outside of what a double-precision number can hold.", shown);
    }
    step(scan, length);
    return CS_OK;
}

static enum cs_code scan_word(struct scan *scan)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const size_t length = strlen(words[i]);
        if (strncmp(scan->text + scan->at, words[i], length) == 0) {
            step(scan, length);
            return CS_OK;
        }
    }
    return expected(scan, "a value");
}

/* The place of the value that comes. */
static enum cs_code add_place(struct scan *scan)
{
    struct cs_json_places *places = scan->places;
    if (places->count == CS_JSON_VALUES_MAX) {
        return refuse(scan, "more than %d values in one text.", CS_JSON_VALUES_MAX);
    }
    if (places->count == places->room) {
        const int32_t room = places->room > 0 ? 2 * places->room : 64;
        struct cs_json_place *items = realloc(places->items, (size_t)room * sizeof *items);
        if (items == NULL) {
            return cs_fail(scan->error, CS_ERROR_MEMORY, "Not enough memory to read %s.", scan->origin);
        }
        places->items = items;
        places->room = room;
    }
    places->items[places->count++] = (struct cs_json_place){.line = 0};
    return CS_OK;
}

static enum cs_code scan_key(struct scan *scan, struct cs_json *member)
{
    struct cs_json_place *place = &scan->places->items[scan->places->count - 1];
    if (peek(scan) != '"') {
        return expected(scan, "a key in double quotes");
    }
    place->key_line = scan->line;
    place->key_column = scan->column;
    member->key = scan->text + scan->at + 1;
    CS_TRY(scan_string(scan));
    member->key_length = (int32_t)(scan->text + scan->at - 1 - member->key);
    skip_space(scan);
    scan->near = member;
    if (peek(scan) != ':') {
        return expected(scan, "':' after the key");
    }
    step(scan, 1);
    skip_space(scan);
    return CS_OK;
}

static enum cs_code scan_value(struct scan *scan, struct cs_json *value);

/* A key, where the container has keys, and its value. */
static enum cs_code scan_member(struct scan *scan, struct cs_json *member, bool keys)
{
    CS_TRY(add_place(scan));
    if (keys) {
        CS_TRY(scan_key(scan, member));
    }
    return scan_value(scan, member);
}

/* At the opening bracket; ends after the closing one. */
static enum cs_code scan_container(struct scan *scan, struct cs_json *container, char close)
{
    struct cs_json member = {.origin = scan->origin, .parent = container};
    if (++scan->depth > CS_JSON_NESTING_MAX) {
        return refuse(scan, "nested deeper than %d levels.", CS_JSON_NESTING_MAX);
    }
    do {
        step(scan, 1); /* the bracket or a comma */
        skip_space(scan);
        scan->near = container;
        if (peek(scan) == close && member.index == 0) {
            break;
        }
        if (peek(scan) == close) {
            return refuse(scan, "a comma before '%c'; JSON has none after the last value.", close);
        }
        const enum cs_code code = scan_member(scan, &member, close == '}');
        scan->near = container; /* the member ends with this function */
        CS_TRY(code);
        member.index++;
        skip_space(scan);
    } while (peek(scan) == ',');
    if (peek(scan) != close) {
        return expected(scan, close == '}' ? "',' or '}' after the value" : "',' or ']' after the value");
    }
    step(scan, 1);
    scan->depth--;
    return CS_OK;
}

static enum cs_code scan_value(struct scan *scan, struct cs_json *value)
{
    struct cs_json_place *place = &scan->places->items[scan->places->count - 1];
    const int c = peek(scan);
    place->line = scan->line;
    place->column = scan->column;
    scan->near = value;
    if (c == '{' || c == '[') {
        return scan_container(scan, value, c == '{' ? '}' : ']');
    }
    if (c == '"') {
        return scan_string(scan);
    }
    return c > 0 && strchr("-+.0123456789", c) != NULL ? scan_number(scan) : scan_word(scan);
}

enum cs_code cs_json_scan(const char *origin, const char *text, size_t size, struct cs_json_places *places,
                          struct cs_error *error)
{
    struct cs_json root = {.origin = origin};
    struct scan scan = {.origin = origin,
                        .text = text,
                        .size = size,
                        .line = 1,
                        .column = 1,
                        .near = &root,
                        .places = places,
                        .error = error};
    if (size > CS_JSON_SIZE_MAX) {
        return cs_fail(error, CS_ERROR_CONFIG, "%s: larger than %d MiB.", origin, CS_JSON_SIZE_MAX >> 20);
    }
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        return refuse(&scan, "the file begins with a byte order mark; save it as UTF-8 without one.");
    }
    skip_space(&scan);
    CS_TRY(add_place(&scan));
    CS_TRY(scan_value(&scan, &root));
    skip_space(&scan);
    return scan.at < size ? expected(&scan, "nothing after the end of the JSON value") : CS_OK;
}
