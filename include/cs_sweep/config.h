/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration: text in, one immutable value out, and the grid that its axes span. */
#ifndef CS_SWEEP_CONFIG_H
#define CS_SWEEP_CONFIG_H

#include <stddef.h>

#include "cs_sweep/architecture.h"
#include "cs_sweep/error.h"
#include "cs_sweep/hardware.h"
#include "cs_sweep/search.h"

/* ---- data files ---- */
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

/* ---- text that every rank parses ---- */
/* Everything that decides a sweep: configuration, data files and overrides, as bytes. Rank 0 reads it, the others
 * receive it (cs_bundle_pack / unpack), all parse the same. */
struct cs_bundle {
    char *config_name, *config;   /* NULL config: defaults only (cs_point) */
    char *file_name[4], *file[4]; /* devices, regions, qat_levels, models */
    int32_t set_count;
    char **sets; /* "path=value" */
};
enum cs_code cs_bundle_read(const char *config_path, int32_t set_count, const char *const *sets,
                            struct cs_bundle *bundle, struct cs_error *error);
/* Where a data file that comes with the program is: in the folder that CS_SWEEP_DATA names, else beside the program
 * (../configs, ../share/cs_sweep), else where it was installed. False if it is not there. */
bool cs_data_path(const char *name, char *path, size_t size);
/* One block of bytes, malloc'ed; and back. */
enum cs_code cs_bundle_pack(const struct cs_bundle *bundle, char **bytes, int64_t *size, struct cs_error *error);
enum cs_code cs_bundle_unpack(const char *bytes, int64_t size, struct cs_bundle *bundle, struct cs_error *error);
void cs_bundle_free(struct cs_bundle *bundle);

/* ---- the parsed configuration ---- */
enum cs_axis_kind { CS_AXIS_MODEL, CS_AXIS_HARDWARE, CS_AXIS_YEAR, CS_AXIS_QAT, CS_AXIS_REGION, CS_AXIS_SETTING };
enum { CS_AXES_MAX = 16 };
struct cs_axis {
    enum cs_axis_kind kind;
    char name[CS_NAME_MAX];           /* dimension in the result file */
    char path[128];                   /* setting axes: "carbon.cpa_growth_per_year" */
    const struct cs_setting *setting; /* setting axes */
    unsigned scopes;                  /* what reads it */
    int64_t size;
    double *numbers;             /* setting axes: value (choices, flags, sets: as number; lists: unused); year: years */
    struct cs_list *lists;       /* axes over a CS_LIST setting: the lists */
    char (*labels)[CS_NAME_MAX]; /* model, hardware, qat, region, choice axes: text */
    int32_t *indices;            /* hardware, qat, region, model: index into config->library (model: into models) */
};
enum { CS_AXIS_VALUES_MAX = 100000 }; /* most values of one axis: the bound of what an axis allocates */
struct cs_config {
    char title[256], output_path[1024]; /* title may be empty; NAME.h5 where NAME.json states no output */
    struct cs_settings settings;        /* with every --set; axes replace members per point */
    struct cs_library library;          /* inline devices, regions and models appended */
    int32_t axis_count;
    struct cs_axis axes[CS_AXES_MAX]; /* model, hardware, year, qat, settings in the order given, region last */
    /* training.seq_len, tokens_per_parameter or tokens_basis was given (in the file, by --set, or as an axis): it then
     * replaces what explicit models state themselves. */
    bool seq_len_given, tokens_given;
    char *as_given;  /* text of the configuration, as read */
    char *in_effect; /* JSON text of every setting and axis as used */
    char search_key
        [65]; /* hex SHA-256 or similar of what decides results: resume compares in_effect and says which key */
};
/* Strict: nothing unknown, doubled, out of range or not finite passes; the message has file, line, column, key path,
 * what was expected and the nearest known name. */
enum cs_code cs_config_parse(const struct cs_bundle *bundle, struct cs_config *config, struct cs_error *error);
void cs_config_free(struct cs_config *config);
/* First key whose value differs between two in_effect texts, as a dotted path; false when equal. */
bool cs_config_difference(const char *in_effect_a, const char *in_effect_b, char *path, int32_t path_size);

/* ---- the grid ---- */
/* Axis order of a flat index: the order of config->axes, the last fastest. A search index runs over the axes that
 * decide a plan (cs_grid_plan_scopes), but for the region: under min_carbon one search serves all regions. */
struct cs_grid {
    const struct cs_config *config;
    int64_t searches;
    int64_t points;                                      /* product of all axes */
    int32_t records_per_search;                          /* regions (min_carbon only) * (1 + alternatives) */
    int32_t search_axis_count, search_axes[CS_AXES_MAX]; /* indices into config->axes, in order */
};
enum cs_code cs_grid_init(const struct cs_config *config, struct cs_grid *grid, struct cs_error *error);
/* Coordinates of a search index on the search axes. */
void cs_grid_coordinates(const struct cs_grid *grid, int64_t search, int64_t *coordinates);
/* The way back: of coordinates on ALL config axes, the search that answers them and, under min_carbon, the region's
 * record (alternative 0) among the records of that search. */
int64_t cs_grid_search_of(const struct cs_grid *grid, const int64_t *coordinates);
int32_t cs_grid_record_of(const struct cs_grid *grid, const int64_t *coordinates);
/* An axis makes a variable vary when the variable is computed from one of the scopes that read the axis. */
bool cs_axis_read_by(const struct cs_axis *axis, unsigned scopes);
/* The scopes that decide a plan: ARCHITECTURE and SEARCH, what min_energy and min_carbon look at besides. The region
 * axis is read by them exactly when the plan depends on the region. */
unsigned cs_grid_plan_scopes(const struct cs_grid *grid);
/* Settings, problem and carbon inputs at given coordinates on ALL config axes (region coordinate ignored by problem).
 * carbon->device points into problem. */
struct cs_design_point {
    struct cs_settings settings;
    struct cs_problem problem;
    struct cs_space space;
    struct cs_carbon_inputs carbon; /* .device = &problem.device */
    const struct cs_model *model;
    double years;
};
void cs_grid_point(const struct cs_grid *grid, const int64_t *coordinates, struct cs_design_point *point);
/* Relative cost of a search, for ordering: larger is costlier. */
double cs_grid_cost(const struct cs_grid *grid, int64_t search);

#endif
