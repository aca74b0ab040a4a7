/* SPDX-License-Identifier: BSD-3-Clause */
#include "json.h"

#include <cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/text.h"
#include "json_scan.h"

/* ---- memory: everything of a document lives as long as the document ---- */
enum { BLOCK_NODES = 256 };
struct cs_json_block {
    struct cs_json_block *next;
    cJSON *tree;
    int32_t used;
    struct cs_json nodes[BLOCK_NODES];
};

static struct cs_json_block *add_block(struct cs_json_document *document)
{
    struct cs_json_block *block = malloc(sizeof *block);
    if (block != NULL) {
        block->next = document->blocks;
        block->tree = NULL;
        block->used = 0;
        document->blocks = block;
    }
    return block;
}

struct cs_json *cs_json_node(struct cs_json_document *document)
{
    struct cs_json_block *block = document->blocks;
    if (block == NULL || block->used == BLOCK_NODES) {
        block = add_block(document);
        if (block == NULL) {
            return NULL;
        }
    }
    struct cs_json *node = &block->nodes[block->used++];
    memset(node, 0, sizeof *node);
    document->values++;
    return node;
}

bool cs_json_keep(struct cs_json_document *document, void *tree)
{
    struct cs_json_block *block = document->blocks;
    if (block == NULL || block->tree != NULL) {
        block = add_block(document);
        if (block == NULL) {
            return false;
        }
    }
    block->tree = tree;
    return true;
}

void cs_json_append(struct cs_json *parent, struct cs_json *child)
{
    child->parent = parent;
    child->index = parent->count++;
    if (parent->last != NULL) {
        parent->last->next = child;
    } else {
        parent->first = child;
    }
    parent->last = child;
}

void cs_json_free(struct cs_json_document *document)
{
    struct cs_json_block *block = document->blocks;
    while (block != NULL) {
        struct cs_json_block *next = block->next;
        cJSON_Delete(block->tree);
        free(block);
        block = next;
    }
    memset(document, 0, sizeof *document);
}

/* ---- messages ---- */
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

static size_t append_text(char *buffer, size_t size, size_t at, const char *text)
{
    const size_t length = strlen(text);
    if (at + length < size) {
        memcpy(buffer + at, text, length + 1);
        return at + length;
    }
    return at;
}

const char *cs_json_path(const struct cs_json *at, char *buffer, size_t size)
{
    const struct cs_json *chain[CS_JSON_NESTING_MAX + 8];
    int32_t depth = 0;
    for (const struct cs_json *node = at; node != NULL && depth < CS_JSON_NESTING_MAX + 8; node = node->parent) {
        chain[depth++] = node;
    }
    size_t length = 0;
    buffer[0] = '\0';
    while (depth-- > 0) {
        const struct cs_json *node = chain[depth];
        char part[96];
        if (node->key != NULL) {
            (void)cs_json_clean(node->key, (size_t)node->key_length, part, sizeof part);
            length = append_text(buffer, size, length, length > 0 ? "." : "");
            length = append_text(buffer, size, length, part);
        } else if (node->parent != NULL && node->parent->type == CS_JSON_ARRAY) {
            (void)snprintf(part, sizeof part, "[%d]", (int)node->index);
            length = append_text(buffer, size, length, part);
        }
    }
    return buffer;
}

void cs_json_complain(const struct cs_json *at, int32_t line, int32_t column, struct cs_error *error,
                      const char *message)
{
    char path[512], origin[512];
    (void)cs_json_path(at, path, sizeof path);
    (void)cs_json_clean(at->origin, strlen(at->origin), origin, sizeof origin);
    const char *colon = path[0] != '\0' ? ": " : "";
    if (line > 0) {
        cs_error_set(error, CS_ERROR_CONFIG, "%s:%d:%d: %s%s%s", origin, (int)line, (int)column, path, colon, message);
    } else {
        cs_error_set(error, CS_ERROR_CONFIG, "%s: %s%s%s", origin, path, colon, message);
    }
}

void cs_json_error(const struct cs_json *at, bool key, struct cs_error *error, const char *format, ...)
{
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    cs_json_complain(at, key ? at->key_line : at->line, key ? at->key_column : at->column, error, message);
}

/* ---- values ---- */
/* cJSON's tree has the shape of the scan's, value by value: both follow the text. */
static void attach(struct cs_json *node, const cJSON *item)
{
    if (node->key != NULL) {
        node->key = item->string;
        node->key_length = (int32_t)strlen(item->string);
    }
    if (node->type == CS_JSON_STRING) {
        node->string = item->valuestring;
    }
    const cJSON *child_item = item->child;
    for (struct cs_json *child = node->first; child != NULL && child_item != NULL; child = child->next) {
        attach(child, child_item);
        child_item = child_item->next;
    }
}

