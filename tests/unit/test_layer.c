/* SPDX-License-Identifier: BSD-3-Clause */
/* FLOPs and bytes of every kernel and collective of a dense layer and of the ends, as a plan's narration tells them, by
 * hand. Mixtures: test_mixture.c; what is told once a step: test_trace.c and test_entries.c. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "suite.h"
#include "told.h"

/* 16-bit passes: a norm reads and writes (twice a layer), backward reads two and writes one; a residual reads two and
 * writes one, backward passes the gradient on; the activation reads and writes, backward reads two and writes one;
 * logits 18 and 12 B by the device's default. */
START_TEST(bytes_of_passes_over_activations)
{
    told_bytes_are("dense layer", "norm", 2.0 * 4.0 * tokens * h, 2.0 * 6.0 * tokens * h);
    told_bytes_are("dense layer", "residual", 2.0 * 6.0 * tokens * h, 2.0 * 4.0 * tokens * h);
    told_bytes_are("dense layer", "activation", 4.0 * tokens * f, 6.0 * tokens * f);
    told_bytes_are("embedding", "look-up", 4.0 * tokens * h, 4.0 * tokens * h);
    problem.device.logit_forward = 18.0;
    problem.device.logit_backward = 12.0;
    told_bytes_are("head", "loss", 18.0 * tokens * 51200.0, 12.0 * tokens * 51200.0);
    problem.stack.dropout = true; /* a mask byte */
    told_bytes_are("dense layer", "residual", 2.0 * 7.0 * tokens * h, 2.0 * 5.0 * tokens * h);
    problem.architecture.gated_ffn = true; /* gate, up -> product */
    told_bytes_are("dense layer", "activation", 6.0 * tokens * f, 10.0 * tokens * f);
}
END_TEST

/* A linear layer reads 16-bit operands and writes 16 bits; its weight gradient is read and written in FP32. */
START_TEST(bytes_of_matrix_products)
{
    const double operands = 2.0 * (tokens * h + h * f + tokens * f);
    told_bytes_are("dense layer", "ffn up", operands, operands + 2.0 * (tokens * h + tokens * f) + 8.0 * h * f);
    WITHIN(told("dense layer", "ffn up", false).flops, 2.0 * tokens * h * f, 1e-12);
    WITHIN(told("dense layer", "ffn up", true).flops, 4.0 * tokens * h * f, 1e-12);
    WITHIN(told("dense layer", "qkv", false).flops, 6.0 * tokens * h * h, 1e-12);
    problem.architecture.kv_heads = 8; /* of 64 */
    WITHIN(told("dense layer", "qkv", false).flops, 2.0 * tokens * h * h * (1.0 + 2.0 / 8.0), 1e-12);
}
END_TEST

/* Weight gradients are added in FP32: by their product (4 B read, 4 B written), or it writes 16 bits and a pass of 10 B
 * adds them. */
START_TEST(bytes_of_gradient_sums)
{
    const double weights = 12.0 * h * h;
    const double fused = told("dense layer", "ffn up", true).bytes;
    ck_assert_int_eq(told("dense layer", "add gradients", true).entries, 0);
    problem.stack.fused_weight_gradient = false;
    WITHIN(fused - told("dense layer", "ffn up", true).bytes, 6.0 * h * f, 1e-9);
    WITHIN(told("dense layer", "add gradients", true).bytes, 10.0 * weights, 1e-12);
    problem.training.gradient_bytes = 2.0;
    WITHIN(told("dense layer", "add gradients", true).bytes, 6.0 * weights, 1e-12);
}
END_TEST

/* 8 bits: operands of a byte; each input read at 16 bits where it is made, written at 8 with its transpose, output
 * gradients cast too. Weights are cast once a step: see test_step.c. int4 weights are half a byte. */
START_TEST(bytes_at_8_bits)
{
    problem.precision.format = CS_FORMAT_FP8;
    problem.precision.activation_bytes = 1.0;
    WITHIN(told("dense layer", "ffn up", false).bytes, tokens * h + h * f + 2.0 * tokens * f, 1e-12);
    const double inputs = tokens * (h + h + h + f), outputs = tokens * (3.0 * h + h + f + h);
    told_bytes_are("dense layer", "quantise", 2.0 * inputs, 4.0 * outputs);
    problem.precision.format = CS_FORMAT_INT8;
    problem.precision.weight_bytes = 0.5;
    WITHIN(told("dense layer", "ffn up", false).bytes, tokens * h + 0.5 * h * f + 2.0 * tokens * f, 1e-12);
    WITHIN(told("head", "logits", false).bytes, 2.0 * (tokens * h + h * 51200.0 + tokens * 51200.0), 1e-12);
}
END_TEST

