/* SPDX-License-Identifier: BSD-3-Clause */
/* FLOPs and bytes of every kernel and collective of a layer, as the narration tells them, by hand. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"
#include "suite.h"

#define WITHIN(value, expected, fraction) ck_assert_double_eq_tol(value, expected, fabs(expected) * (fraction))

static struct cs_problem problem;
static struct cs_plan plan;
/* One sequence of 2,048 tokens of 6,144 on one device. */
static const double tokens = 2048.0, h = 6144.0, f = 24576.0;

struct sums {
    const char *part, *kernel;
    bool backward, again;
    double flops, bytes, seconds, exposed;
    int entries;
};

static void setup(void)
{
    sample_problem(&problem);
    sample_plan(&plan);
    plan.tensor = 1;
    plan.micro_batch = 1;
    plan.devices = 1;
    plan.global_batch = 1;
    problem.training.dropout = false;
}

static void collect(void *context, const struct cs_trace_entry *entry)
{
    struct sums *sums = context;
    if (strcmp(entry->part, sums->part) == 0 && strcmp(entry->kernel, sums->kernel) == 0 &&
        entry->backward == sums->backward && entry->again == sums->again) {
        sums->flops += entry->flops;
        sums->bytes += entry->bytes;
        sums->seconds += entry->seconds;
        sums->exposed += entry->exposed_seconds;
        sums->entries++;
    }
}

static struct sums told(const char *part, const char *kernel, bool backward)
{
    struct sums sums = {.part = part, .kernel = kernel, .backward = backward};
    cs_step_trace(&problem, &plan, collect, &sums);
    return sums;
}

static struct sums told_again(const char *part, const char *kernel)
{
    struct sums sums = {.part = part, .kernel = kernel, .backward = true, .again = true};
    cs_step_trace(&problem, &plan, collect, &sums);
    return sums;
}

static void check_bytes(const char *part, const char *kernel, double forward, double backward)
{
    WITHIN(told(part, kernel, false).bytes, forward, 1e-12);
    WITHIN(told(part, kernel, true).bytes, backward, 1e-12);
}

/* 16-bit passes: a norm reads and writes (twice a layer), backward reads two and writes one; a residual reads two and
 * writes one, backward passes the gradient on; the activation reads and writes, backward reads two and writes one;
 * logits 18 and 12 B by the device's default. */
START_TEST(passes)
{
    check_bytes("dense layer", "norm", 2.0 * 4.0 * tokens * h, 2.0 * 6.0 * tokens * h);
    check_bytes("dense layer", "residual", 2.0 * 6.0 * tokens * h, 2.0 * 4.0 * tokens * h);
    check_bytes("dense layer", "activation", 4.0 * tokens * f, 6.0 * tokens * f);
    check_bytes("embedding", "look-up", 4.0 * tokens * h, 4.0 * tokens * h);
    problem.device.logit_forward = 18.0;
    problem.device.logit_backward = 12.0;
    check_bytes("head", "loss", 18.0 * tokens * 51200.0, 12.0 * tokens * 51200.0);
    problem.training.dropout = true; /* a mask byte */
    check_bytes("dense layer", "residual", 2.0 * 7.0 * tokens * h, 2.0 * 5.0 * tokens * h);
    problem.architecture.gated_ffn = true; /* gate, up -> product */
    check_bytes("dense layer", "activation", 6.0 * tokens * f, 10.0 * tokens * f);
}
END_TEST

/* A linear layer reads 16-bit operands and writes 16 bits; its weight gradient is read and written in FP32. */
START_TEST(products)
{
    const double operands = 2.0 * (tokens * h + h * f + tokens * f);
    check_bytes("dense layer", "ffn up", operands, operands + 2.0 * (tokens * h + tokens * f) + 8.0 * h * f);
    WITHIN(told("dense layer", "ffn up", false).flops, 2.0 * tokens * h * f, 1e-12);
    WITHIN(told("dense layer", "ffn up", true).flops, 4.0 * tokens * h * f, 1e-12);
    WITHIN(told("dense layer", "qkv", false).flops, 6.0 * tokens * h * h, 1e-12);
    problem.architecture.kv_heads = 8; /* of 64 */
    WITHIN(told("dense layer", "qkv", false).flops, 2.0 * tokens * h * h * (1.0 + 2.0 / 8.0), 1e-12);
}
END_TEST

/* Weight gradients are added in FP32: by their product (4 B read, 4 B written), or it writes 16 bits and a pass of 10 B
 * adds them. */
