/* SPDX-License-Identifier: BSD-3-Clause */
/* The fields of a device by their rows. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "cs_sweep/hardware.h"
#include "cs_sweep/number.h"

#define ROW(member, key, type, factor, low, high, value, unit, scopes, meaning)                                        \
    {key, type, (int64_t)offsetof(struct cs_device, member), factor, low, high, value, unit, meaning, scopes},
static const struct cs_device_field rows[] = {CS_DEVICE_FIELDS(ROW)};

const struct cs_device_field *cs_device_fields(int32_t *count)
{
    *count = (int32_t)(sizeof rows / sizeof rows[0]);
    return rows;
}

const struct cs_device_field *cs_device_field_find(const char *key)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].key, key) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

/* The number that gives exactly this value when multiplied by the factor, with as few digits as possible. */
static double in_unit_of_key(double value, double factor)
{
    const double quotient = value / factor;
    for (int digits = 15; digits <= 17; digits++) {
        const double rounded = cs_round_digits(quotient, digits);
        if (rounded * factor == value) {
            return rounded;
        }
    }
    const double above = nextafter(quotient, INFINITY), below = nextafter(quotient, -INFINITY);
    return above * factor == value ? above : below * factor == value ? below : quotient;
}

double cs_device_get(const struct cs_device *device, const struct cs_device_field *field)
{
    double member;
    memcpy(&member, (const char *)device + field->offset, sizeof member);
    return in_unit_of_key(member, field->factor);
}

void cs_device_put(struct cs_device *device, const struct cs_device_field *field, double value)
{
    const double member = value * field->factor;
    memcpy((char *)device + field->offset, &member, sizeof member);
}

void cs_device_alter(struct cs_device *device, const struct cs_device_field *field, double value)
{
    static const int32_t parts[] = {CS_FIELD_hbm_nominal_gb, CS_FIELD_dies,        CS_FIELD_die_area,
                                    CS_FIELD_node_nm,        CS_FIELD_switch_dies, CS_FIELD_switch_area};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (field == &rows[parts[i]] && cs_device_get(device, field) != value) {
            device->embodied = 0.0;
        }
    }
    cs_device_put(device, field, value);
}

double cs_device_times(const struct cs_device *device, const struct cs_device_field *field, double factor)
{
    const double value = cs_device_get(device, field);
    return factor == 1.0 ? value : cs_round_digits(value * factor, 15);
}
