/* SPDX-License-Identifier: BSD-3-Clause */
#include "goal.h"

#include <math.h>
#include <stdlib.h>

static int answer_order(const struct cs_answer *a, const struct cs_answer *b)
{
    if (a->value != b->value) {
        return a->value < b->value ? -1 : 1;
    }
    if (a->plan.devices != b->plan.devices) {
        return a->plan.devices < b->plan.devices ? -1 : 1;
    }
    if (a->seconds != b->seconds) {
        return a->seconds < b->seconds ? -1 : 1;
    }
    return cs_plan_order(&a->plan, &b->plan);
}

/* All energy of N devices over T seconds is that of their power line (cs_power_line), N T u being the same for every
 * plan, since u is the share of the peak that the model's own operations take; of the rest of the servers
 * T ceil(N / n) >= N T / n. Embodied carbon is proportional to N T where it is amortised, else to N. `intensity` is the
 * value of one joule. */
static void carbon_floor(const struct cs_goal *goal, double intensity, bool embodied, struct cs_floor *floor)
{
    const struct cs_carbon_inputs *const inputs = goal->carbon;
    const struct cs_power_line line = cs_power_line(inputs, goal->step_only ? 1.0 : goal->problem->goodput);
    *floor = (struct cs_floor){
        .area = intensity * (line.fixed + line.beside),
        .constant = intensity * line.dynamic * cs_mfu(goal->problem, 1, 1.0),
        .most = intensity * (line.most + line.beside),
    };
    if (embodied && inputs->carbon.attribution == CS_ATTRIBUTION_FULL) {
        floor->device = cs_embodied_charged(inputs, 1, 1.0);
    } else if (embodied) {
        floor->area += cs_embodied_charged(inputs, 1, 1.0);
        floor->most += cs_embodied_charged(inputs, 1, 1.0);
    }
}

void cs_goal_start(struct cs_goal *goal)
{
    struct cs_price price;
    for (int32_t i = 0; i < goal->lists; i++) {
        goal->found[i] = 0;
        goal->floors[i] = (struct cs_floor){0.0, 0.0, 0.0, 0.0, 0.0};
        switch (goal->objective) {
        case CS_MIN_TIME:
            goal->floors[i].second = 1.0;
            break;
        case CS_MIN_ENERGY:
            carbon_floor(goal, 1.0, false, &goal->floors[i]);
            break;
        case CS_MIN_CARBON:
            /* kg per J of the devices at the wall */
            carbon_floor(goal, cs_operational_carbon(1.0, goal->places[i].pue, goal->places[i].g_per_kwh), true,
                         &goal->floors[i]);
            break;
        case CS_MIN_COST:
            price = cs_price_of(goal->carbon);
            carbon_floor(goal, price.joule, false, &goal->floors[i]);
            goal->floors[i].area += price.device_second;
            goal->floors[i].most += price.device_second;
            break;
        case CS_MIN_DEVICES:
        default:
            goal->floors[i].device = 1.0;
            break;
        }
    }
}

static double least_value(const struct cs_floor *floor, double devices, double seconds, double area)
{
    const double of_area = fmin(floor->area * area + floor->constant, floor->most * area);
    return of_area + floor->device * devices + floor->second * seconds;
}

double cs_goal_seconds(const struct cs_goal *goal, int64_t batch, double step_seconds)
{
    return goal->step_only ? step_seconds : cs_training_seconds(goal->problem, batch, step_seconds);
}

