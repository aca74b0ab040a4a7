/* SPDX-License-Identifier: BSD-3-Clause */
#include "point.h"

#include <math.h>
#include <string.h>

const char *cs_bound_word(enum cs_bound bound)
{
    static const char *const words[] = {"compute", "memory", "launch", "link", "pipeline", "devices"};
    return words[bound];
}

const char *cs_pass_word(const struct cs_trace_entry *entry)
{
    return entry->again ? "again" : entry->backward ? "backward" : "forward";
}

void cs_point_carbon_of(const struct cs_point *point, const struct cs_search_result *result,
                        struct cs_point_carbon *carbon)
{
    const struct cs_carbon_inputs *const inputs = &point->design.carbon;
    const struct cs_embodied *const each = &inputs->embodied;
    const double seconds = result->step.training_seconds;
    memset(carbon, 0, sizeof *carbon);
    cs_footprint_of(inputs, result->plan.devices, seconds, result->step.idle_seconds, result->step.mfu, &carbon->all);
    cs_footprint_at(&point->place, &carbon->all);
    const double training = seconds - (inputs->power.idle_apart ? result->step.idle_seconds : 0.0);
    const double unused = cs_operational_carbon((double)result->plan.devices * training * cs_device_power(inputs, 0.0),
                                                point->place.pue, point->place.g_per_kwh);
    const double embodied = carbon->all.embodied, whole = each->total > 0.0 ? each->total : (double)INFINITY;
    const struct cs_carbon_term terms[CS_CARBON_TERMS] = {
        {"static_power", "static power", "devices, while they train", unused},
        {"dynamic_power", "dynamic power", "devices, while they train", carbon->all.operational - unused},
        {"idle", "idle", "devices, not training", carbon->all.idle},
        {"servers", "servers", "the rest, operational", carbon->all.servers},
        {"network", "network", "switches, operational", carbon->all.network},
        {"logic", "logic", "embodied", embodied * each->logic / whole},
        {"hbm", "memory chips", "embodied", embodied * each->hbm / whole},
        {"cooling", "cooling", "embodied, and power supply", embodied * each->cooling / whole},
        {"board", "boards", "embodied", embodied * each->board / whole},
        {"host", "hosts", "embodied", embodied * each->host / whole},
        {"network_gear", "network gear", "embodied", embodied * each->network / whole},
        {"transport", "transport", "embodied, with end of life",
         embodied * (each->transport + each->end_of_life) / whole},
        {"construction", "buildings", "embodied", embodied * each->construction / whole},
    };
    memcpy(carbon->terms, terms, sizeof terms);
}

double cs_point_total_carbon(const struct cs_point *point, const struct cs_search_result *result)
{
    struct cs_point_carbon carbon;
    if (!point->has_carbon || result->status != CS_STATUS_FEASIBLE) {
        return (double)NAN;
    }
    cs_point_carbon_of(point, result, &carbon);
    return carbon.all.total;
}

int32_t cs_point_answer(const struct cs_point *point, const struct cs_design_point *design,
                        struct cs_search_workspace *workspace, int32_t wanted, struct cs_search_result *best)
{
    int32_t found = 1;
    if (point->objective == CS_MIN_CARBON) {
        cs_search_regions(&design->problem, &design->space, &design->carbon, workspace, 1, &point->place, best);
    } else {
        cs_search(&design->problem, &design->space, point->objective, &design->carbon, workspace, wanted, best, &found);
    }
    return found;
}

/* The best plan at the answer's device count with one knob at another value: the answer's time over it is what the
 * knob is worth. Not for a knob that the user gave. */
static void try_knob(struct cs_point *point, struct cs_search_workspace *workspace, const struct cs_knob *knob,
                     int64_t value)
{
    struct cs_point_knob *const entry = &point->knobs[point->knob_count];
    struct cs_space space = point->design.space;
    int32_t found = 0;
    if (point->knob_count == CS_POINT_KNOBS_MAX || cs_knob_given(&space.given, knob)) {
        return;
    }
    space.given.devices = point->best[0].plan.devices;
    cs_knob_put(&space.given, knob, value);
    cs_search(&point->design.problem, &space, CS_MIN_TIME, &point->design.carbon, workspace, 1, &entry->result, &found);
    /* Before any gate: the value is outside the space, so it is no neighbour. */
    if (entry->result.status == CS_STATUS_DIVISIBILITY || entry->result.status == CS_STATUS_COMMUNICATION) {
        return;
    }
    entry->knob = knob->name;
    snprintf(entry->value, sizeof entry->value, "%.23s", cs_knob_value(knob, value).at);
    point->knob_count++;
}

