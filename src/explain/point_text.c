/* SPDX-License-Identifier: BSD-3-Clause */
/* What cs_point prints for people: the answer first, one idea a line, within the terminal's width. Its tables are in
 * point_tables.c. */
#include "point.h"

#include "cs_sweep/library.h"
#include "cs_sweep/text.h"
#include "cs_sweep/units.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

bool cs_point_whole_run(const struct cs_point *point)
{
    return !point->of_step;
}

static bool misses_deadline(const struct cs_point *point)
{
    const double deadline = point->design.problem.deadline;
    return cs_point_whole_run(point) && isfinite(deadline) &&
           point->best[0].step.training_seconds > deadline * (1 + 1e-9);
}

/* The answer in one line, below the title. */
static void print_answer(const struct cs_point *point, const struct cs_style *style)
{
    const struct cs_search_result *const best = &point->best[0];
    const struct cs_step *const step = &best->step;
    char text[256];
    if (best->status != CS_STATUS_FEASIBLE) {
        fprintf(style->out, "%s", cs_ink(style, CS_INK_BAD));
        snprintf(text, sizeof text, "No plan: %s. %s", cs_status_word(best->status), cs_status_sentence(best->status));
    } else if (!cs_point_whole_run(point)) {
        snprintf(text, sizeof text, "%s devices, %s a step, utilisation %s",
                 cs_text_count((double)best->plan.devices).at, cs_text_duration(step->seconds).at,
                 cs_text_percent(step->mfu).at);
    } else {
        char mass[64] = "";
        if (point->has_carbon) {
            snprintf(mass, sizeof mass, ": %s CO2e", cs_text_mass(point->carbon.all.total).at);
        }
        snprintf(text, sizeof text, "%s device%s for %s%s, utilisation %s",
                 cs_text_count((double)best->plan.devices).at, best->plan.devices == 1 ? "" : "s",
                 cs_text_duration(step->training_seconds).at, mass, cs_text_percent(step->mfu).at);
    }
    cs_wrapped(style, 0, 0, text);
    fprintf(style->out, "%s\n", cs_ink(style, CS_INK_PLAIN));
    for (int32_t i = 0; i < point->lever_count; i++) {
        const struct cs_search_result *const result = &point->levers[i].result;
        const char *const what = point->levers[i].what;
        snprintf(text, sizeof text, "%s%s%s: %s devices, %s%s.", i == 0 ? "A plan comes " : "  or ",
                 strncmp(what, "without", strlen("without")) == 0 ? "" : "with ", what,
                 cs_text_count((double)result->plan.devices).at,
                 cs_text_duration(cs_point_whole_run(point) ? result->step.training_seconds : result->step.seconds).at,
                 cs_point_whole_run(point) ? "" : " a step");
        cs_wrapped(style, 0, 0, text);
    }
    if (best->status != CS_STATUS_FEASIBLE && point->levers_tried > 0 && point->lever_count == 0) {
        snprintf(text, sizeof text, "None of %d changes to what was asked gives a plan by itself.",
                 (int)point->levers_tried);
        cs_wrapped(style, 0, 0, text);
    }
    if (best->status == CS_STATUS_FEASIBLE && misses_deadline(point)) {
        snprintf(text, sizeof text, "That is later than the deadline of %s (training.deadline_days).",
                 cs_text_duration(point->design.problem.deadline).at);
        fputs(cs_ink(style, CS_INK_BAD), style->out);
        cs_wrapped(style, 0, 0, text);
        fprintf(style->out, "%s\n", cs_ink(style, CS_INK_PLAIN));
    }
}

