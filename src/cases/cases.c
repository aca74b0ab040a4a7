/* SPDX-License-Identifier: BSD-3-Clause */
/* The reader of case files. */
#include "cs_sweep/cases.h"

#include <stdlib.h>
#include <string.h>

#include "config/reader.h"
#include "library/read.h"

#define COUNT_OF(array) ((int32_t)(sizeof(array) / sizeof((array)[0])))
#define KNOWN_KEYS(object, names, error) cs_json_known_keys(object, COUNT_OF(names), names, error)

enum { LARGEST = CS_CASE_DEVICES_MAX };

/* "step_time_s|device_hours|...": the text after the bar that stands before the first name. */
#define BAR_AND_NAME(name, key, whole) "|" key
#define METRIC_NAMES (&(CS_CASE_METRICS(BAR_AND_NAME))[1])

const char *cs_metric_name(enum cs_case_metric metric)
{
    static const char *const names[] = {
#define METRIC_NAME(name, key, whole) key,
        CS_CASE_METRICS(METRIC_NAME)
#undef METRIC_NAME
    };
    return names[metric];
}

bool cs_metric_of_whole_run(enum cs_case_metric metric)
{
    static const bool whole_run[] = {
#define METRIC_WHOLE(name, key, whole) whole,
        CS_CASE_METRICS(METRIC_WHOLE)
#undef METRIC_WHOLE
    };
    return whole_run[metric];
}

static enum cs_code read_model(const struct cs_json *model, struct cs_case *item, struct cs_error *error)
{
    struct cs_architecture *a = &item->architecture;
    bool tied_stated = true;
    CS_TRY(cs_read_architecture(model, a, &tied_stated, error));
    item->tied_unknown = !tied_stated;
    if (a->learned_positions > 0) {
        a->learned_positions = item->seq_len;
    }
    return CS_OK;
}

static enum cs_code read_training(const struct cs_json *training, struct cs_case *item, struct cs_error *error)
{
    static const char *const keys[] = {"seq_len", "global_batch", "tokens",         "precision", "gradient_bits",
                                       "routing", "batch_ramp",   "precision_note", "stack"};
    CS_TRY(cs_json_object(training, error));
    CS_TRY(KNOWN_KEYS(training, keys, error));
    CS_TRY(cs_json_required_count(training, "seq_len", 1, LARGEST, &item->seq_len, error));
    CS_TRY(cs_json_required_count(training, "global_batch", 1, LARGEST, &item->global_batch, error));
    int32_t precision = CS_CASE_BF16;
    CS_TRY(cs_json_optional_choice(training, "precision", "bf16|fp16|fp8", &precision, error));
    item->precision = (enum cs_case_precision)precision;
    int32_t routing = 0;
    CS_TRY(cs_json_optional_choice(training, "routing", "natural|balanced", &routing, error));
    item->balanced_routing = routing == 1;
    const struct cs_json *bits = cs_json_member(training, "gradient_bits");
    CS_TRY(cs_json_optional_int(training, "gradient_bits", 16, 32, &item->gradient_bits, error));
    if (item->gradient_bits != 0 && item->gradient_bits != 16 && item->gradient_bits != 32) {
        return cs_json_fail(bits, error, "expected 16 or 32, not %d.", (int)item->gradient_bits);
    }
    CS_TRY(cs_read_stack(training, "stack", &item->stack, &item->stack_year, error));
    return cs_json_optional_real(training, "tokens", 1.0, 1e30, "token", &item->tokens, error);
}

static enum cs_code read_knob(const struct cs_json *plan, const struct cs_knob *knob, struct cs_plan *knobs,
                              struct cs_error *error)
{
    const struct cs_json *at = cs_json_given(plan, knob->key);
    int64_t value = knob->free;
    if (at == NULL) {
        return CS_OK;
    }
    if (knob->kind == CS_KNOB_SWITCH) {
        bool on = false;
        CS_TRY(cs_json_flag(at, &on, error));
        value = on ? 1 : 0;
    } else if (knob->words != NULL && at->type == CS_JSON_BOOLEAN && strcmp(knob->key, "offload") == 0) {
        value = at->boolean ? CS_OFFLOAD_ON : CS_OFFLOAD_OFF;
    } else if (knob->words != NULL) {
        int32_t level = 0;
        CS_TRY(cs_json_choice(at, knob->words, &level, error));
        value = level;
    } else {
        CS_TRY(cs_json_count(at, knob->least, knob->most, NULL, &value, error));
    }
    cs_knob_put(knobs, knob, value);
    return CS_OK;
}

