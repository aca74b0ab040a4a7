/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory against Korthikanti 2022 (arXiv 2205.05198), Table 2 and Figure 1, and ZeRO's shards by hand. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "sample.h"
#include "suite.h"

static const double gib = 1073741824.0;
static struct cs_problem problem;
static struct cs_plan plan;
static double s, b, h, a, t;

static void setup(void)
{
    sample_problem(&problem);
    sample_plan(&plan);
    s = 2048.0;
    b = 4.0;
    h = 6144.0;
    a = 64.0;
    t = 8.0;
}

static double layer_bytes(void)
{
    double state, activations;
    cs_memory_layers(&problem, &plan, &state, &activations);
    return activations / 48.0;
}

/* Korthikanti 2022, Table 2: bytes of a layer's activations. */
START_TEST(korthikanti_table_2)
{
    plan.tensor = 1;
    WITHIN(layer_bytes(), s * b * h * (34.0 + 5.0 * a * s / h), 1e-12); /* no parallelism */
    plan.tensor = 8;
    WITHIN(layer_bytes(), s * b * h * (10.0 + 24.0 / t + 5.0 * a * s / (h * t)), 1e-12); /* tensor */
    plan.sequence_parallel = true;
    WITHIN(layer_bytes(), s * b * h / t * (34.0 + 5.0 * a * s / h), 1e-12); /* and sequence */
    plan.recompute = CS_RECOMPUTE_SELECTIVE;
    WITHIN(layer_bytes(), s * b * h * 34.0 / t, 1e-12);
    plan.sequence_parallel = false;
    WITHIN(layer_bytes(), s * b * h * (10.0 + 24.0 / t), 1e-12);
    plan.recompute = CS_RECOMPUTE_FULL;
    WITHIN(layer_bytes(), 2.0 * s * b * h, 1e-12);
    plan.sequence_parallel = true;
    WITHIN(layer_bytes(), 2.0 * s * b * h / t, 1e-12);
}
END_TEST

/* Figure 1: 22B on 8 devices holds 45.56 GiB of state (18 B x 12 L h^2 / t; the published bar leaves out the norms'
 * weights) and 59.25 GiB of activations; 9.5625 GiB with selective recomputation and sequence parallelism. */
START_TEST(korthikanti_figure_1)
{
    double state, activations;
    cs_memory_layers(&problem, &plan, &state, &activations);
    WITHIN(state / gib, 45.5625, 1e-3);
    WITHIN(activations / gib, 59.25, 1e-9);
    plan.recompute = CS_RECOMPUTE_SELECTIVE;
    plan.sequence_parallel = true;
    cs_memory_layers(&problem, &plan, &state, &activations);
    WITHIN(activations / gib, 9.5625, 1e-9);
}
END_TEST

/* No dropout: two mask bytes per h and one per score less. */
START_TEST(without_dropout)
{
    problem.stack.dropout = false;
    plan.tensor = 1;
    WITHIN(layer_bytes(), s * b * h * (32.0 + 4.0 * a * s / h), 1e-12);
}
END_TEST

/* Fused kernels store no scores; selective recomputation then keeps the products of weights only: 4 h beside qkv (6 h)
 * and the inner product (2 x 4 h), and the masks. */
START_TEST(fused_attention_stores_no_scores)
{
    sample_fused(&problem);
    plan.tensor = 1;
    WITHIN(layer_bytes(), s * b * h * 34.0, 1e-12);
    plan.recompute = CS_RECOMPUTE_SELECTIVE;
    WITHIN(layer_bytes(), s * b * h * (4.0 + 6.0 + 8.0 + 2.0), 1e-12);
}
END_TEST

