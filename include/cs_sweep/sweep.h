/* SPDX-License-Identifier: BSD-3-Clause */
/* The sweep over MPI ranks: rank 0 coordinates (and searches while there are few ranks), the others search. */
#ifndef CS_SWEEP_SWEEP_H
#define CS_SWEEP_SWEEP_H

#include "cs_sweep/config.h"

enum cs_progress_style { CS_PROGRESS_AUTO, CS_PROGRESS_BAR, CS_PROGRESS_LINE };

struct cs_sweep_options {
    const char *config_path;
    const char *output; /* NULL: the configuration's */
    bool resume, force, dry_run, quiet;
    int32_t set_count;
    const char *const *sets;
    double checkpoint_seconds; /* 0: the default */
    double progress_seconds;   /* 0: none */
    double silence_seconds;    /* after which a rank's searches are given to others; 0: the default */
    enum cs_progress_style progress_style;
    int64_t shard, shards; /* 1, 1: whole */
    int64_t merge;         /* joins this many shards instead of searching (scripts/merge.py); 0: no */
    const char *command;   /* command line, for the provenance */
};

/* Initialises MPI, runs the whole sweep, finalises; returns the exit status, the same on every rank. Installs the
 * handlers of SIGTERM, SIGINT and SIGUSR1 first, so that a signal during start-up counts. */
int cs_sweep_run(const struct cs_sweep_options *options, int *argc, char ***argv);

/* The rank that the launcher's environment names (OMPI_COMM_WORLD_RANK, PMIX_RANK, PMI_RANK, SLURM_PROCID), 0 without
 * one: who may print before MPI_Init. */
int cs_launcher_rank(void);

/* Ends a run that did not sweep. A launcher ends every rank as soon as one has failed, so each waits here until all
 * have printed their messages. Does nothing where MPI has run already or no launcher has started the program. */
void cs_sweep_wait_for_ranks(int *argc, char ***argv);

/* Name and version of the MPI library; may be asked before MPI_Init. */
const char *cs_mpi_library(void);

#endif
