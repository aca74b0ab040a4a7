/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of cs_point: kernels, best plans, other knobs, what would change the answer. */
#include "point.h"
#include "table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { KERNELS_SHOWN = 12 };

static void trace_line(struct cs_table *table, const void *context, int32_t i)
{
    const struct cs_point *const point = context;
    const double step = point->best[0].step.seconds;
    const struct cs_trace_entry *const entry = &point->trace[i].entry;
    const bool once = strcmp(entry->part, "step") == 0;
    const double hidden = entry->seconds - entry->exposed_seconds;
    const struct cs_text calls = cs_text_count(point->trace[i].calls);
    const struct cs_text exposed = cs_text_duration(entry->exposed_seconds), under = cs_text_duration(hidden);
    const struct cs_text share = cs_text_percent(entry->exposed_seconds / step);
    const char *const pass = cs_pass_word(entry);
    cs_table_line(table, (const char *[]){once ? "once a step" : entry->part, entry->kernel, once ? "" : pass,
                                          once ? "" : calls.at, exposed.at, share.at,
                                          hidden > 1e-9 * step ? under.at : "", cs_bound_word(entry->bound)});
}

void cs_point_print_trace(const struct cs_point *point, const struct cs_point_view *view, const struct cs_style *style)
{
    const int32_t count =
        view->kernels || point->trace_count < KERNELS_SHOWN ? point->trace_count : (int32_t)KERNELS_SHOWN;
    struct cs_table table = {.style = style,
                             .count = 8,
                             .columns = {{.head = "part", .left = true},
                                         {.head = "kernel", .left = true},
                                         {.head = "pass", .left = true},
                                         {.head = "calls", .spare = 2},
                                         {.head = "exposed"},
                                         {.head = "share"},
                                         {.head = "hidden", .spare = 3},
                                         {.head = "bound by", .left = true}}};
    cs_heading(style, "Kernels and collectives",
               count < point->trace_count ? "of a step on the slowest stage, longest first; --kernels lists all"
                                          : "of a step on the slowest stage");
    cs_table_print(&table, count, trace_line, point);
}

struct results {
    const struct cs_search_result *results;
    const double *carbon;
};

static void result_line(struct cs_table *table, const void *context, int32_t i)
{
    const struct results *const list = context;
    const struct cs_search_result *const result = &list->results[i];
    const struct cs_step *const step = &result->step;
    const struct cs_plan_text plan = cs_plan_describe(&result->plan);
    const struct cs_text rank = cs_text_count(i + 1), devices = cs_text_count((double)result->plan.devices);
    const struct cs_text seconds = cs_text_duration(step->seconds), mfu = cs_text_percent(step->mfu);
    const struct cs_text training = cs_text_duration(step->training_seconds);
    const struct cs_text memory = cs_text_bytes(step->memory_bytes), mass = cs_text_mass(list->carbon[i]);
    cs_table_line(table,
                  (const char *[]){rank.at, devices.at, plan.at, seconds.at, training.at, mfu.at, memory.at, mass.at});
}

void cs_point_print_results(const struct cs_style *style, int32_t count, const struct cs_search_result *results,
                            const double *carbon)
{
    const struct results list = {results, carbon};
    struct cs_table table = {.style = style,
                             .count = 8,
                             .columns = {{.head = ""},
                                         {.head = "devices"},
                                         {.head = "plan", .left = true},
                                         {.head = "step", .spare = 3},
                                         {.head = "training"},
                                         {.head = "mfu", .spare = 2},
                                         {.head = "memory", .spare = 1},
                                         {.head = "CO2e", .left_out = !isfinite(carbon[0])}}};
    cs_table_print(&table, count, result_line, &list);
}

static void knob_line(struct cs_table *table, const void *context, int32_t i)
{
    const struct cs_point *const point = context;
    const double now = point->best[0].step.training_seconds;
    const struct cs_search_result *const result = &point->knobs[i].result;
    const bool feasible = result->status == CS_STATUS_FEASIBLE;
    const struct cs_plan_text plan = cs_plan_describe(&result->plan);
    const struct cs_text memory = cs_text_bytes(result->step.memory_bytes);
    const struct cs_text change = cs_text_change(result->step.training_seconds, now);
    char label[48], none[48];
    snprintf(label, sizeof label, "%s %s", point->knobs[i].knob, point->knobs[i].value);
    snprintf(none, sizeof none, "no plan: %s", cs_status_word(result->status));
    cs_table_line(table, (const char *[]){label, feasible ? change.at : "", feasible ? plan.at : none,
                                          feasible ? memory.at : ""});
}

void cs_point_print_knobs(const struct cs_point *point, const struct cs_style *style)
{
    struct cs_table table = {.style = style,
                             .count = 4,
                             .columns = {{.head = "knob", .left = true},
                                         {.head = "time"},
                                         {.head = "plan", .left = true},
                                         {.head = "memory", .spare = 1}}};
    cs_heading(style, "Other knobs", "the best plan on the same devices with one of them held");
    cs_table_print(&table, point->knob_count, knob_line, point);
}

static double time_of(const struct cs_point *point, const struct cs_search_result *result)
{
    return cs_point_whole_run(point) ? result->step.training_seconds : result->step.seconds;
}

static void change_line(struct cs_table *table, const void *context, int32_t i)
{
    const struct cs_point *const point = context;
    const struct cs_search_result *const best = &point->best[0];
    const struct cs_point_change *const change = &point->changes[i];
    const struct cs_search_result *const result = &change->result;
    const double seconds = time_of(point, result);
    const struct cs_text devices = cs_text_count((double)result->plan.devices);
    const struct cs_text time = cs_text_duration(seconds), mass = cs_text_mass(change->carbon);
    const struct cs_text more = cs_text_change((double)result->plan.devices, (double)best->plan.devices);
    const struct cs_text later = cs_text_change(seconds, time_of(point, best));
    const struct cs_text heavier = cs_text_change(change->carbon, point->best_carbon[0]);
    const struct cs_text memory = cs_text_bytes(result->step.memory_bytes);
    if (result->status == CS_STATUS_FEASIBLE) {
        cs_table_line(table, (const char *[]){change->what, devices.at, more.at, time.at, later.at, mass.at, heavier.at,
                                              memory.at});
    } else if (table->printing) {
        fprintf(table->style->out, "  %-*s  %sno plan: %s%s\n", (int)table->columns[0].width, change->what,
                cs_ink(table->style, CS_INK_BAD), cs_status_word(result->status), cs_ink(table->style, CS_INK_PLAIN));
    } else {
        cs_table_line(table, (const char *[CS_COLUMNS_MAX]){change->what});
    }
}

void cs_point_print_changes(const struct cs_point *point, const struct cs_style *style)
{
    const bool feasible = point->best[0].status == CS_STATUS_FEASIBLE;
    struct cs_table table = {.style = style,
                             .count = 8,
                             .columns = {{.head = "what", .left = true},
                                         {.head = "devices"},
                                         {.head = "", .left_out = !feasible},
                                         {.head = cs_point_whole_run(point) ? "training" : "step"},
                                         {.head = "", .left_out = !feasible},
                                         {.head = "CO2e", .left_out = !point->has_carbon},
                                         {.head = "", .left_out = !feasible || !point->has_carbon},
                                         {.head = "memory", .left_out = feasible}}};
    cs_heading(style, "What would change it", "searched again with one thing otherwise");
    cs_table_print(&table, point->change_count, change_line, point);
}
