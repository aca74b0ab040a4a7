/* SPDX-License-Identifier: BSD-3-Clause */
#include "summary.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cs_sweep/format.h"
#include "cs_sweep/library.h"
#include "cs_sweep/log.h"
#include "progress.h"
#include "room.h"

/* The size of model that the table of carbon is about: the paper's figure 5. */
static const double CS_SUMMARY_PARAMETERS = 1e12;
/* Points that the table looks at, some microseconds each. */
static const double CS_SUMMARY_POINTS = 2e6;
enum { CS_LINE = 512 };

/* Appends to a line of CS_LINE bytes, as far as it fits. */
__attribute__((format(printf, 2, 3))) static void append(char *line, const char *format, ...)
{
    const size_t used = strlen(line);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + used, CS_LINE - used, format, arguments);
    va_end(arguments);
}

static void grid_shape(const struct cs_grid *grid, char *line)
{
    line[0] = '\0';
    for (int32_t i = 0; i < grid->config->axis_count; i++) {
        char name[CS_DIMENSION_NAME_MAX];
        cs_dimension_name(grid, i, name);
        append(line, "%s%lld %s", i > 0 ? " x " : "", (long long)grid->config->axes[i].size, name);
    }
}

static void axis_value(const struct cs_axis *axis, int64_t coordinate, char *line)
{
    if (axis->labels != NULL) {
        append(line, "%s", axis->labels[coordinate]);
    } else if (axis->lists != NULL) {
        for (int32_t i = 0; i < axis->lists[coordinate].count; i++) {
            append(line, "%s%d", i > 0 ? " " : "", axis->lists[coordinate].values[i]);
        }
    } else if (axis->numbers != NULL) {
        append(line, "%g", axis->numbers[coordinate]);
    }
}

void cs_dry_run_print(const struct cs_run *run)
{
    char shape[CS_LINE], path[CS_PATH_ROOM];
    const struct cs_grid *grid = &run->grid;
    grid_shape(grid, shape);
    cs_run_path(run, run->shard, run->shards, path, sizeof path);
    printf("Grid:     %s\n", shape);
    printf("Searches: %s\n", cs_text_count((double)grid->searches).at);
    if (run->shards > 1) {
        const int64_t own = cs_shard_searches(grid->searches, run->shard, run->shards);
        printf("Shard:    %lld of %lld: %s searches\n", (long long)run->shard, (long long)run->shards,
               cs_text_count((double)own).at);
    }
    printf("Points:   %s\n", cs_text_count((double)grid->points).at);
    printf("Memory:   %s for the results on rank 0", cs_text_si((double)cs_results_memory(grid), "B").at);
    printf(", %s for messages on every other rank\n", cs_text_si(2.0 * (double)cs_batch_bytes(grid), "B").at);
    printf("File:     %s, %s before compression\n", path, cs_text_si((double)cs_results_file_estimate(grid), "B").at);
    struct cs_error error = {0};
    if (cs_room_check_memory(run, &error) != CS_OK || cs_room_check_disk(run, path, &error) != CS_OK) {
        printf("Room:     not enough: %s\n", error.message);
    }
}

/* ---- the table of carbon ---- */
struct extreme {
    bool known;
    double total; /* kg */
    int64_t devices;
    char at[CS_LINE];
};

static int64_t nearest_model(const struct cs_grid *grid, int32_t model_axis, double *parameters)
{
    int64_t nearest = 0;
    double least = HUGE_VAL;
    for (int64_t i = 0; i < grid->config->axes[model_axis].size; i++) {
        int64_t coordinates[CS_AXES_MAX] = {0};
        struct cs_design_point point;
        coordinates[model_axis] = i;
        cs_grid_point(grid, coordinates, &point);
        const double distance = fabs(log(point.problem.law.parameters_total / CS_SUMMARY_PARAMETERS));
        if (distance < least) {
            least = distance;
            nearest = i;
            *parameters = point.problem.law.parameters_total;
        }
    }
    return nearest;
}