static void print_attention(const struct cs_architecture *model, const struct cs_style *style)
{
    switch (model->attention) {
    case CS_ATTENTION_MLA:
        cs_row(style, "attention",
               "latent: ranks %" PRId64 " (query) and %" PRId64 " (key, value), heads of %" PRId64 " + %" PRId64,
               model->mla_q_lora, model->mla_kv_lora, model->mla_qk_nope_head_dim, model->mla_qk_rope_head_dim);
        break;
    case CS_ATTENTION_SLIDING:
        if (model->full_attention_period > 0) {
            cs_row(style, "attention", "sliding window of %s tokens in all layers but one of %" PRId64,
                   cs_text_count((double)model->window).at, model->full_attention_period);
        } else {
            cs_row(style, "attention", "sliding window of %s tokens in every layer of %" PRId64,
                   cs_text_count((double)model->window).at, model->window_period);
        }
        break;
    case CS_ATTENTION_FULL:
    default:
        break;
    }
}

static void print_model(const struct cs_point *point, const struct cs_style *style)
{
    const struct cs_problem *const problem = &point->design.problem;
    const struct cs_architecture *const model = &problem->architecture;
    const struct cs_law *const law = &problem->law;
    cs_heading(style, "Model", point->from_law ? "by the scaling law" : "explicit architecture");
    cs_row(style, "shape",
           "%s, %" PRId64 " layers, d_model %s, %" PRId64 " heads of %" PRId64 "%s, d_ff %s, vocabulary %s",
           model->experts > 1 ? "mixture of experts" : "dense", model->layers, cs_text_count((double)model->d_model).at,
           model->heads, model->head_dim, model->kv_heads < model->heads ? " (grouped)" : "",
           cs_text_count((double)model->d_ff).at, cs_text_count((double)model->vocab).at);
    print_attention(model, style);
    if (model->experts > 1) {
        cs_row(style, "experts",
               "%" PRId64 " of width %s, %" PRId64 " active, %" PRId64 " shared, %" PRId64 " dense layers",
               model->experts, cs_text_count((double)model->d_expert).at, model->experts_active, model->shared_experts,
               model->dense_layers);
    }
    cs_row(style, "parameters", "%s, %s active per token", cs_text_scale(law->parameters_total).at,
           cs_text_scale(law->parameters_active).at);
    if (cs_point_whole_run(point)) {
        /* e23 rather than printf's e+23: how papers write it. */
        const int exponent = (int)floor(log10(law->compute));
        cs_row(style, "training", "%s tokens in sequences of %s, %.2fe%d FLOP, loss %.3f",
               cs_text_scale(law->tokens).at, cs_text_count((double)problem->seq_len).at,
               law->compute / pow(10, exponent), exponent, law->loss);
    } else {
        cs_row(style, "sequences", "of %s tokens", cs_text_count((double)problem->seq_len).at);
    }
    if (problem->global_batch > 0) {
        cs_row(style, "batch", "%s sequences, as %s", cs_text_count((double)problem->global_batch).at,
               point->design.own_batch ? "it was trained" : "given");
        for (int32_t i = 0; i < problem->ramp.count; i++) {
            cs_row(style, i == 0 ? "before it" : "", "%s sequences for %s tokens",
                   cs_text_count((double)problem->ramp.stages[i].sequences).at,
                   cs_text_scale(problem->ramp.stages[i].tokens).at);
        }
    } else {
        cs_row(style, "critical batch", "%s tokens, %s sequences", cs_text_scale(law->critical_batch).at,
               cs_text_count((double)law->critical_sequences).at);
    }
}

