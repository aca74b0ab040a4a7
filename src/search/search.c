/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct cs_search_workspace *cs_search_workspace_create(void)
{
    return calloc(1, sizeof(struct cs_search_workspace));
}

void cs_search_workspace_destroy(struct cs_search_workspace *work)
{
    if (work != NULL) {
        free(work->pipelines);
        free(work->shardings);
        free(work->nodes);
        free(work->floors);
        free(work->found);
        free(work->answers);
        free(work->front.members);
        free(work);
    }
}

bool cs_engine_grow(void **array, int64_t *capacity, int64_t needed, size_t size)
{
    if (needed <= *capacity) {
        return true;
    }
    const int64_t wanted = needed > 2 * *capacity ? needed + 16 : 2 * *capacity;
    void *const larger = realloc(*array, (size_t)wanted * size);
    if (larger == NULL) {
        return false;
    }
    *array = larger;
    *capacity = wanted;
    return true;
}

/* Pipeline degrees of the space. */
static bool list_pipelines(struct cs_search_workspace *work)
{
    const struct cs_choices *const choices = &work->choices;
    const int64_t layers = choices->problem->architecture.layers;
    work->pipeline_count = 0;
    for (int32_t p = choices->pipeline_low; p <= choices->pipeline_high; p++) {
        if (!cs_pipeline_allowed(choices, p)) {
            continue;
        }
        if (!cs_engine_grow((void **)&work->pipelines, &work->pipeline_capacity, (int64_t)work->pipeline_count + 1,
                            sizeof *work->pipelines)) {
            return false;
        }
        struct cs_pipeline *const pipeline = &work->pipelines[work->pipeline_count++];
        pipeline->pipeline = p;
        pipeline->stages = p;
        pipeline->inverse = 1.0 / p;
        const int64_t fullest = (layers + p - 1) / p;
        pipeline->layers = (double)fullest;
        cs_interleaves_of(choices, p, &pipeline->interleaves);
        const struct cs_interleaves *const v = &pipeline->interleaves;
        const uint32_t even = p % 2 == 0 ? 1u << CS_SCHEDULE_DUALPIPE : 0u;
        pipeline->schedules = choices->schedules & (1u << CS_SCHEDULE_1F1B | 1u << CS_SCHEDULE_ZB1P | even);
        pipeline->schedules &= v->one ? ~0u : 1u << CS_SCHEDULE_1F1B;
        pipeline->turns[CS_SCHEDULE_1F1B] = 0.0;
        pipeline->turns[CS_SCHEDULE_ZB1P] = p - 1.0;
        pipeline->turns[CS_SCHEDULE_DUALPIPE] = p > 2 ? 0.5 * p - 1.0 : 0.0;
        const bool bubble = choices->cap > 0 && p > 1;
        const bool any = choices->given_batch && choices->space->given.interleave > 0;
        pipeline->per_one = bubble ? 1.0 / (double)choices->cap : 0.0;
        pipeline->per_chunk = v->low <= v->high ? pipeline->per_one / v->high : pipeline->per_one;
        pipeline->rounds = v->one && v->low <= v->high && !any ? p : 0.0;
    }
    double rest = INFINITY;
    for (int32_t i = work->pipeline_count - 1; i >= 0; i--) {
        rest = cs_min(rest, work->pipelines[i].per_chunk);
        work->pipelines[i].per_rest = rest;
    }
    return true;
}

static bool room_for_sharding(struct cs_search_workspace *work)
{
    work->failed = work->failed || !cs_engine_grow((void **)&work->shardings, &work->sharding_capacity,
                                                   (int64_t)work->sharding_count + 1, sizeof *work->shardings);
    return !work->failed;
}

/* What follows from the costs. */
static void complete(struct cs_search_workspace *work, const struct cs_mesh *mesh, struct cs_sharding *entry)
{
    entry->mesh = *mesh;
    entry->area = work->sequences / entry->costs.plan.micro_batch * (double)mesh->devices;
    memset(entry->variants, 0, sizeof entry->variants);
    cs_sharding_sums(work, entry);
    cs_room_prepare(work, entry);
}

