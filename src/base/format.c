/* SPDX-License-Identifier: BSD-3-Clause */
#include "cs_sweep/format.h"

#include "cs_sweep/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct cs_text text_of_special(double value)
{
    struct cs_text text;
    snprintf(text.at, sizeof text.at, "%s", isnan(value) ? "-" : value > 0 ? "unlimited" : "-unlimited");
    return text;
}

struct cs_text cs_text_count(double value)
{
    char digits[40];
    struct cs_text text;
    size_t length, used = 0;
    if (!isfinite(value)) {
        return text_of_special(value);
    }
    if (fabs(value) >= 1e15) {
        snprintf(text.at, sizeof text.at, "%.4g", value);
        return text;
    }
    snprintf(digits, sizeof digits, "%.0f", value);
    length = strlen(digits);
    for (size_t i = 0; i < length; i++) {
        const size_t left = length - i;
        if (i > 0 && left % 3 == 0 && digits[i - 1] != '-') {
            text.at[used++] = ',';
        }
        text.at[used++] = digits[i];
    }
    text.at[used] = '\0';
    return text;
}

/* As many decimals as leave `significant` digits; none from 10^(significant - 1) on. */
static void format_significant(char *at, size_t size, double value, int significant)
{
    const double magnitude = fabs(value);
    int decimals = significant - 1;
    if (magnitude > 0) {
        int exponent = (int)floor(log10(magnitude) + 1e-12);
        /* 0.9996 with three digits is 1.00. */
        if (round(magnitude * pow(10, significant - 1 - exponent)) >= pow(10, significant)) {
            exponent++;
        }
        decimals = significant - 1 - exponent;
    }
    decimals = decimals < 0 ? 0 : decimals > 12 ? 12 : decimals;
    snprintf(at, size, "%.*f", decimals, value);
}

/* 1.100 is 1.1, 323.0 is 323. */
static void drop_zeros(char *at)
{
    size_t length = strlen(at);
    if (strchr(at, '.') == NULL) {
        return;
    }
    while (at[length - 1] == '0') {
        at[--length] = '\0';
    }
    if (at[length - 1] == '.') {
        at[length - 1] = '\0';
    }
}

struct cs_text cs_text_number(double value)
{
    struct cs_text text;
    const double magnitude = fabs(value);
    if (!isfinite(value)) {
        return text_of_special(value);
    }
    if (magnitude >= 1000 && magnitude < 1e15) {
        return cs_text_count(value);
    }
    if (magnitude >= 1e15 || (magnitude > 0 && magnitude < 1e-4)) {
        snprintf(text.at, sizeof text.at, "%.3e", value);
    } else {
        format_significant(text.at, sizeof text.at, value, 4);
        drop_zeros(text.at);
    }
    return text;
}

/* value / step^i with the i-th suffix, three significant digits. */
static struct cs_text scaled(double value, double step, const char *const *suffixes, int count, const char *unit)
{
    struct cs_text text;
    char digits[24];
    int i = 0;
    if (!isfinite(value)) {
        return text_of_special(value);
    }
    /* 999.5 of one suffix reads 1000 with three digits: the next one is wanted from there. */
    while (i + 1 < count && fabs(value) >= step * 0.9995) {
        value /= step;
        i++;
    }
    format_significant(digits, sizeof digits, value, 3);
    snprintf(text.at, sizeof text.at, "%s%s%s%s", digits, suffixes[i][0] != '\0' || unit[0] != '\0' ? " " : "",
             suffixes[i], unit);
    return text;
}

struct cs_text cs_text_si(double value, const char *unit)
{
    static const char *const suffixes[] = {"", "k", "M", "G", "T", "P", "E", "Z", "Y"};
    if (fabs(value) >= 1e27 && isfinite(value)) {
        struct cs_text text;
        snprintf(text.at, sizeof text.at, "%.3g %s", value, unit);
        return text;
    }
    return scaled(value, 1e3, suffixes, 9, unit);
}