/* How many members have at most so many devices. */
static int64_t members_up_to(const struct cs_front *front, double devices)
{
    int64_t low = 0;
    int64_t high = front->count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if ((double)front->members[middle].plan.devices <= devices) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Some member with no more devices has less time than `seconds` and less carbon than the floor. From the member with
 * the most devices down seconds only rise (goal.h), so the walk ends at the first that is not faster. */
static bool front_rejects(const struct cs_goal *goal, double devices, double seconds, double area)
{
    const double safe = 1.0 - CS_BOUND_SLACK;
    const struct cs_floor *const floor = &goal->floors[0];
    const double carbon = least_value(floor, devices, seconds, area);
    const struct cs_answer *const members = goal->front->members;
    for (int64_t i = members_up_to(goal->front, devices) - 1; i >= 0 && members[i].seconds < seconds * safe; i--) {
        if (members[i].value < carbon * safe) {
            return true;
        }
    }
    return false;
}

bool cs_goal_rejects(const struct cs_goal *goal, double devices, double seconds, double area)
{
    const double safe = 1.0 - CS_BOUND_SLACK;
    if (seconds * safe > goal->deadline) {
        return true;
    }
    if (goal->front != NULL) {
        return front_rejects(goal, devices, seconds, area);
    }
    for (int32_t i = 0; i < goal->lists; i++) {
        if (goal->found[i] < goal->wanted) {
            return false;
        }
        const struct cs_answer *const last = &goal->answers[(i + 1) * goal->wanted - 1];
        if (goal->objective == CS_MIN_DEVICES) {
            /* Device counts are whole and exact: a plan with more than the last one kept loses, and one with as many
             * can win by its time only. */
            if (devices < last->value || (devices <= last->value && seconds * safe <= last->seconds)) {
                return false;
            }
            continue;
        }
        if (least_value(&goal->floors[i], devices, seconds, area) * safe <= last->value) {
            return false;
        }
    }
    return true;
}

/* What a list judges a plan by. The footprint has been computed if the objective reads it. */
static double value_of(const struct cs_goal *goal, int32_t list, int64_t devices, double seconds,
                       struct cs_footprint *footprint)
{
    switch (goal->objective) {
    case CS_MIN_TIME:
        return seconds;
    case CS_MIN_ENERGY:
        return footprint->energy + footprint->energy_servers + footprint->energy_network;
    case CS_MIN_CARBON:
        cs_footprint_at(&goal->places[list], footprint);
        return footprint->total;
    case CS_MIN_COST:
        return footprint->cost;
    case CS_MIN_DEVICES:
    default:
        return (double)devices;
    }
}

/* a is as good as b in all three and better in one, or equal in all and first in the order of plans. */
static bool beats(const struct cs_answer *a, const struct cs_answer *b)
{
    if (a->plan.devices > b->plan.devices || a->seconds > b->seconds || a->value > b->value) {
        return false;
    }
    return a->plan.devices < b->plan.devices || a->seconds < b->seconds || a->value < b->value ||
           cs_plan_order(&a->plan, &b->plan) < 0;
}

static void enter_front(struct cs_front *front, const struct cs_answer *answer)
{
    for (int64_t i = 0; i < front->count; i++) {
        if (beats(&front->members[i], answer)) {
            return;
        }
    }
    int64_t kept = 0;
    for (int64_t i = 0; i < front->count; i++) {
        if (!beats(answer, &front->members[i])) {
            front->members[kept++] = front->members[i];
        }
    }
    front->count = kept;
    if (front->count == front->capacity) {
        const int64_t capacity = 2 * front->capacity + 64;
        struct cs_answer *const larger =
            capacity <= CS_FRONT_MAX ? realloc(front->members, (size_t)capacity * sizeof *larger) : NULL;
        if (larger == NULL) {
            front->failed = true;
            return;
        }
        front->members = larger;
        front->capacity = capacity;
    }
    int64_t place = front->count++;
    for (; place > 0 && (front->members[place - 1].plan.devices > answer->plan.devices ||
                         (front->members[place - 1].plan.devices == answer->plan.devices &&
                          front->members[place - 1].seconds > answer->seconds));
         place--) {
        front->members[place] = front->members[place - 1];
    }
    front->members[place] = *answer;
}

void cs_goal_offer(struct cs_goal *goal, const struct cs_plan *plan, double seconds)
{
    if (!(seconds <= goal->deadline) ||
        cs_goal_rejects(goal, (double)plan->devices, seconds, (double)plan->devices * seconds)) {
        return;
    }
    struct cs_footprint footprint = {0};
    if (goal->objective == CS_MIN_ENERGY || goal->objective == CS_MIN_CARBON || goal->objective == CS_MIN_COST) {
        const double idle = goal->step_only ? 0.0 : seconds * (1.0 - goal->problem->goodput);
        cs_footprint_of(goal->carbon, plan->devices, seconds, idle, cs_mfu(goal->problem, plan->devices, seconds),
                        &footprint);
    }
    if (goal->front != NULL) {
        const struct cs_answer answer = {value_of(goal, 0, plan->devices, seconds, &footprint), seconds, *plan};
        enter_front(goal->front, &answer);
        return;
    }
    for (int32_t i = 0; i < goal->lists; i++) {
        struct cs_answer *const list = &goal->answers[i * goal->wanted];
        const struct cs_answer answer = {value_of(goal, i, plan->devices, seconds, &footprint), seconds, *plan};
        int32_t place = goal->found[i];
        while (place > 0 && answer_order(&answer, &list[place - 1]) < 0) {
            place--;
        }
        if (place == goal->wanted || (place > 0 && answer_order(&answer, &list[place - 1]) == 0)) {
            continue; /* behind the last of a full list, or the same plan as one that is there */
        }
        const int32_t kept = goal->found[i] < goal->wanted ? goal->found[i]++ : goal->wanted - 1;
        for (int32_t k = kept; k > place; k--) {
            list[k] = list[k - 1];
        }
        list[place] = answer;
    }
}
