/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory and time of every candidate, pruning nothing: what the search is measured against. */
#ifndef CS_TESTS_EXHAUSTIVE_H
#define CS_TESTS_EXHAUSTIVE_H

#include "cs_sweep/search.h"

/* At the device counts low to high. Returns how many candidates these are, and the fastest that fits, whatever the
 * deadline: INFINITY if none. 0 candidates where memory runs out. */
double exhaustive_search(const struct cs_problem *problem, const struct cs_space *space, int64_t devices_low,
                         int64_t devices_high, struct cs_search_workspace *workspace, double *seconds,
                         struct cs_plan *plan);

#endif
