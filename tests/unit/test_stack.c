/* SPDX-License-Identifier: BSD-3-Clause */
/* What software stacks do by family and year; the facts' sources stand in include/cs_sweep/stack.h. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "case_text.h"
#include "cs_sweep/cases.h"
#include "cs_sweep/stack.h"
#include "parsed.h"
#include "sample.h"
#include "suite.h"

static struct cs_settings settings;
static struct cs_device gpu, tpu;
static struct cs_stack stack;

static void setup(void)
{
    cs_settings_default(&settings);
    sample_gpu(&gpu);
    sample_tpu(&tpu);
    gpu.fused1_forward = gpu.fused2_forward = gpu.fused3_forward = 0.5;
    tpu.fused1_forward = 0.0;
    tpu.fused2_forward = tpu.fused3_forward = 0.5;
}

static void resolve(enum cs_stack_family family, int32_t year, const struct cs_device *device, bool gated)
{
    settings.training.stack = (int32_t)family;
    settings.training.stack_year = year;
    cs_stack_resolve(&settings.training, device, gated, &stack);
}

/* A row's years lie in the range of the setting, and it names its source; what a stack can do it keeps. */
START_TEST(the_facts_are_consistent)
{
    int32_t count = 0;
    const struct cs_stack_fact *const facts = cs_stack_facts(&count);
    ck_assert_int_gt(count, 30);
    for (int32_t i = 0; i < count; i++) {
        ck_assert_int_ge(facts[i].since, CS_STACK_YEAR_FIRST);
        ck_assert_int_le(facts[i].since, CS_STACK_YEAR_LAST);
        ck_assert_int_ne((int)facts[i].family, CS_STACK_BEST);
        ck_assert(strlen(facts[i].source) > 10);
        ck_assert_msg((facts[i].until > 0) == (facts[i].ability == CS_ABILITY_DROPOUT), "row %d", (int)i);
    }
    const struct cs_stack_store *const stores = cs_stack_stores(&count);
    ck_assert_int_ge(count, 4);
    for (int32_t i = 0; i < count; i++) {
        ck_assert_int_ne((int)stores[i].family, CS_STACK_BEST);
        ck_assert_double_lt(stores[i].gradient_bytes + stores[i].optimizer_bytes, 16.0);
        ck_assert(stores[i].logit_tiles >= 1.0 && strlen(stores[i].source) > 10);
    }
}
END_TEST

/* The default: the newest kernel, everything overlaps, no dropout, every schedule. */
START_TEST(the_best_of_today)
{
    cs_stack_resolve(&settings.training, &gpu, false, &stack);
    ck_assert_int_eq((int)stack.kernel, CS_ATTENTION_FUSED3);
    ck_assert_int_eq((int)stack.layer_split, CS_LAYER_SPLIT_BALANCED);
    ck_assert(stack.gradient_overlap && stack.shard_overlap && stack.send_overlap && stack.tensor_overlap);
    ck_assert(stack.fused_weight_gradient && stack.interleaved && !stack.dropout);
    ck_assert(!stack.master_weights && !stack.logit_copies && !stack.products_only && stack.logit_tiles == 1.0);
    ck_assert_uint_eq(stack.schedules, 7u);
    gpu.fused1_forward = gpu.fused2_forward = gpu.fused3_forward = 0.0; /* a device of before fused attention */
    cs_stack_resolve(&settings.training, &gpu, false, &stack);
    ck_assert_int_eq((int)stack.kernel, CS_ATTENTION_UNFUSED);
    ck_assert(!stack.gradient_overlap && !stack.shard_overlap && !stack.send_overlap && !stack.tensor_overlap);
    cs_stack_resolve(&settings.training, &tpu, false, &stack);
    ck_assert(stack.gradient_overlap && stack.shard_overlap && stack.send_overlap);
}
END_TEST

/* Megatron-LM: interleaving 2021, fused attention and overlap 2023, uneven stages and the vendor's kernels 2024; GPT
 * recipes with dropout until 2022, gated models without. */
