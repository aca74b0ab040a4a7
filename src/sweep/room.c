/* SPDX-License-Identifier: BSD-3-Clause */
#include "room.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cs_sweep/format.h"
#include "cs_sweep/number.h"

enum { LINE_ROOM = 4096 };

/* The number after the blanks at `text`. */
static double leading_number(const char *text)
{
    double value = 0.0;
    text += strspn(text, " ");
    return cs_parse_number(text, cs_number_length(text, strlen(text)), &value) ? value : 0.0;
}

/* MemAvailable and SwapFree: what processes can get without others losing theirs (Linux 3.14); elsewhere the machine's
 * whole memory. */
static double memory_of_machine(void)
{
    FILE *file = fopen("/proc/meminfo", "r");
    char line[LINE_ROOM];
    double kib = 0.0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "MemAvailable:", 13) == 0 || strncmp(line, "SwapFree:", 9) == 0) {
            kib += leading_number(strchr(line, ':') + 1);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return kib > 0.0 ? 1024.0 * kib : (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
}

static double read_limit(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[LINE_ROOM];
    double limit = HUGE_VAL;
    if (file != NULL && fgets(line, sizeof line, file) != NULL && line[0] >= '0' && line[0] <= '9') {
        limit = leading_number(line); /* version 2 writes "max" for none */
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return limit;
}

/* The least limit of a control group and of those that it stands in. */
static double limit_along(const char *root, char *group, const char *file)
{
    double least = HUGE_VAL;
    char path[2 * LINE_ROOM];
    for (;;) {
        (void)snprintf(path, sizeof path, "%s%s/%s", root, group, file);
        least = fmin(least, read_limit(path));
        char *slash = strrchr(group, '/');
        if (slash == NULL) {
            return least;
        }
        *slash = '\0';
    }
}

/* What SLURM and containers allow a job: control groups of version 2 ("0::/group") or 1 ("4:memory:/group"). */
static double memory_of_group(void)
{
    FILE *file = fopen("/proc/self/cgroup", "r");
    char line[LINE_ROOM];
    double least = HUGE_VAL;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':'), *group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (group == NULL) {
            continue;
        }
        *group++ = '\0';
        if (strcmp(controllers, ":") == 0) {
            least = fmin(least, limit_along("/sys/fs/cgroup", group, "memory.max"));
        } else if (strstr(controllers, "memory") != NULL) {
            least = fmin(least, limit_along("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes"));
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return least;
}

static double memory_available(void)
{
    struct rlimit limit;
    const bool limited = getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    return fmin(fmin(memory_of_machine(), memory_of_group()), limited ? (double)limit.rlim_cur : HUGE_VAL);
}

enum cs_code cs_room_check_memory(const struct cs_run *run, struct cs_error *error)
{
    const double wanted = (double)cs_results_memory(&run->grid) + (double)cs_queue_memory(&run->grid, run->shards);
    const double there = memory_available();
    return wanted <= there ? CS_OK
                           : cs_fail(error, CS_ERROR_CREATE,
                                     "The results of %s searches take %s of memory on rank 0, where %s are available. "
                                     "Sweep fewer values, in several files, or on a node with more memory.",
                                     cs_text_count((double)run->grid.searches).at, cs_text_si(wanted, "B").at,
                                     cs_text_si(there, "B").at);
}

enum cs_code cs_room_check_disk(const struct cs_run *run, const char *path, struct cs_error *error)
{
    const struct cs_settings *settings = &run->config.settings;
    const double whole = (double)cs_results_file_estimate(&run->grid);
    /* What the other shards search is missing in this one's file, and missing values take next to nothing. */
    const double least =
        settings->output.compression == 0 ? whole : whole * settings->limits.compressed_share / (double)run->shards;
    return cs_output_room(path, least, whole, error);
}
