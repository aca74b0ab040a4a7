/* SPDX-License-Identifier: BSD-3-Clause */
/* Many plans at once for scripts/calibrate.py, which compiles this with src/model into a shared library: records of
 * doubles in, step seconds and bytes out, so that one evaluation of all cases takes some milliseconds. */
#include "cs_sweep/step.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct field {
    const char *key;
    double fallback;
};
static const struct field fields[] = {
#define BRIDGE_FIELD(member, key, type, factor, low, high, value, unit, scopes, meaning) {key, value},
    CS_DEVICE_FIELDS(BRIDGE_FIELD)};

int bridge_fields(void)
{
    return (int)(sizeof fields / sizeof fields[0]);
}
const char *bridge_field(int index, double *fallback)
{
    *fallback = fields[index].fallback;
    return fields[index].key;
}

/* kind (0 GPU, 1 TPU), tile count, CS_TILES_MAX times m, n, efficiency, then the fields in the units of their keys. */
enum { DEVICE_HEAD = 2 + 3 * CS_TILES_MAX };

static void read_device(const double *record, struct cs_device *device)
{
    const double *value = record + DEVICE_HEAD;
    memset(device, 0, sizeof *device);
    device->kind = record[0] > 0.5 ? CS_TPU : CS_GPU;
    device->tile_count = (int32_t)record[1];
    for (int32_t i = 0; i < device->tile_count; i++) {
        device->tiles[i] = (struct cs_tile){record[2 + 3 * i], record[3 + 3 * i], record[4 + 3 * i]};
    }
#define BRIDGE_READ(member, key, type, factor, ...) device->member = *value++ * (factor);
    CS_DEVICE_FIELDS(BRIDGE_READ)
}

/* The record of a case, in this order (scripts/calibrate.py names the same columns). */
#define CASE_COUNTS(X)                                                                                                 \
    X(layers)                                                                                                          \
    X(d_model)                                                                                                         \
    X(heads)                                                                                                           \
    X(kv_heads)                                                                                                        \
    X(head_dim)                                                                                                        \
    X(d_ff)                                                                                                            \
    X(vocab)                                                                                                           \
    X(experts)                                                                                                         \
    X(experts_active)                                                                                                  \
    X(shared_experts)                                                                                                  \
    X(d_expert)                                                                                                        \
    X(dense_layers)                                                                                                    \
    X(window)                                                                                                          \
    X(window_period)                                                                                                   \
    X(full_attention_period)                                                                                           \
    X(mla_q_lora)                                                                                                      \
    X(mla_kv_lora)                                                                                                     \
    X(mla_qk_nope_head_dim)                                                                                            \
    X(mla_qk_rope_head_dim)                                                                                            \
    X(mla_v_head_dim)                                                                                                  \
    X(mtp_layers)                                                                                                      \
    X(learned_positions)
enum { CASE_FLAGS = 14, CASE_COLUMNS = 22 + CASE_FLAGS };

int bridge_case_columns(void)
{
    return CASE_COLUMNS;
}

static void read_case(const double *record, const struct cs_device *device, struct cs_problem *problem)
{
    struct cs_architecture model;
    struct cs_settings settings;
    struct cs_law law;
    struct cs_precision precision;
    memset(&model, 0, sizeof model);
    memset(&law, 0, sizeof law);
    cs_settings_default(&settings);
    cs_precision_bf16(&precision);
#define BRIDGE_COUNT(member) model.member = (int64_t)*record++;
    CASE_COUNTS(BRIDGE_COUNT)
    model.gated_ffn = record[0] > 0.5;
    model.tied_embedding = record[1] > 0.5;
    model.parallel_block = record[2] > 0.5;
    model.attention = (enum cs_attention)(int)record[3];
    settings.training.seq_len = (int64_t)record[4];
    settings.training.attention_kernel = (int32_t)record[5];
    settings.training.stack = (int32_t)record[6];
    settings.training.stack_year = (int64_t)record[12];
    settings.training.layer_split = CS_LAYER_SPLIT_EVEN;
    if (record[13] > 0.5) {
        settings.training.expert_imbalance = 0.0;
    }
    settings.training.goodput = 1.0;
    if (record[7] > 0.5) {
        precision.format = CS_FORMAT_FP8;
        precision.activation_bytes = 1.0;
    }
    precision.dispatch_bytes = record[8];
    precision.gradient_communication_bytes = record[9];
    cs_problem_init(problem, &model, &law, device, &precision, &settings.training);
    if (precision.dispatch_bytes < 2.0) { /* DeepSeek's own stack */
        problem->stack.node_dispatch = problem->stack.fused_permutation = true;
    }
    if (record[10] > 0.0) {
        problem->nic_bandwidth = record[10];
    }
    problem->slice_devices = (int64_t)record[11];
}

