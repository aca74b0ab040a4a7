/* SPDX-License-Identifier: BSD-3-Clause */
#include "point.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const char *cs_status_word(enum cs_status status)
{
    static const char *const words[] = {"pending", "feasible", "divisibility", "communication",
                                        "batch",   "memory",   "deadline",     "failed"};
    return words[status];
}

const char *cs_status_sentence(enum cs_status status)
{
    static const char *const sentences[] = {
        "It was not searched.",
        "A plan was found.",
        "No plan divides the model over the devices: tensor, pipeline and expert degrees do not fit its shape.",
        "No plan keeps tensor groups within a scale-up domain and spreads the experts evenly over the devices.",
        "Every plan that divides the model wants more sequences in flight than the critical batch holds.",
        "Every plan with a batch that divides overflows the devices' memory.",
        "Plans fit in memory, but none ends before the deadline.",
        "The search failed.",
    };
    return sentences[status];
}

const char *cs_share_word(enum cs_share share)
{
    static const char *const words[] = {"compute", "tensor", "expert", "pipeline", "data", "bubble", "optimizer"};
    return words[share];
}

const char *cs_bound_word(enum cs_bound bound)
{
    static const char *const words[] = {"compute", "memory", "launch", "link", "pipeline", "devices"};
    return words[bound];
}

const char *cs_pass_word(const struct cs_trace_entry *entry)
{
    return entry->again ? "again" : entry->backward ? "backward" : "forward";
}

const char *cs_recompute_word(enum cs_recompute recompute)
{
    static const char *const words[] = {"none", "selective", "full"};
    return words[recompute];
}

const char *cs_schedule_word(enum cs_schedule schedule)
{
    static const char *const words[] = {"1f1b", "zb1p", "dualpipe"};
    return words[schedule];
}

struct cs_plan_text cs_plan_describe(const struct cs_plan *plan)
{
    struct cs_plan_text text;
    int used = snprintf(text.at, sizeof text.at, "t%" PRId32 " p%" PRId32 " d%" PRId64, plan->tensor, plan->pipeline,
                        plan->data);
    const size_t size = sizeof text.at;
    if (plan->context > 1) {
        used += snprintf(text.at + used, size - (size_t)used, " c%" PRId32, plan->context);
    }
    if (plan->expert > 1) {
        used += snprintf(text.at + used, size - (size_t)used, " e%" PRId32, plan->expert);
    }
    if (plan->expert_tensor > 1) {
        used += snprintf(text.at + used, size - (size_t)used, " et%" PRId32, plan->expert_tensor);
    }
    used += snprintf(text.at + used, size - (size_t)used, " z%" PRId32 " b%" PRId32 " v%" PRId32 " %s",
                     plan->zero_stage, plan->micro_batch, plan->interleave, cs_recompute_word(plan->recompute));
    if (plan->schedule != CS_SCHEDULE_1F1B) {
        snprintf(text.at + used, size - (size_t)used, " %s", cs_schedule_word(plan->schedule));
    }
    return text;
}

void cs_point_carbon_of(const struct cs_point *point, const struct cs_search_result *result,
                        struct cs_point_carbon *carbon)
{
    const struct cs_carbon_inputs *const inputs = &point->design.carbon;
    const int64_t devices = result->plan.devices;
    const double seconds = result->step.training_seconds;
    struct cs_embodied each;
    memset(carbon, 0, sizeof *carbon);
    carbon->pue = cs_pue(&inputs->carbon, point->region_pue);
    carbon->g_per_kwh = point->g_per_kwh;
    carbon->energy = cs_device_energy(inputs, devices, seconds, result->step.mfu);
    carbon->energy_static = cs_device_energy(inputs, devices, seconds, 0);
    carbon->energy_servers = cs_server_energy(inputs, devices, seconds);
    carbon->operational = cs_operational_carbon(carbon->energy, carbon->pue, point->g_per_kwh);
    carbon->operational_static = cs_operational_carbon(carbon->energy_static, carbon->pue, point->g_per_kwh);
    carbon->servers = cs_operational_carbon(carbon->energy_servers, carbon->pue, point->g_per_kwh);
    carbon->inventory = cs_embodied_inventory(inputs, devices);
    carbon->embodied = cs_embodied_charged(inputs, devices, seconds);
    cs_embodied_device(inputs, &each);
    if (each.total > 0) {
        carbon->logic = carbon->embodied * each.logic / each.total;
        carbon->hbm = carbon->embodied * each.hbm / each.total;
        carbon->host = carbon->embodied * each.host / each.total;
        carbon->overhead = carbon->embodied * each.overhead / each.total;
    }
    carbon->total = carbon->operational + carbon->servers + carbon->embodied;
}

double cs_point_total_carbon(const struct cs_point *point, const struct cs_search_result *result)
{
    struct cs_point_carbon carbon;
    if (!point->has_carbon || result->status != CS_STATUS_FEASIBLE) {
        return (double)NAN;
    }
    cs_point_carbon_of(point, result, &carbon);
    return carbon.total;
}