struct cs_text cs_text_scale(double value)
{
    static const char *const suffixes[] = {"", "K", "M", "B", "T"};
    if (fabs(value) >= 1e15) {
        return cs_text_number(value);
    }
    if (fabs(value) < 1e3) {
        return cs_text_count(value);
    }
    return scaled(value, 1e3, suffixes, 5, "");
}

struct cs_text cs_text_bytes(double bytes)
{
    static const char *const suffixes[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    return scaled(bytes, 1024, suffixes, 7, "");
}

struct cs_text cs_text_duration(double seconds)
{
    static const struct {
        double below, unit;
        const char *name;
    } units[] = {{1e-3, 1e-6, "us"},
                 {1, 1e-3, "ms"},
                 {600, 1, "s"},
                 {2 * CS_SECONDS_PER_DAY, CS_SECONDS_PER_HOUR, "h"},
                 {(double)INFINITY, CS_SECONDS_PER_DAY, "days"}};
    struct cs_text text;
    char digits[24];
    size_t i = 0;
    if (!isfinite(seconds)) {
        return text_of_special(seconds);
    }
    if (seconds == 0) {
        snprintf(text.at, sizeof text.at, "0 s");
        return text;
    }
    while (fabs(seconds) >= units[i].below) {
        i++;
    }
    if (fabs(seconds) / units[i].unit >= 1e4) {
        snprintf(text.at, sizeof text.at, "%.32s %s", cs_text_number(seconds / units[i].unit).at, units[i].name);
        return text;
    }
    format_significant(digits, sizeof digits, seconds / units[i].unit, 3);
    snprintf(text.at, sizeof text.at, "%s %s", digits, units[i].name);
    return text;
}

struct cs_text cs_text_clock(double seconds)
{
    struct cs_text text;
    if (!isfinite(seconds)) {
        return text_of_special(seconds);
    }
    if (seconds < 60.0) {
        snprintf(text.at, sizeof text.at, "%.1f s", seconds);
        return text;
    }
    const long long whole = (long long)(seconds < 1e15 ? seconds + 0.5 : 1e15);
    if (whole < 3600) {
        snprintf(text.at, sizeof text.at, "%lld:%02lld", whole / 60, whole % 60);
    } else {
        snprintf(text.at, sizeof text.at, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
    }
    return text;
}

struct cs_text cs_text_mass(double kg)
{
    struct cs_text text;
    char digits[24];
    if (!isfinite(kg)) {
        return text_of_special(kg);
    }
    if (fabs(kg) >= 1e6) {
        snprintf(text.at, sizeof text.at, "%.40s t", cs_text_count(kg / 1e3).at);
        return text;
    }
    format_significant(digits, sizeof digits, fabs(kg) >= 999.5 ? kg / 1e3 : kg, 3);
    snprintf(text.at, sizeof text.at, "%s %s", digits, fabs(kg) >= 999.5 ? "t" : "kg");
    return text;
}

struct cs_text cs_text_energy(double joule)
{
    static const char *const suffixes[] = {"kWh", "MWh", "GWh", "TWh"};
    return scaled(joule / CS_JOULES_PER_KWH, 1e3, suffixes, 4, "");
}

struct cs_text cs_text_percent(double fraction)
{
    struct cs_text text;
    if (!isfinite(fraction)) {
        return text_of_special(fraction);
    }
    snprintf(text.at, sizeof text.at, "%.1f%%", fraction * 100);
    return text;
}

struct cs_text cs_text_change(double now, double before)
{
    struct cs_text text;
    const double ratio = before != 0.0 ? now / before : (double)NAN;
    if (!isfinite(ratio)) {
        return text_of_special((double)NAN);
    }
    if (ratio >= 10) {
        snprintf(text.at, sizeof text.at, "x%.3g", ratio);
    } else if (now == before) {
        snprintf(text.at, sizeof text.at, "same");
    } else {
        snprintf(text.at, sizeof text.at, "%+.1f%%", (ratio - 1) * 100);
    }
    return text;
}
