/* SPDX-License-Identifier: BSD-3-Clause */
#include "cs_sweep/text.h"

#include <ctype.h>
#include <stdbool.h>
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

/* "us-west-2" is Amazon's and in Oregon, "us-west2" Google's and in Los Angeles: where the last number of several words
 * stands apart, only a name in which it does too is near. */
static bool number_stands_apart(const char *name)
{
    const char *dash = strrchr(name, '-');
    return dash != NULL && dash != strchr(name, '-') && dash[1] != '\0' &&
           dash[1 + strspn(dash + 1, "0123456789")] == '\0';
}

static void consider(const char *name, const char *candidate, struct nearest *nearest)
{
    const int32_t distance = name_distance(name, candidate);
    if (distance < nearest->distance && (!number_stands_apart(name) || number_stands_apart(candidate))) {
        *nearest = (struct nearest){candidate, distance};
    }
}

/* Whether the letters and digits from `part` on, `length` of them, are a word of a name, whatever their case. */
static bool has_word(const char *name, const char *part, size_t length)
{
    for (const char *at = name; *at != '\0';) {
        size_t size = 0;
        while (isalnum((unsigned char)at[size])) {
            size++;
        }
        bool same = size == length;
        for (size_t i = 0; same && i < length; i++) {
            same = tolower((unsigned char)at[i]) == tolower((unsigned char)part[i]);
        }
        if (same && length > 0) {
            return true;
        }
        at += size + (at[size] != '\0' ? 1 : 0);
    }
    return false;
}

/* A vendor's name of a part, such as "NVIDIA A100-SXM4-80GB", holds all words of ours. Those of a card in another form,
 * which differs in power and bandwidth, are no other spelling. */
static void consider_words(const char *name, const char *candidate, struct nearest *nearest)
{
    static const char *const other_forms[] = {"pcie", "nvl"};
    int32_t letters = 0;
    for (size_t i = 0; i < sizeof other_forms / sizeof other_forms[0]; i++) {
        if (has_word(name, other_forms[i], strlen(other_forms[i])) !=
            has_word(candidate, other_forms[i], strlen(other_forms[i]))) {
            return;
        }
    }
    for (const char *at = candidate; *at != '\0';) {
        size_t size = 0;
        while (isalnum((unsigned char)at[size])) {
            size++;
        }
        if (size > 0 && !has_word(name, at, size)) {
            return;
        }
        letters += (int32_t)size;
        at += size + (at[size] != '\0' ? 1 : 0);
    }
    /* The distance counts down from 0: the candidate with the most letters is the nearest. */
    if (letters > 2 && (nearest->name == NULL || -letters < nearest->distance)) {
        *nearest = (struct nearest){candidate, -letters};
    }
}

/* A name of three words and more is a vendor's, before it is one of ours misspelt. */
static bool is_of_vendor(const char *name)
{
    int32_t words = 0;
    for (size_t i = 0; name[i] != '\0'; i++) {
        words += isalnum((unsigned char)name[i]) && (i == 0 || !isalnum((unsigned char)name[i - 1]));
    }
    return words >= 3;
}

static const char *nearest_of(const char *name, int32_t count, const void *context,
                              const char *(*at)(const void *context, int32_t i))
{
    struct nearest near = none_near(name), vendor = {NULL, 0};
    for (int32_t i = 0; i < count; i++) {
        consider(name, at(context, i), &near);
        consider_words(name, at(context, i), &vendor);
    }
    return vendor.name != NULL && (near.name == NULL || is_of_vendor(name)) ? vendor.name : near.name;
}

static const char *name_at(const void *context, int32_t i)
{
    const char *const *names = context;
    return names[i];
}

const char *cs_nearest_name(const char *name, int32_t count, const char *const *names)
{
    return nearest_of(name, count, names, name_at);
}

struct items {
    const char *first;
    size_t size;
};

static const char *item_at(const void *context, int32_t i)
{
    const struct items *items = context;
    return items->first + (size_t)i * items->size;
}

const char *cs_nearest_of(const char *name, int32_t count, const void *items, size_t size, size_t offset)
{
    const struct items all = {(const char *)items + offset, size};
    return nearest_of(name, count, &all, item_at);
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
