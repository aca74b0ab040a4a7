/* SPDX-License-Identifier: BSD-3-Clause */
/* What the model says of a measured run. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cs_sweep/cases.h"
#include "cs_sweep/text.h"
#include "cs_sweep/units.h"
#include "footprint.h"
#include "library/read.h"
#include "stack.h"

/* FLOPs of a step of `batch` sequences as papers count them: 6 N_active B s + 12 L a d_h s^2 B, the second term by
 * convention. */
static double step_flops(const struct cs_case *item, double batch)
{
    const struct cs_architecture *a = &item->architecture;
    struct cs_parameters parameters;
    cs_parameters_count(a, &parameters);
    const double s = (double)item->seq_len;
    double width = (double)a->head_dim;
    if (a->attention == CS_ATTENTION_MLA) {
        width = 0.5 * (double)(a->mla_qk_nope_head_dim + a->mla_qk_rope_head_dim + a->mla_v_head_dim);
    }
    static const double counted[] = {1.0, 0.5, 0.0};
    const double attention = 12.0 * (double)a->layers * (double)a->heads * width * s * s * batch;
    return 6.0 * parameters.active * batch * s + counted[item->convention] * attention;
}

static void precision_of(const struct cs_case *item, struct cs_precision *precision)
{
    cs_precision_bf16(precision);
    if (item->precision == CS_CASE_FP8) {
        (void)snprintf(precision->name, sizeof precision->name, "fp8");
        precision->format = CS_FORMAT_FP8;
        precision->activation_bytes = 1.0;
        precision->dispatch_bytes = cs_case_dispatch_bytes(item);
    }
    precision->gradient_communication_bytes = (double)item->gradient_bits / 8.0;
}

static enum cs_code find_device(const struct cs_case *item, const struct cs_library *library,
                                const struct cs_device **device, struct cs_error *error)
{
    const int32_t index = cs_library_find(library, CS_ENTRY_DEVICE, item->device);
    if (index >= 0) {
        *device = &library->devices[index];
        return CS_OK;
    }
    const char *names[CS_JSON_NAMES_MAX];
    const int32_t count = cs_entry_names(library, CS_ENTRY_DEVICE, names);
    const char *nearest = cs_nearest_name(item->device, count, names);
    return cs_fail(error, CS_ERROR_CONFIG, "Case %s: no device of the library is named \"%s\"%s%s%s", item->id,
                   item->device, nearest != NULL ? "; did you mean \"" : ".", nearest != NULL ? nearest : "",
                   nearest != NULL ? "\"?" : "");
}

void cs_case_settle(struct cs_plan *knobs)
{
    int32_t *const degrees[] = {&knobs->tensor, &knobs->pipeline, &knobs->context};
    int32_t *missing = NULL;
    int32_t unknown = knobs->data == 0 ? 1 : 0;
    double product = knobs->data > 0 ? (double)knobs->data : 1.0;
    for (size_t i = 0; i < sizeof degrees / sizeof degrees[0]; i++) {
        if (*degrees[i] == 0) {
            missing = degrees[i];
            unknown++;
        }
        product *= *degrees[i] > 0 ? (double)*degrees[i] : 1.0;
    }
    if (unknown == 1 && knobs->devices > 0 && product <= (double)knobs->devices &&
        knobs->devices % (int64_t)product == 0) {
        const int64_t rest = knobs->devices / (int64_t)product;
        if (missing == NULL) {
            knobs->data = rest;
        } else if (rest <= INT32_MAX) {
            *missing = (int32_t)rest;
        }
    }
    if (knobs->tensor == 1) {
        knobs->sequence_parallel = 0;
    }
    /* DualPipe has two chunks per device by nature; zero-bubble schedules are not interleaved. */
    if (knobs->schedule == CS_SCHEDULE_DUALPIPE || knobs->schedule == CS_SCHEDULE_ZB1P || knobs->pipeline == 1) {
        knobs->interleave = 1;
    }
}

