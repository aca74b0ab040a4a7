/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 8259, with its "may" decided: UTF-8 without byte order mark, no duplicate keys (found when they are decoded), no
 * number that a double cannot hold, no lone surrogates, no U+0000, nesting and size limited. */
#include "json_scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cs_sweep/number.h"

struct scan {
    const char *origin, *text;
    size_t size, at;
    int32_t line, column;
    int32_t depth;
    struct cs_json *parent;       /* container that is open */
    const struct cs_json *member; /* member whose value comes, for messages */
    struct cs_json_document *document;
    struct cs_error *error;
};

#define refuse(scan, ...) cs_error_code((complain(scan, __VA_ARGS__), CS_ERROR_CONFIG))
static void complain(const struct scan *scan, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void complain(const struct scan *scan, const char *format, ...)
{
    char message[512];
    struct cs_json place;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    memset(&place, 0, sizeof place);
    place.origin = scan->origin;
    const struct cs_json *at = scan->member != NULL ? scan->member : scan->parent;
    cs_json_complain(at != NULL ? at : &place, scan->line, scan->column, scan->error, message);
}

static int peek(const struct scan *scan)
{
    return scan->at < scan->size ? (unsigned char)scan->text[scan->at] : -1;
}

static void step(struct scan *scan)
{
    scan->at++;
    scan->column++;
}

static void skip_space(struct scan *scan)
{
    for (int c = peek(scan); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(scan)) {
        step(scan);
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

/* Length of the UTF-8 character at the place, 0 if it is none: RFC 3629, so neither overlong forms nor surrogates. */
static size_t utf8_length(const unsigned char *text, size_t size)
{
    const unsigned char first = text[0];
    size_t length = 0;
    unsigned char low = 0x80, high = 0xbf;
    if (first >= 0xc2 && first <= 0xdf) {
        length = 2;
    } else if (first >= 0xe0 && first <= 0xef) {
        length = 3;
        low = first == 0xe0 ? 0xa0 : 0x80;
        high = first == 0xed ? 0x9f : 0xbf;
    } else if (first >= 0xf0 && first <= 0xf4) {
        length = 4;
        low = first == 0xf0 ? 0x90 : 0x80;
        high = first == 0xf4 ? 0x8f : 0xbf;
    }
    if (length == 0 || length > size || text[1] < low || text[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if (text[i] < 0x80 || text[i] > 0xbf) {
            return 0;
        }
    }
    return length;
}

bool cs_json_is_utf8(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t at = 0; at < size;) {
        const size_t length = bytes[at] < 0x80 ? 1 : utf8_length(bytes + at, size - at);
        if (length == 0) {
            return false;
        }
        at += length;
    }
    return true;
}

/* Four hexadecimal digits after \u; -1 if they are not there. */
static int32_t hexadecimal(const struct scan *scan, size_t at)
{
    int32_t value = 0;
    for (size_t i = at; i < at + 4; i++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF";
        const char *digit = i < scan->size && scan->text[i] != '\0' ? strchr(digits, scan->text[i]) : NULL;
        if (digit == NULL) {
            return -1;
        }
        value = value * 16 + (int32_t)(digit - digits) % 16;
    }
    return value;
}

static enum cs_code scan_escape(struct scan *scan)
{
    const char c = scan->at + 1 < scan->size ? scan->text[scan->at + 1] : '\0';
    size_t length = 2;
    if (c == 'u') {
        const int32_t unit = hexadecimal(scan, scan->at + 2);
        if (unit < 0) {
            return refuse(scan, "expected four hexadecimal digits after \\u.");
        }
        length = 6;
        if (unit == 0) {
            return refuse(scan, "the character U+0000 cannot be used.");
        }
        if (unit >= 0xd800 && unit <= 0xdfff) {
            const bool pair = unit < 0xdc00 && scan->at + 7 < scan->size && scan->text[scan->at + 6] == '\\' &&
                              scan->text[scan->at + 7] == 'u';
            const int32_t second = pair ? hexadecimal(scan, scan->at + 8) : -1;
            if (second < 0xdc00 || second > 0xdfff) {
                return refuse(scan, "\\u%04x is half of a surrogate pair; the other half is missing.", (unsigned)unit);
            }
            length = 12;
        }
    } else if (c == '\0' || strchr("\"\\/bfnrt", c) == NULL) {
        return refuse(scan, "a backslash in a string is followed by one of \" \\ / b f n r t u.");
    }
    scan->at += length;
    scan->column += (int32_t)length;
    return CS_OK;
}

/* At the opening quote; ends after the closing one. */
static enum cs_code scan_string(struct scan *scan)
{
    const int32_t line = scan->line, column = scan->column;
    step(scan);
    for (;;) {
        const int c = peek(scan);
        if (c < 0 || c == '\n') {
            scan->line = line;
            scan->column = column;
            return refuse(scan, "the string that begins here has no closing quote on its line.");
        }
        if (c == '"') {
            step(scan);
            return CS_OK;
        }
        if (c == '\\') {
            CS_TRY(scan_escape(scan));
        } else if (c < 0x20) {
            return refuse(scan, "the control character 0x%02x stands in a string; write it as \\u%04x.", (unsigned)c,
                          (unsigned)c);
        } else if (c < 0x80) {
            step(scan);
        } else {
            const size_t length = utf8_length((const unsigned char *)scan->text + scan->at, scan->size - scan->at);
            if (length == 0) {
                return refuse(scan, "the byte 0x%02x is not UTF-8; save the file in UTF-8.", (unsigned)c);
            }
            scan->at += length;
            scan->column++;
        }
    }
}

static enum cs_code scan_number(struct scan *scan, struct cs_json *node)
{
    size_t end = scan->at;
    while (end < scan->size && scan->text[end] != '\0' && strchr("0123456789+-.eE", scan->text[end]) != NULL) {
        end++;
    }
    const char *text = scan->text + scan->at;
    const size_t length = end - scan->at;
    char shown[CS_NUMBER_LENGTH_MAX + 8];
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
    if (!cs_parse_number(text, length, &node->number)) {
        return refuse(scan, "%s is outside of what a double-precision number can hold.", shown);
    }
    node->type = CS_JSON_NUMBER;
    scan->at = end;
    scan->column += (int32_t)length;
    return CS_OK;
}

static enum cs_code scan_word(struct scan *scan, struct cs_json *node)
{
    static const struct {
        const char *word;
        enum cs_json_type type;
        bool boolean;
    } words[] = {{"true", CS_JSON_BOOLEAN, true}, {"false", CS_JSON_BOOLEAN, false}, {"null", CS_JSON_NULL, false}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const size_t length = strlen(words[i].word);
        if (scan->size - scan->at >= length && memcmp(scan->text + scan->at, words[i].word, length) == 0) {
            node->type = words[i].type;
            node->boolean = words[i].boolean;
            scan->at += length;
            scan->column += (int32_t)length;
            return CS_OK;
        }
    }
    return expected(scan, "a value");
}

static enum cs_code scan_value(struct scan *scan, struct cs_json *node);

static enum cs_code new_node(struct scan *scan, struct cs_json **node)
{
    if (scan->document->values >= CS_JSON_VALUES_MAX) {
        return refuse(scan, "more than %d values in one text.", CS_JSON_VALUES_MAX);
    }
    *node = cs_json_node(scan->document);
    if (*node == NULL) {
        return cs_fail(scan->error, CS_ERROR_MEMORY, "Not enough memory to read %s.", scan->origin);
    }
    (*node)->origin = scan->origin;
    return CS_OK;
}

static enum cs_code scan_key(struct scan *scan, struct cs_json *node)
{
    if (peek(scan) != '"') {
        return expected(scan, "a key in double quotes");
    }
    node->key_line = scan->line;
    node->key_column = scan->column;
    node->key = scan->text + scan->at + 1;
    CS_TRY(scan_string(scan));
    node->key_length = (int32_t)(scan->text + scan->at - 1 - node->key);
    skip_space(scan);
    scan->member = node;
    if (peek(scan) != ':') {
        return expected(scan, "':' after the key");
    }
    step(scan);
    skip_space(scan);
    return CS_OK;
}

/* At the opening bracket; ends after the closing one. */
static enum cs_code scan_container(struct scan *scan, struct cs_json *container, char close)
{
    const bool keyed = close == '}';
    if (++scan->depth > CS_JSON_NESTING_MAX) {
        return refuse(scan, "nested deeper than %d levels.", CS_JSON_NESTING_MAX);
    }
    step(scan);
    skip_space(scan);
    scan->parent = container;
    scan->member = NULL;
    if (peek(scan) == close) {
        step(scan);
    } else {
        for (;;) {
            struct cs_json *node = NULL;
            CS_TRY(new_node(scan, &node));
            cs_json_append(container, node);
            if (keyed) {
                CS_TRY(scan_key(scan, node));
            }
            scan->member = node;
            CS_TRY(scan_value(scan, node));
            scan->parent = container;
            scan->member = NULL;
            skip_space(scan);
            const int c = peek(scan);
            if (c == close) {
                step(scan);
                break;
            }
            if (c != ',') {
                return expected(scan, keyed ? "',' or '}' after the value" : "',' or ']' after the value");
            }
            step(scan);
            skip_space(scan);
            if (peek(scan) == close) {
                return refuse(scan, "a comma before '%c'; JSON has none after the last value.", close);
            }
        }
    }
    scan->depth--;
    return CS_OK;
}

static enum cs_code scan_value(struct scan *scan, struct cs_json *node)
{
    const int c = peek(scan);
    node->line = scan->line;
    node->column = scan->column;
    if (c == '{') {
        node->type = CS_JSON_OBJECT;
        return scan_container(scan, node, '}');
    }
    if (c == '[') {
        node->type = CS_JSON_ARRAY;
        return scan_container(scan, node, ']');
    }
    if (c == '"') {
        node->type = CS_JSON_STRING;
        return scan_string(scan);
    }
    if (c == '-' || (c >= '0' && c <= '9') || c == '+' || c == '.') {
        return scan_number(scan, node);
    }
    return scan_word(scan, node);
}

enum cs_code cs_json_scan(const char *origin, const char *text, size_t size, struct cs_json_document *document,
                          struct cs_error *error)
{
    struct scan scan = {
        .origin = origin, .text = text, .size = size, .line = 1, .column = 1, .document = document, .error = error};
    struct cs_json *root = NULL;
    if (size > CS_JSON_SIZE_MAX) {
        return cs_fail(error, CS_ERROR_CONFIG, "%s: larger than %d MiB.", origin, CS_JSON_SIZE_MAX >> 20);
    }
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        return refuse(&scan, "the file begins with a byte order mark; save it as UTF-8 without one.");
    }
    skip_space(&scan);
    CS_TRY(new_node(&scan, &root));
    CS_TRY(scan_value(&scan, root));
    scan.parent = NULL;
    skip_space(&scan);
    if (scan.at < scan.size) {
        return expected(&scan, "nothing after the end of the JSON value");
    }
    document->root = root;
    return CS_OK;
}
