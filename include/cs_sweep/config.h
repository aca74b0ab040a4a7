/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration: text in, one immutable value out. */
#ifndef CS_SWEEP_CONFIG_H
#define CS_SWEEP_CONFIG_H

#include "cs_sweep/library.h"

/* ---- the five axes ---- */
/* The five axes that every configuration has: AXIS(kind, key below "axes", dimension in the result file, option of
 * cs_point, its value where no configuration is given, the entries of the library that its values are, what reads it,
 * unit, meaning). */
#define CS_MAIN_AXES(AXIS)                                                                                             \
    AXIS(MODEL, "model", "model", "--model", "{\"d_model\": [10240]}", CS_ENTRY_MODEL, CS_SCOPE_ARCHITECTURE, "1",     \
         "large language model: its model dimension, or its name")                                                     \
    AXIS(HARDWARE, "hardware", "hardware", "--hardware", "[\"H100\"]", CS_ENTRY_DEVICE,                                \
         CS_SCOPE_SEARCH | CS_SCOPE_POWER | CS_SCOPE_EMBODIED, "1", "device")                                          \
    AXIS(YEAR, "year", "year", "--year", "[0]", CS_ENTRY_KINDS, CS_SCOPE_SEARCH | CS_SCOPE_POWER | CS_SCOPE_EMBODIED,  \
         "year", "years of hardware scaling after the device's introduction")                                          \
    AXIS(QAT, "qat", "qat", "--qat", "[\"off\"]", CS_ENTRY_QAT, CS_SCOPE_SEARCH | CS_SCOPE_POWER | CS_SCOPE_EMBODIED,  \
         "1", "quantisation-aware training")                                                                           \
    AXIS(REGION, "carbon_intensity", "region", "--region", "[\"us-east5\"]", CS_ENTRY_REGION, CS_SCOPE_OPERATION, "1", \
         "place of the data centre")
enum cs_axis_kind {
#define CS_AXIS_KIND(kind, ...) CS_AXIS_##kind,
    CS_MAIN_AXES(CS_AXIS_KIND)
#undef CS_AXIS_KIND
        CS_AXIS_SETTING,
    CS_AXIS_DEVICE,
    CS_MAIN_AXIS_COUNT = CS_AXIS_SETTING
};
struct cs_main_axis {
    const char *key, *dimension, *option, *standard;
    enum cs_entry_kind entries; /* CS_ENTRY_KINDS: none, of years */
    unsigned scopes;
    const char *unit, *meaning;
};
extern const struct cs_main_axis cs_main_axes[CS_MAIN_AXIS_COUNT]; /* by kind */

/* ---- text that every rank parses ---- */
/* Everything that decides a sweep: configuration, data files and overrides, as bytes. Rank 0 reads it, the others
 * receive it (cs_bundle_pack / unpack), all parse the same. */
struct cs_bundle {
    char *config_name, *config;                             /* NULL config: defaults only (cs_point) */
    char *file_name[CS_ENTRY_KINDS], *file[CS_ENTRY_KINDS]; /* the data files */
    int32_t set_count;
    char **sets; /* "path=value" */
    /* Of cs_point and cs_validate, which have one process: never packed. Devices that join the library's
     * (cs_bundle_add_devices); NULL: none. */
    char *more_name, *more_devices;
    /* Of cs_point: each axis is narrowed to one value: what is wanted of one of
     * the five (on the axis or in the library), what --set gives by another's path, else its first. */
    bool one_point;
    const char *wanted[CS_MAIN_AXIS_COUNT]; /* NULL: the first */
};
enum cs_code cs_bundle_read(const char *config_path, int32_t set_count, const char *const *sets,
                            struct cs_bundle *bundle, struct cs_error *error);
/* Reads a file of devices, {"devices": [...]}, that join those of the library, as inline devices do: an entry may be
 * based on any of both, and one that has the name of a device of the library replaces it. NULL: no file. Frees the
 * bundle on an error. */
