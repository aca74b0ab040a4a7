/* SPDX-License-Identifier: BSD-3-Clause */
/* From a text to its tree: the check (scan.c), then the values by cJSON, joined with the places that the check noted.
 * The tree is our own, because cJSON's items have neither places nor parents, which every message about a value needs;
 * its strings and keys are cJSON's. */
#include <cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan.h"

/* What lives as long as the document: of each text, and of each --set. */
struct cs_json_block {
    struct cs_json_block *next;
    cJSON *tree;
    char *text;
    struct cs_json nodes[];
};

/* Owns the tree and the text, also where there is no memory (NULL). */
static struct cs_json_block *add_block(struct cs_json_document *document, cJSON *tree, char *text, int32_t nodes)
{
    struct cs_json_block *block = calloc(1, sizeof *block + (size_t)nodes * sizeof block->nodes[0]);
    if (block == NULL) {
        cJSON_Delete(tree);
        free(text);
        return NULL;
    }
    *block = (struct cs_json_block){.next = document->blocks, .tree = tree, .text = text};
    document->blocks = block;
    return block;
}

void cs_json_free(struct cs_json_document *document)
{
    for (struct cs_json_block *block = document->blocks; block != NULL;) {
        struct cs_json_block *next = block->next;
        cJSON_Delete(block->tree);
        free(block->text);
        free(block);
        block = next;
    }
    *document = (struct cs_json_document){.root = NULL};
}

static void append(struct cs_json *parent, struct cs_json *child)
{
    child->parent = parent;
    child->index = parent->count++;
    *(parent->last != NULL ? &parent->last->next : &parent->first) = child;
    parent->last = child;
}

static enum cs_json_type type_of(const cJSON *item)
{
    return cJSON_IsObject(item)   ? CS_JSON_OBJECT
           : cJSON_IsArray(item)  ? CS_JSON_ARRAY
           : cJSON_IsString(item) ? CS_JSON_STRING
           : cJSON_IsNumber(item) ? CS_JSON_NUMBER
           : cJSON_IsBool(item)   ? CS_JSON_BOOLEAN
                                  : CS_JSON_NULL;
}

/* The value and all in it, in the order of the places. Adding 0 makes -0 a 0. */
static void build(const char *origin, const cJSON *item, struct cs_json **next, const struct cs_json_place **place)
{
    struct cs_json *node = (*next)++;
    const struct cs_json_place *at = (*place)++;
    node->type = type_of(item);
    node->boolean = cJSON_IsTrue(item) != 0;
    node->number = item->valuedouble + 0.0;
    node->string = item->valuestring;
    node->key = item->string;
    node->key_length = item->string != NULL ? (int32_t)strlen(item->string) : 0;
    node->origin = origin;
    node->line = at->line;
    node->column = at->column;
    node->key_line = at->key_line;
    node->key_column = at->key_column;
    for (const cJSON *child = item->child; child != NULL; child = child->next) {
        append(node, *next);
        build(origin, child, next, place);
    }
}

static int compare_keys(const void *a, const void *b)
{
    const struct cs_json *left = *(const struct cs_json *const *)a, *right = *(const struct cs_json *const *)b;
    const int order = strcmp(left->key, right->key);
    return order != 0 ? order : (left->index > right->index) - (left->index < right->index);
}

/* Of several twins, the one that comes first in the text is named. */
static enum cs_code refuse_twins(const struct cs_json *object, struct cs_error *error)
{
    const struct cs_json **members = malloc((size_t)object->count * sizeof *members);
    if (members == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory to read %s.", object->origin);
    }
    for (const struct cs_json *child = object->first; child != NULL; child = child->next) {
        members[child->index] = child;
    }
    qsort(members, (size_t)object->count, sizeof *members, compare_keys);
    const struct cs_json *twin = NULL, *first = NULL;
    for (int32_t i = 1; i < object->count; i++) {
        if (strcmp(members[i - 1]->key, members[i]->key) == 0 && (twin == NULL || members[i]->index < twin->index)) {
            first = members[i - 1];
            twin = members[i];
        }
    }
    free(members);
    return twin == NULL ? CS_OK
                        : cs_json_fail_key(twin, error, "the key is given twice, first in line %d, column %d.",
                                           (int)first->key_line, (int)first->key_column);
}

static enum cs_code make_tree(const char *origin, cJSON *tree, const struct cs_json_places *places,
                              struct cs_json_document *document, struct cs_error *error)
{
    struct cs_json_block *block = tree != NULL ? add_block(document, tree, NULL, places->count) : NULL;
    if (block == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory to read %s.", origin);
    }
    struct cs_json *next = document->root = block->nodes;
    const struct cs_json_place *place = places->items;
    build(origin, tree, &next, &place);
    for (int32_t i = 0; i < places->count; i++) {
        if (block->nodes[i].type == CS_JSON_OBJECT && block->nodes[i].count > 1) {
            CS_TRY(refuse_twins(&block->nodes[i], error));
        }
    }
    return CS_OK;
}

enum cs_code cs_json_parse(const char *origin, const char *text, size_t size, struct cs_json_document *document,
                           struct cs_error *error)
{
    struct cs_json_places places = {.items = NULL};
    *document = (struct cs_json_document){.root = NULL};
    enum cs_code code = cs_json_scan(origin, text, size, &places, error);
    if (code == CS_OK) {
        code = make_tree(origin, cJSON_ParseWithLength(text, size), &places, document, error);
    }
    free(places.items);
    return code;
}

