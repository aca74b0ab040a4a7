/* SPDX-License-Identifier: BSD-3-Clause */
/* A device, its projection to a year, number formats and QAT levels. The library is data (configs/devices.json). */
#ifndef CS_SWEEP_HARDWARE_H
#define CS_SWEEP_HARDWARE_H

#include <stdbool.h>
#include <stdint.h>

#include "cs_sweep/settings.h"

enum cs_device_kind { CS_GPU, CS_TPU };

/* One row: FIELD(member, "json key", CS_REAL or CS_COUNT (whole numbers), factor to SI, low, high, default (NAN:
 * required), unit, what is computed from it, meaning). JSON keys carry the unit, and low, high and default are in it;
 * members are SI. The defaults of score_*, logit_* and softmax_share are assumptions, not measured; what is known of a
 * device's own fields is under its `sources`. */
#define CS_DEVICE_FIELDS(FIELD)                                                                                        \
    FIELD(peak_flops, "peak_tflops", CS_REAL, 1e12, 1e-6, 1e9, NAN, "TFLOP/s", CS_SCOPE_SEARCH, "dense 16-bit peak")   \
    FIELD(int8_multiplier, "int8_multiplier", CS_REAL, 1, 0.01, 64, 1, "1", CS_SCOPE_SEARCH,                           \
          "int8 peak over the 16-bit peak")                                                                            \
    FIELD(fp8_multiplier, "fp8_multiplier", CS_REAL, 1, 0.01, 64, 1, "1", CS_SCOPE_SEARCH,                             \
          "FP8 peak over the 16-bit peak")                                                                             \
    FIELD(hbm_capacity, "hbm_gib", CS_REAL, 1073741824.0, 1e-9, 1e9, NAN, "GiB", CS_SCOPE_SEARCH,                      \
          "memory a program can use")                                                                                  \
    FIELD(hbm_nominal_gb, "hbm_gb", CS_REAL, 1, 0, 1e9, NAN, "GB", CS_SCOPE_EMBODIED,                                  \
          "memory as sold: what embodied carbon counts")                                                               \
    FIELD(hbm_bandwidth, "hbm_gb_s", CS_REAL, 1e9, 1e-6, 1e9, NAN, "GB/s", CS_SCOPE_SEARCH, "memory bandwidth")        \
    FIELD(hbm_efficiency, "hbm_efficiency", CS_REAL, 1, 0.01, 1, 0.85, "1", CS_SCOPE_SEARCH,                           \
          "share of the memory bandwidth that streams reach")                                                          \
    FIELD(sram_bytes, "sram_mib", CS_REAL, 1048576.0, 0, 1e9, 0, "MiB", CS_SCOPE_NONE, "on-chip memory, recorded")     \
    FIELD(units, "units", CS_COUNT, 1, 1, 1e6, NAN, "1", CS_SCOPE_SEARCH,                                              \
          "streaming multiprocessors, compute units, or MXUs")                                                         \
    FIELD(clock, "clock_ghz", CS_REAL, 1e9, 1e-3, 1e3, NAN, "GHz", CS_SCOPE_SEARCH, "clock that the peak refers to")   \
    FIELD(array_rows, "array_rows", CS_COUNT, 1, 1, 65536, 128, "1", CS_SCOPE_SEARCH, "rows of a systolic array")      \
    FIELD(array_columns, "array_columns", CS_COUNT, 1, 1, 65536, 128, "1", CS_SCOPE_SEARCH,                            \
          "columns of a systolic array")                                                                               \
    FIELD(sustained, "sustained", CS_REAL, 1, 0.01, 1, NAN, "1", CS_SCOPE_SEARCH,                                      \
          "share of the peak that large GEMMs sustain (power, clock)")                                                 \
    FIELD(sustained_8bit, "sustained_8bit", CS_REAL, 1, 0, 1, 0, "1", CS_SCOPE_SEARCH,                                 \
          "the same share at 8-bit formats; 0 takes sustained")                                                        \
    FIELD(step_drag, "step_drag", CS_REAL, 1, 0, 10, 0, "1", CS_SCOPE_SEARCH,                                          \
          "time that products and attention take longer inside a training step than alone, as a share of it")          \
    FIELD(speed_spread, "speed_spread", CS_REAL, 1, 0, 0.2, 0, "1", CS_SCOPE_SEARCH,                                   \
          "standard deviation of the time that devices of one kind take for the same work, as a share of it")          \
    FIELD(slice_spread, "slice_spread", CS_REAL, 1, 0, 0.5, 0, "1", CS_SCOPE_SEARCH,                                   \
          "torus: standard deviation of the time that the slices of a step take, as a share of it")                    \
    FIELD(k_ramp, "k_ramp", CS_REAL, 1, 0, 1e6, 0, "1", CS_SCOPE_SEARCH,                                               \
          "K0 of (1 + K0/K): prologue and epilogue of a GEMM, elements")                                               \
    FIELD(wave_loss, "wave_loss", CS_REAL, 1, 0, 1, 1, "1", CS_SCOPE_SEARCH,                                           \
          "share of the last, unfilled wave of tiles that is lost; less with tiles in flight beside")                  \
    FIELD(split_depth, "split_depth", CS_REAL, 1, 1, 1e6, 1024, "1", CS_SCOPE_SEARCH,                                  \
          "least K that each unit keeps where a GEMM's K is split over idle units")                                    \
    FIELD(group_rows, "group_rows", CS_REAL, 1, 1, 65536, 128, "1", CS_SCOPE_SEARCH,                                   \
          "rows that a grouped GEMM pads each group to")                                                               \
    FIELD(query_tile, "query_tile", CS_REAL, 1, 1, 65536, 128, "1", CS_SCOPE_SEARCH,                                   \
          "rows of queries that a unit works on in fused attention")                                                   \
    FIELD(grouped_ramp, "grouped_ramp", CS_REAL, 1, 0, 1e6, 0, "1", CS_SCOPE_SEARCH,                                   \
          "M0 of (1 + M0/M): grouped GEMM with M rows per expert")                                                     \
    FIELD(launch, "launch_us", CS_REAL, 1e-6, 0, 1e4, 0, "us", CS_SCOPE_SEARCH, "time between dependent kernels")      \
    FIELD(step_overhead, "step_overhead_ms", CS_REAL, 1e-3, 0, 1e6, 0, "ms", CS_SCOPE_SEARCH,                          \
          "fixed host work of a step: clipping, scaling, data")                                                        \
    FIELD(score_forward, "score_forward_bytes", CS_REAL, 1, 0, 1e3, 9, "byte", CS_SCOPE_SEARCH,                        \
          "unfused attention: HBM bytes per score, forward, besides the products")                                     \
    FIELD(score_backward, "score_backward_bytes", CS_REAL, 1, 0, 1e3, 11, "byte", CS_SCOPE_SEARCH,                     \
          "the same, backward")                                                                                        \
    FIELD(logit_forward, "logit_forward_bytes", CS_REAL, 1, 0, 1e3, 18, "byte", CS_SCOPE_SEARCH,                       \
          "HBM bytes per logit of the loss, forward, besides the product")                                             \
    FIELD(logit_backward, "logit_backward_bytes", CS_REAL, 1, 0, 1e3, 12, "byte", CS_SCOPE_SEARCH,                     \
          "the same, backward")                                                                                        \
    FIELD(softmax_share, "softmax_share", CS_REAL, 1, 0, 1, 0.25, "1", CS_SCOPE_SEARCH,                                \
          "share of fused attention at head_dim 128 that is per score, not per FLOP")                                  \
    FIELD(attention_ramp, "attention_ramp", CS_REAL, 1, 0, 1e6, 0, "1", CS_SCOPE_SEARCH,                               \
          "S0 of (1 + S0/S): prologue and epilogue of fused attention over S keys")                                    \
    FIELD(fused1_forward, "fused1_forward", CS_REAL, 1, 0, 1, 0, "1", CS_SCOPE_SEARCH,                                 \
          "first fused attention, forward: share of peak on causal FLOPs; 0: none")                                    \
    FIELD(fused1_backward, "fused1_backward", CS_REAL, 1, 0, 1, 0, "1", CS_SCOPE_SEARCH, "the same, backward")         \
    FIELD(fused2_forward, "fused2_forward", CS_REAL, 1, 0, 1, 0, "1", CS_SCOPE_SEARCH, "second generation, forward")   \
    FIELD(fused2_backward, "fused2_backward", CS_REAL, 1, 0, 1, 0, "1", CS_SCOPE_SEARCH,                               \
          "second generation, backward")                                                                               \
    FIELD(fused3_forward, "fused3_forward", CS_REAL, 1, 0, 1, 0, "1", CS_SCOPE_SEARCH,                                 \
          "third generation and vendor libraries, forward")                                                            \
    FIELD(fused3_backward, "fused3_backward", CS_REAL, 1, 0, 1, 0, "1", CS_SCOPE_SEARCH, "third generation, backward") \
    FIELD(link_bandwidth, "link_gb_s", CS_REAL, 1e9, 1e-6, 1e9, NAN, "GB/s", CS_SCOPE_SEARCH,                          \
          "scale-up: GPUs both directions of all links (halved inside); TPUs one link, one direction")                 \
    FIELD(link_efficiency, "link_efficiency", CS_REAL, 1, 0.01, 1, 0.8, "1", CS_SCOPE_SEARCH,                          \
          "share that collectives reach")                                                                              \
    FIELD(link_latency, "link_latency_us", CS_REAL, 1e-6, 0, 1e4, 3.4, "us", CS_SCOPE_SEARCH,                          \
          "per hop; NCCL's table (ring, Simple)")                                                                      \
    FIELD(collective_base, "collective_base_us", CS_REAL, 1e-6, 0, 1e4, 8.4, "us", CS_SCOPE_SEARCH,                    \
          "time of a collective besides its hops; NCCL's table (ring, Simple)")                                        \
    FIELD(ring_plateau, "ring_plateau", CS_REAL, 1, 1, 10, 1.4, "1", CS_SCOPE_SEARCH,                                  \
          "factor on the latencies of a ring across domains; NCCL's, 1.9 before A100")                                 \
    FIELD(link_floor, "link_floor_us", CS_REAL, 1e-6, 0, 1e6, 0, "us", CS_SCOPE_SEARCH,                                \
          "least time of a collective in a full domain")                                                               \
    FIELD(in_switch_bandwidth, "in_switch_gb_s", CS_REAL, 1e9, 0, 1e9, 0, "GB/s", CS_SCOPE_SEARCH,                     \
          "all-reduce bus bandwidth with in-switch reduction; 0: none")                                                \
    FIELD(torus_axes, "torus_axes", CS_COUNT, 1, 0, 3, 0, "1", CS_SCOPE_SEARCH, "0: switched; 2 or 3: torus")          \
    FIELD(domain, "domain", CS_COUNT, 1, 1, 1e7, NAN, "1", CS_SCOPE_SEARCH,                                            \
          "devices joined by the scale-up network; torus: chips of a pod")                                             \
    FIELD(slice_max, "slice_max", CS_COUNT, 1, 0, 1e7, 0, "1", CS_SCOPE_SEARCH,                                        \
          "torus: largest slice used; 0: the domain")                                                                  \
    FIELD(scale_out_bandwidth, "scale_out_gb_s", CS_REAL, 1e9, 1e-6, 1e9, NAN, "GB/s", CS_SCOPE_SEARCH,                \
          "per device and direction")                                                                                  \
    FIELD(scale_out_efficiency, "scale_out_efficiency", CS_REAL, 1, 0.01, 1, 0.9, "1", CS_SCOPE_SEARCH,                \
          "share that collectives reach")                                                                              \
    FIELD(scale_out_latency, "scale_out_latency_us", CS_REAL, 1e-6, 0, 1e6, 14, "us", CS_SCOPE_SEARCH,                 \
          "per hop; NCCL's table (ring, Simple)")                                                                      \
    FIELD(host_link, "host_link_gb_s", CS_REAL, 1e9, 0, 1e9, 0, "GB/s", CS_SCOPE_SEARCH,                               \
          "link to the host's memory, per device and direction; 0: none, activations are not offloaded")               \
    FIELD(host_link_efficiency, "host_link_efficiency", CS_REAL, 1, 0.01, 1, 0.8, "1", CS_SCOPE_SEARCH,                \
          "share of it that copies of pinned memory reach (25 of 31.5 GB/s: A100 with PCIe 4.0)")                      \
    FIELD(host_memory, "host_memory_gb", CS_REAL, 1e9, 0, 1e9, 0, "GB", CS_SCOPE_SEARCH,                               \
          "host memory per device; 0: not published, no limit to what is offloaded")                                   \
    FIELD(routing, "routing_us", CS_REAL, 1e-6, 0, 1e5, 0, "us", CS_SCOPE_SEARCH,                                      \
          "top-k, sorts, indices and the wait for token counts of one mixture layer, each way")                        \
    FIELD(tensor_overlap, "tensor_overlap", CS_REAL, 1, 0, 1, 0, "1", CS_SCOPE_SEARCH,                                 \
          "share of tensor-parallel collectives that fused stacks hide in GEMMs")                                      \
    FIELD(link_compute_tax, "link_compute_tax", CS_REAL, 1, 0, 1, 0.15, "1", CS_SCOPE_SEARCH,                          \
          "share of compute that an overlapped scale-up collective takes")                                             \
    FIELD(scale_out_compute_tax, "scale_out_compute_tax", CS_REAL, 1, 0, 1, 0.02, "1", CS_SCOPE_SEARCH,                \
          "the same, scale-out")                                                                                       \
    FIELD(tdp, "tdp_w", CS_REAL, 1, 1e-3, 1e6, NAN, "W", CS_SCOPE_SEARCH | CS_SCOPE_POWER | CS_SCOPE_EMBODIED,         \
          "thermal design power, the limit that holds the clock")                                                      \
    FIELD(static_power, "static_w", CS_REAL, 1, 0, 1e6, 0, "W", CS_SCOPE_SEARCH,                                       \
          "power at work apart from the clocked units: memory, leakage; P = static + dynamic * (f / full)^exponent")   \
    FIELD(product_power, "product_w", CS_REAL, 1, 0, 1e6, 0, "W", CS_SCOPE_SEARCH,                                     \
          "dynamic power of 16-bit products at full clock; 0: the limit never lowers the clock")                       \
    FIELD(product_8bit_power, "product_8bit_w", CS_REAL, 1, 0, 1e6, 0, "W", CS_SCOPE_SEARCH,                           \
          "the same of 8-bit products; 0 takes product_w")                                                             \
    FIELD(attention_power, "attention_w", CS_REAL, 1, 0, 1e6, 0, "W", CS_SCOPE_SEARCH,                                 \
          "the same of fused attention; 0 takes product_w")                                                            \
    FIELD(clock_exponent, "clock_exponent", CS_REAL, 1, 1, 4, 2.8, "1", CS_SCOPE_SEARCH,                               \
          "of dynamic power in the clock")                                                                             \
    FIELD(static_fraction, "static_fraction", CS_REAL, 1, 0, 1, 0.7, "1", CS_SCOPE_POWER,                              \
          "share of TDP that training draws whatever the utilisation")                                                 \
    FIELD(dynamic_fraction, "dynamic_fraction", CS_REAL, 1, 0, 1, 0.3, "1", CS_SCOPE_POWER,                            \
          "share of TDP that full utilisation adds, up to TDP in all")                                                 \
    FIELD(idle_fraction, "idle_fraction", CS_REAL, 1, 0, 1, 0.14, "1", CS_SCOPE_POWER,                                 \
          "share of TDP in wall time that does not train")                                                             \
    FIELD(dies, "dies", CS_COUNT, 1, 1, 1024, 1, "1", CS_SCOPE_EMBODIED, "compute dies")                               \
    FIELD(die_area, "die_mm2", CS_REAL, 1e-6, 0, 1e6, NAN, "mm2", CS_SCOPE_EMBODIED, "area of one compute die")        \
    FIELD(node_nm, "node_nm", CS_REAL, 1, 0.1, 1000, NAN, "nm", CS_SCOPE_EMBODIED, "process node")                     \
    FIELD(switch_dies, "switch_dies", CS_REAL, 1, 0, 1024, 0, "1", CS_SCOPE_EMBODIED,                                  \
          "dies of the board's scale-up switches, per device, of the same node")                                       \
    FIELD(switch_area, "switch_mm2", CS_REAL, 1e-6, 0, 1e6, 0, "mm2", CS_SCOPE_EMBODIED, "area of one of them")        \
    FIELD(embodied, "embodied_kg", CS_REAL, 1, 0, 1e6, 0, "kg", CS_SCOPE_EMBODIED,                                     \
          "declared or published footprint of making one device, cradle to gate; 0: none, the formula's")              \
    FIELD(devices_per_server, "devices_per_server", CS_COUNT, 1, 1, 1e6, 8, "1", CS_SCOPE_SEARCH | CS_SCOPE_POWER,     \
          "devices that share a server")                                                                               \
    FIELD(server_power, "server_power_w", CS_REAL, 1, 0, 1e7, NAN, "W", CS_SCOPE_POWER,                                \
          "server maximum less its accelerators, of one server")                                                       \
    FIELD(lifetime_years, "lifetime_years", CS_REAL, 1, 0, 1e3, 0, "year", CS_SCOPE_EMBODIED | CS_SCOPE_COST,          \
          "service life; 0 takes carbon.lifetime_years")                                                               \
    FIELD(hour_usd, "hour_usd", CS_REAL, 1, 0, 1e6, 0, "USD", CS_SCOPE_COST,                                           \
          "price of an hour of it, all included; 0: not known")                                                        \
    FIELD(price_usd, "price_usd", CS_REAL, 1, 0, 1e9, 0, "USD", CS_SCOPE_COST,                                         \
          "price of one with its share of server and network; 0: not known")

