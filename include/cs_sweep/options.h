/* SPDX-License-Identifier: BSD-3-Clause */
/* The command lines of the programs: one row for each option, "--name value" or "--name=value". "--" ends the options
 * and "-h" is "--help". Nothing is printed and nothing ends the program. */
#ifndef CS_SWEEP_OPTIONS_H
#define CS_SWEEP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "cs_sweep/error.h"

enum { CS_TEXTS_MAX = 1024 };
struct cs_texts {
    int32_t count;
    const char *at[CS_TEXTS_MAX];
};

/* What an option is follows from the one pointer that its row sets: where its value goes. */
struct cs_option {
    const char *name;      /* "--model" */
    bool *flag;            /* takes no value */
    const char **text;     /* any text but the empty one; the last one given counts */
    struct cs_texts *list; /* the same, repeatable */
    int64_t *count;        /* a whole number in [low, high]; 1e12 is one */
    int32_t *small;        /* the same */
    double *number;        /* a number in [low, high] */
    int32_t *choice;       /* index of the value in `names` */
    double low, high;
    const char *names;                /* "a|b|c" */
    bool (*passes)(const char *text); /* what else a text must be; NULL: nothing */
    const char *expected;             /* for messages; NULL: said by the kind, low, high and names */
};

/* "path=value", as --set takes it. */
#define CS_EXPECTED_ASSIGNMENT "path=value, such as carbon.pue=1.2"
bool cs_is_assignment(const char *text);

/* argv[0] does not count. What is no option goes into `words`. CS_ERROR_USAGE with a message that names the option and
 * what was expected, or the nearest option that there is; `program` names whose --help says more. */
enum cs_code cs_options_parse(const char *program, int argc, char **argv, int32_t count,
                              const struct cs_option *options, struct cs_texts *words, struct cs_error *error);

#endif
