/* SPDX-License-Identifier: BSD-3-Clause */
#include "space.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "cs_sweep/possible.h"

#define CS_DEVICES_LIMIT ((int64_t)1 << 60)

int64_t cs_multiply(int64_t a, int64_t b)
{
    return a != 0 && b > INT64_MAX / a ? INT64_MAX : a * b;
}

static int64_t greatest_common_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static int64_t whole(double value)
{
    return value >= (double)CS_DEVICES_LIMIT ? CS_DEVICES_LIMIT : (int64_t)value;
}

void cs_space_set_free(const struct cs_search_settings *settings, struct cs_space *space)
{
    memset(space, 0, sizeof *space);
    cs_plan_set_free(&space->given);
    space->given.devices = settings->devices;
    space->settings = *settings;
}

int64_t cs_devices_minimum(const struct cs_problem *problem)
{
    const double peak = cs_device_peak(&problem->device, problem->precision.format);
    return cs_larger(1, whole(ceil(problem->law.compute / (problem->deadline * peak))));
}

/* The largest batch: the given one, else that of the critical batch or the whole run, whichever is smaller. */
static int64_t batch_cap(const struct cs_problem *problem, const struct cs_space *space, bool *given)
{
    const int64_t batch = space->given.global_batch > 0 ? space->given.global_batch : problem->global_batch;
    *given = batch > 0;
    if (*given) {
        return batch <= CS_GIVEN_BATCH_MAX ? batch : 0;
    }
    return cs_smaller(problem->law.critical_sequences, whole(ceil(problem->law.tokens / (double)problem->seq_len)));
}

static int64_t tensor_limit(const struct cs_problem *problem, const struct cs_search_settings *settings)
{
    const int64_t domain = whole(problem->device.domain);
    if (problem->device.torus_axes > 0) {
        const int64_t limit = cs_smaller(domain, settings->tpu_tensor_max);
        return settings->tensor_max > 0 ? cs_smaller(limit, settings->tensor_max) : limit;
    }
    return settings->tensor_max > 0 ? settings->tensor_max : domain;
}

/* Whether a degree of context_degrees "auto" leaves a rank enough tokens. */
static bool context_fits(const struct cs_problem *problem, const struct cs_search_settings *settings, int64_t context)
{
    return problem->seq_len % context == 0 && problem->seq_len / context >= settings->context_tokens_min;
}

int64_t cs_devices_maximum(const struct cs_problem *problem, const struct cs_space *space)
{
    const struct cs_search_settings *const settings = &space->settings;
    bool given = false;
    const int64_t cap = batch_cap(problem, space, &given);
    const int64_t tensor = space->given.tensor > 0 ? space->given.tensor : tensor_limit(problem, settings);
    int64_t pipeline = space->given.pipeline > 0 ? space->given.pipeline : problem->architecture.layers;
    if (space->given.pipeline == 0 && settings->pipeline_max > 0) {
        pipeline = cs_smaller(pipeline, settings->pipeline_max);
    }
    int64_t context = space->given.context > 0 ? space->given.context : 1;
    if (space->given.context == 0 && settings->context_degrees.count == 0) {
        while (context_fits(problem, settings, 2 * context)) {
            context *= 2;
        }
    }
    for (int32_t i = 0; space->given.context == 0 && i < settings->context_degrees.count; i++) {
        context = cs_larger(context, settings->context_degrees.values[i]);
    }
    return cs_smaller(CS_DEVICES_LIMIT, cs_multiply(cs_multiply(tensor, pipeline), cs_multiply(context, cap)));
}

static int32_t unique(int32_t count, int32_t *values, int32_t value)
{
    for (int32_t i = 0; i < count; i++) {
        if (values[i] == value) {
            return count;
        }
    }
    values[count] = value;
    return count + 1;
}

/* Those degrees of a list that divide a number; their count. */
static int32_t dividing(int64_t number, const struct cs_list *list, int32_t *degrees)
{
    int32_t count = 0;
    for (int32_t i = 0; i < list->count; i++) {
        count = number % list->values[i] == 0 ? unique(count, degrees, list->values[i]) : count;
    }
    return count;
}