enum cs_code cs_bundle_add_devices(const char *path, struct cs_bundle *bundle, struct cs_error *error);
/* One block of bytes, malloc'ed; and back. */
enum cs_code cs_bundle_pack(const struct cs_bundle *bundle, char **bytes, int64_t *size, struct cs_error *error);
enum cs_code cs_bundle_unpack(const char *bytes, int64_t size, struct cs_bundle *bundle, struct cs_error *error);
void cs_bundle_free(struct cs_bundle *bundle);

/* ---- the parsed configuration ---- */
enum { CS_AXES_MAX = 16 };
struct cs_axis {
    enum cs_axis_kind kind;
    char name[CS_NAME_MAX]; /* its dimension in the result file, if no other thing there has the name */
    char path[128];         /* its key below "axes": "hardware", "carbon.cpa_growth_per_year", "device.tdp_w" */
    const struct cs_setting *setting;    /* setting axes */
    const struct cs_device_field *field; /* device axes */
    bool factor;                         /* device axes: the numbers are factors on what each device has */
    enum cs_setting_type type;           /* of the values: main axes have CS_REAL */
    unsigned scopes;                     /* what reads it */
    const char *unit, *meaning;
    int64_t size;
    double *numbers;             /* setting and device axes: value (choices, flags, sets: as number; lists: unused);
                                    year: years */
    struct cs_list *lists;       /* axes over a CS_LIST setting: the lists */
    char (*labels)[CS_NAME_MAX]; /* model, hardware, qat, region, choice axes: text */
    int32_t *indices;            /* hardware, qat, region, model: index into config->library (model: into models) */
};
enum { CS_AXIS_VALUES_MAX = 100000 }; /* most values of one axis: the bound of what an axis allocates */
/* A field of every device given anew, or times a factor. */
struct cs_device_change {
    const struct cs_device_field *field;
    bool factor;
    double value; /* in the unit of the field's key, or the factor */
};
struct cs_config {
    char title[256], output_path[1024]; /* title may be empty; NAME.h5 where NAME.json states no output */
    struct cs_settings settings;        /* with every --set; axes replace members per point */
    struct cs_library library;          /* inline devices, regions and models appended */
    int32_t change_count;
    struct cs_device_change changes[CS_DEVICE_FIELD_COUNT]; /* the section "device", with every --set */
    int32_t axis_count;
    struct cs_axis axes[CS_AXES_MAX]; /* model, hardware, year, qat, settings in the order given, region last */
    /* What was given (in the file, by --set, or as an axis) replaces what explicit models state themselves:
     * training.seq_len; tokens, tokens_per_parameter or tokens_basis; global_batch;
     * goodput; stack; stack_year; search.schedules; search.recompute. */
    bool seq_len_given, tokens_given, batch_given, goodput_given, schedules_given, recompute_given, stack_given,
        stack_year_given;
    char *as_given;  /* text of the configuration, as read */
    char *in_effect; /* JSON text of every setting and axis as used: a configuration that gives the same results */
};
/* Strict: nothing unknown, doubled, out of range or not finite passes; the message has file, line, column, key path,
 * what was expected and the nearest known name. */
enum cs_code cs_config_parse(const struct cs_bundle *bundle, struct cs_config *config, struct cs_error *error);
void cs_config_free(struct cs_config *config);
/* Where the axis of one of the five kinds stands in config->axes. Every parsed configuration has it. */
int32_t cs_config_axis(const struct cs_config *config, enum cs_axis_kind kind);
/* Whether a number, flag or choice takes this value at some point of the grid. */
bool cs_config_takes(const struct cs_config *config, const char *path, double value);
/* A device as the section "device" changes it; CS_ERROR_CONFIG where it cannot be. Devices of the hardware axis can. */
enum cs_code cs_config_device(const struct cs_config *config, const struct cs_device *device, struct cs_device *changed,
                              struct cs_error *error);
void cs_device_apply(const struct cs_device_change *change, struct cs_device *device);
/* Whether two in_effect texts give different results, and the first key whose value differs, as a dotted path. Titles,
 * outputs and limits decide no result. */
bool cs_config_difference(const char *in_effect_a, const char *in_effect_b, char *path, int32_t path_size);

#endif
