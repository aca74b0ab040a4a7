/* SPDX-License-Identifier: BSD-3-Clause */
/* Time of one kernel on a GPU (tiles, waves, roofline) or a TPU (systolic array, roofline). */
#ifndef CS_SWEEP_KERNEL_H
#define CS_SWEEP_KERNEL_H

#include "cs_sweep/hardware.h"

/* What sets a time: arithmetic, memory, the host that launches, a link; of a step besides, the pipeline's idle stages
 * (bubble) and devices that differ in speed. */
enum cs_bound {
    CS_BOUND_COMPUTE,
    CS_BOUND_MEMORY,
    CS_BOUND_LAUNCH,
    CS_BOUND_LINK,
    CS_BOUND_PIPELINE,
    CS_BOUND_DEVICES
};

/* batch independent products C[m,n] += A[m,k] B[k,n]. */
struct cs_gemm {
    double m, n, k, batch;
    double a_bytes, b_bytes, c_bytes; /* per element, as read or written */
    enum cs_format format;
    bool grouped; /* one launch over experts with m rows each */
};
struct cs_kernel_time {
    double seconds, flops, bytes;
    enum cs_bound bound;
};
struct cs_kernel_time cs_gemm_time(const struct cs_device *device, const struct cs_gemm *gemm);
/* A pass that moves bytes and does little else. */
struct cs_kernel_time cs_stream_time(const struct cs_device *device, double bytes);

/* Attention scores, softmax and values of `heads` heads on one device, forward or backward. kernel is resolved. */
struct cs_attention_shape {
    double batch, heads, queries, keys; /* keys: tokens attended at most (window) */
    double context;                     /* tokens of the whole sequence: keys < context is a sliding window */
    double d_qk, d_v;
    bool dropout;
};
/* The generation, or an older one that the device has, is fused: scores are never stored. */
bool cs_attention_is_fused(const struct cs_device *device, enum cs_attention_kernel kernel);
struct cs_kernel_time cs_attention_time(const struct cs_device *device, enum cs_attention_kernel kernel,
                                        const struct cs_attention_shape *shape, bool backward);

#endif
