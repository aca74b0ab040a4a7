/* SPDX-License-Identifier: BSD-3-Clause */
/* One training step: time and memory of a plan, in three levels, so that a search computes each thing once.
 *
 *   cs_costs    of (problem, network class, tensor, context and both expert degrees, micro_batch, recompute, offload):
 *               one micro-batch through one layer of each kind, embedding and head; from kernels and collectives
 *   cs_stage    of (costs, pipeline): the split of the layers that minimises the slowest stage
 *   cs_replica  of (stage, data, zero_stage): gradient and parameter traffic, optimizer, point-to-point
 *   step        of (replica, interleave, micro_batches, schedule): a few multiplications
 *
 * cs_step_seconds and cs_memory_bytes are the only functions that give a plan's time and memory: the search, its
 * oracle in the tests, cs_point and cs_validate all call them, so equal plans give equal bits. */
#ifndef CS_SWEEP_STEP_H
#define CS_SWEEP_STEP_H

#include "cs_sweep/kernel.h"
#include "cs_sweep/network.h"
#include "cs_sweep/number.h"
#include "cs_sweep/plan.h"

/* What a time is spent on. SHARE(NAME, word, meaning): the shares of the result file, in its order. */
#define CS_SHARES(SHARE)                                                                                               \
    SHARE(COMPUTE, compute, "compute")                                                                                 \
    SHARE(TENSOR, tensor, "exposed tensor- and context-parallel communication")                                        \
    SHARE(EXPERT, expert, "exposed expert-parallel communication")                                                     \
    SHARE(PIPELINE, pipeline, "exposed pipeline communication")                                                        \
    SHARE(DATA, data, "exposed data-parallel and ZeRO communication, and copies to and from the host")                 \
    SHARE(BUBBLE, bubble, "pipeline bubble")                                                                           \
    SHARE(OPTIMIZER, optimizer, "optimizer")

enum cs_share {
#define CS_SHARE_ENUM(name, word, meaning) CS_SHARE_##name,
    CS_SHARES(CS_SHARE_ENUM) CS_SHARE_COUNT
};

/* One micro-batch through one part of the model on one device: exposed seconds by cause, forward and backward (the
 * backward holds the recomputed forward), and the weight-gradient part of the backward's compute. */
struct cs_part {
    double forward[CS_SHARE_COUNT], backward[CS_SHARE_COUNT];
    double forward_seconds, backward_seconds; /* the sums */
    double weight_gradient_seconds;           /* W of zero-bubble schedules, within backward_seconds */
    double flops, forward_flops;              /* executed, forward and backward, for HFU; and forward once */
    double all_to_all;                        /* seconds of dispatch and combine, forward and backward */
    double hidden_all_to_all;                 /* seconds of them that DualPipe hides */
    double cast_weights;                      /* parameters whose 8-bit copy the products read */
    double parameters, expert_parameters;     /* local to a device: sharded over data, over expert replicas */
    double activation_bytes;                  /* kept per micro-batch in flight, on the device */
    double host_bytes;                        /* the same, in the host's memory */
    double working_bytes;                     /* besides, while the part runs (recomputed activations, FP32 logits) */
};
/* The KEPT parts are the layers (and the head, for its MTP layers) that recompute nothing where only the first layers
 * of a stage are recomputed. */
enum cs_part_kind {
    CS_PART_DENSE,
    CS_PART_MIXTURE,
    CS_PART_EMBEDDING,
    CS_PART_HEAD,
    CS_PART_DENSE_KEPT,
    CS_PART_MIXTURE_KEPT,
    CS_PART_HEAD_KEPT,
    CS_PART_COUNT
};

struct cs_costs {
    const struct cs_problem *problem;
    const struct cs_network *network;
    struct cs_plan plan; /* of which only the degrees above count; the others may be anything */
    bool kept;           /* the KEPT parts are there too: plan.recompute_layers is not 0, and plan.recompute not none */
    struct cs_part part[CS_PART_COUNT]; /* sliding-window layers are averaged in by their period; the head holds MTP */
    double boundary_bytes;              /* activation of one micro-batch between stages, per device */
    double tied_parameters;             /* of the head, that one device alone shares with the embedding */
};
void cs_costs_prepare(const struct cs_problem *problem, const struct cs_network *network, const struct cs_plan *plan,
                      struct cs_costs *costs);

