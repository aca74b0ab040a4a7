/* SPDX-License-Identifier: BSD-3-Clause */
/* cs_search_pair gives what the two searches that it stands for give, each run alone in a workspace of its own: the
 * same plans with the same bits, reasons and counts of candidates. CS_PROPERTY_COUNT (5,000) random instances from
 * CS_PROPERTY_SEED (1); CS_PROPERTY_GENES runs a printed one again. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instance.h"
#include "oracle.h"

enum { WANTED_MAX = 101 };

/* Of the pair, and of the two. */
struct answers {
    struct cs_search_result best[WANTED_MAX], least;
    int32_t found;
};
static struct answers pair, single;

struct benches {
    struct cs_search_workspace *pair, *devices, *carbon;
};

static bool same_result(const struct cs_search_result *expected, const struct cs_search_result *got, const char *what,
                        bool loud)
{
    const bool feasible = expected->status == CS_STATUS_FEASIBLE;
    const bool same = expected->status == got->status && oracle_same_plan(&expected->plan, &got->plan) &&
                      same_bits(expected->candidates, got->candidates) &&
                      same_bits(expected->candidates_at_answer, got->candidates_at_answer) &&
                      (!feasible || (same_bits(expected->step.seconds, got->step.seconds) &&
                                     same_bits(expected->step.training_seconds, got->step.training_seconds) &&
                                     same_bits(expected->step.memory_bytes, got->step.memory_bytes)));
    if (!same && loud) {
        printf("    %s: alone status %d, devices %lld, %a s, %.17g candidates; in the pair status %d, devices %lld, "
               "%a s, %.17g candidates\n",
               what, (int)expected->status, (long long)expected->plan.devices, expected->step.seconds,
               expected->candidates, (int)got->status, (long long)got->plan.devices, got->step.seconds,
               got->candidates);
    }
    return same;
}

static bool equals(const struct instance *instance, const struct benches *benches, bool loud)
{
    const struct cs_place *const place = &instance->places[instance->genes[GENE_objective] % 3];
    cs_search_pair(&instance->problem, &instance->space, &instance->carbon, place, benches->pair, instance->wanted,
                   pair.best, &pair.found, &pair.least);
    cs_search(&instance->problem, &instance->space, CS_MIN_DEVICES, &instance->carbon, benches->devices,
              instance->wanted, single.best, &single.found);
    cs_search_regions(&instance->problem, &instance->space, &instance->carbon, benches->carbon, 1, place,
                      &single.least);
    if (pair.found != single.found) {
        if (loud) {
            printf("    plans found: alone %d, in the pair %d\n", single.found, pair.found);
        }
        return false;
    }
    for (int32_t i = 0; i < (single.found > 0 ? single.found : 1); i++) {
        if (!same_result(&single.best[i], &pair.best[i], "fewest devices", loud)) {
            return false;
        }
    }
    return same_result(&single.least, &pair.least, "least carbon", loud);
}

/* The deadline is the time of one of the two answers, or just below it. */
static void set_edge(struct instance *instance)
{
    const struct cs_search_result *const answer = instance->edge > 2 ? &pair.least : &pair.best[0];
    const double seconds = answer->step.training_seconds;
    if (instance->problem.law.tokens > 0.0) {
        instance->problem.deadline = instance->edge % 2 == 1 ? seconds : nextafter(seconds, 0.0);
    }
}

static bool holds(struct instance *instance, const struct benches *benches, bool loud)
{
    if (!equals(instance, benches, loud)) {
        return false;
    }
    if (instance->edge == 0 || pair.best[0].status != CS_STATUS_FEASIBLE) {
        return true;
    }
    set_edge(instance);
    return equals(instance, benches, loud);
}

static bool run_all(struct instance *instance, const struct benches *benches)
{
    const int64_t count = instance_number("CS_PROPERTY_COUNT", 5000);
    uint64_t state = (uint64_t)instance_number("CS_PROPERTY_SEED", 1) ^ UINT64_C(0x9E3779B97F4A7C15);
    int64_t feasible = 0, apart = 0;
    const char *const given = getenv("CS_PROPERTY_GENES");
    if (given != NULL) {
        return instance_parse(given, instance) && holds(instance, benches, true);
    }
    for (int64_t i = 0; i < count; i++) {
        instance_draw(&state, instance);
        if (!holds(instance, benches, false)) {
            printf("Instance %lld differs: CS_PROPERTY_GENES=\"", (long long)i);
            instance_print(instance);
            instance_build(instance);
            holds(instance, benches, true);
            return false;
        }
        if (pair.best[0].status == CS_STATUS_FEASIBLE) {
            feasible++;
            apart += oracle_same_plan(&pair.best[0].plan, &pair.least.plan) ? 0 : 1;
        }
    }
    /* Else the instances would say nothing about a pair. */
    printf("feasible %lld, two plans that differ %lld\n", (long long)feasible, (long long)apart);
    return apart > feasible / 100 || count < 1000;
}

int main(void)
{
    const struct benches benches = {cs_search_workspace_create(), cs_search_workspace_create(),
                                    cs_search_workspace_create()};
    struct instance *const instance = calloc(1, sizeof *instance);
    const bool good = benches.pair != NULL && benches.devices != NULL && benches.carbon != NULL && instance != NULL &&
                      run_all(instance, &benches);
    printf("%d passed, %d failed\n", good ? 1 : 0, good ? 0 : 1);
    free(instance);
    cs_search_workspace_destroy(benches.pair);
    cs_search_workspace_destroy(benches.devices);
    cs_search_workspace_destroy(benches.carbon);
    return good ? 0 : 1;
}
