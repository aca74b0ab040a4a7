/* SPDX-License-Identifier: BSD-3-Clause */
#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cs_sweep/format.h"
#include "machine.h"

/* A bar is redrawn this often, whatever the period of lines. */
static const double CS_BAR_SECONDS = 0.25;
/* Columns of the whole line, which every terminal has, and least and most of them for the bar itself. */
enum { CS_LINE_WIDTH = 79, CS_BAR_LEAST = 8, CS_BAR_MOST = 24 };

void cs_progress_start(struct cs_progress *progress, const struct cs_sweep_options *options, int64_t total,
                       int64_t before)
{
    const char *wanted = getenv("CS_PROGRESS");
    *progress = (struct cs_progress){.total = total, .before = before};
    const bool auto_bar = wanted != NULL && wanted[0] != '\0' ? strcmp(wanted, "bar") == 0 : isatty(STDERR_FILENO) == 1;
    progress->bar =
        options->progress_style == CS_PROGRESS_BAR || (options->progress_style == CS_PROGRESS_AUTO && auto_bar);
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
    const double elapsed = now - progress->started;
    const double speed = (double)(done - progress->before) / (elapsed > 0.0 ? elapsed : 1.0);
    const struct cs_text count = cs_text_count((double)done), total = cs_text_count((double)progress->total);
    const struct cs_text rate = cs_text_count(speed), taken = cs_text_clock(elapsed);
    const struct cs_text left = cs_text_clock(share > 0.0 ? elapsed * (1.0 - share) / share : (double)NAN);
    const char *const time_left = share > 0.0 ? left.at : "unknown";
    if (progress->bar) {
        char text[256], bar[CS_BAR_MOST + 1];
        const int length = snprintf(text, sizeof text, " %3.0f%%  %s of %s searches, %s/s, %s left", 100.0 * share,
                                    count.at, total.at, rate.at, time_left);
        int width = CS_LINE_WIDTH - 2 - length;
        width = width < CS_BAR_LEAST ? CS_BAR_LEAST : width > CS_BAR_MOST ? CS_BAR_MOST : width;
        for (int i = 0; i < width; i++) {
            bar[i] = i < (int)(share * width) ? '#' : '.';
        }
        bar[width] = '\0';
        fprintf(stderr, "\r[%s]%-*s", bar, CS_LINE_WIDTH - 2 - width, text);
        progress->shown = true;
    } else {
        fprintf(stderr, "%s of %s searches (%.1f%% of the work) after %s, %s/s, %s left\n", count.at, total.at,
                100.0 * share, taken.at, rate.at, time_left);
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
