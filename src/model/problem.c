/* SPDX-License-Identifier: BSD-3-Clause */
/* A problem from its parts. */
#include "cs_sweep/problem.h"

#include "cs_sweep/units.h"

#include <math.h>
#include <string.h>

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
}
