/* SPDX-License-Identifier: BSD-3-Clause */
/* The candidates of one search: the values of every knob that the settings, the problem and the given knobs leave. */
#ifndef CS_SEARCH_SPACE_H
#define CS_SEARCH_SPACE_H

#include "cs_sweep/search.h"

/* No number up to 2^40 has more divisors. A larger given batch is refused by the gate "batch". */
enum { CS_DIVISORS_MAX = 6720 };
/* Nor any up to 10^6, the most experts of a model, more than these. */
enum { CS_DEGREES_MAX = 240 };
#define CS_GIVEN_BATCH_MAX ((int64_t)1 << 40)
#define CS_MICRO_BATCH_MAX ((int64_t)1 << 30)

struct cs_choices {
    const struct cs_problem *problem;
    const struct cs_space *space;
    int64_t low, high; /* devices; low > high: no count is left to try */
    int64_t server;    /* above so many devices their count is a multiple of it; 1: any count is tried */
    int64_t cap;       /* sequences: the largest batch, or the given one */
    bool given_batch;  /* the batch is cap exactly */
    int64_t tensor_low, tensor_high;
    int32_t pipeline_low, pipeline_high;
    int64_t micro_batch_high;
    int32_t expert_count, experts[CS_DEGREES_MAX];
    int32_t context_count, contexts[CS_DEGREES_MAX];
    uint32_t recomputes, offloads, schedules;     /* bits */
    int32_t layer_count, layers[CS_LIST_MAX + 1]; /* recomputed layers of a stage; 0: all of them */
    uint32_t zero_stages[2];                      /* bits, without and with a pipeline */
    int32_t divisor_count;                        /* given batch: its divisors, ascending */
    int64_t divisors[CS_DIVISORS_MAX];
};

/* Tensor, context and expert degrees that go together. */
struct cs_mesh {
    struct cs_plan plan; /* these degrees, sequence parallelism and the group of ZeRO; all else is 0 */
    int64_t devices;     /* tensor * context */
    int64_t grid_step;   /* e etp divides t c d exactly where d is a multiple of this: whole expert grids */
};

/* Chunks per device that are candidates at a pipeline degree. */
struct cs_interleaves {
    bool one;
    int32_t low, high; /* above one; low > high: none */
};

void cs_choices_resolve(const struct cs_problem *problem, const struct cs_space *space, struct cs_choices *choices);

/* The next larger tensor degree that passes divisibility, and communication if asked; after 0 the first, 0 at the
 * end. */
int32_t cs_tensor_next(const struct cs_choices *choices, int32_t tensor, bool communication);
/* The index-th mesh of a tensor degree; false after the last. */
bool cs_mesh_at(const struct cs_choices *choices, int32_t tensor, int32_t index, struct cs_mesh *mesh);
/* The data degrees of a mesh at a pipeline degree are the multiples of this: of whole expert grids and, if asked, of
 * whole servers. */
int64_t cs_data_step(const struct cs_choices *choices, const struct cs_mesh *mesh, int32_t pipeline, bool servers);
/* How many of a stage's first layers are recomputed, 0 for all of them: *count numbers to try with a recomputation. */
const int32_t *cs_layers_tried(const struct cs_choices *choices, int32_t recompute, int32_t *count);
/* One of these numbers is a candidate at a pipeline degree. Of the settings' list only numbers below the layers of the
 * fullest stage are: others would recompute all of them. */
static inline bool cs_layers_allowed(const struct cs_choices *choices, int32_t layers, int32_t pipeline)
{
    return layers == 0 || choices->space->given.recompute_layers >= 0 ||
           layers < (choices->problem->architecture.layers + pipeline - 1) / pipeline;
}
/* All recomputations, each after those that it only adds time to: cs_recompute_below has their bits (step.h). */
extern const int32_t cs_recompute_order[CS_RECOMPUTE_COUNT];
extern const uint32_t cs_recompute_below[CS_RECOMPUTE_COUNT];
/* Some candidate recomputes only a part of its layers. */
bool cs_partly_recomputed(const struct cs_choices *choices);
bool cs_pipeline_allowed(const struct cs_choices *choices, int32_t pipeline);
void cs_interleaves_of(const struct cs_choices *choices, int32_t pipeline, struct cs_interleaves *interleaves);
/* An interleave of that range is a candidate: strict divisibility and layers dealt alike thin it out. */
bool cs_interleave_allowed(const struct cs_choices *choices, int32_t pipeline, int32_t interleave);
/* The next larger micro-batch, after 0 the first; 0 at the end. */
int64_t cs_micro_batch_next(const struct cs_choices *choices, int64_t micro_batch);
/* Micro-batches per replica and step that the batch gate leaves; 0: none. */
int64_t cs_micro_batches(const struct cs_choices *choices, enum cs_schedule schedule, int32_t pipeline,
                         int32_t interleave, int64_t data, int64_t micro_batch);

/* Candidates that pass divisibility, communication and batch at the device counts low to high. */
double cs_count_candidates(const struct cs_choices *choices, int64_t low, int64_t high);
/* The furthest of these three gates that a candidate reaches, CS_STATUS_MEMORY if one passes them all. */
enum cs_status cs_gate_before_memory(const struct cs_choices *choices);

/* Product of non-negative numbers, INT64_MAX where it would be larger. */
int64_t cs_multiply(int64_t a, int64_t b);
static inline int64_t cs_smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}
static inline int64_t cs_larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

#endif
