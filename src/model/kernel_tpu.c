/* SPDX-License-Identifier: BSD-3-Clause */
/* TPU GEMMs: weight-stationary systolic arrays in closed form (SCALE-Sim v2), under the same roofline. */
#include "kernels.h"

#include <math.h>

double cs_systolic_cycles(double m, double n, double k, double rows, double columns)
{
    return ceil(k / rows) * ceil(n / columns) * (m + rows + columns - 2.0) + rows - 1.0;
}

/* Cycles of the slowest array when columns of N are dealt to the arrays first, then rows of M to those left over. */
static double array_cycles(const struct cs_device *device, double m, double n, double k, double batch)
{
    const double folds = ceil(n / device->array_columns) * batch;
    const double wide = cs_min(device->units, folds);
    const double deep = floor(device->units / wide);
    const double folds_each = ceil(folds / wide);
    return cs_systolic_cycles(ceil(m / deep), folds_each * device->array_columns, k, device->array_rows,
                              device->array_columns);
}

struct cs_kernel_time cs_gemm_time_tpu(const struct cs_device *device, const struct cs_gemm *gemm)
{
    /* The compiler may hold either operand still: C^T = B^T A^T is the same product. */
    const double cycles = cs_min(array_cycles(device, gemm->m, gemm->n, gemm->k, gemm->batch),
                                 array_cycles(device, gemm->n, gemm->m, gemm->k, gemm->batch));
    const double peak = device->units * device->clock * 2.0 * device->array_rows * device->array_columns;
    const double rate = cs_sustained_rate(device, gemm->format) / peak; /* of the arrays' own 16-bit rate */
    double compute = cycles / (device->clock * rate);
    compute *= 1.0 + device->k_ramp / gemm->k;
    if (gemm->grouped) {
        compute *= 1.0 + device->grouped_ramp / gemm->m;
    }
    const double bytes = gemm->batch * (gemm->a_bytes * gemm->m * gemm->k + gemm->b_bytes * gemm->k * gemm->n +
                                        gemm->c_bytes * gemm->m * gemm->n);
    return cs_roofline(device, compute, bytes, 2.0 * gemm->m * gemm->n * gemm->k * gemm->batch);
}
