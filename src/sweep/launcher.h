/* SPDX-License-Identifier: BSD-3-Clause */
/* What the program that started this process says of it in the environment, before MPI says anything. */
#ifndef CS_SWEEP_LAUNCHER_H
#define CS_SWEEP_LAUNCHER_H

#include <stdbool.h>

/* True where an MPI launcher's variable names this process's rank, which goes to *rank. SLURM sets its own in batch
 * scripts and interactive shells too, where nothing was launched: its rank counts, and no more. */
bool cs_launcher_launched(int *rank);
/* Processes that the launcher started together, 0 where it does not say; *variable: which variable says so. */
int cs_launcher_size(const char **variable);
/* Changes the environment for MPI's start in a process that no launcher serves: asked for the size before. */
void cs_launcher_prepare(void);
/* Ends Open MPI's mpirun where it runs on this host and started this process, and returns when it has ended or five
 * seconds later; false where there is none. mpirun 4.1 waits a quarter of an hour for the daemon of a host that has
 * fallen silent; a second SIGTERM makes it end, with status 1. */
bool cs_launcher_end(void);

#endif