/* Context degrees to search where the source states none and they do not follow from what it states. */
static const struct cs_list free_contexts = {.count = 4, .values = {1, 2, 4, 8}};

/* Expert degrees to search where the source states none: the powers of two that divide the number of experts, and that
 * number. */
static void free_experts(int64_t experts, struct cs_list *degrees)
{
    for (int64_t e = 1; e < experts && experts % e == 0 && degrees->count < CS_LIST_MAX - 1; e *= 2) {
        degrees->values[degrees->count++] = (int32_t)e;
    }
    degrees->values[degrees->count++] = (int32_t)experts;
}

enum cs_code cs_case_problem(const struct cs_case *item, const struct cs_config *config, struct cs_problem *problem,
                             struct cs_space *space, struct cs_error *error)
{
    const struct cs_device *device = NULL;
    struct cs_device changed;
    struct cs_training training = config->settings.training;
    struct cs_precision precision;
    struct cs_law law;
    CS_TRY(find_device(item, &config->library, &device, error));
    CS_TRY(cs_config_device(config, device, &changed, error));
    if (item->domain > 0) {
        changed.domain = (double)item->domain;
    }
    training.seq_len = item->seq_len;
    training.global_batch = item->global_batch;
    cs_case_stack(item, device->kind, &training);
    training.goodput = !cs_metric_of_whole_run(item->metric) ? 1.0
                       : item->goodput > 0.0                 ? item->goodput
                                                             : training.goodput;
    precision_of(item, &precision);
    cs_law_evaluate(&config->settings.scaling_law, &training, &item->architecture, false, item->tokens, &law);
    cs_problem_init(problem, &item->architecture, &law, &changed, &precision, &training);
    problem->deadline = (double)INFINITY;
    if (item->nic_bandwidth > 0.0) {
        problem->nic_bandwidth = item->nic_bandwidth;
    }
    cs_space_set_free(&config->settings.search, space);
    space->given = item->knobs;
    space->settings.context_degrees = free_contexts;
    struct cs_plan *const given = &space->given;
    if (given->devices == 0) {
        given->devices = item->devices_hint;
    }
    /* Stacks that recompute the feed-forward part only are younger than the sources that do not say what was done. */
    const uint32_t older = space->settings.recompute & ~(1u << CS_RECOMPUTE_FFN);
    space->settings.recompute = older != 0 ? older : space->settings.recompute;
    if (given->offload == CS_OFFLOAD_ON && !(device->host_link > 0.0)) {
        return cs_fail(error, CS_ERROR_CONFIG,
                       "Case %s: its plan offloads activations, but the device \"%s\" has no host_link_gb_s.", item->id,
                       item->device);
    }
    cs_case_mixture(item, problem, space);
    if (given->expert == 0 && item->architecture.experts > 1 && space->settings.expert_degrees.count == 0) {
        free_experts(item->architecture.experts, &space->settings.expert_degrees);
    }
    /* The published TPU programs (T5X, MaxText) take their whole batch in one go, without gradient accumulation. */
    if (device->kind == CS_TPU && given->micro_batch == 0 && given->pipeline == 1 && given->data > 0) {
        given->micro_batch = (int32_t)((item->global_batch + given->data - 1) / given->data);
    }
    if (item->slices > 0 && given->devices > 0) {
        problem->slice_devices = (given->devices + item->slices - 1) / item->slices;
    }
    return CS_OK;
}

/* The source leaves no knob open but those that have a usual value: no group of ZeRO, whole experts. */
static bool whole_plan(const struct cs_plan *plan)
{
    int32_t count = 0;
    const struct cs_knob *knobs = cs_knobs(&count);
    for (int32_t i = 0; i < count; i++) {
        const bool usual = knobs[i].offset == offsetof(struct cs_plan, zero_group) ||
                           knobs[i].offset == offsetof(struct cs_plan, expert_tensor);
        if (!usual && !cs_knob_given(plan, &knobs[i])) {
            return false;
        }
    }
    return true;
}

