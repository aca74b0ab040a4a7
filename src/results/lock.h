/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CS_RESULTS_LOCK_H
#define CS_RESULTS_LOCK_H

#include <stdbool.h>

#include "cs_sweep/error.h"

/* Takes the lock file `name` of a folder for this process, waiting up to 10 s. The system drops it when the process
 * dies, however it dies. path: of the output, for messages. */
enum cs_code cs_lock_take(int folder, const char *name, const char *path, int *fd, struct cs_error *error);
/* Removes and unlocks; nothing for fd -1. */
void cs_lock_release(int folder, const char *name, int fd);

#endif
