/* SPDX-License-Identifier: BSD-3-Clause */
#include "format.h"

#include "cs_sweep/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

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
    } units[] = {
        {1e-3, 1e-6, "us"}, {1, 1e-3, "ms"}, {600, 1, "s"}, {172800, 3600, "h"}, {(double)INFINITY, 86400, "days"}};
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
    return scaled(joule / 3.6e6, 1e3, suffixes, 4, "");
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

/* By the variables that setlocale would read, in its order: the program itself stays in the C locale, so that numbers
 * are written alike everywhere. */
static bool locale_is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *const value = getenv(names[i]);
        if (value != NULL && value[0] != '\0') {
            return strstr(value, "UTF-8") != NULL || strstr(value, "utf8") != NULL || strstr(value, "utf-8") != NULL;
        }
    }
    return false;
}

/* COLUMNS, as ls and ps read it, then the terminal's own answer. */
static int32_t width_of(FILE *out)
{
    enum { NARROWEST = 60, WIDEST = 120 };
    const char *const columns = getenv("COLUMNS");
    int64_t width = WIDEST;
    if (columns == NULL || !cs_parse_count(columns, 1, 100000, &width)) {
#ifdef TIOCGWINSZ
        struct winsize size;
        if (isatty(fileno(out)) == 1 && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
            width = size.ws_col;
        }
#endif
    }
    return (int32_t)(width < NARROWEST ? NARROWEST : width > WIDEST ? WIDEST : width);
}

struct cs_style cs_style_of(FILE *out)
{
    const char *const no_color = getenv("NO_COLOR"), *const term = getenv("TERM");
    struct cs_style style = {.out = out};
    /* no-color.org: any non-empty value switches colour off. */
    style.colour = isatty(fileno(out)) == 1 && (no_color == NULL || no_color[0] == '\0') &&
                   (term == NULL || strcmp(term, "dumb") != 0);
    style.blocks = locale_is_utf8();
    style.width = width_of(out);
    return style;
}

const char *cs_ink(const struct cs_style *style, enum cs_ink ink)
{
    static const char *const sequences[] = {"\033[0m", "\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[36m"};
    return style->colour ? sequences[ink] : "";
}

void cs_heading(const struct cs_style *style, const char *title, const char *note)
{
    fprintf(style->out, "\n%s%s%s", cs_ink(style, CS_INK_HEADING), title, cs_ink(style, CS_INK_PLAIN));
    if (note[0] != '\0') {
        fprintf(style->out, "  %s", cs_ink(style, CS_INK_DIM));
        cs_wrapped(style, cs_text_width(title) + 2, 2, note);
        fputs(cs_ink(style, CS_INK_PLAIN), style->out);
    }
    fputc('\n', style->out);
}

int32_t cs_text_width(const char *text)
{
    int32_t width = 0;
    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xC0) != 0x80; /* every byte but those that continue a character */
    }
    return width;
}

void cs_wrapped(const struct cs_style *style, int32_t column, int32_t indent, const char *text)
{
    bool begun = false;
    while (*text != '\0') {
        char word[256];
        const size_t length = strcspn(text, " ");
        snprintf(word, sizeof word, "%.*s", (int)length, text);
        const int32_t width = cs_text_width(word);
        if (begun && column + 1 + width > style->width) {
            fprintf(style->out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (begun) {
            fputc(' ', style->out);
            column++;
        }
        fputs(word, style->out);
        column += width;
        begun = true;
        text += length;
        text += *text == ' ';
    }
}

void cs_bar(const struct cs_style *style, double fraction, int32_t width)
{
    static const char *const eighths[] = {"", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589"};
    const double cut = fraction > 0 ? (fraction < 1 ? fraction : 1) : 0;
    const int32_t steps = (int32_t)lround(cut * width * (style->blocks ? 8 : 1));
    const int32_t whole = style->blocks ? steps / 8 : steps, part = style->blocks ? steps % 8 : 0;
    fputs(cs_ink(style, CS_INK_BAR), style->out);
    for (int32_t i = 0; i < whole; i++) {
        fputs(style->blocks ? "\u2588" : "#", style->out);
    }
    fputs(eighths[part], style->out);
    fputs(cs_ink(style, CS_INK_PLAIN), style->out);
    for (int32_t i = whole + (part > 0 ? 1 : 0); i < width; i++) {
        fputc(' ', style->out);
    }
}