START_TEST(gradient_sums)
{
    const double weights = 12.0 * h * h;
    const double fused = told("dense layer", "ffn up", true).bytes;
    ck_assert_int_eq(told("dense layer", "add gradients", true).entries, 0);
    problem.training.fused_weight_gradient = false;
    WITHIN(fused - told("dense layer", "ffn up", true).bytes, 6.0 * h * f, 1e-9);
    WITHIN(told("dense layer", "add gradients", true).bytes, 10.0 * weights, 1e-12);
    problem.training.gradient_bytes = 2.0;
    WITHIN(told("dense layer", "add gradients", true).bytes, 6.0 * weights, 1e-12);
}
END_TEST

/* 8 bits: operands of a byte; each input read at 16 bits where it is made, written at 8 with its transpose, weights and
 * output gradients cast too. int4 weights are half a byte. */
START_TEST(narrow_formats)
{
    problem.precision.format = CS_FORMAT_FP8;
    problem.precision.activation_bytes = 1.0;
    WITHIN(told("dense layer", "ffn up", false).bytes, tokens * h + h * f + 2.0 * tokens * f, 1e-12);
    const double inputs = tokens * (h + h + h + f), weights = 12.0 * h * h, outputs = tokens * (3.0 * h + h + f + h);
    check_bytes("dense layer", "quantise", 2.0 * inputs + 3.0 * weights, 4.0 * outputs);
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
    problem.kernel = CS_ATTENTION_FUSED2;
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
START_TEST(sliding_windows)
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

/* Keys and values of the sequence, 2 s kv d_h at 16 bits over t, go round once each way. */
START_TEST(context_parallel)
{
    plan.context = 2;
    plan.devices = 2;
    problem.architecture.kv_heads = 8;
    const double bytes = 2.0 * 2.0 * tokens * 8.0 * 96.0;
    check_bytes("dense layer", "keys and values (context)", bytes, bytes);
    WITHIN(told("dense layer", "ffn up", false).flops, tokens * h * f, 1e-12); /* half of the tokens */
    struct cs_network network;
    struct cs_group group;
    cs_network_of(&problem, 2, &network);
    cs_group_place(&network, 1, 2, &group);
    const struct sums ring = told("dense layer", "keys and values (context)", false);
    const double attention = told("dense layer", "attention", false).seconds;
    WITHIN(ring.seconds, cs_all_gather(&group, bytes), 1e-12);
    WITHIN(ring.exposed, cs_exposed(ring.seconds, attention, 0.15), 1e-12);
}
END_TEST

static void make_mixture(void)
{
    problem.architecture.experts = 16;
    problem.architecture.experts_active = 2;
    problem.architecture.d_expert = 3072;
    cs_parameters_count(&problem.architecture, &problem.parameters);
}

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
    check_bytes("dense layer", "keys and values (context)", bytes, bytes);
}
END_TEST

/* A sliding layer in three reads the window's keys, the others all: 9 passes over the scores and the products' operands
 * (test_kernel.c), with two thirds of the one and a third of the other. */
START_TEST(sliding_bytes)
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

static void check_kind(void *context, const struct cs_trace_entry *entry)
{
    /* Collectives name their group in parentheses, or the hop between stages. */
    const bool named = strchr(entry->kernel, '(') != NULL;
    ck_assert_msg(entry->collective == named, "%s, %s", entry->part, entry->kernel);
    ck_assert_msg((entry->bound == CS_BOUND_LINK) == named, "%s, %s", entry->part, entry->kernel);
    ck_assert(isfinite(entry->exposed_seconds) && entry->seconds >= 0.0);
    ck_assert(!entry->again || entry->backward);
    ck_assert(!named || entry->exposed_seconds <= entry->seconds * (1.0 + 1e-12));
    ++*(int *)context;
}