enum { CS_TILES_MAX = 8 };
struct cs_tile {
    double m, n;
    double efficiency; /* of the tile's inner loop, of the sustained peak */
};

struct cs_device {
    char name[64];
    char family[64]; /* devices that share calibrated constants, and a validation error */
    enum cs_device_kind kind;
#define CS_DEVICE_MEMBER(member, ...) double member;
    CS_DEVICE_FIELDS(CS_DEVICE_MEMBER)
#undef CS_DEVICE_MEMBER
    int32_t tile_count;
    struct cs_tile tiles[CS_TILES_MAX]; /* GPU GEMM tiles */
};

/* A field by its index among the rows. */
enum {
#define CS_DEVICE_INDEX(member, ...) CS_FIELD_##member,
    CS_DEVICE_FIELDS(CS_DEVICE_INDEX)
#undef CS_DEVICE_INDEX
        CS_DEVICE_FIELD_COUNT
};

/* One row of the table at run time. low, high and standard are in the unit of the key; standard is NAN where a device
 * must state the field. */
struct cs_device_field {
    const char *key;
    enum cs_setting_type type; /* CS_REAL or CS_COUNT */
    int64_t offset;            /* in struct cs_device */
    double factor, low, high, standard;
    const char *unit, *meaning;
    unsigned scopes; /* enum cs_scope bits: what is computed from it */
};
const struct cs_device_field *cs_device_fields(int32_t *count);
const struct cs_device_field *cs_device_field_find(const char *key); /* NULL where there is none */
/* A field in the unit of its key, such that putting it gives the same device. */
double cs_device_get(const struct cs_device *device, const struct cs_device_field *field);
void cs_device_put(struct cs_device *device, const struct cs_device_field *field, double value);
/* The same to another device than the one that was declared: where this is a part that embodied carbon counts, and
 * changes, the declaration (embodied_kg) is no longer of this device, and goes. */
