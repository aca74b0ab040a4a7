/* SPDX-License-Identifier: BSD-3-Clause */
/* Which plans the oracle keeps, and in which order. */
#include "oracle.h"

static double value_of(const struct oracle *oracle, int64_t devices, double seconds)
{
    if (oracle->objective == CS_MIN_DEVICES) {
        return (double)devices;
    }
    if (oracle->objective == CS_MIN_TIME) {
        return seconds;
    }
    const double utilisation = cs_mfu(oracle->problem, devices, seconds);
    const bool step_only = !(oracle->problem->law.tokens > 0.0);
    struct cs_footprint carbon;
    cs_footprint_of(oracle->carbon, devices, seconds, step_only ? 0.0 : seconds * (1.0 - oracle->problem->goodput),
                    utilisation, &carbon);
    if (oracle->objective == CS_MIN_ENERGY) {
        return carbon.energy + carbon.energy_servers + carbon.energy_network;
    }
    if (oracle->objective == CS_MIN_COST) {
        return carbon.cost;
    }
    cs_footprint_at(&oracle->place, &carbon);
    return carbon.total;
}

#define LESS_FIRST(member)                                                                                             \
    if (a->plan.member != b->plan.member) {                                                                            \
        return a->plan.member < b->plan.member;                                                                        \
    }

static bool tie_before(const struct oracle_answer *a, const struct oracle_answer *b)
{
    LESS_FIRST(tensor)
    LESS_FIRST(pipeline)
    LESS_FIRST(expert)
    LESS_FIRST(expert_tensor)
    LESS_FIRST(zero_stage)
    LESS_FIRST(recompute)
    LESS_FIRST(recompute_layers)
    LESS_FIRST(micro_batch)
    LESS_FIRST(interleave)
    LESS_FIRST(schedule)
    LESS_FIRST(context)
    LESS_FIRST(offload)
    return false;
}

static bool before(const struct oracle_answer *a, const struct oracle_answer *b)
{
    if (a->value != b->value) {
        return a->value < b->value;
    }
    LESS_FIRST(devices)
    if (a->seconds != b->seconds) {
        return a->seconds < b->seconds;
    }
    return tie_before(a, b);
}

static bool dominates(const struct oracle_answer *a, const struct oracle_answer *b)
{
    if (a->plan.devices > b->plan.devices || a->seconds > b->seconds || a->value > b->value) {
        return false;
    }
    return a->plan.devices < b->plan.devices || a->seconds < b->seconds || a->value < b->value || tie_before(a, b);
}

static void keep_front(struct oracle *oracle, const struct oracle_answer *answer)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < oracle->found; i++) {
        if (dominates(&oracle->answers[i], answer)) {
            return;
        }
    }
    for (int32_t i = 0; i < oracle->found; i++) {
        if (!dominates(answer, &oracle->answers[i])) {
            oracle->answers[kept++] = oracle->answers[i];
        }
    }
    if (kept < ORACLE_ANSWERS) {
        oracle->answers[kept++] = *answer;
    }
    oracle->found = kept;
}

static void keep_best(struct oracle *oracle, const struct oracle_answer *answer)
{
    int32_t place = oracle->found;
    while (place > 0 && before(answer, &oracle->answers[place - 1])) {
        place--;
    }
    if (place == oracle->wanted) {
        return;
    }
    if (oracle->found < oracle->wanted) {
        oracle->found++;
    }
    for (int32_t i = oracle->found - 1; i > place; i--) {
        oracle->answers[i] = oracle->answers[i - 1];
    }
    oracle->answers[place] = *answer;
}

void oracle_keep(struct oracle *oracle, const struct cs_plan *plan, double seconds)
{
    const struct oracle_answer answer = {value_of(oracle, plan->devices, seconds), seconds, *plan};
    if (oracle->front) {
        keep_front(oracle, &answer);
    } else {
        keep_best(oracle, &answer);
    }
}
