/* SPDX-License-Identifier: BSD-3-Clause */
#include "cs_sweep/architecture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Matrices of a feed-forward block: up and down, and a gate. */
static double ffn_matrices(bool gated)
{
    return gated ? 3.0 : 2.0;
}

/* Above this a double no longer holds every integer; nothing real comes near. */
static int64_t whole(double value)
{
    const double largest = 9007199254740992.0;
    return (int64_t)fmin(value, largest);
}

void cs_architecture_from_d_model(const struct cs_scaling_law *law, int64_t d_model, struct cs_architecture *out)
{
    const double h = (double)d_model;
    memset(out, 0, sizeof *out);
    snprintf(out->name, sizeof out->name, "%lld", (long long)d_model);
    out->d_model = d_model;
    out->layers = whole(cs_layers_of_d_model(law, h));
    out->head_dim = law->head_dim;
    out->heads = whole(fmax(1.0, round(h / (double)law->head_dim)));
    out->kv_heads = out->heads;
    out->d_ff = whole(fmax(1.0, round(law->ffn_multiple * h)));
    out->gated_ffn = law->gated_ffn;
    out->vocab = law->vocab;
    out->tied_embedding = law->tied_embedding;
    out->experts = 1;
    out->experts_active = 1;
    if (12.0 * (double)out->layers * h * h >= law->dense_below_parameters) {
        out->experts = whole(cs_experts_of_d_model(law, h));
        out->d_expert = out->d_ff;
    }
    out->attention = CS_ATTENTION_FULL;
    out->window_period = 1;
}

double cs_sliding_share(const struct cs_architecture *a)
{
    if (a->attention != CS_ATTENTION_SLIDING) {
        return 0.0;
    }
    return a->full_attention_period > 0 ? 1.0 - 1.0 / (double)a->full_attention_period : 1.0 / (double)a->window_period;
}

static double attention_parameters(const struct cs_architecture *a)
{
    const double h = (double)a->d_model;
    const double heads = (double)a->heads;
    if (a->attention != CS_ATTENTION_MLA) {
        return h * (double)a->head_dim * (2.0 * heads + 2.0 * (double)a->kv_heads);
    }
    /* Multi-head latent attention, DeepSeek-V2 (arXiv 2405.04434) section 2.1: low-rank queries (or plain ones where
     * the rank is 0), one latent for keys and values, a rotary part of the key shared by all heads. */
    const double qk = (double)(a->mla_qk_nope_head_dim + a->mla_qk_rope_head_dim);
    const double q_rank = (double)a->mla_q_lora;
    const double kv_rank = (double)a->mla_kv_lora;
    const double query = a->mla_q_lora > 0 ? h * q_rank + q_rank * heads * qk : h * heads * qk;
    const double down = h * (kv_rank + (double)a->mla_qk_rope_head_dim);
    const double up = kv_rank * heads * (double)(a->mla_qk_nope_head_dim + a->mla_v_head_dim);
    return query + down + up + heads * (double)a->mla_v_head_dim * h;
}

void cs_parameters_count(const struct cs_architecture *a, struct cs_parameters *out)
{
    const double h = (double)a->d_model;
    const double layers = (double)a->layers;
    const double vocabulary = (double)a->vocab * h;
    const double matrices = ffn_matrices(a->gated_ffn);
    const double mixture_layers = a->experts > 1 ? (double)(a->layers - a->dense_layers) : 0.0;
    const double dense_layers = layers - mixture_layers;

    memset(out, 0, sizeof *out);
    out->attention = attention_parameters(a);
    out->norm = 2.0 * h;
    if (a->attention == CS_ATTENTION_MLA) {
        out->norm += (double)(a->mla_q_lora + a->mla_kv_lora);
    }
    out->dense_ffn = matrices * h * (double)a->d_ff;
    if (a->experts > 1) {
        out->expert = matrices * h * (double)a->d_expert;
        out->shared_ffn = (double)a->shared_experts * out->expert;
        out->router = h * (double)a->experts;
    }
    out->embedding = vocabulary + (double)a->learned_positions * h;
    out->head_tied = a->tied_embedding;
    out->head = a->tied_embedding ? 0.0 : vocabulary;

    const double dense_layer = out->attention + out->norm + out->dense_ffn;
    const double mixture_base = out->attention + out->norm + out->shared_ffn + out->router;
    const double mixture_stored = mixture_base + (double)a->experts * out->expert;
    const double mixture_active = mixture_base + (double)a->experts_active * out->expert;
    const double last_stored = a->experts > 1 ? mixture_stored : dense_layer;
    /* Each prediction depth is one layer of the last kind, two norms and a projection of 2 h to h; embedding and head
     * are the model's own (DeepSeek-V3, arXiv 2412.19437, section 2.2). */
    out->mtp = (double)a->mtp_layers * (last_stored + 2.0 * h * h + 2.0 * h);

    out->non_embedding = dense_layers * dense_layer + mixture_layers * mixture_stored + h + out->mtp;
    out->active_non_embedding = dense_layers * dense_layer + mixture_layers * mixture_active + h;
    out->total = out->non_embedding + out->embedding + out->head;
    out->active = out->active_non_embedding + vocabulary;
}