START_TEST(megatron_by_year)
{
    static const struct {
        int32_t year;
        enum cs_attention_kernel kernel;
        bool interleaved, overlap, shards, uneven, dropout;
    } rows[] = {{2020, CS_ATTENTION_UNFUSED, false, false, false, false, true},
                {2022, CS_ATTENTION_UNFUSED, true, false, false, false, true},
                {2023, CS_ATTENTION_FUSED2, true, true, false, false, false},
                {2024, CS_ATTENTION_FUSED3, true, true, true, true, false},
                {2026, CS_ATTENTION_FUSED3, true, true, true, true, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        resolve(CS_STACK_MEGATRON, rows[i].year, &gpu, false);
        ck_assert_int_eq((int)stack.kernel, (int)rows[i].kernel);
        ck_assert(stack.interleaved == rows[i].interleaved);
        ck_assert(stack.gradient_overlap == rows[i].overlap && stack.send_overlap == rows[i].overlap);
        ck_assert(stack.tensor_overlap == rows[i].overlap && stack.shard_overlap == rows[i].shards);
        ck_assert_int_eq((int)stack.layer_split,
                         rows[i].uneven ? (int)CS_LAYER_SPLIT_BALANCED : (int)CS_LAYER_SPLIT_EVEN);
        ck_assert(stack.dropout == rows[i].dropout);
        ck_assert_uint_eq(stack.schedules, 1u << CS_SCHEDULE_1F1B);
        resolve(CS_STACK_MEGATRON, rows[i].year, &gpu, true);
        ck_assert(!stack.dropout);
    }
}
END_TEST

/* DeepSpeed's pipeline reduces gradients after the backward pass and adds them by passes, and never interleaves;
 * PyTorch has zero bubble before DualPipe; XLA's kernels depend on the device, and PyTorch on a TPU is XLA. */
START_TEST(other_families)
{
    resolve(CS_STACK_DEEPSPEED, 2022, &gpu, false);
    ck_assert_int_eq((int)stack.kernel, CS_ATTENTION_FUSED1);
    ck_assert(!stack.gradient_overlap && stack.shard_overlap && !stack.fused_weight_gradient && !stack.interleaved);
    resolve(CS_STACK_DEEPSPEED, 2021, &gpu, false);
    ck_assert(!stack.shard_overlap);
    resolve(CS_STACK_PYTORCH, 2024, &gpu, false);
    ck_assert_int_eq((int)stack.kernel, CS_ATTENTION_FUSED2);
    ck_assert_uint_eq(stack.schedules, 1u << CS_SCHEDULE_1F1B | 1u << CS_SCHEDULE_ZB1P);
    resolve(CS_STACK_PYTORCH, 2025, &gpu, false);
    ck_assert_uint_eq(stack.schedules, 7u);
    resolve(CS_STACK_XLA, 2022, &gpu, false);
    ck_assert(!stack.gradient_overlap && stack.fused_weight_gradient);
    ck_assert_int_eq((int)stack.kernel, CS_ATTENTION_UNFUSED);
    for (int i = 0; i < 2; i++) {
        resolve(i == 0 ? CS_STACK_XLA : CS_STACK_PYTORCH, 2023, &tpu, false);
        ck_assert_int_eq((int)stack.kernel, CS_ATTENTION_FUSED2);
        ck_assert(stack.gradient_overlap && stack.shard_overlap);
        ck_assert_int_eq((int)stack.layer_split, CS_LAYER_SPLIT_EVEN);
    }
    /* A generation that the device lacks falls back to the one before. */
    gpu.fused3_forward = gpu.fused2_forward = 0.0;
    resolve(CS_STACK_XLA, 2024, &gpu, false);
    ck_assert_int_eq((int)stack.kernel, CS_ATTENTION_FUSED1);
}
END_TEST

/* NCCL's logarithmic gathers came in September 2024, so to stacks of 2025; XLA has none on TPUs, whose sums between
 * slices overlap where those between nodes of GPUs do not. */
START_TEST(traffic_of_data_by_year)
{
    static const struct {
        enum cs_stack_family family;
        int32_t year;
        bool on_tpu, logarithmic, groups;
    } rows[] = {{CS_STACK_MEGATRON, 2024, false, false, false}, {CS_STACK_MEGATRON, 2025, false, true, true},
                {CS_STACK_PYTORCH, 2021, false, false, false},  {CS_STACK_PYTORCH, 2022, false, false, true},
                {CS_STACK_PYTORCH, 2025, false, true, true},    {CS_STACK_XLA, 2026, false, true, false},
                {CS_STACK_XLA, 2020, true, false, true},        {CS_STACK_DEEPSPEED, 2025, false, true, false},
                {CS_STACK_BEST, 2026, false, true, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        resolve(rows[i].family, rows[i].year, rows[i].on_tpu ? &tpu : &gpu, false);
        ck_assert_msg(stack.logarithmic_gather == rows[i].logarithmic, "row %zu", i);
        ck_assert_msg(stack.group_overlap == rows[i].groups, "row %zu", i);
    }
    settings.training.gradient_overlap = CS_SWITCH_OFF;
    resolve(CS_STACK_BEST, 2026, &gpu, false);
    ck_assert(!stack.group_overlap);
}
END_TEST

/* Megatron-Core of December 2024 cut experts apart from the rest, and DeepEP came in 2025; XLA may shard anything. */
START_TEST(mixtures_by_year)
{
    static const struct {
        enum cs_stack_family family;
        int32_t year;
        bool folded, fused, once;
    } rows[] = {{CS_STACK_MEGATRON, 2024, false, false, false},  {CS_STACK_MEGATRON, 2025, true, true, true},
                {CS_STACK_PYTORCH, 2024, false, false, false},   {CS_STACK_PYTORCH, 2025, true, true, true},
                {CS_STACK_DEEPSPEED, 2026, false, false, false}, {CS_STACK_XLA, 2024, true, true, false},
                {CS_STACK_BEST, 2026, true, true, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        resolve(rows[i].family, rows[i].year, &gpu, true);
        ck_assert_msg(stack.folded_experts == rows[i].folded, "row %zu", i);
        ck_assert_msg(stack.fused_permutation == rows[i].fused, "row %zu", i);
        ck_assert_msg(stack.node_dispatch == rows[i].once, "row %zu", i);
    }
}
END_TEST

/* A setting that is given holds whatever the stack does. */
START_TEST(settings_override_the_stack)
{
    settings.training.attention_kernel = CS_ATTENTION_FUSED1;
    settings.training.layer_split = CS_LAYER_SPLIT_BALANCED;
    settings.training.gradient_overlap = settings.training.send_overlap = CS_SWITCH_ON;
    settings.training.tensor_overlap = settings.training.fused_weight_gradient = CS_SWITCH_ON;
    settings.training.dropout = CS_SWITCH_OFF;
    resolve(CS_STACK_DEEPSPEED, 2020, &gpu, false);
    ck_assert_int_eq((int)stack.kernel, CS_ATTENTION_FUSED1);
    ck_assert_int_eq((int)stack.layer_split, CS_LAYER_SPLIT_BALANCED);
    ck_assert(stack.gradient_overlap && stack.shard_overlap && stack.send_overlap && stack.tensor_overlap);
    ck_assert(stack.fused_weight_gradient && !stack.dropout);
    settings.training.layer_split = CS_LAYER_SPLIT_EVEN;
    settings.training.gradient_overlap = settings.training.send_overlap = CS_SWITCH_OFF;
    settings.training.tensor_overlap = settings.training.fused_weight_gradient = CS_SWITCH_OFF;
    settings.training.dropout = CS_SWITCH_ON;
    resolve(CS_STACK_BEST, 2026, &gpu, true);
    ck_assert(!stack.gradient_overlap && !stack.shard_overlap && !stack.send_overlap && !stack.tensor_overlap);
    ck_assert(!stack.fused_weight_gradient && stack.dropout);
    ck_assert_int_eq((int)stack.layer_split, CS_LAYER_SPLIT_EVEN);
}
END_TEST

/* Of what is asked for, what the stack has; all of it where that is nothing. */
START_TEST(schedules_of_a_search)
{
    stack.schedules = 3u;
    ck_assert_uint_eq(cs_stack_schedules(&stack, 7u), 3u);
    ck_assert_uint_eq(cs_stack_schedules(&stack, 1u), 1u);
    ck_assert_uint_eq(cs_stack_schedules(&stack, 4u), 4u);
}
END_TEST

/* The problem's training and stack of a case with this training, attention kernel and device. */
static void resolve_case(const char *training, const char *kernel, const char *device, struct cs_problem *problem)
{
    static const char format[] = "{\"cases\":[{\"id\":\"a\",\"group\":\"g\",\"device\":\"%s\"," MODEL
                                 ",\"training\":{\"seq_len\":2048,\"global_batch\":4,%s},\"parallelism\":{"
                                 "\"devices\":8,\"attention_kernel\":\"%s\"}," MEASURED("mfu") "}]}";
    char text[1024];
    struct cs_cases cases = {0, NULL};
    struct cs_error error = {CS_OK, ""};
    struct cs_bundle bundle;
    struct cs_config config;
    struct cs_space space;
    cs_test_parse(NULL, 0, NULL, &bundle, &config);
    snprintf(text, sizeof text, format, device, training, kernel);
    ck_assert_msg(cs_cases_parse("t.json", text, strlen(text), &cases, &error) == CS_OK, "%s", error.message);
    ck_assert_int_eq(cs_case_problem(&cases.items[0], &config, problem, &space, &error), CS_OK);
    cs_cases_free(&cases);
    cs_bundle_free(&bundle);
    cs_config_free(&config);
}

/* A case that names no stack: XLA on TPUs; unfused attention on GPUs is Megatron-LM's of 2022 in FP16, DeepSpeed's in
 * BF16; else the best. A case that names one has it, and the kernel that it states besides. Layers are dealt alike. */
START_TEST(the_software_of_a_case)
{
    static const struct {
        const char *training, *kernel, *device;
        enum cs_stack_family family;
        int32_t year;
        bool overlap, passes, dropout;
    } rows[] = {
        {"\"precision\":\"bf16\"", "unfused", "TPUv4", CS_STACK_XLA, 2026, true, false, false},
        {"\"precision\":\"fp16\"", "unfused", "A100-80GB", CS_STACK_MEGATRON, 2022, false, false, true},
        {"\"precision\":\"bf16\"", "unfused", "A100-80GB", CS_STACK_DEEPSPEED, 2022, false, true, false},
        {"\"precision\":\"bf16\"", "fused1", "A100-80GB", CS_STACK_BEST, 2026, true, false, false},
        {"\"stack\":null", "fused3", "H100", CS_STACK_BEST, 2026, true, false, false},
        {"\"stack\":\"deepspeed-2022\"", "fused1", "A100-80GB", CS_STACK_DEEPSPEED, 2022, false, true, false},
        {"\"stack\":\"megatron-2020\"", "unfused", "V100", CS_STACK_MEGATRON, 2020, false, false, true},
        {"\"stack\":\"pytorch-2024\"", "fused3", "H100", CS_STACK_PYTORCH, 2024, true, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cs_problem problem;
        resolve_case(rows[i].training, rows[i].kernel, rows[i].device, &problem);
        ck_assert_int_eq(problem.training.stack, (int)rows[i].family);
        ck_assert_int_eq(problem.training.stack_year, rows[i].year);
        ck_assert(problem.stack.gradient_overlap == rows[i].overlap);
        ck_assert(problem.stack.fused_weight_gradient == !rows[i].passes);
        ck_assert(problem.stack.dropout == rows[i].dropout);
        ck_assert_int_eq((int)problem.stack.layer_split, CS_LAYER_SPLIT_EVEN);
        ck_assert_int_eq((int)problem.stack.kernel, cs_choice_index(CS_ATTENTION_KERNEL_NAMES, rows[i].kernel));
    }
}
END_TEST

/* The host's times: of the years until 2022 and since, none on TPUs; a setting of 0 or more holds instead. */
START_TEST(times_of_the_host)
{
    resolve(CS_STACK_MEGATRON, 2022, &gpu, false);
    ck_assert_double_eq_tol(stack.dispatch, 73.9e-6, 1e-15);
    ck_assert_double_eq_tol(stack.boundary, 99.8e-6, 1e-15);
    const enum cs_stack_family families[] = {CS_STACK_BEST, CS_STACK_MEGATRON, CS_STACK_PYTORCH, CS_STACK_DEEPSPEED,
                                             CS_STACK_XLA};
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        resolve(families[i], 2023, &gpu, false);
        ck_assert_double_eq_tol(stack.dispatch, 40e-6, 1e-15);
        ck_assert_double_eq_tol(stack.boundary, 60e-6, 1e-15);
        resolve(families[i], CS_STACK_YEAR_FIRST, &gpu, false); /* every family has a row for every year */
        ck_assert_double_gt(stack.dispatch, 0.0);
        resolve(families[i], CS_STACK_YEAR_FIRST, &tpu, false);
        ck_assert_double_eq(stack.dispatch, 0.0);
        ck_assert_double_eq(stack.boundary, 0.0);
    }
    settings.training.dispatch_us = 7.0;
    settings.training.boundary_us = 0.0;
    resolve(CS_STACK_MEGATRON, 2022, &gpu, false);
    ck_assert_double_eq_tol(stack.dispatch, 7e-6, 1e-15);
    ck_assert_double_eq(stack.boundary, 0.0);
}
END_TEST

/* The least that a stack keeps: Megatron's 10 B of optimizer in 2024 and 6 in 2025, nothing less before; `best` the
 * least of any; what is told to be less stays. */
START_TEST(the_least_that_stacks_keep)
{
    static const struct {
        enum cs_stack_family family;
        int32_t year;
        double gradient, optimizer, tiles;
    } rows[] = {{CS_STACK_MEGATRON, 2023, 4.0, 12.0, 1.0}, {CS_STACK_MEGATRON, 2024, 2.0, 10.0, 1.0},
                {CS_STACK_MEGATRON, 2026, 2.0, 6.0, 1.0},  {CS_STACK_PYTORCH, 2024, 4.0, 12.0, 1.0},
                {CS_STACK_PYTORCH, 2025, 2.0, 4.0, 1.0},   {CS_STACK_DEEPSPEED, 2026, 4.0, 12.0, 1.0},
                {CS_STACK_XLA, 2024, 2.0, 4.0, 1.0},       {CS_STACK_XLA, 2025, 2.0, 4.0, 16.0},
                {CS_STACK_BEST, 2026, 2.0, 4.0, 16.0}};
    struct cs_problem problem;
    struct cs_precision precision;
    const struct cs_architecture architecture = {.layers = 2, .d_model = 64, .heads = 2, .kv_heads = 2, .experts = 1};
    const struct cs_law law = {.tokens = 1.0};
    cs_precision_bf16(&precision);
    settings.training.lean_memory = true;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        settings.training.stack = (int32_t)rows[i].family;
        settings.training.stack_year = rows[i].year;
        cs_problem_init(&problem, &architecture, &law, &gpu, &precision, &settings.training);
        ck_assert_double_eq(problem.training.gradient_bytes, rows[i].gradient);
        ck_assert_double_eq(problem.training.optimizer_bytes, rows[i].optimizer);
        ck_assert_double_eq(problem.stack.logit_tiles, rows[i].tiles);
        ck_assert_double_eq(problem.precision.weight_bytes, 2.0);
    }
    precision.format = CS_FORMAT_FP8;
    settings.training.stack = CS_STACK_MEGATRON;
    settings.training.optimizer_bytes = 5.0;
    cs_problem_init(&problem, &architecture, &law, &gpu, &precision, &settings.training);
    ck_assert_double_eq(problem.precision.weight_bytes, 1.0);
    ck_assert_double_eq(problem.training.optimizer_bytes, 5.0);
    settings.training.lean_memory = false;
    cs_problem_init(&problem, &architecture, &law, &gpu, &precision, &settings.training);
    ck_assert_double_eq(problem.training.gradient_bytes, 4.0);
    ck_assert_double_eq(problem.precision.weight_bytes, 2.0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stack");
    TCase *cases = tcase_create("stack");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, the_facts_are_consistent);
    tcase_add_test(cases, the_best_of_today);
    tcase_add_test(cases, megatron_by_year);
    tcase_add_test(cases, other_families);
    tcase_add_test(cases, traffic_of_data_by_year);
    tcase_add_test(cases, mixtures_by_year);
    tcase_add_test(cases, settings_override_the_stack);
    tcase_add_test(cases, schedules_of_a_search);
    tcase_add_test(cases, the_software_of_a_case);
    tcase_add_test(cases, times_of_the_host);
    tcase_add_test(cases, the_least_that_stacks_keep);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
