/* SPDX-License-Identifier: BSD-3-Clause */
/* How far the sweep is, on standard error of rank 0. */
#ifndef CS_SWEEP_PROGRESS_H
#define CS_SWEEP_PROGRESS_H

#include "cs_sweep/sweep.h"

struct cs_progress {
    bool bar, shown;
    double period, started, next; /* s; period 0: silent */
    int64_t total, before;        /* searches of the run; of them done before it started */
};

/* AUTO asks CS_PROGRESS (bar or line), then whether standard error is a terminal. */
void cs_progress_start(struct cs_progress *progress, const struct cs_sweep_options *options, int64_t total,
                       int64_t before);
/* done: searches; share: of the work, which is not that of the searches as the costliest go first. */
void cs_progress_show(struct cs_progress *progress, int64_t done, double share);
/* Ends the line of a bar, so that other messages start on their own. */
void cs_progress_clear(struct cs_progress *progress);

#endif
