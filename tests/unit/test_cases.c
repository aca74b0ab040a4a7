/* SPDX-License-Identifier: BSD-3-Clause */
/* Case files: what is read, and the metrics that a plan's time and memory become. What is refused:
 * test_wrong_cases.c. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "case_text.h"
#include "cs_sweep/cases.h"
#include "cs_sweep/units.h"
#include "parsed.h"
#include "suite.h"

static struct cs_config config;
static struct cs_search_workspace *workspace;

static void setup(void)
{
    struct cs_bundle bundle;
    cs_test_parse(NULL, 0, NULL, &bundle, &config);
    cs_bundle_free(&bundle);
    workspace = cs_search_workspace_create();
    ck_assert_ptr_nonnull(workspace);
}

static void teardown(void)
{
    cs_search_workspace_destroy(workspace);
    cs_config_free(&config);
}

static void read_one(const char *text, struct cs_cases *cases)
{
    struct cs_error error = {CS_OK, ""};
    memset(cases, 0, sizeof *cases);
    ck_assert_msg(cs_cases_parse("t.json", text, strlen(text), cases, &error) == CS_OK, "%s", error.message);
    ck_assert_int_eq(cases->count, 1);
}

START_TEST(a_case_is_read)
{
    struct cs_cases cases;
    read_one(FILE_OF(GOOD), &cases);
    const struct cs_case *item = &cases.items[0];
    ck_assert_str_eq(item->id, "a");
    ck_assert_str_eq(item->device, "A100-80GB");
    ck_assert_int_eq(item->architecture.layers, 48);
    ck_assert_int_eq(item->architecture.head_dim, 96);
    ck_assert_int_eq(item->knobs.devices, 8);
    ck_assert_int_eq(item->knobs.recompute, CS_RECOMPUTE_FULL);
    ck_assert_int_eq(item->knobs.schedule, CS_SCHEDULE_1F1B);
    ck_assert_int_eq(item->kernel, CS_ATTENTION_UNFUSED);
    ck_assert_int_eq(item->metric, CS_METRIC_STEP_TIME);
    ck_assert_double_eq(item->measured, 1.42);
    ck_assert(!item->tied_unknown);
    cs_cases_free(&cases);
}
END_TEST

START_TEST(null_leaves_a_knob_free)
{
    struct cs_cases cases;
    read_one(FILE_OF(CASE(MODEL "," TRAINING ",\"parallelism\":{\"devices\":null,\"tensor\":2,\"pipeline\":4,"
                                "\"interleave\":null,\"data\":3,\"context\":1,\"zero\":null,\"micro_batch\":null,"
                                "\"recompute\":null,\"sequence_parallel\":null},\"devices_hint\":24,"
                                "\"network\":{\"inter_node_gbps_per_device\":200}," MEASURED("mfu"))),
             &cases);
    const struct cs_plan *knobs = &cases.items[0].knobs;
    ck_assert_int_eq(knobs->devices, 24); /* the degrees leave no choice */
    ck_assert_int_eq(knobs->expert, 1);   /* a dense model */
    ck_assert_int_eq(knobs->interleave, 0);
    ck_assert_int_eq(knobs->micro_batch, 0);
    ck_assert_int_eq(knobs->zero_stage, -1);
    ck_assert_int_eq(knobs->recompute, -1);
    ck_assert_int_eq(knobs->sequence_parallel, -1);
    ck_assert_int_eq(cases.items[0].devices_hint, 24);
    ck_assert_double_eq(cases.items[0].nic_bandwidth, 25e9);
    cs_cases_free(&cases);
}
END_TEST

/* The bits of a gradient on the network come from their own field: absent or null they are the settings', and what a
 * note says changes nothing. */