static void resolve_devices(struct cs_choices *choices)
{
    const struct cs_space *const space = choices->space;
    const struct cs_plan *const given = &space->given;
    const bool counted = given->devices > 0 || (given->data > 0 && given->tensor > 0 && given->pipeline > 0);
    choices->server =
        space->settings.whole_servers && !counted ? whole(choices->problem->device.devices_per_server) : 1;
    if (given->devices > 0) {
        choices->low = choices->high = given->devices;
        return;
    }
    choices->low = cs_larger(1, space->devices_low > 0 ? space->devices_low : cs_devices_minimum(choices->problem));
    choices->high = cs_devices_maximum(choices->problem, space);
    if (space->devices_high > 0) {
        choices->high = cs_smaller(choices->high, space->devices_high);
    }
    if (space->settings.max_devices > 0) {
        choices->high = cs_smaller(choices->high, space->settings.max_devices);
    }
}

static void resolve_lists(struct cs_choices *choices)
{
    const struct cs_problem *const problem = choices->problem;
    const struct cs_space *const space = choices->space;
    const struct cs_search_settings *const settings = &space->settings;
    const int64_t experts = cs_larger(1, problem->architecture.experts);
    choices->expert_count = 0;
    if (space->given.expert > 0) {
        choices->expert_count = unique(0, choices->experts, space->given.expert);
    } else if (experts == 1) {
        choices->expert_count = unique(0, choices->experts, 1);
    } else if (settings->expert_degrees.count == 0) {
        const bool all = settings->expert_degrees.name == CS_EXPERT_DEGREES_EXPERTS;
        for (int64_t e = experts; e > 0; e = all ? 0 : e - 1) {
            if (experts % e == 0) {
                choices->experts[choices->expert_count++] = (int32_t)e;
            }
        }
    } else {
        choices->expert_count = dividing(experts, &settings->expert_degrees, choices->experts);
    }
    if (space->given.context > 0) {
        choices->context_count = unique(0, choices->contexts, space->given.context);
    } else if (settings->context_degrees.count == 0) {
        choices->context_count = unique(0, choices->contexts, 1);
        for (int64_t c = 2; context_fits(problem, settings, c); c *= 2) {
            choices->contexts[choices->context_count++] = (int32_t)c;
        }
    } else {
        choices->context_count = dividing(problem->seq_len, &settings->context_degrees, choices->contexts);
    }
}

/* First 0, which stands for all layers of a stage, unless a number is given. */
static void resolve_layers(struct cs_choices *choices)
{
    const int32_t given = choices->space->given.recompute_layers;
    const struct cs_list *const list = &choices->space->settings.recompute_layers;
    choices->layer_count = unique(0, choices->layers, given >= 0 ? given : 0);
    for (int32_t i = 0; given < 0 && i < list->count; i++) {
        choices->layer_count = unique(choices->layer_count, choices->layers, list->values[i]);
    }
}

static void resolve_divisors(struct cs_choices *choices)
{
    const int64_t batch = choices->cap;
    int32_t small = 0;
    for (int64_t i = 1; i <= batch / i; i++) {
        if (batch % i == 0) {
            choices->divisors[small++] = i;
        }
    }
    int32_t count = small;
    for (int32_t i = small - 1; i >= 0; i--) {
        const int64_t other = batch / choices->divisors[i];
        if (other != choices->divisors[i]) {
            choices->divisors[count++] = other;
        }
    }
    choices->divisor_count = count;
}

