/* SPDX-License-Identifier: BSD-3-Clause */
#include "point.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* kg per J at the wall of 1 g/kWh: 1e-3 kg / 3.6e6 J. */
static const double kg_per_joule = 1e-3 / 3.6e6;

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

static double total_carbon(const struct cs_point *point, const struct cs_search_result *result)
{
    struct cs_point_carbon carbon;
    if (!point->has_carbon || result->status != CS_STATUS_FEASIBLE) {
        return (double)NAN;
    }
    cs_point_carbon_of(point, result, &carbon);
    return carbon.total;
}

/* The point's own question, asked of a design that may differ from it. Returns how many plans were found. */
static int32_t answer(const struct cs_point *point, const struct cs_design_point *design,
                      struct cs_search_workspace *workspace, int32_t wanted, struct cs_search_result *best)
{
    int32_t found = 1;
    if (point->objective == CS_MIN_CARBON) {
        const double intensity = point->g_per_kwh * kg_per_joule * cs_pue(&design->carbon.carbon, point->region_pue);
        cs_search_regions(&design->problem, &design->space, &design->carbon, workspace, 1, &intensity, best);
    } else {
        cs_search(&design->problem, &design->space, point->objective, &design->carbon, workspace, wanted, best, &found);
    }
    return found;
}

static void copy_design(const struct cs_design_point *from, struct cs_design_point *to)
{
    *to = *from;
    to->carbon.device = &to->problem.device;
    to->space.settings = &to->settings.search;
}

/* One thing otherwise, and by how much. */
struct perturbation {
    const char *key, *what;
    void (*apply)(struct cs_design_point *design);
    bool for_torus, for_switched;
};

static void more_memory(struct cs_design_point *design)
{
    design->problem.device.hbm_capacity *= 2;
}
/* Not infinite: arithmetic with it must stay finite. */
static void unlimited_memory(struct cs_design_point *design)
{
    design->problem.device.hbm_capacity *= 1e6;
}
static void more_memory_bandwidth(struct cs_design_point *design)
{
    design->problem.device.hbm_bandwidth *= 2;
}
static void more_compute(struct cs_design_point *design)
{
    design->problem.device.peak_flops *= 2;
}
static void faster_link(struct cs_design_point *design)
{
    design->problem.device.link_bandwidth *= 2;
    design->problem.device.in_switch_bandwidth *= 2;
}
static void faster_network(struct cs_design_point *design)
{
    design->problem.device.scale_out_bandwidth *= 2;
    design->problem.nic_bandwidth *= 2;
}
static void larger_domain(struct cs_design_point *design)
{
    design->problem.device.domain *= 2;
}
static void no_launch(struct cs_design_point *design)
{
    design->problem.device.launch = 0;
    design->problem.device.dispatch = 0;
}
static void later_deadline(struct cs_design_point *design)
{
    design->problem.deadline *= 2;
}
static void earlier_deadline(struct cs_design_point *design)
{
    design->problem.deadline /= 2;
}
static void larger_batch(struct cs_design_point *design)
{
    design->problem.law.critical_batch *= 2;
    design->problem.law.critical_sequences *= 2;
}

static const struct perturbation perturbations[] = {
    {"peak_compute_x2", "compute peak x 2", more_compute, true, true},
    {"memory_x2", "memory x 2", more_memory, true, true},
    {"memory_unlimited", "any memory", unlimited_memory, true, true},
    {"memory_bandwidth_x2", "memory bandwidth x 2", more_memory_bandwidth, true, true},
    {"link_x2", "scale-up bandwidth x 2", faster_link, true, true},
    {"scale_out_x2", "scale-out bandwidth x 2", faster_network, true, true},
    {"domain_x2", "scale-up domain x 2", larger_domain, false, true},
    {"launch_0", "no time to dispatch", no_launch, false, true},
    {"critical_batch_x2", "critical batch x 2", larger_batch, true, true},
    {"deadline_x2", "deadline x 2", later_deadline, true, true},
    {"deadline_x0.5", "deadline / 2", earlier_deadline, true, true},
};

static void find_changes(struct cs_point *point, struct cs_search_workspace *workspace)
{
    const struct cs_problem *const problem = &point->design.problem;
    const bool torus = problem->device.torus_axes > 0;
    for (size_t i = 0; i < sizeof perturbations / sizeof perturbations[0]; i++) {
        const struct perturbation *const one = &perturbations[i];
        struct cs_point_change *const change = &point->changes[point->change_count];
        struct cs_design_point other;
        copy_design(&point->design, &other);
        one->apply(&other);
        if (!(torus ? one->for_torus : one->for_switched) ||
            (one->apply == unlimited_memory && point->best[0].status != CS_STATUS_MEMORY) ||
            (one->apply == no_launch && problem->device.launch + problem->device.dispatch <= 0) ||
            ((one->apply == later_deadline || one->apply == earlier_deadline) && point->objective == CS_MIN_TIME) ||
            (one->apply == larger_batch && problem->global_batch > 0)) {
            continue;
        }
        change->key = one->key;
        snprintf(change->what, sizeof change->what, "%s", one->what);
        answer(point, &other, workspace, 1, &change->result);
        change->carbon = total_carbon(point, &change->result);
        point->change_count++;
    }
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

/* The trace tells of one micro-batch through one layer of each kind; a step takes all micro-batches through all layers
 * of the slowest stage. */
struct collector {
    struct cs_point *point;
    const struct cs_load *load;
    double micro_batches;
};

static double times_a_step(const struct collector *collector, const char *part)
{
    const struct {
        const char *part;
        double count;
    } parts[] = {{"embedding", collector->load->embedding},
                 {"dense layer", collector->load->dense},
                 {"mixture layer", collector->load->mixture},
                 {"head", collector->load->head}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strcmp(parts[i].part, part) == 0) {
            return parts[i].count * collector->micro_batches;
        }
    }
    return 1; /* what happens once a step */
}