/* All replicas take equally many sequences. A batch that does not divide is rounded up to where it does, as PyTorch's
 * DistributedSampler does by default: the step trains ceil(batch / data) sequences on each replica, and its time, FLOPs
 * and tokens are all of these. The last micro-batch of a replica may be partly filled. */
static void evaluate_given(const struct cs_problem *problem, const struct cs_plan *plan, struct cs_prediction *out)
{
    if (plan->data <= 0 || plan->micro_batch <= 0) { /* neither is zero in a whole plan */
        out->status = CS_STATUS_FAILED;
        return;
    }
    const int64_t share = (plan->global_batch + plan->data - 1) / plan->data;
    out->plan = *plan;
    out->plan.global_batch = share * plan->data;
    out->plan.micro_batches = (share + plan->micro_batch - 1) / plan->micro_batch;
    out->plan.expert_tensor = plan->expert_tensor > 0 ? plan->expert_tensor : 1;
    cs_step_evaluate(problem, &out->plan, &out->step);
    out->status = CS_STATUS_FEASIBLE;
}

/* What a run that does not fit may have done besides, as its source does not say how the state was kept: the least that
 * its stack can keep. An XLA program whose recomputation is called selective may have kept the products of attention
 * only (MaxText's policies: minimal keeps all products, save_dot_with_context_except_mlp those). */
static bool make_lean(struct cs_problem *problem, struct cs_plan *given)
{
    if (!cs_problem_make_lean(problem)) {
        return false;
    }
    if (problem->stack.products_only && given->recompute == CS_RECOMPUTE_SELECTIVE) {
        given->recompute = CS_RECOMPUTE_FFN;
    }
    return true;
}

/* A source that does not say what was recomputed does not say what was offloaded either. */
static bool may_offload(const struct cs_case *item, const struct cs_problem *problem)
{
    return !item->offload_stated && item->knobs.recompute < 0 && problem->device.host_link > 0.0;
}

static void search_free(const struct cs_case *item, struct cs_problem *problem, struct cs_space *space,
                        struct cs_search_workspace *workspace, struct cs_prediction *out)
{
    enum { ATTEMPTS = 42 };
    const enum cs_objective objective = space->given.devices > 0 ? CS_MIN_TIME : CS_MIN_DEVICES;
    struct cs_search_result best;
    int32_t found = 0;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        cs_search(problem, space, objective, NULL, workspace, 1, &best, &found);
        if (best.status != CS_STATUS_MEMORY) {
            break;
        }
        if (item->published == NULL && !out->lean && make_lean(problem, &space->given)) {
            out->lean = true;
        } else if (may_offload(item, problem) && space->given.offload == CS_OFFLOAD_OFF) {
            space->given.offload = -1;
        } else if (problem->training.memory_margin_fraction + problem->training.memory_margin_bytes > 0.0) {
            problem->training.memory_margin_fraction = 0.0;
            problem->training.memory_margin_bytes = 0.0;
        } else {
            problem->device.hbm_capacity *= 1.25;
        }
    }
    out->status = best.status;
    out->plan = best.plan;
    out->step = best.step;
}

/* The better of two evaluated plans: one that fits before one that does not, then less time, or else less memory. */
static bool better(const struct cs_prediction *a, const struct cs_prediction *b, double limit)
{
    const bool a_fits = a->step.memory_bytes <= limit;
    const bool b_fits = b->step.memory_bytes <= limit;
    if (a_fits != b_fits) {
        return a_fits;
    }
    return a_fits ? a->step.seconds < b->step.seconds : a->step.memory_bytes < b->step.memory_bytes;
}

