/* SPDX-License-Identifier: BSD-3-Clause */
/* A round device and a GPT of round numbers for tests by hand. */
#ifndef CS_TESTS_SAMPLE_H
#define CS_TESTS_SAMPLE_H

#include "cs_sweep/step.h"

/* 100 units, 100 TFLOP/s of which half is sustained, tiles of 128 x 128, 1 us to launch; memory that never binds. */
void sample_gpu(struct cs_device *device);
/* TPU v4's arrays and torus, everything at its peak. */
void sample_tpu(struct cs_device *device);
/* Korthikanti's 22B model on the sample GPU: 48 layers of 6,144, 64 heads, vocabulary 51,200, s = 2,048, dropout. */
void sample_problem(struct cs_problem *problem);
/* The second fused kernel, and traffic that overlaps with compute, in place of unfused attention and its stack. */
void sample_fused(struct cs_problem *problem);
/* The sample problem on 8 devices, tensor 8, one micro-batch of 4. */
void sample_plan(struct cs_plan *plan);

#endif