/* kg CO2e per J before PUE at the point's region. */
static double intensity_of(const struct cs_point *point, const struct cs_design_point *design)
{
    return cs_operational_carbon(1.0, cs_pue(&design->carbon.carbon, point->region_pue), point->g_per_kwh);
}

int32_t cs_point_answer(const struct cs_point *point, const struct cs_design_point *design,
                        struct cs_search_workspace *workspace, int32_t wanted, struct cs_search_result *best)
{
    int32_t found = 1;
    if (point->objective == CS_MIN_CARBON) {
        const double intensity = intensity_of(point, design);
        cs_search_regions(&design->problem, &design->space, &design->carbon, workspace, 1, &intensity, best);
    } else {
        cs_search(&design->problem, &design->space, point->objective, &design->carbon, workspace, wanted, best, &found);
    }
    return found;
}

/* The best plan at the answer's device count with a knob held: the answer's time over it is what the knob is worth. */
static void try_knob(struct cs_point *point, struct cs_search_workspace *workspace, const char *knob,
                     const struct cs_space *space, const char *value)
{
    struct cs_point_knob *const entry = &point->knobs[point->knob_count];
    int32_t found = 0;
    if (point->knob_count == CS_POINT_KNOBS_MAX) {
        return;
    }
    cs_search(&point->design.problem, space, CS_MIN_TIME, &point->design.carbon, workspace, 1, &entry->result, &found);
    /* Before any gate: the value is outside the space, so it is no neighbour. */
    if (entry->result.status == CS_STATUS_DIVISIBILITY || entry->result.status == CS_STATUS_COMMUNICATION) {
        return;
    }
    entry->knob = knob;
    snprintf(entry->value, sizeof entry->value, "%s", value);
    point->knob_count++;
}

static struct cs_space space_at_answer(const struct cs_point *point)
{
    struct cs_space space = point->design.space;
    space.devices = point->best[0].plan.devices;
    return space;
}

/* A degree halved and doubled. */
static void try_degree(struct cs_point *point, struct cs_search_workspace *workspace, const char *knob, size_t offset,
                       int32_t now)
{
    for (int i = 0; i < 2; i++) {
        struct cs_space space = space_at_answer(point);
        int32_t *const member = (int32_t *)(void *)((char *)&space + offset);
        char value[24];
        const int32_t other = i == 0 ? now / 2 : now * 2;
        if (*member > 0 || other < 1 || (i == 0 && now % 2 != 0)) {
            continue; /* given by the user */
        }
        *member = other;
        snprintf(value, sizeof value, "%" PRId32, other);
        try_knob(point, workspace, knob, &space, value);
    }
}

static void find_knobs(struct cs_point *point, struct cs_search_workspace *workspace)
{
    const struct cs_plan *const plan = &point->best[0].plan;
    const struct cs_search_settings *const settings = &point->design.settings.search;
    try_degree(point, workspace, "tensor", offsetof(struct cs_space, tensor), plan->tensor);
    try_degree(point, workspace, "pipeline", offsetof(struct cs_space, pipeline), plan->pipeline);
    try_degree(point, workspace, "micro_batch", offsetof(struct cs_space, micro_batch), plan->micro_batch);
    if (plan->pipeline > 1) {
        try_degree(point, workspace, "interleave", offsetof(struct cs_space, interleave), plan->interleave);
    }
    for (int32_t zero = 0; zero <= 3; zero++) {
        struct cs_space space = space_at_answer(point);
        char value[24];
        if (space.zero_stage < 0 && zero != plan->zero_stage && (settings->zero_stages >> zero & 1) != 0) {
            space.zero_stage = zero;
            snprintf(value, sizeof value, "%" PRId32, zero);
            try_knob(point, workspace, "zero_stage", &space, value);
        }
    }
    for (int32_t kind = 0; kind <= 2; kind++) {
        struct cs_space space = space_at_answer(point);
        if (space.recompute < 0 && kind != (int32_t)plan->recompute && (settings->recompute >> kind & 1) != 0) {
            space.recompute = kind;
            try_knob(point, workspace, "recompute", &space, cs_recompute_word((enum cs_recompute)kind));
        }
    }
}

enum cs_code cs_point_evaluate(struct cs_point *point, struct cs_error *error)
{
    struct cs_search_workspace *const workspace = cs_search_workspace_create();
    const bool all_regions = point->objective == CS_MIN_CARBON;
    if (workspace == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "There is not enough memory for the search's workspace.");
    }
    point->found = 1;
    if (!point->answered) {
        point->found = cs_point_answer(point, &point->design, workspace, all_regions ? 1 : point->wanted, point->best);
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
    if (point->with_changes) {
        cs_point_find_changes(point, workspace);
    }
    if (point->with_pareto && point->has_carbon) {
        point->pareto_count =
            cs_search_pareto(&point->design.problem, &point->design.space, &point->design.carbon,
                             intensity_of(point, &point->design), workspace, CS_POINT_TOP_MAX, point->pareto);
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
