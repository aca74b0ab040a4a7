/* SPDX-License-Identifier: BSD-3-Clause */
#include "told.h"

#include <check.h>
#include <string.h>

#include "suite.h"

struct cs_problem problem;
struct cs_plan plan;

void told_setup(void)
{
    sample_problem(&problem);
    sample_plan(&plan);
    plan.tensor = 1;
    plan.micro_batch = 1;
    plan.devices = 1;
    plan.global_batch = 1;
    problem.stack.dropout = false;
}

void told_mixture(void)
{
    problem.architecture.experts = 16;
    problem.architecture.experts_active = 2;
    problem.architecture.d_expert = 3072;
    cs_parameters_count(&problem.architecture, &problem.parameters);
}

static void collect(void *context, const struct cs_trace_entry *entry)
{
    struct told *sums = context;
    if (strcmp(entry->part, sums->part) == 0 && strcmp(entry->kernel, sums->kernel) == 0 &&
        entry->backward == sums->backward && entry->again == sums->again) {
        sums->flops += entry->flops;
        sums->bytes += entry->bytes;
        sums->seconds += entry->seconds;
        sums->exposed += entry->exposed_seconds;
        sums->entries++;
    }
}

struct told told(const char *part, const char *kernel, bool backward)
{
    struct told sums = {.part = part, .kernel = kernel, .backward = backward};
    cs_step_trace(&problem, &plan, collect, &sums);
    return sums;
}

struct told told_again(const char *part, const char *kernel)
{
    struct told sums = {.part = part, .kernel = kernel, .backward = true, .again = true};
    cs_step_trace(&problem, &plan, collect, &sums);
    return sums;
}

void told_bytes_are(const char *part, const char *kernel, double forward, double backward)
{
    WITHIN(told(part, kernel, false).bytes, forward, 1e-12);
    WITHIN(told(part, kernel, true).bytes, backward, 1e-12);
}
