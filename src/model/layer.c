/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernels and collectives of one micro-batch through one layer on one device. */
#include "layer.h"
#include "kernels.h"

#include <math.h>
#include <stddef.h>

double cs_ceil_share(int64_t count, int64_t degree)
{
    const int64_t share = (count + degree - 1) / degree;
    return (double)share;
}

void cs_build_emit(const struct cs_builder *builder, const char *kernel, bool backward, bool collective,
                   const struct cs_kernel_time *time, double exposed)
{
    if (builder->trace == NULL) {
        return;
    }
    struct cs_trace_entry entry = {
        .part = builder->name,
        .kernel = kernel,
        .backward = backward,
        .collective = collective,
        .seconds = time->seconds,
        .exposed_seconds = exposed,
        .flops = time->flops,
        .bytes = time->bytes,
        .micro_batches = builder->micro_batches,
        .bound = time->bound,
    };
    builder->trace(builder->context, &entry);
    if (builder->repeats && !backward) {
        entry.backward = entry.again = true;
        builder->trace(builder->context, &entry);
    }
}

static void add_kernel(struct cs_builder *builder, const char *name, bool backward, struct cs_kernel_time time,
                       double kernels)
{
    struct cs_part *part = builder->part;
    if (backward) {
        part->backward[CS_SHARE_COMPUTE] += time.seconds;
        builder->backward_kernels += kernels;
    } else {
        part->forward[CS_SHARE_COMPUTE] += time.seconds;
        part->forward_flops += time.flops;
        builder->forward_kernels += kernels;
    }
    part->flops += time.flops;
    cs_build_emit(builder, name, backward, false, &time, time.seconds);
}

void cs_build_stream(struct cs_builder *builder, const char *name, double forward_bytes, double backward_bytes)
{
    const struct cs_device *device = &builder->problem->device;
    add_kernel(builder, name, false, cs_stream_time(device, forward_bytes), 1.0);
    if (backward_bytes > 0.0) {
        add_kernel(builder, name, true, cs_stream_time(device, backward_bytes), 1.0);
    }
}

void cs_build_collective(struct cs_builder *builder, const char *name, enum cs_share share, bool backward,
                         double seconds, double exposed, double bytes)
{
    double *shares = backward ? builder->part->backward : builder->part->forward;
    if (!(seconds > 0.0)) {
        return;
    }
    shares[share] += exposed;
    *(backward ? &builder->backward_kernels : &builder->forward_kernels) += 1.0;
    const struct cs_kernel_time time = {.seconds = seconds, .bytes = bytes, .bound = CS_BOUND_LINK};
    cs_build_emit(builder, name, backward, true, &time, exposed);
}

/* Forward, input gradient and weight gradient of one linear layer (or of a group of experts). Weight gradients
 * accumulate in FP32, read and written by the product; or it writes 16 bits, and a pass reads them and adds them.
 * 8-bit formats add passes that read 16 bits and write the 8-bit tensor and its transpose (Transformer Engine); of the
 * weights once a step, or where ZeRO 3 gathers them anew for each micro-batch (replica.c). */
void cs_build_linear(struct cs_builder *builder, const char *name, const struct cs_gemm *gemm)
{
    const struct cs_device *device = &builder->problem->device;
    add_kernel(builder, name, false, cs_gemm_time(device, gemm), 1.0);

    struct cs_gemm input = *gemm;
    input.n = gemm->k;
    input.k = gemm->n;
    const struct cs_kernel_time input_time = cs_gemm_time(device, &input);
    add_kernel(builder, name, true, input_time, 1.0);
    builder->input_gradient += input_time.seconds;

    struct cs_gemm weight = *gemm;
    weight.m = gemm->k;
    weight.k = gemm->m;
    weight.b_bytes = gemm->a_bytes;
    const struct cs_stack *stack = &builder->problem->stack;
    const double sum_bytes = 2.0 * builder->problem->training.gradient_bytes;
    weight.c_bytes = stack->fused_weight_gradient ? sum_bytes : 2.0;
    weight.grouped = false;
    struct cs_kernel_time weight_time = cs_gemm_time(device, &weight);
    add_kernel(builder, name, true, weight_time, 1.0);
    builder->part->weight_gradient_seconds += weight_time.seconds;
    builder->weight_gradient = stack->fused_weight_gradient ? weight_time.seconds : 0.0;
    if (!stack->fused_weight_gradient) {
        const double weights = gemm->batch * gemm->n * gemm->k;
        add_kernel(builder, "add gradients", true, cs_stream_time(device, (2.0 + sum_bytes) * weights), 1.0);
    }

    if (gemm->format != CS_FORMAT_BF16) {
        const double elements = gemm->batch * gemm->m * gemm->k;
        builder->part->cast_weights += gemm->batch * gemm->n * gemm->k;
        cs_build_stream(builder, "quantise", 2.0 * elements, 4.0 * gemm->batch * gemm->m * gemm->n);
    }
}

