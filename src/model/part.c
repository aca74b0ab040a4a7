/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole parts of the model: layers with their recomputation and host time, the embedding, the head. */
#include "layer.h"

#include <math.h>
#include <string.h>

/* ---- embedding and head ---- */

static void build_embedding(struct cs_builder *builder)
{
    const double h = (double)builder->problem->architecture.d_model;
    const double bytes = builder->tokens * h * 2.0;
    cs_build_stream(builder, "look-up", 2.0 * bytes, 2.0 * bytes);
    if (builder->plan->tensor > 1) {
        const bool scattered = builder->plan->sequence_parallel;
        const double forward =
            scattered ? cs_reduce_scatter(&builder->tensor, bytes) : cs_all_reduce(&builder->tensor, bytes);
        const double backward = scattered ? cs_all_gather(&builder->tensor, bytes) : 0.0;
        cs_build_collective(builder, "reduce (tensor)", CS_SHARE_TENSOR, false, forward, forward, bytes);
        cs_build_collective(builder, "all-gather (tensor)", CS_SHARE_TENSOR, true, backward, backward, bytes);
    }
}

static void build_logits(struct cs_builder *builder)
{
    const struct cs_problem *problem = builder->problem;
    const struct cs_device *device = &problem->device;
    const double columns = cs_ceil_share(problem->architecture.vocab, builder->plan->tensor);
    struct cs_gemm gemm = cs_layer_gemm(builder, builder->tokens, columns, (double)problem->architecture.d_model);
    gemm.format = CS_FORMAT_BF16;
    gemm.a_bytes = gemm.b_bytes = 2.0;
    cs_build_linear(builder, "logits", &gemm);
    const double count = builder->tokens * columns;
    cs_build_stream(builder, "loss", device->logit_forward * count, device->logit_backward * count);
    if (builder->plan->tensor > 1) {
        const double bytes = builder->tokens * (double)problem->architecture.d_model * 2.0;
        const double gather = cs_all_gather(&builder->tensor, bytes);
        const bool scattered = builder->plan->sequence_parallel;
        const double forward = scattered ? gather : 0.0;
        const double backward =
            scattered ? cs_reduce_scatter(&builder->tensor, bytes) : cs_all_reduce(&builder->tensor, bytes);
        cs_build_collective(builder, "all-gather (tensor)", CS_SHARE_TENSOR, false, forward, forward, bytes);
        cs_build_collective(builder, "reduce (tensor)", CS_SHARE_TENSOR, true, backward, backward, bytes);
    }
}

/* ---- whole parts ---- */

static double total(const double *shares)
{
    double sum = 0.0;
    for (int i = 0; i < CS_SHARE_COUNT; i++) {
        sum += shares[i];
    }
    return sum;
}

/* The host enqueues kernels while the device works: the longer of the two sets the pace of a part. */
static void bound_by_host(const struct cs_builder *builder, bool backward)
{
    double *shares = backward ? builder->part->backward : builder->part->forward;
    const double kernels = backward ? builder->backward_kernels : builder->forward_kernels;
    const double host = kernels * builder->problem->stack.dispatch;
    const double busy = total(shares);
    if (host > busy) {
        const struct cs_kernel_time late = {.seconds = host - busy, .bound = CS_BOUND_LAUNCH};
        shares[CS_SHARE_COMPUTE] += late.seconds;
        cs_build_emit(builder, "kernels enqueued too late", backward, false, &late, late.seconds);
    }
}

/* Sums of a part; its backward pass may repeat the forward one first. */
static void sum_up(const struct cs_device *device, bool repeats, struct cs_part *part)
{
    if (repeats) {
        for (int i = 0; i < CS_SHARE_COUNT; i++) {
            part->backward[i] += part->forward[i];
        }
        part->flops += part->forward_flops;
        part->all_to_all += part->forward[CS_SHARE_EXPERT];
    }
    part->forward_seconds = total(part->forward);
    part->backward_seconds = total(part->backward);
    const double compute = part->forward[CS_SHARE_COMPUTE] + part->backward[CS_SHARE_COMPUTE];
    /* Units that forward tokens from card to link are lost to compute wherever the experts are (DeepSeek-V3: 20 of
     * 132). */
    part->hidden_all_to_all = part->all_to_all - cs_exposed(part->all_to_all, compute, device->link_compute_tax);
}

void cs_build_finish(struct cs_builder *builder)
{
    bound_by_host(builder, false);
    bound_by_host(builder, true);
    sum_up(&builder->problem->device, builder->repeats, builder->part);
}

