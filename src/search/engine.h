/* SPDX-License-Identifier: BSD-3-Clause */
/* The working state of a search. A sharding is the set of degrees that decides what a layer costs on one device
 * (cs_costs). A node is a sharding with a pipeline degree and a number of recomputed layers.
 *
 * The comments of this folder use these symbols:
 *   t, c, p, d   tensor, context, pipeline and data degree; N = t c p d devices
 *   b, m, v      sequences of a micro-batch, micro-batches per replica and step, chunks per device (interleaving)
 *   B = m d b    sequences of a step; cap: the most that B may be
 *   L, n         layers of the model, and how many of a stage's first layers are recomputed
 *   Q            sequences of the whole training over the goodput (work->sequences)
 *   T, T_max, K  s of the training, its deadline, and K = Q / T_max (work->pace)
 *   A, T1, F     s of one micro-batch through all parts, through the slowest stage, and through all other stages: the
 *                time that fills and drains the pipeline
 * "At least" and "floor" always mean a lower bound that holds for every candidate meant. */
#ifndef CS_SEARCH_ENGINE_H
#define CS_SEARCH_ENGINE_H

#include "goal.h"
#include "space.h"

/* A pipeline degree of the space. */
struct cs_pipeline {
    int32_t pipeline;
    struct cs_interleaves interleaves;
    uint32_t schedules;              /* bits of those that are candidates */
    double stages, inverse;          /* p and 1 / p as doubles */
    double per_rest;                 /* the least per_chunk of this and of all larger degrees */
    double per_chunk, per_one;       /* 1 / (v cap) for the largest v and for v = 1; 0 where no bubble may be counted */
    double turns[CS_SCHEDULE_COUNT]; /* ZB1P, DualPipe: how often their bubble of one stage recurs (step.h) */
    double rounds;                   /* with fewer micro-batches only v = 1 is a candidate; 0: no such limit */
    double layers;                   /* the fullest stage has at least as many: ceil(L / p) */
};

/* Seconds of one micro-batch through the parts of a sharding. */
struct cs_sums {
    double all;                      /* s of all parts, forward and backward: A */
    double layer;                    /* s of the fastest layer */
    double part;                     /* s of the slowest single part */
    double overlap;                  /* largest share of a part's time that DualPipe hides */
    double weight;                   /* largest share of a part's time that is of weight gradients */
    double back;                     /* least share of a part's time that is of the backward pass */
    double shown[CS_SCHEDULE_COUNT]; /* what is left of the slowest stage's time, as a share of it */
    double idle[CS_SCHEDULE_COUNT];  /* ZB1P, DualPipe: the bubble of one stage, as a share of that time, at least */
    double least_shown;              /* the least of `shown` over the schedules of the space */
};

/* Floors of a step by schedule: s of a micro-batch on the slowest stage, and s to fill and drain the pipeline at v =
 * 1. INFINITY: not a candidate. */
struct cs_step_floor {
    double micro[CS_SCHEDULE_COUNT], fill[CS_SCHEDULE_COUNT];
};

/* What floors of memory are made of (room.c), of one layer and one micro-batch: seconds and local
 * parameters. */
struct cs_room {
    bool known;                   /* false: nothing is */
    double layer, embedding, all; /* s; all: of all parts */
    double layer_parameters, expert_parameters, embedding_parameters;
};

/* Bytes of one micro-batch of a layer by recomputation: what it keeps, and what is there besides while it runs. The
 * shardings of one tensor and context degree and micro-batch have them in common. */
struct cs_layer_bytes {
    int32_t tensor, context, micro_batch; /* 0: not known */
    double kept[CS_RECOMPUTE_COUNT], working[CS_RECOMPUTE_COUNT];
};

struct cs_sharding {
    struct cs_costs costs;
    struct cs_room room;
    struct cs_layer_bytes bytes;
    struct cs_mesh mesh;
    double area;          /* Q / b t c: times the seconds of a micro-batch through all parts it bounds N T */
    struct cs_sums whole; /* all layers are recomputed alike */
    struct cs_sums kept;  /* no layer is recomputed; equal to `whole` where a candidate always recomputes all */
    double again;         /* s at least that a recomputed layer takes longer than one that is not */
    /* By recomputation and offload: the shardings that this one stands for, 0: not priced yet, -1: hopeless. */
    int32_t variants[CS_RECOMPUTE_COUNT][2];
};

