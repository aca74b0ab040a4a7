/* SPDX-License-Identifier: BSD-3-Clause */
/* Floors of memory from the sharding alone, before a stage is known: most nodes whose time would do do not fit. */
#include "engine.h"

#include <math.h>

static void bytes_prepare(struct cs_search_workspace *work, const struct cs_plan *plan, bool mixture)
{
    const struct cs_problem *const problem = work->choices.problem;
    struct cs_layer_bytes *const bytes = &work->bytes;
    if (bytes->tensor == plan->tensor && bytes->context == plan->context && bytes->micro_batch == plan->micro_batch) {
        return;
    }
    *bytes = (struct cs_layer_bytes){plan->tensor, plan->context, plan->micro_batch, {0.0}, {0.0}};
    for (int r = 0; r < CS_RECOMPUTE_COUNT; r++) {
        if ((work->choices.recomputes & 1u << r) != 0 || r == CS_RECOMPUTE_NONE) {
            bytes->kept[r] = cs_layer_activation_bytes(problem, plan, mixture, (enum cs_recompute)r);
            bytes->working[r] = cs_layer_working_bytes(problem, plan, mixture, (enum cs_recompute)r);
        }
    }
}

/* Of models with one kind of layers. Where the embedding takes less than a layer the first stage holds floor(L / p)
 * layers at least, whatever they recompute or offload: another stage gets n + 2 layers, where the first has n, neither
 * by the mean, which leaves the first all but one of what it leaves others, nor as the next that adds least
 * (src/model/stage.c); so L <= n + (p - 1) (n + 1). Otherwise as many as fit into the mean time of a stage beside the
 * embedding; what only adds time to each layer alike makes that no fewer, but where it exceeds L / p. */
void cs_room_prepare(struct cs_search_workspace *work, struct cs_sharding *sharding)
{
    const struct cs_costs *const costs = &sharding->costs;
    const struct cs_architecture *const model = &costs->problem->architecture;
    const bool mixture = model->experts > 1;
    struct cs_room *const room = &sharding->room;
    *room = (struct cs_room){.known = !mixture || model->dense_layers == 0};
    if (!room->known) {
        return;
    }
    const struct cs_part *const layer = &costs->part[mixture ? CS_PART_MIXTURE : CS_PART_DENSE];
    const struct cs_part *const embedding = &costs->part[CS_PART_EMBEDDING];
    const struct cs_part *const head = &costs->part[CS_PART_HEAD];
    room->layer = layer->forward_seconds + layer->backward_seconds;
    room->embedding = embedding->forward_seconds + embedding->backward_seconds;
    room->all = (double)model->layers * room->layer + room->embedding + head->forward_seconds + head->backward_seconds;
    room->layer_parameters = layer->parameters;
    room->expert_parameters = layer->expert_parameters;
    room->embedding_parameters = embedding->parameters;
    bytes_prepare(work, &costs->plan, mixture);
    sharding->bytes = work->bytes;
}

static double least_layers(const struct cs_search_workspace *work, const struct cs_room *room,
                           const struct cs_pipeline *pipeline)
{
    const double layers = (double)work->choices.problem->architecture.layers;
    if (!room->known || pipeline->pipeline == 1) {
        return room->known ? layers : 0.0;
    }
    const double even = floor(layers * pipeline->inverse * (1.0 + CS_BOUND_SLACK));
    if (room->embedding < room->layer) {
        return even;
    }
    const double mean = room->all * pipeline->inverse - room->embedding;
    const double fit = mean > 0.0 ? floor(mean / room->layer * (1.0 - CS_BOUND_SLACK)) : 0.0;
    return cs_partly_recomputed(&work->choices) ? 0.0 : cs_min(fit, even);
}

/* Bytes of the state of n layers and the embedding, at the ZeRO stage that needs least. */
static double state_floor(const struct cs_search_workspace *work, const struct cs_sharding *sharding,
                          const struct cs_pipeline *pipeline, double n, int64_t data)
{
    const struct cs_room *const room = &sharding->room;
    const struct cs_plan *const plan = &sharding->costs.plan;
    const uint32_t zero_stages = work->choices.zero_stages[pipeline->pipeline > 1];
    const double ranks = (double)data * plan->context;
    const double expert_ranks = ranks * plan->tensor / ((double)plan->expert * plan->expert_tensor);
    int32_t z = CS_ZERO_STAGES - 1;
    while (z > 0 && (zero_stages & 1u << z) == 0) {
        z--;
    }
    const double own = n * room->layer_parameters + room->embedding_parameters;
    return cs_state_bytes(work->choices.problem, z, ranks, own) +
           cs_state_bytes(work->choices.problem, z, expert_ranks > 1.0 ? expert_ranks : 1.0,
                          n * room->expert_parameters);
}

