/* SPDX-License-Identifier: BSD-3-Clause */
/* Layers to pipeline stages: the contiguous split whose slowest stage is fastest.  Stage 0 holds the embedding, the
 * last one the head; the dense layers of a mixture model come first. For a bound on the slowest stage, filling every
 * stage up to the bound in order holds the most layers, so the least feasible bound is the least slowest stage. With
 * one kind of layer the bound is one of E + i X, j X, H + k X and is counted up from the mean; with two kinds it is
 * bisected, and the split found is the answer. */
#include "cs_sweep/step.h"

#include <math.h>

struct split {
    double embedding, dense, mixture, head; /* seconds of each part, forward and backward */
    double dense_layers, mixture_layers;
    int32_t stages;
};

static double load_seconds(const struct split *split, const struct cs_load *load)
{
    return load->embedding * split->embedding + load->dense * split->dense + load->mixture * split->mixture +
           load->head * split->head;
}

/* Loads of a split: first, the slowest in the middle, last. */
struct loads {
    struct cs_load first, middle, last;
    bool has_middle;
};

static double whole(double room, double each)
{
    return room > 0.0 ? floor(room / each) : 0.0;
}

/* Layers still to be dealt. */
struct rest {
    double dense, mixture;
};

/* One stage filled up to `room` seconds: dense layers first. */
static struct cs_load take(const struct split *split, double room, struct rest *rest)
{
    struct cs_load load = {.dense = cs_min(rest->dense, whole(room, split->dense))};
    rest->dense -= load.dense;
    if (rest->dense < 0.5) {
        load.mixture = cs_min(rest->mixture, whole(room - load.dense * split->dense, split->mixture));
        rest->mixture -= load.mixture;
    }
    return load;
}

/* How many of the stages that follow one between the first and the last hold the same as it; takes their layers. */
static int32_t take_alike(const struct cs_load *load, int32_t stages, struct rest *rest)
{
    double alike = 0.0;
    if (load->mixture > 0.0) {
        alike = load->dense > 0.0 ? 0.0 : floor(rest->mixture / load->mixture);
    } else {
        /* The one that takes the last dense layer may take mixtures too. */
        alike = load->dense > 0.0 ? cs_max(ceil(rest->dense / load->dense) - 1.0, 0.0) : (double)stages;
    }
    alike = cs_min(alike, (double)stages);
    rest->dense -= alike * load->dense;
    rest->mixture -= alike * load->mixture;
    return (int32_t)alike;
}

/* Fills stages up to `bound` seconds. Returns the layers left over. */
static double fill(const struct split *split, double bound, struct loads *loads)
{
    struct rest rest = {split->dense_layers, split->mixture_layers};
    double slowest = -1.0;
    *loads = (struct loads){.first = take(split, bound - split->embedding, &rest)};
    loads->first.embedding = 1.0;
    for (int32_t stage = 1; stage < split->stages - 1; stage++) {
        const struct cs_load load = take(split, bound, &rest);
        const double seconds = load_seconds(split, &load);
        if (seconds > slowest) {
            loads->middle = load;
            loads->has_middle = true;
            slowest = seconds;
        }
        stage += take_alike(&load, split->stages - 2 - stage, &rest);
    }
    loads->last = take(split, bound - split->head, &rest);
    loads->last.head = 1.0;
    return rest.dense + rest.mixture;
}

static double split_two_kinds(const struct split *split, struct loads *loads)
{
    double low = 0.0;
    double high =
        split->embedding + split->head + split->dense_layers * split->dense + split->mixture_layers * split->mixture;
    for (int i = 0; i < 50; i++) {
        const double middle = 0.5 * (low + high);
        if (fill(split, middle, loads) > 0.5) {
            low = middle;
        } else {
            high = middle;
        }
    }
    fill(split, high, loads);
    return high;
}