static void describe_place(const struct cs_grid *grid, const int64_t *coordinates, char *line)
{
    line[0] = '\0';
    for (int32_t i = 0; i < grid->config->axis_count; i++) {
        const struct cs_axis *axis = &grid->config->axes[i];
        if (axis->kind != CS_AXIS_MODEL && axis->kind != CS_AXIS_HARDWARE && axis->size > 1) {
            append(line, "%s", line[0] != '\0' ? ", " : "");
            axis_value(axis, coordinates[i], line);
        }
    }
}

static void note_extreme(const struct cs_grid *grid, const int64_t *coordinates, double total, int64_t devices,
                         bool better, struct extreme *extreme)
{
    if (!extreme->known || better) {
        extreme->known = true;
        extreme->total = total;
        extreme->devices = devices;
        describe_place(grid, coordinates, extreme->at);
    }
}

/* Looks at every point of one model and device: at the plans of the objective, or at the least-carbon ones. */
static void find_extremes(const struct cs_grid *grid, const struct cs_results *results, bool least_carbon,
                          int64_t *coordinates, struct extreme *least, struct extreme *most)
{
    const struct cs_config *config = grid->config;
    const int32_t region_axis = cs_config_axis(grid->config, CS_AXIS_REGION);
    struct cs_design_point point;
    cs_grid_point(grid, coordinates, &point);
    for (int64_t region = 0; region < config->axes[region_axis].size; region++) {
        coordinates[region_axis] = region;
        const struct cs_record *record = cs_results_get(results, cs_grid_search_of(grid, coordinates)) +
                                         (least_carbon ? grid->plans_per_search : cs_grid_record_of(grid, coordinates));
        if (record->status != CS_STATUS_FEASIBLE) {
            continue;
        }
        const struct cs_place place =
            cs_region_place(&point.carbon, &config->library.regions[config->axes[region_axis].indices[region]]);
        struct cs_footprint carbon;
        cs_footprint_of(&point.carbon, record->plan.devices, record->training_time, record->idle_time, record->mfu,
                        &carbon);
        cs_footprint_at(&place, &carbon);
        note_extreme(grid, coordinates, carbon.total, record->plan.devices, carbon.total < least->total, least);
        note_extreme(grid, coordinates, carbon.total, record->plan.devices, carbon.total > most->total, most);
    }
    coordinates[region_axis] = 0;
}

/* The next coordinates over all axes but model, hardware and region; false after the last. */
static bool next_place(const struct cs_grid *grid, int64_t *coordinates)
{
    for (int32_t i = grid->config->axis_count - 1; i >= 0; i--) {
        const struct cs_axis *axis = &grid->config->axes[i];
        if (axis->kind == CS_AXIS_MODEL || axis->kind == CS_AXIS_HARDWARE || axis->kind == CS_AXIS_REGION) {
            continue;
        }
        if (++coordinates[i] < axis->size) {
            return true;
        }
        coordinates[i] = 0;
    }
    return false;
}

/* Which plans a line of the table is about; nothing where there is only one kind. */
static const char *plan_words(const struct cs_config *config, bool least_carbon)
{
    if (least_carbon) {
        return "least carbon    ";
    }
    for (int objective = CS_MIN_DEVICES + 1; objective <= CS_MIN_COST; objective++) {
        if (cs_config_takes(config, "search.objective", objective)) {
            return "the objective's ";
        }
    }
    return "fewest devices  ";
}

