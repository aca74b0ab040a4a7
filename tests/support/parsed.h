/* SPDX-License-Identifier: BSD-3-Clause */
/* Configurations as the tests of what comes after them want them: read and parsed. */
#ifndef CS_TESTS_PARSED_H
#define CS_TESTS_PARSED_H

#include "cs_sweep/design.h"

/* A copy on the heap, as a bundle holds its texts; the test ends where there is no memory. */
char *cs_test_copy(const char *text);

/* Parses a text (NULL: the defaults, one point) under count assignments of --set. The test ends where that fails. Both
 * are the caller's to free. */
void cs_test_parse(const char *text, int32_t count, const char *const *sets, struct cs_bundle *bundle,
                   struct cs_config *config);

/* The grid of the defaults (one point: d_model 10240, H100, year 0, no QAT, us-east5) under these --set, of which a
 * NULL ends the list. What bundle and config held is freed first. */
enum { CS_TEST_SETS = 8 };
void cs_test_grid(const char *const sets[CS_TEST_SETS], struct cs_bundle *bundle, struct cs_config *config,
                  struct cs_grid *grid);

#endif
