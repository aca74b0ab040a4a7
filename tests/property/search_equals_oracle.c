/* SPDX-License-Identifier: BSD-3-Clause */
/* The search gives what literal Algorithm 1 gives: the same plans with the same bits, the same reason where none is
 * feasible, the same size of the space. CS_PROPERTY_COUNT (20,000) random instances from CS_PROPERTY_SEED (1); a
 * failing one is shrunk and printed, and CS_PROPERTY_GENES runs it again. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exhaustive.h"
#include "instance.h"
#include "oracle.h"

enum { FOUND_MAX = 4096 };
static struct oracle_answer answers[ORACLE_ANSWERS];
static struct cs_search_result results[FOUND_MAX];

static void print_plan(const char *who, const struct cs_plan *plan, double seconds)
{
    printf("    %s: N %lld t %d p %d d %lld c %d e %d etp %d z %d recompute %d n %d b %d v %d schedule %d batch %lld: "
           "%a s\n",
           who, (long long)plan->devices, plan->tensor, plan->pipeline, (long long)plan->data, plan->context,
           plan->expert, plan->expert_tensor, plan->zero_stage, (int)plan->recompute, plan->recompute_layers,
           plan->micro_batch, plan->interleave, (int)plan->schedule, (long long)plan->global_batch, seconds);
}

static bool same_answer(const struct instance *instance, const struct oracle_answer *expected,
                        const struct cs_search_result *result, bool loud)
{
    const bool timed = instance->problem.law.tokens > 0.0;
    const double seconds = timed ? result->step.training_seconds : result->step.seconds;
    if (oracle_same_plan(&expected->plan, &result->plan) && same_bits(expected->seconds, seconds)) {
        return true;
    }
    if (loud) {
        print_plan("oracle", &expected->plan, expected->seconds);
        print_plan("search", &result->plan, seconds);
    }
    return false;
}

static int by_devices(const void *left, const void *right)
{
    const struct oracle_answer *const a = left;
    const struct oracle_answer *const b = right;
    if (a->plan.devices != b->plan.devices) {
        return a->plan.devices < b->plan.devices ? -1 : 1;
    }
    return a->seconds < b->seconds ? -1 : a->seconds > b->seconds;
}

static bool fail(bool loud, const char *what, double expected, double got)
{
    if (loud) {
        printf("    %s: oracle %.17g, search %.17g\n", what, expected, got);
    }
    return false;
}

static bool check_list(const struct instance *instance, const struct oracle *oracle, int32_t found, bool loud)
{
    if (found != oracle->found) {
        return fail(loud, "plans found", oracle->found, found);
    }
    for (int32_t i = 0; i < found; i++) {
        if (!same_answer(instance, &answers[i], &results[i], loud)) {
            return false;
        }
    }
    return true;
}

static bool check_result(const struct instance *instance, const struct oracle *oracle,
                         const struct cs_search_result *result, bool loud)
{
    if (result->status != oracle->status) {
        return fail(loud, "status", oracle->status, result->status);
    }
    /* With several wanted plans the oracle walks on past the first one's device count. */
    const bool counted = oracle->objective != CS_MIN_DEVICES || oracle->wanted == 1 || oracle->found == 0;
    if (counted && !same_bits(result->candidates, oracle->candidates)) {
        return fail(loud, "candidates", oracle->candidates, result->candidates);
    }
    if (!same_bits(result->candidates_at_answer, oracle->candidates_at_answer)) {
        return fail(loud, "candidates at the answer", oracle->candidates_at_answer, result->candidates_at_answer);
    }
    if (instance->wanted == 1 && (result->visited_at_answer > result->candidates_at_answer ||
                                  (oracle->objective != CS_MIN_DEVICES && result->visited > result->candidates))) {
        return fail(loud, "visited more than there are", result->candidates, result->visited);
    }
    return true;
}

static bool check_exhaustive(const struct instance *instance, struct cs_search_workspace *workspace,
                             const struct cs_search_result *result, bool loud)
{
    struct cs_plan plan;
    double seconds = 0.0;
    exhaustive_search(&instance->problem, &instance->space, result->plan.devices, result->plan.devices, workspace,
                      &seconds, &plan);
    const bool timed = instance->problem.law.tokens > 0.0;
    const double expected = timed ? result->step.training_seconds : result->step.seconds;
    if (oracle_same_plan(&plan, &result->plan) && same_bits(seconds, expected)) {
        return true;
    }
    if (loud) {
        print_plan("search", &result->plan, expected);
        print_plan("exhaustive", &plan, seconds);
    }
    return false;
}

/* Puts the deadline or the memory on an answer's own bits, or one bit below: what is just feasible, or just not. */
static void set_edge(struct instance *instance, const struct cs_plan *plan)
{
    struct cs_step step;
    cs_step_evaluate(&instance->problem, plan, &step);
    if (instance->edge <= 2 && instance->problem.law.tokens > 0.0) {
        instance->problem.deadline =
            instance->edge == 1 ? step.training_seconds : nextafter(step.training_seconds, 0.0);
    } else if (instance->edge > 2) {
        instance->problem.training.memory_margin_fraction = 0.0;
        instance->problem.device.hbm_capacity =
            instance->edge == 3 ? step.memory_bytes : nextafter(step.memory_bytes, 0.0);
    }
}

