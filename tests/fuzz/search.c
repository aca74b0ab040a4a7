/* SPDX-License-Identifier: BSD-3-Clause */
/* One whole search: the input's bytes choose settings, a device and a model anywhere in the ranges that a configuration
 * may hold, as overrides that the reader takes; the search is run where its space is small. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/design.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok, const char *what)
{
    if (!ok) {
        (void)fprintf(stderr, "%s\n", what);
        abort();
    }
}

struct bytes {
    const uint8_t *data;
    size_t size;
};

static uint32_t take(struct bytes *bytes, size_t count)
{
    uint32_t value = 0;
    for (size_t i = 0; i < count && bytes->size > 0; i++) {
        value = value << 8 | *bytes->data;
        bytes->data++;
        bytes->size--;
    }
    return value;
}

/* Ends of the range, and by magnitude in between. */
static double pick(struct bytes *bytes, double low, double high)
{
    const uint32_t byte = take(bytes, 1);
    const double share = (double)take(bytes, 2) / 65535.0;
    if (byte < 24) {
        return byte < 12 ? low : high;
    }
    if (byte < 128 || high <= 0.0) {
        return low + share * (high - low);
    }
    const double least = fmax(low, high * 1e-15);
    return fmin(high, exp(log(least) + share * (log(high) - log(least))));
}

enum { SETS = 24, SET_SIZE = 4096 };
struct overrides {
    char text[SETS][SET_SIZE];
    const char *sets[SETS];
    int32_t count;
};

static void add_setting(struct bytes *bytes, struct overrides *overrides)
{
    int32_t count = 0;
    const struct cs_setting *table = cs_settings_table(&count);
    const struct cs_setting *row = &table[take(bytes, 1) % (uint32_t)count];
    char *text = overrides->text[overrides->count], name[64];
    switch (row->type) {
    case CS_REAL:
        (void)snprintf(text, SET_SIZE, "%s.%s=%.17g", row->section, row->name, pick(bytes, row->low, row->high));
        break;
    case CS_COUNT:
        (void)snprintf(text, SET_SIZE, "%s.%s=%.0f", row->section, row->name, floor(pick(bytes, row->low, row->high)));
        break;
    case CS_FLAG:
        (void)snprintf(text, SET_SIZE, "%s.%s=%s", row->section, row->name, take(bytes, 1) & 1 ? "true" : "false");
        break;
    case CS_LIST:
        (void)snprintf(text, SET_SIZE, "%s.%s=[%u]", row->section, row->name, 1 + take(bytes, 1));
        break;
    case CS_CHOICE:
    case CS_SET:
    default:
        (void)cs_choice_name(row->names, (int32_t)(take(bytes, 1) % 4), name, sizeof name);
        (void)snprintf(text, SET_SIZE, row->type == CS_SET ? "%s.%s=[\"%s\"]" : "%s.%s=%s", row->section, row->name,
                       name);
        break;
    }
    overrides->sets[overrides->count++] = text;
}

static void add_device(struct bytes *bytes, struct overrides *overrides)
{
    static const struct {
        const char *key;
        double low, high;
    } fields[] = {
#define FIELD_ROW(member, key, type, factor, low, high, value, unit, scopes, meaning) {key, low, high},
        CS_DEVICE_FIELDS(FIELD_ROW)};
    enum { FIELDS = sizeof fields / sizeof fields[0] };
    static const char *const bases[] = {"A100", "H100", "TPUv4", "TPUv5e", "GB200", "MI300X"};
    char *text = overrides->text[overrides->count];
    bool used[FIELDS] = {false};
    int length =
        snprintf(text, SET_SIZE, "axes.hardware=[{\"name\": \"x\", \"based_on\": \"%s\"", bases[take(bytes, 1) % 6]);
    for (uint32_t left = take(bytes, 1) % 8; left > 0; left--) {
        const uint32_t i = take(bytes, 1) % FIELDS;
        if (!used[i]) {
            used[i] = true;
            double value = pick(bytes, fields[i].low, fields[i].high);
            if (take(bytes, 1) & 1) {
                value = fmin(fmax(floor(value), ceil(fields[i].low)), fields[i].high);
            }
            length += snprintf(text + length, SET_SIZE - (size_t)length, ", \"%s\": %.17g", fields[i].key, value);
        }
    }
    (void)snprintf(text + length, SET_SIZE - (size_t)length, "}]");
    overrides->sets[overrides->count++] = text;
}