static void print_device(const struct cs_point *point, const struct cs_style *style)
{
    const struct cs_problem *const problem = &point->design.problem;
    const struct cs_device *const device = &problem->device;
    const double years = point->design.years;
    struct cs_model_error known;
    char note[96] = "";
    if (years > 0) {
        snprintf(note, sizeof note, "projected %s years", cs_text_number(years).at);
    }
    cs_heading(style, point->hardware, note);
    if (problem->precision.format == CS_FORMAT_BF16) {
        cs_row(style, "compute", "%s at 16 bits, %s sustained in large products",
               cs_text_si(device->peak_flops, "FLOP/s").at, cs_text_percent(device->sustained).at);
    } else {
        cs_row(style, "compute", "%s at %s (%s at 16 bits), %s sustained in large products",
               cs_text_si(cs_device_peak(device, problem->precision.format), "FLOP/s").at, problem->precision.name,
               cs_text_si(device->peak_flops, "FLOP/s").at, cs_text_percent(device->sustained).at);
    }
    cs_row(style, "memory", "%s at %s", cs_text_bytes(device->hbm_capacity).at,
           cs_text_si(device->hbm_bandwidth, "B/s").at);
    if (device->torus_axes > 0) {
        cs_row(style, "links", "%s a link and direction, torus of %.0f axes, %s chips; beyond it %s",
               cs_text_si(device->link_bandwidth, "B/s").at, device->torus_axes, cs_text_count(device->domain).at,
               cs_text_si(problem->nic_bandwidth, "B/s").at);
    } else {
        cs_row(style, "links", "%s a direction in a domain of %s; beyond it %s",
               cs_text_si(device->link_bandwidth / 2, "B/s").at, cs_text_count(device->domain).at,
               cs_text_si(problem->nic_bandwidth, "B/s").at);
    }
    cs_model_error_read(device, &known);
    switch (known.kind) {
    case CS_TRUST_HELD_OUT:
        cs_row(style, "trust", "time of %" PRId64 " measured runs of it, held out of the fit: mean error %s",
               known.cases, cs_text_percent(known.mape).at);
        break;
    case CS_TRUST_FAMILY:
        cs_row(style, "trust", "no measured run of it; time of %" PRId64 " of the family %s, held out: mean error %s",
               known.cases, device->family, cs_text_percent(known.mape).at);
        break;
    case CS_TRUST_NONE:
    default:
        cs_row(style, "trust", "no measured run of the family %s", device->family);
        break;
    }
    cs_row(style, "power, area", "%.0f W; %.0f mm2 at %s nm", device->tdp, device->dies * device->die_area * 1e6,
           cs_text_number(device->node_nm).at);
}

/* A stated batch may divide neither over the replicas nor over their micro-batches. */
static void print_batch(const struct cs_point *point, const struct cs_style *style)
{
    const struct cs_plan *const plan = &point->best[0].plan;
    const int64_t stated = point->design.problem.global_batch;
    const int32_t last = cs_last_micro_batch(plan);
    char partly[64] = "";
    if (last < plan->micro_batch) {
        snprintf(partly, sizeof partly, " (%s holds %" PRId32 ")", plan->micro_batches == 1 ? "it" : "the last", last);
    }
    cs_row(style, "batch", "%s sequences = %s micro-batch%s of %" PRId32 "%s x %s replica%s",
           cs_text_count((double)plan->global_batch).at, cs_text_count((double)plan->micro_batches).at,
           plan->micro_batches == 1 ? "" : "es", plan->micro_batch, partly, cs_text_count((double)plan->data).at,
           plan->data == 1 ? "" : "s");
    if (stated > 0 && stated != plan->global_batch) {
        cs_row(style, "", "%s sequences do not divide over the replicas; time, FLOPs and tokens are of the %s",
               cs_text_count((double)stated).at, cs_text_count((double)plan->global_batch).at);
    }
}