static bool equals(const struct instance *instance, struct cs_search_workspace *workspace, bool loud)
{
    struct oracle oracle = {
        .problem = &instance->problem,
        .space = &instance->space,
        .carbon = &instance->carbon,
        .objective = instance->objective,
        .place = instance->places[0],
        .front = instance->front,
        .wanted = instance->wanted,
        .answers = answers,
    };
    if (instance->front) {
        oracle_run(&oracle);
        qsort(answers, (size_t)oracle.found, sizeof *answers, by_devices);
        const int32_t found = cs_search_pareto(&instance->problem, &instance->space, &instance->carbon, &oracle.place,
                                               workspace, FOUND_MAX, results);
        return check_list(instance, &oracle, found, loud);
    }
    if (instance->regions) {
        cs_search_regions(&instance->problem, &instance->space, &instance->carbon, workspace, 3, instance->places,
                          results);
        oracle.wanted = 1;
        for (int32_t i = 0; i < 3; i++) {
            oracle.place = instance->places[i];
            oracle_run(&oracle);
            if (!check_result(instance, &oracle, &results[i], loud) ||
                (oracle.found > 0 && !same_answer(instance, &answers[0], &results[i], loud))) {
                return false;
            }
        }
        return true;
    }
    int32_t found = 0;
    oracle_run(&oracle);
    cs_search(&instance->problem, &instance->space, instance->objective, &instance->carbon, workspace, instance->wanted,
              results, &found);
    if (!check_result(instance, &oracle, &results[0], loud) || !check_list(instance, &oracle, found, loud)) {
        return false;
    }
    const bool fastest = instance->objective == CS_MIN_DEVICES || instance->space.given.devices > 0;
    return found == 0 || !fastest || check_exhaustive(instance, workspace, &results[0], loud);
}

static bool holds(struct instance *instance, struct cs_search_workspace *workspace, bool loud)
{
    if (!equals(instance, workspace, loud)) {
        return false;
    }
    /* results[0] is an answer of the search, which equalled the oracle's. */
    if (instance->edge == 0 || results[0].status != CS_STATUS_FEASIBLE) {
        return true;
    }
    set_edge(instance, &results[0].plan);
    return equals(instance, workspace, loud);
}

/* Makes every gene as small as the failure allows. */
static void shrink(struct instance *instance, struct cs_search_workspace *workspace)
{
    bool smaller = true;
    while (smaller) {
        smaller = false;
        for (int gene = 0; gene < GENE_COUNT; gene++) {
            const int32_t old = instance->genes[gene];
            const int32_t tries[] = {0, old / 2, old - 1};
            for (int i = 0; i < 3 && instance->genes[gene] == old; i++) {
                if (tries[i] < 0 || tries[i] >= old) {
                    continue;
                }
                instance->genes[gene] = tries[i];
                instance_build(instance);
                if (holds(instance, workspace, false)) {
                    instance->genes[gene] = old;
                } else {
                    smaller = true;
                }
            }
        }
    }
    instance_build(instance);
}

/* Instances that differed once. */
static const char *const found_before[] = {
    "layers=3 batch=8 steps=1 seq_len=1 objective=4 recompute=13 fix_micro_batch=2 attribution=1 even=1 overlap=3 "
    "edge=4",
};

int main(void)
{
    const int64_t count = instance_number("CS_PROPERTY_COUNT", 20000);
    uint64_t state = (uint64_t)instance_number("CS_PROPERTY_SEED", 1) ^ UINT64_C(0x9E3779B97F4A7C15);
    const char *const given = getenv("CS_PROPERTY_GENES");
    struct cs_search_workspace *const workspace = cs_search_workspace_create();
    struct instance *const instance = calloc(1, sizeof *instance);
    int64_t by_status[CS_STATUS_FAILED + 1] = {0};
    if (workspace == NULL || instance == NULL) {
        free(instance);
        cs_search_workspace_destroy(workspace);
        return 1;
    }
    bool good = true;
    /* Two processes share the instances, for there are two cores at least nearly everywhere. */
    const pid_t other = given == NULL ? fork() : -1;
    const int64_t half = other == 0 ? 1 : 0, step = other >= 0 ? 2 : 1;
    if (given != NULL) {
        good = instance_parse(given, instance) && holds(instance, workspace, true);
    }
    for (size_t i = 0; i < sizeof found_before / sizeof found_before[0] && good && given == NULL; i++) {
        good = instance_parse(found_before[i], instance) && holds(instance, workspace, true);
    }
    for (int64_t i = 0; i < count && good && given == NULL; i++) {
        instance_draw(&state, instance);
        if (i % step != half) {
            continue;
        }
        good = holds(instance, workspace, false);
        by_status[instance->front ? CS_STATUS_PENDING : results[0].status]++;
        if (!good) {
            printf("Instance %lld differs. Shrunk to CS_PROPERTY_GENES=\"", (long long)i);
            shrink(instance, workspace);
            instance_print(instance);
            holds(instance, workspace, true);
        }
    }
    if (given == NULL && good) {
        printf("feasible %lld, divisibility %lld, communication %lld, batch %lld, memory %lld, deadline %lld, fronts "
               "%lld\n",
               (long long)by_status[CS_STATUS_FEASIBLE], (long long)by_status[CS_STATUS_DIVISIBILITY],
               (long long)by_status[CS_STATUS_COMMUNICATION], (long long)by_status[CS_STATUS_BATCH],
               (long long)by_status[CS_STATUS_MEMORY], (long long)by_status[CS_STATUS_DEADLINE],
               (long long)by_status[CS_STATUS_PENDING]);
    }
    if (other > 0) {
        int status = 0;
        good = waitpid(other, &status, 0) == other && WIFEXITED(status) && WEXITSTATUS(status) == 0 && good;
    }
    if (other != 0) {
        printf("%d passed, %d failed\n", good ? 1 : 0, good ? 0 : 1);
    }
    free(instance);
    cs_search_workspace_destroy(workspace);
    return good ? 0 : 1;
}
