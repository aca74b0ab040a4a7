/* SPDX-License-Identifier: BSD-3-Clause */
/* Dealing the layers to pipeline stages, in order, so that the slowest stage takes the least time. Stage 0 also holds
 * the embedding and the last stage the head; the dense layers of a mixture model come first.
 *
 * If no stage may take longer than some bound, filling one stage after the other up to the bound places the most
 * layers. So the least bound that places all of them is the time sought. With one kind of layer, of X seconds, it is
 * one of E + i X, j X and H + k X (E embedding, H head; i, j, k layers on the first, a middle and the last stage), and
 * these are counted up from the mean. With two kinds the bound is found by bisection.
 *
 * Where only the first layers of each stage are recomputed these take longer than its others. The time of a stage still
 * rises with each layer, so both ways hold. */
#include "cs_sweep/step.h"

#include <math.h>

struct split {
    double embedding, head, dense,
        mixture;                       /* s of each part, forward and backward; of layers, those that are not `again` */
    double again_dense, again_mixture; /* s of a recomputed layer; without `again` as `dense` and `mixture` */
    double again;                      /* layers of a stage that are; 0: all layers are alike */
    double dense_layers, mixture_layers;
    int32_t stages;
};

/* A stage with so many layers of each kind. Dense ones come first, and the first split->again of all are recomputed. */
static struct cs_load load_of(const struct split *split, double dense, double mixture)
{
    struct cs_load load = {.count = {0.0}};
    const bool partly = split->again > 0.0;
    const double again_dense = cs_min(dense, split->again);
    const double again_mixture = cs_min(mixture, split->again - again_dense);
    load.count[CS_PART_DENSE] = partly ? again_dense : dense;
    load.count[CS_PART_MIXTURE] = partly ? again_mixture : mixture;
    load.count[CS_PART_DENSE_KEPT] = partly ? dense - again_dense : 0.0;
    load.count[CS_PART_MIXTURE_KEPT] = partly ? mixture - again_mixture : 0.0;
    return load;
}

static double dense_of(const struct cs_load *load)
{
    return load->count[CS_PART_DENSE] + load->count[CS_PART_DENSE_KEPT];
}

static double mixture_of(const struct cs_load *load)
{
    return load->count[CS_PART_MIXTURE] + load->count[CS_PART_MIXTURE_KEPT];
}

static void add_embedding(struct cs_load *load)
{
    load->count[CS_PART_EMBEDDING] = 1.0;
}

static void add_head(const struct split *split, struct cs_load *load)
{
    load->count[split->again > 0.0 ? CS_PART_HEAD_KEPT : CS_PART_HEAD] = 1.0;
}

/* s of `layers` layers of one kind: the first `again` take again_each, the others each. */
static double layer_seconds(double layers, double again, double each, double again_each)
{
    const double recomputed = cs_min(layers, again);
    return recomputed * again_each + (layers - recomputed) * each;
}

static double load_seconds(const struct split *split, const struct cs_load *load)
{
    const double *count = load->count;
    const bool partly = split->again > 0.0;
    const double layers =
        partly ? count[CS_PART_DENSE] * split->again_dense + count[CS_PART_DENSE_KEPT] * split->dense +
                     count[CS_PART_MIXTURE] * split->again_mixture + count[CS_PART_MIXTURE_KEPT] * split->mixture
               : 0.0;
    return partly ? count[CS_PART_EMBEDDING] * split->embedding + layers + count[CS_PART_HEAD_KEPT] * split->head
                  : count[CS_PART_EMBEDDING] * split->embedding + count[CS_PART_DENSE] * split->dense +
                        count[CS_PART_MIXTURE] * split->mixture + count[CS_PART_HEAD] * split->head;
}

/* A finished split: the first stage, the slowest of those between, the last; and how many layers of each kind all
 * stages together recompute, where only the first of each stage are. */
struct loads {
    struct cs_load first, middle, last;
    bool has_middle;
    double again_dense, again_mixture;
};

/* Layers of `each` seconds that fit into `room` seconds. */
static double whole(double room, double each)
{
    return room > 0.0 ? floor(room / each) : 0.0;
}

/* Layers of one kind that fit into `room` seconds, the first `again` of them recomputed. */
static double layers_within(double room, double again, double each, double again_each)
{
    if (again > 0.0) {
        const double recomputed = whole(room, again_each);
        if (recomputed < again) {
            return recomputed;
        }
    }
    return again + whole(room - again * again_each, each);
}