/* The stack that the answer assumes: its name, its kernel, what it hides and what it does besides. */
static void print_stack(const struct cs_point *point, const struct cs_style *style)
{
    const struct cs_problem *const problem = &point->design.problem;
    const struct cs_stack *const stack = &problem->stack;
    char family[16], kernel[16], hidden[96] = "";
    size_t length = 0;
    const struct {
        bool is;
        const char *what;
    } rows[] = {{stack->gradient_overlap, "gradients"},
                {stack->shard_overlap, "ZeRO 2 and 3"},
                {stack->send_overlap, "sends"},
                {stack->tensor_overlap && problem->device.tensor_overlap > 0, "tensor traffic"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].is) {
            length +=
                (size_t)snprintf(hidden + length, sizeof hidden - length, "%s%s", length > 0 ? ", " : "", rows[i].what);
        }
    }
    cs_row(style, "software", "%s of %" PRId64 ": attention %s; under compute: %s%s%s%s",
           cs_choice_name(CS_STACK_NAMES, problem->training.stack, family, sizeof family), problem->training.stack_year,
           cs_choice_name(CS_ATTENTION_KERNEL_NAMES, (int32_t)stack->kernel, kernel, sizeof kernel),
           length > 0 ? hidden : "nothing", stack->dropout ? "; dropout" : "",
           stack->fused_weight_gradient ? "" : "; weight gradients added by passes",
           stack->layer_split == CS_LAYER_SPLIT_EVEN ? "; layers dealt alike" : "");
}

static void print_plan(const struct cs_point *point, const struct cs_style *style)
{
    static const char *const objectives[] = {"fewest devices that meet the deadline", "least time on these devices",
                                             "least energy within the deadline", "least carbon within the deadline"};
    const struct cs_search_result *const best = &point->best[0];
    const struct cs_plan *const plan = &best->plan;
    const struct cs_step *const step = &best->step;
    cs_heading(style, "Plan",
               point->changed_count > 0 ? "not the one that ran; what is left open is searched"
               : point->answered        ? "as it ran; what the source leaves open is searched"
                                        : objectives[point->objective]);
    cs_row(style, "devices", "%s = tensor %" PRId32 " x pipeline %" PRId32 " x data %s%s%s",
           cs_text_count((double)plan->devices).at, plan->tensor, plan->pipeline, cs_text_count((double)plan->data).at,
           plan->context > 1 ? " x context " : "", plan->context > 1 ? cs_text_count((double)plan->context).at : "");
    if (plan->expert > 1 || point->design.problem.architecture.experts > 1) {
        cs_row(style, "experts", "parallel %" PRId32 ", tensor inside an expert %" PRId32, plan->expert,
               plan->expert_tensor);
    }
    print_batch(point, style);
    char layers[64] = "";
    if (plan->recompute_layers > 0) {
        snprintf(layers, sizeof layers, " of the first %" PRId32 " layer%s of a stage", plan->recompute_layers,
                 plan->recompute_layers == 1 ? "" : "s");
    }
    cs_row(style, "memory saving", "ZeRO %" PRId32 ", recomputation %s%s%s", plan->zero_stage,
           cs_knob_value(cs_knob_find("recompute"), plan->recompute).at, layers,
           plan->sequence_parallel ? ", sequence parallel" : "");
    if (plan->offload == CS_OFFLOAD_ON) {
        cs_row(style, "offload", "%s of activations in the host's memory, a device",
               cs_text_bytes(step->host_bytes).at);
    }
    cs_row(style, "schedule", "%s, %" PRId32 " chunk%s a device",
           cs_knob_value(cs_knob_find("schedule"), plan->schedule).at, plan->interleave,
           plan->interleave == 1 ? "" : "s");
    cs_row(style, "step", "%s", cs_text_duration(step->seconds).at);
    if (cs_point_whole_run(point)) {
        cs_row(style, "training", "%s, %s device hours", cs_text_duration(step->training_seconds).at,
               cs_text_count(step->training_seconds / CS_SECONDS_PER_HOUR * (double)plan->devices).at);
    }
    cs_row(style, "utilisation",
           "%s of peak over the run by 6 N D, without attention; %s with it and what is recomputed",
           cs_text_percent(step->mfu).at, cs_text_percent(step->hfu).at);
    if (best->candidates > 0) {
        cs_row(style, "space", "%s candidates, %s of them evaluated", cs_text_number(best->candidates).at,
               cs_text_number(best->visited).at);
    }
}