static struct cs_sharding *price(struct cs_search_workspace *work, const struct cs_mesh *mesh, int64_t micro_batch,
                                 int32_t recompute, int32_t offload, struct cs_common_costs *common)
{
    if (!room_for_sharding(work)) {
        return NULL;
    }
    struct cs_sharding *const entry = &work->shardings[work->sharding_count++];
    struct cs_plan plan = mesh->plan;
    plan.micro_batch = (int32_t)micro_batch;
    plan.recompute = recompute;
    plan.offload = offload;
    plan.recompute_layers = cs_partly_recomputed(&work->choices) ? -1 : 0; /* decided by each node */
    cs_costs_prepare_next(work->choices.problem, &work->network, &plan, common, &entry->costs);
    complete(work, mesh, entry);
    return entry;
}

struct cs_sharding *cs_engine_sharding(struct cs_search_workspace *work, const struct cs_mesh *mesh,
                                       int64_t micro_batch, int32_t recompute, int32_t offload)
{
    return price(work, mesh, micro_batch, recompute, offload, NULL);
}

struct cs_sharding *cs_engine_variant(struct cs_search_workspace *work, int32_t index, int32_t recompute,
                                      int32_t offload)
{
    const struct cs_mesh mesh = work->shardings[index].mesh;
    const int32_t micro_batch = work->shardings[index].costs.plan.micro_batch;
    if (!room_for_sharding(work)) {
        return NULL;
    }
    const int32_t *const priced = work->shardings[index].variants[recompute];
    const int32_t base = offload == CS_OFFLOAD_ON && priced[CS_OFFLOAD_OFF] > 0 ? priced[CS_OFFLOAD_OFF] : index;
    struct cs_sharding *const entry = &work->shardings[work->sharding_count];
    if (cs_costs_derive(&work->shardings[base].costs, recompute, offload, &entry->costs)) {
        work->sharding_count++;
        complete(work, &mesh, entry);
        return entry;
    }
    return cs_engine_sharding(work, &mesh, micro_batch, recompute, offload);
}

/* ---- shardings ---- */

/* Lists the nodes of a sharding that may matter with so many layers of a stage recomputed; keeps the best bound. */
static void list_pipelines_of(struct cs_search_workspace *work, int32_t index, int32_t layers, struct cs_node *best)
{
    const struct cs_sharding *const sharding = &work->shardings[index];
    const int64_t limit = cs_goal_devices_limit(&work->goal);
    const int64_t most = cs_smaller(limit, work->class_high);
    const struct cs_row row = cs_row_of(work, sharding, layers, (double)most);
    const int32_t count = work->pipeline_count;
    for (int32_t i = 0; i < count; i++) {
        const struct cs_pipeline *const pipeline = &work->pipelines[i];
        const bool hopeless = cs_node_hopeless(&row, pipeline);
        if (hopeless && cs_rest_hopeless(&row, pipeline)) {
            break;
        }
        if (hopeless || !cs_layers_allowed(&work->choices, layers, pipeline->pipeline)) {
            continue;
        }
        struct cs_reach reach;
        struct cs_node node = {.sharding = index, .pipeline = i, .layers = layers};
        node.variants = cs_room_variants(work, sharding, pipeline, cs_most_data(work, most, sharding, pipeline));
        if (node.variants != 0 && cs_node_bound(work, sharding, pipeline, layers, NULL, &reach, &node)) {
            *best = cs_node_before(&node, best) ? node : *best;
            cs_add_node(work, &node);
        }
    }
}

