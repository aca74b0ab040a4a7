/* SPDX-License-Identifier: BSD-3-Clause */
/* What the process asks the operating system: signals, clocks, memory, the processor. */
#ifndef CS_SWEEP_MACHINE_H
#define CS_SWEEP_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first SIGTERM, SIGINT or SIGUSR1 only leaves a note. Another one, from a second after it on, ends the process
 * with exit status 75, two seconds later at most, whatever it is at; before that it counts as the same, because a
 * launcher and SLURM may both pass on one signal. A second SIGINT counts at once: it comes from a keyboard. */
void cs_signals_install(void);
/* The number of the first of them that arrived, 0 for none; and whether another one followed. */
int cs_signal_arrived(void);
bool cs_signal_again(void);
const char *cs_signal_name(int number);

double cs_seconds(void);      /* s, monotonic */
double cs_cpu_seconds(void);  /* s of processor time of this process */
int64_t cs_peak_memory(void); /* bytes, largest resident size so far */

/* Sleeps longer each time, from 20 us up to `most` seconds; from the start again after something has happened. */
struct cs_backoff {
    double next; /* s */
};
void cs_backoff_sleep(struct cs_backoff *backoff, double most);
void cs_backoff_sleep_unless(bool happened, struct cs_backoff *backoff, double most);

/* Level of the processor's features that the C library's mathematics chooses by: equal results to the last bit are only
 * promised for one build on one level. */
const char *cs_cpu_level(void);

/* ISO 8601, UTC. */
void cs_time_text(char *buffer, size_t size);
void cs_time_text_before(double seconds, char *buffer, size_t size); /* so many seconds ago */

#endif
