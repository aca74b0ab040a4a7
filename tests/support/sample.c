/* SPDX-License-Identifier: BSD-3-Clause */
#include "sample.h"

#include <stdio.h>
#include <string.h>

void sample_gpu(struct cs_device *device)
{
    *device = (struct cs_device){
        .name = "sample GPU",
        .kind = CS_GPU,
        .peak_flops = 100e12,
        .int8_multiplier = 2.0,
        .fp8_multiplier = 2.0,
        .hbm_capacity = 80.0 * 1073741824.0,
        .hbm_bandwidth = 1e15,
        .hbm_efficiency = 1.0,
        .units = 100.0,
        .clock = 1e9,
        .sustained = 0.5,
        .wave_loss = 1.0,
        .split_depth = 1024.0,
        .group_rows = 128.0,
        .query_tile = 128.0,
        .launch = 1e-6,
        .fused2_forward = 0.5,
        .fused2_backward = 0.25,
        .softmax_share = 0.25,
        .score_forward = 9.0,
        .score_backward = 11.0,
        .link_bandwidth = 600e9,
        .link_efficiency = 232.0 / 300.0,
        .link_latency = 92e-6 / 14.0,
        .ring_plateau = 1.0,
        .domain = 8.0,
        .scale_out_bandwidth = 25e9,
        .scale_out_efficiency = 1.0,
        .scale_out_latency = 10e-6,
        .link_compute_tax = 0.15,
        .scale_out_compute_tax = 0.02,
        .tile_count = 1,
        .tiles = {{128.0, 128.0, 1.0}},
    };
}

void sample_tpu(struct cs_device *device)
{
    sample_gpu(device);
    (void)snprintf(device->name, sizeof device->name, "sample TPU");
    device->kind = CS_TPU;
    device->units = 8.0;
    device->array_rows = device->array_columns = 128.0;
    device->clock = 1.05e9;
    device->peak_flops = 8.0 * 2.0 * 128.0 * 128.0 * 1.05e9;
    device->sustained = 1.0;
    device->launch = 0.0;
    device->tile_count = 0;
    device->link_bandwidth = 50e9;
    device->link_efficiency = 1.0;
    device->torus_axes = 3.0;
    device->domain = 4096.0;
}

void sample_problem(struct cs_problem *problem)
{
    struct cs_settings settings;
    struct cs_precision precision;
    struct cs_device device;
    struct cs_law law;
    const struct cs_architecture model = {
        .layers = 48,
        .d_model = 6144,
        .heads = 64,
        .kv_heads = 64,
        .head_dim = 96,
        .d_ff = 24576,
        .vocab = 51200,
        .tied_embedding = true,
        .experts = 1,
        .experts_active = 1,
        .window_period = 1,
    };
    cs_settings_default(&settings);
    cs_precision_bf16(&precision);
    sample_gpu(&device);
    settings.training.dropout = CS_SWITCH_ON;
    settings.training.attention_kernel = CS_ATTENTION_UNFUSED;
    settings.training.dispatch_us = settings.training.boundary_us = 0.0;
    settings.training.expert_imbalance = 0.0;
    settings.training.seq_len = 2048;
    memset(&law, 0, sizeof law);
    law.tokens = 1e12;
    law.compute = 6.0 * 22e9 * 1e12;
    cs_problem_init(problem, &model, &law, &device, &precision, &settings.training);
}

void sample_fused(struct cs_problem *problem)
{
    struct cs_stack *const stack = &problem->stack;
    stack->kernel = CS_ATTENTION_FUSED2;
    stack->gradient_overlap = stack->shard_overlap = stack->send_overlap = stack->tensor_overlap = true;
}

void sample_plan(struct cs_plan *plan)
{
    *plan = (struct cs_plan){
        .devices = 8,
        .data = 1,
        .global_batch = 4,
        .micro_batches = 1,
        .tensor = 8,
        .pipeline = 1,
        .context = 1,
        .expert = 1,
        .expert_tensor = 1,
        .micro_batch = 4,
        .interleave = 1,
    };
}
