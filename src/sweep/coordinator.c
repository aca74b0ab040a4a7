/* SPDX-License-Identifier: BSD-3-Clause */
/* Rank 0. Its loop never waits for one rank: it takes what has arrived, looks for reasons to stop, to write or to say
 * something, and searches or sleeps. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator.h"
#include "cs_sweep/format.h"
#include "cs_sweep/log.h"
#include "room.h"
#include "summary.h"

/* Up to this many ranks rank 0 searches too. With more, the others would lose more time waiting for it than its own
 * searches are worth (tests/bench/simulate.c compares both). */
enum { CS_RANKS_SEARCHING = 32 };
static const double CS_BURST_SECONDS = 200e-6;
static const double CS_IDLE_SECONDS = 1e-3;
static const double CS_STOP_FILE_SECONDS = 0.5;
/* How long a stop waits for results that are on their way: mpirun kills all ranks one second after SIGTERM. */
static const double CS_GRACE_TERM_SECONDS = 0.25, CS_GRACE_SECONDS = 5.0;
/* How long SIGTERM and SIGINT wait for a file that is being written: docker kills after 10 s, SLURM after 30. SIGUSR1
 * and the stop file wait until it is there. */
static const double CS_WRITE_TERM_SECONDS = 8.0;
/* A checkpoint costs at most a twentieth of the time. */
static const double CS_CHECKPOINT_SECONDS = 60.0, CS_CHECKPOINT_SHARE = 20.0;
enum { CS_FAILURES_MOST = 8 };

/* ---- its own searches ---- */
static struct cs_record *coordinator_room(void *context, int64_t search)
{
    (void)search;
    return ((struct cs_coordinator *)context)->own_records;
}

static void coordinator_placed(void *context, int64_t search)
{
    struct cs_coordinator *coordinator = context;
    coordinator->done_cost += coordinator->own_cost;
    cs_coordinator_place(coordinator, search, coordinator->own_records);
}

static bool coordinator_search(struct cs_coordinator *coordinator)
{
    if (!coordinator->searching) {
        return false;
    }
    if (coordinator->own.count == 0) {
        const double before = coordinator->queue.cost_left;
        if (!cs_queue_take_cheap(&coordinator->queue, &coordinator->own)) {
            return false;
        }
        coordinator->own_cost = (before - coordinator->queue.cost_left) / (double)coordinator->own.count;
    }
    const struct cs_sink sink = {coordinator_room, coordinator_placed, coordinator};
    cs_run_burst(coordinator->run, &coordinator->own, CS_BURST_SECONDS, &sink,
                 &coordinator->statistics.search_cpu_seconds);
    return true;
}

/* ---- reasons to stop ---- */
static void coordinator_look_for_stop(struct cs_coordinator *coordinator)
{
    const int number = cs_signal_arrived();
    if (number != 0) {
        cs_coordinator_stop_for(coordinator, cs_signal_name(number), number != SIGUSR1);
    }
    if (cs_seconds() >= coordinator->next_stop_file) {
        coordinator->next_stop_file = cs_seconds() + CS_STOP_FILE_SECONDS;
        if (cs_output_stop_requested(coordinator->output)) {
            cs_coordinator_stop_for(coordinator, "the stop file", false);
        }
    }
}

/* Whether the file that is being written is to be given up. A periodic checkpoint is, at the first reason to stop: the
 * one that the stop writes holds more. */
static bool coordinator_interrupted(void *context)
{
    struct cs_coordinator *coordinator = context;
    if (cs_signal_again()) {
        return true;
    }
    if (!coordinator->writing_last) {
        coordinator_look_for_stop(coordinator);
        return coordinator->stop_reason != NULL;
    }
    const int number = cs_signal_arrived();
    if (!coordinator->stop_urgent && number != 0 && number != SIGUSR1) {
        cs_coordinator_stop_for(coordinator, cs_signal_name(number), true);
    }
    if (coordinator->stop_urgent && coordinator->write_until <= 0.0) {
        coordinator->write_until = cs_seconds() + CS_WRITE_TERM_SECONDS;
    }
    return coordinator->stop_urgent && cs_seconds() > coordinator->write_until;
}