struct cs_node {
    double first, second;       /* floors of the objective; nodes are explored by the first, then the second */
    int32_t sharding, pipeline; /* indices */
    int32_t layers;             /* recomputed of a stage; 0: all */
    uint32_t variants;          /* bits of those that may fit in memory (cs_room_variants) */
};

/* A range of data degrees, as positions in the list of all of them: see cs_data_at. low > high: none. */
struct cs_reach {
    int64_t low, high;
};

/* Candidates that a search evaluated at all device counts of one remainder modulo CS_TALLIES: an upper bound of those
 * at any single one of these counts. */
struct cs_tally {
    uint64_t search;
    double count;
};
enum { CS_TALLIES = 65536 };

struct cs_search_workspace {
    struct cs_choices choices;
    struct cs_goal goal;
    struct cs_network network;
    struct cs_layer_bytes bytes; /* of the sharding priced last */
    struct cs_common_costs
        common;         /* of the shardings that differ in their expert degrees alone, while they are listed */
    bool failed;        /* no memory */
    double sequences;   /* Q: sequences to train on over the goodput; cap where only a step is timed */
    double pace;        /* K: sequences over the deadline */
    bool seeded;        /* `seed` holds the last search's answer, which is looked at first */
    bool seed_explored; /* its node has been explored in this network class */
    struct cs_plan seed;
    double memory_limit;           /* bytes */
    int64_t class_low, class_high; /* devices of the class: one network, and one side of a server */
    bool servers;                  /* the class holds whole servers only */
    int32_t pipeline_count;
    int64_t pipeline_capacity;
    struct cs_pipeline *pipelines;
    int32_t sharding_count;
    int64_t sharding_capacity;
    struct cs_sharding *shardings;
    int64_t node_count, node_capacity;
    struct cs_node *nodes;
    int64_t list_capacity, answer_capacity;
    struct cs_floor *floors;
    int32_t *found;
    struct cs_answer *answers;
    struct cs_front front;
    double visited;
    uint64_t search; /* number of this search: marks the tallies that belong to it */
    struct cs_tally tallies[CS_TALLIES];
};

/* search.c */
/* Resolves the space and sets the goal up; false: no memory. cs_engine_run then searches every device count. */
bool cs_engine_start(struct cs_search_workspace *work, const struct cs_problem *problem, const struct cs_space *space,
                     enum cs_objective objective, const struct cs_carbon_inputs *carbon, int32_t lists, int32_t wanted,
                     const struct cs_place *places);
void cs_engine_run(struct cs_search_workspace *work);
/* The class of device counts, within the space's, that one count is in. */
void cs_engine_class(struct cs_search_workspace *work, int64_t devices);
/* Prepares the costs of a sharding and keeps them; NULL: no memory. */
struct cs_sharding *cs_engine_sharding(struct cs_search_workspace *work, const struct cs_mesh *mesh,
                                       int64_t micro_batch, int32_t recompute, int32_t offload);
/* The same for another recomputation or offload of a sharding. */
struct cs_sharding *cs_engine_variant(struct cs_search_workspace *work, int32_t index, int32_t recompute,
                                      int32_t offload);
void cs_engine_result(const struct cs_search_workspace *work, const struct cs_answer *answer,
                      struct cs_search_result *result);

/* Room for one more element: arrays grow to the largest search so far and stay. False: no memory. */
bool cs_engine_grow(void **array, int64_t *capacity, int64_t needed, size_t size);

/* nodes.c */
/* What is listed before the nodes are explored: memory's bound, reached only by spaces of hundreds of tensor degrees.
 * Each sharding may stand for seven more. */
enum { CS_SHARDINGS_AT_ONCE = 512, CS_NODES_AT_ONCE = 1 << 15 };
static inline bool cs_node_before(const struct cs_node *a, const struct cs_node *b)
{
    return a->first < b->first || (a->first <= b->first && a->second < b->second);
}
void cs_add_node(struct cs_search_workspace *work, const struct cs_node *node);
/* Explores all from the best bound on; exploring tests a bound again, against what has been found since. */
void cs_explore_nodes(struct cs_search_workspace *work);
/* Explores one, unless it is the seed's, which has been. */
void cs_explore_node(struct cs_search_workspace *work, const struct cs_node *node);
/* What only adds time to another candidate of the space is not listed. Its bounds are no better than the other's, so it
 * is early enough when a node of that one is explored; most never are, and then neither the costs of the variants nor
 * their nodes are needed. Sets the recomputation and offload that stand for the given ones. Among those that offload
 * none adds only time to another, as who recomputes more copies less. */