static void print_step(const struct cs_point *point, const struct cs_style *style)
{
    static const char *const notes[] = {[CS_SHARE_COMPUTE] = "kernels",
                                        [CS_SHARE_TENSOR] = "tensor-parallel traffic",
                                        [CS_SHARE_EXPERT] = "dispatch, combine",
                                        [CS_SHARE_PIPELINE] = "between stages",
                                        [CS_SHARE_DATA] = "gradients, host copies",
                                        [CS_SHARE_BUBBLE] = "stages that wait",
                                        [CS_SHARE_OPTIMIZER] = "update of weights"};
    _Static_assert(sizeof notes / sizeof notes[0] == CS_SHARE_COUNT, "a share of the step has no note");
    const struct cs_step *const step = &point->best[0].step;
    cs_heading(style, "Step", "shares of its time; traffic counts where no kernel hides it");
    for (int32_t i = 0; i < CS_SHARE_COUNT; i++) {
        char note[96];
        snprintf(note, sizeof note, "%-10s %s", cs_text_duration(step->shares[i] * step->seconds).at, notes[i]);
        cs_share_row(style, cs_share_word((enum cs_share)i), step->shares[i], note);
    }
}

static void print_memory(const struct cs_point *point, const struct cs_style *style)
{
    const struct cs_step *const step = &point->best[0].step;
    const double capacity = point->design.problem.device.hbm_capacity;
    const double margin = capacity - cs_memory_limit(&point->design.problem);
    char note[160];
    snprintf(note, sizeof note, "of the fullest device, %s of %s%s", cs_text_bytes(step->memory_bytes).at,
             cs_text_bytes(capacity).at,
             step->memory_bytes > capacity            ? ": more than it has"
             : step->memory_bytes > capacity - margin ? ": more than a search would use"
                                                      : "");
    cs_heading(style, "Memory", note);
    cs_share_row(style, "state", step->state_bytes / capacity, cs_text_bytes(step->state_bytes).at);
    cs_share_row(style, "activations", step->activation_bytes / capacity, cs_text_bytes(step->activation_bytes).at);
    cs_share_row(style, "other", step->other_bytes / capacity, cs_text_bytes(step->other_bytes).at);
    cs_share_row(style, "kept free", margin / capacity, cs_text_bytes(margin).at);
    cs_share_row(style, "unused", (capacity - margin - step->memory_bytes) / capacity,
                 cs_text_bytes(capacity - margin - step->memory_bytes).at);
}

static void print_case(const struct cs_point *point, const struct cs_style *style)
{
    cs_heading(style, "Measured", point->case_source);
    if (point->changed_count == 0) {
        cs_row(style, point->metric, "measured %s, predicted %s: %s", cs_text_number(point->measured).at,
               cs_text_number(point->predicted).at, cs_text_change(point->predicted, point->measured).at);
        return;
    }
    char changes[1024];
    size_t used = 0;
    for (int32_t i = 0; i < point->changed_count && used < sizeof changes; i++) {
        const struct cs_point_changed *const changed = &point->changed[i];
        used += (size_t)snprintf(changes + used, sizeof changes - used, "%s%s %s instead of %s", i > 0 ? ", " : "",
                                 changed->knob, changed->to, changed->from);
    }
    cs_row(style, "this plan", "%s", changes);
    if (point->best[0].status == CS_STATUS_FEASIBLE) {
        cs_row(style, point->metric, "predicted %s: %s against what is predicted of the published plan",
               cs_text_number(point->predicted).at, cs_text_change(point->predicted, point->published).at);
    }
    if (point->best[0].step.memory_bytes > point->design.problem.device.hbm_capacity) {
        cs_row(style, "memory", "needs %s, the device has %s: this plan could not run",
               cs_text_bytes(point->best[0].step.memory_bytes).at,
               cs_text_bytes(point->design.problem.device.hbm_capacity).at);
    }
    cs_row(style, "published plan", "measured %s, predicted %s: %s; nothing was measured of the plan above",
           cs_text_number(point->measured).at, cs_text_number(point->published).at,
           cs_text_change(point->published, point->measured).at);
}

