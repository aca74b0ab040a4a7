/* SPDX-License-Identifier: BSD-3-Clause */
/* What the other ranks say to rank 0, and what it hands them. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator.h"
#include "cs_sweep/log.h"

static const int CS_MESSAGES_AT_ONCE = 256;

static void coordinator_feed(struct cs_coordinator *coordinator, int rank)
{
    struct cs_peer *peer = &coordinator->peers[rank];
    struct cs_chunk chunk;
    double before = coordinator->queue.cost_left;
    while (peer->greeted && !peer->silent && peer->outstanding < CS_CHUNKS_HELD &&
           cs_queue_take(&coordinator->queue, &chunk)) {
        const size_t bytes = offsetof(struct cs_chunk, range) + (size_t)chunk.ranges * sizeof chunk.range[0];
        cs_wire_send(rank, CS_TAG_CHUNK, &chunk, (int64_t)bytes);
        peer->held[peer->outstanding++] =
            (struct cs_held){cs_chunk_searches(&chunk), before - coordinator->queue.cost_left, chunk};
        before = coordinator->queue.cost_left;
        coordinator->statistics.chunks++;
    }
}

void cs_coordinator_add_host(struct cs_coordinator *coordinator, const char *host)
{
    const size_t length = strlen(host);
    const char *at = coordinator->hosts;
    while (at != NULL && *at != '\0') {
        const size_t word = strcspn(at, ",");
        if (word == length && strncmp(at, host, length) == 0) {
            return;
        }
        at += word + (at[word] == ',');
    }
    const size_t used = coordinator->hosts == NULL ? 0 : strlen(coordinator->hosts);
    char *longer = realloc(coordinator->hosts, used + length + 2);
    if (longer == NULL) {
        return; /* without memory the file lacks this host's name, and the run goes on */
    }
    coordinator->hosts = longer;
    snprintf(longer + used, length + 2, "%s%s", used > 0 ? "," : "", host);
    coordinator->info.hosts = coordinator->hosts;
}

static void coordinator_greet(struct cs_coordinator *coordinator, int from)
{
    struct cs_greeting greeting;
    cs_wire_receive(from, CS_TAG_GREETING, &greeting, (int64_t)sizeof greeting);
    coordinator->greeted++;
    cs_coordinator_add_host(coordinator, greeting.host);
    memcpy(coordinator->peers[from].host, greeting.host, sizeof greeting.host);
    if (greeting.code != CS_OK) {
        cs_fail(&coordinator->error, (enum cs_code)greeting.code, "Rank %d on %s cannot work: %s", from, greeting.host,
                greeting.message);
    } else if (strcmp(greeting.build, cs_build_text()) != 0) {
        cs_fail(&coordinator->error, CS_ERROR_INTERNAL,
                "Rank %d on %s runs another build (%s) than rank 0 (%s). Give every node the same program.", from,
                greeting.host, greeting.build, cs_build_text());
    } else {
        coordinator->peers[from].greeted = true;
    }
    if (strcmp(greeting.cpu, cs_cpu_level()) != 0 && coordinator->mixed_cpu[0] == '\0') {
        memcpy(coordinator->mixed_cpu, greeting.cpu, sizeof coordinator->mixed_cpu);
        cs_log_info(
            "Rank %d on %s has another processor (%s) than rank 0 (%s): the last bits of its results may differ "
            "from those of other runs.",
            from, greeting.host, greeting.cpu, cs_cpu_level());
    }
}

void cs_coordinator_place(struct cs_coordinator *coordinator, int64_t search, const struct cs_record *records)
{
    if (cs_results_done(coordinator->results, search)) {
        return; /* a rank that was silent has computed it too */
    }
    cs_results_put(coordinator->results, search, records);
    coordinator->done++;
    coordinator->placed_since_checkpoint++;
}

/* Counts the searches that came back from a peer as done, each with the cost of the chunk that it belongs to. */
static void coordinator_credit(struct cs_coordinator *coordinator, struct cs_peer *peer,
                               const struct cs_batch_header *header)
{
    int64_t left = header->searches;
    for (int32_t done = 0; left > 0 || done < header->chunks_done; done++) {
        const int64_t open = peer->held[0].searches - peer->back;
        const int64_t part = left < open ? left : open;
        coordinator->done_cost += peer->held[0].cost * (double)part / (double)peer->held[0].searches;
        peer->back += part;
        left -= part;
        if (done >= header->chunks_done) {
            break;
        }
        memmove(peer->held, peer->held + 1, sizeof peer->held - sizeof peer->held[0]);
        peer->back = 0;
    }
}

