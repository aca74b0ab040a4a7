/* SPDX-License-Identifier: BSD-3-Clause */
/* "device": numeric fields of every device, given anew or times a factor, in a section or on an axis. */
#include "device.h"

#include <stdio.h>
#include <string.h>

#include "cs_sweep/number.h"
#include "library/read.h"

const struct cs_device_field *cs_device_path(const char *path)
{
    const size_t start = strlen(CS_DEVICE_SECTION ".");
    return strncmp(path, CS_DEVICE_SECTION ".", start) == 0 ? cs_device_field_find(path + start) : NULL;
}

const struct cs_json *cs_device_factor(const struct cs_json *at)
{
    return cs_json_member(at, "factor");
}

struct cs_number_kind cs_device_kind_of(const struct cs_device_field *field, bool factor)
{
    static const struct cs_number_kind factors = {0.0, CS_DEVICE_FACTOR_MAX, false, NULL};
    const struct cs_number_kind values = {field->low, field->high, field->type == CS_COUNT, field->unit};
    return factor ? factors : values;
}

static double value_of(const struct cs_device_change *change, const struct cs_device *device)
{
    return change->factor ? cs_device_times(device, change->field, change->value) : change->value;
}

void cs_device_apply(const struct cs_device_change *change, struct cs_device *device)
{
    cs_device_alter(device, change->field, value_of(change, device));
}

/* Whether a device can have a change; else the reason, which names the device, the field and the value. */
static bool refuses(const struct cs_device_change *change, const struct cs_device *device, char *reason, size_t size)
{
    const struct cs_device_field *field = change->field;
    const double value = value_of(change, device);
    char why[160], first[CS_NUMBER_TEXT_MAX], second[CS_NUMBER_TEXT_MAX];
    if (!(value >= field->low && value <= field->high)) {
        const bool plain = strcmp(field->unit, "1") == 0;
        (void)snprintf(why, sizeof why, "expected a number from %s to %s%s%s%s.", cs_format_number(field->low, first),
                       cs_format_number(field->high, second), plain ? "" : " (", plain ? "" : field->unit,
                       plain ? "" : ")");
    } else if (!cs_device_refuses(device, field, value, why, sizeof why)) {
        return false;
    }
    (void)snprintf(reason, size, "%s of %s would be %s: %s", field->key, device->name, cs_format_number(value, first),
                   why);
    return true;
}

enum cs_code cs_config_device(const struct cs_config *config, const struct cs_device *device, struct cs_device *changed,
                              struct cs_error *error)
{
    char reason[320];
    *changed = *device;
    /* A declaration last, whatever the order: it is of the device with all the other changes. */
    for (int32_t k = 0; k < 2 * config->change_count; k++) {
        const struct cs_device_change *change = &config->changes[k % config->change_count];
        if (cs_device_declares(change->field) != (k >= config->change_count)) {
            continue;
        }
        if (refuses(change, changed, reason, sizeof reason)) {
            return cs_fail(error, CS_ERROR_CONFIG, CS_DEVICE_SECTION ".%s: %s", change->field->key, reason);
        }
        cs_device_apply(change, changed);
    }
    return CS_OK;
}

/* A change of every device that the configuration sweeps, on top of the section's where the change is an axis'. */
static enum cs_code check_all(const struct cs_json *at, const struct cs_config *config,
                              const struct cs_device_change *change, struct cs_error *error)
{
    const struct cs_axis *hardware = &config->axes[cs_config_axis(config, CS_AXIS_HARDWARE)];
    for (int64_t i = 0; i < hardware->size; i++) {
        struct cs_device device;
        char reason[320];
        CS_TRY(cs_config_device(config, &config->library.devices[hardware->indices[i]], &device, error));
        if (refuses(change, &device, reason, sizeof reason)) {
            return cs_json_fail(at, error, "%s", reason);
        }
    }
    return CS_OK;
}

enum cs_code cs_check_device_axis(const struct cs_json *at, const struct cs_config *config, const struct cs_axis *axis,
                                  struct cs_error *error)
{
    const struct cs_json *member = at->type == CS_JSON_ARRAY ? at->first : NULL;
    for (int64_t i = 0; i < axis->size; i++) {
        const struct cs_device_change change = {axis->field, axis->factor, axis->numbers[i]};
        CS_TRY(check_all(member != NULL ? member : at, config, &change, error));
        member = member != NULL ? member->next : NULL;
    }
    return CS_OK;
}

/* A number, or {"factor": number}. */
static enum cs_code read_change(const struct cs_json *at, struct cs_device_change *change, struct cs_error *error)
{
    static const char *const keys[] = {"factor"};
    const struct cs_json *number = at;
    if (at->type == CS_JSON_OBJECT) {
        CS_TRY(cs_json_known_keys(at, 1, keys, error));
        CS_TRY(cs_json_require(at, keys[0], &number, error));
        change->factor = true;
    }
    const struct cs_number_kind kind = cs_device_kind_of(change->field, change->factor);
    return cs_read_number(number, &kind, &change->value, error);
}

enum cs_code cs_read_device_section(const struct cs_json *root, struct cs_config *config, struct cs_error *error)
{
    const struct cs_json *section = cs_json_member(root, CS_DEVICE_SECTION);
    const char *keys[CS_DEVICE_FIELD_COUNT];
    int32_t count = 0;
    const struct cs_device_field *fields = cs_device_fields(&count);
    if (section == NULL) {
        return CS_OK;
    }
    for (int32_t i = 0; i < count; i++) {
        keys[i] = fields[i].key;
    }
    CS_TRY(cs_json_object(section, error));
    CS_TRY(cs_json_known_keys(section, count, keys, error));
    for (const struct cs_json *at = section->first; at != NULL; at = at->next) {
        struct cs_device_change change = {.field = cs_device_field_find(at->key)};
        CS_TRY(read_change(at, &change, error));
        CS_TRY(check_all(at, config, &change, error));
        config->changes[config->change_count++] = change;
    }
    return CS_OK;
}