static int compare_keys(const void *a, const void *b)
{
    const struct cs_json *const *left = a;
    const struct cs_json *const *right = b;
    const int order = strcmp((*left)->key, (*right)->key);
    return order != 0 ? order : ((*left)->index > (*right)->index) - ((*left)->index < (*right)->index);
}

static enum cs_code refuse_twin(const struct cs_json *first, const struct cs_json *second, struct cs_error *error)
{
    return cs_json_fail_key(second, error, "the key is given twice, first in line %d, column %d.", (int)first->key_line,
                            (int)first->key_column);
}

static enum cs_code check_duplicates(const struct cs_json *node, struct cs_error *error)
{
    enum { FEW = 16 };
    if (node->type == CS_JSON_OBJECT && node->count <= FEW) {
        for (const struct cs_json *a = node->first; a != NULL; a = a->next) {
            for (const struct cs_json *b = node->first; b != a; b = b->next) {
                if (strcmp(a->key, b->key) == 0) {
                    return refuse_twin(b, a, error);
                }
            }
        }
    } else if (node->type == CS_JSON_OBJECT) {
        const struct cs_json **members = malloc((size_t)node->count * sizeof *members);
        if (members == NULL) {
            return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory to read %s.", node->origin);
        }
        int32_t count = 0;
        for (const struct cs_json *child = node->first; child != NULL; child = child->next) {
            members[count++] = child;
        }
        qsort(members, (size_t)count, sizeof *members, compare_keys);
        enum cs_code code = CS_OK;
        for (int32_t i = 1; i < count && code == CS_OK; i++) {
            if (strcmp(members[i - 1]->key, members[i]->key) == 0) {
                code = refuse_twin(members[i - 1], members[i], error);
            }
        }
        free(members);
        CS_TRY(code);
    }
    for (const struct cs_json *child = node->first; child != NULL; child = child->next) {
        if (child->first != NULL) {
            CS_TRY(check_duplicates(child, error));
        }
    }
    return CS_OK;
}

enum cs_code cs_json_parse(const char *origin, const char *text, size_t size, struct cs_json_document *document,
                           struct cs_error *error)
{
    memset(document, 0, sizeof *document);
    CS_TRY(cs_json_scan(origin, text, size, document, error));
    cJSON *tree = cJSON_ParseWithLengthOpts(text, size + 1, NULL, 1);
    if (tree == NULL || !cs_json_keep(document, tree)) {
        cJSON_Delete(tree);
        document->root = NULL;
        return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory to read %s.", origin);
    }
    attach(document->root, tree);
    return check_duplicates(document->root, error);
}

/* ---- --set ---- */
enum { ASSIGN_DEPTH_MAX = 8 };

static struct cs_json *find_member(struct cs_json *object, const char *key, size_t length)
{
    for (struct cs_json *child = object->first; child != NULL; child = child->next) {
        if ((size_t)child->key_length == length && memcmp(child->key, key, length) == 0) {
            return child;
        }
    }
    return NULL;
}

static size_t to_next_point(const struct cs_json *object, const char *path, const char *end)
{
    const char *point = memchr(path, '.', (size_t)(end - path));
    (void)object;
    return (size_t)((point != NULL ? point : end) - path);
}

static void forget_places(struct cs_json *node)
{
    node->line = node->column = node->key_line = node->key_column = 0;
    for (struct cs_json *child = node->first; child != NULL; child = child->next) {
        forget_places(child);
    }
}

/* JSON where the text is JSON, else a string. The nodes join the document's own. */
static enum cs_code parse_value(struct cs_json_document *document, const char *assignment, const char *text,
                                struct cs_json *into, struct cs_error *error)
{
    struct cs_json_document value;
    struct cs_error ignored;
    const char *origin = into->origin;
    const enum cs_code code = cs_json_parse(origin, text, strlen(text), &value, &ignored);
    if (code == CS_ERROR_MEMORY) {
        cs_json_free(&value);
        return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory for --set %s.", assignment);
    }
    if (code != CS_OK) {
        cs_json_free(&value);
        if (!cs_json_is_utf8(text, strlen(text))) {
            return cs_fail(error, CS_ERROR_CONFIG, "%s: the value is not UTF-8.", origin);
        }
        into->type = CS_JSON_STRING;
        into->string = text;
        return CS_OK;
    }
    forget_places(value.root);
    into->type = value.root->type;
    into->boolean = value.root->boolean;
    into->number = value.root->number;
    into->string = value.root->string;
    into->first = value.root->first;
    into->last = value.root->last;
    into->count = value.root->count;
    for (struct cs_json *child = into->first; child != NULL; child = child->next) {
        child->parent = into;
    }
    struct cs_json_block *last = value.blocks;
    while (last->next != NULL) {
        last = last->next;
    }
    /* The block in use stays first, so that its free nodes are still found. */
    last->next = document->blocks->next;
    document->blocks->next = value.blocks;
    document->values += value.values;
    return CS_OK;
}

