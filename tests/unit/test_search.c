/* SPDX-License-Identifier: BSD-3-Clause */
/* The search beyond what tests/property covers: large sizes, odd degrees, floors, alternatives, objectives, reuse. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/search.h"
#include "exhaustive.h"
#include "instance.h"
#include "oracle.h"
#include "search/space.h"
#include "suite.h"

static struct cs_search_workspace *workspace;
static struct instance *instance;

static void setup(void)
{
    workspace = cs_search_workspace_create();
    instance = calloc(1, sizeof *instance);
    ck_assert_ptr_nonnull(workspace);
    ck_assert_ptr_nonnull(instance);
}

static void teardown(void)
{
    cs_search_workspace_destroy(workspace);
    free(instance);
}

/* A model of the scaling law on a plain device of 192 GB with 8 to a node. */
static void scaled(double d_model, double speed)
{
    struct cs_settings settings;
    struct cs_architecture model;
    struct cs_law law;
    ck_assert(instance_parse("", instance));
    cs_settings_default(&settings);
    cs_architecture_from_d_model(&settings.scaling_law, (int64_t)d_model, &model);
    cs_law_evaluate(&settings.scaling_law, &settings.training, &model, true, 0.0, &law);
    struct cs_device device = instance->problem.device;
    device.peak_flops = 2e15 * speed;
    device.hbm_bandwidth = 8e12 * speed;
    device.link_bandwidth = 1.8e12 * speed;
    device.scale_out_bandwidth = 5e10 * speed;
    device.hbm_capacity = 192.0 * 1073741824.0 * speed;
    cs_problem_init(&instance->problem, &model, &law, &device, &instance->problem.precision, &settings.training);
    cs_space_set_free(&settings.search, &instance->space);
}

static int32_t search(enum cs_objective objective, int32_t wanted, struct cs_search_result *best)
{
    int32_t found = 0;
    cs_search(&instance->problem, &instance->space, objective, &instance->carbon, workspace, wanted, best, &found);
    return found;
}

/* Millions of devices and trillions of parameters: products beyond 32 bits. A plan found is a plan: its degrees
 * multiply to its devices, its batch is whole, it fits and is in time. */
START_TEST(sizes_beyond_32_bits)
{
    static const double speeds[] = {0.25, 1.0, 4.0, 16.0};
    struct cs_search_result best;
    int32_t feasible = 0;
    for (int i = 0; i < 4; i++) {
        scaled(24576.0, speeds[i]);
        ck_assert_int_gt(cs_devices_maximum(&instance->problem, &instance->space), 1000000);
        feasible += search(CS_MIN_DEVICES, 1, &best);
        ck_assert_double_gt(best.candidates, 1e5);
        if (best.status != CS_STATUS_FEASIBLE) {
            ck_assert(best.status == CS_STATUS_MEMORY || best.status == CS_STATUS_DEADLINE);
            continue;
        }
        const struct cs_plan *const plan = &best.plan;
        ck_assert_int_eq(plan->devices, plan->data * plan->tensor * plan->pipeline * plan->context);
        ck_assert_int_eq(plan->global_batch, plan->micro_batches * plan->data * plan->micro_batch);
        ck_assert_int_ge(plan->devices, cs_devices_minimum(&instance->problem));
        ck_assert_double_le(best.step.training_seconds, instance->problem.deadline);
        ck_assert_double_le(best.step.memory_bytes, cs_memory_limit(&instance->problem));
        ck_assert_double_lt(best.visited_at_answer, best.candidates_at_answer);
    }
    ck_assert_int_gt(feasible, 0);
}
END_TEST

/* Devices without end, tokens without end, no deadline, no memory: an answer or a reason, at once. */
START_TEST(extreme_sizes_end)
{
    struct cs_search_result best;
    scaled(24576.0, 1.0);
    instance->problem.law.tokens = 1e30;
    instance->problem.law.compute = 6.0 * instance->problem.law.parameters_active * 1e30;
    instance->problem.law.critical_sequences = INT64_C(1) << 50;
    ck_assert_int_eq(cs_devices_maximum(&instance->problem, &instance->space), INT64_C(1) << 60);
    search(CS_MIN_DEVICES, 1, &best);
    ck_assert(best.status == CS_STATUS_DEADLINE || best.status == CS_STATUS_MEMORY);

    scaled(4096.0, 1.0);
    instance->problem.deadline = (double)INFINITY;
    ck_assert_int_eq(search(CS_MIN_DEVICES, 1, &best), 1);
    ck_assert_int_eq(cs_devices_minimum(&instance->problem), 1);

    scaled(4096.0, 1.0);
    instance->problem.device.hbm_capacity = 1.0;
    search(CS_MIN_DEVICES, 1, &best);
    ck_assert_int_eq(best.status, CS_STATUS_MEMORY);

    scaled(4096.0, 1.0);
    instance->problem.deadline = 1.0;
    search(CS_MIN_DEVICES, 1, &best);
    ck_assert_int_eq(best.status, CS_STATUS_BATCH); /* N_min is above what the critical batch feeds */
    instance->space.given.devices = 40;             /* five experts want a multiple of five */
    search(CS_MIN_DEVICES, 1, &best);
    ck_assert_int_eq(best.status, CS_STATUS_DEADLINE);
}
END_TEST