START_TEST(gradient_bits)
{
    static const struct {
        const char *text;
        double bytes;
    } rows[] = {
        {FILE_OF(CASE(MODEL "," GRADIENTS("16") "," PLAN "," MEASURED("mfu"))), 2.0},
        {FILE_OF(CASE(MODEL "," GRADIENTS("32") "," PLAN "," MEASURED("mfu"))), 4.0},
        {FILE_OF(CASE(MODEL "," GRADIENTS("null") "," PLAN "," MEASURED("mfu"))), 0.0},
        {FILE_OF(CASE(MODEL "," TRAINING "," PLAN ",\"note\":\"bf16 gradient reduction\"," MEASURED("mfu"))), 0.0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cs_cases cases;
        struct cs_problem problem;
        struct cs_space space;
        struct cs_error error;
        read_one(rows[i].text, &cases);
        ck_assert_int_eq(cs_case_problem(&cases.items[0], &config, &problem, &space, &error), CS_OK);
        ck_assert_double_eq(problem.precision.gradient_communication_bytes, rows[i].bytes);
        cs_cases_free(&cases);
    }
}
END_TEST

/* What came with the cases of 2024 to 2026: flags for offloaded activations, the domain of nodes that are not the
 * device's usual ones, routing that a benchmark balances. */
START_TEST(offload_domain_and_routing)
{
    static const struct {
        const char *value;
        int32_t offload;
    } rows[] = {{"true", CS_OFFLOAD_ON},
                {"\"offload\"", CS_OFFLOAD_ON},
                {"false", CS_OFFLOAD_OFF},
                {"\"off\"", CS_OFFLOAD_OFF},
                {"null", -1}};
    struct cs_cases cases;
    struct cs_problem problem;
    struct cs_space space;
    struct cs_error error;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[2048];
        (void)snprintf(text, sizeof text, FILE_OF(CASE(MODEL "," TRAINING "," PLAN_AND("%s") "," MEASURED("mfu"))),
                       rows[i].value);
        read_one(text, &cases);
        ck_assert_int_eq(cases.items[0].knobs.offload, rows[i].offload);
        cs_cases_free(&cases);
    }
    read_one(FILE_OF(CASE(MODEL "," ROUTING("\"balanced\"") "," PLAN ",\"network\":{\"domain\":4}," MEASURED("mfu"))),
             &cases);
    ck_assert(cases.items[0].balanced_routing);
    ck_assert_int_eq(cs_case_problem(&cases.items[0], &config, &problem, &space, &error), CS_OK);
    ck_assert_double_eq(problem.device.domain, 4.0);
    ck_assert_double_eq(problem.training.expert_imbalance, 0.0);
    cs_cases_free(&cases);
    read_one(FILE_OF(GOOD), &cases);
    ck_assert(!cases.items[0].balanced_routing);
    ck_assert_int_eq(cs_case_problem(&cases.items[0], &config, &problem, &space, &error), CS_OK);
    ck_assert_double_eq(problem.device.domain, 8.0);
    ck_assert_double_eq(problem.training.expert_imbalance, 0.03);
    cs_cases_free(&cases);
}
END_TEST

START_TEST(an_unknown_device_is_named)
{
    struct cs_cases cases;
    struct cs_prediction prediction;
    struct cs_error error = {CS_OK, ""};
    read_one(FILE_OF(GOOD), &cases);
    (void)snprintf(cases.items[0].device, sizeof cases.items[0].device, "A100-80G");
    ck_assert_int_eq(cs_case_predict(&cases.items[0], &config, workspace, &prediction, &error), CS_ERROR_CONFIG);
    ck_assert_msg(strstr(error.message, "did you mean \"A100-80GB\"?") != NULL, "%s", error.message);
    ck_assert_int_eq(cs_cases_read("/nowhere/cases.json", &cases, &error), CS_ERROR_INPUT);
    cs_cases_free(&cases);
}
END_TEST

static double predict(const struct cs_case *item, struct cs_prediction *prediction)
{
    struct cs_error error = {CS_OK, ""};
    ck_assert_msg(cs_case_predict(item, &config, workspace, prediction, &error) == CS_OK, "%s", error.message);
    ck_assert_int_eq(prediction->status, CS_STATUS_FEASIBLE);
    return prediction->value;
}

/* One plan, every metric: all are the same step seen differently. 6 N_active B s with N_active = 12 L h^2 + V h and
 * norms, 12 L h s^2 B for attention. */
