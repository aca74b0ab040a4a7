/* SPDX-License-Identifier: BSD-3-Clause */
/* Why a search found nothing. */
#include "engine.h"

static bool fits_with_layers(struct cs_search_workspace *work, const struct cs_sharding *sharding,
                             const struct cs_pipeline *pipeline)
{
    int32_t count;
    const int32_t *const layers = cs_layers_tried(&work->choices, sharding->costs.plan.recompute, &count);
    for (int32_t k = 0; k < count; k++) {
        if (cs_layers_allowed(&work->choices, layers[k], pipeline->pipeline) &&
            cs_fits_memory(work, sharding, pipeline, layers[k])) {
            return true;
        }
    }
    return false;
}

/* Some candidate of one mesh and micro-batch fits in memory; what needs least, by and large, is looked at first. */
static bool sharding_fits(struct cs_search_workspace *work, const struct cs_mesh *mesh, int64_t micro_batch)
{
    const struct cs_choices *const choices = &work->choices;
    for (int i = CS_RECOMPUTE_COUNT - 1; i >= 0; i--) {
        for (int32_t offload = CS_OFFLOAD_ON; offload >= CS_OFFLOAD_OFF; offload--) {
            const int32_t recompute = cs_recompute_order[i];
            if ((choices->recomputes & 1u << recompute) == 0 || (choices->offloads & 1u << offload) == 0) {
                continue;
            }
            work->sharding_count = 0;
            const struct cs_sharding *const sharding = cs_engine_sharding(work, mesh, micro_batch, recompute, offload);
            for (int32_t p = work->pipeline_count - 1; sharding != NULL && p >= 0; p--) {
                if (fits_with_layers(work, sharding, &work->pipelines[p])) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* Some candidate of one network class fits in memory. */
static bool class_fits(struct cs_search_workspace *work)
{
    const struct cs_choices *const choices = &work->choices;
    for (int32_t t = cs_tensor_next(choices, 0, true); t != 0; t = cs_tensor_next(choices, t, true)) {
        struct cs_mesh mesh;
        for (int32_t i = 0; cs_mesh_at(choices, t, i, &mesh); i++) {
            for (int64_t b = cs_micro_batch_next(choices, 0); b != 0; b = cs_micro_batch_next(choices, b)) {
                if (sharding_fits(work, &mesh, b)) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* The network has a say in memory by the split of the layers into stages; the largest counts, where memory is roomiest,
 * come first. */
enum cs_status cs_furthest_gate(struct cs_search_workspace *work)
{
    const struct cs_choices *const choices = &work->choices;
    const enum cs_status before = cs_gate_before_memory(choices);
    if (before != CS_STATUS_MEMORY) {
        return before;
    }
    if (work->memory_limit < 0.0) {
        return CS_STATUS_MEMORY; /* the margin alone is more than a device has */
    }
    for (int64_t high = choices->high; high >= choices->low; high = work->class_low - 1) {
        cs_engine_class(work, high);
        if (class_fits(work)) {
            return CS_STATUS_DEADLINE;
        }
    }
    return work->failed ? CS_STATUS_FAILED : CS_STATUS_MEMORY;
}
