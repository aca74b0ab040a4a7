/* SPDX-License-Identifier: BSD-3-Clause */
/* The costs of one micro-batch through each part of the model; a whole plan's step. */
#include "layer.h"

#include <math.h>
#include <string.h>

void cs_costs_prepare(const struct cs_problem *problem, const struct cs_network *network, const struct cs_plan *plan,
                      struct cs_costs *costs)
{
    cs_costs_prepare_next(problem, network, plan, NULL, costs);
}

void cs_costs_prepare_next(const struct cs_problem *problem, const struct cs_network *network,
                           const struct cs_plan *plan, struct cs_common_costs *common, struct cs_costs *costs)
{
    const struct cs_architecture *model = &problem->architecture;
    struct cs_builder builder;
    memset(costs, 0, sizeof *costs);
    costs->problem = problem;
    costs->network = network;
    costs->plan = *plan;
    cs_builder_init(&builder, problem, network, plan);
    builder.common = common;
    costs->kept = cs_build_parts(&builder, costs->part);
    costs->boundary_bytes = problem->precision.communication_bytes * builder.own_tokens * (double)model->d_model;
    if (model->tied_embedding) {
        costs->tied_parameters = ceil((double)model->vocab / plan->tensor) * (double)model->d_model;
    }
}

/* ---- whole plans ---- */

double cs_training_seconds(const struct cs_problem *problem, int64_t global_batch, double step_seconds)
{
    const double steps = ceil(problem->law.tokens / ((double)global_batch * (double)problem->seq_len));
    return steps * step_seconds / problem->goodput;
}

double cs_mfu(const struct cs_problem *problem, int64_t devices, double training_seconds)
{
    const double peak = cs_device_peak(&problem->device, problem->precision.format);
    /* No tokens, no training: a step alone has no utilisation in this sense. */
    return training_seconds > 0.0 ? problem->law.compute / ((double)devices * training_seconds * peak) : 0.0;
}

struct chain {
    struct cs_network network;
    struct cs_costs costs;
    struct cs_stage stage;
    struct cs_replica replica;
};

static void prepare_chain(const struct cs_problem *problem, const struct cs_plan *plan, struct chain *chain)
{
    cs_network_of(problem, plan->devices, &chain->network);
    cs_costs_prepare(problem, &chain->network, plan, &chain->costs);
    cs_stage_prepare(&chain->costs, plan->pipeline, &chain->stage);
    cs_replica_prepare(&chain->stage, plan->data, plan->zero_stage, plan->zero_group, &chain->replica);
}

/* Between stages, s of one micro-batch. */
static double between_stages(const struct cs_replica *replica, const struct cs_plan *plan)
{
    return plan->interleave * (plan->interleave > 1 ? replica->chunk_to_chunk : replica->point_to_point);
}

/* Seconds of m micro-batches on the slowest stage, by cause. */
static void add_micro_batches(const struct cs_replica *replica, const struct cs_plan *plan, double m,
                              double seconds[CS_SHARE_COUNT])
{
    for (int i = 0; i < CS_SHARE_COUNT; i++) {
        seconds[i] += m * replica->shares[i];
    }
    if (plan->schedule == CS_SCHEDULE_DUALPIPE) {
        seconds[CS_SHARE_EXPERT] -= m * replica->hidden_all_to_all;
    }
    seconds[CS_SHARE_PIPELINE] += m * between_stages(replica, plan);
}

