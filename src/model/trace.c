/* SPDX-License-Identifier: BSD-3-Clause */
/* A plan narrated: every kernel and collective of its parts, and what happens once a step. */
#include "layer.h"

static void tell(cs_trace_function trace, void *context, const char *kernel, bool collective, double seconds,
                 double exposed, double bytes)
{
    if (!(seconds > 0.0)) {
        return;
    }
    const struct cs_trace_entry entry = {
        .part = "step",
        .kernel = kernel,
        .collective = collective,
        .seconds = seconds,
        .exposed_seconds = exposed,
        .bytes = bytes,
        .bound = collective ? CS_BOUND_LINK : CS_BOUND_MEMORY,
    };
    trace(context, &entry);
}

static void trace_step(const struct cs_replica *replica, const struct cs_plan *plan, cs_trace_function trace,
                       void *context)
{
    const struct cs_stage *stage = replica->stage;
    const double m = (double)plan->micro_batches, v = plan->interleave;
    const double hops = (m + (replica->pipeline - 1.0) / v) * v;
    const double each = plan->interleave > 1 ? replica->chunk_to_chunk : replica->point_to_point;
    tell(trace, context, "point-to-point (pipeline)", true, replica->point_to_point * hops, each * hops,
         2.0 * stage->costs->boundary_bytes * hops);
    const double per_micro = replica->shares[CS_SHARE_DATA] * m;
    tell(trace, context, "gather and scatter (data, per micro-batch)", true, per_micro, per_micro, 0.0);
    const double pace = cs_device_slowest(&stage->costs->problem->device, (double)plan->devices) - 1.0;
    const double wait = m * pace * (stage->slowest_forward + stage->slowest_backward);
    tell(trace, context, "wait for the slowest device", false, wait, wait, 0.0);
    tell(trace, context, "gradients and parameters (data)", true, replica->data_seconds, replica->data_seconds,
         stage->costs->problem->training.gradient_bytes * (stage->sync_parameters + stage->sync_expert_parameters));
    tell(trace, context, "bubble", false, replica->fill[plan->schedule] / v, replica->fill[plan->schedule] / v, 0.0);
    tell(trace, context, "optimizer", false, replica->optimizer_seconds, replica->optimizer_seconds,
         stage->costs->problem->training.optimizer_traffic_bytes *
             (stage->sync_parameters + stage->sync_expert_parameters));
}

void cs_step_trace(const struct cs_problem *problem, const struct cs_plan *plan, cs_trace_function trace, void *context)
{
    const struct cs_shard shard = {
        .tensor = plan->tensor,
        .context = plan->context,
        .expert = plan->expert,
        .expert_tensor = plan->expert_tensor,
        .micro_batch = plan->micro_batch,
        .recompute = plan->recompute,
        .sequence_parallel = plan->sequence_parallel,
    };
    const struct cs_architecture *model = &problem->architecture;
    struct cs_network network;
    struct cs_builder builder;
    struct cs_part part;
    cs_network_of(problem, plan->devices, &network);
    cs_builder_init(&builder, problem, &network, &shard);
    builder.trace = trace;
    builder.context = context;
    cs_build_part(&builder, CS_PART_EMBEDDING, &part);
    if (model->experts <= 1 || model->dense_layers > 0) {
        cs_build_part(&builder, CS_PART_DENSE, &part);
    }
    if (model->experts > 1) {
        cs_build_part(&builder, CS_PART_MIXTURE, &part);
    }
    cs_build_part(&builder, CS_PART_HEAD, &part);

    struct cs_costs costs;
    struct cs_stage stage;
    struct cs_replica replica;
    cs_costs_prepare(problem, &network, &shard, &costs);
    cs_stage_prepare(&costs, plan->pipeline, &stage);
    cs_replica_prepare(&stage, plan->data, plan->zero_stage, plan->zero_group, &replica);
    trace_step(&replica, plan, trace, context);
}
