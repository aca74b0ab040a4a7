/* SPDX-License-Identifier: BSD-3-Clause */
/* The problem of one design point, immutable while it is evaluated. */
#ifndef CS_SWEEP_PROBLEM_H
#define CS_SWEEP_PROBLEM_H

#include "cs_sweep/architecture.h"
#include "cs_sweep/hardware.h"
#include "cs_sweep/stack.h"

struct cs_problem {
    struct cs_architecture architecture;
    struct cs_parameters parameters;
    struct cs_law law;       /* tokens, compute, critical batch */
    struct cs_device device; /* projected */
    struct cs_precision precision;
    struct cs_training training;
    struct cs_stack stack; /* what auto in training stands for */
    double deadline;       /* s; INFINITY: none */
    double goodput;        /* 1 for step benchmarks */
    int64_t seq_len;
    int64_t global_batch;      /* given batch, sequences; 0: from the critical batch */
    struct cs_batch_ramp ramp; /* before the given batch; see cs_step_evaluate */
    double nic_bandwidth;      /* B/s per device and direction; the device's unless a case states its own */
    int64_t slice_devices;     /* torus: devices of one slice where a case says so; 0: the device's largest */
};

/* Fills a problem from its parts: projects nothing, resolves the stack, takes seq_len, goodput, deadline and batch
 * from training. */
void cs_problem_init(struct cs_problem *problem, const struct cs_architecture *architecture, const struct cs_law *law,
                     const struct cs_device *device, const struct cs_precision *precision,
                     const struct cs_training *training);
/* As with training.lean_memory: the state and the logits as small as the stack can keep them. False, and nothing is
 * changed, where it cannot keep less. */
bool cs_problem_make_lean(struct cs_problem *problem);

#endif
