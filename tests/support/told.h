/* SPDX-License-Identifier: BSD-3-Clause */
/* What the narration of a plan (cs_step_trace) tells of one kernel: the fixture of the tests of layers. */
#ifndef CS_TESTS_TOLD_H
#define CS_TESTS_TOLD_H

#include "sample.h"

/* A test changes these two; the rest narrates them. */
extern struct cs_problem problem;
extern struct cs_plan plan;

/* One sequence of 2,048 tokens of 6,144 on one device, without dropout; the feed-forward is 24,576 wide. */
static const double tokens = 2048.0, h = 6144.0, f = 24576.0;
void told_setup(void);
/* The same of 16 experts of width 3,072, two active for each token. */
void told_mixture(void);

/* Sums over the entries of one kernel of a part, in one direction. */
struct told {
    const char *part, *kernel;
    bool backward, again;
    double flops, bytes, seconds, exposed;
    int entries;
};
struct told told(const char *part, const char *kernel, bool backward);
/* Of what recomputation repeats. */
struct told told_again(const char *part, const char *kernel);
void told_bytes_are(const char *part, const char *kernel, double forward, double backward);

#endif