/* One kind of layer of `each` seconds: i, j, k layers on the first, each middle, the last stage. */
static void split_one_kind(const struct split *split, struct loads *loads)
{
    const bool mixture = split->mixture_layers > 0.0;
    const double each = mixture ? split->mixture : split->dense;
    const double layers = split->dense_layers + split->mixture_layers;
    const double between = (double)split->stages - 2.0;
    const double mean = (layers * each + split->embedding + split->head) / (double)split->stages;
    double i = whole(mean - split->embedding, each), j = whole(mean, each), k = whole(mean - split->head, each);
    if (between < 0.5) {
        j = 0.0;
    }
    while (i + between * j + k < layers) {
        const double next_i = split->embedding + (i + 1.0) * each, next_k = split->head + (k + 1.0) * each;
        const double next_j = between > 0.5 ? (j + 1.0) * each : INFINITY;
        if (next_j <= next_i && next_j <= next_k) {
            j += 1.0;
        } else if (next_i <= next_k) {
            i += 1.0;
        } else {
            k += 1.0;
        }
    }
    const double first = cs_min(i, layers);
    const double last = cs_min(cs_max(layers - first - between * j, 0.0), k);
    const double middle = cs_min(j, layers - first);
    *loads = (struct loads){.first = {.embedding = 1.0}, .last = {.head = 1.0}, .has_middle = between > 0.5};
    *(mixture ? &loads->first.mixture : &loads->first.dense) = first;
    *(mixture ? &loads->last.mixture : &loads->last.dense) = last;
    *(mixture ? &loads->middle.mixture : &loads->middle.dense) = middle;
}

/* The same number of layers on every stage: what frameworks deal where it divides. */
static void split_evenly(const struct split *split, struct loads *loads)
{
    const double each = (split->dense_layers + split->mixture_layers) / (double)split->stages;
    double dense = split->dense_layers;
    *loads = (struct loads){.has_middle = split->stages > 2};
    for (int32_t stage = 0; stage < split->stages; stage++) {
        struct cs_load load = {.dense = cs_min(dense, each)};
        dense -= load.dense;
        load.mixture = each - load.dense;
        if (stage == 0) {
            loads->first = load;
        } else if (stage == split->stages - 1) {
            loads->last = load;
        } else {
            loads->middle = load; /* the last of them: mixtures cost most, and come last */
        }
    }
    loads->first.embedding = loads->last.head = 1.0;
}

/* Sum of a member over a stage's parts. */
#define SUM(load, member)                                                                                              \
    ((load)->dense * costs->part[CS_PART_DENSE].member + (load)->mixture * costs->part[CS_PART_MIXTURE].member +       \
     (load)->embedding * costs->part[CS_PART_EMBEDDING].member + (load)->head * costs->part[CS_PART_HEAD].member)

static double share_of(const struct cs_load *load, const struct cs_costs *costs, int share)
{
    return SUM(load, forward[share]) + SUM(load, backward[share]);
}

/* The largest working set of any part that a stage runs: one at a time. */
static double working_bytes(const struct cs_load *load, const struct cs_costs *costs)
{
    double bytes = 0.0;
    if (load->dense > 0.0) {
        bytes = cs_max(bytes, costs->part[CS_PART_DENSE].working_bytes);
    }
    if (load->mixture > 0.0) {
        bytes = cs_max(bytes, costs->part[CS_PART_MIXTURE].working_bytes);
    }
    if (load->head > 0.0) {
        bytes = cs_max(bytes, costs->part[CS_PART_HEAD].working_bytes);
    }
    return bytes;
}