START_TEST(metrics_agree_with_one_another)
{
    struct cs_cases cases;
    struct cs_prediction p;
    read_one(FILE_OF(GOOD), &cases);
    struct cs_case *item = &cases.items[0];
    const double step = predict(item, &p);
    ck_assert_double_eq(step, p.step.seconds);
    const double active = 12.0 * 48 * 6144 * 6144 + 51200.0 * 6144 + 97.0 * 6144;
    const double linear = 6.0 * active * 4 * 2048;
    const double attention = 12.0 * 48 * 6144 * 2048.0 * 2048.0 * 4;
    item->metric = CS_METRIC_MFU;
    WITHIN(predict(item, &p), (linear + attention) / (8.0 * step * 312e12), 1e-9);
    item->metric = CS_METRIC_MODEL_TFLOPS;
    item->convention = CS_FLOPS_CAUSAL;
    WITHIN(predict(item, &p), (linear + 0.5 * attention) / (8.0 * step * 1e12), 1e-9);
    item->metric = CS_METRIC_HARDWARE_TFLOPS;
    item->convention = CS_FLOPS_6N;
    WITHIN(predict(item, &p), linear / (8.0 * step * 1e12) * 4.0 / 3.0, 1e-9);
    cs_cases_free(&cases);
}
END_TEST

/* A whole run: ceil(tokens / (B s)) steps over the goodput, the case's own or the default .95; step metrics ignore it.
 */
START_TEST(whole_runs)
{
    struct cs_cases cases;
    struct cs_prediction p;
    read_one(FILE_OF(GOOD), &cases);
    struct cs_case *item = &cases.items[0];
    const double step = predict(item, &p);
    item->metric = CS_METRIC_DEVICE_HOURS;
    item->tokens = 8192.0 * 1000.0 - 1.0;
    WITHIN(predict(item, &p), 8.0 * 1000.0 * step / 0.95 / 3600.0, 1e-9);
    item->goodput = 0.5;
    const double seconds = 1000.0 * step / 0.5;
    WITHIN(predict(item, &p), 8.0 * seconds / 3600.0, 1e-9);
    item->metric = CS_METRIC_ENERGY;
    /* Half of the time trains, at twice the utilisation of all of it; the other half idles at 62 W. */
    const double watts = 0.5 * 400.0 * (0.7 + 0.3 * 2.0 * p.step.mfu) + 0.5 * 62.0;
    WITHIN(predict(item, &p), 8.0 * seconds * watts / 3.6e6, 1e-9);
    const double devices = predict(item, &p);
    const double hosts = 0.5 * 3300.0 * seconds / 3.6e6; /* one server of eight */
    const double network = 8.0 * 50.0 * seconds / 3.6e6;
    item->boundary = CS_BOUNDARY_NODE;
    WITHIN(predict(item, &p), devices + hosts, 1e-9);
    item->boundary = CS_BOUNDARY_FACILITY;
    WITHIN(predict(item, &p), (devices + hosts + network) * config.settings.carbon.pue, 1e-9);
    item->boundary = CS_BOUNDARY_GPU;
    WITHIN(predict(item, &p), devices, 1e-12);
    item->device_hours = 1000.0; /* all of them train, at the utilisation that the source states */
    item->utilisation = 0.5;
    WITHIN(predict(item, &p), 400.0 * (0.7 + 0.3 * 0.5), 1e-12);
    item->device_hours = 0.0;
    item->metric = CS_METRIC_DEVICE_POWER;
    WITHIN(predict(item, &p), 400.0 * (0.7 + 0.3 * 0.5), 1e-12);
    item->boundary = CS_BOUNDARY_DEVICE_HOST;
    WITHIN(predict(item, &p), 400.0 * (0.7 + 0.3 * 0.5) + 0.5 * 3300.0 / 8.0, 1e-12);
    item->boundary = CS_BOUNDARY_FACILITY;
    WITHIN(predict(item, &p), (400.0 * (0.7 + 0.3 * 0.5) + 0.5 * 3300.0 / 8.0 + 50.0) * 1.15, 1e-12);
    item->metric = CS_METRIC_NODE_POWER;
    item->boundary = CS_BOUNDARY_GPU; /* of a server whatever the boundary says, but for the facility */
    WITHIN(predict(item, &p), 8.0 * 400.0 * (0.7 + 0.3 * 0.5) + 0.5 * 3300.0, 1e-12);
    item->metric = CS_METRIC_BOARD;
    item->boundary = CS_BOUNDARY_BOARD;
    WITHIN(predict(item, &p), 102.19 + 40.0 * 0.81 * 1.08, 1e-4);
    item->boundary = CS_BOUNDARY_DEVICE_HOST;
    WITHIN(predict(item, &p), 1.19 * (102.19 + 40.0 * 0.81 * 1.08 + 260.0), 1e-4);
    item->metric = CS_METRIC_EMBODIED;
    const double device = 1.19 * (1.105 * (102.19 + 40.0 * 0.81 * 1.08) + 260.0); /* 40 GB more than an A100-40GB */
    WITHIN(predict(item, &p), 8.0 * device * seconds / (5.0 * 0.85 * 365.0 * 86400.0), 1e-4);
    cs_cases_free(&cases);
}
END_TEST