static void make_empty(struct cs_json *node, enum cs_json_type type)
{
    node->type = type;
    node->first = node->last = NULL;
    node->count = 0;
    node->string = NULL;
}

/* A plain string is short for {"file": string}, and a --set below it needs the long form. */
static enum cs_code open_output(struct cs_json_document *document, struct cs_json *output)
{
    struct cs_json *file = cs_json_node(document);
    if (file == NULL) {
        return CS_ERROR_MEMORY;
    }
    *file = *output;
    file->key = "file";
    file->key_length = 4;
    file->next = NULL;
    file->first = file->last = NULL;
    const char *text = output->string;
    make_empty(output, CS_JSON_OBJECT);
    file->string = text;
    file->count = 0;
    cs_json_append(output, file);
    return CS_OK;
}

/* Origin "--set path=value", and copies of the keys, in memory of the document: a cJSON string holds them. */
static char *keep_text(struct cs_json_document *document, const char *prefix, const char *text, size_t length)
{
    const size_t start = strlen(prefix);
    char *joined = malloc(start + length + 1);
    cJSON *holder = NULL;
    if (joined != NULL) {
        memcpy(joined, prefix, start);
        memcpy(joined + start, text, length);
        joined[start + length] = '\0';
        holder = cJSON_CreateString(joined);
    }
    free(joined);
    if (holder == NULL || !cs_json_keep(document, holder)) {
        cJSON_Delete(holder);
        return NULL;
    }
    return holder->valuestring;
}

enum cs_code cs_json_assign(struct cs_json_document *document, const char *assignment,
                            size_t (*key_length)(const struct cs_json *object, const char *path, const char *end),
                            struct cs_error *error)
{
    key_length = key_length != NULL ? key_length : to_next_point;
    const char *equals = strchr(assignment, '=');
    if (equals == NULL || equals == assignment) {
        return cs_fail(error, CS_ERROR_USAGE, "--set %s: expected path=value, such as --set carbon.pue=1.2.",
                       assignment);
    }
    const char *origin = keep_text(document, "--set ", assignment, strlen(assignment));
    struct cs_json *object = document->root;
    int32_t depth = 0;
    for (const char *path = assignment; origin != NULL;) {
        if (++depth > ASSIGN_DEPTH_MAX) {
            return cs_fail(error, CS_ERROR_CONFIG, "%s: the path has more than %d parts.", origin, ASSIGN_DEPTH_MAX);
        }
        if (object->type == CS_JSON_STRING && object->parent == document->root && strcmp(object->key, "output") == 0 &&
            open_output(document, object) != CS_OK) {
            break;
        }
        if (object->type != CS_JSON_OBJECT) {
            char found[96], where[256];
            return cs_fail(error, CS_ERROR_CONFIG, "%s: %s is %s, which has no keys.", origin,
                           cs_json_path(object, where, sizeof where), cs_json_describe(object, found, sizeof found));
        }
        const size_t length = key_length(object, path, equals);
        if (length == 0) {
            return cs_fail(error, CS_ERROR_CONFIG, "%s: the path has an empty part.", origin);
        }
        struct cs_json *member = find_member(object, path, length);
        if (member == NULL) {
            member = cs_json_node(document);
            const char *key = keep_text(document, "", path, length);
            if (member == NULL || key == NULL) {
                break;
            }
            member->key = key;
            member->key_length = (int32_t)length;
            member->origin = origin;
            make_empty(member, CS_JSON_OBJECT);
            cs_json_append(object, member);
        }
        if (path + length == equals) {
            make_empty(member, CS_JSON_NULL);
            forget_places(member);
            member->origin = origin;
            return parse_value(document, assignment, equals + 1, member, error);
        }
        path += length + 1;
        object = member;
    }
    return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory for --set %s.", assignment);
}