/* Tries each micro-batch and recomputation of the space on a plan whose degrees are all set, and keeps the best. */
static void try_batches(const struct cs_problem *problem, const struct cs_plan *given, struct cs_plan *k,
                        struct cs_prediction *out)
{
    const int64_t share = (k->global_batch + k->data - 1) / k->data;
    const double limit = cs_memory_limit(problem);
    for (int64_t b = given->micro_batch > 0 ? given->micro_batch : 1; b <= share || b == given->micro_batch; b *= 2) {
        for (int32_t recompute = CS_RECOMPUTE_NONE; recompute <= CS_RECOMPUTE_FULL; recompute++) {
            struct cs_prediction one = {.status = CS_STATUS_PENDING};
            if (given->recompute >= 0 && recompute != given->recompute) {
                continue;
            }
            k->micro_batch = (int32_t)b;
            k->recompute = recompute;
            evaluate_given(problem, k, &one);
            if (out->status != CS_STATUS_FEASIBLE || better(&one, out, limit)) {
                *out = one;
            }
        }
        if (given->micro_batch > 0) {
            break;
        }
    }
}

/* Some runs state knobs that no candidate of the search has, such as a batch that does not divide, or an interleave
 * that does not go with the number of micro-batches. They ran all the same: their free knobs are tried one value after
 * another as if they were stated, and the last micro-batch of a step may be partly filled. The tensor and pipeline
 * degrees must be known. */
static void try_as_given(const struct cs_problem *problem, const struct cs_space *space, struct cs_prediction *out)
{
    const struct cs_plan *const given = &space->given;
    const int32_t experts = (int32_t)problem->architecture.experts;
    const struct cs_list one_expert = {.count = 1, .values = {given->expert > 0 ? given->expert : experts}};
    const struct cs_list one_context = {.count = 1, .values = {given->context}};
    const struct cs_list *degrees = given->expert > 0 || experts <= 1 ? &one_expert : &space->settings.expert_degrees;
    const struct cs_list *contexts = given->context > 0 ? &one_context : &space->settings.context_degrees;
    struct cs_plan k = *given;
    k.interleave = k.interleave > 0 ? k.interleave : 1;
    k.zero_stage = k.zero_stage >= 0 ? k.zero_stage : 1;
    k.schedule = k.schedule >= 0 ? k.schedule : CS_SCHEDULE_1F1B;
    k.sequence_parallel = k.sequence_parallel >= 0 ? k.sequence_parallel : 1;
    k.recompute_layers = k.recompute_layers >= 0 ? k.recompute_layers : 0;
    k.offload = k.offload >= 0 ? k.offload : CS_OFFLOAD_OFF;
    for (int32_t i = 0; i < contexts->count * degrees->count; i++) {
        k.context = contexts->values[i / degrees->count];
        k.expert = degrees->values[i % degrees->count];
        const int64_t ranks = (int64_t)k.tensor * k.pipeline * k.context;
        if (ranks <= 0 || (given->context == 0 && (problem->seq_len % k.context != 0 || given->devices % ranks != 0))) {
            continue;
        }
        k.data = given->data > 0 ? given->data : given->devices / ranks;
        k.devices = k.data * ranks;
        if (k.data > 0 && (given->context > 0 || k.devices == given->devices)) {
            try_batches(problem, given, &k, out);
        }
    }
}

static double metric_value(const struct cs_case *item, const struct cs_problem *problem, const struct cs_config *config,
                           const struct cs_prediction *p)
{
    const double devices = (double)p->plan.devices;
    const double flops = step_flops(item, (double)p->plan.global_batch) / (devices * p->step.seconds);
    const double peak = cs_device_peak(&problem->device, CS_FORMAT_BF16);
    double state, activation;
    switch (item->metric) {
    case CS_METRIC_DEVICE_HOURS:
        return devices * p->step.training_seconds / CS_SECONDS_PER_HOUR;
    case CS_METRIC_MFU:
        return flops / peak;
    case CS_METRIC_HARDWARE_TFLOPS:
        return flops * (p->plan.recompute == CS_RECOMPUTE_FULL ? 4.0 / 3.0 : 1.0) / 1e12;
    case CS_METRIC_MODEL_TFLOPS:
        return flops / 1e12;
    case CS_METRIC_ACTIVATION:
        cs_memory_layers(problem, &p->plan, &state, &activation);
        return activation / CS_BYTES_PER_GIB;
    case CS_METRIC_STATE:
        cs_memory_layers(problem, &p->plan, &state, &activation);
        return state / CS_BYTES_PER_GIB;
    case CS_METRIC_PEAK_MEMORY:
        return p->step.memory_bytes / CS_BYTES_PER_GIB;
    case CS_METRIC_ENERGY:
    case CS_METRIC_EMBODIED:
    case CS_METRIC_DEVICE_POWER:
    case CS_METRIC_NODE_POWER:
    case CS_METRIC_BOARD:
        return cs_case_footprint(item, problem, config, &p->plan, &p->step, flops / peak);
    case CS_METRIC_STEP_TIME:
    default:
        return p->step.seconds;
    }
}