/* Every entry says whether it is a kernel or a collective; recomputation is told in the backward pass. */
START_TEST(kinds)
{
    int entries = 0;
    make_mixture();
    plan = (struct cs_plan){.devices = 64,
                            .data = 4,
                            .global_batch = 16,
                            .micro_batches = 4,
                            .tensor = 4,
                            .pipeline = 2,
                            .context = 2,
                            .expert = 4,
                            .expert_tensor = 2,
                            .micro_batch = 1,
                            .interleave = 2,
                            .zero_stage = 3,
                            .recompute = CS_RECOMPUTE_FULL,
                            .sequence_parallel = true};
    cs_step_trace(&problem, &plan, check_kind, &entries);
    ck_assert_int_gt(entries, 60);
    /* Full recomputation repeats the forward pass of layers kernel by kernel, not that of the head. */
    const struct sums forward = told("mixture layer", "qkv", false), again = told_again("mixture layer", "qkv");
    ck_assert_int_eq(again.entries, 1);
    ck_assert_double_eq(again.flops, forward.flops);
    ck_assert_double_eq(again.exposed, forward.exposed);
    ck_assert_int_eq(told("mixture layer", "qkv", true).entries, 2);
    ck_assert_int_eq(told_again("mixture layer", "dispatch (expert)").entries, 1);
    ck_assert_int_eq(told_again("head", "logits").entries, 0);
    plan.zero_stage = 1; /* gradients once a step */
    cs_step_trace(&problem, &plan, check_kind, &entries);
    ck_assert_int_eq(told("step", "gradients and parameters (data)", false).entries, 1);
}
END_TEST

/* What happens once a step: hops of m micro-batches through v chunks of 2 stages, the state's update. */
START_TEST(step_entries)
{
    plan.pipeline = 2;
    plan.interleave = 2;
    plan.micro_batches = 4;
    plan.global_batch = 4;
    plan.devices = 2;
    const double boundary = 2.0 * tokens * h;
    WITHIN(told("step", "point-to-point (pipeline)", false).bytes, 2.0 * boundary * (4.0 + 1.0 / 2.0) * 2.0, 1e-12);
    plan.interleave = 1;
    plan.micro_batches = 8;
    WITHIN(told("step", "point-to-point (pipeline)", false).bytes, 2.0 * boundary * (8.0 + 1.0), 1e-12);
    struct cs_network network;
    struct cs_costs costs;
    struct cs_stage stage;
    const struct cs_plan sharding = {.tensor = 1, .context = 1, .expert = 1, .expert_tensor = 1, .micro_batch = 1};
    cs_network_of(&problem, 2, &network);
    cs_costs_prepare(&problem, &network, &sharding, &costs);
    cs_stage_prepare(&costs, 2, &stage);
    const double own = stage.sync_parameters;
    ck_assert_double_gt(own, 24.0 * 12.0 * h * h);
    const double traffic = problem.training.optimizer_traffic_bytes;
    WITHIN(told("step", "optimizer", false).bytes, traffic * own, 1e-12);
    /* The optimizer's time is its traffic's; the host's work of a step stands beside it. */
    ck_assert_int_eq(told("step", "host work of the step", false).entries, problem.device.step_overhead > 0.0 ? 1 : 0);
    const double update = told("step", "optimizer", false).seconds;
    WITHIN(update, traffic * own / (problem.device.hbm_bandwidth * problem.device.hbm_efficiency), 1e-9);
    problem.device.step_overhead = 0.25;
    WITHIN(told("step", "host work of the step", false).exposed, 0.25, 1e-12);
    WITHIN(told("step", "optimizer", false).seconds, update, 1e-9);
    problem.device.step_overhead = 0.0;
    plan.data = 2;
    plan.devices = 4;
    WITHIN(told("step", "gradients and parameters (data)", false).bytes, problem.training.gradient_bytes * own, 1e-12);
    make_mixture(); /* the experts' gradients too */
    cs_costs_prepare(&problem, &network, &sharding, &costs);
    cs_stage_prepare(&costs, 2, &stage);
    ck_assert_double_gt(stage.sync_expert_parameters, 0.0);
    const double both = stage.sync_parameters + stage.sync_expert_parameters;
    WITHIN(told("step", "gradients and parameters (data)", false).bytes, problem.training.gradient_bytes * both, 1e-12);
    WITHIN(told("step", "optimizer", false).bytes, traffic * both, 1e-12);
}
END_TEST

/* With interleaving, hops of other chunks run beside the compute in stacks that overlap: the tax of them is exposed. */
START_TEST(hops_beside_compute)
{
    problem.kernel = CS_ATTENTION_FUSED2;
    plan.pipeline = 2;
    plan.micro_batches = 4;
    plan.global_batch = 4;
    plan.devices = 2;
    const struct sums whole = told("step", "point-to-point (pipeline)", false);
    ck_assert_double_gt(whole.seconds, 0.0);
    WITHIN(whole.exposed, whole.seconds, 1e-12);
    plan.interleave = 2;
    const struct sums beside = told("step", "point-to-point (pipeline)", false);
    WITHIN(beside.exposed, 0.15 * beside.seconds, 1e-12);
}
END_TEST