/* `last` is the replica with the micro-batch that the step ends with where that is partly filled, else NULL. */
static void share_out(const struct cs_replica *replica, const struct cs_replica *last, const struct cs_plan *plan,
                      struct cs_step *step)
{
    const double between = between_stages(replica, plan);
    double seconds[CS_SHARE_COUNT] = {0.0}, sum = 0.0;
    add_micro_batches(replica, plan, (double)(plan->micro_batches - (last != NULL ? 1 : 0)), seconds);
    if (last != NULL) {
        add_micro_batches(last, plan, 1.0, seconds);
    }
    seconds[CS_SHARE_DATA] += replica->data_seconds;
    seconds[CS_SHARE_OPTIMIZER] = replica->optimizer_seconds;
    seconds[CS_SHARE_BUBBLE] = (replica->fill[plan->schedule] + (replica->pipeline - 1.0) * between) / plan->interleave;
    for (int i = 0; i < CS_SHARE_COUNT; i++) {
        seconds[i] = cs_max(seconds[i], 0.0);
        sum += seconds[i];
    }
    for (int i = 0; i < CS_SHARE_COUNT; i++) {
        step->shares[i] = seconds[i] / sum;
    }
}

/* FLOPs of one micro-batch through the whole model on the devices of one replica: those of one rank of each part, times
 * the ranks that share it. */
static double model_flops(const struct chain *chain)
{
    const struct cs_plan *plan = &chain->costs.plan;
    double flops = 0.0;
    for (int i = 0; i < CS_PART_COUNT; i++) {
        flops += chain->stage.all.count[i] * chain->costs.part[i].flops;
    }
    return (double)plan->tensor * plan->context * flops;
}

/* A step of full micro-batches that ends with one of fewer sequences: as many less one, and what the one takes on the
 * slowest stage. Fill, drain and memory stay those of full micro-batches, of which there are more. */
static double partly_filled_seconds(const struct cs_replica *replica, const struct cs_replica *last,
                                    const struct cs_plan *plan)
{
    const enum cs_schedule s = (enum cs_schedule)plan->schedule;
    return cs_step_seconds(replica, s, plan->interleave, plan->micro_batches - 1) + last->micro[s] +
           between_stages(last, plan);
}

/* s of one step. True where its last micro-batch is partly filled, and then `last` is the chain of that. */
static bool time_step(const struct cs_problem *problem, const struct cs_plan *plan, struct chain *chain,
                      struct chain *last, double *seconds)
{
    struct cs_plan filled = *plan;
    const int32_t left = cs_last_micro_batch(plan);
    const bool partly = left < plan->micro_batch && plan->micro_batches > 1;
    filled.micro_batch = partly ? plan->micro_batch : left; /* a single micro-batch is what it holds */
    prepare_chain(problem, &filled, chain);
    *seconds =
        cs_step_seconds(&chain->replica, (enum cs_schedule)plan->schedule, plan->interleave, plan->micro_batches);
    if (partly) {
        filled.micro_batch = left;
        prepare_chain(problem, &filled, last);
        *seconds = partly_filled_seconds(&chain->replica, &last->replica, plan);
    }
    return partly;
}

/* s of a step of fewer sequences by the same plan: with as many micro-batches as hold the share of the fullest replica,
 * the last of them partly filled where it does not divide, and no fewer than the schedule takes, then all full. */
static double smaller_step_seconds(const struct cs_problem *problem, const struct cs_plan *plan, int64_t sequences)
{
    struct chain chain, last;
    struct cs_plan smaller = *plan;
    double seconds;
    const int64_t share = (sequences + plan->data - 1) / plan->data;
    const int64_t holds = (share + plan->micro_batch - 1) / plan->micro_batch;
    int64_t taken = holds;
    if (plan->interleave > 1) {
        taken = (holds + plan->pipeline - 1) / plan->pipeline * plan->pipeline;
    } else if (plan->schedule == CS_SCHEDULE_DUALPIPE) {
        taken = holds + holds % 2 > 2 * (int64_t)plan->pipeline ? holds + holds % 2 : 2 * (int64_t)plan->pipeline;
    }
    smaller.micro_batches = taken;
    smaller.global_batch = plan->data * (taken > holds ? taken * plan->micro_batch : share);
    (void)time_step(problem, &smaller, &chain, &last, &seconds);
    return seconds;
}