static void collect(void *context, const struct cs_trace_entry *entry)
{
    const struct collector *const collector = context;
    struct cs_point *const point = collector->point;
    const double times = times_a_step(collector, entry->part);
    struct cs_point_trace *row = NULL;
    for (int32_t i = 0; i < point->trace_count; i++) {
        const struct cs_trace_entry *const known = &point->trace[i].entry;
        if (strcmp(known->part, entry->part) == 0 && strcmp(known->kernel, entry->kernel) == 0 &&
            known->backward == entry->backward && known->collective == entry->collective &&
            known->again == entry->again && known->bound == entry->bound) {
            row = &point->trace[i];
        }
    }
    if (times <= 0 || (row == NULL && point->trace_count == CS_POINT_TRACE_MAX)) {
        return;
    }
    if (row == NULL) {
        row = &point->trace[point->trace_count++];
        *row = (struct cs_point_trace){.entry = *entry};
        row->entry.seconds = row->entry.exposed_seconds = row->entry.flops = row->entry.bytes = 0;
    }
    row->calls += times;
    row->entry.seconds += entry->seconds * times;
    row->entry.exposed_seconds += entry->exposed_seconds * times;
    row->entry.flops += entry->flops * times;
    row->entry.bytes += entry->bytes * times;
}

static int longer_first(const void *a, const void *b)
{
    const double x = ((const struct cs_point_trace *)a)->entry.exposed_seconds;
    const double y = ((const struct cs_point_trace *)b)->entry.exposed_seconds;
    return (x < y) - (x > y);
}

static void trace(struct cs_point *point)
{
    const struct cs_problem *const problem = &point->design.problem;
    const struct cs_plan *const plan = &point->best[0].plan;
    const struct cs_shard shard = {.tensor = plan->tensor,
                                   .context = plan->context,
                                   .expert = plan->expert,
                                   .expert_tensor = plan->expert_tensor,
                                   .micro_batch = plan->micro_batch,
                                   .recompute = plan->recompute,
                                   .sequence_parallel = plan->sequence_parallel};
    struct cs_network network;
    struct cs_costs costs;
    struct cs_stage stage;
    cs_network_of(problem, plan->devices, &network);
    cs_costs_prepare(problem, &network, &shard, &costs);
    cs_stage_prepare(&costs, plan->pipeline, &stage);
    struct collector collector = {point, &stage.slow, (double)plan->micro_batches};
    cs_step_trace(problem, plan, collect, &collector);
    qsort(point->trace, (size_t)point->trace_count, sizeof point->trace[0], longer_first);
}

static void find_fewer(struct cs_point *point, struct cs_search_workspace *workspace)
{
    const int64_t devices = point->best[0].plan.devices;
    struct cs_design_point other;
    if (point->objective != CS_MIN_DEVICES || point->design.space.devices > 0 || devices <= 1) {
        return;
    }
    copy_design(&point->design, &other);
    other.space.devices_high = devices - 1;
    point->has_fewer = true;
    answer(point, &other, workspace, 1, &point->fewer);
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
        point->found = answer(point, &point->design, workspace, all_regions ? 1 : point->wanted, point->best);
    }
    for (int32_t i = 0; i < point->found; i++) {
        point->best_carbon[i] = total_carbon(point, &point->best[i]);
    }
    if (point->best[0].status == CS_STATUS_FEASIBLE) {
        if (point->has_carbon) {
            cs_point_carbon_of(point, &point->best[0], &point->carbon);
        }
        trace(point);
        if (point->with_changes) {
            find_fewer(point, workspace);
            find_knobs(point, workspace);
        }
    }
    if (point->with_changes) {
        find_changes(point, workspace);
    }
    if (point->with_pareto && point->has_carbon) {
        point->pareto_count =
            cs_search_pareto(&point->design.problem, &point->design.space, &point->design.carbon,
                             point->g_per_kwh * kg_per_joule * cs_pue(&point->design.carbon.carbon, point->region_pue),
                             workspace, CS_POINT_TOP_MAX, point->pareto);
        if (point->pareto_count < 0) {
            cs_search_workspace_destroy(workspace);
            return cs_fail(error, CS_ERROR_MEMORY, "There is not enough memory for the front's plans.");
        }
        for (int32_t i = 0; i < point->pareto_count; i++) {
            point->pareto_carbon[i] = total_carbon(point, &point->pareto[i]);
        }
    }
    cs_search_workspace_destroy(workspace);
    return CS_OK;
}