static void memory_of(const struct loads *loads, const struct cs_costs *costs, struct cs_stage *stage)
{
    const struct cs_load *first = &loads->first, *last = &loads->last;
    stage->first_activation = SUM(first, activation_bytes);
    stage->first_fixed = working_bytes(first, costs);
    stage->first_parameters = SUM(first, parameters);
    stage->first_expert_parameters = SUM(first, expert_parameters);
    stage->last_activation = SUM(last, activation_bytes);
    stage->last_fixed = working_bytes(last, costs);
    stage->last_parameters = SUM(last, parameters);
    stage->last_expert_parameters = SUM(last, expert_parameters);
    /* Where dense layers lead, the second stage holds more weights than stage 0: it counts as the first. */
    if (loads->has_middle && SUM(&loads->middle, expert_parameters) > stage->first_expert_parameters) {
        stage->first_parameters = cs_max(stage->first_parameters, SUM(&loads->middle, parameters));
        stage->first_expert_parameters = SUM(&loads->middle, expert_parameters);
        stage->first_activation = cs_max(stage->first_activation, SUM(&loads->middle, activation_bytes));
        stage->first_fixed = cs_max(stage->first_fixed, working_bytes(&loads->middle, costs));
    }
    if (stage->pipeline == 1) {
        stage->first_parameters -= costs->tied_parameters;
        stage->last_parameters = stage->first_parameters;
    }
    stage->sync_parameters = stage->first_parameters;
    stage->sync_expert_parameters = stage->first_expert_parameters;
    if (stage->last_parameters + stage->last_expert_parameters >
        stage->sync_parameters + stage->sync_expert_parameters) {
        stage->sync_parameters = stage->last_parameters;
        stage->sync_expert_parameters = stage->last_expert_parameters;
    }
}

void cs_stage_prepare(const struct cs_costs *costs, int32_t pipeline, struct cs_stage *stage)
{
    const struct cs_architecture *model = &costs->problem->architecture;
    const struct cs_part *part = costs->part;
    const double dense_layers = (double)(model->experts > 1 ? model->dense_layers : model->layers);
    const struct split split = {
        .embedding = part[CS_PART_EMBEDDING].forward_seconds + part[CS_PART_EMBEDDING].backward_seconds,
        .dense = part[CS_PART_DENSE].forward_seconds + part[CS_PART_DENSE].backward_seconds,
        .mixture = part[CS_PART_MIXTURE].forward_seconds + part[CS_PART_MIXTURE].backward_seconds,
        .head = part[CS_PART_HEAD].forward_seconds + part[CS_PART_HEAD].backward_seconds,
        .dense_layers = dense_layers,
        .mixture_layers = (double)model->layers - dense_layers,
        .stages = pipeline,
    };
    const struct cs_load all = {1.0, split.dense_layers, split.mixture_layers, 1.0};
    struct loads loads = {.first = all, .last = all};
    struct cs_load slow = all;
    if (pipeline > 1) {
        if (costs->problem->training.layer_split == CS_LAYER_SPLIT_EVEN && model->layers % pipeline == 0) {
            split_evenly(&split, &loads);
        } else if (split.dense_layers > 0.0 && split.mixture_layers > 0.0) {
            split_two_kinds(&split, &loads);
        } else {
            split_one_kind(&split, &loads);
        }
        slow = loads.first;
        if (loads.has_middle && load_seconds(&split, &loads.middle) > load_seconds(&split, &slow)) {
            slow = loads.middle;
        }
        if (load_seconds(&split, &loads.last) > load_seconds(&split, &slow)) {
            slow = loads.last;
        }
    }
    *stage = (struct cs_stage){.costs = costs, .pipeline = pipeline, .slow = slow};
    for (int i = 0; i < CS_SHARE_COUNT; i++) {
        stage->slowest[i] = share_of(&slow, costs, i);
    }
    stage->slowest_forward = SUM(&slow, forward_seconds);
    stage->slowest_backward = SUM(&slow, backward_seconds);
    stage->slowest_weight_gradient = SUM(&slow, weight_gradient_seconds);
    stage->slowest_hidden_all_to_all = SUM(&slow, hidden_all_to_all);
    stage->rest_seconds = cs_max(load_seconds(&split, &all) - stage->slowest_forward - stage->slowest_backward, 0.0);
    stage->overlap_forward = stage->slowest_forward;
    stage->overlap_backward = stage->slowest_backward;
    stage->largest_layer_parameters = cs_max(split.dense_layers > 0.0 ? part[CS_PART_DENSE].parameters : 0.0,
                                             split.mixture_layers > 0.0 ? part[CS_PART_MIXTURE].parameters : 0.0);
    stage->largest_layer_expert_parameters = part[CS_PART_MIXTURE].expert_parameters;
    memory_of(&loads, costs, stage);
    if (pipeline == 1) {
        /* One device holds both ends; the working sets do not coincide. */
        stage->first_fixed = stage->last_fixed = working_bytes(&all, costs);
    }
}