/* What costs that differ in their expert degrees alone have in common: the parts without experts, and a mixture layer
 * up to its experts. */
struct cs_common_costs {
    bool known; /* false: nothing is, and cs_costs_prepare_next fills it */
    struct cs_part embedding, dense, head;
    struct cs_part start; /* of a mixture layer */
    double start_seconds; /* forward and backward, once */
    double start_forward_kernels, start_backward_kernels, start_input_gradient;
};
/* The same bits as cs_costs_prepare, with `common` from another plan that differs in its expert degrees alone (same
 * problem, same network class). */
void cs_costs_prepare_next(const struct cs_problem *problem, const struct cs_network *network,
                           const struct cs_plan *plan, struct cs_common_costs *common, struct cs_costs *costs);
/* The same bits as cs_costs_prepare for the plan of `base` with full recomputation (base: with none), with offload
 * (base: without), or with both. False where they do not follow from the base. */
bool cs_costs_derive(const struct cs_costs *base, int32_t recompute, int32_t offload, struct cs_costs *costs);

/* Bytes that a layer keeps of one micro-batch, by recomputation; of the plan only tensor, context, micro_batch and
 * sequence_parallel count. */
double cs_layer_activation_bytes(const struct cs_problem *problem, const struct cs_plan *plan, bool mixture,
                                 enum cs_recompute recompute);
/* And what is there besides while the layer runs: activations that are computed again. */
double cs_layer_working_bytes(const struct cs_problem *problem, const struct cs_plan *plan, bool mixture,
                              enum cs_recompute recompute);

/* The split of the layers into `pipeline` stages that minimises the slowest one; see src/model/stage.c. Interleaved
 * chunks deal the same layers, so the split does not depend on them. */
struct cs_load {
    double count[CS_PART_COUNT]; /* how many of each part */
};
struct cs_stage {
    const struct cs_costs *costs;
    int32_t pipeline;
    struct cs_load slow, all;       /* what the slowest stage holds, and all stages together */
    double slowest[CS_SHARE_COUNT]; /* exposed seconds of one micro-batch on the slowest stage, forward + backward */
    double slowest_forward, slowest_backward, slowest_weight_gradient, slowest_hidden_all_to_all;
    double rest_seconds; /* of one micro-batch through all other stages: fill and drain of the pipeline */
    double cast_weights; /* of the slowest stage */
    double first_activation, first_fixed; /* bytes: per micro-batch in flight, and once */
    double last_activation, last_fixed;   /* the last stage, one micro-batch in flight */
    double first_host, last_host;         /* bytes per micro-batch in flight that the host keeps */
    double first_buffer, last_buffer;     /* of them two layers' worth: one is used while the next is copied */
    double first_parameters, first_expert_parameters, last_parameters, last_expert_parameters;
    double sync_parameters, sync_expert_parameters; /* of the stage with the most gradient traffic */
    double overlap_backward; /* s of the last micro-batch's backward that gradient traffic can hide under */
    double overlap_forward;  /* s of the first forward that the parameter gather can hide under */
    double largest_layer_parameters, largest_layer_expert_parameters; /* ZeRO 3 gathers these */
};
/* With costs->plan.recompute_layers as it stands there. */
void cs_stage_prepare(const struct cs_costs *costs, int32_t pipeline, struct cs_stage *stage);
/* The first `recompute_layers` layers of every stage are recomputed, the others not; 0: all are. Above 0 it wants
 * costs->kept. */
void cs_stage_prepare_layers(const struct cs_costs *costs, int32_t pipeline, int32_t recompute_layers,
                             struct cs_stage *stage);