/* Korthikanti 2022 (arXiv 2205.05198) section 4.1: 18 B of state per parameter, s b h L (10 + 24/t + 5 a s / (h t))
 * without recomputation, 34/t with sequence parallelism and selective recomputation, 2 s b h L with full. */
START_TEST(memory_of_the_layers)
{
    struct cs_cases cases;
    struct cs_prediction p;
    read_one(FILE_OF(GOOD), &cases);
    struct cs_case *item = &cases.items[0];
    const double sbh = 2048.0 * 4 * 6144 * 48, gib = 1073741824.0;
    item->metric = CS_METRIC_STATE;
    WITHIN(predict(item, &p), 18.0 * 12 * 48 * 6144 * 6144 / 8 / gib, 0.001);
    item->metric = CS_METRIC_ACTIVATION;
    WITHIN(predict(item, &p), 2.0 * sbh / gib, 1e-9);
    item->knobs.recompute = CS_RECOMPUTE_NONE;
    WITHIN(predict(item, &p), sbh * (10.0 + 24.0 / 8 + 5.0 * 64 * 2048 / (6144.0 * 8)) / gib, 1e-9);
    item->knobs.recompute = CS_RECOMPUTE_SELECTIVE;
    item->knobs.sequence_parallel = 1;
    WITHIN(predict(item, &p), sbh * 34.0 / 8 / gib, 1e-9);
    item->metric = CS_METRIC_PEAK_MEMORY;
    ck_assert_double_eq(predict(item, &p), p.step.memory_bytes / gib);
    cs_cases_free(&cases);
}
END_TEST

/* Free knobs are searched for the least time: no fixed choice of them is faster. */
START_TEST(free_knobs_are_searched)
{
    struct cs_cases cases;
    struct cs_prediction free_plan, fixed;
    read_one(FILE_OF(GOOD), &cases);
    struct cs_case *item = &cases.items[0];
    item->knobs.micro_batch = 0;
    item->knobs.recompute = -1;
    const double best = predict(item, &free_plan);
    ck_assert_int_eq(free_plan.plan.devices, 8);
    ck_assert_int_eq(free_plan.plan.tensor, 8);
    for (int32_t b = 1; b <= 4; b *= 2) {
        for (int32_t recompute = CS_RECOMPUTE_NONE; recompute <= CS_RECOMPUTE_FULL; recompute++) {
            item->knobs.micro_batch = b;
            item->knobs.recompute = recompute;
            const double seconds = predict(item, &fixed);
            ck_assert(seconds >= best || fixed.step.memory_bytes > 80.0 * 1073741824.0 * 0.94 - 1073741824.0);
        }
    }
    cs_cases_free(&cases);
}
END_TEST

/* A run that happened is never refused for memory. */
START_TEST(memory_does_not_refuse_a_run)
{
    struct cs_cases cases;
    struct cs_prediction p;
    read_one(FILE_OF(GOOD), &cases);
    struct cs_case *item = &cases.items[0];
    item->architecture.layers = 480;
    item->knobs.micro_batch = 0;
    (void)predict(item, &p);
    ck_assert_double_gt(p.step.memory_bytes, 80.0 * 1073741824.0);
    cs_cases_free(&cases);
}
END_TEST

/* Stated knobs that no gate of the search lets pass together, a batch that does not divide and interleaving with too
 * few micro-batches, are taken as they are: 5 sequences over 2 replicas are 3 micro-batches each. */
