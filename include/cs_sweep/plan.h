/* SPDX-License-Identifier: BSD-3-Clause */
/* A parallelism plan, and the one list of its knobs. From a row follow: the member of struct cs_plan, and so what a
 * search space holds as given and what a record keeps; the variable of the result file; the key in cs_point's and
 * cs_validate's JSON; the words of cs_point; the key of a measured run; the option of cs_point. CONTRIBUTING.md says
 * what else a new degree of parallelism needs. */
#ifndef CS_SWEEP_PLAN_H
#define CS_SWEEP_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cs_sweep/settings.h"

/* KNOB(member, kind, most, option of cs_point, key of a measured run, sign, shown from, tie, in file, words, meaning)
 *
 * kind       COUNT: a large number from 1, DEGREE: a number from 1; where a space leaves them free they are 0.
 *            LEVEL: a number from 0, SWITCH: off or on; where a space leaves them free they are -1.
 * key        in `parallelism` of a case file; NULL where a case says it elsewhere, or not at all.
 * sign       before the value in the words of a plan, such as "t8" for tensor 8; NULL: the words leave it out, as they
 *            do with values below `shown from`.
 * tie        of plans that are equal by the objective, by devices and by time the smaller one wins in the order of
 *            these numbers; 0: the others decide it.
 * words      of levels 0, 1, ... "a|b"; NULL: levels are numbers.
 * The rows stand in the order of the result file and of all output. */
#define CS_PLAN_KNOBS(KNOB)                                                                                            \
    KNOB(devices, COUNT, 1000000000000, "--devices", "devices", NULL, 0, 0, true, NULL, "devices that train")          \
    KNOB(tensor, DEGREE, 1000000, "--tensor", "tensor", "t", 1, 1, true, NULL, "tensor-parallel degree")               \
    KNOB(pipeline, DEGREE, 1000000, "--pipeline", "pipeline", "p", 1, 2, true, NULL, "pipeline-parallel degree")       \
    KNOB(data, COUNT, 1000000000000, "--data", "data", "d", 1, 0, true, NULL, "data-parallel degree")                  \
    KNOB(context, DEGREE, 1000000, "--context", "context", "c", 2, 11, true, NULL, "context-parallel degree")          \
    KNOB(expert, DEGREE, 1000000, "--expert", "expert", "e", 2, 3, true, NULL, "expert-parallel degree")               \
    KNOB(expert_tensor, DEGREE, 1000000, "--expert-tensor", "expert_tensor", "et", 2, 4, true, NULL,                   \
         "tensor-parallel degree inside an expert")                                                                    \
    KNOB(zero_stage, LEVEL, 3, "--zero", "zero", "z", 0, 5, true, NULL, "ZeRO stage")                                  \
    KNOB(micro_batch, DEGREE, 1000000, "--micro-batch", "micro_batch", "b", 1, 8, true, NULL,                          \
         "sequences of a micro-batch")                                                                                 \
    KNOB(global_batch, COUNT, 1000000000, "--batch", NULL, NULL, 0, 0, true, NULL, "sequences of a step")              \
    KNOB(interleave, DEGREE, 1000000, "--interleave", "interleave", "v", 1, 9, true, NULL,                             \
         "pipeline chunks per device")                                                                                 \
    KNOB(recompute, LEVEL, 3, "--recompute", "recompute", "", 0, 6, true, CS_RECOMPUTE_NAMES,                          \
         "activation recomputation")                                                                                   \
    KNOB(recompute_layers, LEVEL, 1000000, "--recompute-layers", "recompute_layers", "n", 1, 7, true, NULL,            \
         "first layers of a stage that are recomputed, 0 for all of them")                                             \
    KNOB(offload, LEVEL, 1, "--offload", "offload", "", 1, 12, true, CS_OFFLOAD_NAMES,                                 \
         "activations of the layers kept in the host's memory")                                                        \
    KNOB(schedule, LEVEL, 2, "--schedule", "schedule", "", 1, 10, true, CS_SCHEDULE_NAMES, "pipeline schedule")        \
    KNOB(zero_group, DEGREE, 1000000000, NULL, "zero_group", NULL, 0, 0, false, NULL,                                  \
         "devices that shard their state together, 0 for all data-parallel ranks")                                     \
    KNOB(sequence_parallel, SWITCH, 1, NULL, "sequence_parallel", NULL, 0, 0, false, NULL,                             \
         "sequence parallelism (Korthikanti 2022)")

/* A count is an int64_t, everything else an int32_t. */
#define CS_WIDE_COUNT(member) int64_t member;
#define CS_WIDE_DEGREE(member)
#define CS_WIDE_LEVEL(member)
#define CS_WIDE_SWITCH(member)
#define CS_NARROW_COUNT(member)
#define CS_NARROW_DEGREE(member) int32_t member;
#define CS_NARROW_LEVEL(member) int32_t member;
#define CS_NARROW_SWITCH(member) int32_t member;
#define CS_PLAN_WIDE(member, kind, most, option, key, sign, shown, tie, file, words, meaning) CS_WIDE_##kind(member)
#define CS_PLAN_NARROW(member, kind, most, option, key, sign, shown, tie, file, words, meaning) CS_NARROW_##kind(member)

/* devices = tensor * pipeline * data * context. A step trains global_batch sequences, global_batch / data of them on
 * each replica. Plans that were searched have global_batch = data * micro_batch * micro_batches; one that is given may
 * leave the last micro-batch of each replica partly filled (cs_last_micro_batch). */
struct cs_plan {
    CS_PLAN_KNOBS(CS_PLAN_WIDE)
    int64_t micro_batches; /* per replica and step */
    CS_PLAN_KNOBS(CS_PLAN_NARROW)
};

enum { CS_KNOBS_MAX = 32 }; /* room for the rows */
enum cs_knob_kind { CS_KNOB_COUNT, CS_KNOB_DEGREE, CS_KNOB_LEVEL, CS_KNOB_SWITCH };
struct cs_knob {
    const char *name, *option, *key, *sign, *words, *meaning; /* as in the rows */
    enum cs_knob_kind kind;
    int32_t shown, tie;
    int64_t least, most, free; /* values, and what a free knob holds */
    size_t offset;             /* in struct cs_plan */
};
const struct cs_knob *cs_knobs(int32_t *count);
/* NULL: there is none of this name. */
const struct cs_knob *cs_knob_find(const char *name);
int64_t cs_knob_get(const struct cs_plan *plan, const struct cs_knob *knob);
void cs_knob_put(struct cs_plan *plan, const struct cs_knob *knob, int64_t value);
static inline bool cs_knob_given(const struct cs_plan *plan, const struct cs_knob *knob)
{
    return cs_knob_get(plan, knob) != knob->free;
}

/* Sequences of the last micro-batch of a replica: micro_batch, or what a batch that does not divide leaves for it. */
static inline int32_t cs_last_micro_batch(const struct cs_plan *plan)
{
    const int64_t before = (plan->micro_batches - 1) * (int64_t)plan->micro_batch;
    const int64_t left = plan->data > 0 ? plan->global_batch / plan->data - before : 0;
    return left > 0 && left < plan->micro_batch ? (int32_t)left : plan->micro_batch;
}

/* Every knob free. */
void cs_plan_set_free(struct cs_plan *plan);
/* Of plans that are equal by objective, devices and time: negative where a comes first; 0 for equal plans. */
int cs_plan_order(const struct cs_plan *a, const struct cs_plan *b);

#endif
