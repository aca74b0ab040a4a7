/* SPDX-License-Identifier: BSD-3-Clause */
/* Reports what a plan's time is spent on, one entry at a time: each kernel and collective of each part of the model for
 * one micro-batch, then what belongs to the whole step. */
#include "layer.h"

static void tell(cs_trace_function trace, void *context, const char *kernel, enum cs_bound bound, double seconds,
                 double exposed, double bytes)
{
    if (!(seconds > 0.0)) {
        return;
    }
    const struct cs_trace_entry entry = {
        .part = "step",
        .kernel = kernel,
        .collective = bound == CS_BOUND_LINK,
        .seconds = seconds,
        .exposed_seconds = exposed,
        .bytes = bytes,
        .micro_batches = 1.0,
        .bound = bound,
    };
    trace(context, &entry);
}

/* `last` is the replica with the micro-batch that the step ends with where that is partly filled, else NULL. */
static void trace_step(const struct cs_replica *replica, const struct cs_replica *last, const struct cs_plan *plan,
                       cs_trace_function trace, void *context)
{
    const struct cs_stage *stage = replica->stage;
    const struct cs_problem *problem = stage->costs->problem;
    const double m = (double)(plan->micro_batches - (last != NULL ? 1 : 0)), v = plan->interleave;
    const double hops = (m + (replica->pipeline - 1.0) / v) * v, last_hops = last != NULL ? v : 0.0;
    const struct cs_replica *end = last != NULL ? last : replica;
    const double each = plan->interleave > 1 ? replica->chunk_to_chunk : replica->point_to_point;
    const double last_each = plan->interleave > 1 ? end->chunk_to_chunk : end->point_to_point;
    const double parameters = stage->sync_parameters + stage->sync_expert_parameters;
    tell(trace, context, "point-to-point (pipeline)", CS_BOUND_LINK,
         replica->point_to_point * hops + end->point_to_point * last_hops, each * hops + last_each * last_hops,
         2.0 * (stage->costs->boundary_bytes * hops + end->stage->costs->boundary_bytes * last_hops));
    const double one = last != NULL ? 1.0 : 0.0;
    const double per_micro = replica->sharded * m + end->sharded * one;
    tell(trace, context, "gather and scatter (data, per micro-batch)", CS_BOUND_LINK, per_micro, per_micro, 0.0);
    const double pace = cs_network_pace(stage->costs->network, (double)plan->devices) - 1.0;
    const double wait = pace * (m * (stage->slowest_forward + stage->slowest_backward) +
                                one * (end->stage->slowest_forward + end->stage->slowest_backward));
    tell(trace, context, "wait for the slowest device", CS_BOUND_DEVICES, wait, wait, 0.0);
    tell(trace, context, "gradients and parameters (data)", CS_BOUND_LINK, replica->data_seconds, replica->data_seconds,
         problem->training.gradient_bytes * parameters);
    if (plan->schedule == CS_SCHEDULE_DUALPIPE && replica->hidden_all_to_all > 0.0) {
        /* Each layer reports its all-to-all as exposed. DualPipe hides this much of it under the compute of the other
         * direction, so it is taken off again here. */
        const struct cs_trace_entry hidden = {.part = "step",
                                              .kernel = "all-to-all under the other direction (expert)",
                                              .collective = true,
                                              .exposed_seconds =
                                                  -m * replica->hidden_all_to_all - one * end->hidden_all_to_all,
                                              .micro_batches = 1.0,
                                              .bound = CS_BOUND_LINK};
        trace(context, &hidden);
    }
    const double bubble = replica->fill[plan->schedule] / v;
    tell(trace, context, "bubble", CS_BOUND_PIPELINE, bubble, bubble, 0.0);
    const double host = cs_min(problem->device.step_overhead, replica->optimizer_seconds);
    const double update = replica->optimizer_seconds - host;
    tell(trace, context, "optimizer", CS_BOUND_MEMORY, update, update,
         problem->training.optimizer_traffic_bytes * parameters);
    tell(trace, context, "host work of the step", CS_BOUND_LAUNCH, host, host, 0.0);
}

/* What a step is made of, for micro-batches of one size. */
struct chain {
    struct cs_costs costs;
    struct cs_stage stage;
    struct cs_replica replica;
};

static void prepare_chain(const struct cs_problem *problem, const struct cs_network *network,
                          const struct cs_plan *plan, struct chain *chain)
{
    cs_costs_prepare(problem, network, plan, &chain->costs);
    cs_stage_prepare(&chain->costs, plan->pipeline, &chain->stage);
    cs_replica_prepare(&chain->stage, plan->data, plan->zero_stage, plan->zero_group, &chain->replica);
}

static void trace_parts(const struct cs_problem *problem, const struct cs_network *network, const struct cs_plan *plan,
                        int64_t micro_batches, cs_trace_function trace, void *context)
{
    struct cs_builder builder;
    struct cs_part parts[CS_PART_COUNT];
    cs_builder_init(&builder, problem, network, plan);
    builder.trace = trace;
    builder.context = context;
    builder.micro_batches = (double)micro_batches;
    (void)cs_build_parts(&builder, parts);
}

void cs_step_trace(const struct cs_problem *problem, const struct cs_plan *plan, cs_trace_function trace, void *context)
{
    struct cs_network network;
    struct chain chain, last;
    struct cs_plan filled = *plan;
    const int32_t left = cs_last_micro_batch(plan);
    const bool partly = left < plan->micro_batch && plan->micro_batches > 1;
    cs_network_of(problem, plan->devices, &network);
    filled.micro_batch = partly ? plan->micro_batch : left;
    trace_parts(problem, &network, &filled, plan->micro_batches - (partly ? 1 : 0), trace, context);
    prepare_chain(problem, &network, &filled, &chain);
    if (partly) {
        filled.micro_batch = left;
        trace_parts(problem, &network, &filled, 1, trace, context);
        prepare_chain(problem, &network, &filled, &last);
    }
    trace_step(&chain.replica, partly ? &last.replica : NULL, plan, trace, context);
}