struct cs_gemm cs_layer_gemm(const struct cs_builder *builder, double m, double n, double k)
{
    const struct cs_precision *precision = &builder->problem->precision;
    const bool wide = precision->format == CS_FORMAT_BF16;
    return (struct cs_gemm){
        .m = m,
        .n = n,
        .k = k,
        .batch = 1.0,
        .a_bytes = wide ? 2.0 : precision->activation_bytes,
        .b_bytes = wide ? 2.0 : cs_min(precision->weight_bytes, 1.0),
        .c_bytes = 2.0,
        .format = precision->format,
    };
}

void cs_build_product(struct cs_builder *builder, const char *name, double m, double n, double k)
{
    const struct cs_gemm gemm = cs_layer_gemm(builder, m, n, k);
    cs_build_linear(builder, name, &gemm);
}

/* Selective recomputation keeps only products of weights where attention is fused: see memory.c. */
static bool keeps_products(const struct cs_builder *builder)
{
    return builder->plan->recompute == CS_RECOMPUTE_SELECTIVE &&
           cs_attention_is_fused(&builder->problem->device, builder->problem->stack.kernel);
}

/* ---- attention ---- */

static struct cs_kernel_time attention_once(const struct cs_builder *builder, double keys, bool backward)
{
    const struct cs_problem *problem = builder->problem;
    const struct cs_architecture *model = &problem->architecture;
    const bool mla = model->attention == CS_ATTENTION_MLA;
    const double dim = (double)model->head_dim;
    const struct cs_attention_shape shape = {
        .batch = builder->plan->micro_batch,
        .heads = cs_ceil_share(model->heads, builder->plan->tensor),
        .queries = (double)problem->seq_len / builder->plan->context,
        .keys = keys,
        .context = (double)problem->seq_len,
        .d_qk = mla ? (double)(model->mla_qk_nope_head_dim + model->mla_qk_rope_head_dim) : dim,
        .d_v = mla ? (double)model->mla_v_head_dim : dim,
        .dropout = problem->stack.dropout,
    };
    return cs_attention_time(&problem->device, problem->stack.kernel, &shape, backward);
}

/* A mean layer stands for those whose window slides and the others. */
static struct cs_kernel_time attention_core(const struct cs_builder *builder, bool backward)
{
    const struct cs_architecture *model = &builder->problem->architecture;
    const double length = (double)builder->problem->seq_len;
    const struct cs_kernel_time full = attention_once(builder, length, backward);
    if (model->attention != CS_ATTENTION_SLIDING || (double)model->window >= length) {
        return full;
    }
    const double share = cs_sliding_share(model);
    const struct cs_kernel_time slide = attention_once(builder, (double)model->window, backward);
    return (struct cs_kernel_time){
        .seconds = share * slide.seconds + (1.0 - share) * full.seconds,
        .flops = share * slide.flops + (1.0 - share) * full.flops,
        .bytes = share * slide.bytes + (1.0 - share) * full.bytes,
        .bound = full.bound,
    };
}

bool cs_attention_is_fused(const struct cs_device *device, enum cs_attention_kernel kernel)
{
    return (kernel >= CS_ATTENTION_FUSED3 && device->fused3_forward > 0.0) ||
           (kernel >= CS_ATTENTION_FUSED2 && device->fused2_forward > 0.0) ||
           (kernel >= CS_ATTENTION_FUSED1 && device->fused1_forward > 0.0);
}

