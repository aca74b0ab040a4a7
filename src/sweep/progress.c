/* SPDX-License-Identifier: BSD-3-Clause */
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"

/* A bar is redrawn this often, whatever the period of lines. */
static const double CS_BAR_SECONDS = 0.25;
/* Columns of the whole line, which every terminal has, and least and most of them for the bar itself. */
enum { CS_LINE_WIDTH = 79, CS_BAR_LEAST = 8, CS_BAR_MOST = 24 };

const char *cs_show_count(int64_t count, char *buffer)
{
    char digits[CS_SHOW];
    const int length = snprintf(digits, sizeof digits, "%lld", (long long)count);
    int out = 0;
    for (int i = 0; i < length && out < CS_SHOW - 2; i++) {
        if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-') {
            buffer[out++] = ',';
        }
        buffer[out++] = digits[i];
    }
    buffer[out] = '\0';
    return buffer;
}

const char *cs_show_time(double seconds, char *buffer)
{
    if (seconds < 60.0) {
        snprintf(buffer, CS_SHOW, "%.1f s", seconds);
        return buffer;
    }
    const long long whole = (long long)(seconds < 1e15 ? seconds + 0.5 : 1e15);
    if (whole < 3600) {
        snprintf(buffer, CS_SHOW, "%lld:%02lld", whole / 60, whole % 60);
    } else {
        snprintf(buffer, CS_SHOW, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
    }
    return buffer;
}

const char *cs_show_bytes(double bytes, char *buffer)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
    int unit = 0;
    while (bytes >= 999.5 && unit < 5) {
        bytes /= 1000.0;
        unit++;
    }
    snprintf(buffer, CS_SHOW, unit == 0 || bytes >= 99.95 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    return buffer;
}

void cs_progress_start(struct cs_progress *progress, const struct cs_sweep_options *options, int64_t total,
                       int64_t before)
{
    const char *wanted = getenv("CS_PROGRESS");
    *progress = (struct cs_progress){.total = total, .before = before};
    switch (options->progress_style) {
    case CS_PROGRESS_BAR:
        progress->bar = true;
        break;
    case CS_PROGRESS_LINE:
        break;
    case CS_PROGRESS_AUTO:
    default:
        progress->bar = wanted != NULL && wanted[0] != '\0' ? strcmp(wanted, "bar") == 0 : isatty(STDERR_FILENO) == 1;
        break;
    }
    progress->period = options->quiet ? 0.0 : options->progress_seconds;
    if (progress->bar && progress->period > CS_BAR_SECONDS) {
        progress->period = CS_BAR_SECONDS;
    }
    progress->started = cs_seconds();
    progress->next = progress->started + progress->period;
}

void cs_progress_show(struct cs_progress *progress, int64_t done, double share)
{
    const double now = cs_seconds();
    if (progress->period <= 0.0 || now < progress->next) {
        return;
    }
    progress->next = now + progress->period;
    char count[CS_SHOW], total[CS_SHOW], rate[CS_SHOW], taken[CS_SHOW], left[CS_SHOW];
    const double elapsed = now - progress->started;
    const double speed = (double)(done - progress->before) / (elapsed > 0.0 ? elapsed : 1.0);
    cs_show_count(done, count);
    cs_show_count(progress->total, total);
    cs_show_count((int64_t)(speed + 0.5), rate);
    cs_show_time(elapsed, taken);
    if (share > 0.0) {
        cs_show_time(elapsed * (1.0 - share) / share, left);
    } else {
        snprintf(left, sizeof left, "unknown");
    }
    if (progress->bar) {
        char text[6 * CS_SHOW], bar[CS_BAR_MOST + 1];
        const int length = snprintf(text, sizeof text, " %3.0f%%  %s of %s searches, %s/s, %s left", 100.0 * share,
                                    count, total, rate, left);
        int width = CS_LINE_WIDTH - 2 - length;
        width = width < CS_BAR_LEAST ? CS_BAR_LEAST : width > CS_BAR_MOST ? CS_BAR_MOST : width;
        for (int i = 0; i < width; i++) {
            bar[i] = i < (int)(share * width) ? '#' : '.';
        }
        bar[width] = '\0';
        fprintf(stderr, "\r[%s]%-*s", bar, CS_LINE_WIDTH - 2 - width, text);
        progress->shown = true;
    } else {
        fprintf(stderr, "%s of %s searches (%.1f%% of the work) after %s, %s/s, %s left\n", count, total, 100.0 * share,
                taken, rate, left);
    }
    fflush(stderr);
}

void cs_progress_clear(struct cs_progress *progress)
{
    if (progress->shown) {
        fprintf(stderr, "\r%*s\r", CS_LINE_WIDTH, "");
        fflush(stderr);
        progress->shown = false;
    }
}
