/* SPDX-License-Identifier: BSD-3-Clause */
/* What cs_point --json prints. The keys of "values" are the variables of a result file, in their units. */
#include "design/variables.h"
#include "library/read.h"
#include "point.h"
#include "json/write.h"

#include "cs_sweep/library.h"
#include "cs_sweep/text.h"
#include "cs_sweep/units.h"

#include <math.h>
#include <string.h>

static void emit_point(const struct cs_point *point, struct cs_emit *emit)
{
    char objective[CS_NAME_MAX];
    cs_emit_object(emit, "point");
    cs_emit_text(emit, "model", point->model);
    cs_emit_text(emit, "hardware", point->hardware);
    cs_emit_real(emit, "year", point->design.years);
    cs_emit_text(emit, "qat", point->qat);
    cs_emit_text(emit, "region", point->has_carbon ? point->region : NULL);
    cs_emit_text(emit, "objective",
                 cs_choice_name(CS_OBJECTIVE_NAMES, (int32_t)point->objective, objective, sizeof objective));
    cs_emit_object_end(emit);
}

static void emit_model(const struct cs_point *point, struct cs_emit *emit)
{
    const struct cs_architecture *const model = &point->design.problem.architecture;
    const struct cs_law *const law = &point->design.problem.law;
    cs_emit_object(emit, "architecture");
    cs_emit_bool(emit, "scaling_law", point->from_law);
    cs_emit_architecture(model, true, emit);
    cs_emit_real(emit, "parameters_total", law->parameters_total);
    cs_emit_real(emit, "parameters_active", law->parameters_active);
    cs_emit_real(emit, "tokens", law->tokens);
    cs_emit_real(emit, "compute", law->compute);
    cs_emit_real(emit, "loss", law->loss);
    cs_emit_real(emit, "critical_batch", law->critical_batch);
    cs_emit_integer(emit, "seq_len", point->design.problem.seq_len);
    if (point->design.problem.global_batch > 0) {
        cs_emit_integer(emit, "global_batch", point->design.problem.global_batch);
    }
    cs_emit_real(emit, "goodput", point->design.problem.goodput);
    cs_emit_object_end(emit);
}