/* Gated, grouped queries, no dropout (Llama 3 70B on one device): h (8) + 128 (2 (64 + 16) + 2 * 64) + 6 f a token. */
START_TEST(gated_and_grouped)
{
    problem.stack.dropout = false;
    sample_fused(&problem);
    problem.architecture.gated_ffn = true;
    problem.architecture.d_model = 8192;
    problem.architecture.head_dim = 128;
    problem.architecture.kv_heads = 8;
    problem.architecture.d_ff = 28672;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    plan.tensor = 1;
    WITHIN(layer_bytes(), s * b * (8.0 * 8192 + 128.0 * (2.0 * 80 + 2.0 * 64) + 6.0 * 28672), 1e-12);
    /* FP8 keeps the inputs of products at one byte: norms' outputs, attention's output, the gated product. */
    problem.precision.format = CS_FORMAT_FP8;
    problem.precision.activation_bytes = 1.0;
    WITHIN(layer_bytes(), s * b * (6.0 * 8192 + 128.0 * (2.0 * 80 + 64) + 5.0 * 28672), 1e-12);
}
END_TEST

/* 8 heads on 3 ranks: the fullest holds 3. */
START_TEST(heads_that_do_not_divide)
{
    sample_fused(&problem);
    problem.stack.dropout = false;
    problem.architecture.heads = problem.architecture.kv_heads = 8;
    problem.architecture.head_dim = 768;
    plan.tensor = 3;
    WITHIN(layer_bytes(), s * b * (8.0 * h + 768.0 * 4.0 * 2.0 * 3.0 + 4.0 * 8192.0), 1e-12);
}
END_TEST

/* One mixture layer: every token's k experts keep inputs and outputs (4 h) and the inner product (4 d_expert), spread
 * over t; context parallelism divides the tokens. */
START_TEST(activations_of_a_mixture)
{
    sample_fused(&problem);
    problem.stack.dropout = false;
    problem.architecture.experts = 16;
    problem.architecture.experts_active = 2;
    problem.architecture.d_expert = 3072;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    plan.sequence_parallel = true;
    const double expected = s * b / t * (8.0 * h + 8.0 * h + 2.0 * (4.0 * h + 4.0 * 3072.0));
    WITHIN(layer_bytes(), expected, 1e-12);
    plan.context = 2;
    plan.devices = 16;
    WITHIN(layer_bytes(), 0.5 * expected, 1e-12);
}
END_TEST

static double state_of(int32_t zero, int64_t data)
{
    double state, activations;
    plan.zero_stage = zero;
    plan.data = data;
    plan.devices = 8 * data;
    cs_memory_layers(&problem, &plan, &state, &activations);
    return state;
}

/* 2 B weights, 4 B gradients, 12 B optimizer; each stage shards one more of them (Rajbhandari 2020), and stage 3 holds
 * two gathered layers of 2 B. */
START_TEST(zero_shards)
{
    const double parameters =
        48.0 * (problem.parameters.attention / t + problem.parameters.dense_ffn / t + problem.parameters.norm);
    WITHIN(state_of(0, 4), 18.0 * parameters, 1e-12);
    WITHIN(state_of(1, 4), (6.0 + 3.0) * parameters, 1e-12);
    WITHIN(state_of(2, 4), (2.0 + 16.0 / 4.0) * parameters, 1e-12);
    WITHIN(state_of(3, 4), 18.0 / 4.0 * parameters + 4.0 * parameters / 48.0, 1e-12);
    plan.zero_group = 2;
    WITHIN(state_of(1, 4), (6.0 + 6.0) * parameters, 1e-12);
    plan.zero_group = 1;
    WITHIN(state_of(1, 4), 18.0 * parameters, 1e-12);
}
END_TEST

/* FSDP and XLA shard the FP32 weights that the 12 B of the optimizer hold, and no 16-bit copy; ZeRO 2 keeps one. */
START_TEST(zero_3_of_master_weights)
{
    const double parameters =
        48.0 * (problem.parameters.attention / t + problem.parameters.dense_ffn / t + problem.parameters.norm);
    problem.stack.master_weights = true;
    WITHIN(state_of(3, 4), 16.0 / 4.0 * parameters + 4.0 * parameters / 48.0, 1e-12);
    WITHIN(state_of(2, 4), (2.0 + 16.0 / 4.0) * parameters, 1e-12);
}
END_TEST