/* What a stage of n layers, the first `again` of which recompute, keeps on the device of the fewest micro-batches that
 * it holds at once, and what is there besides. */
static double kept_floor(const struct cs_search_workspace *work, const struct cs_layer_bytes *bytes, double n,
                         double again, double flight, int32_t recompute, int32_t offload)
{
    const double largest = again < n ? bytes->kept[CS_RECOMPUTE_NONE] : bytes->kept[recompute];
    const double all = flight * (again * bytes->kept[recompute] + (n - again) * bytes->kept[CS_RECOMPUTE_NONE]);
    const double host = work->choices.problem->device.host_memory;
    const double kept =
        offload == CS_OFFLOAD_OFF ? all : cs_beside_host(all, 2.0 * largest, host > 0.0 ? host : (double)INFINITY);
    return kept + bytes->working[recompute];
}

/* What the activations of a stage of n layers may take, and how many micro-batches it holds at least. */
static double room_left(const struct cs_search_workspace *work, const struct cs_sharding *sharding,
                        const struct cs_pipeline *pipeline, double n, int64_t data, double *flight)
{
    const int64_t available = work->choices.cap / (data * sharding->costs.plan.micro_batch);
    *flight = (double)cs_smaller(pipeline->pipeline, available);
    return work->memory_limit * (1.0 + CS_BOUND_SLACK) - state_floor(work, sharding, pipeline, n, data);
}

uint32_t cs_room_variants(const struct cs_search_workspace *work, const struct cs_sharding *sharding,
                          const struct cs_pipeline *pipeline, int64_t data)
{
    const struct cs_choices *const choices = &work->choices;
    const double n = least_layers(work, &sharding->room, pipeline);
    double flight = 0.0;
    uint32_t variants = 0;
    if (data < 1) {
        return 0;
    }
    if (n < 1.0) {
        return ~0u;
    }
    const double left = room_left(work, sharding, pipeline, n, data, &flight);
    for (int32_t r = 0; r < CS_RECOMPUTE_COUNT && left >= 0.0; r++) {
        for (int32_t offload = 0; offload <= 1; offload++) {
            if ((choices->recomputes & 1u << r) != 0 && (choices->offloads & 1u << offload) != 0 &&
                !(kept_floor(work, &sharding->bytes, n, n, flight, r, offload) > left)) {
                variants |= cs_variant_bit(r, offload);
            }
        }
    }
    return variants;
}

bool cs_room_fits(const struct cs_search_workspace *work, const struct cs_sharding *sharding,
                  const struct cs_pipeline *pipeline, int32_t recompute_layers, int64_t data)
{
    const double n = least_layers(work, &sharding->room, pipeline);
    const struct cs_plan *const plan = &sharding->costs.plan;
    double flight = 0.0;
    if (data < 1 || n < 1.0) {
        return data >= 1;
    }
    const double again = recompute_layers > 0 ? cs_min(n, recompute_layers) : n;
    const double left = room_left(work, sharding, pipeline, n, data, &flight);
    return !(kept_floor(work, &sharding->bytes, n, again, flight, plan->recompute, plan->offload) > left);
}

bool cs_room_crowded(const struct cs_search_workspace *work, const struct cs_sharding *sharding)
{
    const struct cs_room *const room = &sharding->room;
    const struct cs_layer_bytes *const bytes = &sharding->bytes;
    const bool mixture = work->choices.problem->architecture.experts > 1;
    const double layer = mixture ? work->common.start_seconds : room->layer; /* at least */
    double least = INFINITY;
    if (!room->known || !(room->embedding < layer)) {
        return false;
    }
    for (int32_t r = 0; r < CS_RECOMPUTE_COUNT; r++) {
        if ((work->choices.recomputes & 1u << r) != 0) {
            least = fmin(least, bytes->kept[r] + bytes->working[r]); /* offload leaves one layer's on the device, too */
        }
    }
    return least > work->memory_limit * (1.0 + CS_BOUND_SLACK);
}
