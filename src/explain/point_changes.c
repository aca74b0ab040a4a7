/* SPDX-License-Identifier: BSD-3-Clause */
/* What would come out if one thing were otherwise: a device, a deadline, a batch, fewer devices. */
#include "point.h"

#include <stdio.h>

/* One thing otherwise, and by how much. */
struct perturbation {
    const char *key, *what;
    void (*apply)(struct cs_design_point *design);
    bool for_torus, for_switched;
};

static void more_memory(struct cs_design_point *design)
{
    design->problem.device.hbm_capacity *= 2;
}
/* Not infinite: arithmetic with it must stay finite. */
static void unlimited_memory(struct cs_design_point *design)
{
    design->problem.device.hbm_capacity *= 1e6;
}
static void more_memory_bandwidth(struct cs_design_point *design)
{
    design->problem.device.hbm_bandwidth *= 2;
}
static void more_compute(struct cs_design_point *design)
{
    design->problem.device.peak_flops *= 2;
}
static void faster_link(struct cs_design_point *design)
{
    design->problem.device.link_bandwidth *= 2;
    design->problem.device.in_switch_bandwidth *= 2;
}
static void faster_network(struct cs_design_point *design)
{
    design->problem.device.scale_out_bandwidth *= 2;
    design->problem.nic_bandwidth *= 2;
}
static void larger_domain(struct cs_design_point *design)
{
    design->problem.device.domain *= 2;
}
static void no_launch(struct cs_design_point *design)
{
    design->problem.device.launch = 0;
    design->problem.stack.dispatch = 0;
}
static void later_deadline(struct cs_design_point *design)
{
    design->problem.deadline *= 2;
}
static void earlier_deadline(struct cs_design_point *design)
{
    design->problem.deadline /= 2;
}
static void larger_batch(struct cs_design_point *design)
{
    design->problem.law.critical_batch *= 2;
    design->problem.law.critical_sequences *= 2;
}

static const struct perturbation perturbations[] = {
    {"peak_compute_x2", "compute peak x 2", more_compute, true, true},
    {"memory_x2", "memory x 2", more_memory, true, true},
    {"memory_unlimited", "any memory", unlimited_memory, true, true},
    {"memory_bandwidth_x2", "memory bandwidth x 2", more_memory_bandwidth, true, true},
    {"link_x2", "scale-up bandwidth x 2", faster_link, true, true},
    {"scale_out_x2", "scale-out bandwidth x 2", faster_network, true, true},
    {"domain_x2", "scale-up domain x 2", larger_domain, false, true},
    {"launch_0", "no time to dispatch", no_launch, false, true},
    {"critical_batch_x2", "critical batch x 2", larger_batch, true, true},
    {"deadline_x2", "deadline x 2", later_deadline, true, true},
    {"deadline_x0.5", "deadline / 2", earlier_deadline, true, true},
};

void cs_point_find_changes(struct cs_point *point, struct cs_search_workspace *workspace)
{
    const struct cs_problem *const problem = &point->design.problem;
    const bool torus = problem->device.torus_axes > 0;
    for (size_t i = 0; i < sizeof perturbations / sizeof perturbations[0]; i++) {
        const struct perturbation *const one = &perturbations[i];
        struct cs_point_change *const change = &point->changes[point->change_count];
        struct cs_design_point other = point->design;
        one->apply(&other);
        if (!(torus ? one->for_torus : one->for_switched) ||
            (one->apply == unlimited_memory && point->best[0].status != CS_STATUS_MEMORY) ||
            (one->apply == no_launch && problem->device.launch + problem->stack.dispatch <= 0) ||
            ((one->apply == later_deadline || one->apply == earlier_deadline) && point->objective == CS_MIN_TIME) ||
            (one->apply == larger_batch && problem->global_batch > 0)) {
            continue;
        }
        change->key = one->key;
        snprintf(change->what, sizeof change->what, "%s", one->what);
        cs_point_answer(point, &other, workspace, 1, &change->result);
        change->carbon = cs_point_total_carbon(point, &change->result);
        point->change_count++;
    }
}

void cs_point_find_fewer(struct cs_point *point, struct cs_search_workspace *workspace)
{
    const int64_t devices = point->best[0].plan.devices;
    struct cs_design_point other = point->design;
    if (point->objective != CS_MIN_DEVICES || point->design.space.given.devices > 0 || devices <= 1) {
        return;
    }
    other.space.devices_high = devices - 1;
    point->has_fewer = true;
    cs_point_answer(point, &other, workspace, 1, &point->fewer);
}