/* The loss: FP32 logits and their gradient where kernels are unfused (8 B), in place (4 B), with copies (10 B); in
 * tiles one of them is there at once. */
START_TEST(bytes_of_the_logits)
{
    struct cs_step step;
    const double logits = s * b * 512000.0;
    plan.tensor = plan.pipeline = 1;
    plan.devices = plan.data = 1;
    plan.recompute = CS_RECOMPUTE_FULL;
    problem.device.fused2_forward = problem.device.fused2_backward = 0.5;
    problem.stack.kernel = CS_ATTENTION_FUSED2;
    problem.architecture.vocab = 512000;
    cs_step_evaluate(&problem, &plan, &step);
    WITHIN(step.other_bytes, 4.0 * logits, 1e-9);
    problem.stack.logit_copies = true;
    cs_step_evaluate(&problem, &plan, &step);
    WITHIN(step.other_bytes, 10.0 * logits, 1e-9);
    problem.stack.logit_tiles = 2.0;
    cs_step_evaluate(&problem, &plan, &step);
    WITHIN(step.other_bytes, 5.0 * logits, 1e-9);
}
END_TEST

/* Products only, beside a feed-forward part that is recomputed: no outputs of the layer's norms. */
START_TEST(products_only)
{
    problem.device.fused2_forward = problem.device.fused2_backward = 0.5;
    problem.stack.kernel = CS_ATTENTION_FUSED2;
    problem.stack.dropout = false;
    plan.tensor = 1;
    plan.recompute = CS_RECOMPUTE_FFN;
    WITHIN(layer_bytes(), s * b * h * (4.0 + 4.0 + 8.0), 1e-12); /* two streams, two inputs; queries to outputs */
    problem.stack.products_only = true;
    WITHIN(layer_bytes(), s * b * h * (4.0 + 8.0), 1e-12);
}
END_TEST

START_TEST(more_ranks_never_need_more)
{
    for (int32_t zero = 0; zero <= 3; zero++) {
        double last = INFINITY;
        for (int64_t data = 1; data <= 512; data *= 2) {
            const double state = state_of(zero, data);
            ck_assert_double_le(state, last);
            last = state;
        }
    }
}
END_TEST

/* Experts are sharded over their own replicas: 16 experts over 8 of 32 ranks leave 4 replicas. */
START_TEST(expert_replicas)
{
    problem.architecture.experts = 16;
    problem.architecture.experts_active = 1;
    problem.architecture.d_expert = 24576;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    plan.expert = 8;
    const double expert = 48.0 * 2.0 * problem.parameters.expert;
    const double shared =
        48.0 * (problem.parameters.attention / t + problem.parameters.norm + problem.parameters.router);
    WITHIN(state_of(0, 4), 18.0 * (expert + shared), 1e-12);
    WITHIN(state_of(1, 4), (6.0 + 12.0 / 4.0) * (expert + shared), 1e-12);
    plan.expert = 16; /* 2 replicas */
    WITHIN(state_of(1, 4), (6.0 + 12.0 / 2.0) * 0.5 * expert + (6.0 + 12.0 / 4.0) * shared, 1e-12);
    problem.architecture.experts = 2; /* on every rank, and a router of two columns */
    cs_parameters_count(&problem.architecture, &problem.parameters);
    plan.expert = 1;
    WITHIN(state_of(0, 4), 18.0 * (expert + shared - 48.0 * 14.0 * 6144.0), 1e-12);
}
END_TEST

