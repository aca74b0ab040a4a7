/* SPDX-License-Identifier: BSD-3-Clause */
/* Predicted against measured, over all cases: errors by group, and the two baselines on the labelled runs. */
#ifndef CS_EXPLAIN_VALIDATION_H
#define CS_EXPLAIN_VALIDATION_H

#include <stdio.h>

#include "cs_sweep/baseline.h"
#include "cs_sweep/cases.h"

/* A run happened, whatever memory is predicted: beyond the capacity less the margin that a search keeps free, or beyond
 * the capacity, the prediction of its memory is wrong. */
enum cs_memory_verdict { CS_MEMORY_FITS, CS_MEMORY_OVER_MARGIN, CS_MEMORY_OVER_CAPACITY, CS_MEMORY_VERDICTS };

struct cs_group_errors {
    char group[CS_NAME_MAX];
    int32_t cases, answered;
    int32_t memory[CS_MEMORY_VERDICTS]; /* answered cases by their verdict */
    double mape, median, max;           /* of the absolute errors, fractions; max keeps its sign */
    double bias;                        /* mean error */
    double r2;                          /* 1 - SSE/SST of values; NAN for fewer than two */
};

/* What predicts the device-hours of a run: the model, and the two baselines of baseline.h. */
enum cs_predictor { CS_OURS, CS_REGRESSION, CS_LLMCARBON, CS_PREDICTORS };
extern const char *const cs_predictor_keys[CS_PREDICTORS];

/* One labelled run of figures 1 and 3(a): device-hours. NAN: not known. */
struct cs_baseline_run {
    char id[128];
    double label, predicted[CS_PREDICTORS];
    const char *note; /* NULL: none */
};

struct cs_validation {
    struct cs_cases cases;
    struct cs_prediction *predictions; /* of every case */
    double *held_out;                  /* of every case, see cs_held_out_errors */
    int32_t group_count, run_count, regression_count;
    struct cs_group_errors *groups;
    struct cs_baseline_run *runs;
    int32_t *regression_cases; /* what `reg` was fitted to */
    struct cs_regression regression;
    double r2_hours[CS_PREDICTORS], r2_log[CS_PREDICTORS]; /* on the runs that all three answer */
};

/* Predicts every case and evaluates them; validation->cases are read already. Free in any case. */
enum cs_code cs_validation_run(const struct cs_config *config, struct cs_validation *validation,
                               struct cs_error *error);
void cs_validation_free(struct cs_validation *validation);
/* (predicted - measured) / measured; NAN where unanswered. */
double cs_validation_error(const struct cs_validation *validation, int32_t i);
int32_t cs_validation_unanswered(const struct cs_validation *validation);
/* Of an answered case. */
enum cs_memory_verdict cs_validation_memory(const struct cs_validation *validation, int32_t i);

/* details: every case too. */
void cs_validation_text(const struct cs_validation *validation, bool details, FILE *out);
enum cs_code cs_validation_json(const struct cs_validation *validation, FILE *out, struct cs_error *error);

#endif