/* ---- files ---- */
/* Writes a file by cs_output_checkpoint or cs_output_finish. *seconds: how long it took. */
static enum cs_code coordinator_write(struct cs_coordinator *coordinator,
                                      enum cs_code (*write)(struct cs_output *, const struct cs_results *,
                                                            const struct cs_run_info *, struct cs_error *),
                                      double *seconds, struct cs_error *error)
{
    const double cpu = cs_cpu_seconds(), begun = cs_seconds();
    cs_time_text(coordinator->finished, sizeof coordinator->finished);
    coordinator->info.finished = coordinator->finished;
    coordinator->info.elapsed_seconds = begun - coordinator->run->started;
    const enum cs_code code = write(coordinator->output, coordinator->results, &coordinator->info, error);
    *seconds = cs_seconds() - begun;
    coordinator->file_cpu_seconds += cs_cpu_seconds() - cpu;
    return code;
}

static enum cs_code coordinator_checkpoint(struct cs_coordinator *coordinator, struct cs_error *error)
{
    double seconds;
    const enum cs_code code = coordinator_write(coordinator, cs_output_checkpoint, &seconds, error);
    coordinator->statistics.checkpoint_seconds += seconds;
    if (code == CS_ERROR_STOPPED) {
        return code;
    }
    if (code == CS_OK) {
        coordinator->statistics.checkpoints++;
        coordinator->placed_since_checkpoint = 0;
        coordinator->failures = 0;
    } else if (coordinator->failures < CS_FAILURES_MOST) {
        coordinator->failures++;
    }
    const double spacing = ldexp(coordinator->checkpoint_spacing, coordinator->failures);
    coordinator->next_checkpoint = cs_seconds() + fmax(spacing, CS_CHECKPOINT_SHARE * seconds);
    return code;
}

/* A checkpoint that fails leaves the last one as it was; the run may still end well, so it goes on. */
static void coordinator_checkpoint_if_due(struct cs_coordinator *coordinator)
{
    if (cs_seconds() < coordinator->next_checkpoint || coordinator->placed_since_checkpoint == 0) {
        return;
    }
    struct cs_error error = {0};
    const enum cs_code code = coordinator_checkpoint(coordinator, &error);
    if (code != CS_OK && code != CS_ERROR_STOPPED) {
        cs_progress_clear(&coordinator->progress);
        cs_log_error("%s The sweep goes on without this checkpoint and tries again in %s.", error.message,
                     cs_text_clock(coordinator->next_checkpoint - cs_seconds()).at);
    }
}

/* ---- the end ---- */
static void coordinator_tell_all(struct cs_coordinator *coordinator, enum cs_tag tag, const void *bytes, int64_t size)
{
    for (int rank = 1; rank < coordinator->size; rank++) {
        const struct cs_peer *peer = &coordinator->peers[rank];
        if (peer->silent) {
            cs_wire_post(rank, tag, bytes, size);
        } else if (tag == CS_TAG_END || peer->outstanding > 0) {
            cs_wire_send(rank, tag, bytes, size);
        }
    }
}

static bool coordinator_outstanding(const struct cs_coordinator *coordinator)
{
    for (int rank = 1; rank < coordinator->size; rank++) {
        if (coordinator->peers[rank].outstanding > 0 && !coordinator->peers[rank].silent) {
            return true;
        }
    }
    return false;
}

/* Takes back what is handed out: every rank drops its chunks and sends the results it has. Those that do not arrive in
 * time are computed again by --resume. */
static void coordinator_recall(struct cs_coordinator *coordinator)
{
    cs_queue_clear(&coordinator->queue);
    coordinator->own.count = 0;
    coordinator_tell_all(coordinator, CS_TAG_STOP, NULL, 0);
    struct cs_backoff backoff = {0};
    const double until = cs_seconds() + (coordinator->stop_urgent ? CS_GRACE_TERM_SECONDS : CS_GRACE_SECONDS);
    while (coordinator_outstanding(coordinator) && cs_seconds() < until && !cs_signal_again()) {
        cs_backoff_sleep_unless(cs_coordinator_listen(coordinator), &backoff, CS_IDLE_SECONDS);
    }
}

