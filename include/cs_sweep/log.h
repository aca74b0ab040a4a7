/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages on stderr. "global" ones come from rank 0 only; an error may come from any rank. */
#ifndef CS_SWEEP_LOG_H
#define CS_SWEEP_LOG_H

#include <stdbool.h>

void cs_log_rank(int rank); /* who speaks; 0 until set */
void cs_log_quiet(bool quiet);
/* Rank 0 only, unless quiet; one line, newline added. */
void cs_log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Rank 0 only, even when quiet: "cs_sweep: error: ...". */
void cs_log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