/* Latent attention (DeepSeek-V2, arXiv 2405.04434): down to the ranks, up to the heads. */
START_TEST(latent_attention)
{
    struct cs_architecture *model = &problem.architecture;
    sample_fused(&problem);
    model->attention = CS_ATTENTION_MLA;
    model->mla_q_lora = 1536;
    model->mla_kv_lora = 512;
    model->mla_qk_nope_head_dim = 128;
    model->mla_qk_rope_head_dim = 64;
    model->mla_v_head_dim = 96;
    cs_parameters_count(model, &problem.parameters);
    WITHIN(told("dense layer", "qkv down", false).flops, 2.0 * tokens * h * (1536.0 + 512.0 + 64.0), 1e-12);
    WITHIN(told("dense layer", "q up", false).flops, 2.0 * tokens * 1536.0 * 64.0 * 192.0, 1e-12);
    WITHIN(told("dense layer", "kv up", false).flops, 2.0 * tokens * 512.0 * 64.0 * (128.0 + 96.0), 1e-12);
    WITHIN(told("dense layer", "attention out", false).flops, 2.0 * tokens * 64.0 * 96.0 * h, 1e-12);
    const double causal = 0.5 + 0.5 * 128.0 / 2048.0;
    WITHIN(told("dense layer", "attention", false).flops, 2.0 * 64.0 * tokens * tokens * (192.0 + 96.0) * causal,
           1e-12);
    double state, none, kept;
    cs_memory_layers(&problem, &plan, &state, &none);
    WITHIN(none / 48.0,
           tokens * (8.0 * h + 64.0 * (2.0 * (2.0 * 192.0 + 96.0) + 2.0 * 96.0) + 4.0 * (1536.0 + 512.0) + 4.0 * f),
           1e-12);
    plan.recompute = CS_RECOMPUTE_SELECTIVE; /* keeps the latents, makes the heads again */
    cs_memory_layers(&problem, &plan, &state, &kept);
    WITHIN(kept / 48.0, tokens * (4.0 * h + 4.0 * (1536.0 + 512.0) + 2.0 * f), 1e-12);
    WITHIN(told("dense layer", "kv up again", true).flops, told("dense layer", "kv up", false).flops, 1e-12);
    ck_assert_int_eq(told("dense layer", "norm again", true).entries, 2);
    ck_assert_int_eq(told("dense layer", "activation again", true).entries, 1);
    model->mla_q_lora = 1;
    WITHIN(told("dense layer", "q up", false).flops, 2.0 * tokens * 1.0 * 64.0 * 192.0, 1e-12);
    model->mla_q_lora = 0; /* plain queries */
    WITHIN(told("dense layer", "q up", false).flops, 2.0 * tokens * h * 64.0 * 192.0, 1e-12);
}
END_TEST

/* Every third layer slides over 512 of 2,048 tokens: a mean layer stands for all. */
START_TEST(flops_of_sliding_windows)
{
    problem.architecture.attention = CS_ATTENTION_SLIDING;
    problem.architecture.window = 512;
    problem.architecture.window_period = 3;
    const double keys = 512.0 / 3.0 + 2048.0 * 2.0 / 3.0;
    WITHIN(told("dense layer", "attention", false).flops, 4.0 * 64.0 * 96.0 * tokens * keys, 1e-12);
    double state, activations;
    cs_memory_layers(&problem, &plan, &state, &activations);
    WITHIN(activations / 48.0, tokens * (32.0 * h + 4.0 * 64.0 * keys), 1e-12);
    const double mean = told("dense layer", "attention", false).seconds;
    problem.architecture.window_period = 1;
    const double slide = told("dense layer", "attention", false).seconds;
    problem.architecture.attention = CS_ATTENTION_FULL;
    WITHIN(mean, slide / 3.0 + told("dense layer", "attention", false).seconds * 2.0 / 3.0, 1e-12);
}
END_TEST

/* Five layers of six slide, the sixth does not. */
START_TEST(one_full_layer_in_six)
{
    problem.architecture.attention = CS_ATTENTION_SLIDING;
    problem.architecture.window = 512;
    problem.architecture.window_period = 1;
    problem.architecture.full_attention_period = 6;
    const double keys = 512.0 * 5.0 / 6.0 + 2048.0 / 6.0;
    WITHIN(told("dense layer", "attention", false).flops, 4.0 * 64.0 * 96.0 * tokens * keys, 1e-12);
    double state, activations;
    cs_memory_layers(&problem, &plan, &state, &activations);
    WITHIN(activations / 48.0, tokens * (32.0 * h + 4.0 * 64.0 * keys), 1e-12);
    problem.architecture.full_attention_period = 1; /* none slides */
    ck_assert_double_eq(cs_sliding_share(&problem.architecture), 0.0);
    problem.architecture.attention = CS_ATTENTION_FULL;
    problem.architecture.full_attention_period = 6;
    ck_assert_double_eq(cs_sliding_share(&problem.architecture), 0.0);
    problem.architecture.full_attention_period = 0;
}
END_TEST

