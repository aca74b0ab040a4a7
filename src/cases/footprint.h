/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CS_CASES_FOOTPRINT_H
#define CS_CASES_FOOTPRINT_H

#include "cs_sweep/cases.h"

/* The value of a metric of power, energy or embodied carbon, for a plan and its step. `utilisation` is the predicted
 * share of the 16-bit peak in a step, which counts where the case states none. */
double cs_case_footprint(const struct cs_case *item, const struct cs_problem *problem, const struct cs_config *config,
                         const struct cs_plan *plan, const struct cs_step *step, double utilisation);

#endif