void cs_builder_init(struct cs_builder *builder, const struct cs_problem *problem, const struct cs_network *network,
                     const struct cs_plan *plan)
{
    memset(builder, 0, sizeof *builder);
    builder->problem = problem;
    builder->network = network;
    builder->plan = plan;
    builder->tokens = (double)problem->seq_len * plan->micro_batch / plan->context;
    builder->own_tokens = plan->sequence_parallel ? builder->tokens / plan->tensor : builder->tokens;
    cs_group_place(network, 1, plan->tensor, &builder->tensor);
    cs_group_place(network, plan->tensor, plan->context, &builder->ring);
    cs_group_place(network, plan->expert_tensor, plan->expert, &builder->expert);
}

static void start(struct cs_builder *builder, struct cs_part *part, const char *name, bool repeats)
{
    memset(part, 0, sizeof *part);
    builder->part = part;
    builder->name = name;
    builder->repeats = repeats;
    builder->forward_kernels = builder->backward_kernels = 0.0;
    builder->input_gradient = 0.0;
}

static void layer_parameters(const struct cs_builder *builder, bool mixture, struct cs_part *part)
{
    const struct cs_parameters *count = &builder->problem->parameters;
    const struct cs_architecture *model = &builder->problem->architecture;
    const double t = builder->plan->tensor;
    part->parameters = count->attention / t + count->norm;
    if (mixture) {
        part->parameters += count->router + count->shared_ffn / t;
        part->expert_parameters =
            (double)model->experts / builder->plan->expert * count->expert / builder->plan->expert_tensor;
    } else {
        part->parameters += count->dense_ffn / t;
    }
}

/* What a layer keeps, and what is there besides while it runs. */
static void kept_bytes(const struct cs_problem *problem, const struct cs_plan *plan, bool mixture, struct cs_part *part)
{
    const enum cs_recompute recompute = (enum cs_recompute)plan->recompute;
    part->activation_bytes = cs_layer_activation_bytes(problem, plan, mixture, recompute);
    part->working_bytes = cs_layer_working_bytes(problem, plan, mixture, recompute);
}

/* The layer up to its feed-forward block, which for a mixture does not depend on the expert degrees. */
static void build_start(struct cs_builder *builder, bool mixture)
{
    struct cs_common_costs *const common = mixture ? builder->common : NULL;
    if (common != NULL && common->known) {
        *builder->part = common->start;
        builder->forward_kernels = common->start_forward_kernels;
        builder->backward_kernels = common->start_backward_kernels;
        builder->input_gradient = common->start_input_gradient;
        return;
    }
    cs_build_layer_start(builder);
    if (common != NULL) {
        common->start = *builder->part;
        common->start_seconds = total(builder->part->forward) + total(builder->part->backward);
        common->start_forward_kernels = builder->forward_kernels;
        common->start_backward_kernels = builder->backward_kernels;
        common->start_input_gradient = builder->input_gradient;
    }
}

static void build_whole_layer(struct cs_builder *builder, bool mixture, const char *name, struct cs_part *part)
{
    const struct cs_plan *plan = builder->plan;
    start(builder, part, name, plan->recompute == CS_RECOMPUTE_FULL);
    build_start(builder, mixture);
    cs_build_layer_rest(builder, mixture);
    cs_build_finish(builder);
    layer_parameters(builder, mixture, part);
    kept_bytes(builder->problem, plan, mixture, part);
}

/* What a layer keeps goes to the host's memory while the forward pass computes on, and comes back during the backward
 * pass; what takes longer than that direction's compute holds it up (Megatron-Core's and Transformer Engine's
 * cpu-offloading, PyTorch's activation offload, MaxText's host offload). Copy engines take no compute. They share PCIe
 * with the network card, so traffic between devices hides none of it. */
static void move_to_host(struct cs_builder *builder, struct cs_part *part)
{
    const struct cs_device *const device = &builder->problem->device;
    const double bytes = part->activation_bytes;
    const struct cs_kernel_time copy = {
        .seconds = bytes / (device->host_link * device->host_link_efficiency), .bytes = bytes, .bound = CS_BOUND_LINK};
    part->host_bytes = bytes;
    part->activation_bytes = 0.0;
    builder->repeats = false; /* a repeated forward pass copies nothing */
    for (int backward = 0; backward <= 1; backward++) {
        double *const shares = backward != 0 ? part->backward : part->forward;
        const double exposed = cs_exposed(copy.seconds, shares[CS_SHARE_COMPUTE], 0.0);
        shares[CS_SHARE_DATA] += exposed;
        cs_build_emit(builder, backward != 0 ? "activations from the host" : "activations to the host", backward != 0,
                      true, &copy, exposed);
    }
    part->forward_seconds = total(part->forward);
    part->backward_seconds = total(part->backward);
}

