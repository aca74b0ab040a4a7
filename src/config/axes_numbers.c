/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <stdlib.h>

#include "axes.h"
#include "cs_sweep/number.h"
#include "library/read.h"

enum { YEAR_MAX = 50 };
const struct cs_number_kind cs_axis_years = {0, YEAR_MAX, true, "year"};
const struct cs_number_kind cs_axis_d_models = {1, CS_D_MODEL_MAX, true, NULL};

struct cs_number_kind cs_setting_kind_of(const struct cs_setting *setting)
{
    return (struct cs_number_kind){setting->low, setting->high, setting->type == CS_COUNT, setting->unit};
}

enum cs_code cs_read_number(const struct cs_json *at, const struct cs_number_kind *kind, double *value,
                            struct cs_error *error)
{
    if (kind->whole) {
        int64_t number = 0;
        CS_TRY(cs_json_count(at, (int64_t)kind->low, (int64_t)kind->high, kind->unit, &number, error));
        *value = (double)number;
        return CS_OK;
    }
    return cs_json_real(at, kind->low, kind->high, kind->unit, value, error);
}

static enum cs_code read_range(const struct cs_json *at, const struct cs_number_kind *kind, double *from, double *step,
                               double *count, struct cs_error *error)
{
    static const char *const keys[] = {"from", "to", "step"};
    const struct cs_json *member = NULL;
    double to = 0.0;
    CS_TRY(cs_json_known_keys(at, 3, keys, error));
    CS_TRY(cs_json_require(at, "from", &member, error));
    CS_TRY(cs_read_number(member, kind, from, error));
    CS_TRY(cs_json_require(at, "to", &member, error));
    CS_TRY(cs_read_number(member, kind, &to, error));
    if (to < *from) {
        return cs_json_fail(member, error, "the range runs backwards: to must not be below from.");
    }
    CS_TRY(cs_json_require(at, "step", &member, error));
    const struct cs_number_kind steps = {kind->whole ? 1.0 : 1e-300, 1e15, kind->whole, NULL};
    CS_TRY(cs_read_number(member, &steps, step, error));
    /* The last value may miss `to` by rounding: {0, 0.3, 0.1} has four values. */
    *count = floor((to - *from) / *step * (1.0 + 1e-12) + 1e-9) + 1.0;
    return CS_OK;
}

enum cs_code cs_count_numbers(const struct cs_json *at, const struct cs_number_kind *kind, double *count,
                              struct cs_error *error)
{
    if (at->type == CS_JSON_OBJECT) {
        double from = 0.0, step = 0.0;
        return read_range(at, kind, &from, &step, count, error);
    }
    if (at->type != CS_JSON_ARRAY || at->count == 0) {
        return cs_json_expected(at, error, "a list of one or more numbers or {\"from\": , \"to\": , \"step\": }");
    }
    *count = at->count;
    return CS_OK;
}

/* Values of a range come out as a person would write them: 0.3, not 0.30000000000000004. */
static double as_written(double value)
{
    return cs_round_digits(value, 15);
}

enum cs_code cs_expand_numbers(const struct cs_json *at, const struct cs_number_kind *kind, int64_t count,
                               double *numbers, struct cs_error *error)
{
    if (at->type == CS_JSON_OBJECT) {
        double from = 0.0, step = 0.0, ignored = 0.0;
        CS_TRY(read_range(at, kind, &from, &step, &ignored, error));
        for (int64_t i = 0; i < count; i++) {
            numbers[i] = as_written(from + (double)i * step);
            if (i > 0 && numbers[i] <= numbers[i - 1]) {
                return cs_json_fail(cs_json_member(at, "step"), error, "the step is too small to change the value.");
            }
        }
        return CS_OK;
    }
    int64_t i = 0;
    for (const struct cs_json *member = at->first; member != NULL; member = member->next, i++) {
        char text[CS_NUMBER_TEXT_MAX];
        CS_TRY(cs_read_number(member, kind, &numbers[i], error));
        if (i > 0 && numbers[i] == numbers[i - 1]) {
            return cs_json_fail(member, error, "%s is given twice.", cs_format_number(numbers[i], text));
        }
        if (i > 0 && numbers[i] < numbers[i - 1]) {
            return cs_json_fail(member, error,
                                "the axis runs backwards: its numbers must rise, and %s is below the one before it.",
                                cs_format_number(numbers[i], text));
        }
    }
    return CS_OK;
}