void cs_choices_resolve(const struct cs_problem *problem, const struct cs_space *space, struct cs_choices *choices)
{
    const struct cs_search_settings *const settings = &space->settings;
    choices->problem = problem;
    choices->space = space;
    choices->cap = batch_cap(problem, space, &choices->given_batch);
    resolve_devices(choices);
    resolve_lists(choices);
    choices->tensor_low = space->given.tensor > 0 ? space->given.tensor : 1;
    choices->tensor_high =
        space->given.tensor > 0 ? space->given.tensor : cs_smaller(INT32_MAX, tensor_limit(problem, settings));
    const int64_t layers = cs_smaller(INT32_MAX, problem->architecture.layers);
    choices->pipeline_low = space->given.pipeline > 0 ? space->given.pipeline : 1;
    choices->pipeline_high =
        space->given.pipeline > 0
            ? space->given.pipeline
            : (int32_t)(settings->pipeline_max > 0 ? cs_smaller(layers, settings->pipeline_max) : layers);
    choices->micro_batch_high =
        settings->micro_batch_max > 0 ? cs_smaller(CS_MICRO_BATCH_MAX, settings->micro_batch_max) : CS_MICRO_BATCH_MAX;
    resolve_layers(choices);
    choices->recomputes = space->given.recompute >= 0 ? 1u << space->given.recompute : settings->recompute;
    if (space->given.recompute_layers > 0) {
        choices->recomputes &= ~(1u << CS_RECOMPUTE_NONE);
    }
    const uint32_t host = problem->device.host_link > 0.0 ? 1u << CS_OFFLOAD_ON : 0u; /* nothing to offload over */
    choices->offloads = space->given.offload >= 0 ? 1u << space->given.offload & (1u << CS_OFFLOAD_OFF | host)
                        : settings->offload       ? 1u << CS_OFFLOAD_OFF | host
                                                  : 1u << CS_OFFLOAD_OFF;
    choices->schedules = space->given.schedule >= 0 ? 1u << space->given.schedule
                                                    : cs_stack_schedules(&problem->stack, settings->schedules);
    choices->zero_stages[0] = space->given.zero_stage >= 0 ? 1u << space->given.zero_stage : settings->zero_stages;
    choices->zero_stages[1] = space->given.zero_stage >= 0 || settings->zero_with_pipeline ? choices->zero_stages[0]
                                                                                           : settings->zero_stages & 3u;
    choices->divisor_count = 0;
    if (choices->given_batch && choices->cap > 0) {
        resolve_divisors(choices);
    }
}

/* Strict divisibility: the tensor degree divides the heads; and as far as the space wants that, the key-value heads. */
static bool tensor_divides(const struct cs_choices *choices, int64_t tensor)
{
    if (choices->space->whole_heads && choices->space->given.tensor == 0 &&
        !cs_heads_split(&choices->problem->architecture, tensor)) {
        return false;
    }
    return choices->space->given.tensor > 0 || choices->space->settings.divisibility != CS_DIVISIBILITY_STRICT ||
           choices->problem->architecture.heads % tensor == 0;
}

/* The least tensor degree from t on that divides the scale-up domain or is a multiple of it. Divisors up to the root of
 * the domain are found by trial; a larger one is the domain over a divisor below the root, so these are tried instead.
 * Walking all of them takes about two roots of the domain. */
static int64_t next_tiling(int64_t domain, int64_t t)
{
    if (t >= domain) {
        return (t / domain + (t % domain != 0)) * domain;
    }
    for (; t <= domain / t; t++) {
        if (domain % t == 0) {
            return t;
        }
    }
    int64_t cofactor = domain / t;
    while (domain % cofactor != 0) {
        cofactor--;
    }
    return domain / cofactor;
}

int32_t cs_tensor_next(const struct cs_choices *choices, int32_t tensor, bool communication)
{
    const int64_t domain = whole(choices->problem->device.domain);
    const bool tiling = communication && choices->space->given.tensor == 0;
    for (int64_t t = cs_larger(choices->tensor_low, (int64_t)tensor + 1); t <= choices->tensor_high; t++) {
        t = tiling ? next_tiling(domain, t) : t;
        if (t <= choices->tensor_high && tensor_divides(choices, t)) {
            return (int32_t)t;
        }
    }
    return 0;
}

/* Tensor degrees inside an expert: a fixed one, or 1, t or both. */
static int32_t expert_tensors(const struct cs_choices *choices, int32_t tensor, int32_t values[2])
{
    const struct cs_space *const space = choices->space;
    if (space->given.expert_tensor > 0) {
        return unique(0, values, space->given.expert_tensor);
    }
    const int32_t setting = space->settings.expert_tensor;
    if (choices->problem->architecture.experts <= 1 || setting == CS_EXPERT_TENSOR_ONE) {
        return unique(0, values, 1);
    }
    if (setting == CS_EXPERT_TENSOR_TENSOR) {
        return unique(0, values, tensor);
    }
    return unique(unique(0, values, 1), values, tensor);
}