/* The tensor degrees of a scale-up domain are its divisors and its multiples, each once and in order. */
START_TEST(tensor_degrees_tile_the_domain)
{
    static const int32_t domains[] = {1, 2, 7, 8, 12, 36, 49, 64, 72, 97, 360, 576, 1000, 8960};
    for (size_t i = 0; i < sizeof domains / sizeof domains[0]; i++) {
        for (int strict = 0; strict < 2; strict++) {
            struct cs_choices choices;
            scaled(4096.0, 1.0);
            instance->problem.device.domain = domains[i];
            instance->space.settings.tensor_max = 3 * domains[i] + 1;
            instance->space.settings.divisibility = strict ? CS_DIVISIBILITY_STRICT : CS_DIVISIBILITY_RELAXED;
            cs_choices_resolve(&instance->problem, &instance->space, &choices);
            int32_t next = cs_tensor_next(&choices, 0, true);
            for (int32_t t = 1; t <= 3 * domains[i] + 1; t++) {
                if ((domains[i] % t == 0 || t % domains[i] == 0) &&
                    (!strict || instance->problem.architecture.heads % t == 0)) {
                    ck_assert_int_eq(next, t);
                    next = cs_tensor_next(&choices, next, true);
                }
            }
            ck_assert_int_eq(next, 0);
        }
    }
}
END_TEST

/* Ten million devices in one scale-up domain and 10,000 layers: the degrees are not tried one by one for each number of
 * stages, neither to count what there is nor to say why there is none (an odd number of devices has no even number of
 * stages). */
START_TEST(wide_domains_end)
{
    struct cs_search_result best;
    scaled(4096.0, 1.0);
    instance->problem.device.domain = 1e7;
    instance->problem.architecture.layers = instance->problem.architecture.dense_layers = 10000;
    instance->problem.deadline = 1e-3;
    search(CS_MIN_DEVICES, 1, &best);
    ck_assert_int_ne(best.status, CS_STATUS_FEASIBLE);
    instance->space.settings.schedules = 1u << CS_SCHEDULE_DUALPIPE;
    instance->space.given.devices = 1000003;
    search(CS_MIN_DEVICES, 1, &best);
    ck_assert_int_eq(best.status, CS_STATUS_DIVISIBILITY);
}
END_TEST

/* 3, 6, 12 and 35 stages, and tensor degrees that do not divide the heads. */
static void equals_oracle(enum cs_objective objective, const struct cs_search_result *best)
{
    static struct oracle_answer answers[ORACLE_ANSWERS];
    struct oracle oracle = {.problem = &instance->problem,
                            .space = &instance->space,
                            .carbon = &instance->carbon,
                            .objective = objective,
                            .wanted = 1,
                            .answers = answers};
    oracle_run(&oracle);
    ck_assert_int_eq(oracle.found, 1);
    ck_assert(oracle_same_plan(&answers[0].plan, &best->plan));
    ck_assert_double_eq(answers[0].seconds, best->step.training_seconds);
    ck_assert_double_eq(oracle.candidates, best->candidates);
}

/* Billions of devices. The literal algorithm cannot count so far: the exhaustive walk looks at the answer's own shape
 * instead, where none of the thousand data degrees below is feasible and the answer itself is the fastest. */
START_TEST(more_devices_than_32_bits_count)
{
    struct cs_search_result best;
    struct cs_plan plan;
    double seconds = 0.0;
    scaled(24576.0, 1.0);
    instance->problem.law.critical_sequences = INT64_C(1) << 44;
    instance->problem.law.tokens *= 1e6;
    instance->problem.law.compute *= 1e6;
    ck_assert_int_eq(search(CS_MIN_DEVICES, 1, &best), 1);
    ck_assert_int_gt(best.plan.devices, INT64_C(1) << 32);
    ck_assert_int_eq(best.plan.devices, best.plan.data * best.plan.tensor * best.plan.pipeline * best.plan.context);
    const int64_t step = (int64_t)best.plan.tensor * best.plan.pipeline * best.plan.context;
    instance->space.given.tensor = best.plan.tensor;
    instance->space.given.pipeline = best.plan.pipeline;
    instance->space.given.context = best.plan.context;
    exhaustive_search(&instance->problem, &instance->space, best.plan.devices - 1000 * step, best.plan.devices - 1,
                      workspace, &seconds, &plan);
    ck_assert_double_gt(seconds, instance->problem.deadline);
    exhaustive_search(&instance->problem, &instance->space, best.plan.devices, best.plan.devices, workspace, &seconds,
                      &plan);
    ck_assert(oracle_same_plan(&plan, &best.plan));
}
END_TEST

