/* SPDX-License-Identifier: BSD-3-Clause */
/* Settings that are right one by one and wrong together. */
#include <stdio.h>
#include <string.h>

#include "cs_sweep/number.h"
#include "cs_sweep/text.h"
#include "reader.h"

const struct cs_json *cs_setting_place(const struct cs_json *root, const char *path)
{
    const struct cs_setting *row = cs_setting_find(path);
    const struct cs_json *axis = cs_json_member(cs_json_member(root, "axes"), path);
    return axis != NULL ? axis : cs_json_member(cs_json_member(root, row->section), row->name);
}

/* The axis over a setting, or NULL. */
static const struct cs_axis *axis_of(const struct cs_config *config, const struct cs_setting *row)
{
    for (int32_t i = 0; i < config->axis_count; i++) {
        if (config->axes[i].setting == row) {
            return &config->axes[i];
        }
    }
    return NULL;
}

bool cs_config_takes(const struct cs_config *config, const char *path, double value)
{
    const struct cs_setting *row = cs_setting_find(path);
    const struct cs_axis *axis = axis_of(config, row);
    for (int64_t i = 0; axis != NULL && i < axis->size; i++) {
        if (axis->numbers[i] == value) {
            return true;
        }
    }
    return axis == NULL && cs_setting_get(&config->settings, row) == value;
}

/* The largest value of a number on the grid: those of an axis rise. */
static double largest(const struct cs_config *config, const char *path)
{
    const struct cs_setting *row = cs_setting_find(path);
    const struct cs_axis *axis = axis_of(config, row);
    return axis != NULL ? axis->numbers[axis->size - 1] : cs_setting_get(&config->settings, row);
}

/* The scaling law's architectures have the bound of those by name. Layers rise with the d_model (never below 1), the
 * coefficient and the exponent: the largest of each say whether all points keep to it. */
static enum cs_code check_layers(const struct cs_json *root, const struct cs_config *config, struct cs_error *error)
{
    static const char coefficient[] = "scaling_law.layers_coefficient", exponent[] = "scaling_law.layers_exponent";
    const double factor = largest(config, coefficient), power = largest(config, exponent);
    int64_t d_model = 0;
    const struct cs_axis *models = &config->axes[cs_config_axis(config, CS_AXIS_MODEL)];
    for (int64_t i = 0; i < models->size; i++) {
        const struct cs_model *model = &config->library.models[models->indices[i]];
        d_model = model->from_law && model->architecture.d_model > d_model ? model->architecture.d_model : d_model;
    }
    struct cs_scaling_law law = config->settings.scaling_law;
    law.layers_coefficient = factor;
    law.layers_exponent = power;
    const double layers = d_model > 0 ? cs_layers_of_d_model(&law, (double)d_model) : 0.0;
    if (layers <= (double)CS_LAYERS_MAX) {
        return CS_OK;
    }
    struct cs_settings standard;
    cs_settings_default(&standard);
    /* By default no d_model has that many, so one of the two is given, and above its default. */
    const char *cause = power > standard.scaling_law.layers_exponent ? exponent : coefficient;
    char count[CS_NUMBER_TEXT_MAX], first[CS_NUMBER_TEXT_MAX], second[CS_NUMBER_TEXT_MAX];
    return cs_json_fail(cs_setting_place(root, cause), error,
                        "d_model %lld gets %s layers, round(%s * d_model^%s), and at most %d can be searched; lower "
                        "%s or take smaller d_models.",
                        (long long)d_model, cs_format_number(layers, count), cs_format_number(factor, first),
                        cs_format_number(power, second), CS_LAYERS_MAX, cause);
}

/* A constant of a batch law that no point takes would change nothing: that is said, not passed over. One point of a
 * configuration may be of one law and hold the first value of an axis that another reads. */
static enum cs_code check_batch_law(const struct cs_json *root, const struct cs_config *config, bool one_point,
                                    struct cs_error *error)
{
    static const struct {
        enum cs_batch_law law;
        const char *name, *path;
    } constants[] = {
        {CS_BATCH_LAW_STEP, "step", "scaling_law.step_batch_tokens"},
        {CS_BATCH_LAW_STEP, "step", "scaling_law.step_batch_exponent"},
        {CS_BATCH_LAW_DEEPSEEK, "deepseek", "scaling_law.deepseek_batch_tokens"},
        {CS_BATCH_LAW_DEEPSEEK, "deepseek", "scaling_law.deepseek_batch_exponent"},
        {CS_BATCH_LAW_CUSTOM, "custom", "scaling_law.critical_batch_tokens"},
        {CS_BATCH_LAW_CUSTOM, "custom", "scaling_law.critical_batch_compute"},
        {CS_BATCH_LAW_CUSTOM, "custom", "scaling_law.critical_batch_exponent"},
    };
    const bool picked = one_point && axis_of(config, cs_setting_find("scaling_law.batch_law")) != NULL;
    struct cs_settings standard;
    cs_settings_default(&standard);
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        const struct cs_setting *row = cs_setting_find(constants[i].path);
        const bool changed = axis_of(config, row) != NULL
                                 ? !one_point
                                 : cs_setting_get(&config->settings, row) != cs_setting_get(&standard, row);
        if (changed && !picked && !cs_config_takes(config, "scaling_law.batch_law", constants[i].law)) {
            return cs_json_fail(cs_setting_place(root, constants[i].path), error,
                                "only the batch law %s reads this: add \"scaling_law\": {\"batch_law\": \"%s\"}, or "
                                "leave it out.",
                                constants[i].name, constants[i].name);
        }
    }
    return CS_OK;
}