/* Keys and values of the sequence, 2 s kv d_h at 16 bits over t, go round once each way. */
START_TEST(keys_and_values_go_round)
{
    plan.context = 2;
    plan.devices = 2;
    problem.architecture.kv_heads = 8;
    const double bytes = 2.0 * 2.0 * tokens * 8.0 * 96.0;
    told_bytes_are("dense layer", "keys and values (context)", bytes, bytes);
    WITHIN(told("dense layer", "ffn up", false).flops, tokens * h * f, 1e-12); /* half of the tokens */
    struct cs_network network;
    struct cs_group group;
    cs_network_of(&problem, 2, &network);
    cs_group_place(&network, 1, 2, &group);
    const struct told ring = told("dense layer", "keys and values (context)", false);
    const double attention = told("dense layer", "attention", false).seconds;
    WITHIN(ring.seconds, cs_all_gather(&group, bytes), 1e-12);
    WITHIN(ring.exposed, cs_exposed(ring.seconds, attention, 0.15), 1e-12);
}
END_TEST

/* Latent attention sends its keys, of both parts, and its values: (96 + 48 + 112) for each head. */
START_TEST(latent_keys_go_round)
{
    struct cs_architecture *model = &problem.architecture;
    model->attention = CS_ATTENTION_MLA;
    model->mla_kv_lora = 512;
    model->mla_qk_nope_head_dim = 96;
    model->mla_qk_rope_head_dim = 48;
    model->mla_v_head_dim = 112;
    model->kv_heads = 1;
    plan.context = 2;
    plan.tensor = 4;
    plan.devices = 8;
    const double bytes = 2.0 * tokens * 16.0 * 256.0;
    told_bytes_are("dense layer", "keys and values (context)", bytes, bytes);
}
END_TEST

/* A sliding layer in three reads the window's keys, the others all: 9 passes over the scores and the products' operands
 * (test_kernel.c), with two thirds of the one and a third of the other. */
START_TEST(bytes_of_sliding_windows)
{
    const double full = told("dense layer", "attention", false).bytes;
    problem.architecture.attention = CS_ATTENTION_SLIDING;
    problem.architecture.window = 512;
    problem.architecture.window_period = 1;
    const double slide = told("dense layer", "attention", false).bytes;
    /* Products: 64 heads of 2,048 x 96 queries, 512 x 96 keys or values and 2,048 x 512 scores, twice; 9 passes. */
    WITHIN(slide, 2.0 * 64.0 * 2.0 * (2048.0 * 96.0 + 512.0 * 96.0 + 2048.0 * 512.0) + 9.0 * 64.0 * 2048.0 * 512.0,
           1e-12);
    ck_assert_double_lt(slide, 0.3 * full);
    problem.architecture.window_period = 3;
    WITHIN(told("dense layer", "attention", false).bytes, slide / 3.0 + full * 2.0 / 3.0, 1e-12);
}
END_TEST

/* A pass of no bytes is no kernel: losses that write their gradient going forward have none going back. */
START_TEST(a_pass_of_no_bytes_is_no_kernel)
{
    problem.device.logit_forward = 4.0;
    problem.device.logit_backward = 0.0;
    ck_assert_int_eq(told("head", "loss", false).entries, 1);
    ck_assert_int_eq(told("head", "loss", true).entries, 0);
    problem.device.logit_backward = 1e-9; /* of .1 B it is one */
    ck_assert_int_eq(told("head", "loss", true).entries, 1);
}
END_TEST

/* Half-byte weights: gradients of inputs read them, gradients of weights read outputs' gradients of one byte. */
START_TEST(bytes_at_4_bits)
{
    problem.precision.format = CS_FORMAT_INT8;
    problem.precision.activation_bytes = 1.0;
    problem.precision.weight_bytes = 0.5;
    const double inputs = tokens * f + 0.5 * h * f + 2.0 * tokens * h;
    const double weights = tokens * h + tokens * f + 8.0 * h * f;
    WITHIN(told("dense layer", "ffn up", true).bytes, inputs + weights, 1e-12);
}
END_TEST

/* Layers of stage 0, dealt alike: 48 over 48 stages are one, over 4 stages 12. */
START_TEST(layers_of_the_first_stage)
{
    double state, activations, one_state, one;
    problem.stack.layer_split = CS_LAYER_SPLIT_EVEN;
    plan.pipeline = 48;
    plan.devices = 48;
    cs_memory_layers(&problem, &plan, &one_state, &one);
    plan.pipeline = 4;
    plan.devices = 4;
    cs_memory_layers(&problem, &plan, &state, &activations);
    WITHIN(state, 12.0 * one_state, 1e-12);
}
END_TEST

