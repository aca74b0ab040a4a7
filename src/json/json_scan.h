/* SPDX-License-Identifier: BSD-3-Clause */
/* Between the two halves of the parser: the tree of places that the scan makes, and the values that cJSON fills in. */
#ifndef CS_CONFIG_JSON_SCAN_H
#define CS_CONFIG_JSON_SCAN_H

#include "json.h"

/* A node that lives as long as the document; NULL without memory. */
struct cs_json *cs_json_node(struct cs_json_document *document);
/* Keeps a cJSON tree for as long as the document; false without memory. */
bool cs_json_keep(struct cs_json_document *document, void *tree);
void cs_json_append(struct cs_json *parent, struct cs_json *child);
/* "origin:line:column: path: message". */
void cs_json_complain(const struct cs_json *at, int32_t line, int32_t column, struct cs_error *error,
                      const char *message);
bool cs_json_is_utf8(const char *text, size_t size);
/* Checks the text against RFC 8259 and makes the tree of its values, without strings. */
enum cs_code cs_json_scan(const char *origin, const char *text, size_t size, struct cs_json_document *document,
                          struct cs_error *error);

#endif