/* One line of the table: of the plans of the objective, or of the least-carbon ones. */
static void print_extremes(const struct cs_grid *grid, const struct cs_results *results, int64_t model, int64_t h,
                           bool least_carbon)
{
    const struct cs_axis *hardware = &grid->config->axes[cs_config_axis(grid->config, CS_AXIS_HARDWARE)];
    int64_t coordinates[CS_AXES_MAX] = {0};
    struct extreme least = {.known = false}, most = {.known = false};
    coordinates[cs_config_axis(grid->config, CS_AXIS_MODEL)] = model;
    coordinates[cs_config_axis(grid->config, CS_AXIS_HARDWARE)] = h;
    do {
        find_extremes(grid, results, least_carbon, coordinates, &least, &most);
    } while (next_place(grid, coordinates));
    struct cs_model_error known;
    cs_model_error_read(&grid->config->library.devices[hardware->indices[h]], &known);
    char error[64];
    (void)snprintf(error, sizeof error, "%s%s", known.kind == CS_TRUST_FAMILY ? "~" : "",
                   cs_text_percent(known.mape).at);
    const char *plan = grid->least_carbon ? plan_words(grid->config, least_carbon) : "";
    if (!least.known && !least_carbon) {
        cs_log_info("  %-12s %6s  no plan", hardware->labels[h], error);
    }
    if (least.known) {
        cs_log_info("  %-12s %6s  %s%12.4g %11.4g  %-28s %12.4g %11.4g  %s", least_carbon ? "" : hardware->labels[h],
                    least_carbon ? "" : error, plan, least.total / 1e3, least.total / (double)least.devices, least.at,
                    most.total / 1e3, most.total / (double)most.devices, most.at);
    }
}

/* By which constants, and whether what the intensities count differs between the regions. */
static void print_accounting(const struct cs_config *config)
{
    const struct cs_axis *regions = &config->axes[cs_config_axis(config, CS_AXIS_REGION)];
    bool counts[CS_ACCOUNTING_LIFE_CYCLE + 1] = {false};
    char preset[CS_NAME_MAX], scenario[CS_NAME_MAX];
    for (int64_t i = 0; i < regions->size; i++) {
        counts[config->library.regions[regions->indices[i]].accounting] = true;
    }
    cs_log_info("  accounting: carbon.preset %s, projection.grid_scenario %s%s",
                cs_choice_name(CS_PRESET_NAMES, config->settings.carbon.preset, preset, sizeof preset),
                cs_choice_name(CS_GRID_NAMES, config->settings.projection.grid_scenario, scenario, sizeof scenario),
                counts[CS_ACCOUNTING_OPERATIONAL] && counts[CS_ACCOUNTING_LIFE_CYCLE]
                    ? "; warning: some regions count what generation burns, others its whole life cycle"
                    : "");
}

static void print_carbon(const struct cs_grid *grid, const struct cs_results *results)
{
    const struct cs_config *config = grid->config;
    const int32_t model_axis = cs_config_axis(grid->config, CS_AXIS_MODEL),
                  hardware_axis = cs_config_axis(grid->config, CS_AXIS_HARDWARE);
    const struct cs_axis *hardware = &config->axes[hardware_axis];
    double parameters = 0.0;
    char over[CS_LINE] = "";
    const double points = (double)grid->points / (double)config->axes[model_axis].size;
    if (points > CS_SUMMARY_POINTS) {
        cs_log_info("Carbon: %s points of each model are too many for a table here.", cs_text_count(points).at);
        return;
    }
    const int64_t model = nearest_model(grid, model_axis, &parameters);
    for (int32_t i = 0; i < config->axis_count; i++) {
        if (i != model_axis && i != hardware_axis && config->axes[i].size > 1) {
            char name[CS_DIMENSION_NAME_MAX];
            cs_dimension_name(grid, i, name);
            append(over, "%s%s", over[0] != '\0' ? ", " : "", name);
        }
    }
    cs_log_info("Carbon of training %s%s (%.3g parameters)%s%s:",
                config->library.models[config->axes[model_axis].indices[model]].from_law ? "d_model " : "",
                config->axes[model_axis].labels[model], parameters, over[0] != '\0' ? ", over " : "", over);
    cs_log_info("  %-12s %6s  %s%12s %11s  %-28s %12s %11s  %s", "hardware", "error",
                grid->least_carbon ? "plan            " : "", "least, t", "kg/device", "at", "most, t", "kg/device",
                "at");
    for (int64_t h = 0; h < hardware->size; h++) {
        print_extremes(grid, results, model, h, false);
        if (grid->least_carbon) {
            print_extremes(grid, results, model, h, true);
        }
    }
    cs_log_info("  error: mean error of time over published runs on the device, each held out of the fit; ~ on others "
                "of its family; - none");
    print_accounting(grid->config);
}

