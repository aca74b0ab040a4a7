/* SPDX-License-Identifier: BSD-3-Clause */
/* The number of candidates without a visit to each: the data degrees are counted as the multiples of the data step in a
 * range, so no loop runs over device counts. */
#include "space.h"

static int32_t bits(uint32_t set)
{
    int32_t count = 0;
    for (; set != 0; set &= set - 1) {
        count++;
    }
    return count;
}

/* Multiples of step in [low, high], low >= 1. */
static double multiples(int64_t low, int64_t high, int64_t step)
{
    const int64_t first = (low - 1) / step;
    const int64_t last = high / step;
    return last > first ? (double)(last - first) : 0.0;
}

/* How many pairs of schedule and interleave a pipeline degree has, by what they ask of the micro-batches. */
struct kinds {
    double single; /* v = 1, one micro-batch is enough: 1F1B, ZB1P */
    double rounds; /* v > 1: micro-batches in multiples of p */
    double dual;   /* DualPipe: pairs, at least 2 p */
};

static struct kinds kinds_of(const struct cs_choices *choices, int32_t pipeline)
{
    struct cs_interleaves interleaves;
    cs_interleaves_of(choices, pipeline, &interleaves);
    struct kinds kinds = {0.0, 0.0, 0.0};
    if (interleaves.one) {
        kinds.single = bits(choices->schedules & (1u << CS_SCHEDULE_1F1B | 1u << CS_SCHEDULE_ZB1P));
        kinds.dual = pipeline % 2 == 0 && (choices->schedules & 1u << CS_SCHEDULE_DUALPIPE) != 0 ? 1.0 : 0.0;
    }
    for (int32_t v = interleaves.low; v <= interleaves.high; v++) {
        kinds.rounds += cs_interleave_allowed(choices, pipeline, v) ? 1.0 : 0.0;
    }
    return kinds;
}

/* Data degrees [low, high] at one pipeline that put the device count into [devices_low, devices_high]. */
static bool data_range(const struct cs_choices *choices, const struct cs_mesh *mesh, int32_t pipeline,
                       int64_t devices_low, int64_t devices_high, int64_t *low, int64_t *high)
{
    const int64_t per_replica = cs_multiply(mesh->devices, pipeline);
    *low = devices_low / per_replica + (devices_low % per_replica != 0);
    *high = devices_high / per_replica;
    const int64_t fixed = choices->space->given.data;
    if (fixed > 0) {
        if (fixed < *low || fixed > *high) {
            return false;
        }
        *low = *high = fixed;
    }
    return multiples(*low, *high, mesh->data_step) > 0.0;
}

static double given_batch(const struct cs_choices *choices, const struct cs_mesh *mesh, int32_t pipeline,
                          const struct kinds *kinds, int64_t low, int64_t high)
{
    double count = 0.0;
    for (int32_t i = 0; i < choices->divisor_count; i++) {
        const int64_t data = choices->divisors[i];
        if (data < low || data > high || data % mesh->data_step != 0) {
            continue;
        }
        for (int64_t b = cs_micro_batch_next(choices, 0); b != 0; b = cs_micro_batch_next(choices, b)) {
            if (cs_micro_batches(choices, CS_SCHEDULE_1F1B, pipeline, 1, data, b) > 0) {
                count += kinds->single;
                count += cs_micro_batches(choices, CS_SCHEDULE_1F1B, pipeline, 2, data, b) > 0 ? kinds->rounds : 0.0;
                count += cs_micro_batches(choices, CS_SCHEDULE_DUALPIPE, pipeline, 1, data, b) > 0 ? kinds->dual : 0.0;
            }
        }
    }
    return count;
}

static double free_batch(const struct cs_choices *choices, const struct cs_mesh *mesh, int32_t pipeline,
                         const struct kinds *kinds, int64_t low, int64_t high)
{
    double count = 0.0;
    for (int64_t b = cs_micro_batch_next(choices, 0); b != 0; b = cs_micro_batch_next(choices, b)) {
        const int64_t most = choices->cap / b; /* d * b <= cap: with the divisors below, what cs_micro_batches asks */
        if (most < low) {
            break;
        }
        count += kinds->single * multiples(low, cs_smaller(high, most), mesh->data_step);
        count += kinds->rounds * multiples(low, cs_smaller(high, most / pipeline), mesh->data_step);
        count += kinds->dual * multiples(low, cs_smaller(high, most / (2 * (int64_t)pipeline)), mesh->data_step);
    }
    return count;
}

