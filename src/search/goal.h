/* SPDX-License-Identifier: BSD-3-Clause */
/* What a search wants: the best plans so far, in one list for each region (else in one list), and which plans cannot
 * enter a list any more. */
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

/* With A for devices * seconds no plan has a value below
 *   min(area A + constant, most A) + device * devices + second * seconds. */
struct cs_floor {
    double area, constant, most, device, second;
};

enum { CS_FRONT_MAX = 1 << 20 };
/* The Pareto front so far: no member beats another in devices, seconds and carbon together. It is sorted by devices,
 * and seconds fall along it, as a plan with more devices and more time has more carbon. */
struct cs_front {
    int64_t count, capacity;
    struct cs_answer *members; /* value: carbon */
    bool failed;               /* no memory, or CS_FRONT_MAX reached */
};

struct cs_goal {
    enum cs_objective objective;
    struct cs_front *front; /* not NULL: plans enter it instead of the lists, by min_carbon's value at places[0] */
    const struct cs_problem *problem;
    const struct cs_carbon_inputs *carbon; /* min_energy, min_carbon, min_cost */
    double deadline;                       /* s; INFINITY under min_time */
    bool step_only;                        /* the problem has no token count: seconds are those of one step */
    int32_t lists, wanted;
    const struct cs_place *places; /* per list, min_carbon */
    struct cs_floor *floors;       /* per list */
    int32_t *found;                /* per list */
    struct cs_answer *answers;     /* lists * wanted, each list sorted */
};

void cs_goal_start(struct cs_goal *goal);
/* Seconds that a plan is judged by. */
double cs_goal_seconds(const struct cs_goal *goal, int64_t batch, double step_seconds);
/* No plan with at least these devices, seconds and device-seconds (area) meets the deadline and enters a list. */
bool cs_goal_rejects(const struct cs_goal *goal, double devices, double seconds, double area);
/* The most devices with which a plan can still enter the list of min_devices; INT64_MAX: any number. */
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