static void build_stage_layer(struct cs_builder *builder, bool mixture, const char *name, struct cs_part *part)
{
    build_whole_layer(builder, mixture, name, part);
    if (builder->plan->offload == CS_OFFLOAD_ON && builder->problem->device.host_link > 0.0) {
        move_to_host(builder, part);
    }
}

/* One multi-token-prediction module: a projection of two streams to one, a layer like the model's last, logits of its
 * own (DeepSeek-V3, arXiv 2412.19437, section 2.2). */
static void add_mtp(struct cs_builder *builder, const char *name, struct cs_part *head)
{
    const struct cs_problem *problem = builder->problem;
    const struct cs_architecture *model = &problem->architecture;
    const double h = (double)model->d_model, modules = (double)model->mtp_layers;
    struct cs_part layer, rest;
    build_whole_layer(builder, model->experts > 1, name, &layer);
    start(builder, &rest, name, false);
    cs_build_product(builder, "mtp projection", builder->own_tokens, h, 2.0 * h);
    build_logits(builder);
    cs_build_finish(builder);
    for (int i = 0; i < CS_SHARE_COUNT; i++) {
        head->forward[i] += modules * (layer.forward[i] + rest.forward[i]);
        head->backward[i] += modules * (layer.backward[i] + rest.backward[i]);
    }
    head->forward_seconds += modules * (layer.forward_seconds + rest.forward_seconds);
    head->backward_seconds += modules * (layer.backward_seconds + rest.backward_seconds);
    head->weight_gradient_seconds += modules * (layer.weight_gradient_seconds + rest.weight_gradient_seconds);
    head->cast_weights += modules * (layer.cast_weights + rest.cast_weights);
    head->flops += modules * (layer.flops + rest.flops);
    head->hidden_all_to_all += modules * layer.hidden_all_to_all;
    const double experts = modules * layer.expert_parameters;
    head->parameters +=
        cs_max(problem->parameters.mtp - experts * builder->plan->expert * builder->plan->expert_tensor, 0.0) /
        builder->plan->tensor;
    head->expert_parameters += experts;
    head->activation_bytes += modules * layer.activation_bytes;
}

static void build_head(struct cs_builder *builder, const char *name, struct cs_part *part)
{
    const struct cs_problem *problem = builder->problem;
    const struct cs_architecture *model = &problem->architecture;
    const double vocab = cs_ceil_share(model->vocab, builder->plan->tensor), h = (double)model->d_model;
    start(builder, part, name, false);
    cs_build_norm(builder, "norm");
    build_logits(builder);
    cs_build_finish(builder);
    /* A tied output projection is the embedding's own weights, held again where the head is on another stage. */
    part->parameters = vocab * h + h;
    /* Final norm's input and output; FP32 logits and their gradient, which fused losses write in place, or, where the
     * loss is made of single operations, 16-bit logits, their FP32 copy and its log-softmax side by side. */
    const bool in_place = cs_attention_is_fused(&problem->device, problem->stack.kernel);
    const double logit_bytes = problem->stack.logit_copies ? 10.0 : in_place ? 4.0 : 8.0;
    part->activation_bytes = 4.0 * builder->own_tokens * h;
    part->working_bytes = logit_bytes * builder->tokens * vocab / problem->stack.logit_tiles;
    if (model->mtp_layers > 0) {
        add_mtp(builder, name, part);
    }
}

static void build_whole_embedding(struct cs_builder *builder, struct cs_part *part)
{
    const struct cs_problem *problem = builder->problem;
    start(builder, part, "embedding", false);
    build_embedding(builder);
    cs_build_finish(builder);
    part->parameters = problem->parameters.embedding / builder->plan->tensor;
    part->activation_bytes = problem->stack.dropout ? builder->own_tokens * (double)problem->architecture.d_model : 0.0;
}

static bool recomputes_some(const struct cs_plan *plan)
{
    return plan->recompute_layers != 0 && plan->recompute != CS_RECOMPUTE_NONE;
}