/* A knob that is absent, or null, stays free; but the schedule is 1F1B, and all layers are recomputed alike, unless the
 * case says otherwise. */
static enum cs_code read_plan(const struct cs_json *plan, struct cs_case *item, struct cs_error *error)
{
    static const char *const more[] = {"slices", "attention_kernel", "pods"};
    enum { MORE = COUNT_OF(more) };
    const char *keys[MORE + CS_KNOBS_MAX];
    int32_t count = 0, key_count = 0, kernel = CS_ATTENTION_AUTO;
    const struct cs_knob *knobs = cs_knobs(&count);
    for (; key_count < MORE; key_count++) {
        keys[key_count] = more[key_count];
    }
    for (int32_t i = 0; i < count; i++) {
        if (knobs[i].key != NULL) {
            keys[key_count++] = knobs[i].key;
        }
    }
    CS_TRY(cs_json_object(plan, error));
    CS_TRY(cs_json_known_keys(plan, key_count, keys, error));
    cs_plan_set_free(&item->knobs);
    if (cs_json_member(plan, "schedule") == NULL) {
        item->knobs.schedule = CS_SCHEDULE_1F1B;
    }
    if (cs_json_member(plan, "recompute_layers") == NULL) {
        item->knobs.recompute_layers = 0;
    }
    item->offload_stated = cs_json_member(plan, "offload") != NULL;
    if (!item->offload_stated) {
        item->knobs.offload = CS_OFFLOAD_OFF;
    }
    for (int32_t i = 0; i < count; i++) {
        if (knobs[i].key != NULL) {
            CS_TRY(read_knob(plan, &knobs[i], &item->knobs, error));
        }
    }
    CS_TRY(cs_json_optional_choice(plan, "attention_kernel", CS_ATTENTION_KERNEL_NAMES, &kernel, error));
    item->kernel = (enum cs_attention_kernel)kernel;
    CS_TRY(cs_json_optional_count(plan, "slices", 1, LARGEST, &item->slices, error));
    return cs_json_optional_count(plan, "pods", 1, LARGEST, &item->slices, error);
}

static enum cs_code complete_plan(const struct cs_json *plan, struct cs_case *item, struct cs_error *error)
{
    struct cs_error why = {CS_OK, ""};
    item->stated = item->knobs;
    return cs_case_resolve(item, &why) == CS_OK ? CS_OK : cs_json_fail(plan, error, "%s", why.message);
}

static enum cs_code read_measured(const struct cs_json *measured, struct cs_case *item, struct cs_error *error)
{
    static const char *const keys[] = {"metric",           "value",       "boundary",
                                       "flops_convention", "utilisation", "device_hours"};
    const struct cs_json *at;
    int32_t choice = 0;
    CS_TRY(cs_json_object(measured, error));
    CS_TRY(KNOWN_KEYS(measured, keys, error));
    CS_TRY(cs_json_require(measured, "metric", &at, error));
    CS_TRY(cs_json_choice(at, METRIC_NAMES, &choice, error));
    item->metric = (enum cs_case_metric)choice;
    CS_TRY(cs_json_require(measured, "value", &at, error));
    CS_TRY(cs_json_real(at, 1e-12, 1e30, NULL, &item->measured, error));
    choice = CS_BOUNDARY_GPU;
    CS_TRY(cs_json_optional_choice(measured, "boundary", CS_BOUNDARY_NAMES, &choice, error));
    item->boundary = (enum cs_case_boundary)choice;
    choice = CS_FLOPS_FULL;
    CS_TRY(cs_json_optional_choice(measured, "flops_convention", "full|causal|6N", &choice, error));
    item->convention = (enum cs_flops_convention)choice;
    CS_TRY(cs_json_optional_real(measured, "utilisation", 1e-6, 1.0, NULL, &item->utilisation, error));
    return cs_json_optional_real(measured, "device_hours", 1e-6, 1e15, "h", &item->device_hours, error);
}

static enum cs_code read_extras(const struct cs_json *object, struct cs_case *item, struct cs_error *error)
{
    static const char *const network_keys[] = {"inter_node_gbps_per_device", "domain"};
    static const char *const goodput_keys[] = {"value", "source"};
    const struct cs_json *network = cs_json_given(object, "network");
    if (network != NULL) {
        double gbps = 0.0;
        CS_TRY(cs_json_object(network, error));
        CS_TRY(KNOWN_KEYS(network, network_keys, error));
        CS_TRY(cs_json_optional_real(network, network_keys[0], 1e-6, 1e9, "Gbit/s", &gbps, error));
        item->nic_bandwidth = gbps * 1e9 / 8.0;
        CS_TRY(cs_json_optional_count(network, network_keys[1], 1, LARGEST, &item->domain, error));
    }
    const struct cs_json *goodput = cs_json_given(object, "goodput");
    if (goodput != NULL) {
        const struct cs_json *at;
        CS_TRY(cs_json_object(goodput, error));
        CS_TRY(KNOWN_KEYS(goodput, goodput_keys, error));
        CS_TRY(cs_json_require(goodput, "value", &at, error));
        CS_TRY(cs_json_real(at, 1e-6, 1.0, NULL, &item->goodput, error));
    }
    return cs_json_optional_count(object, "devices_hint", 1, LARGEST, &item->devices_hint, error);
}

