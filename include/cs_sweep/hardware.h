/* SPDX-License-Identifier: BSD-3-Clause */
/* A device, its projection to a year, number formats and QAT levels. The library is data (configs/devices.json). */
#ifndef CS_SWEEP_HARDWARE_H
#define CS_SWEEP_HARDWARE_H

#include <stdbool.h>
#include <stdint.h>

#include "cs_sweep/settings.h"

enum cs_device_kind { CS_GPU, CS_TPU };

/* One row: FIELD(member, "json key", factor to SI, low, high (in the key's unit), default (NAN: required), meaning).
 * JSON keys carry the unit; members are SI. Integers are doubles with whole values. The defaults of score_*, logit_*
 * and softmax_share are assumptions, not measured; what is known of a device's own fields is under its `sources`. */
#define CS_DEVICE_FIELDS(FIELD)                                                                                        \
    FIELD(peak_flops, "peak_tflops", 1e12, 1e-6, 1e9, NAN, "dense 16-bit peak, TFLOP/s")                               \
    FIELD(int8_multiplier, "int8_multiplier", 1, 0.01, 64, 1, "int8 peak over the 16-bit peak")                        \
    FIELD(fp8_multiplier, "fp8_multiplier", 1, 0.01, 64, 1, "FP8 peak over the 16-bit peak")                           \
    FIELD(hbm_capacity, "hbm_gib", 1073741824.0, 1e-9, 1e9, NAN, "memory a program can use, GiB")                      \
    FIELD(hbm_nominal_gb, "hbm_gb", 1, 0, 1e9, NAN, "memory as sold, GB: what embodied carbon counts")                 \
    FIELD(hbm_bandwidth, "hbm_gb_s", 1e9, 1e-6, 1e9, NAN, "memory bandwidth, GB/s")                                    \
    FIELD(hbm_efficiency, "hbm_efficiency", 1, 0.01, 1, 0.85, "share of the memory bandwidth that streams reach")      \
    FIELD(sram_bytes, "sram_mib", 1048576.0, 0, 1e9, 0, "on-chip memory, MiB, recorded")                               \
    FIELD(units, "units", 1, 1, 1e6, NAN, "streaming multiprocessors, compute units, or MXUs")                         \
    FIELD(clock, "clock_ghz", 1e9, 1e-3, 1e3, NAN, "clock that the peak refers to, GHz")                               \
    FIELD(array_rows, "array_rows", 1, 1, 65536, 128, "rows of a systolic array")                                      \
    FIELD(array_columns, "array_columns", 1, 1, 65536, 128, "columns of a systolic array")                             \
    FIELD(sustained, "sustained", 1, 0.01, 1, NAN, "share of the peak that large GEMMs sustain (power, clock)")        \
    FIELD(sustained_8bit, "sustained_8bit", 1, 0, 1, 0, "the same share at 8-bit formats; 0 takes sustained")          \
    FIELD(speed_spread, "speed_spread", 1, 0, 0.2, 0,                                                                  \
          "standard deviation of the time that devices of one kind take for the same work, as a share of it")          \
    FIELD(k_ramp, "k_ramp", 1, 0, 1e6, 0, "K0 of (1 + K0/K): prologue and epilogue of a GEMM, elements")               \
    FIELD(wave_loss, "wave_loss", 1, 0, 1, 1,                                                                          \
          "share of the last, unfilled wave of tiles that is lost; less with tiles in flight beside")                  \
    FIELD(split_depth, "split_depth", 1, 1, 1e6, 1024,                                                                 \
          "least K that each unit keeps where a GEMM's K is split over idle units")                                    \
    FIELD(group_rows, "group_rows", 1, 1, 65536, 128, "rows that a grouped GEMM pads each group to")                   \
    FIELD(query_tile, "query_tile", 1, 1, 65536, 128, "rows of queries that a unit works on in fused attention")       \
    FIELD(grouped_ramp, "grouped_ramp", 1, 0, 1e6, 0, "M0 of (1 + M0/M): grouped GEMM with M rows per expert")         \
    FIELD(launch, "launch_us", 1e-6, 0, 1e4, 0, "time between dependent kernels, us")                                  \
    FIELD(dispatch, "dispatch_us", 1e-6, 0, 1e4, 0, "host time to enqueue one kernel: bounds small layers, us")        \
    FIELD(step_overhead, "step_overhead_ms", 1e-3, 0, 1e6, 0,                                                          \
          "fixed host work of a step: clipping, scaling, data, ms")                                                    \
    FIELD(score_forward, "score_forward_bytes", 1, 0, 1e3, 9,                                                          \
          "unfused attention: HBM bytes per score, forward, besides the products")                                     \
    FIELD(score_backward, "score_backward_bytes", 1, 0, 1e3, 11, "the same, backward")                                 \
    FIELD(logit_forward, "logit_forward_bytes", 1, 0, 1e3, 18,                                                         \
          "HBM bytes per logit of the loss, forward, besides the product")                                             \
    FIELD(logit_backward, "logit_backward_bytes", 1, 0, 1e3, 12, "the same, backward")                                 \
    FIELD(softmax_share, "softmax_share", 1, 0, 1, 0.25,                                                               \
          "share of fused attention at head_dim 128 that is per score, not per FLOP")                                  \
    FIELD(fused1_forward, "fused1_forward", 1, 0, 1, 0,                                                                \
          "first fused attention, forward: share of peak on causal FLOPs; 0: none")                                    \
    FIELD(fused1_backward, "fused1_backward", 1, 0, 1, 0, "the same, backward")                                        \
    FIELD(fused2_forward, "fused2_forward", 1, 0, 1, 0, "second generation, forward")                                  \
    FIELD(fused2_backward, "fused2_backward", 1, 0, 1, 0, "second generation, backward")                               \
    FIELD(fused3_forward, "fused3_forward", 1, 0, 1, 0, "third generation and vendor libraries, forward")              \
    FIELD(fused3_backward, "fused3_backward", 1, 0, 1, 0, "third generation, backward")                                \
    FIELD(link_bandwidth, "link_gb_s", 1e9, 1e-6, 1e9, NAN,                                                            \
          "scale-up, GB/s: GPUs both directions of all links (halved inside); TPUs one link, one direction")           \
    FIELD(link_efficiency, "link_efficiency", 1, 0.01, 1, 0.8, "share that collectives reach")                         \
    FIELD(link_latency, "link_latency_us", 1e-6, 0, 1e4, 5, "per hop, us")                                             \
    FIELD(link_floor, "link_floor_us", 1e-6, 0, 1e6, 0, "least time of a collective in a full domain, us")             \
    FIELD(in_switch_bandwidth, "in_switch_gb_s", 1e9, 0, 1e9, 0,                                                       \
          "all-reduce bus bandwidth with in-switch reduction; 0: none")                                                \
    FIELD(torus_axes, "torus_axes", 1, 0, 3, 0, "0: switched; 2 or 3: torus")                                          \
    FIELD(domain, "domain", 1, 1, 1e7, NAN, "devices joined by the scale-up network; torus: chips of a pod")           \
    FIELD(slice_max, "slice_max", 1, 0, 1e7, 0, "torus: largest slice used; 0: the domain")                            \
    FIELD(scale_out_bandwidth, "scale_out_gb_s", 1e9, 1e-6, 1e9, NAN, "per device and direction, GB/s")                \
    FIELD(scale_out_efficiency, "scale_out_efficiency", 1, 0.01, 1, 0.9, "share that collectives reach")               \
    FIELD(scale_out_latency, "scale_out_latency_us", 1e-6, 0, 1e6, 10, "per hop, us")                                  \
    FIELD(routing, "routing_us", 1e-6, 0, 1e5, 0,                                                                      \
          "top-k, sorts, indices and the wait for token counts of one mixture layer, each way, us")                    \
    FIELD(tensor_overlap, "tensor_overlap", 1, 0, 1, 0,                                                                \
          "share of tensor-parallel collectives that fused stacks hide in GEMMs")                                      \
    FIELD(boundary, "boundary_us", 1e-6, 0, 1e5, 0,                                                                    \
          "host synchronisation of one transfer between pipeline stages, us")                                          \
    FIELD(link_compute_tax, "link_compute_tax", 1, 0, 1, 0.15,                                                         \
          "share of compute that an overlapped scale-up collective takes")                                             \
    FIELD(scale_out_compute_tax, "scale_out_compute_tax", 1, 0, 1, 0.02, "the same, scale-out")                        \
    FIELD(tdp, "tdp_w", 1, 1e-3, 1e6, NAN, "thermal design power, W")                                                  \
    FIELD(die_area, "die_mm2", 1e-6, 0, 1e6, NAN, "compute dies, mm2")                                                 \
    FIELD(node_nm, "node_nm", 1, 0.1, 1000, NAN, "process node, nm")                                                   \
    FIELD(devices_per_server, "devices_per_server", 1, 1, 1e6, 8, "devices that share a server")                       \
    FIELD(server_power, "server_power_w", 1, 0, 1e7, NAN, "server maximum less its accelerators, W per server")        \
    FIELD(lifetime_years, "lifetime_years", 1, 0, 1e3, 0, "service life; 0 takes carbon.lifetime_years")

