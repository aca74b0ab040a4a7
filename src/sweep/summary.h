/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run says about itself: before it starts, and at its end. */
#ifndef CS_SWEEP_SUMMARY_H
#define CS_SWEEP_SUMMARY_H

#include "run.h"

/* Standard output: shape, searches, points, memory, file. */
void cs_dry_run_print(const struct cs_run *run);
/* Standard error: what was swept, how long it took, carbon near 1T parameters, what was infeasible, where the file
 * is. */
void cs_summary_print(const struct cs_run *run, const struct cs_results *results,
                      const struct cs_statistics *statistics, const char *path);
/* JSON of the counters into the file that CS_STATISTICS names, if it does. */
enum cs_code cs_statistics_write(const struct cs_grid *grid, const struct cs_statistics *statistics,
                                 struct cs_error *error);

#endif
