/* SPDX-License-Identifier: BSD-3-Clause */
/* The data files: devices, regions, QAT levels, models by name, and how well the model predicts devices of a family. */
#ifndef CS_SWEEP_LIBRARY_H
#define CS_SWEEP_LIBRARY_H

#include <stddef.h>

#include "cs_sweep/architecture.h"
#include "cs_sweep/error.h"
#include "cs_sweep/hardware.h"

struct cs_region {
    char name[CS_NAME_MAX];
    double g_per_kwh;
    int32_t year; /* of the figure; 0 unknown */
    double pue;   /* 0: not stated */
    char source[512];
};
struct cs_qat {
    char name[CS_NAME_MAX];
    struct cs_precision precision;
};
struct cs_model {
    struct cs_architecture architecture;
    bool from_law;          /* a d_model */
    double tokens;          /* published; 0: by training.tokens_per_parameter */
    int64_t seq_len;        /* published; 0: training.seq_len */
    bool learned_positions; /* a position embedding as long as the sequence */
};
/* A second name of a device or model. */
struct cs_alias {
    char name[CS_NAME_MAX];
    int32_t index;
};
struct cs_library {
    int32_t device_count, region_count, qat_count, model_count, device_alias_count, model_alias_count;
    struct cs_device *devices;
    struct cs_region *regions;
    struct cs_qat *qat_levels;
    struct cs_model *models;
    struct cs_alias *device_aliases, *model_aliases;
};
/* Index of a name or an alias; -1 if absent. */
int32_t cs_library_device(const struct cs_library *library, const char *name);
int32_t cs_library_region(const struct cs_library *library, const char *name);
int32_t cs_library_qat(const struct cs_library *library, const char *name);
int32_t cs_library_model(const struct cs_library *library, const char *name);

/* Where a data file that comes with the program is: in the folder that CS_SWEEP_DATA names, else beside the program
 * (../configs, ../share/cs_sweep), else where it was installed. False if it is not there. */
bool cs_data_path(const char *name, char *path, size_t size);

/* How well the model predicts devices of a family: what `make validate` last found, a file of the data directory. */
struct cs_family_error {
    double mape;   /* mean absolute relative error of the step time, a fraction */
    int64_t cases; /* published runs it is the mean over */
};
/* False where no figure is known of the family, or the file (validation/errors.json) is missing or wrong. */
bool cs_family_error_read(const char *family, struct cs_family_error *error);

#endif
