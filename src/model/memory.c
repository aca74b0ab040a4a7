/* SPDX-License-Identifier: BSD-3-Clause */
/* Activations of a layer (Korthikanti 2022, generalised) and what a plan may use. */
#include "layer.h"

#include <math.h>

/* Bytes of a token in the attention block: linear inputs and outputs, heads sharded over t, the rest over sigma. */
static double attention_bytes(const struct cs_architecture *model, double t, double sigma, double saved, bool products)
{
    const double heads = ceil((double)model->heads / t), kv_heads = ceil((double)model->kv_heads / t);
    if (model->attention != CS_ATTENTION_MLA) {
        const double dim = (double)model->head_dim;
        return dim * (2.0 * (heads + 2.0 * kv_heads) + (products ? 0.0 : saved * heads));
    }
    const double qk = (double)(model->mla_qk_nope_head_dim + model->mla_qk_rope_head_dim);
    const double v = (double)model->mla_v_head_dim;
    const double latent = (2.0 + saved) * (double)(model->mla_q_lora + model->mla_kv_lora) / sigma;
    return products ? latent : latent + heads * (2.0 * (2.0 * qk + v) + saved * v);
}

/* Bytes of a token in the feed-forward block. kept: bytes per inner element, of the first products' outputs (one, or
 * two where the block is gated) and of the second product's input: 4, gated 6, at 16 bits (Korthikanti 2022, section
 * 4.1). */
static double ffn_bytes(const struct cs_architecture *model, double t, double saved, bool mixture, bool products)
{
    const double inputs = model->gated_ffn ? 2.0 : 1.0;
    const double kept = products ? 2.0 * inputs : 2.0 * inputs + saved;
    if (!mixture) {
        return kept * ceil((double)model->d_ff / t);
    }
    const double h = (double)model->d_model, inner = (double)model->d_expert;
    /* Experts' inputs and, unless their outputs are weighted before the second product, outputs. */
    const double routed = products ? saved * h + saved * inputs * inner : (2.0 + saved) * h + kept * inner;
    return ((double)model->experts_active * routed + kept * (double)model->shared_experts * inner) / t;
}

/* Bytes that one layer keeps of one micro-batch. At 16 bits and for GPT (d_ff = 4 h, dropout) this is Korthikanti's s
 * b h (10 + 24/t), or 34 s b h / t with sequence parallelism, and 5 a s^2 b / t of stored scores. With 8-bit formats
 * the GEMM inputs are kept at 8 bits. Selective recomputation drops the scores of unfused kernels (Korthikanti 2022);
 * of fused ones, which store none, it keeps the products of weights only and recomputes norms, activations, attention
 * and the up-projections of latent attention (DeepSeek-V3, arXiv 2412.19437, 3.2.3; MaxText's minimal policy). That of
 * the feed-forward part keeps the 16-bit input of its block in place of all that the block keeps inside (Megatron-Core,
 * --recompute-modules mlp moe). */
double cs_layer_activation_bytes(const struct cs_problem *problem, const struct cs_plan *plan, bool mixture,
                                 enum cs_recompute recompute)
{
    const struct cs_architecture *model = &problem->architecture;
    const double h = (double)model->d_model, t = plan->tensor;
    const double sigma = plan->sequence_parallel ? t : 1.0;
    const double tokens = (double)problem->seq_len * plan->micro_batch / plan->context;
    if (recompute == CS_RECOMPUTE_FULL) {
        return 2.0 * tokens * h / sigma;
    }
    const bool fused = cs_attention_is_fused(&problem->device, problem->stack.kernel);
    const bool products = recompute == CS_RECOMPUTE_SELECTIVE && fused;
    const double saved = problem->precision.format == CS_FORMAT_BF16 ? 2.0 : problem->precision.activation_bytes;
    const bool block = recompute == CS_RECOMPUTE_FFN;
    const bool no_inputs = products || (block && problem->stack.products_only);
    const double inputs = no_inputs ? 0.0 : saved + (block ? 2.0 : saved);
    double bytes = h * (4.0 + inputs + (problem->stack.dropout ? 2.0 : 0.0)) / sigma;
    bytes += attention_bytes(model, t, sigma, saved, products) +
             (block ? 0.0 : ffn_bytes(model, t, saved, mixture, products));
    bytes *= tokens;
    if (recompute != CS_RECOMPUTE_SELECTIVE && !fused) {
        double keys = (double)problem->seq_len;
        if (model->attention == CS_ATTENTION_SLIDING && (double)model->window < keys) {
            const double share = cs_sliding_share(model);
            keys = share * (double)model->window + (1.0 - share) * keys;
        }
        bytes += (problem->stack.dropout ? 5.0 : 4.0) * ceil((double)model->heads / t) * tokens * keys;
    }
    return bytes;
}

/* Of cs_layer_activation_bytes, the feed-forward block's while it runs: its inner activations, and at 8 bits the copy
 * of its input. */
static double ffn_activation_bytes(const struct cs_problem *problem, const struct cs_plan *plan, bool mixture)
{
    const double sigma = plan->sequence_parallel ? plan->tensor : 1.0;
    const double tokens = (double)problem->seq_len * plan->micro_batch / plan->context;
    const bool wide = problem->precision.format == CS_FORMAT_BF16;
    const double saved = wide ? 2.0 : problem->precision.activation_bytes;
    const double input = wide ? 0.0 : saved * (double)problem->architecture.d_model / sigma;
    return tokens * (ffn_bytes(&problem->architecture, plan->tensor, saved, mixture, false) + input);
}

double cs_layer_working_bytes(const struct cs_problem *problem, const struct cs_plan *plan, bool mixture,
                              enum cs_recompute recompute)
{
    switch (recompute) {
    case CS_RECOMPUTE_FULL:
        return cs_layer_activation_bytes(problem, plan, mixture, CS_RECOMPUTE_NONE);
    case CS_RECOMPUTE_SELECTIVE:
        return cs_layer_activation_bytes(problem, plan, mixture, CS_RECOMPUTE_NONE) -
               cs_layer_activation_bytes(problem, plan, mixture, recompute);
    case CS_RECOMPUTE_FFN:
        return ffn_activation_bytes(problem, plan, mixture);
    case CS_RECOMPUTE_NONE:
    default:
        return 0.0;
    }
}

double cs_memory_limit(const struct cs_problem *problem)
{
    const double capacity = problem->device.hbm_capacity;
    return capacity - problem->training.memory_margin_fraction * capacity - problem->training.memory_margin_bytes;
}
