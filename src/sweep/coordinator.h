/* SPDX-License-Identifier: BSD-3-Clause */
/* Rank 0's state, and what its messages do to it (messages.c). */
#ifndef CS_SWEEP_COORDINATOR_H
#define CS_SWEEP_COORDINATOR_H

#include "progress.h"
#include "run.h"

struct cs_held {
    int64_t searches;
    double cost;
    struct cs_chunk chunk;
};

struct cs_peer {
    int32_t outstanding;
    bool greeted, gone;
    bool silent; /* what it holds is with others; until it has answered STOP */
    double search_seconds, cpu_seconds;
    double heard, silent_since;          /* s, cs_seconds */
    struct cs_held held[CS_CHUNKS_HELD]; /* the chunks that it holds, in order */
    int64_t back;                        /* searches of the first of them that have come back */
    char host[sizeof((struct cs_greeting *)0)->host];
};

struct cs_coordinator {
    struct cs_run *run;
    struct cs_results *results;
    struct cs_output *output;
    char path[CS_PATH_ROOM];
    struct cs_run_info info;
    char started[32], finished[32], *hosts;
    char mixed_cpu[32];

    struct cs_queue queue;
    struct cs_range own;
    struct cs_record *own_records;
    double own_cost, done_cost; /* of one of its own searches; of all that are done */
    bool searching, resumed;

    int32_t size, greeted, gone;
    struct cs_peer *peers;
    double peer_cost, peer_seconds; /* of what came back from them: cost, and s of processor time */
    struct cs_inbox *inbox;
    int64_t total, done, placed_since_checkpoint; /* searches of the shard */

    struct cs_progress progress;
    double last_listened, listening_since, next_watch; /* s, cs_seconds */
    double next_checkpoint, next_stop_file, checkpoint_spacing;
    int32_t failures; /* checkpoints in a row that could not be written: each doubles the time to the next */
    struct cs_statistics statistics;
    double file_cpu_seconds;
    const char *stop_reason;
    bool stop_urgent;
    bool writing_last;     /* the checkpoint of a stop, or the complete file: what the run waits for */
    double write_until;    /* s, cs_seconds: an urgent stop gives the file up then; 0 until it has begun to wait */
    struct cs_error error; /* a rank that cannot work */
};

/* Takes what has arrived; true if there was something. */
bool cs_coordinator_listen(struct cs_coordinator *coordinator);
void cs_coordinator_place(struct cs_coordinator *coordinator, int64_t search, const struct cs_record *records);
/* The first reason counts. urgent: there is little time until the processes are killed. */
void cs_coordinator_stop_for(struct cs_coordinator *coordinator, const char *reason, bool urgent);
/* silence.c: gives the searches of ranks that are not heard of to others; notes that a rank was heard, and that a
 * silent one has dropped what it held; that rank 0 listens. */
void cs_coordinator_watch(struct cs_coordinator *coordinator);
void cs_coordinator_hear(struct cs_coordinator *coordinator, int rank);
void cs_coordinator_welcome(struct cs_coordinator *coordinator, int rank);
void cs_coordinator_listening(struct cs_coordinator *coordinator);
/* Whether goodbyes that are still missing, since then, will not come; and says of whom. */
bool cs_coordinator_missed(const struct cs_coordinator *coordinator, double since);
void cs_coordinator_name_missing(const struct cs_coordinator *coordinator);
void cs_coordinator_add_host(struct cs_coordinator *coordinator, const char *host);

#endif
