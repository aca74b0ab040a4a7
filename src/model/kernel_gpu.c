/* SPDX-License-Identifier: BSD-3-Clause */
/* GPU kernels: GEMM by tiles and waves under a roofline, streams, fused and unfused attention. */
#include "kernels.h"

#include <math.h>

/* FLOP/s that large GEMMs of a format sustain. */
double cs_sustained_rate(const struct cs_device *device, enum cs_format format)
{
    const bool narrow = format != CS_FORMAT_BF16 && device->sustained_8bit > 0.0;
    return cs_device_peak(device, format) * (narrow ? device->sustained_8bit : device->sustained);
}

struct cs_kernel_time cs_roofline(const struct cs_device *device, double compute, double bytes, double flops)
{
    const double memory = bytes / (device->hbm_bandwidth * device->hbm_efficiency);
    const double busy = cs_max(compute, memory);
    struct cs_kernel_time time = {
        .seconds = busy + device->launch,
        .flops = flops,
        .bytes = bytes,
        .bound = compute >= memory ? CS_BOUND_COMPUTE : CS_BOUND_MEMORY,
    };
    if (busy < device->launch) {
        time.bound = CS_BOUND_LAUNCH;
    }
    return time;
}

/* ceil() of what fits an integer, without a call on processors older than SSE 4.1. x >= 0. */
static double round_up(double x)
{
    const double exact = 4503599627370496.0; /* 2^52: above, every double is whole */
    if (!(x < exact)) {
        return x;
    }
    const double whole = (double)(int64_t)x;
    return whole < x ? whole + 1.0 : whole;
}

/* Unit-FLOPs, idle units included, that the best tile shape needs. The tiles run in waves of one per unit, and
 * of the last wave's idle units the share `wave_loss` is lost; while one wave is not full, K is split over the idle
 * units (cuBLAS split-K). */
static double gemm_work(const struct cs_device *device, const struct cs_gemm *gemm)
{
    const double area = gemm->m * gemm->n * gemm->batch;
    double best = INFINITY; /* in tile areas, units and idle ones together */
    for (int32_t i = 0; i < device->tile_count; i++) {
        const struct cs_tile *tile = &device->tiles[i];
        /* No tiling, K split or not, needs less than the product's own area. */
        if (area >= best * tile->efficiency) {
            continue;
        }
        const double tiles = round_up(gemm->m / tile->m) * round_up(gemm->n / tile->n) * gemm->batch;
        double rounds;
        if (tiles < device->units) {
            const double parts = cs_min(device->units / tiles, gemm->k / device->split_depth);
            rounds = parts >= 2.0 ? 1.0 / (double)(int64_t)parts : 1.0;
        } else {
            const double full = tiles / device->units;
            rounds = full + device->wave_loss * (round_up(full) - full);
        }
        best = cs_min(best, rounds * device->units * tile->m * tile->n / tile->efficiency);
    }
    return 2.0 * best * gemm->k;
}

struct cs_kernel_time cs_gemm_time_gpu(const struct cs_device *device, const struct cs_gemm *gemm)
{
    const enum cs_activity activity = gemm->format == CS_FORMAT_BF16 ? CS_ACTIVITY_PRODUCT : CS_ACTIVITY_PRODUCT_8BIT;
    double compute = gemm_work(device, gemm) / cs_sustained_rate(device, gemm->format);
    compute *= (1.0 + device->step_drag) / cs_activity_clock(device, activity);
    compute *= 1.0 + device->k_ramp / gemm->k;
    if (gemm->grouped) {
        compute *= 1.0 + device->grouped_ramp / (device->group_rows * round_up(gemm->m / device->group_rows));
    }
    const double bytes = gemm->batch * (gemm->a_bytes * gemm->m * gemm->k + gemm->b_bytes * gemm->k * gemm->n +
                                        gemm->c_bytes * gemm->m * gemm->n);
    return cs_roofline(device, compute, bytes, 2.0 * gemm->m * gemm->n * gemm->k * gemm->batch);
}

struct cs_kernel_time cs_gemm_time(const struct cs_device *device, const struct cs_gemm *gemm)
{
    return device->kind == CS_TPU ? cs_gemm_time_tpu(device, gemm) : cs_gemm_time_gpu(device, gemm);
}