/* The gate at which a search refuses the plans of a case; feasible: none. */
static enum cs_code find_gate(const struct cs_case *item, const struct cs_config *config,
                              struct cs_search_workspace *workspace, enum cs_status *gate, struct cs_error *error)
{
    struct cs_problem problem;
    struct cs_space space;
    struct cs_search_result best;
    int32_t found = 0;
    CS_TRY(cs_case_problem(item, config, &problem, &space, error));
    cs_search(&problem, &space, space.given.devices > 0 ? CS_MIN_TIME : CS_MIN_DEVICES, NULL, workspace, 1, &best,
              &found);
    *gate = best.status;
    return CS_OK;
}

/* Whether a batch may be rounded up for a plan to run: 1F1B and ZB1P take any number of micro-batches, DualPipe an even
 * one of twice the stages or more. */
static bool rounds_up(const struct cs_plan *plan)
{
    if (plan->schedule != CS_SCHEDULE_DUALPIPE) {
        return true;
    }
    if (plan->data <= 0 || plan->micro_batch <= 0 || plan->pipeline % 2 != 0) {
        return false;
    }
    const int64_t share = (plan->global_batch + plan->data - 1) / plan->data;
    const int64_t micro_batches = (share + plan->micro_batch - 1) / plan->micro_batch;
    return micro_batches % 2 == 0 && micro_batches >= 2 * (int64_t)plan->pipeline;
}

/* A plan that never ran has no right to be evaluated against the gates that the published one passes: expert degrees
 * that do not spread, a number of micro-batches that DualPipe does not go with. A batch that does not divide is rounded
 * up where it can be. */
static enum cs_code may_run(const struct cs_case *item, const struct cs_config *config,
                            struct cs_search_workspace *workspace, enum cs_status *status, struct cs_error *error)
{
    enum cs_status published = CS_STATUS_FEASIBLE;
    CS_TRY(find_gate(item, config, workspace, status, error));
    if (*status == CS_STATUS_MEMORY || (*status == CS_STATUS_BATCH && rounds_up(&item->knobs))) {
        *status = CS_STATUS_FEASIBLE;
    }
    if (*status != CS_STATUS_FEASIBLE) {
        CS_TRY(find_gate(item->published, config, workspace, &published, error));
        *status = published == *status ? CS_STATUS_FEASIBLE : *status;
    }
    return CS_OK;
}

static bool exceeds(const struct cs_problem *problem, const struct cs_prediction *prediction)
{
    return prediction->status == CS_STATUS_FEASIBLE && prediction->step.memory_bytes > cs_memory_limit(problem);
}

/* Whether a knob that the source leaves open was set so as to save memory, at the cost of time: what is recomputed, or
 * gradients that are sharded and so reduced after every micro-batch. */
static bool memory_decided(const struct cs_case *item, const struct cs_plan *plan)
{
    return (item->knobs.recompute < 0 && plan->recompute != CS_RECOMPUTE_NONE) ||
           (item->knobs.zero_stage < 0 && plan->zero_stage > 1);
}

/* How the state was kept is a free knob too: a stack that keeps the least it can may have saved less elsewhere. The
 * faster of both. (NVIDIA's and AMD's recipes of mixtures recompute norms and activations, or nothing, where the usual
 * state would have them recompute everything; torchtitan's DeepSeek-V3 reduces its gradients once a step.) */