/* Tells every rank the exit status and receives until each has said goodbye, so that no message is left for
 * MPI_Finalize. False where one does not answer: MPI_Finalize would wait for it. */
static bool coordinator_dismiss(struct cs_coordinator *coordinator, int32_t exit_status)
{
    if (coordinator->size > 1 && (coordinator->peers == NULL || coordinator->inbox == NULL)) {
        cs_wire_abort(exit_status);
    }
    cs_queue_clear(&coordinator->queue);
    coordinator_tell_all(coordinator, CS_TAG_END, &exit_status, (int64_t)sizeof exit_status);
    struct cs_backoff backoff = {0};
    const double since = cs_seconds();
    while (coordinator->size > 1 &&
           (coordinator->gone < coordinator->size - 1 || !cs_inbox_empty(coordinator->inbox))) {
        if (cs_coordinator_missed(coordinator, since)) {
            cs_coordinator_name_missing(coordinator);
            return false;
        }
        cs_backoff_sleep_unless(cs_coordinator_listen(coordinator), &backoff, CS_IDLE_SECONDS);
    }
    return true;
}

static void coordinator_count(struct cs_coordinator *coordinator)
{
    struct cs_statistics *statistics = &coordinator->statistics;
    const double cpu = cs_cpu_seconds();
    statistics->seconds = cs_seconds() - coordinator->run->started;
    statistics->ranks = coordinator->size;
    statistics->rank0_bytes = cs_peak_memory();
    statistics->cpu_seconds = cpu;
    statistics->coordinator_cpu_seconds = cpu - statistics->search_cpu_seconds - coordinator->file_cpu_seconds;
    for (int rank = 1; rank < coordinator->size; rank++) {
        statistics->cpu_seconds += coordinator->peers[rank].cpu_seconds;
        statistics->search_cpu_seconds += coordinator->peers[rank].search_seconds;
    }
}

/* A stop whose file was given up. */
static enum cs_code coordinator_give_up(const struct cs_coordinator *coordinator, struct cs_error *error)
{
    const struct cs_text after = cs_text_clock(cs_seconds() - coordinator->run->started);
    const char *const path = coordinator->path;
    char holds[CS_PATH_ROOM + 64];
    const bool there = coordinator->statistics.checkpoints > 0 || coordinator->resumed;
    (void)snprintf(holds, sizeof holds, there ? "%s.partial is of the last checkpoint" : "there is no %s.partial yet",
                   path);
    if (cs_signal_again()) {
        return cs_fail(error, CS_ERROR_STOPPED,
                       "Stopped at once by a second signal after %s: %s. The same command with --resume does the rest.",
                       after.at, holds);
    }
    return cs_fail(
        error, CS_ERROR_STOPPED,
        "Stopped by %s after %s. A file of what is done would have taken more than %.0f s, for which SIGUSR1 "
        "and %s.stop wait: %s. The same command with --resume does the rest.",
        coordinator->stop_reason, after.at, CS_WRITE_TERM_SECONDS, path, holds);
}

static enum cs_code coordinator_stop(struct cs_coordinator *coordinator, struct cs_error *error)
{
    cs_progress_clear(&coordinator->progress);
    coordinator->writing_last = true;
    const enum cs_code code = cs_signal_again() ? CS_ERROR_STOPPED : coordinator_checkpoint(coordinator, error);
    if (code == CS_ERROR_STOPPED) {
        return coordinator_give_up(coordinator, error);
    }
    CS_TRY(code);
    return cs_fail(error, CS_ERROR_STOPPED,
                   "Stopped by %s after %s: %s of %s searches are in %s.partial. The same command with --resume does "
                   "the rest.",
                   coordinator->stop_reason, cs_text_clock(cs_seconds() - coordinator->run->started).at,
                   cs_text_count((double)coordinator->done).at, cs_text_count((double)coordinator->total).at,
                   coordinator->path);
}

