/* SPDX-License-Identifier: BSD-3-Clause */
#include "cs_sweep/baseline.h"

#include "cs_sweep/units.h"

#include <math.h>

void cs_regression_fit(int64_t runs, const double *compute, const double *device_hours, struct cs_regression *out)
{
    double mean_x = 0.0;
    double mean_y = 0.0;
    for (int64_t i = 0; i < runs; i++) {
        mean_x += log(compute[i]) / (double)runs;
        mean_y += log(device_hours[i]) / (double)runs;
    }
    double xx = 0.0;
    double xy = 0.0;
    for (int64_t i = 0; i < runs; i++) {
        const double x = log(compute[i]) - mean_x;
        xx += x * x;
        xy += x * (log(device_hours[i]) - mean_y);
    }
    /* Runs of one size say nothing of the slope: hours in proportion to compute. */
    out->slope = xx > 0.0 ? xy / xx : 1.0;
    out->intercept = mean_y - out->slope * mean_x;
    out->runs = runs;
}

double cs_regression_hours(const struct cs_regression *regression, double compute)
{
    return exp(regression->intercept + regression->slope * log(compute));
}

/* LLMCarbon fits P in parameters: TFLOP/s of an A100 under tensor parallelism and under pipeline parallelism, and the
 * number of devices (SotaroKaneda/MLCarbon, after Narayanan 2021). */
static const double tensor_fit[3] = {-8.82079068e-20, 1.68591116e-9, 133.954735};
static const double pipeline_fit[3] = {-5.60233749e-23, 8.45435587e-11, 134.546129};
static const double devices_fit[3] = {-2.12910565e-21, 4.39684339e-9, 799.173057};
static const double parameters_per_gb = 0.03e9;
static const double tensor_most = 8.0;

static double quadratic(const double fit[3], double x)
{
    return (fit[0] * x + fit[1]) * x + fit[2];
}

void cs_llmcarbon_estimate(double parameters, double tokens, double memory_gb, struct cs_llmcarbon *out)
{
    const double pieces = parameters / (parameters_per_gb * memory_gb);
    const double rate = quadratic(pieces <= tensor_most ? tensor_fit : pipeline_fit, parameters);
    /* The parabolas fall below zero for sizes that their authors never saw. */
    out->tflops_per_device = fmax(1.0, rate);
    out->tensor = fmin(tensor_most, ceil(pieces));
    out->pipeline = fmax(1.0, ceil(pieces / tensor_most));
    out->devices = fmax(1.0, quadratic(devices_fit, parameters));
    out->device_hours = 6.0 * parameters * tokens / (out->tflops_per_device * 1e12 * CS_SECONDS_PER_HOUR);
}