static void build_core(struct cs_builder *builder)
{
    const struct cs_problem *problem = builder->problem;
    const struct cs_architecture *model = &problem->architecture;
    const struct cs_plan *plan = builder->plan;
    const bool fused = cs_attention_is_fused(&problem->device, problem->stack.kernel);
    const struct cs_kernel_time forward = attention_core(builder, false);
    const struct cs_kernel_time backward = attention_core(builder, true);
    add_kernel(builder, "attention", false, forward, fused ? 1.0 : 3.0);
    add_kernel(builder, "attention", true, backward, fused ? 1.0 : 5.0);
    if (plan->recompute == CS_RECOMPUTE_SELECTIVE) {
        add_kernel(builder, "attention again", true, forward, fused ? 1.0 : 3.0);
    }
    if (plan->context > 1) {
        /* Keys and values go round while the attention of the blocks at hand runs (ring attention). */
        const double width =
            model->attention == CS_ATTENTION_MLA
                ? (double)(model->mla_qk_nope_head_dim + model->mla_qk_rope_head_dim + model->mla_v_head_dim) *
                      cs_ceil_share(model->heads, plan->tensor)
                : 2.0 * (double)model->head_dim * cs_ceil_share(model->kv_heads, plan->tensor);
        const double bytes = (double)problem->seq_len * plan->micro_batch * width * 2.0;
        const double tax = cs_group_tax(builder->network, &builder->ring);
        const double seconds = cs_all_gather(&builder->ring, bytes);
        cs_build_collective(builder, "keys and values (context)", CS_SHARE_TENSOR, false, seconds,
                            cs_exposed(seconds, forward.seconds, tax), bytes);
        cs_build_collective(builder, "keys and values (context)", CS_SHARE_TENSOR, true, seconds,
                            cs_exposed(seconds, backward.seconds, tax), bytes);
    }
}

/* All-gather before and reduce-scatter after a tensor-parallel block, or one all-reduce; backward the same, the
 * reduction of the input's gradient under the weight-gradient GEMM, and the input gathered once more for that one,
 * under the input-gradient GEMMs (Korthikanti 2022; Megatron-LM's LinearWithGradAccumulationAndAsyncCommunication). */
static void build_tensor_collectives(struct cs_builder *builder)
{
    const struct cs_plan *plan = builder->plan;
    const struct cs_problem *problem = builder->problem;
    if (plan->tensor <= 1) {
        return;
    }
    const double bytes =
        builder->tokens * (double)problem->architecture.d_model * problem->precision.communication_bytes;
    if (!plan->sequence_parallel) {
        const double reduce = cs_all_reduce(&builder->tensor, bytes);
        cs_build_collective(builder, "all-reduce (tensor)", CS_SHARE_TENSOR, false, reduce, reduce, bytes);
        cs_build_collective(
            builder, "all-reduce (tensor)", CS_SHARE_TENSOR, true, reduce,
            cs_exposed(reduce, builder->weight_gradient, cs_group_tax(builder->network, &builder->tensor)), bytes);
        return;
    }
    const double gather = cs_all_gather(&builder->tensor, bytes);
    const double scatter = cs_reduce_scatter(&builder->tensor, bytes);
    /* Chunk by chunk under the GEMMs that they feed (Transformer Engine's user buffers). */
    const double open = problem->stack.tensor_overlap ? 1.0 - problem->device.tensor_overlap : 1.0;
    cs_build_collective(builder, "all-gather (tensor)", CS_SHARE_TENSOR, false, gather, open * gather, bytes);
    cs_build_collective(builder, "reduce-scatter (tensor)", CS_SHARE_TENSOR, false, scatter, open * scatter, bytes);
    cs_build_collective(builder, "all-gather (tensor)", CS_SHARE_TENSOR, true, gather, open * gather, bytes);
    const double tax = cs_group_tax(builder->network, &builder->tensor);
    cs_build_collective(builder, "reduce-scatter (tensor)", CS_SHARE_TENSOR, true, scatter,
                        cs_exposed(scatter, builder->weight_gradient, tax), bytes);
    cs_build_collective(builder, "all-gather (tensor, input again)", CS_SHARE_TENSOR, true, gather,
                        cs_exposed(gather, builder->input_gradient, tax), bytes);
}

