/* SPDX-License-Identifier: BSD-3-Clause */
/* A plan in words and in JSON, by the list of its knobs. */
#include "plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct cs_plan_text cs_knob_value(const struct cs_knob *knob, int64_t value)
{
    struct cs_plan_text text = {""};
    if (knob->words != NULL) {
        (void)cs_choice_name(knob->words, (int32_t)value, text.at, sizeof text.at);
    } else {
        (void)snprintf(text.at, sizeof text.at, "%" PRId64, value);
    }
    return text;
}

struct cs_plan_text cs_plan_describe(const struct cs_plan *plan)
{
    struct cs_plan_text text = {""};
    size_t used = 0;
    int32_t count = 0;
    const struct cs_knob *const knobs = cs_knobs(&count);
    for (int32_t i = 0; i < count; i++) {
        const int64_t value = cs_knob_get(plan, &knobs[i]);
        if (knobs[i].sign != NULL && value >= knobs[i].shown && used < sizeof text.at) {
            used += (size_t)snprintf(text.at + used, sizeof text.at - used, "%s%s%s", used > 0 ? " " : "",
                                     knobs[i].sign, cs_knob_value(&knobs[i], value).at);
        }
    }
    return text;
}

void cs_plan_emit(struct cs_emit *emit, const struct cs_plan *plan, bool as_case)
{
    int32_t count = 0;
    const struct cs_knob *const knobs = cs_knobs(&count);
    for (int32_t i = 0; i < count; i++) {
        const char *const key = as_case && knobs[i].key != NULL ? knobs[i].key : knobs[i].name;
        const int64_t value = cs_knob_get(plan, &knobs[i]);
        if (knobs[i].kind == CS_KNOB_SWITCH) {
            cs_emit_bool(emit, key, value != 0);
        } else if (knobs[i].words != NULL) {
            cs_emit_text(emit, key, cs_knob_value(&knobs[i], value).at);
        } else {
            cs_emit_integer(emit, key, value);
        }
    }
    cs_emit_integer(emit, "micro_batches", plan->micro_batches);
}
