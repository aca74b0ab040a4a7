/* SPDX-License-Identifier: BSD-3-Clause */
/* A problem from its parts. */
#include "cs_sweep/problem.h"

#include "cs_sweep/units.h"

#include <math.h>
#include <string.h>

bool cs_problem_make_lean(struct cs_problem *problem)
{
    const struct cs_stack_store *const store = cs_stack_store_of(&problem->training, &problem->device);
    if (store == NULL) {
        return false;
    }
    struct cs_training *const training = &problem->training;
    training->gradient_bytes = fmin(training->gradient_bytes, store->gradient_bytes);
    training->optimizer_bytes = fmin(training->optimizer_bytes, store->optimizer_bytes);
    if (problem->precision.format != CS_FORMAT_BF16) {
        problem->precision.weight_bytes = fmin(problem->precision.weight_bytes, store->eight_bit_weight_bytes);
    }
    problem->stack.master_weights = false; /* the 16-bit ones are */
    problem->stack.logit_copies = false;
    problem->stack.logit_tiles = store->logit_tiles;
    return true;
}

void cs_problem_init(struct cs_problem *problem, const struct cs_architecture *architecture, const struct cs_law *law,
                     const struct cs_device *device, const struct cs_precision *precision,
                     const struct cs_training *training)
{
    memset(problem, 0, sizeof *problem);
    problem->architecture = *architecture;
    cs_parameters_count(architecture, &problem->parameters);
    problem->law = *law;
    problem->device = *device;
    problem->precision = *precision;
    problem->training = *training;
    cs_stack_resolve(training, device, architecture->gated_ffn, &problem->stack);
    problem->deadline = training->deadline_days * CS_SECONDS_PER_DAY;
    problem->goodput = training->goodput;
    problem->seq_len = training->seq_len;
    problem->global_batch = training->global_batch;
    problem->nic_bandwidth = device->scale_out_bandwidth;
    if (training->lean_memory) {
        (void)cs_problem_make_lean(problem);
    }
}