void cs_stands_for(const struct cs_choices *choices, int32_t *recompute, int32_t *offload);
/* What a node stands for: explored at once, or put among the nodes. */
void cs_follow_variants(struct cs_search_workspace *work, const struct cs_node *node, bool at_once);

/* room.c */
void cs_room_prepare(struct cs_search_workspace *work, struct cs_sharding *sharding);
static inline uint32_t cs_variant_bit(int32_t recompute, int32_t offload)
{
    return 1u << (2 * recompute + offload);
}
/* Of the recomputations r and offloads o that a sharding without either stands for, the bits 2 r + o of those that may
 * fit in memory at a data degree or at smaller ones. */
uint32_t cs_room_variants(const struct cs_search_workspace *work, const struct cs_sharding *sharding,
                          const struct cs_pipeline *pipeline, int64_t data);

/* A sharding with so many recomputed layers of a stage may fit at a data degree or at smaller ones. */
bool cs_room_fits(const struct cs_search_workspace *work, const struct cs_sharding *sharding,
                  const struct cs_pipeline *pipeline, int32_t recompute_layers, int64_t data);
/* No sharding that has its costs in common with this one fits, whatever its expert degrees and pipeline degree are. */
bool cs_room_crowded(const struct cs_search_workspace *work, const struct cs_sharding *sharding);

/* gate.c */
/* The furthest gate that any candidate of the whole range reached, none being feasible. */
enum cs_status cs_furthest_gate(struct cs_search_workspace *work);

/* bounds.c */
/* No pipeline degree of a sharding can hold an answer. */
bool cs_sharding_hopeless(const struct cs_search_workspace *work, const struct cs_sharding *sharding);
void cs_sharding_sums(const struct cs_search_workspace *work, struct cs_sharding *sharding);
/* s at least that recomputing the first layers of every stage adds to the fullest one, which has ceil(L / p). */
static inline double cs_again_seconds(const struct cs_sharding *sharding, const struct cs_pipeline *pipeline,
                                      int32_t recompute_layers)
{
    const double layers = recompute_layers;
    return (layers < pipeline->layers ? layers : pipeline->layers) * sharding->again;
}
/* What cs_node_hopeless reads that is the same for all pipeline degrees of a sharding. */
struct cs_row {
    struct cs_sums sums;
    uint32_t schedules;            /* of the space */
    double pace, least;            /* work->pace; d * b at least for each second that the slowest stage shows */
    double per_replica, most, cap; /* t c; devices * b at most; sequences of a batch at most */
};
static inline struct cs_row cs_row_of(const struct cs_search_workspace *work, const struct cs_sharding *sharding,
                                      int32_t recompute_layers, double devices)
{
    const struct cs_sums *const sums = recompute_layers > 0 ? &sharding->kept : &sharding->whole;
    return (struct cs_row){
        .sums = *sums,
        .schedules = work->choices.schedules,
        .pace = work->pace,
        .least = work->pace * (1.0 - CS_BOUND_SLACK),
        .per_replica = (double)sharding->mesh.devices,
        .cap = (double)work->choices.cap,
        .most = devices * (double)sharding->costs.plan.micro_batch,
    };
}
/* The first of cs_node_bound's tests, inline and without a division as most nodes end here. T1 and F as of
 * cs_stage_floor, less what recomputing adds to kept layers; the least d * b as of least_unit in bounds.c: it may pass
 * neither `devices` b / (t c p) nor the batch. */
