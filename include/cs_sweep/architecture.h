/* SPDX-License-Identifier: BSD-3-Clause */
/* The LLM: its shape, from a model dimension by the scaling law or given explicitly, and what is counted from it. */
#ifndef CS_SWEEP_ARCHITECTURE_H
#define CS_SWEEP_ARCHITECTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "cs_sweep/settings.h"

enum { CS_NAME_MAX = 64 };

enum cs_attention { CS_ATTENTION_FULL, CS_ATTENTION_SLIDING, CS_ATTENTION_MLA };

/* Macros, which scripts/reference.py reads too. */
#define CS_D_MODEL_MAX 10000000
/* A search tries pipeline degrees up to the number of layers: with ten thousand it takes a tenth of a second. */
#define CS_LAYERS_MAX 10000
/* Where a shape states no vocabulary: GPT-2's, padded as Megatron-LM pads it; the default of scaling_law.vocab too. */
#define CS_VOCAB_STANDARD 51200

/* The fields of a shape: COUNT(member, low, high, default, what a page says of the default, meaning) or FLAG(member,
 * meaning), which is false by default. Bounds and defaults may depend on `a`, the architecture as far as it was read; a
 * default below 0 says that the field must be stated. From a row follow the member, the key that is read and written,
 * the JSON of cs_point, and what scripts/reference.py writes. head_dim_of is in src/library/models.c. */
#define CS_SHAPE_FIELDS(COUNT, FLAG)                                                                                   \
    COUNT(layers, 1, CS_LAYERS_MAX, -1, "required", "Transformer layers.")                                             \
    COUNT(d_model, 1, CS_D_MODEL_MAX, -1, "required", "Model dimension.")                                              \
    COUNT(heads, 1, 1000000, -1, "required", "Attention heads.")                                                       \
    COUNT(kv_heads, 1, a->heads, a->heads, "heads", "Key-value heads.")                                                \
    COUNT(head_dim, 1, CS_D_MODEL_MAX, head_dim_of(a), "d_model / heads", "Dimension of a head.")                      \
    COUNT(d_ff, 1, 1000000000, 4 * a->d_model, "4 d_model", "Width of the feed-forward network of dense layers.")      \
    FLAG(gated_ffn, "Gated feed-forward network: three matrices.")                                                     \
    COUNT(vocab, 1, 1000000000, CS_VOCAB_STANDARD, "51200", "Vocabulary.")                                             \
    FLAG(tied_embedding, "Output projection shared with the embedding.")                                               \
    COUNT(experts, 1, 1000000, 1, "1", "Routed experts of a mixture layer; 1 is dense.")
/* Of a mixture. */
#define CS_MIXTURE_FIELDS(COUNT)                                                                                       \
    COUNT(experts_active, 1, a->experts, 1, "1", "Routed experts that a token uses.")                                  \
    COUNT(shared_experts, 0, 1000000, 0, "0", "Experts that every token uses.")                                        \
    COUNT(d_expert, a->experts > 1, 1000000000, a->experts > 1 ? -1 : 0, "",                                           \
          "Width of an expert; required of a mixture.")                                                                \
    COUNT(dense_layers, 0, a->layers, 0, "0", "First layers of a mixture model that are dense.")
/* With attention sliding. */
#define CS_WINDOW_FIELDS(COUNT)                                                                                        \
    COUNT(window, 1, 1000000000, -1, "", "Tokens of a sliding window; with attention sliding only.")                   \
    COUNT(window_period, 1, 1000000, 1, "1", "Every how many layers one slides; 1: all.")                              \
    COUNT(full_attention_period, 0, 1000000, 0, "0",                                                                   \
          "Every how many layers one does not slide, the others do; in place of window_period; 0: window_period.")
