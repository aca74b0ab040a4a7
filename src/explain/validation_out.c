/* SPDX-License-Identifier: BSD-3-Clause */
/* The validation for people and for machines. */
#include <math.h>
#include <string.h>

#include "cs_sweep/format.h"
#include "cs_sweep/units.h"
#include "plan.h"
#include "validation.h"
#include "json/write.h"

/* A percentage in so many columns, "-" for what is not known. */
static void percent(FILE *out, int width, double fraction)
{
    if (isfinite(fraction)) {
        fprintf(out, " %*.2f%%", width - 2, 100.0 * fraction);
    } else {
        fprintf(out, " %*s", width - 1, "-");
    }
}

/* What a prediction beyond the memory of its device needs, of the capacity. */
static void memory_note(const struct cs_validation *v, int32_t i, FILE *out)
{
    static const char *const notes[CS_MEMORY_VERDICTS] = {
        [CS_MEMORY_OVER_MARGIN] = "exceeds the memory less its margin",
        [CS_MEMORY_OVER_CAPACITY] = "exceeds the memory",
    };
    const struct cs_prediction *p = &v->predictions[i];
    const char *note = notes[cs_validation_memory(v, i)];
    if (note != NULL) {
        fprintf(out, "; %s: %s of %s", note, cs_text_bytes(p->step.memory_bytes).at,
                cs_text_bytes(p->memory_capacity).at);
    }
}

static void case_line(const struct cs_validation *v, int32_t i, FILE *out)
{
    const struct cs_case *item = &v->cases.items[i];
    const struct cs_prediction *p = &v->predictions[i];
    fprintf(out, "%-52s %-26s %12.6g ", item->id, cs_metric_name(item->metric), item->measured);
    if (p->status != CS_STATUS_FEASIBLE) {
        fprintf(out, "%12s %8s  no plan: %s\n", "-", "-", cs_status_word(p->status));
        return;
    }
    fprintf(out, "%12.6g %+7.1f%%  %s", p->value, 100.0 * cs_validation_error(v, i), cs_plan_describe(&p->plan).at);
    if (p->plan.global_batch != item->global_batch) {
        fprintf(out, "; steps of %s sequences", cs_text_count((double)p->plan.global_batch).at);
    }
    if (p->lean) {
        fputs("; with the least state of its stack", out);
    }
    memory_note(v, i, out);
    fputc('\n', out);
}

/* The groups of the runs that reg was fitted to, each with how many. */
static void fitted_lines(const struct cs_validation *v, FILE *out)
{
    int32_t column = fprintf(out, "reg is fitted to %d runs, the fastest of each model:", (int)v->regression_count);
    bool any = false;
    for (int32_t g = 0; g < v->group_count; g++) {
        char text[CS_NAME_MAX + 32];
        int runs = 0;
        for (int32_t i = 0; i < v->regression_count; i++) {
            const struct cs_case *item = &v->cases.items[v->regression_cases[i]];
            runs += strcmp(item->group, v->groups[g].group) == 0 ? 1 : 0;
        }
        if (runs == 0) {
            continue;
        }
        const int length = snprintf(text, sizeof text, "%s%d of %s", any ? ", " : " ", runs, v->groups[g].group);
        if (column + length > 116) {
            fputs(any ? ",\n" : "\n", out);
            column = 0;
        }
        column += fprintf(out, "%s", column > 0 || !any ? text : text + 2);
        any = true;
    }
    fputc('\n', out);
}

static void quality_line(const char *what, const double *r2, FILE *out)
{
    fprintf(out, "%-32s %13s", what, "");
    for (int k = 0; k < CS_PREDICTORS; k++) {
        percent(out, 23, r2[k]);
    }
    fputc('\n', out);
}

static void run_lines(const struct cs_validation *v, FILE *out)
{
    fprintf(
        out,
        "\nDevice-hours of whole runs (figures 1 and 3a of the CarbonScaling paper); reg: log-log regression over %d "
        "runs on A100\nand H100; LLMC: LLMCarbon's regressions\n\n",
        (int)v->regression_count);
    fprintf(out, "%-32s %13s %13s %8s %13s %8s %13s %8s\n", "run", "label", "ours", "error", "reg", "error", "LLMC",
            "error");
    for (int32_t i = 0; i < v->run_count; i++) {
        const struct cs_baseline_run *run = &v->runs[i];
        if (run->note != NULL) {
            fprintf(out, "%-32s %s\n", run->id, run->note);
            continue;
        }
        fprintf(out, "%-32s", run->id);
        fprintf(out, " %13s", cs_text_count(run->label).at);
        for (int k = 0; k < CS_PREDICTORS; k++) {
            fprintf(out, " %13s %8s", cs_text_count(run->predicted[k]).at,
                    cs_text_change(run->predicted[k], run->label).at);
        }
        fputc('\n', out);
    }
    quality_line("R2 on hours", v->r2_hours, out);
    quality_line("R2 on log hours", v->r2_log, out);
    fputc('\n', out);
    fitted_lines(v, out);
}