static void print_limits(const struct cs_point *point, const struct cs_style *style)
{
    const struct cs_step *const step = &point->best[0].step;
    const double limit = cs_memory_limit(&point->design.problem);
    int32_t largest = CS_SHARE_TENSOR;
    cs_heading(style, "What limits it", "");
    if (point->has_fewer) {
        cs_row(style, "fewer devices", "%s, on %s or fewer. %s", cs_status_word(point->fewer.status),
               cs_text_count((double)point->best[0].plan.devices - 1).at, cs_status_sentence(point->fewer.status));
    }
    for (int32_t i = CS_SHARE_TENSOR; i < CS_SHARE_COUNT; i++) {
        largest = step->shares[i] > step->shares[largest] ? i : largest;
    }
    cs_row(style, "step", "%s is compute; the largest loss is %s with %s", cs_text_percent(step->shares[0]).at,
           cs_share_word((enum cs_share)largest), cs_text_percent(step->shares[largest]).at);
    cs_row(style, "memory", "%s of what a plan may use", cs_text_percent(step->memory_bytes / limit).at);
    if (point->design.problem.global_batch == 0) {
        cs_row(style, "batch", "%s of the %s sequences of the critical batch",
               cs_text_count((double)point->best[0].plan.global_batch).at,
               cs_text_count((double)point->design.problem.law.critical_sequences).at);
    }
    if (misses_deadline(point)) {
        cs_row(style, "deadline", "missed: %s instead of %s", cs_text_duration(step->training_seconds).at,
               cs_text_duration(point->design.problem.deadline).at);
    } else if (cs_point_whole_run(point) && isfinite(point->design.problem.deadline)) {
        cs_row(style, "deadline", "%s of it is used",
               cs_text_percent(step->training_seconds / point->design.problem.deadline).at);
    }
}

void cs_point_print(const struct cs_point *point, const struct cs_point_view *view, const struct cs_style *style)
{
    const bool feasible = point->best[0].status == CS_STATUS_FEASIBLE;
    fputs(cs_ink(style, CS_INK_HEADING), style->out);
    cs_wrapped(style, 0, 0, point->title);
    fprintf(style->out, "%s\n", cs_ink(style, CS_INK_PLAIN));
    print_answer(point, style);
    print_model(point, style);
    print_device(point, style);
    print_stack(point, style);
    if (feasible) {
        print_plan(point, style);
    }
    if (point->metric != NULL && (feasible || point->changed_count > 0)) {
        print_case(point, style);
    }
    if (feasible) {
        print_step(point, style);
        print_memory(point, style);
        if (point->has_carbon) {
            cs_point_print_carbon(point, style);
        }
        if (point->has_least) {
            cs_point_print_least(point, style);
        }
        cs_point_print_trace(point, view, style);
        if (point->found > 1) {
            cs_heading(style, "Best plans",
                       "t tensor, p pipeline, d data, e expert, z ZeRO, b micro-batch, v chunks, recomputation");
            cs_point_print_results(style, point->found, point->best, point->best_carbon);
        }
        if (point->with_changes) {
            print_limits(point, style);
        }
        if (point->knob_count > 0) {
            cs_point_print_knobs(point, style);
        }
    }
    if (point->change_count > 0) {
        cs_point_print_changes(point, style);
    }
    if (point->pareto_count > 0) {
        cs_heading(style, "Pareto front",
                   point->pareto_count < CS_POINT_TOP_MAX
                       ? "no plan is better in devices, time and carbon at once"
                       : "no plan is better in devices, time and carbon at once; its first 100");
        cs_point_print_results(style, point->pareto_count, point->pareto, point->pareto_carbon);
    }
}
