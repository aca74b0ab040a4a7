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

/* Data degrees [low, high], multiples of step, at one pipeline that put the device count into [devices_low,
 * devices_high]. */
static bool data_range(const struct cs_choices *choices, const struct cs_mesh *mesh, int32_t pipeline, int64_t step,
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
    return multiples(*low, *high, step) > 0.0;
}

static double given_batch(const struct cs_choices *choices, int64_t step, int32_t pipeline, const struct kinds *kinds,
                          int64_t low, int64_t high)
{
    double count = 0.0;
    for (int32_t i = 0; i < choices->divisor_count; i++) {
        const int64_t data = choices->divisors[i];
        if (data < low || data > high || data % step != 0) {
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

/* Over all micro-batches b, the multiples of step from low to high that d b unit <= cap leaves. Micro-batches double
 * where none is given, and cap / (b unit), rounded down, is then half of the one before, rounded down. */
static double over_micro_batches(const struct cs_choices *choices, int64_t step, int64_t unit, int64_t low,
                                 int64_t high)
{
    const int64_t given = choices->space->given.micro_batch;
    int64_t b = given > 0 ? given : 1;
    int64_t most = choices->cap / cs_multiply(b, unit);
    const int64_t largest = given > 0 ? given : cs_smaller(choices->micro_batch_high, choices->cap);
    const int64_t before = (low - 1) / step;
    double count = 0.0;
    for (; b <= largest && most >= low; b *= 2, most /= 2) {
        const int64_t up_to = cs_smaller(most, high) / step;
        count += up_to > before ? (double)(up_to - before) : 0.0;
    }
    return count;
}

static double free_batch(const struct cs_choices *choices, int64_t step, int32_t pipeline, const struct kinds *kinds,
                         int64_t low, int64_t high)
{
    double count = kinds->single * over_micro_batches(choices, step, 1, low, high);
    if (kinds->rounds > 0.0) {
        count += kinds->rounds * over_micro_batches(choices, step, pipeline, low, high);
    }
    if (kinds->dual > 0.0) {
        count += kinds->dual * over_micro_batches(choices, step, 2 * (int64_t)pipeline, low, high);
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

/* Meshes of one tensor degree with the same devices and whole grids: as many candidates each. */
struct alike {
    struct cs_mesh mesh;
    double count;
};
enum { ALIKE_MAX = 64 };

/* With device counts on one side of a server: those of some meshes. */
static double count_alike(const struct cs_choices *choices, const struct alike *alike, int32_t count, int64_t low,
                          int64_t high, bool servers)
{
    double total = 0.0;
    for (int32_t p = choices->pipeline_low; p <= choices->pipeline_high && count > 0; p++) {
        if (cs_multiply(alike->mesh.plan.tensor, p) > high) {
            break;
        }
        if (!cs_pipeline_allowed(choices, p)) {
            continue;
        }
        const struct kinds kinds = kinds_of(choices, p);
        const double each = recomputations(choices, p) * bits(choices->zero_stages[p > 1]);
        for (int32_t i = 0; i < count; i++) {
            int64_t data_low = 0;
            int64_t data_high = 0;
            const int64_t step = cs_data_step(choices, &alike[i].mesh, p, servers);
            if (data_range(choices, &alike[i].mesh, p, step, low, high, &data_low, &data_high)) {
                total += alike[i].count * each *
                         (choices->given_batch ? given_batch(choices, step, p, &kinds, data_low, data_high)
                                               : free_batch(choices, step, p, &kinds, data_low, data_high));
            }
        }
    }
    return total;
}

static double count_side(const struct cs_choices *choices, int64_t low, int64_t high, bool servers)
{
    double total = 0.0;
    for (int32_t t = cs_tensor_next(choices, 0, true); t != 0 && low <= high; t = cs_tensor_next(choices, t, true)) {
        struct alike alike[ALIKE_MAX];
        int32_t count = 0;
        struct cs_mesh mesh;
        for (int32_t i = 0; cs_mesh_at(choices, t, i, &mesh); i++) {
            int32_t k = 0;
            while (k < count && (alike[k].mesh.devices != mesh.devices || alike[k].mesh.grid_step != mesh.grid_step)) {
                k++;
            }
            if (k == ALIKE_MAX) {
                total += count_alike(choices, alike, count, low, high, servers);
                k = count = 0;
            }
            alike[k] = k < count ? alike[k] : (struct alike){mesh, 0.0};
            alike[k].count += 1.0;
            count = k < count ? count : k + 1;
        }
        total += count_alike(choices, alike, count, low, high, servers);
    }
    return total;
}

double cs_count_candidates(const struct cs_choices *choices, int64_t low, int64_t high)
{
    const int64_t one = choices->server > 1 ? choices->server : INT64_MAX;
    return count_side(choices, low, cs_smaller(high, one), false) +
           (high > one ? count_side(choices, cs_larger(low, one + 1), high, true) : 0.0);
}

/* Some pipeline degree and some data degree make a device count of the search's range; `whole`: of whole expert grids
 * and servers. */
static bool fits_range(const struct cs_choices *choices, const struct cs_mesh *mesh, bool whole)
{
    const int64_t one = choices->server > 1 && whole ? choices->server : INT64_MAX;
    for (int32_t p = choices->pipeline_low; p <= choices->pipeline_high; p++) {
        int64_t low = 0, high = 0;
        if (!cs_pipeline_allowed(choices, p)) {
            continue;
        }
        if (data_range(choices, mesh, p, whole ? mesh->grid_step : 1, choices->low, cs_smaller(choices->high, one),
                       &low, &high) ||
            (choices->high > one && data_range(choices, mesh, p, cs_data_step(choices, mesh, p, true),
                                               cs_larger(choices->low, one + 1), choices->high, &low, &high))) {
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
            divides = divides || fits_range(choices, &mesh, false);
        }
        if (choices->space->given.data == 0) {
            break; /* the least decides: what another has more of it, the data degree can have */
        }
    }
    for (int32_t t = cs_tensor_next(choices, 0, true); t != 0 && !communicates; t = cs_tensor_next(choices, t, true)) {
        struct cs_mesh mesh;
        for (int32_t i = 0; cs_mesh_at(choices, t, i, &mesh); i++) {
            communicates = communicates || fits_range(choices, &mesh, true);
        }
    }
    return communicates ? CS_STATUS_BATCH : divides ? CS_STATUS_COMMUNICATION : CS_STATUS_DIVISIBILITY;
}
