/* SPDX-License-Identifier: BSD-3-Clause */
/* Device fields as settings and axes: device.tdp_w and so on. */
#ifndef CS_CONFIG_DEVICE_H
#define CS_CONFIG_DEVICE_H

#include "axes.h"
#include "reader.h"

#define CS_DEVICE_SECTION "device"
enum {
    CS_DEVICE_FACTOR_MAX = 1000000
}; /* most that a field may be multiplied by; the field's own range ends it first */

/* The field that a path such as "device.tdp_w" names, or NULL. */
const struct cs_device_field *cs_device_path(const char *path);
/* The factors of {"factor": ...}, or NULL. */
const struct cs_json *cs_device_factor(const struct cs_json *at);
/* What the numbers of an axis over the field must be. */
struct cs_number_kind cs_device_kind_of(const struct cs_device_field *field, bool factor);

/* "device" into config->changes; the hardware axis is there already. */
enum cs_code cs_read_device_section(const struct cs_json *root, struct cs_config *config, struct cs_error *error);
/* That every device of the hardware axis can have every value of the axis. `at` is the list or range that gave them. */
enum cs_code cs_check_device_axis(const struct cs_json *at, const struct cs_config *config, const struct cs_axis *axis,
                                  struct cs_error *error);

#endif