/* ---- counts ---- */
static void print_feasibility(const struct cs_grid *grid, const struct cs_results *results)
{
    int64_t counts[CS_STATUS_COUNT] = {0}, plans = 0;
    const int32_t alternatives = 1 + (int32_t)grid->config->settings.search.alternatives;
    for (int64_t search = 0; search < grid->searches; search++) {
        const struct cs_record *records = cs_results_get(results, search);
        for (int32_t i = 0; i < grid->plans_per_search; i += alternatives) {
            counts[records[i].status]++;
            plans += records[i].status != CS_STATUS_PENDING;
        }
    }
    char line[CS_LINE] = "";
    for (int status = CS_STATUS_DIVISIBILITY; status <= CS_STATUS_FAILED; status++) {
        if (counts[status] > 0) {
            append(line, "%s%s %s", line[0] != '\0' ? ", " : "; infeasible: ", cs_text_count((double)counts[status]).at,
                   cs_status_word((enum cs_status)status));
        }
    }
    cs_log_info("  %s of %s plans are feasible%s", cs_text_count((double)counts[CS_STATUS_FEASIBLE]).at,
                cs_text_count((double)plans).at, line);
}

void cs_summary_print(const struct cs_run *run, const struct cs_results *results,
                      const struct cs_statistics *statistics, const char *path)
{
    const struct cs_grid *grid = &run->grid;
    const int64_t points_per_search = grid->points / grid->searches;
    char shape[CS_LINE];
    struct stat file;
    grid_shape(grid, shape);
    cs_log_info("Swept %s%s%s", run->config.title, run->config.title[0] != '\0' ? ": " : "", shape);
    cs_log_info("  %s searches for %s points in %s on %d rank%s: %.1f CPU-seconds, %.0f%% of them searching",
                cs_text_count((double)statistics->searches).at,
                cs_text_count((double)(statistics->searches * points_per_search)).at,
                cs_text_clock(statistics->seconds).at, (int)statistics->ranks, statistics->ranks == 1 ? "" : "s",
                statistics->cpu_seconds, 100.0 * statistics->search_cpu_seconds / fmax(statistics->cpu_seconds, 1e-9));
    print_feasibility(grid, results);
    if (statistics->ranks > 1) {
        cs_log_info("  memory: %s on rank 0, at most %s on each other rank",
                    cs_text_si((double)statistics->rank0_bytes, "B").at,
                    cs_text_si((double)statistics->worker_bytes, "B").at);
    } else {
        cs_log_info("  memory: %s", cs_text_si((double)statistics->rank0_bytes, "B").at);
    }
    print_carbon(grid, results);
    if (stat(path, &file) == 0) {
        cs_log_info("Results: %s (%s)", path, cs_text_si((double)file.st_size, "B").at);
    } else {
        cs_log_info("Results: %s", path);
    }
}

enum cs_code cs_statistics_write(const struct cs_grid *grid, const struct cs_statistics *statistics,
                                 struct cs_error *error)
{
    const char *path = getenv("CS_STATISTICS");
    if (path == NULL || path[0] == '\0') {
        return CS_OK;
    }
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return cs_fail(error, CS_ERROR_CREATE, "%s, named by CS_STATISTICS, cannot be created: %s.", path,
                       strerror(errno));
    }
    fprintf(file, "{\"points\": %lld,\n \"entry_bytes\": %lld", (long long)grid->points,
            (long long)cs_entry_bytes(grid));
#define COUNT_OUT(name) fprintf(file, ",\n \"%s\": %lld", #name, (long long)statistics->name);
#define SECONDS_OUT(name) fprintf(file, ",\n \"%s\": %.9g", #name, statistics->name);
    CS_COUNTERS(COUNT_OUT, SECONDS_OUT)
    fputs("}\n", file);
    return fclose(file) == 0 ? CS_OK
                             : cs_fail(error, CS_ERROR_WRITE, "%s cannot be written: %s.", path, strerror(errno));
}