bool cs_mesh_at(const struct cs_choices *choices, int32_t tensor, int32_t index, struct cs_mesh *mesh)
{
    int32_t inner[2] = {1, 1};
    const int32_t inner_count = expert_tensors(choices, tensor, inner);
    if (index >= inner_count * choices->expert_count * choices->context_count) {
        return false;
    }
    const struct cs_space *const space = choices->space;
    const bool wanted =
        space->given.sequence_parallel >= 0 ? space->given.sequence_parallel != 0 : space->settings.sequence_parallel;
    mesh->plan = (struct cs_plan){
        .tensor = tensor,
        .context = choices->contexts[index / inner_count / choices->expert_count],
        .expert = choices->experts[index / inner_count % choices->expert_count],
        .expert_tensor = inner[index % inner_count],
        .zero_group = space->given.zero_group,
        .sequence_parallel = wanted && tensor > 1,
    };
    mesh->devices = (int64_t)tensor * mesh->plan.context;
    const int64_t grid = (int64_t)mesh->plan.expert * mesh->plan.expert_tensor;
    mesh->grid_step = grid / greatest_common_divisor(grid, mesh->devices);
    return true;
}

int64_t cs_data_step(const struct cs_choices *choices, const struct cs_mesh *mesh, int32_t pipeline, bool servers)
{
    const int64_t per_replica = cs_multiply(mesh->devices, pipeline);
    if (!servers || per_replica % choices->server == 0) {
        return mesh->grid_step;
    }
    const int64_t step = choices->server / greatest_common_divisor(choices->server, per_replica);
    return cs_multiply(mesh->grid_step, step / greatest_common_divisor(mesh->grid_step, step));
}

const int32_t cs_recompute_order[CS_RECOMPUTE_COUNT] = {CS_RECOMPUTE_NONE, CS_RECOMPUTE_FFN, CS_RECOMPUTE_SELECTIVE,
                                                        CS_RECOMPUTE_FULL};
const uint32_t cs_recompute_below[CS_RECOMPUTE_COUNT] = {
    [CS_RECOMPUTE_SELECTIVE] = 1u << CS_RECOMPUTE_NONE,
    [CS_RECOMPUTE_FFN] = 1u << CS_RECOMPUTE_NONE,
    [CS_RECOMPUTE_FULL] = 1u << CS_RECOMPUTE_NONE | 1u << CS_RECOMPUTE_SELECTIVE | 1u << CS_RECOMPUTE_FFN,
};

const int32_t *cs_layers_tried(const struct cs_choices *choices, int32_t recompute, int32_t *count)
{
    static const int32_t none = 0;
    const bool recomputes = recompute != CS_RECOMPUTE_NONE;
    *count = recomputes ? choices->layer_count : 1;
    return recomputes ? choices->layers : &none;
}

bool cs_partly_recomputed(const struct cs_choices *choices)
{
    return choices->layer_count > 1 || choices->layers[0] > 0;
}

bool cs_pipeline_allowed(const struct cs_choices *choices, int32_t pipeline)
{
    struct cs_interleaves interleaves;
    if (pipeline > choices->problem->architecture.layers || choices->zero_stages[pipeline > 1] == 0 ||
        choices->recomputes == 0 || choices->offloads == 0) {
        return false;
    }
    cs_interleaves_of(choices, pipeline, &interleaves);
    const uint32_t even = pipeline % 2 == 0 ? 1u << CS_SCHEDULE_DUALPIPE : 0u;
    const uint32_t single = choices->schedules & (1u << CS_SCHEDULE_1F1B | 1u << CS_SCHEDULE_ZB1P | even);
    return (interleaves.one && single != 0) || interleaves.low <= interleaves.high;
}