START_TEST(stated_knobs_are_never_refused)
{
    struct cs_cases cases;
    struct cs_prediction p;
    read_one(FILE_OF(GOOD), &cases);
    struct cs_case *item = &cases.items[0];
    struct cs_plan *knobs = &item->knobs;
    knobs->devices = 16;
    knobs->tensor = 2;
    knobs->pipeline = 4;
    knobs->data = 2;
    knobs->interleave = 3;
    knobs->micro_batch = 1;
    knobs->recompute = -1;
    knobs->global_batch = item->global_batch = 5;
    const double searched = predict(item, &p);
    ck_assert_int_eq(p.plan.devices, 16);
    ck_assert_int_eq(p.plan.interleave, 3);
    ck_assert_int_eq(p.plan.micro_batches, 3);
    knobs->recompute = CS_RECOMPUTE_FULL;
    ck_assert_double_le(searched, predict(item, &p));
    knobs->recompute = -1;
    knobs->micro_batch = 0;
    ck_assert_double_le(predict(item, &p), searched);
    cs_cases_free(&cases);
}
END_TEST

/* What devices leave no choice is not searched: the one degree that a source leaves out. */
START_TEST(devices_settle_a_degree)
{
    struct cs_cases cases;
    struct cs_prediction p;
    for (int missing = 0; missing < 4; missing++) {
        static const char *const degrees[] = {"\"tensor\":12,", "\"pipeline\":2,", "\"data\":4,", "\"context\":2,"};
        const char *d[4];
        char text[2048];
        for (int i = 0; i < 4; i++) {
            d[i] = i == missing ? "" : degrees[i];
        }
        snprintf(
            text, sizeof text,
            FILE_OF(CASE(MODEL "," TRAINING ",\"parallelism\":{%s%s%s%s\"devices\":192}," MEASURED("step_time_s"))),
            d[0], d[1], d[2], d[3]);
        read_one(text, &cases);
        const struct cs_plan *knobs = &cases.items[0].knobs;
        ck_assert_int_eq(knobs->tensor, 12); /* no gate of the search would let it pass on nodes of 8 */
        ck_assert_int_eq(knobs->pipeline, 2);
        ck_assert_int_eq(knobs->data, 4);
        ck_assert_int_eq(knobs->context, 2);
        (void)predict(&cases.items[0], &p);
        ck_assert_int_eq(p.status, CS_STATUS_FEASIBLE);
        cs_cases_free(&cases);
    }
}
END_TEST

/* Where the data degree is not known either, the context degree is searched: no fixed one is better. A context that
 * cannot be is the case's own answer. */
START_TEST(context_degrees_are_searched)
{
    struct cs_cases cases;
    struct cs_prediction free_plan, fixed;
    read_one(FILE_OF(GOOD), &cases);
    struct cs_case *item = &cases.items[0];
    item->knobs.devices = 64;
    /* 4 sequences on 64 devices of tensor 8: they are shared out. Micro-batches of 5 divide no share of them, so that
     * every context is tried as if it were stated. */
    for (int32_t micro_batch = 0; micro_batch <= 5; micro_batch += 5) {
        item->knobs.micro_batch = micro_batch;
        item->knobs.data = item->knobs.context = 0;
        const double best = predict(item, &free_plan);
        ck_assert_int_eq(free_plan.status, CS_STATUS_FEASIBLE);
        ck_assert_int_ge(free_plan.plan.context, 2);
        ck_assert_int_eq(free_plan.plan.data * free_plan.plan.context, 8);
        for (int32_t c = 2; c <= 8; c *= 2) {
            item->knobs.context = c;
            item->knobs.data = 8 / c;
            ck_assert_double_ge(predict(item, &fixed), best);
        }
    }
    cs_cases_free(&cases);
    /* Tensor 8 on 24 devices leaves a context of 3, which does not divide 2,048 tokens. */
    read_one(FILE_OF(CASE(MODEL "," TRAINING ",\"parallelism\":{\"devices\":24,\"tensor\":8,\"pipeline\":1,"
                                "\"data\":1}," MEASURED("step_time_s"))),
             &cases);
    struct cs_error error;
    ck_assert_int_eq(cs_case_predict(&cases.items[0], &config, workspace, &fixed, &error), CS_OK);
    ck_assert_int_eq(fixed.status, CS_STATUS_DIVISIBILITY);
    ck_assert(isnan(fixed.value));
    cs_cases_free(&cases);
}
END_TEST