/* Lists what may matter of a sharding. While there is no answer to beat, the best bound is explored at once. */
static void list_nodes(struct cs_search_workspace *work, int32_t index)
{
    const bool diving = work->goal.front == NULL && work->goal.found[0] < work->goal.wanted;
    const int64_t listed = work->node_count;
    struct cs_node best = {.first = INFINITY, .second = INFINITY, .sharding = index, .pipeline = -1};
    int32_t count;
    const int32_t *const layers = cs_layers_tried(&work->choices, work->shardings[index].costs.plan.recompute, &count);
    for (int32_t k = 0; k < count; k++) {
        list_pipelines_of(work, index, layers[k], &best);
    }
    if (diving && best.pipeline >= 0) {
        cs_explore_node(work, &best);
        cs_follow_variants(work, &best, true);
        int64_t kept = listed;
        for (int64_t i = listed; i < work->node_count; i++) {
            if (work->nodes[i].pipeline != best.pipeline || work->nodes[i].layers != best.layers) {
                work->nodes[kept++] = work->nodes[i];
            }
        }
        work->node_count = kept;
    }
}

/* Lists all meshes of a tensor degree with one micro-batch, recomputation and offload. Those that differ in their
 * expert degrees alone follow one another. */
static void list_meshes(struct cs_search_workspace *work, int32_t tensor, int64_t micro_batch, int32_t recompute,
                        int32_t offload)
{
    struct cs_common_costs *const common = &work->common;
    struct cs_mesh mesh;
    int32_t context = 0;
    bool crowded = false;
    for (int32_t i = 0; cs_mesh_at(&work->choices, tensor, i, &mesh) && !work->failed; i++) {
        const bool same = mesh.plan.context == context;
        if (same && crowded) {
            continue;
        }
        common->known = common->known && same;
        if (work->sharding_count >= CS_SHARDINGS_AT_ONCE || work->node_count >= CS_NODES_AT_ONCE) {
            cs_explore_nodes(work);
        }
        context = mesh.plan.context;
        const struct cs_sharding *const sharding = price(work, &mesh, micro_batch, recompute, offload, common);
        crowded = sharding != NULL && cs_room_crowded(work, sharding);
        if (sharding != NULL && !crowded && !cs_sharding_hopeless(work, sharding)) {
            list_nodes(work, work->sharding_count - 1);
        }
    }
}

/* Lists what stands for all shardings of a tensor degree. */
static void list_tensor(struct cs_search_workspace *work, int32_t tensor)
{
    const struct cs_choices *const choices = &work->choices;
    for (int64_t b = cs_micro_batch_next(choices, 0); b != 0; b = cs_micro_batch_next(choices, b)) {
        for (int32_t k = 0; k < 2 * CS_RECOMPUTE_COUNT; k++) {
            const int32_t r = cs_recompute_order[k / 2], offload = k % 2;
            int32_t other_recompute = r, other_offload = offload;
            cs_stands_for(choices, &other_recompute, &other_offload);
            if ((choices->recomputes & 1u << r) != 0 && (choices->offloads & 1u << offload) != 0 &&
                other_recompute == r && other_offload == offload) {
                work->common.known = false;
                list_meshes(work, tensor, b, r, offload);
            }
        }
    }
}

/* The numbers of recomputed layers that this search tries hold the plan's. */
static bool tries_layers(const struct cs_choices *choices, const struct cs_plan *plan)
{
    int32_t count;
    const int32_t *const layers = cs_layers_tried(choices, plan->recompute, &count);
    for (int32_t k = 0; k < count; k++) {
        if (layers[k] == plan->recompute_layers) {
            return cs_layers_allowed(choices, layers[k], plan->pipeline);
        }
    }
    return false;
}

/* The last search's answer, as far as it is a candidate here: neighbouring points have similar answers, and the
 * sooner a good one is known the more is cut. It changes the order of exploration only, never the answer. */
