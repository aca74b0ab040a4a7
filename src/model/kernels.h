/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernel files share with one another. */
#ifndef CS_SWEEP_MODEL_KERNELS_H
#define CS_SWEEP_MODEL_KERNELS_H

#include "cs_sweep/kernel.h"
#include "cs_sweep/number.h"

double cs_sustained_rate(const struct cs_device *device, enum cs_format format);
/* The longer of compute seconds and memory traffic, and a launch. */
struct cs_kernel_time cs_roofline(const struct cs_device *device, double compute, double bytes, double flops);
struct cs_kernel_time cs_gemm_time_gpu(const struct cs_device *device, const struct cs_gemm *gemm);
struct cs_kernel_time cs_gemm_time_tpu(const struct cs_device *device, const struct cs_gemm *gemm);

/* Cycles of one GEMM on one array of rows x columns: SCALE-Sim v2's weight-stationary dataflow in closed form, but with
 * double-buffered weights, so that only the first fold waits `rows` cycles for its weights. */
double cs_systolic_cycles(double m, double n, double k, double rows, double columns);

#endif