static enum cs_code read_case(const struct cs_json *object, struct cs_case *item, struct cs_error *error)
{
    static const char *const keys[] = {"id",
                                       "group",
                                       "source",
                                       "confidence",
                                       "note",
                                       "device",
                                       "device_note",
                                       "model",
                                       "training",
                                       "parallelism",
                                       "network",
                                       "goodput",
                                       "measured",
                                       "devices_hint",
                                       "measured_original",
                                       "relative_uncertainty"};
    const struct cs_json *at;
    memset(item, 0, sizeof *item);
    CS_TRY(cs_json_object(object, error));
    CS_TRY(KNOWN_KEYS(object, keys, error));
    CS_TRY(cs_json_required_text(object, "id", item->id, sizeof item->id, error));
    CS_TRY(cs_json_required_text(object, "group", item->group, sizeof item->group, error));
    CS_TRY(cs_json_required_text(object, "device", item->device, sizeof item->device, error));
    CS_TRY(cs_json_require(object, "training", &at, error));
    CS_TRY(read_training(at, item, error));
    CS_TRY(cs_json_require(object, "model", &at, error));
    CS_TRY(read_model(at, item, error));
    CS_TRY(cs_json_require(object, "parallelism", &at, error));
    CS_TRY(read_plan(at, item, error));
    CS_TRY(complete_plan(at, item, error));
    CS_TRY(cs_json_require(object, "measured", &at, error));
    CS_TRY(read_measured(at, item, error));
    return read_extras(object, item, error);
}

static enum cs_code read_document(const struct cs_json *root, struct cs_cases *cases, struct cs_error *error)
{
    static const char *const keys[] = {"schema_version", "cases"};
    const struct cs_json *list;
    int64_t version = 1;
    CS_TRY(cs_json_object(root, error));
    /* Files about cases lie among the case files and hold none: errors.json, held_out.json, targets.json. */
    const bool about_cases = cs_json_member(root, "families") != NULL || cs_json_member(root, "held_out") != NULL ||
                             cs_json_member(root, "targets") != NULL;
    if (about_cases && cs_json_member(root, "cases") == NULL) {
        return CS_OK;
    }
    CS_TRY(KNOWN_KEYS(root, keys, error));
    CS_TRY(cs_json_optional_count(root, "schema_version", 1, 1, &version, error));
    CS_TRY(cs_json_require(root, "cases", &list, error));
    CS_TRY(cs_json_array(list, error));
    for (const struct cs_json *at = list->first; at != NULL; at = at->next) {
        struct cs_case *items = cs_grow(cases->items, cases->count, sizeof *items);
        if (items == NULL) {
            return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory for %d cases.", (int)cases->count + 1);
        }
        cases->items = items;
        struct cs_case *item = &items[cases->count];
        CS_TRY(read_case(at, item, error));
        for (int32_t i = 0; i < cases->count; i++) {
            if (strcmp(cases->items[i].id, item->id) == 0) {
                return cs_json_fail(cs_json_member(at, "id"), error, "the id \"%s\" was given to an earlier case.",
                                    item->id);
            }
        }
        cases->count++;
    }
    return CS_OK;
}

enum cs_code cs_cases_parse(const char *name, const char *text, size_t size, struct cs_cases *cases,
                            struct cs_error *error)
{
    struct cs_json_document document;
    enum cs_code code = cs_json_parse(name, text, size, &document, error);
    if (code == CS_OK) {
        code = read_document(document.root, cases, error);
    }
    cs_json_free(&document);
    return code;
}

enum cs_code cs_cases_read(const char *path, struct cs_cases *cases, struct cs_error *error)
{
    char *text = NULL;
    CS_TRY(cs_text_read(path, &text, error));
    const enum cs_code code = cs_cases_parse(path, text, strlen(text), cases, error);
    free(text);
    return code;
}

void cs_cases_free(struct cs_cases *cases)
{
    free(cases->items);
    cases->items = NULL;
    cases->count = 0;
}
