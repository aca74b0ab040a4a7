/* SPDX-License-Identifier: BSD-3-Clause */
/* Literal Algorithm 1: device counts from N_min upward by one; at each, all factorisations t p d c = N and all other
 * knobs; the gates divisibility, communication, batch, memory, deadline in this order; the best of what passes. Nothing
 * here is shared with src/search but the functions that give a plan's time and memory. */
#include "oracle.h"

#include <math.h>
#include <string.h>

static bool in_list(const struct cs_list *list, int64_t value)
{
    for (int32_t i = 0; i < list->count; i++) {
        if (list->values[i] == value) {
            return true;
        }
    }
    return false;
}

static bool power_of_two(int64_t value)
{
    while (value % 2 == 0) {
        value /= 2;
    }
    return value == 1;
}

bool oracle_same_plan(const struct cs_plan *a, const struct cs_plan *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* ---- the limits of the space ---- */

static int64_t batch_of(const struct oracle *oracle, bool *given)
{
    const struct cs_problem *const problem = oracle->problem;
    *given = oracle->space->given.global_batch > 0 || problem->global_batch > 0;
    if (oracle->space->given.global_batch > 0) {
        return oracle->space->given.global_batch;
    }
    if (problem->global_batch > 0) {
        return problem->global_batch;
    }
    const int64_t run = (int64_t)ceil(problem->law.tokens / (double)problem->seq_len);
    return run < problem->law.critical_sequences ? run : problem->law.critical_sequences;
}

static int64_t tensor_limit(const struct oracle *oracle)
{
    const struct cs_search_settings *const settings = &oracle->space->settings;
    int64_t limit = (int64_t)oracle->problem->device.domain;
    if (oracle->problem->device.torus_axes > 0.0) {
        limit = settings->tpu_tensor_max < limit ? settings->tpu_tensor_max : limit;
        return settings->tensor_max > 0 && settings->tensor_max < limit ? settings->tensor_max : limit;
    }
    return settings->tensor_max > 0 ? settings->tensor_max : limit;
}

static int64_t pipeline_limit(const struct oracle *oracle)
{
    const int64_t most = oracle->space->settings.pipeline_max;
    const int64_t layers = oracle->problem->architecture.layers;
    return most > 0 && most < layers ? most : layers;
}

/* Without a list: the powers of two that leave a rank enough whole tokens, and 1. */
static bool context_in_space(const struct oracle *oracle, int64_t context)
{
    const struct cs_search_settings *const settings = &oracle->space->settings;
    const int64_t length = oracle->problem->seq_len;
    if (settings->context_degrees.count > 0) {
        return in_list(&settings->context_degrees, context);
    }
    return context == 1 ||
           (power_of_two(context) && length % context == 0 && length / context >= settings->context_tokens_min);
}

static int64_t context_limit(const struct oracle *oracle)
{
    int64_t most = 1;
    for (int64_t c = 1; c <= oracle->problem->seq_len; c++) {
        most = context_in_space(oracle, c) ? c : most;
    }
    return most;
}

static void device_range(const struct oracle *oracle, int64_t *low, int64_t *high, int64_t *fed)
{
    const struct cs_problem *const problem = oracle->problem;
    const struct cs_space *const space = oracle->space;
    bool given = false;
    *fed = (space->given.tensor > 0 ? space->given.tensor : tensor_limit(oracle)) *
           (space->given.pipeline > 0 ? space->given.pipeline : pipeline_limit(oracle)) *
           (space->given.context > 0 ? space->given.context : context_limit(oracle)) * batch_of(oracle, &given);
    if (space->given.devices > 0) {
        *low = *high = *fed = space->given.devices;
        return;
    }
    const double peak = cs_device_peak(&problem->device, problem->precision.format);
    *low = (int64_t)ceil(problem->law.compute / (problem->deadline * peak)); /* N_min */
    *low = space->devices_low > 0 ? space->devices_low : *low;
    *low = *low < 1 ? 1 : *low;
    *high = *fed; /* N_max */
    if (space->devices_high > 0 && space->devices_high < *high) {
        *high = space->devices_high;
    }
    if (space->settings.max_devices > 0 && space->settings.max_devices < *high) {
        *high = space->settings.max_devices;
    }
}

/* ---- the gates before memory ---- */

/* A stack that interleaves; layers dealt alike: equal chunks of equal stages, at two stages if sends overlap. */
static bool chunks_pass(const struct oracle *oracle, const struct cs_plan *plan)
{
    const struct cs_stack *const stack = &oracle->problem->stack;
    const bool one = plan->interleave == 1 || oracle->space->given.interleave > 0;
    if (one || !stack->interleaved || stack->layer_split == CS_LAYER_SPLIT_BALANCED) {
        return one || stack->interleaved;
    }
    const int64_t layers = oracle->problem->architecture.layers, p = plan->pipeline;
    return (p > 2 || stack->send_overlap) && (layers % p != 0 || (layers / p) % plan->interleave == 0);
}

static bool divides(const struct oracle *oracle, const struct cs_plan *plan)
{
    const struct cs_space *const space = oracle->space;
    const struct cs_architecture *const model = &oracle->problem->architecture;
    const bool strict = space->settings.divisibility == CS_DIVISIBILITY_STRICT;
    if (plan->pipeline > model->layers || !chunks_pass(oracle, plan)) {
        return false;
    }
    if (!(space->given.pipeline > 0 && space->given.interleave > 0) &&
        ((int64_t)plan->pipeline * plan->interleave > model->layers ||
         (strict && model->layers % ((int64_t)plan->pipeline * plan->interleave) != 0))) {
        return false;
    }
    if (space->given.tensor == 0 && (strict || space->whole_heads) && model->heads % plan->tensor != 0) {
        return false;
    }
    if (space->given.tensor == 0 && space->whole_heads && model->kv_heads % plan->tensor != 0 &&
        plan->tensor % model->kv_heads != 0) {
        return false; /* key-value heads are copied to ranks that are a multiple of them */
    }
    if (space->given.expert == 0 && model->experts % plan->expert != 0) {
        return false;
    }
    if (space->given.context == 0 && space->settings.context_degrees.count > 0 &&
        oracle->problem->seq_len % plan->context != 0) {
        return false;
    }
    return plan->schedule != CS_SCHEDULE_DUALPIPE || plan->pipeline % 2 == 0;
}

static bool whole_servers(const struct oracle *oracle, const struct cs_plan *plan)
{
    const struct cs_plan *const given = &oracle->space->given;
    const int64_t server = (int64_t)oracle->problem->device.devices_per_server;
    const bool counted = given->devices > 0 || (given->data > 0 && given->tensor > 0 && given->pipeline > 0);
    return !oracle->space->settings.whole_servers || counted || plan->devices <= server || plan->devices % server == 0;
}

static bool communicates(const struct oracle *oracle, const struct cs_plan *plan)
{
    if (!whole_servers(oracle, plan)) {
        return false;
    }
    const int64_t domain = (int64_t)oracle->problem->device.domain;
    if (oracle->space->given.tensor == 0 && domain % plan->tensor != 0 && plan->tensor % domain != 0) {
        return false;
    }
    return (plan->tensor * plan->data * plan->context) % ((int64_t)plan->expert * plan->expert_tensor) == 0;
}

/* Sets global_batch and micro_batches. */
static bool has_batch(const struct oracle *oracle, struct cs_plan *plan)
{
    bool given = false;
    const int64_t batch = batch_of(oracle, &given);
    const int64_t p = plan->pipeline;
    const bool as_given = given && oracle->space->given.interleave > 0;
    int64_t unit = plan->data * plan->micro_batch;
    if (plan->schedule == CS_SCHEDULE_DUALPIPE) {
        unit *= 2;
    } else if (plan->interleave > 1 && !as_given) {
        unit *= p;
    }
    if (given && batch % unit != 0) {
        return false;
    }
    plan->global_batch = batch / unit * unit;
    plan->micro_batches = plan->global_batch / (plan->data * plan->micro_batch);
    return plan->micro_batches >= (plan->schedule == CS_SCHEDULE_DUALPIPE ? 2 * p : 1);
}

/* ---- one candidate, all candidates, all device counts ---- */

static void reach(struct oracle *oracle, enum cs_status gate)
{
    if (oracle->status != CS_STATUS_FEASIBLE && gate > oracle->status) {
        oracle->status = gate;
    }
}

/* The stage of one shard and pipeline degree, and a replica for each ZeRO stage: the same for all schedules and
 * interleaves, and prepared when the first candidate passes the gates before memory. */
struct staged {
    const struct cs_costs *costs;
    bool known, ready[4];
    struct cs_stage stage;
    struct cs_replica replica[4];
};

static const struct cs_replica *replica_of(struct staged *staged, const struct cs_plan *plan)
{
    const int32_t z = plan->zero_stage;
    if (!staged->known) {
        cs_stage_prepare(staged->costs, plan->pipeline, &staged->stage);
        staged->known = true;
    }
    if (!staged->ready[z]) {
        cs_replica_prepare(&staged->stage, plan->data, z, plan->zero_group, &staged->replica[z]);
        staged->ready[z] = true;
    }
    return &staged->replica[z];
}

static void evaluate(struct oracle *oracle, struct staged *staged, struct cs_plan *plan)
{
    const struct cs_problem *const problem = oracle->problem;
    if (!divides(oracle, plan)) {
        reach(oracle, CS_STATUS_DIVISIBILITY);
        return;
    }
    if (!communicates(oracle, plan)) {
        reach(oracle, CS_STATUS_COMMUNICATION);
        return;
    }
    if (!has_batch(oracle, plan)) {
        reach(oracle, CS_STATUS_BATCH);
        return;
    }
    oracle->candidates += 1.0;
    const struct cs_replica *const replica = replica_of(staged, plan);
    if (cs_memory_bytes(replica, (enum cs_schedule)plan->schedule, plan->interleave, plan->micro_batches) >
        cs_memory_limit(problem)) {
        reach(oracle, CS_STATUS_MEMORY);
        return;
    }
    const double step =
        cs_step_seconds(replica, (enum cs_schedule)plan->schedule, plan->interleave, plan->micro_batches);
    const double seconds = problem->law.tokens > 0.0 ? cs_training_seconds(problem, plan->global_batch, step) : step;
    if (oracle->objective != CS_MIN_TIME && !(seconds <= problem->deadline)) {
        reach(oracle, CS_STATUS_DEADLINE);
        return;
    }
    oracle->status = CS_STATUS_FEASIBLE;
    oracle_keep(oracle, plan, seconds);
}

static bool fixed_or(int32_t fixed, int64_t value, bool allowed)
{
    return fixed > 0 ? value == fixed : allowed;
}

static bool zero_allowed(const struct oracle *oracle, int32_t zero_stage, int32_t pipeline)
{
    const struct cs_search_settings *const settings = &oracle->space->settings;
    if (oracle->space->given.zero_stage >= 0) {
        return zero_stage == oracle->space->given.zero_stage;
    }
    return (settings->zero_stages >> zero_stage & 1u) != 0 &&
           (zero_stage < 2 || pipeline == 1 || settings->zero_with_pipeline);
}

/* Schedules, interleaves and ZeRO stages of one shard and (t, p, d, c). */
static void inner_knobs(struct oracle *oracle, const struct cs_costs *costs, struct cs_plan *plan)
{
    const struct cs_space *const space = oracle->space;
    const struct cs_search_settings *const settings = &space->settings;
    const int64_t chunks = oracle->problem->architecture.layers / plan->pipeline;
    const int64_t most = chunks > space->given.interleave ? chunks : space->given.interleave;
    const uint32_t schedules = cs_stack_schedules(&oracle->problem->stack, settings->schedules);
    struct staged staged = {.costs = costs};
    for (int s = 0; s < CS_SCHEDULE_COUNT; s++) {
        if (space->given.schedule >= 0 ? s != space->given.schedule : (schedules >> s & 1u) == 0) {
            continue;
        }
        for (int32_t v = 1; v <= most; v++) {
            const bool several = s == CS_SCHEDULE_1F1B && plan->pipeline > 1 &&
                                 (settings->interleave_max == 0 || v <= settings->interleave_max);
            if (!fixed_or(space->given.interleave, v, v == 1 || several) || (v > 1 && s != CS_SCHEDULE_1F1B)) {
                continue;
            }
            for (int32_t z = 0; z <= 3; z++) {
                if (zero_allowed(oracle, z, plan->pipeline)) {
                    plan->schedule = s;
                    plan->interleave = v;
                    plan->zero_stage = z;
                    evaluate(oracle, &staged, plan);
                }
            }
        }
    }
}

/* The costs of a shard on a network, which its range of devices tells from others, kept for the pipeline and data
 * degrees to come, which they do not depend on. */
struct shard {
    uint64_t run; /* of the oracle that made it */
    struct cs_plan plan;
    struct cs_network network;
    struct cs_costs costs;
};
static uint64_t runs;

static const struct cs_costs *costs_of(const struct oracle *oracle, const struct cs_network *network,
                                       const struct cs_plan *plan)
{
    enum { SHARDS = 4096 };
    static struct shard shards[SHARDS];
    struct cs_plan key = *plan;
    key.devices = key.data = key.global_batch = key.micro_batches = 0;
    key.pipeline = key.interleave = key.schedule = key.zero_stage = 0;
    uint64_t hash = 0;
    for (size_t i = 0; i < sizeof key; i++) {
        hash = hash * 31 + ((const unsigned char *)&key)[i];
    }
    struct shard *const shard = &shards[hash % SHARDS];
    if (shard->run != runs || memcmp(&shard->plan, &key, sizeof key) != 0 ||
        shard->network.devices_low != network->devices_low || shard->network.devices_high != network->devices_high) {
        shard->run = runs;
        shard->plan = key;
        memcpy(&shard->network, network, sizeof *network);
        cs_costs_prepare(oracle->problem, &shard->network, plan, &shard->costs);
    }
    return &shard->costs;
}

/* How many first layers of a stage are recomputed, 0 being all of them: given; or all, and the numbers of the settings'
 * list that leave the fullest stage a layer that is not. Nothing of it where nothing is recomputed. */
static void partial_recomputation(struct oracle *oracle, const struct cs_network *network, bool fed,
                                  struct cs_plan *plan)
{
    const struct cs_space *const space = oracle->space;
    const int32_t given = space->given.recompute_layers;
    const int64_t fullest = (oracle->problem->architecture.layers + plan->pipeline - 1) / plan->pipeline;
    const bool none = plan->recompute == CS_RECOMPUTE_NONE;
    const int64_t most = given > fullest ? given : fullest;
    if (none && given > 0) {
        reach(oracle, CS_STATUS_DIVISIBILITY);
        return;
    }
    for (int32_t n = 0; n <= most; n++) {
        const bool listed = !none && n < fullest && in_list(&space->settings.recompute_layers, n);
        if (given >= 0 ? n != given : n != 0 && !listed) {
            continue;
        }
        plan->recompute_layers = n;
        inner_knobs(oracle, fed ? costs_of(oracle, network, plan) : NULL, plan);
    }
}

/* Recomputation and offload of one micro-batch. */
static void kept_activations(struct oracle *oracle, const struct cs_network *network, bool fed, struct cs_plan *plan)
{
    const struct cs_space *const space = oracle->space;
    const struct cs_search_settings *const settings = &space->settings;
    for (int32_t r = 0; r < CS_RECOMPUTE_COUNT; r++) {
        if (space->given.recompute >= 0 ? r != space->given.recompute : (settings->recompute >> r & 1u) == 0) {
            continue;
        }
        for (int32_t o = CS_OFFLOAD_OFF; o <= CS_OFFLOAD_ON; o++) {
            if (space->given.offload >= 0 ? o != space->given.offload : o == CS_OFFLOAD_ON && !settings->offload) {
                continue;
            }
            if (o == CS_OFFLOAD_ON && !(oracle->problem->device.host_link > 0.0)) {
                reach(oracle, CS_STATUS_DIVISIBILITY);
                continue;
            }
            plan->recompute = r;
            plan->offload = o;
            partial_recomputation(oracle, network, fed, plan);
        }
    }
}

/* Micro-batches. */
static void shards(struct oracle *oracle, const struct cs_network *network, struct cs_plan *plan)
{
    const struct cs_space *const space = oracle->space;
    const struct cs_search_settings *const settings = &space->settings;
    bool given = false;
    const int64_t batch = batch_of(oracle, &given);
    const int64_t most = batch > space->given.micro_batch ? batch : space->given.micro_batch;
    for (int64_t b = 1; b <= most || b == 1; b++) {
        const bool allowed = (given ? batch % b == 0 : power_of_two(b)) &&
                             (settings->micro_batch_max == 0 || b <= settings->micro_batch_max);
        if (fixed_or(space->given.micro_batch, b, allowed)) {
            plan->micro_batch = (int32_t)b;
            kept_activations(oracle, network, plan->data * b <= batch, plan);
        }
    }
}

/* Expert degrees, and the tensor degree inside an expert. */
static void experts(struct oracle *oracle, const struct cs_network *network, struct cs_plan *plan)
{
    const struct cs_space *const space = oracle->space;
    const int64_t all = oracle->problem->architecture.experts > 1 ? oracle->problem->architecture.experts : 1;
    const int32_t setting = space->settings.expert_tensor;
    const int64_t most = space->given.expert > all ? space->given.expert : all;
    const int64_t most_tensor = space->given.expert_tensor > plan->tensor ? space->given.expert_tensor : plan->tensor;
    for (int32_t e = 1; e <= most; e++) {
        const struct cs_list *const list = &space->settings.expert_degrees;
        const bool named = list->name == CS_EXPERT_DEGREES_DIVISORS ? all % e == 0 : e == all;
        if (!fixed_or(space->given.expert, e, all == 1 ? e == 1 : list->count == 0 ? named : in_list(list, e))) {
            continue;
        }
        for (int32_t etp = 1; etp <= most_tensor; etp++) {
            const bool one = etp == 1 && (setting != CS_EXPERT_TENSOR_TENSOR || all == 1);
            const bool tensor = etp == plan->tensor && setting != CS_EXPERT_TENSOR_ONE && all > 1;
            if (fixed_or(space->given.expert_tensor, etp, one || tensor)) {
                plan->expert = e;
                plan->expert_tensor = etp;
                shards(oracle, network, plan);
            }
        }
    }
}

static void one_device_count(struct oracle *oracle, int64_t devices)
{
    const struct cs_space *const space = oracle->space;
    const bool sequence_parallel =
        space->given.sequence_parallel >= 0 ? space->given.sequence_parallel != 0 : space->settings.sequence_parallel;
    struct cs_network network;
    cs_network_of(oracle->problem, devices, &network);
    for (int64_t t = 1; t <= devices; t++) {
        for (int64_t c = 1; c <= devices / t; c++) {
            for (int64_t p = 1; p <= devices / t / c; p++) {
                const int64_t d = devices / (t * c * p);
                if (t * c * p * d != devices || !fixed_or(space->given.tensor, t, t <= tensor_limit(oracle)) ||
                    !fixed_or(space->given.context, c, context_in_space(oracle, c)) ||
                    !fixed_or(space->given.pipeline, p, p <= pipeline_limit(oracle)) ||
                    (space->given.data > 0 && d != space->given.data)) {
                    continue;
                }
                struct cs_plan plan = {
                    .devices = devices,
                    .data = d,
                    .tensor = (int32_t)t,
                    .pipeline = (int32_t)p,
                    .context = (int32_t)c,
                    .zero_group = space->given.zero_group,
                    .sequence_parallel = sequence_parallel && t > 1,
                };
                experts(oracle, &network, &plan);
            }
        }
    }
}

void oracle_run(struct oracle *oracle)
{
    int64_t low = 0, high = 0, fed = 0;
    device_range(oracle, &low, &high, &fed);
    runs++;
    oracle->status = CS_STATUS_PENDING;
    oracle->found = 0;
    oracle->candidates = oracle->candidates_at_answer = 0.0;
    for (int64_t devices = low; devices <= high; devices++) {
        const double before_this = oracle->candidates;
        one_device_count(oracle, devices);
        if (oracle->found > 0 && oracle->answers[0].plan.devices == devices) {
            oracle->candidates_at_answer = oracle->candidates - before_this;
        }
        if (oracle->objective == CS_MIN_DEVICES && oracle->found == oracle->wanted) {
            break;
        }
    }
    if (oracle->status == CS_STATUS_PENDING) {
        /* No device count to try: the batch feeds fewer than N_min, or the user allows fewer. */
        oracle->status = low > fed ? CS_STATUS_BATCH : low > high ? CS_STATUS_DEADLINE : CS_STATUS_DIVISIBILITY;
    }
}