/* All wait for the slowest of N devices in every micro-batch. */
START_TEST(wait_for_the_slowest)
{
    struct cs_network network;
    struct cs_costs costs;
    struct cs_stage stage;
    const struct cs_plan sharding = {.tensor = 1, .context = 1, .expert = 1, .expert_tensor = 1, .micro_batch = 1};
    plan.data = 4;
    plan.devices = 4;
    plan.micro_batches = 3;
    ck_assert_int_eq(told("step", "wait for the slowest device", false).entries, 0);
    problem.device.speed_spread = 0.02;
    cs_network_of(&problem, 4, &network);
    cs_costs_prepare(&problem, &network, &sharding, &costs);
    cs_stage_prepare(&costs, 1, &stage);
    const double late = cs_device_slowest(&problem.device, 4.0) - 1.0;
    ck_assert_double_gt(late, 0.0);
    WITHIN(told("step", "wait for the slowest device", false).seconds,
           3.0 * late * (stage.slowest_forward + stage.slowest_backward), 1e-9);
}
END_TEST

/* Two experts are a mixture: no layer is dense unless the model says so. */
START_TEST(two_experts)
{
    ck_assert_int_eq(told("mixture layer", "norm", false).entries, 0);
    make_mixture();
    problem.architecture.experts = 2;
    problem.architecture.experts_active = 1;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    ck_assert_int_eq(told("dense layer", "norm", false).entries, 0);
    ck_assert_int_eq(told("mixture layer", "norm", false).entries, 2);
    WITHIN(told("mixture layer", "expert up", false).flops, 2.0 * tokens * h * 3072.0, 1e-12);
    problem.architecture.dense_layers = 1;
    ck_assert_int_eq(told("dense layer", "norm", false).entries, 2);
    problem.architecture.mtp_layers = 1; /* nor is the layer of a prediction depth */
    cs_parameters_count(&problem.architecture, &problem.parameters);
    ck_assert_int_eq(told("head", "expert up", false).entries, 1);
    ck_assert_int_eq(told("head", "ffn up", false).entries, 0);
}
END_TEST

/* Experts cut into columns: tokens are gathered before and scattered after, over the tensor group, both ways. */
START_TEST(experts_in_columns)
{
    struct cs_network network;
    struct cs_group group;
    static const char *const kernels[] = {"all-gather (expert tensor)", "reduce-scatter (expert tensor)"};
    make_mixture();
    plan.sequence_parallel = true;
    for (int32_t tensor = 2; tensor <= 4; tensor += 2) {
        plan.tensor = plan.expert_tensor = tensor;
        plan.devices = tensor;
        cs_network_of(&problem, tensor, &network);
        cs_group_place(&network, 1, tensor, &group);
        const double bytes = 2.0 * tokens * h * 2.0; /* two experts for each token, of the ranks together */
        for (int i = 0; i < 4; i++) {
            const struct sums sums = told("mixture layer", kernels[i / 2], i % 2 == 1);
            ck_assert_int_eq(sums.entries, 1);
            WITHIN(sums.bytes, bytes, 1e-12);
            WITHIN(sums.seconds, cs_all_gather(&group, bytes), 1e-12);
            WITHIN(sums.exposed, sums.seconds, 1e-12);
        }
    }
}
END_TEST