enum { PLAN_COLUMNS = 17 };

static void read_plan(const int64_t *record, struct cs_plan *plan)
{
    *plan = (struct cs_plan){
        .devices = record[0],
        .tensor = (int32_t)record[1],
        .pipeline = (int32_t)record[2],
        .data = record[3],
        .context = (int32_t)record[4],
        .expert = (int32_t)record[5],
        .expert_tensor = (int32_t)record[6],
        .micro_batch = (int32_t)record[7],
        .interleave = (int32_t)record[8],
        .zero_stage = (int32_t)record[9],
        .recompute = (enum cs_recompute)record[10],
        .schedule = (enum cs_schedule)record[11],
        .sequence_parallel = record[12] != 0,
        .zero_group = (int32_t)record[13],
        .global_batch = record[14],
        .micro_batches = record[15],
    };
}

/* out: seconds of a step, bytes, limit of bytes; three columns for each of `count` plans. */
int bridge_evaluate(int count, const int *device_of, const int *case_of, const double *devices, int device_columns,
                    const double *cases, const int64_t *plans, double *out)
{
    enum { USUAL, LEAN, STATES }; /* as in src/cases/predict.c */
    struct cs_problem *problem = calloc(STATES, sizeof *problem);
    struct cs_device device;
    int last_device = -1, last_case = -1;
    if (problem == NULL) {
        return 1;
    }
    for (int i = 0; i < count; i++) {
        if (device_of[i] != last_device || case_of[i] != last_case) {
            read_device(devices + (size_t)device_of[i] * (size_t)device_columns, &device);
            read_case(cases + (size_t)case_of[i] * CASE_COLUMNS, &device, problem);
            problem[LEAN] = problem[USUAL];
            (void)cs_problem_make_lean(&problem[LEAN]);
            last_device = device_of[i];
            last_case = case_of[i];
        }
        struct cs_plan plan;
        struct cs_step step;
        const int64_t *const row = plans + (size_t)i * PLAN_COLUMNS;
        read_plan(row, &plan);
        cs_step_evaluate(&problem[row[PLAN_COLUMNS - 1] != 0 ? LEAN : USUAL], &plan, &step);
        out[3 * i] = step.seconds;
        out[3 * i + 1] = step.memory_bytes;
        out[3 * i + 2] = cs_memory_limit(problem);
    }
    free(problem);
    return 0;
}

/* A kernel by itself: 0 product, 1 grouped product, 2 attention forward, 3 backward, 4 stream. Then of a product m, n,
 * k, batch, the bytes of an element of A, B and C, and 1 for 8-bit; of attention batch, heads, queries, keys, context,
 * d_qk, d_v and the generation (enum cs_attention_kernel); of a stream its bytes. */
enum { KERNEL_COLUMNS = 9 };

int bridge_kernel_columns(void)
{
    return KERNEL_COLUMNS;
}

static double kernel_seconds(const struct cs_device *device, const double *row)
{
    const int kind = (int)row[0];
    if (kind == 4) {
        return cs_stream_time(device, row[1]).seconds;
    }
    if (kind >= 2) {
        const struct cs_attention_shape shape = {.batch = row[1],
                                                 .heads = row[2],
                                                 .queries = row[3],
                                                 .keys = row[4],
                                                 .context = row[5],
                                                 .d_qk = row[6],
                                                 .d_v = row[7]};
        return cs_attention_time(device, (enum cs_attention_kernel)(int)row[8], &shape, kind == 3).seconds;
    }
    const struct cs_gemm gemm = {.m = row[1],
                                 .n = row[2],
                                 .k = row[3],
                                 .batch = row[4],
                                 .a_bytes = row[5],
                                 .b_bytes = row[6],
                                 .c_bytes = row[7],
                                 .format = row[8] > 0.5 ? CS_FORMAT_FP8 : CS_FORMAT_BF16,
                                 .grouped = kind == 1};
    return cs_gemm_time(device, &gemm).seconds;
}

/* out: seconds of each of `count` kernels on the device of one record. */
void bridge_kernels(const double *record, int count, const double *rows, double *out)
{
    struct cs_device device;
    read_device(record, &device);
    for (int i = 0; i < count; i++) {
        out[i] = kernel_seconds(&device, rows + (size_t)i * KERNEL_COLUMNS);
    }
}
