/* SPDX-License-Identifier: BSD-3-Clause */
/* Random search problems, each a list of small numbers, so that a failing one can be shrunk, printed and run again. */
#ifndef CS_TESTS_INSTANCE_H
#define CS_TESTS_INSTANCE_H

#include "cs_sweep/search.h"

/* GENE(name, choices): a number in [0, choices). 0 is the plainest choice of each. */
/* clang-format off */
#define INSTANCE_GENES(GENE)                                                                                           \
    GENE(layers, 13) GENE(heads, 8) GENE(width, 4) GENE(experts, 6) GENE(dense_layers, 3) GENE(vocab, 3)               \
    GENE(tpu, 4) GENE(domain, 7) GENE(memory, 20) GENE(network, 5) GENE(launch, 3) GENE(format, 3) GENE(unfused, 3)    \
    GENE(batch, 40) GENE(steps, 30) GENE(target, 6) GENE(slack, 12) GENE(given, 12) GENE(tokens, 8) GENE(seq_len, 3)   \
    GENE(objective, 6) GENE(wanted, 5) GENE(most, 5) GENE(low, 6) GENE(schedules, 7) GENE(zero_stages, 15)             \
    GENE(zero_pipeline, 3) GENE(recompute, 15) GENE(expert_tensor, 3) GENE(expert_degrees, 9) GENE(contexts, 6)        \
    GENE(strict, 4) GENE(tensor_max, 8) GENE(pipeline_max, 8) GENE(interleave_max, 8) GENE(micro_batch_max, 8)         \
    GENE(sequence_parallel, 4) GENE(fix_tensor, 140) GENE(fix_pipeline, 140) GENE(fix_data, 140) GENE(fix_context, 120)\
    GENE(fix_expert, 150) GENE(fix_expert_tensor, 150) GENE(fix_micro_batch, 140) GENE(fix_interleave, 140)            \
    GENE(fix_zero, 110) GENE(fix_recompute, 110) GENE(fix_schedule, 110) GENE(fix_devices, 140) GENE(zero_group, 12)   \
    GENE(power, 4) GENE(attribution, 2) GENE(intensity, 4) GENE(even, 3) GENE(spread, 6)                               \
    GENE(attention, 7) GENE(tied, 3) GENE(mtp, 5) GENE(shared, 4) GENE(active, 3) GENE(latency, 6) GENE(tax, 4)        \
    GENE(overlap, 4) GENE(in_switch, 4) GENE(goodput, 3) GENE(edge, 8) GENE(large, 64)           \
    GENE(recompute_layers, 8) GENE(fix_recompute_layers, 60) GENE(stack, 8) GENE(host, 8) GENE(offload, 3)             \
    GENE(fix_offload, 60) GENE(server, 6) GENE(whole_servers, 3)
/* clang-format on */

enum instance_gene {
#define INSTANCE_ENUM(name, choices) GENE_##name,
    INSTANCE_GENES(INSTANCE_ENUM)
#undef INSTANCE_ENUM
        GENE_COUNT
};

struct instance {
    int32_t genes[GENE_COUNT];
    struct cs_problem problem;
    struct cs_space space;
    struct cs_carbon_inputs carbon;
    enum cs_objective objective;
    bool front, regions;
    int32_t wanted;
    struct cs_place places[3];
    int32_t edge; /* 1: the deadline is an answer's own time, 2: a bit less; 3, 4: the same with memory */
};

/* A step of xorshift64 (Marsaglia 2003), 48 bits of it. */
uint64_t instance_random(uint64_t *state);
void instance_draw(uint64_t *state, struct instance *instance);
/* Everything but the genes, from the genes. */
void instance_build(struct instance *instance);
/* The genes that are not 0, as NAME=VALUE words; and back. */
void instance_print(const struct instance *instance);
bool instance_parse(const char *text, struct instance *instance);
/* A count from the environment: how many instances, which seed. */
int64_t instance_number(const char *name, int64_t otherwise);

#endif
