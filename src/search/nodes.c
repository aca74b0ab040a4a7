/* SPDX-License-Identifier: BSD-3-Clause */
/* The nodes still to explore, a heap with the best bound on top; and what a node stands for besides itself. */
#include "engine.h"

void cs_add_node(struct cs_search_workspace *work, const struct cs_node *node)
{
    if (!cs_engine_grow((void **)&work->nodes, &work->node_capacity, work->node_count + 1, sizeof *work->nodes)) {
        work->failed = true;
        return;
    }
    work->nodes[work->node_count++] = *node;
}

static void sink(struct cs_node *nodes, int64_t count, int64_t place)
{
    const struct cs_node node = nodes[place];
    for (int64_t child = 2 * place + 1; child < count; child = 2 * place + 1) {
        child += child + 1 < count && cs_node_before(&nodes[child + 1], &nodes[child]) ? 1 : 0;
        if (!cs_node_before(&nodes[child], &node)) {
            break;
        }
        nodes[place] = nodes[child];
        place = child;
    }
    nodes[place] = node;
}

static void rise(struct cs_node *nodes, int64_t place)
{
    const struct cs_node node = nodes[place];
    for (; place > 0 && cs_node_before(&node, &nodes[(place - 1) / 2]); place = (place - 1) / 2) {
        nodes[place] = nodes[(place - 1) / 2];
    }
    nodes[place] = node;
}

/* ---- recomputation and offload ---- */

void cs_stands_for(const struct cs_choices *choices, int32_t *recompute, int32_t *offload)
{
    if ((choices->offloads & 1u << CS_OFFLOAD_OFF) == 0) {
        return;
    }
    *offload = CS_OFFLOAD_OFF;
    for (int i = 0; i < CS_RECOMPUTE_COUNT; i++) {
        const uint32_t bit = 1u << cs_recompute_order[i];
        if ((choices->recomputes & cs_recompute_below[*recompute] & bit) != 0) {
            *recompute = cs_recompute_order[i];
            return;
        }
    }
}

/* The index of a variant of a sharding, priced when it is first asked for; -1: it is hopeless. */
static int32_t variant_of(struct cs_search_workspace *work, int32_t index, int32_t recompute, int32_t offload)
{
    const int32_t known = work->shardings[index].variants[recompute][offload];
    if (known != 0) {
        return known;
    }
    const struct cs_sharding *const made = cs_engine_variant(work, index, recompute, offload);
    int32_t place = -1;
    if (made != NULL && cs_sharding_hopeless(work, made)) {
        work->sharding_count--;
    } else if (made != NULL) {
        place = work->sharding_count - 1;
    }
    work->shardings[index].variants[recompute][offload] = place;
    return place;
}

/* The sharding of the seed, explored already at the seed's pipeline degree. */
static bool is_seed(const struct cs_search_workspace *work, const struct cs_plan *plan)
{
    const struct cs_plan *const seed = &work->seed;
    return work->seed_explored && plan->tensor == seed->tensor && plan->context == seed->context &&
           plan->expert == seed->expert && plan->expert_tensor == seed->expert_tensor &&
           plan->micro_batch == seed->micro_batch && plan->recompute == seed->recompute &&
           plan->offload == seed->offload;
}

void cs_explore_node(struct cs_search_workspace *work, const struct cs_node *node)
{
    const struct cs_sharding *const sharding = &work->shardings[node->sharding];
    const struct cs_pipeline *const pipeline = &work->pipelines[node->pipeline];
    if ((node->variants & cs_variant_bit(sharding->costs.plan.recompute, sharding->costs.plan.offload)) == 0) {
        return;
    }
    if (!is_seed(work, &sharding->costs.plan) || node->layers != work->seed.recompute_layers ||
        pipeline->pipeline != work->seed.pipeline) {
        cs_explore(work, sharding, pipeline, node->layers);
    }
}

/* One variant of a node, with all the numbers of recomputed layers that the node stands for: explored at once, or put
 * among the nodes. */
static void follow_variant(struct cs_search_workspace *work, const struct cs_node *node, int32_t variant, bool at_once)
{
    const struct cs_pipeline *const pipeline = &work->pipelines[node->pipeline];
    const bool all = work->shardings[node->sharding].costs.plan.recompute == CS_RECOMPUTE_NONE;
    const int64_t devices = cs_smaller(cs_goal_devices_limit(&work->goal), work->class_high);
    const int64_t most = cs_most_data(work, devices, &work->shardings[variant], pipeline);
    int32_t count;
    const int32_t *const layers =
        cs_layers_tried(&work->choices, work->shardings[variant].costs.plan.recompute, &count);
    for (int32_t k = 0; k < count; k++) {
        struct cs_reach reach;
        struct cs_node next = {.sharding = variant, .pipeline = node->pipeline, .layers = layers[k], .variants = ~0u};
        if ((!all && layers[k] != node->layers) || !cs_layers_allowed(&work->choices, layers[k], pipeline->pipeline) ||
            !cs_room_fits(work, &work->shardings[variant], pipeline, layers[k], most)) {
            continue;
        }
        if (at_once) {
            cs_explore_node(work, &next);
        } else if (cs_node_bound(work, &work->shardings[variant], pipeline, layers[k], NULL, &reach, &next)) {
            cs_add_node(work, &next);
            if (work->failed) {
                return;
            }
            rise(work->nodes, work->node_count - 1);
        }
    }
}

void cs_follow_variants(struct cs_search_workspace *work, const struct cs_node *node, bool at_once)
{
    const struct cs_choices *const choices = &work->choices;
    const struct cs_plan own = work->shardings[node->sharding].costs.plan;
    for (int32_t k = 0; k < 2 * CS_RECOMPUTE_COUNT && !work->failed; k++) {
        const int32_t recompute = cs_recompute_order[k / 2], offload = k % 2;
        int32_t other_recompute = recompute, other_offload = offload;
        cs_stands_for(choices, &other_recompute, &other_offload);
        if ((choices->recomputes & 1u << recompute) == 0 || (choices->offloads & 1u << offload) == 0 ||
            other_recompute != own.recompute || other_offload != own.offload ||
            (recompute == own.recompute && offload == own.offload) ||
            (node->variants & cs_variant_bit(recompute, offload)) == 0) {
            continue;
        }
        const int32_t variant = variant_of(work, node->sharding, recompute, offload);
        if (variant > 0) {
            follow_variant(work, node, variant, at_once);
        }
    }
}

void cs_explore_nodes(struct cs_search_workspace *work)
{
    for (int64_t i = work->node_count / 2 - 1; i >= 0; i--) {
        sink(work->nodes, work->node_count, i);
    }
    while (work->node_count > 0 && !work->failed) {
        const struct cs_node node = work->nodes[0];
        work->nodes[0] = work->nodes[--work->node_count];
        if (work->node_count > 0) {
            sink(work->nodes, work->node_count, 0);
        }
        if (work->goal.objective == CS_MIN_DEVICES && node.first > (double)cs_goal_devices_limit(&work->goal)) {
            break; /* all others need at least as many */
        }
        cs_explore_node(work, &node);
        cs_follow_variants(work, &node, false);
    }
    work->sharding_count = 0;
    work->node_count = 0;
}