START_TEST(odd_degrees)
{
    static const int32_t stages[] = {3, 6, 12, 35};
    struct cs_search_result best;
    for (int i = 0; i < 4; i++) {
        scaled(8192.0, 1.0);
        instance->problem.device.domain = 6.0;
        instance->space.given.pipeline = stages[i];
        instance->space.given.tensor = 3;
        instance->space.given.devices = (int64_t)stages[i] * 3 * 11;
        instance->problem.global_batch = 11 * 70;
        ck_assert_int_eq(search(CS_MIN_TIME, 1, &best), 1);
        ck_assert_int_eq(best.plan.data, 11);
        ck_assert_int_eq(best.plan.micro_batches * best.plan.micro_batch, 70);
        equals_oracle(CS_MIN_TIME, &best);
    }
}
END_TEST

/* The best K plans are distinct, in order, and the first of them is the best plan. */
START_TEST(alternatives_in_order)
{
    struct cs_search_result best;
    struct cs_search_result list[10];
    scaled(8192.0, 1.0);
    ck_assert_int_eq(search(CS_MIN_DEVICES, 1, &best), 1);
    ck_assert_int_eq(search(CS_MIN_DEVICES, 10, list), 10);
    ck_assert(oracle_same_plan(&best.plan, &list[0].plan));
    for (int i = 1; i < 10; i++) {
        ck_assert_int_ge(list[i].plan.devices, list[i - 1].plan.devices);
        /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c): plans are zeroed whole */
        ck_assert(!oracle_same_plan(&list[i].plan, &list[i - 1].plan));
        if (list[i].plan.devices == list[i - 1].plan.devices) {
            ck_assert_double_ge(list[i].step.training_seconds, list[i - 1].step.training_seconds);
        }
    }
}
END_TEST

/* What a workspace did before changes nothing: the seed of the next search only reorders it. */
START_TEST(earlier_searches_do_not_matter)
{
    struct cs_search_result first;
    struct cs_search_result again;
    struct cs_search_result others[3];
    scaled(10240.0, 1.0);
    search(CS_MIN_DEVICES, 1, &first);
    scaled(2048.0, 1.0);
    search(CS_MIN_DEVICES, 1, &again);
    scaled(10240.0, 4.0);
    search(CS_MIN_TIME, 3, others);
    scaled(10240.0, 1.0);
    search(CS_MIN_DEVICES, 1, &again);
    ck_assert(oracle_same_plan(&first.plan, &again.plan));
    ck_assert_mem_eq(&first.step, &again.step, sizeof first.step);
    ck_assert_double_eq(first.candidates, again.candidates);
}
END_TEST

/* No more devices for a longer deadline or more memory; no more time for more devices at hand. */
START_TEST(more_time_or_memory_takes_no_more_devices)
{
    struct cs_search_result before;
    struct cs_search_result after;
    scaled(6144.0, 0.5);
    search(CS_MIN_DEVICES, 1, &before);
    instance->problem.deadline *= 1.5;
    search(CS_MIN_DEVICES, 1, &after);
    ck_assert_int_le(after.plan.devices, before.plan.devices);
    before = after;
    instance->problem.device.hbm_capacity *= 2.0;
    search(CS_MIN_DEVICES, 1, &after);
    ck_assert_int_le(after.plan.devices, before.plan.devices);
}
END_TEST