static void build_attention(struct cs_builder *builder)
{
    const struct cs_architecture *model = &builder->problem->architecture;
    const int64_t t = builder->plan->tensor;
    const double h = (double)model->d_model, tokens = builder->tokens;
    const double heads = cs_ceil_share(model->heads, t), kv_heads = cs_ceil_share(model->kv_heads, t);
    builder->input_gradient = 0.0;
    if (model->attention == CS_ATTENTION_MLA) {
        const double nope = (double)model->mla_qk_nope_head_dim, rope = (double)model->mla_qk_rope_head_dim;
        const double value = (double)model->mla_v_head_dim;
        const double q_rank = (double)model->mla_q_lora, kv_rank = (double)model->mla_kv_lora;
        cs_build_product(builder, "qkv down", builder->own_tokens, q_rank + kv_rank + rope, h);
        const struct cs_gemm q_up = cs_layer_gemm(builder, tokens, heads * (nope + rope), q_rank > 0.0 ? q_rank : h);
        const struct cs_gemm kv_up = cs_layer_gemm(builder, tokens, heads * (nope + value), kv_rank);
        cs_build_linear(builder, "q up", &q_up);
        cs_build_linear(builder, "kv up", &kv_up);
        if (keeps_products(builder)) {
            add_kernel(builder, "q up again", true, cs_gemm_time(&builder->problem->device, &q_up), 1.0);
            add_kernel(builder, "kv up again", true, cs_gemm_time(&builder->problem->device, &kv_up), 1.0);
        }
        build_core(builder);
        cs_build_product(builder, "attention out", tokens, h, heads * value);
    } else {
        const double dim = (double)model->head_dim;
        cs_build_product(builder, "qkv", tokens, (heads + 2.0 * kv_heads) * dim, h);
        build_core(builder);
        cs_build_product(builder, "attention out", tokens, h, heads * dim);
    }
}

/* ---- feed-forward ---- */

/* Activation between the two linears, bytes per inner element (16 bits): plain reads and writes one tensor; gated reads
 * two and writes one; backward reads the gradient besides and writes the gradients of what it read. */
static void build_activation(struct cs_builder *builder, double elements)
{
    const bool gated = builder->problem->architecture.gated_ffn;
    cs_build_stream(builder, "activation", elements * (gated ? 6.0 : 4.0), elements * (gated ? 10.0 : 6.0));
    if (keeps_products(builder)) {
        const struct cs_kernel_time again = cs_stream_time(&builder->problem->device, elements * (gated ? 6.0 : 4.0));
        add_kernel(builder, "activation again", true, again, 1.0);
    }
}

static void build_dense_ffn(struct cs_builder *builder, const char *up, const char *down, double inner)
{
    const struct cs_architecture *model = &builder->problem->architecture;
    const double h = (double)model->d_model;
    cs_build_product(builder, up, builder->tokens, (model->gated_ffn ? 2.0 : 1.0) * inner, h);
    build_activation(builder, builder->tokens * inner);
    cs_build_product(builder, down, builder->tokens, h, inner);
}

/* What the fullest rank's experts get over the mean. Independent experts, of which each rank holds E/e, with the
 * deviation that the setting states; or as many tokens as the capacity has room for, padded. */
static double expert_load(const struct cs_builder *builder)
{
    const struct cs_training *training = &builder->problem->training;
    if (training->capacity_factor > 0.0) {
        return training->capacity_factor;
    }
    const double ranks = builder->plan->expert, experts = (double)builder->problem->architecture.experts;
    return 1.0 + training->expert_imbalance * sqrt(ranks / experts) * cs_largest_of(ranks);
}