/* A plan can only be cheap where a price is known. */
static enum cs_code check_price(const struct cs_json *at, const struct cs_config *config, struct cs_error *error)
{
    const struct cs_axis *const hardware = &config->axes[cs_config_axis(config, CS_AXIS_HARDWARE)];
    bool given = !cs_config_takes(config, "search.objective", CS_MIN_COST) ||
                 !cs_config_takes(config, "cost.device_hour_usd", 0.0) ||
                 !cs_config_takes(config, "cost.device_usd", 0.0);
    for (int32_t i = 0; i < config->axis_count; i++) {
        const struct cs_axis *const axis = &config->axes[i];
        given = given || (axis->kind == CS_AXIS_DEVICE && axis->numbers[0] > 0.0 &&
                          (strcmp(axis->field->key, "hour_usd") == 0 || strcmp(axis->field->key, "price_usd") == 0));
    }
    for (int64_t i = 0; i < hardware->size && !given; i++) {
        struct cs_device device;
        CS_TRY(cs_config_device(config, &config->library.devices[hardware->indices[i]], &device, error));
        if (device.hour_usd <= 0.0 && device.price_usd <= 0.0) {
            return cs_json_fail(at, error,
                                "min_cost wants a price of %s: cost.device_hour_usd, cost.device_usd, or the device's "
                                "hour_usd or price_usd.",
                                hardware->labels[i]);
        }
    }
    return CS_OK;
}

/* Stacks that TPUs do not run. */
static enum cs_code check_stack(const struct cs_json *root, const struct cs_config *config, struct cs_error *error)
{
    static const enum cs_stack_family families[] = {CS_STACK_MEGATRON, CS_STACK_DEEPSPEED};
    const struct cs_axis *const hardware = &config->axes[cs_config_axis(config, CS_AXIS_HARDWARE)];
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        for (int64_t k = 0; k < hardware->size && cs_config_takes(config, "training.stack", families[i]); k++) {
            const struct cs_device *const device = &config->library.devices[hardware->indices[k]];
            char name[16];
            if (device->kind == CS_TPU) {
                return cs_json_fail(cs_setting_place(root, "training.stack"), error,
                                    "%s does not run on %s: take xla, pytorch or best, or leave out the TPUs.",
                                    cs_choice_name(CS_STACK_NAMES, (int32_t)families[i], name, sizeof name),
                                    device->name);
            }
        }
    }
    return CS_OK;
}

static enum cs_code check_rest(const struct cs_json *root, const struct cs_config *config, struct cs_error *error)
{
    const struct cs_json *search = cs_json_member(root, "search");
    const struct cs_json *objective = cs_json_member(search, "objective");
    const struct cs_json *at = objective != NULL ? objective : cs_json_member(root, "axes");
    if (cs_config_takes(config, "search.objective", CS_MIN_TIME) && cs_config_takes(config, "search.devices", 0.0)) {
        return cs_json_fail(at, error, "min_time wants search.devices, the number of devices to be fastest with.");
    }
    CS_TRY(check_stack(root, config, error));
    if (cs_config_takes(config, "search.objective", CS_MIN_CARBON) && config->settings.search.alternatives > 0) {
        const struct cs_json *alternatives = cs_json_member(search, "alternatives");
        return cs_json_fail(alternatives, error,
                            "min_carbon keeps the best plan of each region only; leave out "
                            "alternatives, or take another objective.");
    }
    CS_TRY(check_price(at, config, error));
    struct cs_settings standard;
    cs_settings_default(&standard);
    if (!cs_config_takes(config, "training.tokens", 0.0) &&
        (config->settings.training.tokens_per_parameter != standard.training.tokens_per_parameter ||
         config->settings.training.tokens_basis != standard.training.tokens_basis ||
         axis_of(config, cs_setting_find("training.tokens_per_parameter")) != NULL ||
         axis_of(config, cs_setting_find("training.tokens_basis")) != NULL)) {
        return cs_json_fail(cs_setting_place(root, "training.tokens"), error,
                            "it replaces tokens_per_parameter and tokens_basis, which are given too; leave one out.");
    }
    return CS_OK;
}

enum cs_code cs_check_together(const struct cs_bundle *bundle, const struct cs_json *root,
                               const struct cs_config *config, struct cs_error *error)
{
    CS_TRY(check_rest(root, config, error));
    CS_TRY(check_layers(root, config, error));
    CS_TRY(check_batch_law(root, config, bundle->one_point, error));
    return CS_OK;
}