/* Every objective's winner beats the others' at its own objective. */
START_TEST(objectives_disagree)
{
    struct cs_search_result devices;
    struct cs_search_result energy;
    struct cs_search_result region[2];
    struct cs_search_result front[4096];
    scaled(4096.0, 0.25);
    const struct cs_place places[2] = {{.g_per_kwh = 360.0, .pue = 1.0}, {.g_per_kwh = 0.36, .pue = 1.0}};
    search(CS_MIN_DEVICES, 1, &devices);
    search(CS_MIN_ENERGY, 1, &energy);
    cs_search_regions(&instance->problem, &instance->space, &instance->carbon, workspace, 2, places, region);
    const int32_t found =
        cs_search_pareto(&instance->problem, &instance->space, &instance->carbon, &places[0], workspace, 4096, front);
    ck_assert_int_gt(found, 1);
    ck_assert(oracle_same_plan(&front[0].plan, &devices.plan));
    ck_assert_int_le(devices.plan.devices, energy.plan.devices);
    ck_assert_double_le(energy.step.training_seconds * (double)energy.plan.devices,
                        devices.step.training_seconds * (double)devices.plan.devices);
    for (int32_t i = 1; i < found; i++) {
        ck_assert_int_gt(front[i].plan.devices, front[i - 1].plan.devices);
        ck_assert_double_lt(front[i].step.training_seconds, front[i - 1].step.training_seconds);
    }
    ck_assert_int_eq(
        cs_search_pareto(&instance->problem, &instance->space, &instance->carbon, &places[0], workspace, 2, front), 2);
    ck_assert_int_eq(region[0].status, CS_STATUS_FEASIBLE);
    ck_assert_int_eq(region[1].status, CS_STATUS_FEASIBLE);
}
END_TEST

static double seconds_of_parts(const struct cs_network *network, const struct cs_plan *plan)
{
    struct cs_costs costs;
    double seconds = 0.0;
    cs_costs_prepare(&instance->problem, network, plan, &costs);
    for (int i = 0; i < CS_PART_COUNT; i++) {
        seconds += costs.part[i].forward_seconds + costs.part[i].backward_seconds;
    }
    return seconds;
}

/* More recomputation never takes less time, nor does offload: what lets a hopeless sharding end its row. */
START_TEST(recomputation_and_offload_add_time)
{
    static const enum cs_recompute pairs[][2] = {{CS_RECOMPUTE_NONE, CS_RECOMPUTE_SELECTIVE},
                                                 {CS_RECOMPUTE_NONE, CS_RECOMPUTE_FFN},
                                                 {CS_RECOMPUTE_SELECTIVE, CS_RECOMPUTE_FULL},
                                                 {CS_RECOMPUTE_FFN, CS_RECOMPUTE_FULL}};
    uint64_t state = UINT64_C(0x9DEECE66D1234567);
    int64_t longer = 0;
    for (int round = 0; round < 2000; round++) {
        struct cs_network network;
        double seconds[CS_RECOMPUTE_COUNT];
        instance_draw(&state, instance);
        instance->problem.device.host_link = instance->problem.device.host_link > 0.0 ? 3e10 : 1e12;
        cs_network_of(&instance->problem, 64, &network);
        for (int r = 0; r < CS_RECOMPUTE_COUNT; r++) {
            struct cs_plan plan = {
                .tensor = 2,
                .context = 1,
                .expert = (int32_t)instance->problem.architecture.experts,
                .expert_tensor = 1,
                .micro_batch = 1 + round % 4,
                .recompute = r,
                .sequence_parallel = true,
            };
            seconds[r] = seconds_of_parts(&network, &plan);
            plan.offload = CS_OFFLOAD_ON;
            const double offloaded = seconds_of_parts(&network, &plan);
            ck_assert_double_ge(offloaded, seconds[r] * (1.0 - 1e-12));
            longer += offloaded > seconds[r] * (1.0 + 1e-12) ? 1 : 0;
        }
        for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
            ck_assert_double_ge(seconds[pairs[i][1]], seconds[pairs[i][0]] * (1.0 - 1e-12));
        }
        ck_assert_double_gt(seconds[CS_RECOMPUTE_FFN], seconds[CS_RECOMPUTE_NONE]);
    }
    ck_assert_int_gt(longer, 1000);
    ck_assert_int_lt(longer, 7000);
}
END_TEST

int main(void)
{
    TCase *const plans = tcase_create("search");
    tcase_add_checked_fixture(plans, setup, teardown);
    tcase_add_test(plans, sizes_beyond_32_bits);
    tcase_add_test(plans, extreme_sizes_end);
    tcase_add_test(plans, more_devices_than_32_bits_count);
    tcase_add_test(plans, tensor_degrees_tile_the_domain);
    tcase_add_test(plans, wide_domains_end);
    tcase_add_test(plans, odd_degrees);
    tcase_add_test(plans, alternatives_in_order);
    tcase_add_test(plans, earlier_searches_do_not_matter);
    tcase_add_test(plans, more_time_or_memory_takes_no_more_devices);
    tcase_add_test(plans, objectives_disagree);
    tcase_add_test(plans, recomputation_and_offload_add_time);
    Suite *const suite = suite_create("search");
    suite_add_tcase(suite, plans);
    return cs_run_suite(suite);
}