static enum cs_code coordinator_finish(struct cs_coordinator *coordinator, struct cs_error *error)
{
    cs_progress_clear(&coordinator->progress);
    coordinator->writing_last = true;
    const enum cs_code code =
        coordinator_write(coordinator, cs_output_finish, &coordinator->statistics.finish_seconds, error);
    if (code == CS_ERROR_STOPPED) {
        return coordinator_give_up(coordinator, error);
    }
    CS_TRY(code);
    /* A stop that came too late must not end the next run of this name. */
    (void)cs_output_stop_requested(coordinator->output);
    coordinator_count(coordinator);
    if (!coordinator->run->options->quiet) {
        cs_summary_print(coordinator->run, coordinator->results, &coordinator->statistics, coordinator->path);
    }
    return cs_statistics_write(&coordinator->run->grid, &coordinator->statistics, error);
}

/* ---- the loop ---- */
static double coordinator_share(const struct cs_coordinator *coordinator)
{
    return coordinator->queue.cost > 0.0 ? fmin(coordinator->done_cost / coordinator->queue.cost, 1.0) : 0.0;
}

static enum cs_code coordinator_loop(struct cs_coordinator *coordinator, struct cs_error *error)
{
    struct cs_backoff backoff = {0};
    while (coordinator->done < coordinator->total) {
        const bool heard = cs_coordinator_listen(coordinator);
        if (coordinator->error.code != CS_OK) {
            *error = coordinator->error;
            return error->code;
        }
        coordinator_look_for_stop(coordinator);
        if (coordinator->stop_reason != NULL) {
            coordinator_recall(coordinator);
            break;
        }
        cs_coordinator_watch(coordinator);
        coordinator_checkpoint_if_due(coordinator);
        cs_progress_show(&coordinator->progress, coordinator->done, coordinator_share(coordinator));
        cs_backoff_sleep_unless(coordinator_search(coordinator) || heard, &backoff, CS_IDLE_SECONDS);
    }
    if (coordinator->done < coordinator->total) {
        return coordinator_stop(coordinator, error);
    }
    return coordinator_finish(coordinator, error);
}

static bool already_done(const void *context, int64_t search)
{
    const struct cs_coordinator *coordinator = context;
    /* A new table holds no finished search. Looking into it would touch all of its memory. */
    return cs_results_pending(coordinator->results) < coordinator->run->grid.searches &&
           cs_results_done(coordinator->results, search);
}

static enum cs_code coordinator_allocate(struct cs_coordinator *coordinator, struct cs_error *error)
{
    const struct cs_grid *grid = &coordinator->run->grid;
    coordinator->peers = calloc((size_t)coordinator->size, sizeof *coordinator->peers);
    coordinator->inbox = cs_inbox_create(grid);
    coordinator->own_records = calloc((size_t)grid->records_per_search, sizeof *coordinator->own_records);
    if (coordinator->peers == NULL || coordinator->inbox == NULL || coordinator->own_records == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory for the messages of %d ranks.", coordinator->size);
    }
    return cs_results_create(grid, &coordinator->results, error);
}

/* Joins the shards NAME.1-of-N to NAME.N-of-N of the same configuration. */
static enum cs_code coordinator_merge(struct cs_coordinator *coordinator, struct cs_error *error)
{
    const int64_t shards = coordinator->run->options->merge;
    for (int64_t shard = 1; shard <= shards; shard++) {
        char path[CS_PATH_ROOM];
        cs_run_path(coordinator->run, shard, shards, path, sizeof path);
        CS_TRY(cs_results_load(path, coordinator->results, error));
    }
    const int64_t pending = cs_results_pending(coordinator->results);
    if (shards > 0 && pending > 0) {
        return cs_fail(error, CS_ERROR_INPUT,
                       "The %lld shards of %s lack %lld searches: they are of another number of shards or unfinished.",
                       (long long)shards, coordinator->path, (long long)pending);
    }
    return CS_OK;
}

