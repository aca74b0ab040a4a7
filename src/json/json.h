/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON as the readers see it: a strict parse (RFC 8259) whose every value knows where it stands, and typed getters
 * whose errors say so. README.md says how to read a new key. */
#ifndef CS_JSON_JSON_H
#define CS_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cs_sweep/error.h"

enum {
    CS_JSON_NESTING_MAX = 64,
    CS_JSON_SIZE_MAX = 8 * 1024 * 1024, /* bytes of one text */
    CS_JSON_VALUES_MAX = 500000,        /* values of one text: with the size, the bound of all memory (about 150 MB) */
    CS_JSON_NAMES_MAX = 4096            /* entries of a list that is searched by name */
};

enum cs_json_type { CS_JSON_NULL, CS_JSON_BOOLEAN, CS_JSON_NUMBER, CS_JSON_STRING, CS_JSON_ARRAY, CS_JSON_OBJECT };

struct cs_json {
    enum cs_json_type type;
    bool boolean;
    double number;
    const char *string;
    const char *key; /* of an object's member, else NULL */
    int32_t key_length;
    int32_t count;                              /* children */
    int32_t index;                              /* place among the parent's children */
    int32_t line, column, key_line, key_column; /* from 1; 0 in what --set gave */
    struct cs_json *parent, *first, *last, *next;
    const char *origin; /* file name, or "--set path=value" */
};

struct cs_json_block;
struct cs_json_document {
    struct cs_json *root;
    struct cs_json_block *blocks;
};

/* Parses a NUL-terminated text of `size` bytes. The origin is kept by reference. Free the document in any case. */
enum cs_code cs_json_parse(const char *origin, const char *text, size_t size, struct cs_json_document *document,
                           struct cs_error *error);
void cs_json_free(struct cs_json_document *document);
/* "path=value" into a configuration, objects on the way made where they are missing; see cs_bundle. key_length says how
 * many bytes at the start of [path, end) are one key of the object; where it is NULL, all up to the next point. The
 * assignment is kept by reference. */
enum cs_code cs_json_assign(struct cs_json_document *document, const char *assignment,
                            size_t (*key_length)(const struct cs_json *object, const char *path, const char *end),
                            struct cs_error *error);

/* CS_ERROR_CONFIG with the message "file:line:column: key.path: ...". cs_json_fail_key points at the key of a member
 * instead of its value. */
#define cs_json_fail(at, error, ...) cs_error_code((cs_json_error(at, false, error, __VA_ARGS__), CS_ERROR_CONFIG))
#define cs_json_fail_key(at, error, ...) cs_error_code((cs_json_error(at, true, error, __VA_ARGS__), CS_ERROR_CONFIG))
/* Fails with "expected WHAT, not ...", which says what the value is. */
enum cs_code cs_json_expected(const struct cs_json *at, struct cs_error *error, const char *what);
void cs_json_error(const struct cs_json *at, bool key, struct cs_error *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
const char *cs_json_path(const struct cs_json *at, char *buffer, size_t size);
/* What a value is, for messages: `the text "abc"`, `5`, `a list`. */
const char *cs_json_describe(const struct cs_json *at, char *buffer, size_t size);

/* Copies text for a message: control characters become '?', whole UTF-8 characters only, "..." where cut. */
const char *cs_json_clean(const char *text, size_t length, char *buffer, size_t size);

/* Member of an object, NULL where absent (or where `object` is NULL or no object). */
const struct cs_json *cs_json_member(const struct cs_json *object, const char *key);
const struct cs_json *cs_json_element(const struct cs_json *array, int64_t index);
enum cs_code cs_json_require(const struct cs_json *object, const char *key, const struct cs_json **member,
                             struct cs_error *error);
/* Every key is one of the names; else the nearest is suggested. */
enum cs_code cs_json_known_keys(const struct cs_json *object, int32_t count, const char *const *names,
                                struct cs_error *error);
/* '; did you mean "..."?', or the names themselves while they are few; for messages about names. */
const char *cs_json_suggest(const char *name, int32_t count, const char *const *names, char *buffer, size_t size);

enum cs_code cs_json_object(const struct cs_json *at, struct cs_error *error);
enum cs_code cs_json_array(const struct cs_json *at, struct cs_error *error); /* of one value or more */
/* unit may be "1" or NULL. */
enum cs_code cs_json_real(const struct cs_json *at, double low, double high, const char *unit, double *value,
                          struct cs_error *error);
enum cs_code cs_json_count(const struct cs_json *at, int64_t low, int64_t high, const char *unit, int64_t *value,
                           struct cs_error *error);
enum cs_code cs_json_flag(const struct cs_json *at, bool *value, struct cs_error *error);
/* A text of 1 to size - 1 bytes without control characters. */
enum cs_code cs_json_text(const struct cs_json *at, char *buffer, size_t size, struct cs_error *error);
/* A member that only people read, where it is there: any string; cut to the buffer, which may be NULL. */
enum cs_code cs_json_free_text(const struct cs_json *object, const char *key, char *buffer, size_t size,
                               struct cs_error *error);
/* A list that is searched by name: not longer than CS_JSON_NAMES_MAX. */
enum cs_code cs_json_few(const struct cs_json *list, struct cs_error *error);
/* The list of a data file, {"devices": [...]}. */
enum cs_code cs_json_entries(const struct cs_json *root, const char *key, const struct cs_json **list,
                             struct cs_error *error);
/* One of "a|b|c". */
enum cs_code cs_json_choice(const struct cs_json *at, const char *names, int32_t *index, struct cs_error *error);

/* The same getters of a member by its key: one that must be there, or one that may be absent or null, and then *value
 * stays. cs_json_given: NULL where it is absent or null. */
const struct cs_json *cs_json_given(const struct cs_json *object, const char *key);
enum cs_code cs_json_required_count(const struct cs_json *object, const char *key, int64_t low, int64_t high,
                                    int64_t *value, struct cs_error *error);
enum cs_code cs_json_required_text(const struct cs_json *object, const char *key, char *buffer, size_t size,
                                   struct cs_error *error);
enum cs_code cs_json_optional_real(const struct cs_json *object, const char *key, double low, double high,
                                   const char *unit, double *value, struct cs_error *error);
enum cs_code cs_json_optional_count(const struct cs_json *object, const char *key, int64_t low, int64_t high,
                                    int64_t *value, struct cs_error *error);
enum cs_code cs_json_optional_int(const struct cs_json *object, const char *key, int32_t low, int32_t high,
                                  int32_t *value, struct cs_error *error);
enum cs_code cs_json_optional_choice(const struct cs_json *object, const char *key, const char *names, int32_t *index,
                                     struct cs_error *error);

#endif