void cs_device_alter(struct cs_device *device, const struct cs_device_field *field, double value);
static inline bool cs_device_declares(const struct cs_device_field *field)
{
    return field == &cs_device_fields(&(int32_t){0})[CS_FIELD_embodied];
}
/* The product of a field and a factor as a person would write it, to 15 digits, in the unit of the key. */
double cs_device_times(const struct cs_device *device, const struct cs_device_field *field, double factor);

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

/* What a device is busy with, as far as power tells it apart. */
enum cs_activity { CS_ACTIVITY_PRODUCT, CS_ACTIVITY_PRODUCT_8BIT, CS_ACTIVITY_ATTENTION };

/* Clock over the full one that tdp leaves an activity, at most 1: P = static + dynamic * clock^exponent. */
double cs_activity_clock(const struct cs_device *device, enum cs_activity activity);
/* W that it draws at that clock. 0 where the device states no product_w. */
double cs_activity_power(const struct cs_device *device, enum cs_activity activity);

/* Time of the slowest of so many devices over their mean: 1 + speed_spread * the expected largest of N standard normal
 * draws, sqrt(2 ln N) - (ln ln N + ln 4 pi) / (2 sqrt(2 ln N)) (Cramer 1946, 28.6; 13% low at N = 8, 4% at 512).
 * Devices of one kind differ by manufacture under a power limit (Sinha 2022, arXiv 2208.11035); synchronous training
 * waits for the slowest. Never falls with N; 1 for one device. */
double cs_device_slowest(const struct cs_device *device, double devices);

/* Expected largest of n standard normal draws, 0.759 ln(n)^0.808: within 4% of it from 2 to 100 draws, 16% above it at
 * 8,192. 0 of one draw. */
double cs_largest_of(double n);

/* The device `years` later (CarbonScaling Table 2): factor^years on what the table names, the rest unchanged. years >=
 * 0. */
void cs_device_project(const struct cs_device *device, const struct cs_projection *projection, double years,
                       struct cs_device *out);

#endif