enum { CS_SCHEDULE_COUNT = 3 };
/* A step is linear in the number of micro-batches m and in interleave v; with P the point-to-point seconds:
 *   seconds = m (micro[schedule] + v P) + (fill[schedule] + (p - 1) v P) / v + once
 *   1F1B:     micro = T, the slowest stage;   fill = the other stages' time of one micro-batch, sum(T_i) - T: (p - 1) T
 *             for equal stages (Narayanan 2021; fill and drain of an uneven pipeline pass each stage once)
 *   ZB1P:     micro = T;                         fill = (p - 1)(F + B - 2 W) (arXiv 2401.10241), v = 1
 *   DualPipe: micro = F&B, all-to-all hidden;    fill = (p/2 - 1)(F&B + B - 3 W) (arXiv 2412.19437), v = 1
 *
 * What a search may rely on, all else equal (see tests/unit/test_step.c):
 *   - seconds is increasing in m (micro > 0), and for v > 1, v -> v + 1 changes it by m P - fill / (v (v + 1));
 *   - with B = d b m: seconds(m) >= m micro + once, and >= m micro alone: the step's floor without any bubble;
 *   - micro of ZeRO 2 and 3 >= micro of ZeRO 0 and 1, which is the stage's times cs_device_slowest: it never falls
 *     with d, and is never below the stage's own;
 *   - once (gradient traffic, optimizer) does not depend on m, v or the schedule;
 *   - seconds never rises with link, scale-out or HBM bandwidth, peak, or as a latency falls (same plan);
 *   - bytes: state is non-increasing in d (equal for ZeRO 0), and non-increasing in the ZeRO stage but for the two
 *     gathered layers of ZeRO 3; activations do not depend on d or ZeRO; bytes is non-decreasing in m (min(p, m)) and,
 *     for m >= p, non-increasing in v > 1. So for given B, a larger d (smaller m) never needs more memory;
 *   - recomputation only adds seconds to each part: selective and ffn to none, full to all of them. So does offload, at
 *     each recomputation; and it never needs more memory. */
struct cs_replica {
    const struct cs_stage *stage;
    int64_t data;
    int32_t zero_stage;
    double shares[CS_SHARE_COUNT]; /* exposed seconds per micro-batch, ZeRO traffic included, without point-to-point */
    double micro[CS_SCHEDULE_COUNT], fill[CS_SCHEDULE_COUNT];
    double hidden_all_to_all; /* seconds per micro-batch that DualPipe hides */
    double point_to_point;    /* seconds per micro-batch and stage boundary, both directions; v = 1 */
    double chunk_to_chunk;    /* the same per chunk boundary, v > 1: hidden by stacks that overlap, never more */
    double once;              /* data + optimizer + fixed seconds per step */
    double data_seconds;      /* exposed gradient and parameter traffic per step */
    double
        optimizer_seconds; /* with the 8-bit copies of the weights, but for ZeRO 3, and the fixed host work of a step */
    /* bytes: state of the first and the last stage; DualPipe holds the weights of both */
    double first_state[CS_SCHEDULE_COUNT], last_state[CS_SCHEDULE_COUNT];
    double first_activation[CS_SCHEDULE_COUNT], last_activation[CS_SCHEDULE_COUNT]; /* per micro-batch in flight */
    double first_fixed[CS_SCHEDULE_COUNT], last_fixed[CS_SCHEDULE_COUNT];
    double first_host[CS_SCHEDULE_COUNT], first_buffer[CS_SCHEDULE_COUNT]; /* as in the stage */
    double host_room; /* bytes of host memory per device, INFINITY where it is not known */
    double sharded;   /* exposed seconds per micro-batch of the traffic of ZeRO 2 and 3, within shares */
    double pipeline;  /* stages, as a double */
};
void cs_replica_prepare(const struct cs_stage *stage, int64_t data, int32_t zero_stage, int32_t zero_group,
                        struct cs_replica *replica);

