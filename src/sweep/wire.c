/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire.h"
#include "cs_sweep/sweep.h"

#include <assert.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher.h"

_Static_assert(sizeof(struct cs_record) % sizeof(double) == 0, "entries of a batch stay aligned");
_Static_assert(sizeof(struct cs_batch_header) % sizeof(double) == 0, "entries of a batch stay aligned");

/* Results that pile up while rank 0 writes a checkpoint: 256 KiB hold 1,260 searches of one record, 640 of two. */
static const int64_t CS_BATCH_BYTES = 262144;
static const double CS_WAIT_MOST = 5e-3; /* s */

int64_t cs_entry_bytes(const struct cs_grid *grid)
{
    return (int64_t)sizeof(int64_t) + grid->records_per_search * (int64_t)sizeof(struct cs_record);
}

int64_t cs_batch_bytes(const struct cs_grid *grid)
{
    const int64_t one = (int64_t)sizeof(struct cs_batch_header) + cs_entry_bytes(grid);
    return one > CS_BATCH_BYTES ? one : CS_BATCH_BYTES;
}

/* No result stays longer than this with its worker, so that a stop loses little and the progress line is up to date.
 * With many ranks it may stay longer, so that rank 0 gets 20,000 such messages a second at most. */
double cs_batch_age(int32_t ranks)
{
    const double least = 0.1, per_rank = 50e-6;
    return per_rank * (double)ranks > least ? per_rank * (double)ranks : least;
}

/* Open MPI 4.1's launcher reports a failure when a rank ends before the launcher has read that rank's last message
 * (open-mpi/ompi#7833), and PMIx waits for its answer only for a while. This happened in 2 of 5 runs of 256 ranks on
 * two cores. So the ranks sleep where finalising took long: meanwhile a busy launcher has the cores and catches up.
 * Since then it happened in none of 9 runs. */
void cs_wire_finalize(void)
{
    const double enough = 1.0, most = 10.0; /* s */
    const double begun = cs_seconds();
    MPI_Finalize();
    const double taken = cs_seconds() - begun;
    if (taken > enough) {
        cs_backoff_sleep(&(struct cs_backoff){taken}, most);
    }
}

int cs_wire_rank(void)
{
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank;
}

int cs_wire_size(void)
{
    int size;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    return size;
}

const char *cs_mpi_library(void)
{
    static char text[MPI_MAX_LIBRARY_VERSION_STRING]; /* the same at every call */
    int length;
    MPI_Get_library_version(text, &length);
    text[strcspn(text, ",\n")] = '\0';
    return text;
}

const char *cs_wire_host(void)
{
    static char name[MPI_MAX_PROCESSOR_NAME]; /* the same at every call */
    int length;
    MPI_Get_processor_name(name, &length);
    return name;
}

static void cs_wire_wait(MPI_Request *request)
{
    struct cs_backoff backoff = {0};
    for (;;) {
        int done;
        MPI_Test(request, &done, MPI_STATUS_IGNORE);
        if (done) {
            return;
        }
        cs_backoff_sleep(&backoff, CS_WAIT_MOST);
    }
}

void cs_wire_broadcast(void *bytes, int64_t size)
{
    const int64_t most = INT64_C(1) << 30;
    for (int64_t sent = 0; sent < size; sent += most) {
        const int64_t part = size - sent < most ? size - sent : most;
        MPI_Request request;
        MPI_Ibcast((char *)bytes + sent, (int)part, MPI_BYTE, 0, MPI_COMM_WORLD, &request);
        cs_wire_wait(&request);
    }
}

void cs_wire_send(int to, enum cs_tag tag, const void *bytes, int64_t size)
{
    MPI_Send(bytes, (int)size, MPI_BYTE, to, (int)tag, MPI_COMM_WORLD);
}

