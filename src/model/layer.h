/* SPDX-License-Identifier: BSD-3-Clause */
/* Adds up one part of the model (a layer, the embedding, the head) from its kernels and collectives; with a trace
 * function each of them is reported too. */
#ifndef CS_SWEEP_MODEL_LAYER_H
#define CS_SWEEP_MODEL_LAYER_H

#include "cs_sweep/step.h"

struct cs_builder {
    const struct cs_problem *problem;
    const struct cs_network *network;
    const struct cs_plan *plan;
    struct cs_part *part;
    const char *name;
    cs_trace_function trace; /* NULL: nothing is reported */
    void *context;
    struct cs_common_costs *common; /* NULL: nothing is shared */
    double micro_batches;           /* of a step that are like this one: reported with each entry */
    bool repeats;                   /* the backward pass repeats the forward one of this part */
    double tokens;                  /* of one micro-batch on one context rank */
    double own_tokens; /* of them outside the tensor-parallel regions: / tensor with sequence parallelism */
    struct cs_group tensor, ring, expert; /* ring: context parallelism */
    double forward_kernels, backward_kernels;
    double input_gradient;  /* s of the last block's input-gradient GEMMs: hides the second all-gather */
    double weight_gradient; /* s of the last linear's weight gradient: hides the all-reduce of its input's gradient */
};

/* Places the groups; the parts are set by cs_build_parts. */
void cs_builder_init(struct cs_builder *builder, const struct cs_problem *problem, const struct cs_network *network,
                     const struct cs_plan *plan);
/* Every part that the model and the plan have; the others are zero. True where the KEPT ones are among them. */
bool cs_build_parts(struct cs_builder *builder, struct cs_part part[CS_PART_COUNT]);

/* Kernels that both layers and the head use (layer.c). */
double cs_ceil_share(int64_t count, int64_t degree);
void cs_build_emit(const struct cs_builder *builder, const char *kernel, bool backward, bool collective,
                   const struct cs_kernel_time *time, double exposed);
/* C[m,n] = A[m,k] B[k,n] in the format of the layers; and its forward, input- and weight-gradient kernels. */
struct cs_gemm cs_layer_gemm(const struct cs_builder *builder, double m, double n, double k);
void cs_build_product(struct cs_builder *builder, const char *name, double m, double n, double k);
void cs_build_norm(struct cs_builder *builder, const char *name);
void cs_build_linear(struct cs_builder *builder, const char *name, const struct cs_gemm *gemm);
void cs_build_stream(struct cs_builder *builder, const char *name, double forward_bytes, double backward_bytes);
void cs_build_collective(struct cs_builder *builder, const char *name, enum cs_share share, bool backward,
                         double seconds, double exposed, double bytes);
/* A layer up to its feed-forward block, and the rest of it. */
void cs_build_layer_start(struct cs_builder *builder);
void cs_build_layer_rest(struct cs_builder *builder, bool mixture);
/* Host-bound layers, recomputation, sums. */
void cs_build_finish(struct cs_builder *builder);

#endif