/* Layers of each kind that no stage holds yet. */
struct rest {
    double dense, mixture;
};

/* One stage filled up to `room` seconds: dense layers first. */
static struct cs_load take(const struct split *split, double room, struct rest *rest)
{
    const double again = split->again;
    const double dense = cs_min(rest->dense, layers_within(room, again, split->dense, split->again_dense));
    double mixture = 0.0;
    rest->dense -= dense;
    if (rest->dense < 0.5) {
        const double left = cs_max(again - dense, 0.0);
        const double used = layer_seconds(dense, again, split->dense, split->again_dense);
        mixture = cs_min(rest->mixture, layers_within(room - used, left, split->mixture, split->again_mixture));
        rest->mixture -= mixture;
    }
    return load_of(split, dense, mixture);
}

/* How many of the next `stages` stages hold the same layers as the one just filled; takes these layers. Some that do
 * may be left out: they are then filled one by one. */
static int32_t take_alike(const struct cs_load *load, int32_t stages, struct rest *rest)
{
    const double dense = dense_of(load), mixture = mixture_of(load);
    double alike = 0.0;
    if (mixture > 0.0) {
        alike = dense > 0.0 ? 0.0 : floor(rest->mixture / mixture);
    } else {
        /* The stage that takes the last dense layer may take mixture layers too. */
        alike = dense > 0.0 ? cs_max(ceil(rest->dense / dense) - 1.0, 0.0) : (double)stages;
    }
    alike = cs_min(alike, (double)stages);
    rest->dense -= alike * dense;
    rest->mixture -= alike * mixture;
    return (int32_t)alike;
}

static void add_again(const struct cs_load *load, double stages, struct loads *loads)
{
    loads->again_dense += stages * load->count[CS_PART_DENSE];
    loads->again_mixture += stages * load->count[CS_PART_MIXTURE];
}

/* Fills stages up to `bound` seconds. Returns the layers left over. */
static double fill(const struct split *split, double bound, struct loads *loads)
{
    struct rest rest = {split->dense_layers, split->mixture_layers};
    double slowest = -1.0;
    *loads = (struct loads){.first = take(split, bound - split->embedding, &rest)};
    add_embedding(&loads->first);
    add_again(&loads->first, 1.0, loads);
    for (int32_t stage = 1; stage < split->stages - 1; stage++) {
        const struct cs_load load = take(split, bound, &rest);
        const double seconds = load_seconds(split, &load);
        if (seconds > slowest) {
            loads->middle = load;
            loads->has_middle = true;
            slowest = seconds;
        }
        const int32_t alike = take_alike(&load, split->stages - 2 - stage, &rest);
        add_again(&load, 1.0 + alike, loads);
        stage += alike;
    }
    loads->last = take(split, bound - split->head, &rest);
    add_head(split, &loads->last);
    add_again(&loads->last, 1.0, loads);
    return rest.dense + rest.mixture;
}