enum { CS_ZERO_STAGES = 4 };
/* The same for every ZeRO stage whose bit is set, sharing what they share. */
void cs_replicas_prepare(const struct cs_stage *stage, int64_t data, uint32_t zero_stages, int32_t zero_group,
                         struct cs_replica replicas[CS_ZERO_STAGES]);
/* Bytes of weights, gradients and optimizer of so many parameters of a device, whose state `shards` devices share. */
double cs_state_bytes(const struct cs_problem *problem, int32_t zero, double shards, double parameters);
/* Only what cs_memory_bytes reads, the same bits. */
void cs_replica_memory(const struct cs_stage *stage, int64_t data, int32_t zero_stage, int32_t zero_group,
                       struct cs_replica *replica);
/* Floors, one for each ZeRO stage whose bit is set: replicas whose step, for any schedule, interleave and number of
 * micro-batches, takes no longer than that of any data degree from low to high. Traffic and the wait for the slowest
 * device are those of `low`, with its ranks placed as well as the network allows, the optimizer is that of `high`.
 * Their memory means nothing. */
void cs_replica_floors(const struct cs_stage *stage, int64_t low, int64_t high, uint32_t zero_stages,
                       int32_t zero_group, struct cs_replica replicas[CS_ZERO_STAGES]);

/* s of one step. micro_batches >= 1; CS_SCHEDULE_DUALPIPE wants pipeline and micro_batches even, micro_batches >= 2 p;
 * interleave > 1 wants 1F1B, pipeline > 1 and micro_batches = 0 mod p. */
static inline double cs_step_seconds(const struct cs_replica *replica, enum cs_schedule schedule, int32_t interleave,
                                     int64_t micro_batches)
{
    const double v = interleave, m = (double)micro_batches;
    const double between = v * (interleave > 1 ? replica->chunk_to_chunk : replica->point_to_point);
    return m * (replica->micro[schedule] + between) +
           (replica->fill[schedule] + (replica->pipeline - 1.0) * between) / v + replica->once;
}

/* Micro-batches whose activations stage 0 holds at once (Narayanan 2021; 2401.10241; 2412.19437). */
static inline double cs_in_flight(const struct cs_replica *replica, enum cs_schedule schedule, int32_t interleave,
                                  int64_t micro_batches)
{
    const double p = replica->pipeline, m = (double)micro_batches;
    const double chunks = interleave > 1 ? (p - 1.0) / interleave : 0.0;
    const double most = (schedule == CS_SCHEDULE_DUALPIPE ? p + 1.0 : p) + chunks;
    return most < m ? most : m;
}

/* Of so many bytes that the host is to keep, those on the device: the layers being copied, and what does not fit there.
 * Never more than all. */
static inline double cs_beside_host(double bytes, double buffer, double room)
{
    const double left = bytes - room;
    const double held = buffer > left ? buffer : left;
    return bytes < held ? bytes : held;
}

/* Activations on a device of stage 0. */
static inline double cs_first_activations(const struct cs_replica *replica, enum cs_schedule schedule, double flight)
{
    const double kept = flight * replica->first_activation[schedule];
    return replica->first_host[schedule] > 0.0
               ? kept + cs_beside_host(flight * replica->first_host[schedule], replica->first_buffer[schedule],
                                       replica->host_room)
               : kept;
}

/* Bytes on the fullest device, without the margin: stage 0 or the last stage. */
static inline double cs_memory_bytes(const struct cs_replica *replica, enum cs_schedule schedule, int32_t interleave,
                                     int64_t micro_batches)
{
    const double flight = cs_in_flight(replica, schedule, interleave, micro_batches);
    const double first = replica->first_state[schedule] + cs_first_activations(replica, schedule, flight) +
                         replica->first_fixed[schedule];
    const double last =
        replica->last_state[schedule] + replica->last_activation[schedule] + replica->last_fixed[schedule];
    return first > last ? first : last;
}
/* Bytes that a plan may use: capacity less the margin. */
double cs_memory_limit(const struct cs_problem *problem);
/* Bytes of the layers alone on stage 0 (or on the next one where dense layers lead and it holds more weights), as
 * published figures of memory label them: state without embedding and head, and activations of what is in flight. */
