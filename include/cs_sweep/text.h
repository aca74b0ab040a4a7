/* SPDX-License-Identifier: BSD-3-Clause */
/* Small helpers over text. */
#ifndef CS_SWEEP_TEXT_H
#define CS_SWEEP_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* The nearest of `count` names, or NULL when none is near enough to be a slip of the hand. */
const char *cs_nearest_name(const char *name, int32_t count, const char *const *names);
/* The same of `count` items of so many bytes, each with its name at that offset. */
const char *cs_nearest_of(const char *name, int32_t count, const void *items, size_t size, size_t offset);

/* Lists of names: "a|b|c" */
/* Index of a name in "a|b|c", -1 if absent; and the index-th name copied to buffer. */
int32_t cs_choice_index(const char *names, const char *name);
const char *cs_choice_name(const char *names, int32_t index, char *buffer, int32_t size);

/* malloc'ed copies; NULL without memory. */
char *cs_copy_text(const char *text, size_t length);

#endif
