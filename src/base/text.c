/* SPDX-License-Identifier: BSD-3-Clause */
#include "cs_sweep/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 64, FAR_AWAY = 1 << 20 };

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t replacement(char a, char b)
{
    if (a == b) {
        return 0;
    }
    return tolower((unsigned char)a) == tolower((unsigned char)b) ? 1 : 2;
}

/* Edit distance (insert, delete, replace, swap of neighbours; case counts half) of two names, in halves. Names beyond
 * 64 characters count as far away. */
static int32_t name_distance(const char *a, const char *b)
{
    int32_t rows[3][NAME_MAX_LENGTH + 1];
    const size_t length_a = strlen(a), length_b = strlen(b);
    if (length_a > NAME_MAX_LENGTH || length_b > NAME_MAX_LENGTH) {
        return FAR_AWAY;
    }
    for (size_t j = 0; j <= length_b; j++) {
        rows[0][j] = 2 * (int32_t)j;
    }
    for (size_t i = 1; i <= length_a; i++) {
        int32_t *row = rows[i % 3];
        const int32_t *before = rows[(i + 2) % 3], *before_that = rows[(i + 1) % 3];
        row[0] = 2 * (int32_t)i;
        for (size_t j = 1; j <= length_b; j++) {
            const int32_t change = before[j - 1] + replacement(a[i - 1], b[j - 1]);
            row[j] = least(change, least(before[j], row[j - 1]) + 2);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = least(row[j], before_that[j - 2] + 2);
            }
        }
    }
    return rows[length_a % 3][length_b];
}

/* The nearest name so far. */
struct nearest {
    const char *name;
    int32_t distance;
};

/* A third of the letters may be wrong: beyond that a suggestion misleads more often than it helps. */
static struct nearest none_near(const char *name)
{
    const int32_t length = least((int32_t)strnlen(name, NAME_MAX_LENGTH + 1), NAME_MAX_LENGTH);
    return (struct nearest){NULL, 2 * (length / 3 + 1) + 1};
}

static void consider(const char *name, const char *candidate, struct nearest *nearest)
{
    const int32_t distance = name_distance(name, candidate);
    if (distance < nearest->distance) {
        *nearest = (struct nearest){candidate, distance};
    }
}

const char *cs_nearest_name(const char *name, int32_t count, const char *const *names)
{
    struct nearest nearest = none_near(name);
    for (int32_t i = 0; i < count; i++) {
        consider(name, names[i], &nearest);
    }
    return nearest.name;
}

const char *cs_nearest_of(const char *name, int32_t count, const void *items, size_t size, size_t offset)
{
    struct nearest nearest = none_near(name);
    for (int32_t i = 0; i < count; i++) {
        consider(name, (const char *)items + (size_t)i * size + offset, &nearest);
    }
    return nearest.name;
}

char *cs_copy_text(const char *text, size_t length)
{
    char *copy = malloc(length + 1);
    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

int32_t cs_choice_index(const char *names, const char *name)
{
    const size_t length = strlen(name);
    int32_t index = 0;
    for (const char *at = names; at != NULL; index++) {
        const char *bar = strchr(at, '|');
        const size_t size = bar != NULL ? (size_t)(bar - at) : strlen(at);
        if (size == length && memcmp(at, name, size) == 0) {
            return index;
        }
        at = bar != NULL ? bar + 1 : NULL;
    }
    return -1;
}

const char *cs_choice_name(const char *names, int32_t index, char *buffer, int32_t size)
{
    const char *at = names;
    for (int32_t i = 0; i < index && at != NULL; i++) {
        at = strchr(at, '|');
        at = at != NULL ? at + 1 : NULL;
    }
    if (at == NULL || index < 0) {
        (void)snprintf(buffer, (size_t)size, "%s", "");
    } else {
        (void)snprintf(buffer, (size_t)size, "%.*s", (int)strcspn(at, "|"), at);
    }
    return buffer;
}