/* Cases beyond the capacity less the margin, those beyond the capacity among them; and these. */
static void count_memory(const int32_t memory[CS_MEMORY_VERDICTS], FILE *out)
{
    const int32_t over = memory[CS_MEMORY_OVER_CAPACITY];
    fprintf(out, " %8d %8d", (int)(memory[CS_MEMORY_OVER_MARGIN] + over), (int)over);
}

static void add_memory(const struct cs_validation *v, int32_t sum[CS_MEMORY_VERDICTS])
{
    for (int32_t g = 0; g < v->group_count; g++) {
        for (int k = 0; k < CS_MEMORY_VERDICTS; k++) {
            sum[k] += v->groups[g].memory[k];
        }
    }
}

static void total_line(const struct cs_validation *v, FILE *out)
{
    int32_t memory[CS_MEMORY_VERDICTS] = {0};
    add_memory(v, memory);
    fprintf(out, "%-28s %6d %49s", "all", (int)v->cases.count, "");
    count_memory(memory, out);
    fputs("\n\n> margin, > memory: cases whose plan is predicted to need more than the device's memory less the margin "
          "that a search\nkeeps free, and more than all of it. Of a plan that ran this is an error of the predicted "
          "memory.\n",
          out);
}

void cs_validation_text(const struct cs_validation *v, bool details, FILE *out)
{
    if (details) {
        fprintf(out, "%-52s %-26s %12s %12s %8s  plan\n", "case", "metric", "measured", "predicted", "error");
        for (int32_t i = 0; i < v->cases.count; i++) {
            case_line(v, i, out);
        }
        fputc('\n', out);
    }
    fprintf(out, "%-28s %6s %9s %9s %9s %9s %9s %8s %8s\n", "group", "cases", "mean |e|", "median", "largest", "bias",
            "R2", "> margin", "> memory");
    for (int32_t g = 0; g < v->group_count; g++) {
        const struct cs_group_errors *group = &v->groups[g];
        fprintf(out, "%-28s %6d", group->group, (int)group->cases);
        const double errors[] = {group->mape, group->median, group->max, group->bias, group->r2};
        for (size_t k = 0; k < sizeof errors / sizeof errors[0]; k++) {
            percent(out, 10, errors[k]);
        }
        count_memory(group->memory, out);
        if (group->answered < group->cases) {
            fprintf(out, "  %d without a plan", (int)(group->cases - group->answered));
        }
        fputc('\n', out);
    }
    total_line(v, out);
    if (v->run_count > 0) {
        run_lines(v, out);
    }
}

static void emit_plan(struct cs_emit *emit, const struct cs_validation *v, int32_t i)
{
    const struct cs_prediction *p = &v->predictions[i];
    cs_emit_object(emit, "plan");
    if (p->status == CS_STATUS_FEASIBLE) {
        cs_plan_emit(emit, &p->plan, true);
        cs_emit_real(emit, "step_time", p->step.seconds);
        cs_emit_real(emit, "mfu", p->step.mfu);
        cs_emit_integer(emit, "global_batch", p->plan.global_batch);
        cs_emit_real(emit, "memory_gib", p->step.memory_bytes / CS_BYTES_PER_GIB);
        cs_emit_real(emit, "memory_limit_gib", p->memory_limit / CS_BYTES_PER_GIB);
        cs_emit_real(emit, "memory_capacity_gib", p->memory_capacity / CS_BYTES_PER_GIB);
        cs_emit_bool(emit, "exceeds_margin", cs_validation_memory(v, i) != CS_MEMORY_FITS);
        cs_emit_bool(emit, "lean_memory", p->lean);
        cs_emit_bool(emit, "exceeds_memory", cs_validation_memory(v, i) == CS_MEMORY_OVER_CAPACITY);
    }
    cs_emit_object_end(emit);
}

static void emit_memory(struct cs_emit *emit, const int32_t memory[CS_MEMORY_VERDICTS])
{
    const int32_t over = memory[CS_MEMORY_OVER_CAPACITY];
    cs_emit_integer(emit, "exceed_margin", memory[CS_MEMORY_OVER_MARGIN] + over);
    cs_emit_integer(emit, "exceed_memory", over);
}

