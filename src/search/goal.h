/* SPDX-License-Identifier: BSD-3-Clause */
/* What a search wants: the best plans so far, one list per objective or region, and what cannot enter them any more. */
#ifndef CS_SEARCH_GOAL_H
#define CS_SEARCH_GOAL_H

#include <stddef.h>

#include "cs_sweep/search.h"

/* Bounds are compared with this relative slack on the safe side: they are sums and products of at most a few hundred
 * rounded operations, each within 2^-53, so a bound can lie above the time that it bounds by 1e-13 of it, not by
 * 1e-9. */
#define CS_BOUND_SLACK 1e-9

struct cs_answer {
    double value; /* of the objective; then devices, seconds, and the plan's degrees decide */
    double seconds;
    struct cs_plan plan;
};

/* Every value is at least area * devices * seconds + device * devices + second * seconds + constant. */
struct cs_floor {
    double area, device, second, constant;
};

enum { CS_FRONT_MAX = 1 << 20 };
/* Plans that no other one beats in devices, seconds and carbon together; sorted by devices, seconds falling. */
struct cs_front {
    int64_t count, capacity;
    struct cs_answer *members; /* value: carbon */
    bool failed;               /* no memory, or CS_FRONT_MAX reached */
};

struct cs_goal {
    enum cs_objective objective;
    struct cs_front *front; /* instead of the lists: the Pareto front under min_carbon's first list */
    const struct cs_problem *problem;
    const struct cs_carbon_inputs *carbon; /* min_energy, min_carbon */
    double deadline;                       /* s; INFINITY under min_time */
    bool step_only;                        /* no token count: times are of a step */
    int32_t lists, wanted;
    const struct cs_place *places; /* per list, min_carbon */
    struct cs_floor *floors;       /* per list */
    int32_t *found;                /* per list */
    struct cs_answer *answers;     /* lists * wanted, each list sorted */
};

void cs_goal_start(struct cs_goal *goal);
/* Seconds that a plan is judged by. */
double cs_goal_seconds(const struct cs_goal *goal, int64_t batch, double step_seconds);
/* True if no plan with at least these devices, seconds and device-seconds can meet the deadline and enter a list. */
bool cs_goal_rejects(const struct cs_goal *goal, double devices, double seconds, double area);
/* No plan with more devices can enter a list; INT64_MAX while some may. */
static inline int64_t cs_goal_devices_limit(const struct cs_goal *goal)
{
    if (goal->front != NULL || goal->objective != CS_MIN_DEVICES || goal->found[0] < goal->wanted) {
        return INT64_MAX;
    }
    return goal->answers[goal->wanted - 1].plan.devices;
}
/* Enters a plan that fits in memory, if it is good enough. */
void cs_goal_offer(struct cs_goal *goal, const struct cs_plan *plan, double seconds);
#endif