enum { CS_TILES_MAX = 8 };
struct cs_tile {
    double m, n;
    double efficiency; /* of the tile's inner loop, of the sustained peak */
};

struct cs_device {
    char name[64];
    char family[64]; /* devices that share calibrated constants, and a validation error */
    enum cs_device_kind kind;
#define CS_DEVICE_MEMBER(member, key, factor, low, high, value, meaning) double member;
    CS_DEVICE_FIELDS(CS_DEVICE_MEMBER)
#undef CS_DEVICE_MEMBER
    int32_t tile_count;
    struct cs_tile tiles[CS_TILES_MAX]; /* GPU GEMM tiles */
};

/* Number format of the layers' GEMMs. */
enum cs_format { CS_FORMAT_BF16, CS_FORMAT_INT8, CS_FORMAT_FP8 };
#define CS_FORMAT_NAMES "bf16|int8|fp8"

/* A QAT level, or the precision of a case. Bytes, fractions allowed (int4: 0.5). */
struct cs_precision {
    char name[64];
    enum cs_format format;
    double weight_bytes;                 /* stored and gathered weight */
    double activation_bytes;             /* GEMM inputs of the layers */
    double communication_bytes;          /* element of activation collectives */
    double dispatch_bytes;               /* element of the expert dispatch (DeepSeek: 1 with FP8) */
    double gradient_communication_bytes; /* 0: training.gradient_bytes */
};
void cs_precision_bf16(struct cs_precision *precision);

/* Peak of the device at a format, FLOP/s. */
double cs_device_peak(const struct cs_device *device, enum cs_format format);

/* Time of the slowest of so many devices over their mean: 1 + speed_spread * the expected largest of N standard normal
 * draws, sqrt(2 ln N) - (ln ln N + ln 4 pi) / (2 sqrt(2 ln N)) (Cramer 1946, 28.6; 13% low at N = 8, 4% at 512).
 * Devices of one kind differ by manufacture under a power limit (Sinha 2022, arXiv 2208.11035); synchronous training
 * waits for the slowest. Never falls with N; 1 for one device. */
double cs_device_slowest(const struct cs_device *device, double devices);

/* The device `years` later (CarbonScaling Table 2): factor^years on what the table names, the rest unchanged. years >=
 * 0. */
void cs_device_project(const struct cs_device *device, const struct cs_projection *projection, double years,
                       struct cs_device *out);

#endif