static void emit_case(struct cs_emit *emit, const struct cs_validation *v, int32_t i)
{
    const struct cs_case *item = &v->cases.items[i];
    cs_emit_object(emit, NULL);
    cs_emit_text(emit, "id", item->id);
    cs_emit_text(emit, "group", item->group);
    cs_emit_text(emit, "device", item->device);
    cs_emit_text(emit, "metric", cs_metric_name(item->metric));
    cs_emit_real(emit, "measured", item->measured);
    cs_emit_real(emit, "predicted", v->predictions[i].value);
    cs_emit_real(emit, "error", cs_validation_error(v, i));
    if (isfinite(v->held_out[i])) {
        cs_emit_real(emit, "held_out_error", v->held_out[i]);
    }
    cs_emit_text(emit, "status", cs_status_word(v->predictions[i].status));
    cs_emit_bool(emit, "over_memory",
                 v->predictions[i].status == CS_STATUS_FEASIBLE &&
                     cs_validation_memory(v, i) == CS_MEMORY_OVER_CAPACITY);
    emit_plan(emit, v, i);
    cs_emit_object_end(emit);
}

static void emit_fit(struct cs_emit *emit, const struct cs_validation *v)
{
    cs_emit_object(emit, "baseline_fit");
    cs_emit_real(emit, "slope", v->regression_count >= 2 ? v->regression.slope : (double)NAN);
    cs_emit_real(emit, "intercept", v->regression_count >= 2 ? v->regression.intercept : (double)NAN);
    cs_emit_array(emit, "fitted_to");
    for (int32_t i = 0; i < v->regression_count; i++) {
        cs_emit_text(emit, NULL, v->cases.items[v->regression_cases[i]].id);
    }
    cs_emit_array_end(emit);
    for (int k = 0; k < CS_PREDICTORS; k++) {
        cs_emit_object(emit, cs_predictor_keys[k]);
        cs_emit_real(emit, "r2_hours", v->r2_hours[k]);
        cs_emit_real(emit, "r2_log_hours", v->r2_log[k]);
        cs_emit_object_end(emit);
    }
    cs_emit_object_end(emit);
}

enum cs_code cs_validation_json(const struct cs_validation *v, FILE *out, struct cs_error *error)
{
    struct cs_emit emit = {.depth = 0};
    cs_emit_object(&emit, NULL);
    cs_emit_array(&emit, "groups");
    for (int32_t g = 0; g < v->group_count; g++) {
        const struct cs_group_errors *group = &v->groups[g];
        cs_emit_object(&emit, NULL);
        cs_emit_text(&emit, "group", group->group);
        cs_emit_integer(&emit, "cases", group->cases);
        cs_emit_real(&emit, "mape", group->mape);
        cs_emit_real(&emit, "median", group->median);
        cs_emit_real(&emit, "max", fabs(group->max));
        cs_emit_real(&emit, "bias", group->bias);
        cs_emit_real(&emit, "r2", group->r2);
        emit_memory(&emit, group->memory);
        cs_emit_object_end(&emit);
    }
    cs_emit_array_end(&emit);
    int32_t memory[CS_MEMORY_VERDICTS] = {0};
    add_memory(v, memory);
    cs_emit_object(&emit, "all");
    cs_emit_integer(&emit, "cases", v->cases.count);
    emit_memory(&emit, memory);
    cs_emit_object_end(&emit);
    cs_emit_array(&emit, "cases");
    for (int32_t i = 0; i < v->cases.count; i++) {
        emit_case(&emit, v, i);
    }
    cs_emit_array_end(&emit);
    cs_emit_array(&emit, "baselines");
    for (int32_t i = 0; i < v->run_count; i++) {
        const struct cs_baseline_run *run = &v->runs[i];
        cs_emit_object(&emit, NULL);
        cs_emit_text(&emit, "id", run->id);
        cs_emit_real(&emit, "label", run->label);
        for (int k = 0; k < CS_PREDICTORS; k++) {
            cs_emit_real(&emit, cs_predictor_keys[k], run->predicted[k]);
        }
        if (run->note != NULL) {
            cs_emit_text(&emit, "note", run->note);
        }
        cs_emit_object_end(&emit);
    }
    cs_emit_array_end(&emit);
    if (v->run_count > 0) {
        emit_fit(&emit, v);
    }
    cs_emit_object_end(&emit);
    return cs_emit_print(&emit, out, error);
}
