/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "run.h"

/* Looking for messages costs 0.1 to 1 us: once in this time it costs next to nothing. */
static const double CS_BURST_SECONDS = 200e-6;
/* The longest sleep of a rank that waits. Sleeps grow with the wait, so that one that outlasts it at most doubles it;
 * 256 idle ranks on two cores then cost next to nothing. */
static const double CS_IDLE_SECONDS = 20e-3;

struct cs_worker {
    struct cs_run *run;
    struct cs_outbox *outbox;
    struct cs_chunk chunks[CS_CHUNKS_HELD];
    int32_t held;
    int64_t at;                 /* range in work of chunks[0] */
    double search_seconds, age; /* s; results older than that are sent although the chunk is not finished */
    bool signal_told, ended;
    int32_t exit_status;
};

static struct cs_record *worker_room(void *context, int64_t search)
{
    return cs_outbox_add(context, search);
}

static void worker_receive(struct cs_worker *worker, enum cs_tag tag, int64_t size)
{
    switch (tag) {
    case CS_TAG_CHUNK:
        cs_wire_receive(0, tag, &worker->chunks[worker->held], size);
        worker->held++;
        break;
    case CS_TAG_STOP:
        cs_wire_receive(0, tag, NULL, 0);
        worker->held = 0;
        worker->at = 0;
        cs_outbox_flush(worker->outbox, worker->search_seconds, true);
        break;
    case CS_TAG_END:
        cs_wire_receive(0, tag, &worker->exit_status, (int64_t)sizeof worker->exit_status);
        worker->ended = true;
        break;
    case CS_TAG_GREETING:
    case CS_TAG_RESULTS:
    case CS_TAG_SIGNAL:
    case CS_TAG_BYE:
    default:
        break; /* never sent to a worker */
    }
}

static void worker_search(struct cs_worker *worker)
{
    struct cs_chunk *chunk = &worker->chunks[0];
    const struct cs_sink sink = {worker_room, NULL, worker->outbox};
    struct cs_range *range = &chunk->range[worker->at];
    cs_run_burst(worker->run, range, CS_BURST_SECONDS, &sink, &worker->search_seconds);
    if (range->count == 0) {
        worker->at++;
    }
    if (worker->at == chunk->ranges) {
        worker->held--;
        worker->at = 0;
        memmove(&worker->chunks[0], &worker->chunks[1], (CS_CHUNKS_HELD - 1) * sizeof worker->chunks[0]);
        cs_outbox_chunk_done(worker->outbox);
        cs_outbox_offer(worker->outbox, worker->search_seconds);
    } else if (cs_outbox_age(worker->outbox) > worker->age) {
        cs_outbox_offer(worker->outbox, worker->search_seconds);
    }
}

/* Copies as much as fits into a buffer that holds zeros. */
static void copy_text(char *buffer, size_t size, const char *text)
{
    memcpy(buffer, text, strnlen(text, size - 1));
}

static void worker_greet(const struct cs_error *error)
{
    struct cs_greeting greeting;
    memset(&greeting, 0, sizeof greeting);
    copy_text(greeting.host, sizeof greeting.host, cs_wire_host());
    copy_text(greeting.build, sizeof greeting.build, cs_build_text());
    copy_text(greeting.cpu, sizeof greeting.cpu, cs_cpu_level());
    greeting.code = (int32_t)error->code;
    copy_text(greeting.message, sizeof greeting.message, error->message);
    cs_wire_send(0, CS_TAG_GREETING, &greeting, (int64_t)sizeof greeting);
}

int cs_work(struct cs_run *run, const struct cs_error *error)
{
    struct cs_error failure = *error;
    struct cs_worker worker = {.run = run, .age = cs_batch_age(cs_wire_size())};
    if (failure.code == CS_OK) {
        worker.outbox = cs_outbox_create(&run->grid);
        if (worker.outbox == NULL) {
            cs_fail(&failure, CS_ERROR_MEMORY, "Not enough memory for the results on their way.");
        }
    }
    worker_greet(&failure);
    struct cs_backoff backoff = {0};
    while (!worker.ended) {
        int from;
        enum cs_tag tag;
        int64_t size;
        const bool heard = cs_wire_probe(&from, &tag, &size), searches = !heard && worker.held > 0;
        if (heard) {
            worker_receive(&worker, tag, size);
        } else if (searches) {
            worker_search(&worker);
        } else if (worker.outbox != NULL) {
            cs_outbox_offer(worker.outbox, worker.search_seconds);
        }
        cs_backoff_sleep_unless(heard || searches, &backoff, CS_IDLE_SECONDS);
        /* Rank 0 decides for all; a signal that only this rank got is passed on. */
        if (cs_signal_arrived() != 0 && !worker.signal_told) {
            const int32_t number = cs_signal_arrived();
            cs_wire_send(0, CS_TAG_SIGNAL, &number, (int64_t)sizeof number);
            worker.signal_told = true;
        }
    }
    cs_outbox_destroy(worker.outbox);
    cs_wire_send(0, CS_TAG_BYE, NULL, 0);
    return worker.exit_status;
}