/* Copies of tokens in the order of their experts, and back. Fused kernels read and write each once. Before them
 * (Megatron-Core 0.10, moe_utils.py) tokens were copied into zeros and weighted and summed by passes of their own: read
 * and written 4 B before and 14 B after the experts, their gradients 10 B and 14 B. What arrives by a plain all-to-all
 * in the order of its senders is sorted by experts, where a rank has several, and back. */
static void build_permutation(struct cs_builder *builder, double routed, double load)
{
    const struct cs_stack *stack = &builder->problem->stack;
    const double h = (double)builder->problem->architecture.d_model;
    const bool fused = stack->fused_permutation;
    const double here = fused ? 4.0 : 14.0, forward = 4.0 + here, backward = fused ? 8.0 : 24.0;
    const bool sorts = builder->plan->expert > 1 && builder->plan->expert < builder->problem->architecture.experts &&
                       !stack->node_dispatch;
    const double sort = sorts ? 8.0 * load : 0.0;
    cs_build_stream(builder, "permute", (forward + sort) * routed * h, (backward + sort) * routed * h);
}

/* Dispatch before and combine after the experts; the backward pass sends the gradients the same ways. */
static void build_dispatch(struct cs_builder *builder, double routed, double load)
{
    const struct cs_problem *problem = builder->problem;
    const double h = (double)problem->architecture.d_model;
    const double out = load * routed * h * problem->precision.dispatch_bytes;
    const double back = load * routed * h * problem->precision.communication_bytes;
    build_permutation(builder, routed, load);
    if (builder->plan->expert > 1) {
        const double copies = problem->stack.node_dispatch ? (double)problem->architecture.experts_active : 1.0;
        const double dispatch = cs_dispatch(&builder->expert, out, copies);
        const double combine = back == out ? dispatch : cs_dispatch(&builder->expert, back, copies);
        cs_build_collective(builder, "dispatch (expert)", CS_SHARE_EXPERT, false, dispatch, dispatch, out);
        cs_build_collective(builder, "combine (expert)", CS_SHARE_EXPERT, false, combine, combine, back);
        cs_build_collective(builder, "dispatch (expert)", CS_SHARE_EXPERT, true, combine, combine, back);
        cs_build_collective(builder, "combine (expert)", CS_SHARE_EXPERT, true, combine, combine, back);
        builder->part->all_to_all += dispatch + 3.0 * combine;
    }
    if (builder->plan->expert_tensor > 1) {
        const double bytes = back * builder->plan->tensor;
        const double gather = cs_all_gather(&builder->tensor, bytes);
        cs_build_collective(builder, "all-gather (expert tensor)", CS_SHARE_EXPERT, false, gather, gather, bytes);
        cs_build_collective(builder, "reduce-scatter (expert tensor)", CS_SHARE_EXPERT, false, gather, gather, bytes);
        cs_build_collective(builder, "all-gather (expert tensor)", CS_SHARE_EXPERT, true, gather, gather, bytes);
        cs_build_collective(builder, "reduce-scatter (expert tensor)", CS_SHARE_EXPERT, true, gather, gather, bytes);
    }
}

static void build_mixture(struct cs_builder *builder)
{
    const struct cs_problem *problem = builder->problem;
    const struct cs_architecture *model = &problem->architecture;
    const struct cs_plan *plan = builder->plan;
    const double h = (double)model->d_model, etp = plan->expert_tensor;
    const double inner = cs_ceil_share(model->d_expert, plan->expert_tensor);
    const double mine = builder->tokens / plan->tensor; /* tokens that this rank dispatches */
    const double routed = mine * (double)model->experts_active;
    const double local = (double)model->experts / plan->expert;

    struct cs_gemm router = cs_layer_gemm(builder, builder->own_tokens, (double)model->experts, h);
    router.format = CS_FORMAT_BF16;
    router.a_bytes = router.b_bytes = 2.0;
    cs_build_linear(builder, "router", &router);
    const struct cs_kernel_time routing = {.seconds = problem->device.routing, .bound = CS_BOUND_LAUNCH};
    add_kernel(builder, "routing", false, routing, 1.0);
    add_kernel(builder, "routing", true, routing, 1.0);
    const double load = expert_load(builder);
    build_dispatch(builder, routed, load);

    /* What leaves a rank comes back to it from others; the fullest gets more. */
    const double rows = load * routed * etp / local;
    struct cs_gemm up = cs_layer_gemm(builder, rows, (model->gated_ffn ? 2.0 : 1.0) * inner, h);
    up.batch = local;
    up.grouped = true;
    cs_build_linear(builder, "expert up", &up);
    build_activation(builder, rows * local * inner);
    struct cs_gemm down = cs_layer_gemm(builder, rows, h, inner);
    down.batch = local;
    down.grouped = true;
    cs_build_linear(builder, "expert down", &down);
    if (model->shared_experts > 0) {
        build_dense_ffn(builder, "shared expert up", "shared expert down",
                        cs_ceil_share(model->shared_experts * model->d_expert, plan->tensor));
    }
}