/* A pass of no bytes is no kernel: losses that write their gradient going forward have none going back. */
START_TEST(no_pass_of_nothing)
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
START_TEST(narrow_weights)
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
    problem.training.layer_split = CS_LAYER_SPLIT_EVEN;
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
START_TEST(host_time_of_recomputation)
{
    problem.device.dispatch = 1.0;
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
    problem.kernel = CS_ATTENTION_FUSED2;
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

/* Tokens are copied to their experts' rows and back: read and written twice each way. A shared expert is dense. */
START_TEST(mixture)
{
    make_mixture();
    check_bytes("mixture layer", "permute", 8.0 * 2.0 * tokens * h, 8.0 * 2.0 * tokens * h);
    WITHIN(told("mixture layer", "router", false).flops, 2.0 * tokens * h * 16.0, 1e-12);
    WITHIN(told("mixture layer", "expert up", false).flops, 2.0 * 2.0 * tokens * h * 3072.0, 1e-12);
    check_bytes("mixture layer", "activation", 4.0 * 2.0 * tokens * 3072.0, 6.0 * 2.0 * tokens * 3072.0);
    problem.architecture.shared_experts = 2;
    WITHIN(told("mixture layer", "shared expert up", false).flops, 2.0 * tokens * h * 2.0 * 3072.0, 1e-12);
    problem.device.routing = 0.5;
    ck_assert_double_eq(told("mixture layer", "routing", false).seconds, 0.5);
    ck_assert_double_eq(told("mixture layer", "routing", true).seconds, 0.5);
}
END_TEST

/* Dispatch at 8 bits, combine at 16, gradients of both at 16: bytes of the tokens that a rank sends. */
START_TEST(dispatch)
{
    make_mixture();
    problem.precision.dispatch_bytes = 1.0;
    plan.expert = 4;
    plan.devices = 4;
    plan.data = 4;
    check_bytes("mixture layer", "dispatch (expert)", 2.0 * tokens * h, 4.0 * tokens * h);
    check_bytes("mixture layer", "combine (expert)", 4.0 * tokens * h, 4.0 * tokens * h);
    WITHIN(told("mixture layer", "expert up", false).flops, 2.0 * 2.0 * tokens * h * 3072.0, 1e-12); /* balanced */
}
END_TEST

/* A prediction depth: 2 h to h, a layer, logits of its own; in the head (DeepSeek-V3, arXiv 2412.19437, 2.2). */
START_TEST(token_prediction)
{
    const double logits = told("head", "logits", false).flops;
    problem.architecture.mtp_layers = 1;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    WITHIN(told("head", "logits", false).flops, 2.0 * logits, 1e-12);
    WITHIN(told("head", "mtp projection", false).flops, 4.0 * tokens * h * h, 1e-12);
    WITHIN(told("head", "ffn up", false).flops, 2.0 * tokens * h * f, 1e-12);
    struct cs_network network;
    struct cs_costs with, without;
    const struct cs_plan sharding = {.tensor = 1, .context = 1, .expert = 1, .expert_tensor = 1, .micro_batch = 1};
    cs_network_of(&problem, 1, &network);
    cs_costs_prepare(&problem, &network, &sharding, &with);
    problem.architecture.mtp_layers = 0;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    cs_costs_prepare(&problem, &network, &sharding, &without);
    const struct cs_part *head = &with.part[CS_PART_HEAD], *layer = &with.part[CS_PART_DENSE];
    WITHIN(head->activation_bytes, without.part[CS_PART_HEAD].activation_bytes + layer->activation_bytes, 1e-12);
    ck_assert_double_gt(head->parameters, without.part[CS_PART_HEAD].parameters + layer->parameters);
    /* A second depth adds as much as the first, to each kind of time and to the working memory alike. */
    struct cs_costs twice;
    problem.architecture.mtp_layers = 2;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    cs_costs_prepare(&problem, &network, &sharding, &twice);
    const struct cs_part *none = &without.part[CS_PART_HEAD], *two = &twice.part[CS_PART_HEAD];
    for (int i = 0; i < CS_SHARE_COUNT; i++) {
        ck_assert_double_eq_tol(two->forward[i] - none->forward[i], 2.0 * (head->forward[i] - none->forward[i]), 1e-12);
        ck_assert_double_eq_tol(two->backward[i] - none->backward[i], 2.0 * (head->backward[i] - none->backward[i]),
                                1e-12);
    }
    ck_assert_double_gt(head->forward[CS_SHARE_COMPUTE], none->forward[CS_SHARE_COMPUTE]);
    ck_assert_double_gt(head->backward[CS_SHARE_COMPUTE] - none->backward[CS_SHARE_COMPUTE],
                        1.5 * (head->forward[CS_SHARE_COMPUTE] - none->forward[CS_SHARE_COMPUTE]));
    ck_assert_double_eq(head->working_bytes, none->working_bytes); /* one head's logits at a time */
    /* two logits' worth, a layer, and a projection three ways */
    WITHIN(head->flops, 2.0 * none->flops + layer->flops + 12.0 * tokens * h * h, 1e-12);
    ck_assert_double_gt(head->forward_seconds, without.part[CS_PART_HEAD].forward_seconds + layer->forward_seconds);
    ck_assert_double_gt(head->backward_seconds, without.part[CS_PART_HEAD].backward_seconds + layer->backward_seconds);
    ck_assert_double_gt(head->weight_gradient_seconds,
                        without.part[CS_PART_HEAD].weight_gradient_seconds + layer->weight_gradient_seconds);
}
END_TEST

/* FP32 logits and their gradient; fused losses write the gradient in place. */
START_TEST(logits_memory)
{
    struct cs_step step;
    plan.recompute = CS_RECOMPUTE_FULL;
    plan.tensor = 8;
    plan.devices = 8;
    problem.architecture.vocab = 1024000;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    cs_step_evaluate(&problem, &plan, &step);
    WITHIN(step.other_bytes, 8.0 * tokens * 128000.0, 1e-12);
    problem.kernel = CS_ATTENTION_FUSED2;
    cs_step_evaluate(&problem, &plan, &step);
    WITHIN(step.other_bytes, 4.0 * tokens * 128000.0, 1e-12);
    /* Flash kernels read and write q, k, v, o once: 2 B forward, twice that backward. */
    check_bytes("dense layer", "attention", 2.0 * 8.0 * 192.0 * 2.0 * tokens, 4.0 * 8.0 * 192.0 * 2.0 * tokens);
}
END_TEST

/* User buffers hide a share of what GEMMs feed on, in stacks with fused attention. */
START_TEST(tensor_overlap)
{
    plan.tensor = 8;
    plan.devices = 8;
    plan.sequence_parallel = true;
    problem.device.tensor_overlap = 0.4;
    const struct sums open = told("dense layer", "all-gather (tensor)", false);
    WITHIN(open.exposed, open.seconds, 1e-12);
    problem.kernel = CS_ATTENTION_FUSED2;
    const char *const kernels[] = {"all-gather (tensor)", "reduce-scatter (tensor)"};
    for (int i = 0; i < 2; i++) {
        const struct sums half = told("dense layer", kernels[i], false);
        WITHIN(half.exposed, 0.6 * half.seconds, 1e-12);
    }
    WITHIN(told("dense layer", "all-gather (tensor)", true).exposed, 0.6 * open.seconds, 1e-12);
}
END_TEST

/* DualPipe hides all-to-all under compute, less the units that it takes. */
START_TEST(hidden_all_to_all)
{
    struct cs_network network;
    struct cs_costs costs;
    const struct cs_plan sharding = {.tensor = 1, .context = 1, .expert = 4, .expert_tensor = 1, .micro_batch = 1};
    make_mixture();
    cs_network_of(&problem, 4, &network);
    cs_costs_prepare(&problem, &network, &sharding, &costs);
    const struct cs_part *part = &costs.part[CS_PART_MIXTURE];
    const double sent = part->forward[CS_SHARE_EXPERT] + part->backward[CS_SHARE_EXPERT];
    const double compute = part->forward[CS_SHARE_COMPUTE] + part->backward[CS_SHARE_COMPUTE];
    ck_assert_double_lt(sent, compute);
    WITHIN(part->hidden_all_to_all, sent * 0.85, 1e-12);
    ck_assert_double_eq(costs.part[CS_PART_HEAD].hidden_all_to_all, 0.0);
    problem.device.link_bandwidth = 1e9; /* and never more than there is compute */
    cs_costs_prepare(&problem, &network, &sharding, &costs);
    ck_assert_double_gt(part->forward[CS_SHARE_EXPERT] + part->backward[CS_SHARE_EXPERT], compute);
    WITHIN(part->hidden_all_to_all, compute * 0.85, 1e-12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layer");
    TCase *cases = tcase_create("layer");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, passes);
    tcase_add_test(cases, products);
    tcase_add_test(cases, gradient_sums);
    tcase_add_test(cases, narrow_formats);
    tcase_add_test(cases, latent_attention);
    tcase_add_test(cases, sliding_windows);
    tcase_add_test(cases, context_parallel);
    tcase_add_test(cases, latent_keys_go_round);
    tcase_add_test(cases, sliding_bytes);
    tcase_add_test(cases, kinds);
    tcase_add_test(cases, step_entries);
    tcase_add_test(cases, hops_beside_compute);
    tcase_add_test(cases, wait_for_the_slowest);
    tcase_add_test(cases, two_experts);
    tcase_add_test(cases, experts_in_columns);
    tcase_add_test(cases, no_pass_of_nothing);
    tcase_add_test(cases, narrow_weights);
    tcase_add_test(cases, layers_of_the_first_stage);
    tcase_add_test(cases, host_time_of_recomputation);
    tcase_add_test(cases, mixture);
    tcase_add_test(cases, dispatch);
    tcase_add_test(cases, token_prediction);
    tcase_add_test(cases, logits_memory);
    tcase_add_test(cases, tensor_overlap);
    tcase_add_test(cases, hidden_all_to_all);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
