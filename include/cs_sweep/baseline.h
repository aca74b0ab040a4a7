/* SPDX-License-Identifier: BSD-3-Clause */
/* The paper's two baselines (figures 1 and 3): log-log regression over runs, and LLMCarbon's regressions. */
#ifndef CS_SWEEP_BASELINE_H
#define CS_SWEEP_BASELINE_H

#include <stdint.h>

/* log(device hours) = intercept + slope * log(compute), least squares over runs. */
struct cs_regression {
    double intercept, slope;
    int64_t runs;
};
void cs_regression_fit(int64_t runs, const double *compute, const double *device_hours, struct cs_regression *out);
double cs_regression_hours(const struct cs_regression *regression, double compute);

/* LLMCarbon (SotaroKaneda/MLCarbon): parameters (the dense base for a mixture), tokens, device memory in GB. */
struct cs_llmcarbon {
    double tflops_per_device, tensor, pipeline, devices, device_hours;
};
void cs_llmcarbon_estimate(double parameters, double tokens, double memory_gb, struct cs_llmcarbon *out);

#endif