/* Recomputed unfused attention enqueues its three kernels again; a head's output needs no gradient of its input. */
START_TEST(launches_of_recomputed_kernels)
{
    problem.stack.dispatch = 1.0;
    const double backward = 1.0; /* s per kernel */
    struct cs_network network;
    struct cs_costs costs;
    struct cs_plan sharding = {.tensor = 1, .context = 1, .expert = 1, .expert_tensor = 1, .micro_batch = 1};
    cs_network_of(&problem, 1, &network);
    cs_costs_prepare(&problem, &network, &sharding, &costs);
    const double none = costs.part[CS_PART_DENSE].backward_seconds;
    sharding.recompute = CS_RECOMPUTE_SELECTIVE;
    cs_costs_prepare(&problem, &network, &sharding, &costs);
    WITHIN(costs.part[CS_PART_DENSE].backward_seconds, none + 3.0 * backward, 1e-12);
    /* Fused latent attention: attention, both norms, both up-projections and the activation again. */
    sample_fused(&problem);
    problem.architecture.attention = CS_ATTENTION_MLA;
    problem.architecture.mla_q_lora = 1536;
    problem.architecture.mla_kv_lora = 512;
    problem.architecture.mla_qk_nope_head_dim = problem.architecture.mla_v_head_dim = 128;
    problem.architecture.mla_qk_rope_head_dim = 64;
    sharding.recompute = CS_RECOMPUTE_NONE;
    cs_costs_prepare(&problem, &network, &sharding, &costs);
    const double latent = costs.part[CS_PART_DENSE].backward_seconds;
    sharding.recompute = CS_RECOMPUTE_SELECTIVE;
    cs_costs_prepare(&problem, &network, &sharding, &costs);
    WITHIN(costs.part[CS_PART_DENSE].backward_seconds, latent + 6.0 * backward, 1e-12);
}
END_TEST

/* FP32 logits and their gradient; fused losses write the gradient in place. */
START_TEST(memory_of_logits)
{
    struct cs_step step;
    plan.recompute = CS_RECOMPUTE_FULL;
    plan.tensor = 8;
    plan.devices = 8;
    problem.architecture.vocab = 1024000;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    cs_step_evaluate(&problem, &plan, &step);
    WITHIN(step.other_bytes, 8.0 * tokens * 128000.0, 1e-12);
    sample_fused(&problem);
    cs_step_evaluate(&problem, &plan, &step);
    WITHIN(step.other_bytes, 4.0 * tokens * 128000.0, 1e-12);
    /* Flash kernels read and write q, k, v, o once: 2 B forward, twice that backward. */
    told_bytes_are("dense layer", "attention", 2.0 * 8.0 * 192.0 * 2.0 * tokens, 4.0 * 8.0 * 192.0 * 2.0 * tokens);
}
END_TEST

/* User buffers hide a share of what GEMMs feed on, in stacks with fused attention. */
START_TEST(tensor_traffic_hidden_in_user_buffers)
{
    plan.tensor = 8;
    plan.devices = 8;
    plan.sequence_parallel = true;
    problem.device.tensor_overlap = 0.4;
    const struct told open = told("dense layer", "all-gather (tensor)", false);
    WITHIN(open.exposed, open.seconds, 1e-12);
    sample_fused(&problem);
    const char *const kernels[] = {"all-gather (tensor)", "reduce-scatter (tensor)"};
    for (int i = 0; i < 2; i++) {
        const struct told half = told("dense layer", kernels[i], false);
        WITHIN(half.exposed, 0.6 * half.seconds, 1e-12);
    }
    WITHIN(told("dense layer", "all-gather (tensor)", true).exposed, 0.6 * open.seconds, 1e-12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layer");
    TCase *cases = tcase_create("layer");
    tcase_add_checked_fixture(cases, told_setup, NULL);
    tcase_add_test(cases, bytes_of_passes_over_activations);
    tcase_add_test(cases, bytes_of_matrix_products);
    tcase_add_test(cases, bytes_of_gradient_sums);
    tcase_add_test(cases, bytes_at_8_bits);
    tcase_add_test(cases, latent_attention);
    tcase_add_test(cases, flops_of_sliding_windows);
    tcase_add_test(cases, one_full_layer_in_six);
    tcase_add_test(cases, keys_and_values_go_round);
    tcase_add_test(cases, latent_keys_go_round);
    tcase_add_test(cases, bytes_of_sliding_windows);
    tcase_add_test(cases, a_pass_of_no_bytes_is_no_kernel);
    tcase_add_test(cases, bytes_at_4_bits);
    tcase_add_test(cases, layers_of_the_first_stage);
    tcase_add_test(cases, launches_of_recomputed_kernels);
    tcase_add_test(cases, memory_of_logits);
    tcase_add_test(cases, tensor_traffic_hidden_in_user_buffers);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
