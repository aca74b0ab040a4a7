/* SPDX-License-Identifier: BSD-3-Clause */
#include "cs_sweep/design.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ALTERNATIVES_MAX = 100 };

/* Numbers of a record that has no plan. */
static void clear(struct cs_record *record, enum cs_status status)
{
    memset(record, 0, sizeof *record);
    record->status = status;
    record->training_time = record->idle_time = record->step_time = record->mfu = record->hfu = record->memory =
        (double)NAN;
    for (int32_t i = 0; i < CS_SHARE_COUNT; i++) {
        record->shares[i] = (double)NAN;
    }
}

void cs_record_of(const struct cs_search_result *result, struct cs_record *record)
{
    clear(record, result->status);
    record->candidates = result->candidates;
    if (result->status != CS_STATUS_FEASIBLE) {
        return;
    }
    record->plan = result->plan;
    record->training_time = result->step.training_seconds;
    record->idle_time = result->step.idle_seconds;
    record->step_time = result->step.seconds;
    record->mfu = result->step.mfu;
    record->hfu = result->step.hfu;
    record->memory = result->step.memory_bytes;
    memcpy(record->shares, result->step.shares, sizeof record->shares);
}

/* One search, a record for each region. */
static void evaluate_regions(const struct cs_grid *grid, const struct cs_design_point *point,
                             struct cs_search_workspace *workspace, struct cs_record *records)
{
    const struct cs_config *config = grid->config;
    const struct cs_axis *axis = &config->axes[cs_config_axis(config, CS_AXIS_REGION)];
    struct cs_place *places = malloc((size_t)axis->size * sizeof *places);
    struct cs_search_result *best = calloc((size_t)axis->size, sizeof *best);
    if (places == NULL || best == NULL) {
        for (int64_t i = 0; i < axis->size; i++) {
            clear(&records[i], CS_STATUS_FAILED);
        }
    } else {
        for (int64_t i = 0; i < axis->size; i++) {
            places[i] = cs_region_place(&point->carbon, &config->library.regions[axis->indices[i]]);
        }
        cs_search_regions(&point->problem, &point->space, &point->carbon, workspace, (int32_t)axis->size, places, best);
        for (int64_t i = 0; i < axis->size; i++) {
            cs_record_of(&best[i], &records[i]);
        }
    }
    free(places);
    free(best);
}

/* The best plans, and the least-carbon one. */
static void evaluate_plans(const struct cs_grid *grid, const struct cs_design_point *point, enum cs_objective objective,
                           struct cs_search_workspace *workspace, struct cs_record *records)
{
    struct cs_search_result best[1 + ALTERNATIVES_MAX];
    const int32_t wanted = 1 + (int32_t)grid->config->settings.search.alternatives;
    int32_t found = 0;
    memset(best, 0, sizeof best);
    if (objective == CS_MIN_DEVICES && point->settings.search.least_carbon) {
        struct cs_search_result least;
        const struct cs_place place = cs_grid_mean_place(grid, &point->carbon);
        cs_search_pair(&point->problem, &point->space, &point->carbon, &place, workspace, wanted, best, &found, &least);
        cs_record_of(&least, &records[grid->plans_per_search]);
    } else {
        cs_search(&point->problem, &point->space, objective, &point->carbon, workspace, wanted, best, &found);
    }
    for (int32_t i = 0; i < wanted; i++) {
        if (i < found || i == 0) {
            cs_record_of(&best[i], &records[i]);
        } else {
            /* No further plan is feasible; where none at all is, for the same reason. */
            clear(&records[i], found > 0 ? CS_STATUS_PENDING : best[0].status);
        }
    }
    /* Under an axis of objectives one of which is min_carbon, every record has regions: here all are alike. */
    for (int32_t i = wanted; i < grid->plans_per_search; i++) {
        records[i] = records[i % wanted];
    }
}

void cs_record_evaluate(const struct cs_grid *grid, int64_t search, struct cs_search_workspace *workspace,
                        struct cs_record *records)
{
    int64_t coordinates[CS_AXES_MAX];
    struct cs_design_point point;
    cs_grid_coordinates(grid, search, coordinates);
    cs_grid_point(grid, coordinates, &point);
    const enum cs_objective objective = (enum cs_objective)point.settings.search.objective;
    if (grid->least_carbon) {
        clear(&records[grid->plans_per_search], CS_STATUS_PENDING);
    }
    if (objective == CS_MIN_CARBON) {
        evaluate_regions(grid, &point, workspace, records);
    } else {
        evaluate_plans(grid, &point, objective, workspace, records);
    }
}