void cs_interleaves_of(const struct cs_choices *choices, int32_t pipeline, struct cs_interleaves *interleaves)
{
    const struct cs_space *const space = choices->space;
    const int64_t most = choices->problem->architecture.layers / pipeline;
    const bool strict = space->settings.divisibility == CS_DIVISIBILITY_STRICT;
    interleaves->one = false;
    interleaves->low = 2;
    interleaves->high = 1;
    if (space->given.interleave > 0) {
        const bool possible =
            space->given.pipeline > 0 ||
            (space->given.interleave <= most && cs_interleave_allowed(choices, pipeline, space->given.interleave));
        interleaves->one = possible && space->given.interleave == 1;
        if (possible && space->given.interleave > 1 && (choices->schedules & 1u << CS_SCHEDULE_1F1B) != 0) {
            interleaves->low = interleaves->high = space->given.interleave;
        }
    } else if (!strict || cs_interleave_allowed(choices, pipeline, 1)) {
        const int64_t setting = space->settings.interleave_max;
        interleaves->one = true;
        if (pipeline > 1 && (choices->schedules & 1u << CS_SCHEDULE_1F1B) != 0) {
            interleaves->high = (int32_t)cs_smaller(most, setting > 0 ? setting : most);
        }
    }
}

/* Frameworks without the interleaved schedule have one chunk. Those that give every stage the same number of layers
 * also cut it into equal chunks (Megatron-LM: --num-layers-per-virtual-pipeline-stage divides the layers of a stage),
 * and where their sends do not overlap with compute they want more than two stages besides ("pipeline-model-parallel
 * size should be greater than 2 with interleaved schedule"). */
static bool chunks_possible(const struct cs_problem *problem, int32_t pipeline, int32_t interleave)
{
    if (interleave == 1 || !problem->stack.interleaved) {
        return interleave == 1;
    }
    if (problem->stack.layer_split != CS_LAYER_SPLIT_EVEN) {
        return true;
    }
    const int64_t layers = problem->architecture.layers;
    return (layers % pipeline != 0 || layers / pipeline % interleave == 0) &&
           (pipeline > 2 || problem->stack.send_overlap);
}

bool cs_interleave_allowed(const struct cs_choices *choices, int32_t pipeline, int32_t interleave)
{
    const struct cs_space *const space = choices->space;
    if (space->given.interleave == 0 && !chunks_possible(choices->problem, pipeline, interleave)) {
        return false;
    }
    return space->settings.divisibility != CS_DIVISIBILITY_STRICT ||
           (space->given.pipeline > 0 && space->given.interleave > 0) ||
           choices->problem->architecture.layers % ((int64_t)pipeline * interleave) == 0;
}

int64_t cs_micro_batch_next(const struct cs_choices *choices, int64_t micro_batch)
{
    if (choices->space->given.micro_batch > 0) {
        return micro_batch == 0 ? choices->space->given.micro_batch : 0;
    }
    if (!choices->given_batch) {
        const int64_t next = micro_batch == 0 ? 1 : 2 * micro_batch;
        return next <= cs_smaller(choices->micro_batch_high, choices->cap) ? next : 0;
    }
    for (int32_t i = 0; i < choices->divisor_count && choices->divisors[i] <= choices->micro_batch_high; i++) {
        if (choices->divisors[i] > micro_batch) {
            return choices->divisors[i];
        }
    }
    return 0;
}

int64_t cs_micro_batches(const struct cs_choices *choices, enum cs_schedule schedule, int32_t pipeline,
                         int32_t interleave, int64_t data, int64_t micro_batch)
{
    const int64_t unit = cs_multiply(data, micro_batch);
    assert(unit > 0);
    const bool pairs = schedule == CS_SCHEDULE_DUALPIPE;
    /* A given plan's interleave is taken with whatever number of micro-batches its batch makes. */
    const bool rounds = interleave > 1 && !(choices->given_batch && choices->space->given.interleave > 0);
    const int64_t multiple = pairs ? 2 : rounds ? pipeline : 1;
    const int64_t least = pairs ? 2 * (int64_t)pipeline : 1;
    if (choices->given_batch && choices->cap % unit != 0) {
        return 0;
    }
    const int64_t available = choices->cap / unit;
    const int64_t count = available / multiple * multiple;
    if (choices->given_batch && count != available) {
        return 0;
    }
    return count >= least ? count : 0;
}