void cs_memory_layers(const struct cs_problem *problem, const struct cs_plan *plan, double *state, double *activations);
/* s of the whole training: ceil(tokens / (batch * seq_len)) * step / goodput. */
double cs_training_seconds(const struct cs_problem *problem, int64_t global_batch, double step_seconds);

/* A plan, whole: the same numbers, with their breakdown. */
struct cs_step {
    double seconds;
    double shares[CS_SHARE_COUNT]; /* sum 1 */
    double training_seconds, mfu, hfu;
    double idle_seconds; /* of the training's wall time: what goodput leaves */
    double memory_bytes, state_bytes, activation_bytes, other_bytes; /* of the fullest device */
    double host_bytes; /* activations that the host keeps for a device of stage 0 */
};

/* What became of a search: STATUS(NAME, word, sentence). From DIVISIBILITY to DEADLINE they are the gates of the
 * search, in its order. */
#define CS_STATUSES(STATUS)                                                                                            \
    STATUS(PENDING, pending, "It was not searched.")                                                                   \
    STATUS(FEASIBLE, feasible, "A plan was found.")                                                                    \
    STATUS(DIVISIBILITY, divisibility,                                                                                 \
           "No plan divides the model over the devices: tensor, pipeline and expert degrees do not fit its shape.")    \
    STATUS(COMMUNICATION, communication,                                                                               \
           "No plan keeps tensor groups within a scale-up domain and spreads the experts evenly over the devices.")    \
    STATUS(BATCH, batch, "No plan that divides the model deals the batch evenly and keeps within it.")                 \
    STATUS(MEMORY, memory, "Every plan with a batch that divides overflows the devices' memory.")                      \
    STATUS(DEADLINE, deadline, "Plans fit in memory, but none ends before the deadline.")                              \
    STATUS(FAILED, failed, "The search failed.")

enum cs_status {
#define CS_STATUS_ENUM(name, word, sentence) CS_STATUS_##name,
    CS_STATUSES(CS_STATUS_ENUM) CS_STATUS_COUNT
};
const char *cs_status_word(enum cs_status status);
const char *cs_status_sentence(enum cs_status status); /* why no plan was found */
const char *cs_share_word(enum cs_share share);

/* Evaluates a complete plan as given: no gate of the search applies. The step trains plan->global_batch sequences,
 * which `data` must divide; a last micro-batch that is partly filled takes the time and the FLOPs of what it holds.
 * Training time and utilisation follow from the same sequences. Where the problem has a ramp, the training is the sum
 * of its stages, each with as many steps as its tokens fill, by the same plan with fewer micro-batches, and of the rest
 * with the plan's batch. A search compares plans, and holds the deadline, by the plan's batch alone. */
void cs_step_evaluate(const struct cs_problem *problem, const struct cs_plan *plan, struct cs_step *step);

/* Model FLOPs utilisation: 6 N_active D / (N_dev T peak at the point's format). */
double cs_mfu(const struct cs_problem *problem, int64_t devices, double training_seconds);

/* Evaluates a plan and calls `trace` for each kernel and collective of each part of the model, one micro-batch of them
 * (and once more for the last one where that is partly filled), and then for what belongs to the whole step (part
 * "step"). cs_point prints these entries. */
struct cs_trace_entry {
    const char *part;   /* "dense layer", "mixture layer", "embedding", "head", "step" */
    const char *kernel; /* "qkv", "attention", "expert up", "all-gather (tensor)", ... */
    bool backward, collective;
    bool again; /* of the forward pass, repeated in the backward one by full recomputation */
    double seconds, exposed_seconds, flops, bytes;
    double micro_batches; /* of a step that are like this one; 1 for what belongs to the whole step */
    enum cs_bound bound;
};
typedef void (*cs_trace_function)(void *context, const struct cs_trace_entry *entry);
void cs_step_trace(const struct cs_problem *problem, const struct cs_plan *plan, cs_trace_function trace,
                   void *context);

#endif