static void search_lean(const struct cs_case *item, struct cs_problem problem, struct cs_space space,
                        struct cs_search_workspace *workspace, struct cs_prediction *out)
{
    struct cs_prediction other = {.lean = true};
    if (!make_lean(&problem, &space.given)) {
        return;
    }
    search_free(item, &problem, &space, workspace, &other);
    if (other.status == CS_STATUS_FEASIBLE && other.step.seconds < out->step.seconds) {
        *out = other;
    }
}

/* The free knobs, in the search where that has candidates, else one value after another. */
static void search_all(const struct cs_case *item, const struct cs_problem *nominal, const struct cs_space *space,
                       struct cs_search_workspace *workspace, struct cs_prediction *out)
{
    const bool ran = item->published == NULL;
    struct cs_problem problem = *nominal;
    struct cs_space tried = *space;
    search_free(item, &problem, &tried, workspace, out);
    if (out->status == CS_STATUS_FEASIBLE) {
        if (ran && !out->lean && memory_decided(item, &out->plan)) {
            search_lean(item, *nominal, *space, workspace, out);
        }
        return;
    }
    try_as_given(&problem, &tried, out);
    if (ran && !out->lean && exceeds(nominal, out) && make_lean(&problem, &tried.given)) {
        out->status = CS_STATUS_PENDING;
        out->lean = true;
        try_as_given(&problem, &tried, out);
    }
}

static enum cs_code predict(const struct cs_case *item, const struct cs_config *config,
                            struct cs_search_workspace *workspace, struct cs_prediction *out, struct cs_error *error)
{
    struct cs_problem problem;
    struct cs_space space;
    memset(out, 0, sizeof *out);
    CS_TRY(cs_case_problem(item, config, &problem, &space, error));
    enum cs_status allowed = CS_STATUS_FEASIBLE;
    if (item->published != NULL) {
        CS_TRY(may_run(item, config, workspace, &allowed, error));
        CS_TRY(predict(item->published, config, workspace, out, error));
        const bool lean = out->lean; /* another plan keeps its state as the run did */
        memset(out, 0, sizeof *out);
        out->lean = lean && make_lean(&problem, &space.given);
    }
    if (allowed != CS_STATUS_FEASIBLE) {
        out->status = allowed;
    } else if (whole_plan(&space.given)) {
        evaluate_given(&problem, &space.given, out);
        if (item->published == NULL && exceeds(&problem, out) && make_lean(&problem, &space.given)) {
            out->lean = true;
            evaluate_given(&problem, &space.given, out);
        }
    } else {
        search_all(item, &problem, &space, workspace, out);
    }
    out->parameters = problem.law.parameters_total;
    out->active_parameters = problem.law.parameters_active;
    out->tokens = problem.law.tokens;
    out->compute = problem.law.compute;
    out->memory_gb = problem.device.hbm_nominal_gb;
    out->memory_capacity = problem.device.hbm_capacity;
    out->memory_limit = cs_memory_limit(&problem);
    out->value = out->status == CS_STATUS_FEASIBLE ? metric_value(item, &problem, config, out) : (double)NAN;
    return CS_OK;
}

enum cs_code cs_case_predict(const struct cs_case *item, const struct cs_config *config,
                             struct cs_search_workspace *workspace, struct cs_prediction *prediction,
                             struct cs_error *error)
{
    CS_TRY(predict(item, config, workspace, prediction, error));
    if (item->tied_unknown) {
        struct cs_case other = *item;
        struct cs_prediction tied;
        other.architecture.tied_embedding = true;
        CS_TRY(predict(&other, config, workspace, &tied, error));
        if (tied.status == CS_STATUS_FEASIBLE && (prediction->status != CS_STATUS_FEASIBLE ||
                                                  tied.step.training_seconds < prediction->step.training_seconds)) {
            *prediction = tied;
        }
    }
    return CS_OK;
}
