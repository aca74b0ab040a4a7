/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of one run on every rank: signals, MPI, the bundle, the role, the exit status. */
#include "run.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_build.h"
#include "cs_sweep/log.h"
#include "launcher.h"
#include "summary.h"

const char *cs_build_text(void)
{
    return CS_BUILD_VERSION " " CS_BUILD_COMMIT;
}

void cs_run_burst(const struct cs_run *run, struct cs_range *range, double seconds, const struct cs_sink *sink,
                  double *cpu_seconds)
{
    const double until = cs_seconds() + seconds;
    const double cpu = cs_cpu_seconds();
    while (range->count > 0) {
        const int64_t search = range->first * run->shards + run->shard - 1;
        run->evaluate(&run->grid, search, run->workspace, sink->room(sink->context, search));
        if (sink->placed != NULL) {
            sink->placed(sink->context, search);
        }
        range->first++;
        range->count--;
        if (cs_seconds() >= until) {
            break;
        }
    }
    *cpu_seconds += cs_cpu_seconds() - cpu;
}

void cs_run_path(const struct cs_run *run, int64_t shard, int64_t shards, char *path, size_t size)
{
    const char *name = run->options->output != NULL ? run->options->output : run->config.output_path;
    const int length = snprintf(path, size, "%s", name);
    if (shards > 1 && (size_t)length < size) {
        snprintf(path + length, size - (size_t)length, ".%lld-of-%lld", (long long)shard, (long long)shards);
    }
}

static enum cs_code run_parse(struct cs_run *run, struct cs_error *error)
{
    CS_TRY(cs_config_parse(&run->bundle, &run->config, error));
    CS_TRY(cs_grid_init(&run->config, &run->grid, error));
    if (cs_entry_bytes(&run->grid) > INT32_MAX / 2) {
        return cs_fail(
            error, CS_ERROR_CONFIG,
            "One search of %s has %d results, too many for one message: sweep fewer regions or alternatives.",
            run->options->config_path, run->grid.records_per_search);
    }
    return CS_OK;
}

static enum cs_code run_read(struct cs_run *run, struct cs_error *error)
{
    const struct cs_sweep_options *options = run->options;
    CS_TRY(cs_bundle_read(options->config_path, options->set_count, options->sets, &run->bundle, error));
    return run_parse(run, error);
}

static enum cs_code run_workspace(struct cs_run *run, struct cs_error *error)
{
    run->workspace = cs_search_workspace_create();
    return run->workspace != NULL ? CS_OK : cs_fail(error, CS_ERROR_MEMORY, "Not enough memory for a search.");
}

/* What rank 0 does first: reads and checks the configuration and packs its bytes. The job's code tells the other ranks
 * whether bytes follow. */
static enum cs_code run_prepare(struct cs_run *run, char **bytes, struct cs_job *job, struct cs_error *error)
{
    CS_TRY(run_read(run, error));
    CS_TRY(run_workspace(run, error));
    return cs_bundle_pack(&run->bundle, bytes, &job->bundle_size, error);
}

static int run_first(struct cs_run *run)
{
    struct cs_error error = {0};
    struct cs_job job = {0};
    char *bytes = NULL;
    job.code = (int32_t)run_prepare(run, &bytes, &job, &error);
    if (job.code != CS_OK) {
        cs_log_error("%s", error.message);
    }
    cs_wire_broadcast(&job, (int64_t)sizeof job);
    if (job.code == CS_OK) {
        cs_wire_broadcast(bytes, job.bundle_size);
    }
    free(bytes);
    return job.code == CS_OK ? cs_coordinate(run) : cs_exit_status((enum cs_code)job.code);
}

static int run_other(struct cs_run *run)
{
    struct cs_error error = {0};
    struct cs_job job = {0};
    cs_wire_broadcast(&job, (int64_t)sizeof job);
    if (job.code != CS_OK) {
        return cs_exit_status((enum cs_code)job.code);
    }
    char *bytes = malloc((size_t)job.bundle_size);
    if (bytes == NULL) {
        cs_wire_abort(cs_exit_status(CS_ERROR_MEMORY));
    }
    cs_wire_broadcast(bytes, job.bundle_size);
    if (cs_bundle_unpack(bytes, job.bundle_size, &run->bundle, &error) == CS_OK && run_parse(run, &error) == CS_OK) {
        run_workspace(run, &error);
    }
    free(bytes);
    return cs_work(run, &error);
}

static void run_end(struct cs_run *run)
{
    cs_search_workspace_destroy(run->workspace);
    cs_config_free(&run->config);
    cs_bundle_free(&run->bundle);
}

static int run_dry(struct cs_run *run)
{
    struct cs_error error = {0};
    const enum cs_code code = run_read(run, &error);
    if (code != CS_OK) {
        cs_log_error("%s", error.message);
    } else if (cs_launcher_rank() == 0) {
        cs_dry_run_print(run);
    }
    run_end(run);
    return cs_exit_status(code);
}

/* A launcher of another MPI, or srun without PMIx, starts processes of which each is alone in its world: each would
 * compute the whole sweep, and all but one would find the output taken. */
static enum cs_code run_joined(int started, const char *variable, struct cs_error *error)
{
    const int joined = cs_wire_size();
    if (joined >= started) {
        return CS_OK;
    }
    const bool slurm = strncmp(variable, "SLURM", strlen("SLURM")) == 0;
    return cs_fail(error, CS_ERROR_LAUNCH,
                   "%d processes were started together (%s), but MPI joined only %d of them: each would sweep by "
                   "itself. Start them with %sthe mpirun of the MPI that this program was linked with, %s.",
                   started, variable, joined,
                   slurm ? "srun --mpi=pmix (srun --mpi=list says what this site has) or " : "", cs_mpi_library());
}

int cs_run_all(struct cs_run *run, int *argc, char ***argv)
{
    const struct cs_sweep_options *options = run->options;
    run->started = cs_seconds();
    run->shard = options->shards > 1 ? options->shard : 1;
    run->shards = options->shards > 1 ? options->shards : 1;
    cs_log_quiet(options->quiet);
    cs_log_rank(cs_launcher_rank());
    if (options->dry_run) {
        return run_dry(run);
    }
    cs_signals_install();
    const char *variable;
    const int started = cs_launcher_size(&variable);
    cs_launcher_prepare();
    MPI_Init(argc, argv);
    const int rank = cs_wire_rank();
    struct cs_error error = {0};
    int exit_status;
    if (run_joined(started, variable, &error) != CS_OK) {
        cs_log_error("%s", error.message); /* once: of the rank that the launcher calls 0 */
        exit_status = cs_exit_status(error.code);
    } else {
        cs_log_rank(rank);
        exit_status = rank == 0 ? run_first(run) : run_other(run);
    }
    run_end(run);
    cs_wire_finalize();
    return exit_status;
}

int cs_sweep_run(const struct cs_sweep_options *options, int *argc, char ***argv)
{
    struct cs_run run = {.options = options, .evaluate = cs_record_evaluate};
    return cs_run_all(&run, argc, argv);
}

void cs_sweep_wait_for_ranks(int *argc, char ***argv)
{
    int rank, initialized;
    MPI_Initialized(&initialized);
    if (cs_launcher_launched(&rank) && !initialized) {
        MPI_Init(argc, argv);
        MPI_Barrier(MPI_COMM_WORLD);
        cs_wire_finalize();
    }
}
