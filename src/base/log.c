/* SPDX-License-Identifier: BSD-3-Clause */
#include "cs_sweep/log.h"

#include <stdarg.h>
#include <stdio.h>

/* Set once at the start of a program, before there is anything to say. */
static int log_rank;
static bool log_quiet;

void cs_log_rank(int rank)
{
    log_rank = rank;
}

void cs_log_quiet(bool quiet)
{
    log_quiet = quiet;
}

/* One write per line: lines of several processes that share a terminal do not mix. */
static void write_line(const char *prefix, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
static void write_line(const char *prefix, const char *format, va_list arguments)
{
    char line[4096];
    const int start = snprintf(line, sizeof line, "%s", prefix);
    const int written = vsnprintf(line + start, sizeof line - (size_t)start - 1, format, arguments);
    size_t end = (size_t)start + (written > 0 ? (size_t)written : 0);
    if (end > sizeof line - 2) {
        end = sizeof line - 2;
    }
    line[end] = '\n';
    (void)fwrite(line, 1, end + 1, stderr);
    (void)fflush(stderr);
}

void cs_log_info(const char *format, ...)
{
    if (log_rank != 0 || log_quiet) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    write_line("", format, arguments);
    va_end(arguments);
}

void cs_log_error(const char *format, ...)
{
    if (log_rank != 0) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    write_line("cs_sweep: error: ", format, arguments);
    va_end(arguments);
}