static inline bool cs_node_hopeless(const struct cs_row *row, const struct cs_pipeline *pipeline)
{
    const double all = row->sums.all;
    const double layers = pipeline->layers * row->sums.layer;
    double slowest = all * pipeline->inverse;
    slowest = layers > slowest ? layers : slowest;
    slowest = row->sums.part > slowest ? row->sums.part : slowest;
    const double per_replica = row->per_replica * pipeline->stages;
    if ((pipeline->schedules & 1u << CS_SCHEDULE_1F1B) != 0) {
        const double rest = all > slowest ? row->pace * (all - slowest) : 0.0;
        const double least = row->least * slowest;
        double gain = 1.0 + CS_BOUND_SLACK - rest * pipeline->per_chunk;
        if (least * pipeline->rounds > row->cap * gain) {
            gain = 1.0 + CS_BOUND_SLACK - rest * pipeline->per_one; /* too few micro-batches to interleave */
        }
        if (!(least * per_replica > row->most * gain || least > row->cap * gain)) {
            return false;
        }
    }
    for (int s = CS_SCHEDULE_ZB1P; s < CS_SCHEDULE_COUNT; s++) {
        const double least = row->least * row->sums.shown[s] * slowest;
        const double gain =
            1.0 + CS_BOUND_SLACK - row->pace * row->sums.idle[s] * slowest * pipeline->turns[s] * pipeline->per_one;
        if ((pipeline->schedules & 1u << s) != 0 &&
            !(least * per_replica > row->most * gain || least > row->cap * gain)) {
            return false;
        }
    }
    return true;
}
/* Nor has a larger pipeline degree a node that is not hopeless. With the mean A / p alone as the floor of T1, the least
 * N = t c p d is K A t c / b over what the bubble leaves, and of the bubble's parts (1 - 1 / p) A, idle (1 - 1 / p) A
 * and idle (1 / 2 - 1 / p) A none falls as p rises. */
static inline bool cs_rest_hopeless(const struct cs_row *row, const struct cs_pipeline *pipeline)
{
    const double all = row->pace * row->sums.all, least = row->least * row->sums.all * row->per_replica;
    const double others = all * (1.0 - pipeline->inverse), half = all * (0.5 - pipeline->inverse);
    const double filled[CS_SCHEDULE_COUNT] = {
        others * pipeline->per_rest, others * row->sums.idle[CS_SCHEDULE_ZB1P] * pipeline->per_one,
        (half > 0.0 ? half : 0.0) * row->sums.idle[CS_SCHEDULE_DUALPIPE] * pipeline->per_one};
    for (int s = 0; s < CS_SCHEDULE_COUNT; s++) {
        const double gain = 1.0 + CS_BOUND_SLACK - filled[s];
        if ((row->schedules & 1u << s) != 0 && !(least * row->sums.shown[s] > row->most * gain)) {
            return false;
        }
    }
    return true;
}
/* The data degrees of a node that may still hold an answer, and the floors by which nodes are ordered; false: none may.
 * By the stage where it is known; NULL: by the sharding alone. */
bool cs_node_bound(const struct cs_search_workspace *work, const struct cs_sharding *sharding,
                   const struct cs_pipeline *pipeline, int32_t recompute_layers, const struct cs_stage *stage,
                   struct cs_reach *reach, struct cs_node *node);
/* The largest data degree of a node that leaves it a micro-batch and no more than so many devices. */
static inline int64_t cs_most_data(const struct cs_search_workspace *work, int64_t devices,
                                   const struct cs_sharding *sharding, const struct cs_pipeline *pipeline)
{
    const int64_t fed = work->choices.cap / sharding->costs.plan.micro_batch;
    return cs_smaller(fed, devices / cs_multiply(sharding->mesh.devices, pipeline->pipeline));
}
/* The data degree at a position: divisors of a given batch, otherwise multiples of the node's step (cs_data_step). */
int64_t cs_data_at(const struct cs_search_workspace *work, int64_t step, int64_t position);
/* Data degrees of a node at any device count of the class, with at least `unit` micro-batches. */
struct cs_reach cs_node_reach(const struct cs_search_workspace *work, const struct cs_sharding *sharding,
                              const struct cs_pipeline *pipeline, int64_t unit);
/* The floors of a node's step. stage: as in cs_node_bound. */
void cs_stage_floor(const struct cs_sharding *sharding, const struct cs_pipeline *pipeline, int32_t recompute_layers,
                    const struct cs_stage *stage, struct cs_step_floor *floor);

/* explore.c */
/* Offers the goal every candidate of a node that may be an answer. */
void cs_explore(struct cs_search_workspace *work, const struct cs_sharding *sharding,
                const struct cs_pipeline *pipeline, int32_t recompute_layers);
/* Some candidate of this node, at some data degree, fits in memory. */
bool cs_fits_memory(struct cs_search_workspace *work, const struct cs_sharding *sharding,
                    const struct cs_pipeline *pipeline, int32_t recompute_layers);

#endif