/* A degree halved and doubled. */
static void try_degree(struct cs_point *point, struct cs_search_workspace *workspace, const char *name)
{
    const struct cs_knob *const knob = cs_knob_find(name);
    const int64_t now = cs_knob_get(&point->best[0].plan, knob);
    if (now % 2 == 0) {
        try_knob(point, workspace, knob, now / 2);
    }
    try_knob(point, workspace, knob, now * 2);
}

/* Every other level that the settings' set holds. */
static void try_levels(struct cs_point *point, struct cs_search_workspace *workspace, const char *name, uint32_t levels)
{
    const struct cs_knob *const knob = cs_knob_find(name);
    for (int64_t level = knob->least; level <= knob->most; level++) {
        if (level != cs_knob_get(&point->best[0].plan, knob) && (levels >> level & 1) != 0) {
            try_knob(point, workspace, knob, level);
        }
    }
}

static void find_knobs(struct cs_point *point, struct cs_search_workspace *workspace)
{
    const struct cs_search_settings *const settings = &point->design.settings.search;
    try_degree(point, workspace, "tensor");
    try_degree(point, workspace, "pipeline");
    try_degree(point, workspace, "micro_batch");
    if (point->best[0].plan.pipeline > 1) {
        try_degree(point, workspace, "interleave");
    }
    try_levels(point, workspace, "zero_stage", settings->zero_stages);
    try_levels(point, workspace, "recompute", settings->recompute);
}

/* The point's own answer, and the least-carbon plan beside the one with the fewest devices. */
static void answer(struct cs_point *point, struct cs_search_workspace *workspace)
{
    const struct cs_design_point *const design = &point->design;
    const bool free_count = design->space.given.devices == 0;
    point->has_least =
        point->objective == CS_MIN_DEVICES && point->has_carbon && free_count && design->settings.search.least_carbon;
    if (!point->has_least) {
        point->found = cs_point_answer(point, design, workspace, point->objective == CS_MIN_CARBON ? 1 : point->wanted,
                                       point->best);
        return;
    }
    cs_search_pair(&design->problem, &design->space, &design->carbon, &point->place, workspace, point->wanted,
                   point->best, &point->found, &point->least);
    point->has_least = point->least.status == CS_STATUS_FEASIBLE;
    if (point->has_least) {
        cs_point_carbon_of(point, &point->least, &point->least_carbon);
    }
}

enum cs_code cs_point_evaluate(struct cs_point *point, struct cs_error *error)
{
    struct cs_search_workspace *const workspace = cs_search_workspace_create();
    if (workspace == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "There is not enough memory for the search's workspace.");
    }
    point->found = 1;
    if (!point->answered) {
        answer(point, workspace);
    }
    for (int32_t i = 0; i < point->found; i++) {
        point->best_carbon[i] = cs_point_total_carbon(point, &point->best[i]);
    }
    if (point->best[0].status == CS_STATUS_FEASIBLE) {
        if (point->has_carbon) {
            cs_point_carbon_of(point, &point->best[0], &point->carbon);
        }
        cs_point_trace_plan(point);
        if (point->with_changes) {
            cs_point_find_fewer(point, workspace);
            find_knobs(point, workspace);
        }
    }
    if (point->best[0].status != CS_STATUS_FEASIBLE && !point->answered) {
        cs_point_find_levers(point, workspace);
    }
    if (point->with_changes) {
        cs_point_find_changes(point, workspace);
    }
    if (point->with_pareto && point->has_carbon) {
        point->pareto_count = cs_search_pareto(&point->design.problem, &point->design.space, &point->design.carbon,
                                               &point->place, workspace, CS_POINT_TOP_MAX, point->pareto);
        if (point->pareto_count < 0) {
            cs_search_workspace_destroy(workspace);
            return cs_fail(error, CS_ERROR_MEMORY, "There is not enough memory for the front's plans.");
        }
        for (int32_t i = 0; i < point->pareto_count; i++) {
            point->pareto_carbon[i] = cs_point_total_carbon(point, &point->pareto[i]);
        }
    }
    cs_search_workspace_destroy(workspace);
    return CS_OK;
}
