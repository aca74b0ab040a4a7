/* SPDX-License-Identifier: BSD-3-Clause */
#include "cs_sweep/plan.h"

#include <string.h>

#define LEAST_COUNT 1
#define LEAST_DEGREE 1
#define LEAST_LEVEL 0
#define LEAST_SWITCH 0
#define KNOB_ROW(member, kind, most, option, key, sign, shown, tie, file, words, meaning)                              \
    {#member,                                                                                                          \
     option,                                                                                                           \
     key,                                                                                                              \
     sign,                                                                                                             \
     words,                                                                                                            \
     meaning,                                                                                                          \
     CS_KNOB_##kind,                                                                                                   \
     shown,                                                                                                            \
     tie,                                                                                                              \
     LEAST_##kind,                                                                                                     \
     most,                                                                                                             \
     LEAST_##kind - 1,                                                                                                 \
     offsetof(struct cs_plan, member)},
static const struct cs_knob knobs[] = {CS_PLAN_KNOBS(KNOB_ROW)};
enum { KNOBS = sizeof knobs / sizeof knobs[0] };
_Static_assert((int)KNOBS <= (int)CS_KNOBS_MAX, "raise CS_KNOBS_MAX");

#define SIZE_OF(member, kind, most, option, key, sign, shown, tie, file, words, meaning)                               \
    +sizeof(((struct cs_plan *)0)->member)
_Static_assert(sizeof(struct cs_plan) == 0 CS_PLAN_KNOBS(SIZE_OF) + sizeof(int64_t),
               "a plan has padding, but plans are sent and compared as bytes: add an int32_t that stays 0 at its end");

const struct cs_knob *cs_knobs(int32_t *count)
{
    *count = KNOBS;
    return knobs;
}

const struct cs_knob *cs_knob_find(const char *name)
{
    for (int i = 0; i < KNOBS; i++) {
        if (strcmp(knobs[i].name, name) == 0) {
            return &knobs[i];
        }
    }
    return NULL;
}

int64_t cs_knob_get(const struct cs_plan *plan, const struct cs_knob *knob)
{
    const char *const at = (const char *)plan + knob->offset;
    int32_t narrow;
    if (knob->kind == CS_KNOB_COUNT) {
        int64_t wide;
        memcpy(&wide, at, sizeof wide);
        return wide;
    }
    memcpy(&narrow, at, sizeof narrow);
    return narrow;
}

void cs_knob_put(struct cs_plan *plan, const struct cs_knob *knob, int64_t value)
{
    char *const at = (char *)plan + knob->offset;
    if (knob->kind == CS_KNOB_COUNT) {
        memcpy(at, &value, sizeof value);
    } else {
        memcpy(at, &(int32_t){(int32_t)value}, sizeof(int32_t));
    }
}

void cs_plan_set_free(struct cs_plan *plan)
{
    memset(plan, 0, sizeof *plan);
    for (int i = 0; i < KNOBS; i++) {
        cs_knob_put(plan, &knobs[i], knobs[i].free);
    }
}

int cs_plan_order(const struct cs_plan *a, const struct cs_plan *b)
{
    for (int32_t tie = 1; tie <= KNOBS; tie++) {
        for (int i = 0; i < KNOBS; i++) {
            const int64_t left = cs_knob_get(a, &knobs[i]), right = cs_knob_get(b, &knobs[i]);
            if (knobs[i].tie == tie && left != right) {
                return left < right ? -1 : 1;
            }
        }
    }
    return 0;
}