/* The training by stages: the steps of each batch of the ramp, then those of the plan's own. */
static double training_seconds(const struct cs_problem *problem, const struct cs_plan *plan, double step_seconds)
{
    struct cs_problem rest;
    double seconds = 0.0, left = problem->law.tokens;
    if (problem->ramp.count == 0) {
        return cs_training_seconds(problem, plan->global_batch, step_seconds);
    }
    for (int32_t i = 0; i < problem->ramp.count; i++) {
        const int64_t sequences = problem->ramp.stages[i].sequences;
        const double per_step = (double)sequences * (double)problem->seq_len;
        const double steps = ceil(cs_min(problem->ramp.stages[i].tokens, left) / per_step);
        if (steps > 0.0) {
            seconds += steps * smaller_step_seconds(problem, plan, sequences) / problem->goodput;
        }
        left = cs_max(left - steps * per_step, 0.0);
    }
    rest = *problem;
    rest.law.tokens = left;
    return seconds + cs_training_seconds(&rest, plan->global_batch, step_seconds);
}

void cs_step_evaluate(const struct cs_problem *problem, const struct cs_plan *plan, struct cs_step *step)
{
    struct chain chain, last;
    const bool partly = time_step(problem, plan, &chain, &last, &step->seconds);
    const struct cs_replica *replica = &chain.replica;
    const enum cs_schedule s = (enum cs_schedule)plan->schedule;
    step->memory_bytes = cs_memory_bytes(replica, s, plan->interleave, plan->micro_batches);
    const double flight = cs_in_flight(replica, s, plan->interleave, plan->micro_batches);
    const double kept = cs_first_activations(replica, s, flight);
    const double first = replica->first_state[s] + kept + replica->first_fixed[s];
    const bool at_first = !(step->memory_bytes > first);
    step->state_bytes = at_first ? replica->first_state[s] : replica->last_state[s];
    step->activation_bytes = at_first ? kept : replica->last_activation[s];
    step->other_bytes = at_first ? replica->first_fixed[s] : replica->last_fixed[s];
    step->host_bytes = cs_min(flight * replica->first_host[s], replica->host_room);
    step->training_seconds = training_seconds(problem, plan, step->seconds);
    step->idle_seconds = step->training_seconds * (1.0 - problem->goodput);
    step->mfu = cs_mfu(problem, plan->devices, step->training_seconds);
    double flops = model_flops(&chain) * (double)(plan->micro_batches - (partly ? 1 : 0));
    flops = (flops + (partly ? model_flops(&last) : 0.0)) * (double)plan->data;
    const double peak = cs_device_peak(&problem->device, problem->precision.format);
    step->hfu = flops / ((double)plan->devices * peak * step->seconds / problem->goodput);
    share_out(replica, partly ? &last.replica : NULL, plan, step);
}

void cs_memory_layers(const struct cs_problem *problem, const struct cs_plan *plan, double *state, double *activations)
{
    struct chain chain;
    struct cs_plan filled = *plan;
    const enum cs_schedule s = (enum cs_schedule)plan->schedule;
    filled.micro_batch = plan->micro_batches > 1 ? plan->micro_batch : cs_last_micro_batch(plan);
    prepare_chain(problem, &filled, &chain);
    /* The same stages, with nothing but layers on them. */
    static const enum cs_part_kind ends[] = {CS_PART_EMBEDDING, CS_PART_HEAD, CS_PART_HEAD_KEPT};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct cs_part *part = &chain.costs.part[ends[i]];
        part->parameters = part->expert_parameters = part->activation_bytes = 0.0;
    }
    chain.costs.tied_parameters = 0.0;
    cs_stage_prepare(&chain.costs, plan->pipeline, &chain.stage);
    cs_replica_prepare(&chain.stage, plan->data, plan->zero_stage, plan->zero_group, &chain.replica);
    *state = chain.replica.first_state[s];
    *activations =
        cs_first_activations(&chain.replica, s, cs_in_flight(&chain.replica, s, plan->interleave, plan->micro_batches));
}