static void add_model(struct bytes *bytes, struct overrides *overrides)
{
    char *text = overrides->text[overrides->count];
    static const char *const names[] = {"GPT-3", "DeepSeek-V3", "gpt-oss-120b", "PaLM", "Mixtral-8x7B"};
    const uint32_t kind = take(bytes, 1);
    const unsigned width = (unsigned)floor(pick(bytes, 1.0, 1e6));
    if (kind < 128) {
        (void)snprintf(text, SET_SIZE, "axes.model={\"d_model\": [%u]}", width);
    } else if (kind < 176) {
        (void)snprintf(text, SET_SIZE, "axes.model=[\"%s\"]", names[kind % 5]);
    } else {
        const unsigned experts = 1 + take(bytes, 1), heads = 1 + take(bytes, 1);
        (void)snprintf(text, SET_SIZE,
                       "axes.model=[{\"name\": \"x\", \"layers\": %u, \"d_model\": %u, \"heads\": %u, \"kv_heads\": %u,"
                       " \"head_dim\": %u, \"experts\": %u, \"d_expert\": %u, \"tokens\": %.17g}]",
                       1 + take(bytes, 1), width, heads, 1 + take(bytes, 1) % heads, 1 + take(bytes, 2), experts,
                       1 + take(bytes, 2), pick(bytes, 1.0, 1e24));
    }
    overrides->sets[overrides->count++] = text;
}

static void check_record(const struct cs_record *record, const struct cs_design_point *point)
{
    demand(record->status > CS_STATUS_PENDING && record->status <= CS_STATUS_FAILED, "status");
    demand(isfinite(record->candidates) && record->candidates >= 0.0, "candidates");
    if (record->status != CS_STATUS_FEASIBLE) {
        return;
    }
    double sum = 0.0;
    for (int32_t i = 0; i < CS_SHARE_COUNT; i++) {
        demand(record->shares[i] >= -1e-12 && record->shares[i] <= 1.0 + 1e-9, "share");
        sum += record->shares[i];
    }
    demand(fabs(sum - 1.0) < 1e-9, "shares do not add up");
    demand(isfinite(record->step_time) && record->step_time > 0.0, "step time");
    demand(isfinite(record->training_time) && record->training_time > 0.0, "training time");
    demand(record->mfu > 0.0 && record->mfu <= 1.0, "mfu");
    demand(record->memory > 0.0 && record->memory <= point->problem.device.hbm_capacity, "memory");
    demand(record->plan.devices >= 1 && record->plan.data >= 1 && record->plan.tensor >= 1 &&
               record->plan.pipeline >= 1,
           "plan");
    demand(record->plan.devices ==
               record->plan.data * record->plan.tensor * record->plan.pipeline * record->plan.context,
           "devices");
    if (point->settings.search.objective != CS_MIN_TIME) {
        demand(record->training_time <= point->problem.deadline, "deadline");
    }
}

/* A budget: larger spaces are searched too, but not a hundred times a second. */
static bool is_small(const struct cs_design_point *point)
{
    const struct cs_problem *problem = &point->problem;
    const double tensor =
        point->settings.search.tensor_max > 0 ? (double)point->settings.search.tensor_max : problem->device.domain;
    return problem->architecture.layers <= 24 && problem->architecture.experts <= 512 && tensor <= 1024.0 &&
           problem->law.critical_sequences <= 512 && problem->global_batch <= 512;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cs_bundle bundle;
    static struct cs_search_workspace *workspace;
    static struct overrides overrides;
    struct bytes bytes = {data, size};
    struct cs_config config;
    struct cs_grid grid;
    struct cs_error error;
    if (workspace == NULL) {
        workspace = cs_search_workspace_create();
        demand(workspace != NULL, "no memory");
        demand(cs_bundle_read(NULL, 0, NULL, &bundle, &error) == CS_OK, error.message);
        /* The places have no part in a plan, and would be read again for each input. */
        free(bundle.file[1]);
        static char regions[] = "{\"regions\": [{\"region\": \"us-east5\", \"g_per_kwh\": 323}]}";
        bundle.file[1] = regions;
    }
    overrides.count = 0;
    add_model(&bytes, &overrides);
    add_device(&bytes, &overrides);
    for (uint32_t left = take(&bytes, 1) % 12; left > 0; left--) {
        add_setting(&bytes, &overrides);
    }
    struct cs_bundle made = bundle;
    char *sets[SETS];
    made.set_count = overrides.count;
    for (int32_t i = 0; i < overrides.count; i++) {
        sets[i] = overrides.text[i];
    }
    made.sets = sets;
    if (cs_config_parse(&made, &config, &error) != CS_OK) {
        return 0;
    }
    demand(cs_grid_init(&config, &grid, &error) == CS_OK, error.message);
    const int64_t origin[CS_AXES_MAX] = {0};
    struct cs_design_point point;
    cs_grid_point(&grid, origin, &point);
    if (is_small(&point)) {
        struct cs_record records[1 + 100 + 1];
        demand(grid.records_per_search <= 102, "records");
        cs_record_evaluate(&grid, 0, workspace, records);
        check_record(&records[0], &point);
    }
    cs_config_free(&config);
    return 0;
}
