/* SPDX-License-Identifier: BSD-3-Clause */
/* From a case to the software that ran it. */
#ifndef CS_CASES_STACK_H
#define CS_CASES_STACK_H

#include "cs_sweep/cases.h"

/* Puts the stack of a run into its training, and the attention kernel that its source states: the one place that
 * decides for a case that names no stack. */
void cs_case_stack(const struct cs_case *item, enum cs_device_kind kind, struct cs_training *training);
/* Bytes of an element that its software dispatches to experts. */
double cs_case_dispatch_bytes(const struct cs_case *item);
/* What its software did with a mixture's tokens and experts. */
void cs_case_mixture(const struct cs_case *item, struct cs_problem *problem, struct cs_space *space);

#endif