struct cs_kernel_time cs_stream_time(const struct cs_device *device, double bytes)
{
    return cs_roofline(device, 0.0, bytes, 0.0);
}

/* Pairs of query and key that a causal kernel computes, of queries * keys: with a window w of s, s*w - w^2/2 of s*w,
 * and the blocks on the diagonal whole. */
static double causal_share(const struct cs_device *device, const struct cs_attention_shape *shape)
{
    return cs_min(1.0 - 0.5 * shape->keys / shape->context + 0.5 * device->query_tile / shape->context, 1.0);
}

static double fused_share(const struct cs_device *device, enum cs_attention_kernel kernel, bool backward)
{
    const double first = backward ? device->fused1_backward : device->fused1_forward;
    const double second = backward ? device->fused2_backward : device->fused2_forward;
    const double third = backward ? device->fused3_backward : device->fused3_forward;
    if (kernel == CS_ATTENTION_FUSED3 && third > 0.0) {
        return third;
    }
    if (kernel >= CS_ATTENTION_FUSED2 && second > 0.0) {
        return second;
    }
    return kernel >= CS_ATTENTION_FUSED1 ? first : 0.0;
}

/* Two batched products, or four backward, and the passes over the scores: mask, softmax, dropout. */
static struct cs_kernel_time attention_unfused(const struct cs_device *device, const struct cs_attention_shape *shape,
                                               bool backward)
{
    const struct cs_gemm scores = {.m = shape->queries,
                                   .n = shape->keys,
                                   .k = shape->d_qk,
                                   .batch = shape->batch * shape->heads,
                                   .a_bytes = 2.0,
                                   .b_bytes = 2.0,
                                   .c_bytes = 2.0,
                                   .format = CS_FORMAT_BF16};
    const struct cs_gemm values = {.m = shape->queries,
                                   .n = shape->d_v,
                                   .k = shape->keys,
                                   .batch = shape->batch * shape->heads,
                                   .a_bytes = 2.0,
                                   .b_bytes = 2.0,
                                   .c_bytes = 2.0,
                                   .format = CS_FORMAT_BF16};
    const struct cs_kernel_time first = cs_gemm_time(device, &scores);
    const struct cs_kernel_time second = cs_gemm_time(device, &values);
    const double count = shape->batch * shape->heads * shape->queries * shape->keys;
    const double per_score = backward ? device->score_backward : device->score_forward;
    const struct cs_kernel_time passes = cs_stream_time(device, per_score * count);
    const double times = backward ? 2.0 : 1.0;
    return (struct cs_kernel_time){
        .seconds = times * (first.seconds + second.seconds + passes.seconds) - (times - 1.0) * passes.seconds,
        .flops = times * (first.flops + second.flops),
        .bytes = times * (first.bytes + second.bytes) + passes.bytes,
        .bound = passes.seconds > first.seconds + second.seconds ? CS_BOUND_MEMORY : first.bound,
    };
}

struct cs_kernel_time cs_attention_time(const struct cs_device *device, enum cs_attention_kernel kernel,
                                        const struct cs_attention_shape *shape, bool backward)
{
    const double share = fused_share(device, kernel, backward);
    if (!(share > 0.0)) {
        return attention_unfused(device, shape, backward);
    }
    const double rows = shape->batch * shape->heads;
    const double dims = shape->d_qk + shape->d_v;
    const double pairs = shape->queries * shape->keys * causal_share(device, shape);
    const double flops = (backward ? 5.0 : 2.0) * rows * pairs * dims;
    /* Softmax costs per score whatever the head dimension: at head_dim 128 it is softmax_share of the kernel. */
    const double per_dim = (1.0 - device->softmax_share) + device->softmax_share * 256.0 / dims;
    double compute = flops * per_dim / (device->peak_flops * share);
    compute *= 1.0 + device->attention_ramp / shape->keys;
    compute *= (1.0 + device->step_drag) / cs_activity_clock(device, CS_ACTIVITY_ATTENTION);
    if (device->kind == CS_GPU) {
        const double tiles = rows * ceil(shape->queries / device->query_tile);
        compute *= ceil(tiles / device->units) * device->units / tiles;
    }
    const double bytes = (backward ? 4.0 : 2.0) * rows * dims * (shape->queries + shape->keys);
    return cs_roofline(device, compute, bytes, flops);
}
