/* SPDX-License-Identifier: BSD-3-Clause */
/* How well the model predicts devices of a family: what `make validate` last found, a file of the data directory. */
#ifndef CS_SWEEP_FAMILY_H
#define CS_SWEEP_FAMILY_H

#include <stdbool.h>
#include <stdint.h>

struct cs_family_error {
    double mape;   /* mean absolute relative error of the step time, a fraction */
    int64_t cases; /* published runs it is the mean over */
};
/* False where no figure is known of the family, or the file (validation/errors.json) is missing or wrong. */
bool cs_family_error_read(const char *family, struct cs_family_error *error);

#endif