/* Recomputations at one pipeline degree, each with the numbers of layers that go with it, with and without offload. */
static double recomputations(const struct cs_choices *choices, int32_t pipeline)
{
    double total = 0.0;
    for (int32_t r = 0; r < CS_RECOMPUTE_COUNT; r++) {
        int32_t count;
        const int32_t *const layers = cs_layers_tried(choices, r, &count);
        for (int32_t i = 0; (choices->recomputes & 1u << r) != 0 && i < count; i++) {
            total += cs_layers_allowed(choices, layers[i], pipeline) ? 1.0 : 0.0;
        }
    }
    return total * bits(choices->offloads);
}

double cs_count_candidates(const struct cs_choices *choices, int64_t low, int64_t high)
{
    double total = 0.0;
    for (int32_t p = choices->pipeline_low; p <= choices->pipeline_high && low <= high; p++) {
        if (!cs_pipeline_allowed(choices, p)) {
            continue;
        }
        const struct kinds kinds = kinds_of(choices, p);
        const double each = recomputations(choices, p) * bits(choices->zero_stages[p > 1]);
        for (int32_t t = cs_tensor_next(choices, 0, true); t != 0; t = cs_tensor_next(choices, t, true)) {
            struct cs_mesh mesh;
            for (int32_t i = 0; cs_mesh_at(choices, t, i, &mesh); i++) {
                int64_t data_low = 0;
                int64_t data_high = 0;
                if (data_range(choices, &mesh, p, low, high, &data_low, &data_high)) {
                    total += each * (choices->given_batch ? given_batch(choices, &mesh, p, &kinds, data_low, data_high)
                                                          : free_batch(choices, &mesh, p, &kinds, data_low, data_high));
                }
            }
        }
    }
    return total;
}

/* Some pipeline degree and some data degree that is a multiple of `step` make a device count of the search's range. */
static bool fits_range(const struct cs_choices *choices, const struct cs_mesh *mesh, int64_t step)
{
    struct cs_mesh loose = *mesh;
    loose.data_step = step;
    for (int32_t p = choices->pipeline_low; p <= choices->pipeline_high; p++) {
        int64_t low = 0;
        int64_t high = 0;
        if (cs_pipeline_allowed(choices, p) &&
            data_range(choices, &loose, p, choices->low, choices->high, &low, &high)) {
            return true;
        }
    }
    return false;
}

enum cs_status cs_gate_before_memory(const struct cs_choices *choices)
{
    if (choices->low > choices->high) {
        /* Above the largest count that the batch feeds, or above a limit of the user's. */
        return choices->low > cs_devices_maximum(choices->problem, choices->space) ? CS_STATUS_BATCH
                                                                                   : CS_STATUS_DEADLINE;
    }
    if (cs_count_candidates(choices, choices->low, choices->high) > 0.0) {
        return CS_STATUS_MEMORY;
    }
    bool divides = false;
    bool communicates = false;
    for (int32_t t = cs_tensor_next(choices, 0, false); t != 0 && !divides; t = cs_tensor_next(choices, t, false)) {
        struct cs_mesh mesh;
        for (int32_t i = 0; cs_mesh_at(choices, t, i, &mesh); i++) {
            divides = divides || fits_range(choices, &mesh, 1);
        }
        if (choices->space->given.data == 0) {
            break; /* the least decides: what another has more of it, the data degree can have */
        }
    }
    for (int32_t t = cs_tensor_next(choices, 0, true); t != 0 && !communicates; t = cs_tensor_next(choices, t, true)) {
        struct cs_mesh mesh;
        for (int32_t i = 0; cs_mesh_at(choices, t, i, &mesh); i++) {
            communicates = communicates || fits_range(choices, &mesh, mesh.data_step);
        }
    }
    return communicates ? CS_STATUS_BATCH : divides ? CS_STATUS_COMMUNICATION : CS_STATUS_DIVISIBILITY;
}