static double split_two_kinds(const struct split *split, struct loads *loads)
{
    double low = 0.0;
    double high = split->embedding + split->head + split->dense_layers * cs_max(split->dense, split->again_dense) +
                  split->mixture_layers * cs_max(split->mixture, split->again_mixture);
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
    const double again_each = mixture ? split->again_mixture : split->again_dense;
    const double layers = split->dense_layers + split->mixture_layers, again = split->again;
    const double between = (double)split->stages - 2.0;
    /* Layers that offload what they keep may be faster where they recompute, and so keep less. */
    const double least = cs_min(each, again_each);
    const double mean = (layers * least + split->embedding + split->head) / (double)split->stages;
    double i = layers_within(mean - split->embedding, again, each, again_each);
    double j = layers_within(mean, again, each, again_each);
    double k = layers_within(mean - split->head, again, each, again_each);
    if (between < 0.5) {
        j = 0.0;
    }
    while (i + between * j + k < layers) {
        const double next_i = split->embedding + layer_seconds(i + 1.0, again, each, again_each);
        const double next_k = split->head + layer_seconds(k + 1.0, again, each, again_each);
        const double next_j = between > 0.5 ? layer_seconds(j + 1.0, again, each, again_each) : INFINITY;
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
    *loads = (struct loads){.has_middle = between > 0.5};
    loads->first = load_of(split, mixture ? 0.0 : first, mixture ? first : 0.0);
    loads->middle = load_of(split, mixture ? 0.0 : middle, mixture ? middle : 0.0);
    loads->last = load_of(split, mixture ? 0.0 : last, mixture ? last : 0.0);
    add_embedding(&loads->first);
    add_head(split, &loads->last);
    /* Some middle stages may hold one layer fewer than j, so this counts the recomputed layers, or a few more. */
    const double recomputed =
        cs_min(layers, cs_min(first, again) + between * cs_min(middle, again) + cs_min(last, again));
    *(mixture ? &loads->again_mixture : &loads->again_dense) = recomputed;
}

/* The same number of layers on every stage, as frameworks do where the stages divide the layers. */
static void split_evenly(const struct split *split, struct loads *loads)
{
    const double each = (split->dense_layers + split->mixture_layers) / (double)split->stages;
    double dense = split->dense_layers;
    *loads = (struct loads){.has_middle = split->stages > 2};
    for (int32_t stage = 0; stage < split->stages; stage++) {
        const double here = cs_min(dense, each);
        const struct cs_load load = load_of(split, here, each - here);
        dense -= here;
        add_again(&load, 1.0, loads);
        if (stage == 0) {
            loads->first = load;
        } else if (stage == split->stages - 1) {
            loads->last = load;
        } else {
            loads->middle = load; /* the last of them: mixtures cost most, and come last */
        }
    }
    add_embedding(&loads->first);
    add_head(split, &loads->last);
}

/* What all stages hold together. */
static struct cs_load everything(const struct split *split, double again_dense, double again_mixture)
{
    struct cs_load all = {.count = {0.0}};
    const bool partly = split->again > 0.0;
    all.count[CS_PART_DENSE] = partly ? again_dense : split->dense_layers;
    all.count[CS_PART_MIXTURE] = partly ? again_mixture : split->mixture_layers;
    all.count[CS_PART_DENSE_KEPT] = partly ? split->dense_layers - again_dense : 0.0;
    all.count[CS_PART_MIXTURE_KEPT] = partly ? split->mixture_layers - again_mixture : 0.0;
    add_embedding(&all);
    add_head(split, &all);
    return all;
}

/* What a stage's parts hold together. */
struct held {
    double activation, host, parameters, expert_parameters;
    double working;   /* the largest of any part: they run one at a time */
    double offloaded; /* by the layer that offloads most */
};

static struct held held_by(const struct cs_load *load, const struct cs_part part[CS_PART_COUNT])
{
    struct held held = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
    for (int i = 0; i < CS_PART_COUNT; i++) {
        const double count = load->count[i];
        if (count > 0.0) {
            held.activation += count * part[i].activation_bytes;
            held.parameters += count * part[i].parameters;
            held.expert_parameters += count * part[i].expert_parameters;
            held.host += count * part[i].host_bytes;
            held.working = cs_max(held.working, part[i].working_bytes);
            held.offloaded = cs_max(held.offloaded, part[i].host_bytes);
        }
    }
    return held;
}

/* The seconds of one micro-batch on the slowest stage. */
static void time_of_slowest(const struct cs_part part[CS_PART_COUNT], struct cs_stage *stage)
{
    double forward[CS_SHARE_COUNT] = {0.0}, backward[CS_SHARE_COUNT] = {0.0};
    for (int i = 0; i < CS_PART_COUNT; i++) {
        const double count = stage->slow.count[i];
        if (!(count > 0.0)) {
            continue;
        }
        for (int k = 0; k < CS_SHARE_COUNT; k++) {
            forward[k] += count * part[i].forward[k];
            backward[k] += count * part[i].backward[k];
        }
        stage->slowest_forward += count * part[i].forward_seconds;
        stage->slowest_backward += count * part[i].backward_seconds;
        stage->cast_weights += count * part[i].cast_weights;
        stage->slowest_weight_gradient += count * part[i].weight_gradient_seconds;
        stage->slowest_hidden_all_to_all += count * part[i].hidden_all_to_all;
    }
    for (int k = 0; k < CS_SHARE_COUNT; k++) {
        stage->slowest[k] = forward[k] + backward[k];
    }
}

static void memory_of(const struct loads *loads, const struct cs_costs *costs, struct cs_stage *stage)
{
    struct held first = held_by(&loads->first, costs->part);
    struct held last = held_by(&loads->last, costs->part);
    if (loads->has_middle) {
        /* Where dense layers lead, the second stage holds more weights than stage 0: it counts as the first. */
        const struct held middle = held_by(&loads->middle, costs->part);
        if (middle.expert_parameters > first.expert_parameters) {
            first.parameters = cs_max(first.parameters, middle.parameters);
            first.expert_parameters = middle.expert_parameters;
            const double all = cs_max(first.activation + first.host, middle.activation + middle.host);
            first.activation = cs_max(first.activation, middle.activation);
            first.host = all - first.activation;
            first.working = cs_max(first.working, middle.working);
            first.offloaded = cs_max(first.offloaded, middle.offloaded);
        }
    }
    if (stage->pipeline == 1) {
        first.parameters -= costs->tied_parameters;
        last.parameters = first.parameters;
    }
    stage->first_activation = first.activation;
    stage->first_fixed = first.working;
    stage->first_parameters = first.parameters;
    stage->first_expert_parameters = first.expert_parameters;
    stage->first_host = first.host;
    stage->first_buffer = 2.0 * first.offloaded;
    stage->last_host = last.host;
    stage->last_buffer = 2.0 * last.offloaded;
    stage->last_activation = last.activation;
    stage->last_fixed = last.working;
    stage->last_parameters = last.parameters;
    stage->last_expert_parameters = last.expert_parameters;
    const bool most_at_last = last.parameters + last.expert_parameters > first.parameters + first.expert_parameters;
    stage->sync_parameters = most_at_last ? last.parameters : first.parameters;
    stage->sync_expert_parameters = most_at_last ? last.expert_parameters : first.expert_parameters;
}

static double part_seconds(const struct cs_part *part)
{
    return part->forward_seconds + part->backward_seconds;
}

void cs_stage_prepare_layers(const struct cs_costs *costs, int32_t pipeline, int32_t recompute_layers,
                             struct cs_stage *stage)
{
    const struct cs_architecture *model = &costs->problem->architecture;
    const struct cs_part *part = costs->part;
    const double dense_layers = (double)(model->experts > 1 ? model->dense_layers : model->layers);
    const bool partly = costs->kept && recompute_layers > 0;
    const struct split split = {
        .embedding = part_seconds(&part[CS_PART_EMBEDDING]),
        .dense = part_seconds(&part[partly ? CS_PART_DENSE_KEPT : CS_PART_DENSE]),
        .mixture = part_seconds(&part[partly ? CS_PART_MIXTURE_KEPT : CS_PART_MIXTURE]),
        .head = part_seconds(&part[partly ? CS_PART_HEAD_KEPT : CS_PART_HEAD]),
        .again_dense = part_seconds(&part[CS_PART_DENSE]),
        .again_mixture = part_seconds(&part[CS_PART_MIXTURE]),
        .again = partly ? (double)recompute_layers : 0.0,
        .dense_layers = dense_layers,
        .mixture_layers = (double)model->layers - dense_layers,
        .stages = pipeline,
    };
    struct cs_load slow = load_of(&split, split.dense_layers, split.mixture_layers);
    struct loads loads = {.again_dense = slow.count[CS_PART_DENSE], .again_mixture = slow.count[CS_PART_MIXTURE]};
    add_embedding(&slow);
    add_head(&split, &slow);
    loads.first = loads.last = slow;
    if (pipeline > 1) {
        if (costs->problem->stack.layer_split == CS_LAYER_SPLIT_EVEN && model->layers % pipeline == 0) {
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
    const struct cs_load all = everything(&split, loads.again_dense, loads.again_mixture);
    *stage = (struct cs_stage){.costs = costs, .pipeline = pipeline, .slow = slow, .all = all};
    time_of_slowest(part, stage);
    stage->rest_seconds = cs_max(load_seconds(&split, &all) - stage->slowest_forward - stage->slowest_backward, 0.0);
    stage->overlap_forward = stage->slowest_forward;
    stage->overlap_backward = stage->slowest_backward;
    stage->largest_layer_parameters = cs_max(split.dense_layers > 0.0 ? part[CS_PART_DENSE].parameters : 0.0,
                                             split.mixture_layers > 0.0 ? part[CS_PART_MIXTURE].parameters : 0.0);
    stage->largest_layer_expert_parameters = part[CS_PART_MIXTURE].expert_parameters;
    memory_of(&loads, costs, stage);
}

void cs_stage_prepare(const struct cs_costs *costs, int32_t pipeline, struct cs_stage *stage)
{
    cs_stage_prepare_layers(costs, pipeline, costs->plan.recompute_layers, stage);
}