/* Keys of the object "mla", with attention mla; the members begin with mla_. */
#define CS_MLA_FIELDS(COUNT)                                                                                           \
    COUNT(q_lora, 0, CS_D_MODEL_MAX, 0, "0", "Rank of the queries; 0: none.")                                          \
    COUNT(kv_lora, 1, CS_D_MODEL_MAX, -1, "required", "Rank of keys and values.")                                      \
    COUNT(qk_nope_head_dim, 1, CS_D_MODEL_MAX, -1, "required", "Head dimension without position.")                     \
    COUNT(qk_rope_head_dim, 0, CS_D_MODEL_MAX, -1, "required", "Head dimension with rotary position.")                 \
    COUNT(v_head_dim, 1, CS_D_MODEL_MAX, -1, "required", "Head dimension of the values.")
#define CS_BLOCK_FIELDS(COUNT, FLAG)                                                                                   \
    FLAG(parallel_block, "Attention and feed-forward side by side.")                                                   \
    COUNT(mtp_layers, 0, 1000, 0, "0", "Multi-token-prediction layers.")

#define CS_ATTENTION_NAMES "full|sliding|mla"

/* Of a dense model experts is 1 and every layer counts as dense. */
struct cs_architecture {
    char name[CS_NAME_MAX];
#define CS_MEMBER_OF_COUNT(member, ...) int64_t member;
#define CS_MEMBER_OF_FLAG(member, ...) bool member;
#define CS_MEMBER_OF_MLA(member, ...) int64_t mla_##member;
    CS_SHAPE_FIELDS(CS_MEMBER_OF_COUNT, CS_MEMBER_OF_FLAG)
    CS_MIXTURE_FIELDS(CS_MEMBER_OF_COUNT)
    enum cs_attention attention;
    CS_WINDOW_FIELDS(CS_MEMBER_OF_COUNT)
    CS_MLA_FIELDS(CS_MEMBER_OF_MLA)
    CS_BLOCK_FIELDS(CS_MEMBER_OF_COUNT, CS_MEMBER_OF_FLAG)
#undef CS_MEMBER_OF_COUNT
#undef CS_MEMBER_OF_FLAG
#undef CS_MEMBER_OF_MLA
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
/* Share of the layers whose attention slides over a window. */
double cs_sliding_share(const struct cs_architecture *architecture);

/* Sequences: the largest batch of any plan, some hundred thousand times that of today's largest runs. */
#define CS_BATCH_MAX 1073741824.0
/* The batches of a run before its last one: `tokens` of it at `sequences` a step each, in this order. */
enum { CS_RAMP_MAX = 16 };
struct cs_batch_ramp {
    int32_t count;
    struct {
        double tokens;
        int64_t sequences;
    } stages[CS_RAMP_MAX];
};

/* What the scaling law says of one run of an architecture. */
struct cs_law {
    double parameters_total;  /* scaling-law models: non-embedding, L h^2 (4 + 8 E); explicit ones: everything */
    double parameters_active; /* 12 L h^2; explicit: without the embedding look-up */
    double tokens;
    double compute;             /* FLOP, 6 N_active D */
    double loss;                /* nats per token, Eq 2 */
    double critical_batch;      /* tokens, by scaling_law.batch_law */
    int64_t critical_sequences; /* floor(critical_batch / seq_len), CS_BATCH_MAX at most */
};

/* from_law: the architecture came from a d_model (parameter counts by the paper's formulas, else counted).
 * tokens > 0 replaces tokens_per_parameter. */
void cs_law_evaluate(const struct cs_scaling_law *law, const struct cs_training *training,
                     const struct cs_architecture *architecture, bool from_law, double tokens, struct cs_law *out);

/* One equation each. */
double cs_layers_of_d_model(const struct cs_scaling_law *law, double d_model);  /* rounded */
double cs_experts_of_d_model(const struct cs_scaling_law *law, double d_model); /* rounded, the mixture's */
double cs_critical_batch_tokens(const struct cs_scaling_law *law, double tokens, double compute); /* by batch_law */
double cs_loss_mixture(const struct cs_scaling_law *law, double parameters_total, double tokens); /* Eq 2 */
double cs_loss_dense(const struct cs_scaling_law *law, double parameters_total, double tokens);   /* Eq 2 */

#endif