static enum cs_code coordinator_open(struct cs_coordinator *coordinator, bool *complete, struct cs_error *error)
{
    struct cs_run *run = coordinator->run;
    const struct cs_sweep_options *options = run->options;
    const enum cs_output_mode mode = options->resume  ? CS_OUTPUT_RESUME
                                     : options->force ? CS_OUTPUT_FORCE
                                                      : CS_OUTPUT_NEW;
    CS_TRY(cs_room_check_memory(run, error));
    CS_TRY(coordinator_allocate(coordinator, error));
    CS_TRY(cs_output_open(coordinator->path, mode, coordinator->results, &coordinator->output, complete, error));
    if (*complete) {
        return CS_OK;
    }
    CS_TRY(cs_room_check_disk(run, coordinator->path, error));
    CS_TRY(coordinator_merge(coordinator, error));
    coordinator->searching = coordinator->size == 1 || (coordinator->size <= CS_RANKS_SEARCHING && !run->dedicated);
    const int32_t hands = run->hands > 0 ? run->hands : coordinator->size - (coordinator->searching ? 0 : 1);
    CS_TRY(cs_queue_create(&run->grid, run->shard, run->shards, hands, already_done, coordinator, &coordinator->queue,
                           error));
    coordinator->total = cs_shard_searches(run->grid.searches, run->shard, run->shards);
    coordinator->done = coordinator->total - coordinator->queue.searches;
    coordinator->statistics.searches = coordinator->queue.searches;
    coordinator->resumed = coordinator->done > 0 && options->merge == 0;
    if (coordinator->resumed) {
        cs_log_info("Resuming %s.partial: %s of %s searches are done.", coordinator->path,
                    cs_text_count((double)coordinator->done).at, cs_text_count((double)coordinator->total).at);
    }
    const double wanted = options->checkpoint_seconds;
    coordinator->checkpoint_spacing = wanted > 0.0 ? wanted : CS_CHECKPOINT_SECONDS;
    coordinator->next_checkpoint = cs_seconds() + coordinator->checkpoint_spacing;
    cs_progress_start(&coordinator->progress, options, coordinator->total, coordinator->done);
    return CS_OK;
}

static void coordinator_prepare(struct cs_coordinator *coordinator, struct cs_run *run)
{
    coordinator->run = run;
    coordinator->size = cs_wire_size();
    cs_run_path(run, run->shard, run->shards, coordinator->path, sizeof coordinator->path);
    cs_time_text(coordinator->started, sizeof coordinator->started);
    cs_coordinator_add_host(coordinator, cs_wire_host());
    coordinator->info = (struct cs_run_info){.ranks = coordinator->size,
                                             .hosts = coordinator->hosts,
                                             .command = run->options->command,
                                             .mpi_library = cs_mpi_library(),
                                             .started = coordinator->started,
                                             .cpu_level = cs_cpu_level(),
                                             .shard = run->shard,
                                             .shards = run->shards,
                                             .interrupted = coordinator_interrupted,
                                             .context = coordinator};
}

int cs_coordinate(struct cs_run *run)
{
    struct cs_coordinator coordinator = {0};
    struct cs_error error = {0};
    bool complete = false;
    coordinator_prepare(&coordinator, run);
    enum cs_code code = coordinator_open(&coordinator, &complete, &error);
    if (code == CS_OK && complete) {
        cs_log_info("%s is complete already; --force computes it again.", coordinator.path);
    } else if (code == CS_OK) {
        code = coordinator_loop(&coordinator, &error);
    }
    cs_progress_clear(&coordinator.progress);
    if (code == CS_ERROR_STOPPED) {
        cs_log_info("%s", error.message);
    } else if (code != CS_OK) {
        cs_log_error("%s", error.message);
    }
    const int exit_status = cs_exit_status(code);
    const bool together = coordinator_dismiss(&coordinator, exit_status);
    cs_output_close(coordinator.output);
    if (!together) {
        cs_wire_leave(exit_status);
    }
    cs_results_destroy(coordinator.results);
    cs_queue_destroy(&coordinator.queue);
    free(coordinator.own_records);
    cs_inbox_destroy(coordinator.inbox);
    free(coordinator.peers);
    free(coordinator.hosts);
    return exit_status;
}
