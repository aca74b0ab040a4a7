/* SPDX-License-Identifier: BSD-3-Clause */
/* The data files: devices, regions, QAT levels, models by name, and how well the model predicts devices of a family. */
#ifndef CS_SWEEP_LIBRARY_H
#define CS_SWEEP_LIBRARY_H

#include <stddef.h>

#include "cs_sweep/architecture.h"
#include "cs_sweep/error.h"
#include "cs_sweep/hardware.h"

/* What a carbon intensity counts: what generation burns, or its plants and fuels from the beginning too. */
enum cs_accounting { CS_ACCOUNTING_UNKNOWN, CS_ACCOUNTING_OPERATIONAL, CS_ACCOUNTING_LIFE_CYCLE };
#define CS_ACCOUNTING_NAMES "unknown|operational|life_cycle"

struct cs_region {
    char name[CS_NAME_MAX];
    double g_per_kwh;
    int32_t year;     /* of the figure; 0 unknown */
    double pue;       /* 0: not stated */
    double trend;     /* factor per year of the intensity; 0: not stated */
    double l_per_kwh; /* water of generation; 0: not stated */
    enum cs_accounting accounting;
    char source[512];
};
/* BITS(key, member of cs_precision, must be stated, default in bytes); `level` is the QAT level as far as it was
 * read. */
#define CS_QAT_BITS(BITS)                                                                                              \
    BITS("weight_bits", weight_bytes, true, 0.0)                                                                       \
    BITS("activation_bits", activation_bytes, true, 0.0)                                                               \
    BITS("communication_bits", communication_bytes, true, 0.0)                                                         \
    BITS("dispatch_bits", dispatch_bytes, false, level->communication_bytes)                                           \
    BITS("gradient_bits", gradient_communication_bytes, false, 0.0)
struct cs_qat {
    char name[CS_NAME_MAX];
    struct cs_precision precision;
};
/* Facts of the published run of a model; 0: not stated. Each serves unless the user gives the setting. */
#define CS_MODEL_PRECISIONS "bf16|fp16|fp8"
enum cs_model_precision { CS_MODEL_BF16 = 1, CS_MODEL_FP16, CS_MODEL_FP8 };
struct cs_model {
    struct cs_architecture architecture;
    bool from_law;        /* a d_model */
    double tokens;        /* 0: by training.tokens_per_parameter */
    int64_t seq_len;      /* 0: training.seq_len */
    int64_t global_batch; /* sequences, the last and largest part of the run */
    struct cs_batch_ramp ramp;
    int32_t stack; /* 1 + the index in CS_STACK_NAMES */
    int64_t stack_year;
    int32_t schedule;  /* 1 + enum cs_schedule */
    int32_t recompute; /* 1 + enum cs_recompute */
    int32_t precision; /* enum cs_model_precision */
    double goodput;
    double scale_out_bandwidth; /* of the site, B/s per device and direction; on scale_out_device only */
    char scale_out_device[CS_NAME_MAX];
    bool learned_positions; /* a position embedding as long as the sequence */
};
enum cs_entry_kind { CS_ENTRY_DEVICE, CS_ENTRY_REGION, CS_ENTRY_QAT, CS_ENTRY_MODEL, CS_ENTRY_KINDS };
/* What the entries of one kind are called. A device or a model may have further names, its aliases. */
struct cs_names {
    int32_t count, alias_count;
    struct cs_name {
        char text[CS_NAME_MAX];
        int32_t index; /* of the entry */
        bool alias;
    } * items;
};
struct cs_library {
    int32_t device_count, region_count, qat_count, model_count;
    struct cs_device *devices;
    struct cs_region *regions;
    struct cs_qat *qat_levels;
    struct cs_model *models;
    struct cs_names names[CS_ENTRY_KINDS];
};
/* Index of a name or an alias; -1 if absent. */
int32_t cs_library_find(const struct cs_library *library, enum cs_entry_kind kind, const char *name);

/* Where a data file that comes with the program is: in the folder that CS_SWEEP_DATA names, else beside the program
 * (../configs, ../share/cs_sweep), else where it was installed. False if it is not there. */
bool cs_data_path(const char *name, char *path, size_t size);

/* How well the model predicts time: from measured runs of the device itself, of relatives that share its constants
 * only, or of none. Each run was held out of the fit when it was predicted. */
enum cs_trust { CS_TRUST_NONE, CS_TRUST_FAMILY, CS_TRUST_HELD_OUT };
#define CS_TRUST_NAMES "none|family only|held-out"
struct cs_model_error {
    enum cs_trust kind;
    double mape;   /* mean absolute relative error of the time, a fraction; NAN with none */
    int64_t cases; /* published runs it is the mean over */
};
/* From validation/errors.json of the data directory, which `make validate` writes; none where it cannot be read. */
void cs_model_error_read(const struct cs_device *device, struct cs_model_error *error);

#endif
