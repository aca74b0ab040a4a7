/* SPDX-License-Identifier: BSD-3-Clause */
/* The paper's Algorithm 1, word for word: what the search must equal, plan and bits. Slow by intent. */
#ifndef CS_TESTS_ORACLE_H
#define CS_TESTS_ORACLE_H

#include <stdint.h>
#include <string.h>

#include "cs_sweep/search.h"

struct oracle_answer {
    double value; /* of the objective */
    double seconds;
    struct cs_plan plan;
};

struct oracle {
    const struct cs_problem *problem;
    const struct cs_space *space;
    const struct cs_carbon_inputs *carbon;
    enum cs_objective objective;
    struct cs_place place; /* min_carbon, and the front */
    bool front;            /* keep the Pareto front of devices, seconds and carbon instead of the best `wanted` */
    int32_t wanted;        /* at most ORACLE_ANSWERS */
    enum cs_status status; /* out: feasible, or the furthest gate that a candidate reached */
    int32_t found;         /* out */
    double candidates;     /* out: those that reached the memory gate */
    double candidates_at_answer;
    struct oracle_answer *answers; /* room for ORACLE_ANSWERS */
};
enum { ORACLE_ANSWERS = 4096 };

void oracle_run(struct oracle *oracle);
/* Keeps a feasible plan if it is among the best, or on the front (oracle_answers.c). */
void oracle_keep(struct oracle *oracle, const struct cs_plan *plan, double seconds);
bool oracle_same_plan(const struct cs_plan *a, const struct cs_plan *b);

static inline bool same_bits(double a, double b)
{
    uint64_t x, y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    return x == y;
}

#endif