/* Expert degrees that a source leaves out: no fixed divisor of the experts is better than what is found. */
/* Megatron-LM of 2024 cut its experts like the rest of a layer, here in 8, of 2025 it need not; where the grid does not
 * cover the devices of a stage, or a degree is stated, that holds. */
START_TEST(experts_cut_by_the_stack)
{
    static const struct {
        const char *stack;
        int32_t data, expert, stated, given;
    } rows[] = {{"\"megatron-2024\"", 4, 4, 0, 8},
                {"\"megatron-2024\"", 4, 4, 2, 2},
                {"\"megatron-2024\"", 4, 3, 0, 0},
                {"\"megatron-2025\"", 4, 4, 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cs_cases cases;
        struct cs_problem problem;
        struct cs_space space;
        struct cs_error error;
        char text[2048];
        (void)snprintf(text, sizeof text, FILE_OF(CASE(MODEL "," STACK("%s") "," PLAN "," MEASURED("mfu"))),
                       rows[i].stack);
        read_one(text, &cases);
        struct cs_case *item = &cases.items[0];
        item->architecture.experts = 12;
        item->knobs.data = rows[i].data;
        item->knobs.devices = 8 * (int64_t)rows[i].data;
        item->knobs.expert = rows[i].expert;
        item->knobs.expert_tensor = rows[i].stated;
        ck_assert_int_eq(cs_case_problem(item, &config, &problem, &space, &error), CS_OK);
        ck_assert_msg(space.given.expert_tensor == rows[i].given, "row %zu: %d", i, (int)space.given.expert_tensor);
        const bool any = strstr(rows[i].stack, "2025") != NULL || rows[i].stated > 0;
        ck_assert(any || space.settings.expert_tensor == CS_EXPERT_TENSOR_TENSOR);
        cs_cases_free(&cases);
    }
}
END_TEST

START_TEST(expert_degrees_are_searched)
{
    struct cs_cases cases;
    struct cs_prediction free_plan, fixed;
    read_one(FILE_OF(GOOD), &cases);
    struct cs_case *item = &cases.items[0];
    item->architecture.experts = 24;
    item->architecture.experts_active = 2;
    item->architecture.d_expert = 1024;
    item->architecture.layers = 8;
    item->knobs.devices = item->knobs.data = 8;
    item->knobs.tensor = 1;
    item->knobs.micro_batch = 1;
    item->knobs.global_batch = item->global_batch = 8;
    for (int whole = 0; whole < 2; whole++) {
        int found = 0;
        item->knobs.recompute = whole ? CS_RECOMPUTE_FULL : -1;
        item->knobs.expert = 0;
        const double best = predict(item, &free_plan);
        ck_assert_int_eq(free_plan.status, CS_STATUS_FEASIBLE);
        static const int32_t degrees[] = {1, 2, 4, 8};
        for (int i = 0; i < 4; i++) {
            item->knobs.expert = degrees[i];
            const double seconds = predict(item, &fixed);
            ck_assert(seconds >= best || fixed.step.memory_bytes > free_plan.step.memory_bytes);
            found += degrees[i] == free_plan.plan.expert;
        }
        ck_assert_int_eq(found, 1);
    }
    cs_cases_free(&cases);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cases");
    TCase *cases = tcase_create("cases");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, a_case_is_read);
    tcase_add_test(cases, null_leaves_a_knob_free);
    tcase_add_test(cases, gradient_bits);
    tcase_add_test(cases, offload_domain_and_routing);
    tcase_add_test(cases, an_unknown_device_is_named);
    tcase_add_test(cases, metrics_agree_with_one_another);
    tcase_add_test(cases, whole_runs);
    tcase_add_test(cases, memory_of_the_layers);
    tcase_add_test(cases, free_knobs_are_searched);
    tcase_add_test(cases, memory_does_not_refuse_a_run);
    tcase_add_test(cases, stated_knobs_are_never_refused);
    tcase_add_test(cases, devices_settle_a_degree);
    tcase_add_test(cases, context_degrees_are_searched);
    tcase_add_test(cases, experts_cut_by_the_stack);
    tcase_add_test(cases, expert_degrees_are_searched);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
