/* SPDX-License-Identifier: BSD-3-Clause */
/* The design space: the grid that the axes of a configuration span, one point of it, and the record of its search. */
#ifndef CS_SWEEP_DESIGN_H
#define CS_SWEEP_DESIGN_H

#include "cs_sweep/config.h"
#include "cs_sweep/search.h"

/* ---- the grid ---- */
/* Axis order of a flat index: the order of config->axes, the last fastest. A search index runs over the axes that
 * decide a plan (plan_scopes), but for the region: under min_carbon one search serves all regions. */
struct cs_grid {
    const struct cs_config *config;
    int64_t searches;
    int64_t points;             /* product of all axes */
    int32_t plans_per_search;   /* by the objective: regions (min_carbon only) * (1 + alternatives) */
    int32_t records_per_search; /* these, and the least-carbon plan where `least_carbon` */
    bool least_carbon;          /* search.least_carbon beside min_devices: the last record of every search */
    /* What decides a plan: ARCHITECTURE and SEARCH, and what min_energy, min_carbon and min_cost look at besides. The
     * region axis is read by it exactly when the plan depends on the region. */
    unsigned plan_scopes;
    int32_t search_axis_count, search_axes[CS_AXES_MAX]; /* indices into config->axes, in order */
};
enum cs_code cs_grid_init(const struct cs_config *config, struct cs_grid *grid, struct cs_error *error);
/* Coordinates of a search index on all axes: 0 on those that no search reads. */
void cs_grid_coordinates(const struct cs_grid *grid, int64_t search, int64_t coordinates[CS_AXES_MAX]);
/* The way back: of coordinates on ALL config axes, the search that answers them and, under min_carbon, the region's
 * record (alternative 0) among the records of that search. */
int64_t cs_grid_search_of(const struct cs_grid *grid, const int64_t *coordinates);
int32_t cs_grid_record_of(const struct cs_grid *grid, const int64_t *coordinates);
/* An axis makes a variable vary when the variable is computed from one of the scopes that read the axis. */
bool cs_axis_read_by(const struct cs_axis *axis, unsigned scopes);
/* Settings, problem and carbon inputs at given coordinates on ALL config axes (the problem ignores the region). */
struct cs_design_point {
    struct cs_settings settings;
    struct cs_problem problem;
    struct cs_space space;
    struct cs_carbon_inputs carbon;
    const struct cs_model *model;
    bool own_batch; /* the model's, with its ramp */
    double years;
};
void cs_grid_point(const struct cs_grid *grid, const int64_t *coordinates, struct cs_design_point *point);
/* The place that a region is under these settings, in the year of the hardware. */
struct cs_place cs_region_place(const struct cs_carbon_inputs *inputs, const struct cs_region *region);
/* The place at which a plan's carbon is the mean of what it has over the regions of the grid: carbon is linear in
 * pue * g_per_kwh, so the plan with the least there is the plan with the least summed over the regions. */
struct cs_place cs_grid_mean_place(const struct cs_grid *grid, const struct cs_carbon_inputs *inputs);
/* Relative cost of a search, for ordering: larger is costlier. */
double cs_grid_cost(const struct cs_grid *grid, int64_t search);

/* ---- the record ---- */
/* The fixed-size answer of one search: what workers send, what the result file is made of. Plain values, no padding
 * left unset, so equal answers are equal bytes. */
struct cs_record {
    struct cs_plan plan;
    double training_time, idle_time, step_time, mfu, hfu, memory, candidates;
    double shares[CS_SHARE_COUNT];
    int64_t status; /* enum cs_status */
};

void cs_record_of(const struct cs_search_result *result, struct cs_record *record);
/* Runs search `search` of the grid and fills grid->records_per_search records: [region][alternative], then the
 * least-carbon plan. Of axes that only carbon reads, that one is of their first values. Where no such plan is asked for
 * (another value on an axis of objectives) its status is pending. */
void cs_record_evaluate(const struct cs_grid *grid, int64_t search, struct cs_search_workspace *workspace,
                        struct cs_record *records);

#endif
