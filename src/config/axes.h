/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of the reader of "axes": numbers, and values that have a name. */
#ifndef CS_CONFIG_AXES_H
#define CS_CONFIG_AXES_H

#include "cs_sweep/config.h"
#include "json/json.h"

/* What the numbers of an axis must be. */
struct cs_number_kind {
    double low, high;
    bool whole;
    const char *unit;
};
extern const struct cs_number_kind cs_axis_years, cs_axis_d_models;

/* An axis before its values are made. */
struct cs_axis_plan {
    const struct cs_json *at; /* of {"factor": values} the values */
    enum cs_axis_kind kind;
    const struct cs_setting *setting;
    const struct cs_device_field *field;
    bool factor;
    double count;
};

struct cs_number_kind cs_setting_kind_of(const struct cs_setting *setting);
enum cs_code cs_read_number(const struct cs_json *at, const struct cs_number_kind *kind, double *value,
                            struct cs_error *error);
/* A list of rising numbers, or {from, to, step}: how many, and what they are. */
enum cs_code cs_count_numbers(const struct cs_json *at, const struct cs_number_kind *kind, double *count,
                              struct cs_error *error);
enum cs_code cs_expand_numbers(const struct cs_json *at, const struct cs_number_kind *kind, int64_t count,
                               double *numbers, struct cs_error *error);
/* The list or range of {"d_model": ...}, NULL where the value is none. */
const struct cs_json *cs_only_d_model(const struct cs_json *at);
/* Values with a label: of the library, inline entries, choices, flags, sets and lists. The axis has its arrays. */
enum cs_code cs_fill_labelled(const struct cs_axis_plan *plan, struct cs_config *config, struct cs_axis *axis,
                              struct cs_error *error);

#endif
