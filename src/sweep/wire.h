/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes over MPI. Everything is plain bytes between processes of one build, which the greeting checks.
 *
 *   rank 0 -> all     broadcast: struct cs_job, then the bundle's bytes
 *   worker -> rank 0  GREETING once; RESULTS: struct cs_batch_header, then per search its index and its records;
 *                     SIGNAL: a stop signal arrived here; BYE: nothing follows
 *   rank 0 -> worker  CHUNK: index ranges, at most CS_CHUNKS_HELD unanswered; STOP: drop them, send what is done;
 *                     END: the exit status, the last message, sent after the file has its name */
#ifndef CS_SWEEP_WIRE_H
#define CS_SWEEP_WIRE_H

#include "cs_sweep/design.h"
#include "machine.h"
#include "queue.h"

enum cs_tag { CS_TAG_GREETING = 1, CS_TAG_RESULTS, CS_TAG_SIGNAL, CS_TAG_BYE, CS_TAG_CHUNK, CS_TAG_STOP, CS_TAG_END };

/* One in work, one prefetched. */
enum { CS_CHUNKS_HELD = 2 };

struct cs_job {
    int32_t code; /* enum cs_code: not CS_OK ends every rank with its exit status */
    int32_t padding;
    int64_t bundle_size;
};

struct cs_greeting {
    char host[128], build[96], cpu[32];
    int32_t code; /* enum cs_code: this rank cannot work */
    char message[256];
};

struct cs_batch_header {
    int64_t searches;
    int64_t peak_memory;                /* bytes, of the sender so far */
    double search_seconds, cpu_seconds; /* s of processor time of the sender so far */
    int32_t chunks_done;                /* finished since the last batch */
    int32_t stopped;                    /* the answer to STOP */
};

/* Bytes that one search takes in a batch; and the most that a batch takes, in which one search always has room. */
int64_t cs_entry_bytes(const struct cs_grid *grid);
int64_t cs_batch_bytes(const struct cs_grid *grid);

/* s after which a worker sends its results although its chunk is not finished. */
double cs_batch_age(int32_t ranks);

/* MPI_Finalize, after which the process may end. */
void cs_wire_finalize(void);

int cs_wire_rank(void);
int cs_wire_size(void);
const char *cs_wire_host(void);

/* From rank 0 to all; those who wait sleep. */
void cs_wire_broadcast(void *bytes, int64_t size);
void cs_wire_send(int to, enum cs_tag tag, const void *bytes, int64_t size);
/* The same for a few bytes to a rank that may never take them: does not wait. */
void cs_wire_post(int to, enum cs_tag tag, const void *bytes, int64_t size);
/* Ends this process, and the others as well as their launcher lets it, where a rank does not answer any more. */
_Noreturn void cs_wire_leave(int exit_status);
/* Is there a message? From any rank; workers get them from rank 0 alone. */
bool cs_wire_probe(int *from, enum cs_tag *tag, int64_t *size);
/* Ends all ranks at once: only where there is no memory left to end them in order. */
void cs_wire_abort(int exit_status);
void cs_wire_receive(int from, enum cs_tag tag, void *bytes, int64_t size);

/* Results arriving at rank 0. A large message needs its sender's help, and the sender may be in the middle of a
 * search: so rank 0 only begins to receive it, and looks again later. */
struct cs_inbox;
struct cs_inbox *cs_inbox_create(const struct cs_grid *grid);
void cs_inbox_destroy(struct cs_inbox *inbox);
/* Whether no further message can be begun now, and whether none is under way. */
bool cs_inbox_full(const struct cs_inbox *inbox);
bool cs_inbox_empty(const struct cs_inbox *inbox);
void cs_inbox_begin(struct cs_inbox *inbox, int from, int64_t size);
/* A message that has arrived whole, valid until the next one is begun; NULL when there is none. */
const char *cs_inbox_take(struct cs_inbox *inbox, int *from);

/* A worker's results on their way: one batch being filled while the other is being sent. */
struct cs_outbox;
struct cs_outbox *cs_outbox_create(const struct cs_grid *grid);
void cs_outbox_destroy(struct cs_outbox *outbox);
/* Room for one search's records; sends a full batch first, and waits only when both are full. */
struct cs_record *cs_outbox_add(struct cs_outbox *outbox, int64_t search);
void cs_outbox_chunk_done(struct cs_outbox *outbox);
/* Sends what there is if the other batch has left, or in any case. */
void cs_outbox_offer(struct cs_outbox *outbox, double search_seconds);
void cs_outbox_flush(struct cs_outbox *outbox, double search_seconds, bool stopped);
/* Lets MPI go on with what is being sent; true when nothing is. */
bool cs_outbox_idle(struct cs_outbox *outbox);
/* s since the oldest result that still lies here, 0 for none. */
double cs_outbox_age(const struct cs_outbox *outbox);

#endif