/* The parts without experts. */
static void build_plain_parts(struct cs_builder *builder, struct cs_part part[CS_PART_COUNT])
{
    const struct cs_architecture *model = &builder->problem->architecture;
    build_whole_embedding(builder, &part[CS_PART_EMBEDDING]);
    if (model->experts <= 1 || model->dense_layers > 0) {
        build_stage_layer(builder, false, "dense layer", &part[CS_PART_DENSE]);
    }
}

bool cs_build_parts(struct cs_builder *builder, struct cs_part part[CS_PART_COUNT])
{
    const struct cs_architecture *model = &builder->problem->architecture;
    const struct cs_plan *plan = builder->plan;
    struct cs_common_costs *const common = builder->common;
    const bool mixture = model->experts > 1, dense = !mixture || model->dense_layers > 0;
    const bool kept = recomputes_some(plan);
    memset(part, 0, CS_PART_COUNT * sizeof part[0]);
    if (common != NULL && common->known) {
        part[CS_PART_EMBEDDING] = common->embedding;
        part[CS_PART_DENSE] = common->dense;
    } else {
        build_plain_parts(builder, part);
    }
    if (mixture) {
        build_stage_layer(builder, true, "mixture layer", &part[CS_PART_MIXTURE]);
    }
    if (common != NULL && common->known && model->mtp_layers == 0) {
        part[CS_PART_HEAD] = common->head;
    } else {
        build_head(builder, "head", &part[CS_PART_HEAD]);
    }
    if (common != NULL) {
        common->embedding = part[CS_PART_EMBEDDING];
        common->dense = part[CS_PART_DENSE];
        common->head = part[CS_PART_HEAD];
        common->known = true;
    }
    if (kept) {
        struct cs_plan none = *plan;
        none.recompute = CS_RECOMPUTE_NONE;
        builder->common = NULL; /* of layers that are recomputed */
        builder->plan = &none;
        if (dense) {
            build_stage_layer(builder, false, "dense layer, kept", &part[CS_PART_DENSE_KEPT]);
        }
        if (mixture) {
            build_stage_layer(builder, true, "mixture layer, kept", &part[CS_PART_MIXTURE_KEPT]);
        }
        build_head(builder, "head, kept", &part[CS_PART_HEAD_KEPT]);
        builder->plan = plan;
    }
    return kept;
}

/* A layer of `base` with another recomputation or offload. */
static void derive_layer(struct cs_builder *builder, bool mixture, bool repeats, bool offload, struct cs_part *part)
{
    if (repeats) {
        sum_up(&builder->problem->device, true, part);
    }
    kept_bytes(builder->problem, builder->plan, mixture, part);
    if (offload && builder->problem->device.host_link > 0.0) {
        move_to_host(builder, part);
    }
}

bool cs_costs_derive(const struct cs_costs *base, int32_t recompute, int32_t offload, struct cs_costs *costs)
{
    const struct cs_architecture *model = &base->problem->architecture;
    const bool repeats = recompute != base->plan.recompute;
    const bool moves = offload != base->plan.offload;
    if ((repeats &&
         (base->plan.recompute != CS_RECOMPUTE_NONE || recompute != CS_RECOMPUTE_FULL || model->mtp_layers > 0)) ||
        base->plan.offload != CS_OFFLOAD_OFF) {
        return false;
    }
    *costs = *base;
    costs->plan.recompute = recompute;
    costs->plan.offload = offload;
    costs->kept = recomputes_some(&costs->plan);
    struct cs_plan none = costs->plan;
    none.recompute = CS_RECOMPUTE_NONE;
    struct cs_builder builder = {.problem = base->problem, .network = base->network};
    struct cs_part *const part = costs->part;
    if (costs->kept && repeats) {
        part[CS_PART_DENSE_KEPT] = part[CS_PART_DENSE];
        part[CS_PART_MIXTURE_KEPT] = part[CS_PART_MIXTURE];
        part[CS_PART_HEAD_KEPT] = part[CS_PART_HEAD];
    }
    for (int mixture = 0; mixture <= 1; mixture++) {
        const bool there = mixture != 0 ? model->experts > 1 : model->experts <= 1 || model->dense_layers > 0;
        if (!there) {
            continue;
        }
        builder.plan = &costs->plan;
        derive_layer(&builder, mixture != 0, repeats, moves, &part[mixture != 0 ? CS_PART_MIXTURE : CS_PART_DENSE]);
        if (costs->kept) {
            builder.plan = &none;
            derive_layer(&builder, mixture != 0, false, moves,
                         &part[mixture != 0 ? CS_PART_MIXTURE_KEPT : CS_PART_DENSE_KEPT]);
        }
    }
    return true;
}
