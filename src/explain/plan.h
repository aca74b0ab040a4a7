/* SPDX-License-Identifier: BSD-3-Clause */
/* A plan in words and in JSON, by the list of its knobs. */
#ifndef CS_EXPLAIN_PLAN_H
#define CS_EXPLAIN_PLAN_H

#include "cs_sweep/plan.h"
#include "json/write.h"

struct cs_plan_text {
    char at[192];
};
/* "t8 p4 d16 z1 b1 v1 full": each knob's sign and value. */
struct cs_plan_text cs_plan_describe(const struct cs_plan *plan);
/* A value of a knob: the word of a level, or the number. */
struct cs_plan_text cs_knob_value(const struct cs_knob *knob, int64_t value);
/* A member for each knob, by its name or by its key in a case file; and the number of micro-batches. */
void cs_plan_emit(struct cs_emit *emit, const struct cs_plan *plan, bool as_case);

#endif
