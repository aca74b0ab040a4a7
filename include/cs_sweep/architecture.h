/* SPDX-License-Identifier: BSD-3-Clause */
/* The LLM: its shape, from a model dimension by the scaling law or given explicitly, and what is counted from it. */
#ifndef CS_SWEEP_ARCHITECTURE_H
#define CS_SWEEP_ARCHITECTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "cs_sweep/settings.h"

enum { CS_NAME_MAX = 64 };

enum cs_attention { CS_ATTENTION_FULL, CS_ATTENTION_SLIDING, CS_ATTENTION_MLA };

struct cs_architecture {
    char name[CS_NAME_MAX];
    int64_t layers, d_model, heads, kv_heads, head_dim;
    int64_t d_ff; /* of dense layers */
    bool gated_ffn;
    int64_t vocab;
    bool tied_embedding;
    int64_t experts; /* routed; 1 is dense */
    int64_t experts_active, shared_experts, d_expert;
    int64_t dense_layers; /* layers of a mixture that are not mixtures; the first ones */
    enum cs_attention attention;
    int64_t window, window_period; /* tokens; every window_period-th layer slides (1: all) */
    int64_t mla_q_lora, mla_kv_lora, mla_qk_nope_head_dim, mla_qk_rope_head_dim, mla_v_head_dim;
    bool parallel_block;
    int64_t mtp_layers;
    int64_t learned_positions; /* weights of a learned position embedding per d_model: its length, else 0 */
};

/* Counts of parameters; doubles, exact below 2^53. */
struct cs_parameters {
    double total;      /* everything stored */
    double active;     /* used per token, without the embedding look-up, the output projection included */
    double attention;  /* of one layer */
    double norm;       /* of one layer */
    double dense_ffn;  /* of one dense layer */
    double expert;     /* of one routed expert */
    double shared_ffn; /* shared experts of one mixture layer */
    double router;     /* of one mixture layer */
    double embedding;  /* input look-up and learned positions */
    double head;       /* output projection; 0 stored when tied (see head_tied) */
    double mtp;        /* all multi-token-prediction layers, stored */
    bool head_tied;
    double non_embedding;        /* total without embedding and head: the N of the loss law */
    double active_non_embedding; /* the N of tokens and of 6 N D for scaling-law models */
};

/* Layers, experts and heads by the scaling law (CarbonScaling section 4; constants in settings). d_model >= 1. */
void cs_architecture_from_d_model(const struct cs_scaling_law *law, int64_t d_model,
                                  struct cs_architecture *architecture);
void cs_parameters_count(const struct cs_architecture *architecture, struct cs_parameters *parameters);

/* Sequences: the largest batch of any plan, some hundred thousand times that of today's largest runs. */
#define CS_BATCH_MAX 1073741824.0
/* What the scaling law says of one run of an architecture. */
struct cs_law {
    double parameters_total;  /* scaling-law models: non-embedding, L h^2 (4 + 8 E); explicit ones: everything */
    double parameters_active; /* 12 L h^2; explicit: without the embedding look-up */
    double tokens;
    double compute;             /* FLOP, 6 N_active D */
    double loss;                /* nats per token, Eq 2 */
    double critical_batch;      /* tokens, Eq 1 */
    int64_t critical_sequences; /* floor(critical_batch / seq_len), CS_BATCH_MAX at most */
};

/* from_law: the architecture came from a d_model (parameter counts by the paper's formulas, else counted).
 * tokens > 0 replaces tokens_per_parameter. */
void cs_law_evaluate(const struct cs_scaling_law *law, const struct cs_training *training,
                     const struct cs_architecture *architecture, bool from_law, double tokens, struct cs_law *out);

/* One equation each. */
double cs_layers_of_d_model(const struct cs_scaling_law *law, double d_model);     /* rounded */
double cs_experts_of_d_model(const struct cs_scaling_law *law, double d_model);    /* rounded, the mixture's */
double cs_critical_batch_tokens(const struct cs_scaling_law *law, double compute); /* Eq 1 */
double cs_loss_mixture(const struct cs_scaling_law *law, double parameters_total, double tokens); /* Eq 2 */
double cs_loss_dense(const struct cs_scaling_law *law, double parameters_total, double tokens);   /* Eq 2 */

#endif
