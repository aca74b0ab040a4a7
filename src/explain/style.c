/* SPDX-License-Identifier: BSD-3-Clause */
#include "style.h"

#include "cs_sweep/format.h"
#include "cs_sweep/number.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

enum { LABEL_WIDTH = 18, BAR_LONGEST = 40, BAR_SHORTEST = 10, BESIDE_BAR = 64 };

void cs_row(const struct cs_style *style, const char *label, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(style->out, "  %s%-15s%s ", cs_ink(style, CS_INK_DIM), label, cs_ink(style, CS_INK_PLAIN));
    cs_wrapped(style, LABEL_WIDTH, LABEL_WIDTH, text);
    fputc('\n', style->out);
}

void cs_share_row(const struct cs_style *style, const char *label, double fraction, const char *note)
{
    const int32_t room = style->width - BESIDE_BAR;
    fprintf(style->out, "  %-15s ", label);
    cs_bar(style, fraction, room < BAR_SHORTEST ? BAR_SHORTEST : room > BAR_LONGEST ? BAR_LONGEST : room);
    fprintf(style->out, " %6s  %s\n", cs_text_percent(fraction).at, note);
}