void cs_wire_post(int to, enum cs_tag tag, const void *bytes, int64_t size)
{
    static int32_t kept; /* until the message leaves, which may be never: STOP has no content, END always the same */
    assert(size <= (int64_t)sizeof kept);
    MPI_Request request;
    if (size > 0) {
        memcpy(&kept, bytes, (size_t)size);
    }
    MPI_Isend(&kept, (int)size, MPI_BYTE, to, (int)tag, MPI_COMM_WORLD, &request);
    MPI_Request_free(&request);
}

_Noreturn void cs_wire_leave(int exit_status)
{
    (void)fflush(NULL);
    if (!cs_launcher_end()) {
        MPI_Abort(MPI_COMM_WORLD, exit_status);
    }
    _exit(exit_status);
}

bool cs_wire_probe(int *from, enum cs_tag *tag, int64_t *size)
{
    int there, bytes;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &status);
    if (!there) {
        return false;
    }
    MPI_Get_count(&status, MPI_BYTE, &bytes);
    *from = status.MPI_SOURCE;
    *tag = (enum cs_tag)status.MPI_TAG;
    *size = bytes;
    return true;
}

void cs_wire_receive(int from, enum cs_tag tag, void *bytes, int64_t size)
{
    MPI_Recv(bytes, (int)size, MPI_BYTE, from, (int)tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

void cs_wire_abort(int exit_status)
{
    MPI_Abort(MPI_COMM_WORLD, exit_status);
}

/* ---- results arriving at rank 0 ---- */
enum { INBOX_SLOTS = 32 };

struct cs_inbox {
    int64_t capacity;
    int32_t used;
    int from[INBOX_SLOTS];
    char *bytes[INBOX_SLOTS]; /* those of the used slots come first */
    MPI_Request request[INBOX_SLOTS];
};

struct cs_inbox *cs_inbox_create(const struct cs_grid *grid)
{
    struct cs_inbox *inbox = calloc(1, sizeof *inbox);
    if (inbox == NULL) {
        return NULL;
    }
    inbox->capacity = cs_batch_bytes(grid);
    for (int32_t i = 0; i < INBOX_SLOTS; i++) {
        inbox->request[i] = MPI_REQUEST_NULL;
        inbox->bytes[i] = malloc((size_t)inbox->capacity);
        if (inbox->bytes[i] == NULL) {
            cs_inbox_destroy(inbox);
            return NULL;
        }
    }
    return inbox;
}

void cs_inbox_destroy(struct cs_inbox *inbox)
{
    if (inbox != NULL) {
        for (int32_t i = 0; i < INBOX_SLOTS; i++) {
            free(inbox->bytes[i]);
        }
        free(inbox);
    }
}

bool cs_inbox_full(const struct cs_inbox *inbox)
{
    return inbox->used == INBOX_SLOTS;
}

bool cs_inbox_empty(const struct cs_inbox *inbox)
{
    return inbox->used == 0;
}

void cs_inbox_begin(struct cs_inbox *inbox, int from, int64_t size)
{
    const int32_t slot = inbox->used++;
    inbox->from[slot] = from;
    MPI_Irecv(inbox->bytes[slot], (int)size, MPI_BYTE, from, CS_TAG_RESULTS, MPI_COMM_WORLD, &inbox->request[slot]);
}

const char *cs_inbox_take(struct cs_inbox *inbox, int *from)
{
    int done = 0, slot = 0;
    if (inbox->used > 0) {
        MPI_Testany(inbox->used, inbox->request, &slot, &done, MPI_STATUS_IGNORE);
    }
    if (!done) {
        return NULL;
    }
    /* The last of the used slots takes the place of this one, whose bytes become the first free ones. */
    const int32_t last = --inbox->used;
    char *bytes = inbox->bytes[slot];
    *from = inbox->from[slot];
    inbox->bytes[slot] = inbox->bytes[last];
    inbox->from[slot] = inbox->from[last];
    inbox->request[slot] = inbox->request[last];
    inbox->bytes[last] = bytes;
    inbox->request[last] = MPI_REQUEST_NULL;
    return bytes;
}

/* ---- a worker's results ---- */
struct cs_outbox {
    char *bytes[2];
    MPI_Request request[2];
    int filling;
    int64_t used, entry, capacity;
    struct cs_batch_header header;
    double oldest; /* s, when the first result of the batch came */
};

struct cs_outbox *cs_outbox_create(const struct cs_grid *grid)
{
    struct cs_outbox *outbox = calloc(1, sizeof *outbox);
    if (outbox == NULL) {
        return NULL;
    }
    outbox->entry = cs_entry_bytes(grid);
    outbox->capacity = cs_batch_bytes(grid);
    outbox->used = (int64_t)sizeof outbox->header;
    for (int i = 0; i < 2; i++) {
        outbox->request[i] = MPI_REQUEST_NULL;
        outbox->bytes[i] = malloc((size_t)outbox->capacity);
        if (outbox->bytes[i] == NULL) {
            cs_outbox_destroy(outbox);
            return NULL;
        }
    }
    return outbox;
}

void cs_outbox_destroy(struct cs_outbox *outbox)
{
    if (outbox == NULL) {
        return;
    }
    for (int i = 0; i < 2; i++) {
        if (outbox->bytes[i] != NULL && outbox->request[i] != MPI_REQUEST_NULL) {
            cs_wire_wait(&outbox->request[i]);
        }
        free(outbox->bytes[i]);
    }
    free(outbox);
}

static void cs_outbox_post(struct cs_outbox *outbox)
{
    const int posted = outbox->filling;
    outbox->header.peak_memory = cs_peak_memory();
    outbox->header.cpu_seconds = cs_cpu_seconds();
    memcpy(outbox->bytes[posted], &outbox->header, sizeof outbox->header);
    MPI_Isend(outbox->bytes[posted], (int)outbox->used, MPI_BYTE, 0, CS_TAG_RESULTS, MPI_COMM_WORLD,
              &outbox->request[posted]);
    outbox->filling = 1 - posted;
    outbox->used = (int64_t)sizeof outbox->header;
    outbox->header.searches = 0;
    outbox->header.chunks_done = 0;
}

bool cs_outbox_idle(struct cs_outbox *outbox)
{
    int done;
    MPI_Test(&outbox->request[1 - outbox->filling], &done, MPI_STATUS_IGNORE);
    return done != 0;
}

struct cs_record *cs_outbox_add(struct cs_outbox *outbox, int64_t search)
{
    if (outbox->used + outbox->entry > outbox->capacity) {
        cs_wire_wait(&outbox->request[1 - outbox->filling]);
        cs_outbox_post(outbox);
    }
    if (outbox->header.searches == 0) {
        outbox->oldest = cs_seconds();
    }
    char *entry = outbox->bytes[outbox->filling] + outbox->used;
    memcpy(entry, &search, sizeof search);
    outbox->used += outbox->entry;
    outbox->header.searches++;
    /* Aligned for a record: malloc'ed memory with a whole number of doubles before it (see the assertions above). */
    void *records = entry + sizeof search;
    return records;
}

void cs_outbox_chunk_done(struct cs_outbox *outbox)
{
    outbox->header.chunks_done++;
}

void cs_outbox_offer(struct cs_outbox *outbox, double search_seconds)
{
    if ((outbox->header.searches > 0 || outbox->header.chunks_done > 0) && cs_outbox_idle(outbox)) {
        outbox->header.search_seconds = search_seconds;
        cs_outbox_post(outbox);
    }
}

void cs_outbox_flush(struct cs_outbox *outbox, double search_seconds, bool stopped)
{
    cs_wire_wait(&outbox->request[1 - outbox->filling]);
    outbox->header.search_seconds = search_seconds;
    outbox->header.stopped = stopped;
    cs_outbox_post(outbox);
    outbox->header.stopped = 0;
}

double cs_outbox_age(const struct cs_outbox *outbox)
{
    return outbox->header.searches == 0 ? 0.0 : cs_seconds() - outbox->oldest;
}
