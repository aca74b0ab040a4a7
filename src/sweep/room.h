/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a sweep fits into the memory of rank 0 and onto the disk, asked before anything is computed. */
#ifndef CS_SWEEP_ROOM_H
#define CS_SWEEP_ROOM_H

#include "run.h"

/* Refuses (CS_ERROR_CREATE) a run whose records do not fit into the memory that there is. */
enum cs_code cs_room_check_memory(const struct cs_run *run, struct cs_error *error);
/* Refuses (CS_ERROR_CREATE) a run whose file, of that path, cannot fit: not limits.compressed_share of its values. */
enum cs_code cs_room_check_disk(const struct cs_run *run, const char *path, struct cs_error *error);

#endif
