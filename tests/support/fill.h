/* SPDX-License-Identifier: BSD-3-Clause */
/* Results without a search: a grid from a configuration's text, and records made up from a seed. */
#ifndef CS_TEST_FILL_H
#define CS_TEST_FILL_H

#include "cs_sweep/results.h"

struct cs_test_case {
    struct cs_bundle bundle;
    struct cs_config config;
    struct cs_grid grid;
};
/* Parses a configuration, with the data files of CS_SWEEP_DATA; ends the program with the message if it is wrong. */
struct cs_test_case *cs_test_case_create(const char *configuration);
void cs_test_case_destroy(struct cs_test_case *test);

/* Records of search `search`: feasible but for about one in eight, with values that are in the ranges that a plan's
 * have and use every bit of a double. The same for the same seed and search. */
void cs_test_records(const struct cs_grid *grid, uint64_t seed, int64_t search, struct cs_record *records);
/* Fills every search for which search % of != 0; of 0: all. */
struct cs_results *cs_test_results(const struct cs_grid *grid, uint64_t seed, int64_t of);
/* Writes the file to a path, which must not exist, without the names and locks of a run. */
enum cs_code cs_test_results_write(const struct cs_results *results, const char *path, const struct cs_run_info *info,
                                   struct cs_error *error);

/* A variable of result files by its name; ends the program where there is none. */
struct cs_variable;
const struct cs_variable *cs_test_variable(const char *name);

/* splitmix64 and a double in [0, 1) of it. */
uint64_t cs_test_random(uint64_t *state);
double cs_test_uniform(uint64_t *state);

/* A path in CS_TMP (or a folder of the program's own), in a buffer that the next but seven calls reuse. */
const char *cs_test_path(const char *name);
char *cs_test_read(const char *path, int64_t *size);
void cs_test_write(const char *path, const char *bytes, int64_t size);
bool cs_test_exists(const char *path);

#endif