/* ---- --set ---- */
enum { ASSIGN_DEPTH_MAX = 8 };

static struct cs_json *find_member(struct cs_json *object, const char *key)
{
    struct cs_json *child = object->first;
    while (child != NULL && strcmp(child->key, key) != 0) {
        child = child->next;
    }
    return child;
}

static void forget_places(struct cs_json *node)
{
    node->line = node->column = node->key_line = node->key_column = 0;
    for (struct cs_json *child = node->first; child != NULL; child = child->next) {
        forget_places(child);
    }
}

/* JSON where the text is JSON, else a string. What it was made of joins the document's own. */
static enum cs_code assign_value(struct cs_json_document *document, const char *text, struct cs_json *into,
                                 struct cs_error *error)
{
    struct cs_json_document parsed;
    struct cs_error ignored;
    struct cs_json value = {.type = CS_JSON_STRING, .string = text, .origin = into->origin};
    const enum cs_code code = cs_json_parse(into->origin, text, strlen(text), &parsed, &ignored);
    if (code == CS_OK) {
        forget_places(parsed.root);
        value = *parsed.root;
        parsed.blocks->next = document->blocks;
        document->blocks = parsed.blocks;
    } else {
        cs_json_free(&parsed);
    }
    if (code == CS_ERROR_MEMORY) {
        return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory for %s.", into->origin);
    }
    if (code != CS_OK && !cs_json_is_utf8(text)) {
        return cs_fail(error, CS_ERROR_CONFIG, "%s: the value is not UTF-8.", into->origin);
    }
    value.key = into->key;
    value.key_length = into->key_length;
    value.index = into->index;
    value.parent = into->parent;
    value.next = into->next;
    *into = value;
    for (struct cs_json *child = into->first; child != NULL; child = child->next) {
        child->parent = into;
    }
    return CS_OK;
}

/* A plain string is short for {"file": string}, and a --set below it needs the long form. */
static void open_output(struct cs_json *output, struct cs_json *file)
{
    *file = *output;
    file->key = "file";
    file->key_length = 4;
    file->next = NULL;
    output->type = CS_JSON_OBJECT;
    output->string = NULL;
    append(output, file);
}

/* "--set path=value" as the origin, and behind it a copy of the assignment to cut the keys from; and nodes for what is
 * missing on the way: one for each part, one for the long form of an output. */
static struct cs_json_block *assignment_block(struct cs_json_document *document, const char *assignment)
{
    const size_t size = strlen(assignment) + 1;
    char *text = malloc(sizeof "--set " - 1 + 2 * size);
    if (text == NULL) {
        return NULL;
    }
    (void)snprintf(text, sizeof "--set " - 1 + size, "--set %s", assignment);
    memcpy(text + sizeof "--set " - 1 + size, assignment, size);
    return add_block(document, NULL, text, ASSIGN_DEPTH_MAX + 1);
}

enum cs_code cs_json_assign(struct cs_json_document *document, const char *assignment,
                            size_t (*key_length)(const struct cs_json *object, const char *path, const char *end),
                            struct cs_error *error)
{
    const char *equals = strchr(assignment, '=');
    if (equals == NULL || equals == assignment) {
        return cs_fail(error, CS_ERROR_USAGE, "--set %s: expected path=value, such as --set carbon.pue=1.2.",
                       assignment);
    }
    struct cs_json_block *block = assignment_block(document, assignment);
    if (block == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory for --set %s.", assignment);
    }
    const char *origin = block->text;
    char *path = block->text + strlen(origin) + 1;
    char *const end = path + (equals - assignment);
    struct cs_json *object = document->root, *spare = block->nodes;
    for (int32_t depth = 0; path <= end; depth++) {
        if (depth == ASSIGN_DEPTH_MAX) {
            return cs_fail(error, CS_ERROR_CONFIG, "%s: the path has more than %d parts.", origin, ASSIGN_DEPTH_MAX);
        }
        if (object->type == CS_JSON_STRING && object->parent == document->root && strcmp(object->key, "output") == 0) {
            open_output(object, spare++);
        }
        if (object->type != CS_JSON_OBJECT) {
            char found[96], where[256];
            return cs_fail(error, CS_ERROR_CONFIG, "%s: %s is %s, which has no keys.", origin,
                           cs_json_path(object, where, sizeof where), cs_json_describe(object, found, sizeof found));
        }
        const char *point = memchr(path, '.', (size_t)(end - path));
        const size_t length =
            key_length != NULL ? key_length(object, path, end) : (size_t)((point != NULL ? point : end) - path);
        if (length == 0) {
            return cs_fail(error, CS_ERROR_CONFIG, "%s: the path has an empty part.", origin);
        }
        path[length] = '\0';
        struct cs_json *member = find_member(object, path);
        if (member == NULL) {
            member = spare++;
            *member =
                (struct cs_json){.type = CS_JSON_OBJECT, .key = path, .key_length = (int32_t)length, .origin = origin};
            append(object, member);
        }
        path += length + 1;
        object = member;
    }
    object->origin = origin;
    return assign_value(document, equals + 1, object, error);
}
