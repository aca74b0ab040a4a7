/* SPDX-License-Identifier: BSD-3-Clause */
#include "locate.h"

#include "cs_sweep/cases.h"
#include "cs_sweep/text.h"

#include <string.h>

static enum cs_code find_case(const struct cs_cases *cases, const char *path, const char *id,
                              const struct cs_case **found, struct cs_error *error)
{
    for (int32_t i = 0; i < cases->count; i++) {
        if (strcmp(cases->items[i].id, id) == 0) {
            *found = &cases->items[i];
            return CS_OK;
        }
    }
    const char *const nearest =
        cs_nearest_of(id, cases->count, cases->items, sizeof *cases->items, offsetof(struct cs_case, id));
    return cs_fail(error, CS_ERROR_USAGE, "%s has no case \"%.120s\"%s%s%s.", path, id,
                   nearest != NULL ? "; the nearest is \"" : "", nearest != NULL ? nearest : "",
                   nearest != NULL ? "\"" : "");
}

/* The knobs in which a plan differs from what the source states. */
static void name_changes(const struct cs_plan *published, const struct cs_plan *plan, struct cs_point *point)
{
    int32_t count = 0;
    const struct cs_knob *knobs = cs_knobs(&count);
    for (int32_t i = 0; i < count; i++) {
        const int64_t from = cs_knob_get(published, &knobs[i]), to = cs_knob_get(plan, &knobs[i]);
        if (from != to) {
            struct cs_point_changed *const changed = &point->changed[point->changed_count++];
            changed->knob = knobs[i].name;
            snprintf(changed->from, sizeof changed->from, "%.23s",
                     from == knobs[i].free ? "open" : cs_knob_value(&knobs[i], from).at);
            snprintf(changed->to, sizeof changed->to, "%.23s",
                     to == knobs[i].free ? "open" : cs_knob_value(&knobs[i], to).at);
        }
    }
}

/* Both as predicted: the case with the given knobs, and, where that is another plan, as published. */
static enum cs_code predict_both(const struct cs_case *item, const struct cs_config *config, struct cs_point *point,
                                 struct cs_prediction *prediction, struct cs_error *error)
{
    struct cs_search_workspace *const workspace = cs_search_workspace_create();
    struct cs_prediction published = {.status = CS_STATUS_PENDING};
    if (workspace == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "There is not enough memory for the search's workspace.");
    }
    enum cs_code code = cs_case_predict(item, config, workspace, prediction, error);
    if (code == CS_OK && item->published != NULL) {
        code = cs_case_predict(item->published, config, workspace, &published, error);
    }
    cs_search_workspace_destroy(workspace);
    point->published = published.value;
    return code;
}

/* The case, with those knobs that are given in place of its own. */
static enum cs_code apply_knobs(const struct cs_case *item, const struct cs_plan *given, struct cs_case *used,
                                struct cs_point *point, struct cs_error *error)
{
    CS_TRY(cs_case_replan(item, given, used, error));
    name_changes(&item->knobs, &used->knobs, point);
    if (point->changed_count == 0) {
        *used = *item; /* what is given is what ran */
    }
    return CS_OK;
}

static enum cs_code predict(const struct cs_case *published, const struct cs_plan *given,
                            const struct cs_config *config, struct cs_point *point, struct cs_error *error)
{
    struct cs_design_point *const design = &point->design;
    struct cs_prediction prediction;
    struct cs_case used;
    const struct cs_case *const item = &used;
    memset(&prediction, 0, sizeof prediction);
    CS_TRY(apply_knobs(published, given, &used, point, error));
    CS_TRY(predict_both(item, config, point, &prediction, error));
    design->settings = config->settings;
    CS_TRY(cs_case_problem(item, config, &design->problem, &design->space, error));
    if (prediction.lean) {
        (void)cs_problem_make_lean(&design->problem);
    }
    design->settings.search = design->space.settings;
    design->space.given.devices = prediction.plan.devices;
    if (design->space.given.context == 0 && prediction.plan.context > 0) {
        design->space.given.context = prediction.plan.context;
        cs_case_settle(&design->space.given);
    }
    cs_carbon_inputs_init(&design->problem.device, &design->problem.device, &design->settings, 0.0, &design->carbon);
    point->answered = true;
    point->best[0].status = prediction.status;
    point->best[0].plan = prediction.plan;
    point->best[0].step = prediction.step;
    point->predicted = prediction.value;
    return CS_OK;
}

enum cs_code cs_point_locate_case(const char *path, const char *id, const struct cs_point_request *request,
                                  const struct cs_plan *given, struct cs_config *config, struct cs_point *point,
                                  struct cs_error *error)
{
    const struct cs_case *item = NULL;
    struct cs_cases cases;
    struct cs_bundle bundle;
    memset(config, 0, sizeof *config);
    memset(&cases, 0, sizeof cases);
    memset(&bundle, 0, sizeof bundle);
    enum cs_code code = cs_bundle_read(NULL, request->set_count, request->sets, &bundle, error);
    if (code == CS_OK) {
        code = cs_bundle_add_devices(request->devices, &bundle, error);
    }
    if (code == CS_OK) {
        code = cs_config_parse(&bundle, config, error);
    }
    cs_bundle_free(&bundle);
    if (code == CS_OK) {
        code = cs_cases_read(path, &cases, error);
    }
    if (code == CS_OK) {
        code = find_case(&cases, path, id, &item, error);
    }
    if (code == CS_OK) {
        code = predict(item, given, config, point, error);
    }
    if (code == CS_OK) {
        snprintf(point->model, sizeof point->model, "%s", point->design.problem.architecture.name);
        snprintf(point->hardware, sizeof point->hardware, "%s", item->device);
        snprintf(point->qat, sizeof point->qat, "%s", point->design.problem.precision.name);
        snprintf(point->title, sizeof point->title, "%s (%s) on %s%s", item->id, item->group, item->device,
                 point->changed_count > 0 ? ", with another plan" : "");
        point->objective = CS_MIN_TIME;
        point->metric = cs_metric_name(item->metric);
        point->of_step = !cs_metric_of_whole_run(item->metric);
        point->measured = item->measured;
        snprintf(point->case_source, sizeof point->case_source, "%s", item->group);
    }
    cs_cases_free(&cases);
    return code;
}