/* Norm: read, write; backward reads input and gradient, writes one. Residual: reads two, writes one (and a mask byte
 * with dropout), and reads the gradient again backward. */
void cs_build_norm(struct cs_builder *builder, const char *name)
{
    const double elements = builder->own_tokens * (double)builder->problem->architecture.d_model;
    cs_build_stream(builder, name, 4.0 * elements, 6.0 * elements);
    if (keeps_products(builder) ||
        (builder->plan->recompute == CS_RECOMPUTE_FFN && builder->problem->stack.products_only)) {
        add_kernel(builder, "norm again", true, cs_stream_time(&builder->problem->device, 4.0 * elements), 1.0);
    }
}

static void build_residual(struct cs_builder *builder)
{
    const double elements = builder->own_tokens * (double)builder->problem->architecture.d_model;
    const double mask = builder->problem->stack.dropout ? 1.0 : 0.0;
    cs_build_stream(builder, "residual", (6.0 + mask) * elements, (4.0 + mask) * elements);
}

/* The feed-forward block with the collectives around it. */
static void build_feed_forward(struct cs_builder *builder, bool mixture)
{
    const struct cs_architecture *model = &builder->problem->architecture;
    if (!mixture) {
        build_dense_ffn(builder, "ffn up", "ffn down", cs_ceil_share(model->d_ff, builder->plan->tensor));
        build_tensor_collectives(builder);
        return;
    }
    build_mixture(builder);
    if (model->shared_experts > 0 || model->parallel_block) {
        build_tensor_collectives(builder);
    }
}

/* The backward pass runs the block's whole forward pass once more: checkpoints repeat a function from its input to its
 * output, so gathers and scatters, routing, dispatch and combine are repeated too (Megatron-Core, --recompute-modules
 * mlp moe). In a parallel block, where attention shares them, they count as the feed-forward's. */
static void build_feed_forward_twice(struct cs_builder *builder, bool mixture)
{
    struct cs_part *const part = builder->part;
    const struct cs_part before = *part;
    const double kernels = builder->forward_kernels;
    builder->repeats = true;
    build_feed_forward(builder, mixture);
    builder->repeats = false;
    for (int i = 0; i < CS_SHARE_COUNT; i++) {
        part->backward[i] += part->forward[i] - before.forward[i];
    }
    part->flops += part->forward_flops - before.forward_flops;
    builder->backward_kernels += builder->forward_kernels - kernels;
    builder->part->all_to_all += part->forward[CS_SHARE_EXPERT] - before.forward[CS_SHARE_EXPERT];
}

void cs_build_layer_start(struct cs_builder *builder)
{
    const struct cs_architecture *model = &builder->problem->architecture;
    cs_build_norm(builder, "norm");
    build_attention(builder);
    if (!model->parallel_block) {
        build_tensor_collectives(builder);
        build_residual(builder);
        cs_build_norm(builder, "norm");
        builder->input_gradient = 0.0;
    }
}

void cs_build_layer_rest(struct cs_builder *builder, bool mixture)
{
    if (builder->plan->recompute == CS_RECOMPUTE_FFN) {
        build_feed_forward_twice(builder, mixture);
    } else {
        build_feed_forward(builder, mixture);
    }
    build_residual(builder);
}