static void explore_seed(struct cs_search_workspace *work)
{
    const struct cs_choices *const choices = &work->choices;
    struct cs_plan *const seed = &work->seed;
    int64_t b = 0;
    work->seed_explored = false;
    do {
        b = cs_micro_batch_next(choices, b);
    } while (b != 0 && b < seed->micro_batch);
    if (!work->seeded || work->goal.front != NULL || b != seed->micro_batch ||
        cs_tensor_next(choices, seed->tensor - 1, true) != seed->tensor ||
        (choices->recomputes & 1u << seed->recompute) == 0 || (choices->offloads & 1u << seed->offload) == 0) {
        return;
    }
    struct cs_mesh mesh;
    for (int32_t i = 0; cs_mesh_at(choices, seed->tensor, i, &mesh); i++) {
        if (mesh.plan.context == seed->context && mesh.plan.expert_tensor == seed->expert_tensor) {
            work->sharding_count = 0;
            work->seed_explored = true;
            seed->expert = mesh.plan.expert;
            const struct cs_sharding *const sharding =
                cs_engine_sharding(work, &mesh, b, seed->recompute, seed->offload);
            for (int32_t p = 0; sharding != NULL && p < work->pipeline_count; p++) {
                if (work->pipelines[p].pipeline == seed->pipeline && tries_layers(choices, seed)) {
                    cs_explore(work, sharding, &work->pipelines[p], seed->recompute_layers);
                }
            }
            return;
        }
    }
}

/* Every device count of one class. */
static void search_class(struct cs_search_workspace *work)
{
    const struct cs_choices *const choices = &work->choices;
    explore_seed(work);
    work->sharding_count = 0;
    work->node_count = 0;
    for (int32_t t = cs_tensor_next(choices, 0, true); t != 0; t = cs_tensor_next(choices, t, true)) {
        list_tensor(work, t);
    }
    if (!work->failed) {
        cs_explore_nodes(work);
    }
}

void cs_engine_class(struct cs_search_workspace *work, int64_t devices)
{
    const struct cs_choices *const choices = &work->choices;
    cs_network_of(choices->problem, devices, &work->network);
    work->servers = choices->server > 1 && devices > choices->server;
    work->class_low = cs_larger(work->network.devices_low, choices->low);
    work->class_high = cs_smaller(work->network.devices_high, choices->high);
    if (work->servers) {
        work->class_low = cs_larger(work->class_low, choices->server + 1);
    } else if (choices->server > 1) {
        work->class_high = cs_smaller(work->class_high, choices->server);
    }
}

void cs_engine_run(struct cs_search_workspace *work)
{
    const struct cs_choices *const choices = &work->choices;
    int64_t devices = choices->low;
    if (work->memory_limit < 0.0) {
        return; /* the margin alone is more than a device has: no plan fits */
    }
    while (devices <= choices->high && devices <= cs_goal_devices_limit(&work->goal) && choices->cap > 0) {
        cs_engine_class(work, devices);
        search_class(work);
        if (work->class_high == INT64_MAX) {
            break;
        }
        devices = work->class_high + 1;
    }
}

bool cs_engine_start(struct cs_search_workspace *work, const struct cs_problem *problem, const struct cs_space *space,
                     enum cs_objective objective, const struct cs_carbon_inputs *carbon, int32_t lists, int32_t wanted,
                     const struct cs_place *places)
{
    cs_choices_resolve(problem, space, &work->choices);
    work->failed = false;
    work->memory_limit = cs_memory_limit(problem);
    work->visited = 0.0;
    work->search++;
    work->bytes.tensor = 0;
    const bool step_only = !(problem->law.tokens > 0.0);
    work->sequences =
        step_only ? (double)work->choices.cap : problem->law.tokens / (double)problem->seq_len / problem->goodput;
    work->pace = work->sequences / (objective == CS_MIN_TIME ? (double)INFINITY : problem->deadline);
    if (!list_pipelines(work) ||
        !cs_engine_grow((void **)&work->floors, &work->list_capacity, lists, sizeof *work->floors) ||
        !cs_engine_grow((void **)&work->answers, &work->answer_capacity, (int64_t)lists * wanted,
                        sizeof *work->answers)) {
        return false;
    }
    int32_t *const found = realloc(work->found, (size_t)work->list_capacity * sizeof *found);
    if (found == NULL) {
        return false;
    }
    work->found = found;
    work->goal = (struct cs_goal){
        .objective = objective,
        .problem = problem,
        .carbon = carbon,
        .deadline = objective == CS_MIN_TIME ? (double)INFINITY : problem->deadline,
        .step_only = step_only,
        .lists = lists,
        .wanted = wanted,
        .places = places,
        .floors = work->floors,
        .found = work->found,
        .answers = work->answers,
    };
    cs_goal_start(&work->goal);
    return true;
}