/* In flight: min(p, m); p + (p - 1) / v; p; p + 1 (Narayanan 2021; 2401.10241; 2412.19437). */
START_TEST(micro_batches_in_flight)
{
    const struct cs_replica replica = {.pipeline = 8.0};
    ck_assert_double_eq(cs_in_flight(&replica, CS_SCHEDULE_1F1B, 1, 100), 8.0);
    ck_assert_double_eq(cs_in_flight(&replica, CS_SCHEDULE_1F1B, 1, 5), 5.0);
    WITHIN(cs_in_flight(&replica, CS_SCHEDULE_1F1B, 2, 100), 11.5, 1e-12);
    ck_assert_double_eq(cs_in_flight(&replica, CS_SCHEDULE_1F1B, 2, 8), 8.0);
    ck_assert_double_eq(cs_in_flight(&replica, CS_SCHEDULE_ZB1P, 1, 100), 8.0);
    ck_assert_double_eq(cs_in_flight(&replica, CS_SCHEDULE_DUALPIPE, 1, 100), 9.0);
}
END_TEST

/* The fullest device is stage 0 or the last one, whichever holds more. */
START_TEST(fullest_stage)
{
    struct cs_replica replica = {.pipeline = 4.0};
    replica.first_state[0] = 100.0;
    replica.first_activation[0] = 10.0;
    replica.first_fixed[0] = 1.0;
    replica.last_state[0] = 120.0;
    replica.last_activation[0] = 8.0;
    replica.last_fixed[0] = 2.0;
    ck_assert_double_eq(cs_memory_bytes(&replica, CS_SCHEDULE_1F1B, 1, 8), 141.0);
    ck_assert_double_eq(cs_memory_bytes(&replica, CS_SCHEDULE_1F1B, 1, 1), 130.0);
}
END_TEST

/* p = 1 holds embedding, layers and head; the tied projection once; FP32 logits and their gradient. */
START_TEST(whole_model_on_one_stage)
{
    struct cs_step step;
    plan.recompute = CS_RECOMPUTE_SELECTIVE;
    plan.sequence_parallel = true;
    cs_step_evaluate(&problem, &plan, &step);
    const double embedding = 51200.0 * h / t, layers = 48.0 * (12.0 * h * h / t + problem.parameters.norm);
    WITHIN(step.state_bytes, 18.0 * (embedding + layers + h), 1e-9);
    WITHIN(step.activation_bytes, 48.0 * 34.0 * s * b * h / t + (4.0 + 1.0) * s * b * h / t, 1e-9);
    const double scores = 5.0 * a * s * s * b / t;
    WITHIN(step.other_bytes, fmax(8.0 * s * b * 51200.0 / t, scores), 1e-9);
    WITHIN(step.memory_bytes, step.state_bytes + step.activation_bytes + step.other_bytes, 1e-12);
}
END_TEST

/* The margin: 6% of 80 GiB and one more. */
START_TEST(memory_that_is_left_to_a_plan)
{
    WITHIN(cs_memory_limit(&problem), (80.0 * 0.94 - 1.0) * gib, 1e-12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *cases = tcase_create("memory");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, korthikanti_table_2);
    tcase_add_test(cases, korthikanti_figure_1);
    tcase_add_test(cases, without_dropout);
    tcase_add_test(cases, fused_attention_stores_no_scores);
    tcase_add_test(cases, gated_and_grouped);
    tcase_add_test(cases, heads_that_do_not_divide);
    tcase_add_test(cases, activations_of_a_mixture);
    tcase_add_test(cases, zero_shards);
    tcase_add_test(cases, zero_3_of_master_weights);
    tcase_add_test(cases, bytes_of_the_logits);
    tcase_add_test(cases, products_only);
    tcase_add_test(cases, more_ranks_never_need_more);
    tcase_add_test(cases, expert_replicas);
    tcase_add_test(cases, micro_batches_in_flight);
    tcase_add_test(cases, fullest_stage);
    tcase_add_test(cases, whole_model_on_one_stage);
    tcase_add_test(cases, memory_that_is_left_to_a_plan);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