static void emit_device(const struct cs_point *point, struct cs_emit *emit)
{
    const struct cs_device *const device = &point->design.problem.device;
    struct cs_model_error known;
    cs_model_error_read(device, &known);
    cs_emit_object(emit, "device");
    cs_emit_text(emit, "family", device->family);
    cs_emit_real(emit, "peak", cs_device_peak(device, point->design.problem.precision.format));
    /* Every field of the device as projected, in SI. */
#define EMIT_FIELD(member, key, type, factor, low, high, value, unit, scopes, meaning)                                 \
    cs_emit_real(emit, #member, device->member);
    CS_DEVICE_FIELDS(EMIT_FIELD)
#undef EMIT_FIELD
    if (known.kind != CS_TRUST_NONE) {
        cs_emit_real(emit, "model_error", known.mape);
        cs_emit_integer(emit, "model_error_cases", known.cases);
    }
    cs_emit_object_end(emit);
}

static void emit_trust(const struct cs_device *device, struct cs_emit *emit)
{
    struct cs_model_error known;
    char kind[16];
    cs_model_error_read(device, &known);
    cs_emit_object(emit, "trust");
    cs_emit_text(emit, "kind", cs_choice_name(CS_TRUST_NAMES, (int32_t)known.kind, kind, sizeof kind));
    cs_emit_real(emit, "mean_error", known.mape);
    cs_emit_integer(emit, "cases", known.cases);
    cs_emit_object_end(emit);
}

static void emit_stack(const struct cs_problem *problem, struct cs_emit *emit)
{
    const struct cs_stack *const stack = &problem->stack;
    char name[16];
    cs_emit_object(emit, "stack");
    cs_emit_text(emit, "family", cs_choice_name(CS_STACK_NAMES, problem->training.stack, name, sizeof name));
    cs_emit_integer(emit, "year", problem->training.stack_year);
    cs_emit_text(emit, "attention_kernel",
                 cs_choice_name(CS_ATTENTION_KERNEL_NAMES, (int32_t)stack->kernel, name, sizeof name));
    cs_emit_text(emit, "layer_split",
                 cs_choice_name(CS_LAYER_SPLIT_NAMES, (int32_t)stack->layer_split, name, sizeof name));
    cs_emit_bool(emit, "gradient_overlap", stack->gradient_overlap);
    cs_emit_bool(emit, "shard_overlap", stack->shard_overlap);
    cs_emit_bool(emit, "send_overlap", stack->send_overlap);
    cs_emit_bool(emit, "tensor_overlap", stack->tensor_overlap);
    cs_emit_bool(emit, "fused_weight_gradient", stack->fused_weight_gradient);
    cs_emit_bool(emit, "dropout", stack->dropout);
    cs_emit_object_end(emit);
}

static void emit_result(const struct cs_search_result *result, double carbon, struct cs_emit *emit)
{
    cs_emit_text(emit, "status", cs_status_word(result->status));
    if (result->status == CS_STATUS_FEASIBLE) {
        cs_plan_emit(emit, &result->plan, false);
        cs_emit_real(emit, "step_time", result->step.seconds);
        cs_emit_real(emit, "training_time", result->step.training_seconds);
        cs_emit_real(emit, "mfu", result->step.mfu);
        cs_emit_real(emit, "memory_per_device", result->step.memory_bytes);
        cs_emit_real(emit, "carbon_total", carbon);
    }
}

/* A plan's variables as a result file holds them: codes as numbers too. Without a place there is no carbon. `least`:
 * those of the least-carbon plan alone, by the names of the plan's own. */
static void emit_values(const struct cs_point *point, bool least, struct cs_emit *emit)
{
    const struct cs_point_carbon *const carbon = least ? &point->least_carbon : &point->carbon;
    struct cs_record record;
    const void *const sources[CS_SOURCE_COUNT] = {
        [CS_FROM_RECORD] = &record,
        [CS_FROM_POINT] = &point->design,
        [CS_FROM_DEVICE] = point->has_carbon ? &point->design.carbon.embodied : NULL,
        [CS_FROM_KWH] = point->has_carbon ? &carbon->all : NULL,
        [CS_FROM_KG] = point->has_carbon ? &carbon->all : NULL,
        [CS_FROM_REGION] = point->has_carbon ? &point->place : NULL,
    };
    int32_t count = 0;
    const struct cs_variable *const variables = cs_variables(&count);
    cs_record_of(least ? &point->least : &point->best[0], &record);
    cs_emit_object(emit, "values");
    for (int32_t i = 0; i < count; i++) {
        const void *const from = sources[variables[i].source];
        if (from != NULL && ((variables[i].on & CS_ON_LEAST) != 0) == least) {
            cs_emit_real(emit, variables[i].name + (least ? strlen(CS_LEAST_PREFIX) : 0),
                         cs_variable_value(&variables[i], from));
        }
    }
    cs_emit_object_end(emit);
}

static void emit_least(const struct cs_point *point, struct cs_emit *emit)
{
    cs_emit_object(emit, "least_carbon");
    cs_emit_object(emit, "plan");
    cs_plan_emit(emit, &point->least.plan, false);
    cs_emit_object_end(emit);
    emit_values(point, true, emit);
    cs_emit_object_end(emit);
}

static void emit_parts(const struct cs_point *point, struct cs_emit *emit)
{
    const struct cs_step *const step = &point->best[0].step;
    cs_emit_object(emit, "memory");
    cs_emit_real(emit, "state", step->state_bytes);
    cs_emit_real(emit, "activations", step->activation_bytes);
    cs_emit_real(emit, "other", step->other_bytes);
    cs_emit_real(emit, "host", step->host_bytes);
    cs_emit_real(emit, "limit", cs_memory_limit(&point->design.problem));
    cs_emit_real(emit, "capacity", point->design.problem.device.hbm_capacity);
    cs_emit_object_end(emit);
    if (point->has_carbon) {
        cs_emit_object(emit, "carbon");
        cs_emit_real(emit, "pue", point->place.pue);
        for (int32_t i = 0; i < CS_CARBON_TERMS; i++) {
            cs_emit_real(emit, point->carbon.terms[i].key, point->carbon.terms[i].kg);
        }
        cs_emit_object_end(emit);
        const struct cs_law *const law = &point->design.problem.law;
        const double grams = point->carbon.all.total * CS_GRAMS_PER_KG;
        cs_emit_object(emit, "sci");
        cs_emit_real(emit, "g_per_token", law->tokens > 0.0 ? grams / law->tokens : (double)NAN);
        cs_emit_real(emit, "g_per_flop", law->compute > 0.0 ? grams / law->compute : (double)NAN);
        cs_emit_real(emit, "g_per_parameter", grams / law->parameters_total);
        cs_emit_object_end(emit);
    }
    cs_emit_array(emit, "kernels");
    for (int32_t i = 0; i < point->trace_count; i++) {
        const struct cs_trace_entry *const entry = &point->trace[i].entry;
        cs_emit_object(emit, NULL);
        cs_emit_text(emit, "part", entry->part);
        cs_emit_text(emit, "kernel", entry->kernel);
        cs_emit_text(emit, "pass", cs_pass_word(entry));
        cs_emit_bool(emit, "collective", entry->collective);
        cs_emit_real(emit, "calls", point->trace[i].calls);
        cs_emit_real(emit, "seconds", entry->seconds);
        cs_emit_real(emit, "exposed_seconds", entry->exposed_seconds);
        cs_emit_real(emit, "flops", entry->flops);
        cs_emit_real(emit, "bytes", entry->bytes);
        cs_emit_text(emit, "bound", cs_bound_word(entry->bound));
        cs_emit_object_end(emit);
    }
    cs_emit_array_end(emit);
}

static void emit_list(const char *key, int32_t count, const struct cs_search_result *results, const double *carbon,
                      struct cs_emit *emit)
{
    cs_emit_array(emit, key);
    for (int32_t i = 0; i < count; i++) {
        cs_emit_object(emit, NULL);
        emit_result(&results[i], carbon[i], emit);
        cs_emit_object_end(emit);
    }
    cs_emit_array_end(emit);
}

static void emit_changes(const struct cs_point *point, struct cs_emit *emit)
{
    if (point->has_fewer) {
        cs_emit_text(emit, "fewer_devices", cs_status_word(point->fewer.status));
    }
    cs_emit_array(emit, "knobs");
    for (int32_t i = 0; i < point->knob_count; i++) {
        cs_emit_object(emit, NULL);
        cs_emit_text(emit, "knob", point->knobs[i].knob);
        cs_emit_text(emit, "value", point->knobs[i].value);
        emit_result(&point->knobs[i].result, (double)NAN, emit);
        cs_emit_object_end(emit);
    }
    cs_emit_array_end(emit);
    cs_emit_array(emit, "changes");
    for (int32_t i = 0; i < point->change_count; i++) {
        cs_emit_object(emit, NULL);
        cs_emit_text(emit, "change", point->changes[i].key);
        emit_result(&point->changes[i].result, point->changes[i].carbon, emit);
        cs_emit_object_end(emit);
    }
    cs_emit_array_end(emit);
}

/* Measured is the published plan's, and so no error of another one: its prediction stands beside that of the published
 * plan, with the knobs in which the two differ. */
static void emit_measured(const struct cs_point *point, struct cs_emit *emit)
{
    const bool changed = point->changed_count > 0;
    const double published = changed ? point->published : point->predicted;
    cs_emit_object(emit, "measured");
    cs_emit_text(emit, "metric", point->metric);
    cs_emit_real(emit, "measured", point->measured);
    cs_emit_real(emit, "predicted", point->predicted);
    cs_emit_real(emit, "error", changed ? (double)NAN : point->predicted / point->measured - 1);
    cs_emit_real(emit, "published_predicted", published);
    cs_emit_real(emit, "published_error", published / point->measured - 1);
    cs_emit_array(emit, "changed");
    for (int32_t i = 0; i < point->changed_count; i++) {
        cs_emit_object(emit, NULL);
        cs_emit_text(emit, "knob", point->changed[i].knob);
        cs_emit_text(emit, "published", point->changed[i].from);
        cs_emit_text(emit, "predicted", point->changed[i].to);
        cs_emit_object_end(emit);
    }
    cs_emit_array_end(emit);
    cs_emit_text(emit, "source", point->case_source);
    cs_emit_object_end(emit);
}

enum cs_code cs_point_write_json(const struct cs_point *point, FILE *out, struct cs_error *error)
{
    struct cs_emit emit = {.depth = 0};
    const bool feasible = point->best[0].status == CS_STATUS_FEASIBLE;
    cs_emit_object(&emit, NULL);
    emit_point(point, &emit);
    emit_model(point, &emit);
    emit_device(point, &emit);
    emit_trust(&point->design.problem.device, &emit);
    emit_stack(&point->design.problem, &emit);
    cs_emit_text(&emit, "status", cs_status_word(point->best[0].status));
    if (point->metric != NULL) {
        emit_measured(point, &emit);
    }
    if (feasible) {
        cs_emit_object(&emit, "plan");
        cs_plan_emit(&emit, &point->best[0].plan, false);
        cs_emit_object_end(&emit);
        emit_values(point, false, &emit);
        emit_parts(point, &emit);
        if (point->has_least) {
            emit_least(point, &emit);
        }
        emit_list("best", point->found, point->best, point->best_carbon, &emit);
    }
    if (point->levers_tried > 0) {
        cs_emit_array(&emit, "levers");
        for (int32_t i = 0; i < point->lever_count; i++) {
            cs_emit_object(&emit, NULL);
            cs_emit_text(&emit, "lever", point->levers[i].what);
            emit_result(&point->levers[i].result, cs_point_total_carbon(point, &point->levers[i].result), &emit);
            cs_emit_object_end(&emit);
        }
        cs_emit_array_end(&emit);
    }
    if (point->with_changes) {
        emit_changes(point, &emit);
    }
    if (point->with_pareto) {
        emit_list("pareto", point->pareto_count, point->pareto, point->pareto_carbon, &emit);
    }
    cs_emit_object_end(&emit);
    return cs_emit_print(&emit, out, error);
}