void cs_engine_result(const struct cs_search_workspace *work, const struct cs_answer *answer,
                      struct cs_search_result *result)
{
    result->status = CS_STATUS_FEASIBLE;
    result->plan = answer->plan;
    cs_step_evaluate(work->choices.problem, &answer->plan, &result->step);
}

static void count_space(const struct cs_search_workspace *work, struct cs_search_result *result)
{
    const struct cs_choices *const choices = &work->choices;
    const bool answered = result->status == CS_STATUS_FEASIBLE;
    const bool ends = answered && work->goal.objective == CS_MIN_DEVICES;
    result->visited = work->visited;
    if (choices->cap < 1 || choices->low > choices->high) {
        return;
    }
    result->candidates = cs_count_candidates(choices, choices->low, ends ? result->plan.devices : choices->high);
    if (!answered) {
        return;
    }
    result->candidates_at_answer = cs_count_candidates(choices, result->plan.devices, result->plan.devices);
    const struct cs_tally *const tally = &work->tallies[result->plan.devices % CS_TALLIES];
    result->visited_at_answer = tally->search == work->search ? tally->count : 0.0;
}

void cs_search(const struct cs_problem *problem, const struct cs_space *space, enum cs_objective objective,
               const struct cs_carbon_inputs *carbon, struct cs_search_workspace *workspace, int32_t wanted,
               struct cs_search_result *best, int32_t *found)
{
    memset(best, 0, (size_t)wanted * sizeof *best);
    *found = 0;
    const struct cs_place none = {.pue = 1.0};
    if (!cs_engine_start(workspace, problem, space, objective, carbon, 1, wanted, &none)) {
        best[0].status = CS_STATUS_FAILED;
        return;
    }
    cs_engine_run(workspace);
    *found = workspace->goal.found[0];
    workspace->seeded = *found > 0;
    if (workspace->seeded) {
        workspace->seed = workspace->goal.answers[0].plan;
    }
    for (int32_t i = 0; i < *found; i++) {
        cs_engine_result(workspace, &workspace->goal.answers[i], &best[i]);
    }
    if (workspace->failed) {
        best[0].status = CS_STATUS_FAILED;
        *found = 0;
    } else if (*found == 0) {
        best[0].status = cs_furthest_gate(workspace);
    }
    count_space(workspace, &best[0]);
}

void cs_search_regions(const struct cs_problem *problem, const struct cs_space *space,
                       const struct cs_carbon_inputs *carbon, struct cs_search_workspace *workspace, int32_t regions,
                       const struct cs_place *places, struct cs_search_result *best)
{
    memset(best, 0, (size_t)regions * sizeof *best);
    if (regions < 1) {
        return;
    }
    const bool started = cs_engine_start(workspace, problem, space, CS_MIN_CARBON, carbon, regions, 1, places);
    if (started) {
        cs_engine_run(workspace);
    }
    enum cs_status status = CS_STATUS_FAILED;
    if (started && !workspace->failed && workspace->goal.found[0] == 0) {
        status = cs_furthest_gate(workspace);
    }
    for (int32_t i = 0; i < regions; i++) {
        best[i].status = status;
        if (started && !workspace->failed && workspace->goal.found[i] > 0) {
            cs_engine_result(workspace, &workspace->goal.answers[i], &best[i]);
        }
        if (started) {
            count_space(workspace, &best[i]);
        }
    }
}