static void coordinator_collect(struct cs_coordinator *coordinator, int from, const char *batch)
{
    struct cs_peer *peer = &coordinator->peers[from];
    struct cs_batch_header header;
    memcpy(&header, batch, sizeof header);
    const double begun = cs_seconds();
    const char *entry = batch + sizeof header;
    for (int64_t i = 0; i < header.searches; i++) {
        int64_t search;
        memcpy(&search, entry, sizeof search);
        const void *records = entry + sizeof search;
        cs_coordinator_place(coordinator, search, records);
        entry += cs_entry_bytes(&coordinator->run->grid);
    }
    coordinator->statistics.place_seconds += cs_seconds() - begun;
    coordinator->statistics.batches++;
    coordinator->statistics.received += header.searches;
    if (header.peak_memory > coordinator->statistics.worker_bytes) {
        coordinator->statistics.worker_bytes = header.peak_memory;
    }
    const double cost = coordinator->done_cost;
    if (!peer->silent) {
        coordinator_credit(coordinator, peer, &header);
    } else if (header.stopped) {
        cs_coordinator_welcome(coordinator, from);
    }
    coordinator->peer_cost += coordinator->done_cost - cost;
    coordinator->peer_seconds += header.search_seconds - peer->search_seconds;
    peer->search_seconds = header.search_seconds;
    peer->cpu_seconds = header.cpu_seconds;
    if (coordinator->run->hands == 0) {
        cs_queue_pace(&coordinator->queue, coordinator->peer_cost, coordinator->peer_seconds);
    }
    peer->outstanding = header.stopped ? 0 : peer->outstanding - header.chunks_done;
    peer->back = header.stopped ? 0 : peer->back;
}

void cs_coordinator_stop_for(struct cs_coordinator *coordinator, const char *reason, bool urgent)
{
    if (coordinator->stop_reason == NULL) {
        coordinator->stop_reason = reason;
        coordinator->stop_urgent = urgent;
    }
}

static void coordinator_handle(struct cs_coordinator *coordinator, int from, enum cs_tag tag, int64_t size)
{
    int32_t number;
    cs_coordinator_hear(coordinator, from);
    switch (tag) {
    case CS_TAG_GREETING:
        coordinator_greet(coordinator, from);
        break;
    case CS_TAG_RESULTS:
        cs_inbox_begin(coordinator->inbox, from, size);
        break;
    case CS_TAG_SIGNAL:
        cs_wire_receive(from, tag, &number, (int64_t)sizeof number);
        cs_coordinator_stop_for(coordinator, cs_signal_name(number), number != SIGUSR1);
        break;
    case CS_TAG_BYE:
        cs_wire_receive(from, tag, NULL, 0);
        coordinator->peers[from].gone = true;
        coordinator->gone++;
        break;
    case CS_TAG_CHUNK:
    case CS_TAG_STOP:
    case CS_TAG_END:
    default:
        break; /* never sent to rank 0 */
    }
}

bool cs_coordinator_listen(struct cs_coordinator *coordinator)
{
    if (coordinator->size == 1) {
        return false;
    }
    cs_coordinator_listening(coordinator);
    double begun = 0.0;
    int handled = 0, from;
    enum cs_tag tag;
    int64_t size;
    for (bool more = true; more && handled < CS_MESSAGES_AT_ONCE;) {
        more = false;
        if (!cs_inbox_full(coordinator->inbox) && cs_wire_probe(&from, &tag, &size)) {
            begun = handled++ == 0 ? cs_cpu_seconds() : begun;
            coordinator_handle(coordinator, from, tag, size);
            coordinator_feed(coordinator, from);
            more = true;
        }
        const char *batch = cs_inbox_take(coordinator->inbox, &from);
        if (batch != NULL) {
            begun = handled++ == 0 ? cs_cpu_seconds() : begun;
            coordinator_collect(coordinator, from, batch);
            coordinator_feed(coordinator, from);
            more = true;
        }
    }
    if (handled > 0) {
        coordinator->statistics.message_seconds += cs_cpu_seconds() - begun;
        coordinator->statistics.listens++;
    }
    return handled > 0;
}
