/* SPDX-License-Identifier: BSD-3-Clause */
/* Ranks that are not heard of any more: a host whose network is gone does not close its connections. Results are equal
 * whoever computes them, so what such a rank holds is given to others, and what still comes from it is not needed. */
#include <stdlib.h>
#include <string.h>

#include "coordinator.h"
#include "cs_sweep/format.h"
#include "cs_sweep/log.h"

/* A rank at work sends what it has every 0.1 s. */
static const double CS_SILENT_SECONDS = 10.0, CS_WATCH_SECONDS = 0.5;
/* Within one search nothing is sent, and a search takes up to three times what its cost says (queue.c). */
static const double CS_SILENT_SEARCHES = 10.0;
/* Rank 0 itself may have been deaf: it was writing a file, or its own search was long. */
static const double CS_DEAF_SECONDS = 1.0;
/* How long the end waits for a goodbye, as a multiple of that and counted from the last word of a rank that was silent
 * before. TCP repeats what is lost after 0.2, 0.6, 1.4, 3, 6, 13 s: a rank that was cut off for ten seconds is heard
 * again within twice the time. */
static const double CS_GOODBYE = 2.0, CS_GOODBYE_LEAST_SECONDS = 1.0;

static double silence_allowed(const struct cs_coordinator *coordinator)
{
    const double wanted = coordinator->run->options->silence_seconds;
    return wanted > 0.0 ? wanted : CS_SILENT_SECONDS;
}

static double largest_search(const struct cs_peer *peer)
{
    double largest = 0.0;
    for (int32_t i = 0; i < peer->outstanding; i++) {
        const double mean = peer->held[i].cost / (double)peer->held[i].searches;
        largest = mean > largest ? mean : largest;
    }
    return largest;
}

/* s without a word from a rank, as far as rank 0 was listening. */
static double silence_of(const struct cs_coordinator *coordinator, const struct cs_peer *peer)
{
    const double heard = peer->heard > coordinator->listening_since ? peer->heard : coordinator->listening_since;
    return cs_seconds() - heard;
}

/* Puts the searches that are missing of a chunk back into the queue. */
static void take_back(struct cs_coordinator *coordinator, const struct cs_held *held)
{
    const struct cs_run *run = coordinator->run;
    const double cost = held->cost / (double)held->searches;
    for (int64_t i = 0; i < held->chunk.ranges; i++) {
        struct cs_range range = {held->chunk.range[i].first, 0};
        const int64_t end = range.first + held->chunk.range[i].count;
        for (int64_t position = range.first; position <= end; position++) {
            const int64_t search = position * run->shards + run->shard - 1;
            if (position < end && !cs_results_done(coordinator->results, search)) {
                range.count++;
                continue;
            }
            if (range.count > 0 && !cs_queue_return(&coordinator->queue, &range, cost)) {
                cs_fail(&coordinator->error, CS_ERROR_MEMORY, "Not enough memory for what a silent rank was to do.");
            }
            range = (struct cs_range){position + 1, 0};
        }
    }
}

static bool host_is_known_silent(const struct cs_coordinator *coordinator, int rank)
{
    for (int other = 1; other < coordinator->size; other++) {
        if (other != rank && coordinator->peers[other].silent &&
            strcmp(coordinator->peers[other].host, coordinator->peers[rank].host) == 0) {
            return true;
        }
    }
    return false;
}

static void note_silence(struct cs_coordinator *coordinator, int rank, double silence)
{
    struct cs_peer *peer = &coordinator->peers[rank];
    if (!host_is_known_silent(coordinator, rank)) {
        char since[32];
        cs_time_text_before(silence, since, sizeof since);
        cs_progress_clear(&coordinator->progress);
        cs_log_info("Nothing has been heard of %s (rank %d) since %s, for %s: others do its searches too.", peer->host,
                    rank, since, cs_text_clock(silence).at);
    }
    peer->silent = true;
    peer->silent_since = cs_seconds() - silence;
    for (int32_t i = 0; i < peer->outstanding; i++) {
        take_back(coordinator, &peer->held[i]);
    }
    cs_wire_post(rank, CS_TAG_STOP, NULL, 0);
}

void cs_coordinator_watch(struct cs_coordinator *coordinator)
{
    const double now = cs_seconds();
    if (now < coordinator->next_watch) {
        return;
    }
    coordinator->next_watch = now + CS_WATCH_SECONDS;
    const double rate = coordinator->peer_cost > 0.0 ? coordinator->peer_seconds / coordinator->peer_cost : 0.0;
    int32_t talking = 0;
    for (int rank = 1; rank < coordinator->size; rank++) {
        struct cs_peer *peer = &coordinator->peers[rank];
        const double silence = silence_of(coordinator, peer);
        const double patience = silence_allowed(coordinator) + CS_SILENT_SEARCHES * rate * largest_search(peer);
        if (!peer->silent && peer->outstanding > 0 && silence > patience) {
            note_silence(coordinator, rank, silence);
        }
        talking += !peer->silent;
    }
    if (talking == 0 && coordinator->size > 1) {
        coordinator->searching = true;
    }
}

void cs_coordinator_hear(struct cs_coordinator *coordinator, int rank)
{
    coordinator->peers[rank].heard = cs_seconds();
}

/* The answer to the STOP of a silent rank: what it held is with others, and it may have more. */
void cs_coordinator_welcome(struct cs_coordinator *coordinator, int rank)
{
    struct cs_peer *peer = &coordinator->peers[rank];
    peer->silent = false;
    if (!host_is_known_silent(coordinator, rank)) {
        cs_progress_clear(&coordinator->progress);
        cs_log_info("%s (rank %d) is heard again, after %s.", peer->host, rank,
                    cs_text_clock(cs_seconds() - peer->silent_since).at);
    }
}

void cs_coordinator_listening(struct cs_coordinator *coordinator)
{
    const double now = cs_seconds();
    if (now - coordinator->last_listened > CS_DEAF_SECONDS) {
        coordinator->listening_since = now;
    }
    coordinator->last_listened = now;
}

bool cs_coordinator_missed(const struct cs_coordinator *coordinator, double since)
{
    const double waited = cs_seconds() - since, most = CS_GOODBYE * silence_allowed(coordinator);
    bool missed = waited > CS_GOODBYE_LEAST_SECONDS;
    for (int rank = 1; rank < coordinator->size && missed && waited <= most; rank++) {
        const struct cs_peer *peer = &coordinator->peers[rank];
        missed = peer->gone || (peer->silent && silence_of(coordinator, peer) > most);
    }
    return missed;
}

void cs_coordinator_name_missing(const struct cs_coordinator *coordinator)
{
    for (int rank = 1; rank < coordinator->size; rank++) {
        const struct cs_peer *peer = &coordinator->peers[rank];
        bool named = peer->gone;
        for (int other = 1; other < rank && !named; other++) {
            named = !coordinator->peers[other].gone && strcmp(coordinator->peers[other].host, peer->host) == 0;
        }
        if (!named) {
            char since[32];
            cs_time_text_before(cs_seconds() - peer->heard, since, sizeof since);
            cs_log_info("%s (rank %d) has been silent since %s: the run ends without it.",
                        peer->greeted ? peer->host : "A host that never answered", rank, since);
        }
    }
}
