/* SPDX-License-Identifier: BSD-3-Clause */
/* Where groups of devices lie: on switched domains joined by network cards, and on tori. */
#include "cs_sweep/network.h"
#include "cs_sweep/number.h"

#include <math.h>

/* Extents that slices come in: 1, 2, then multiples of 4 (TPU v4 and v5p documentation: cubes of 4 x 4 x 4). */
static double extent_at_least(double length)
{
    const double whole = ceil(length - 1e-9);
    return whole <= 1.0 ? 1.0 : whole <= 2.0 ? 2.0 : 4.0 * ceil(whole / 4.0);
}

static double extent_below(double extent)
{
    return extent <= 1.0 ? 0.0 : extent <= 2.0 ? 1.0 : extent <= 4.0 ? 2.0 : extent - 4.0;
}

/* The most cubic slice that holds `chips`: Z first, then Y, then X. The shape is the same for every count above what
 * the next smaller extent of any axis would hold, up to the product. */
static void slice_of(double axes, double chips, struct cs_network *network)
{
    double *slice = network->slice;
    double below;
    slice[2] = extent_at_least(axes > 2.5 ? cbrt(chips) : axes > 1.5 ? sqrt(chips) : chips);
    const double z = extent_below(slice[2]);
    below = axes > 2.5 ? z * z * z : axes > 1.5 ? z * z : z;
    if (axes > 1.5) {
        slice[1] = extent_at_least(axes > 2.5 ? sqrt(chips / slice[2]) : chips / slice[2]);
        const double y = extent_below(slice[1]);
        below = cs_max(below, slice[2] * (axes > 2.5 ? y * y : y));
    }
    if (axes > 2.5) {
        slice[0] = extent_at_least(chips / (slice[2] * slice[1]));
        below = cs_max(below, slice[2] * slice[1] * extent_below(slice[0]));
    }
    network->devices_low = (int64_t)below + 1;
    network->devices_high = (int64_t)(slice[0] * slice[1] * slice[2]);
}

void cs_network_of(const struct cs_problem *problem, int64_t devices, struct cs_network *network)
{
    const struct cs_device *device = &problem->device;
    *network = (struct cs_network){
        .device = device,
        .devices_low = 1,
        .devices_high = INT64_MAX,
        .domain = device->domain,
        .nic = problem->nic_bandwidth * device->scale_out_efficiency,
        .logarithmic_gather = problem->stack.logarithmic_gather,
        .slice = {1.0, 1.0, 1.0},
    };
    if (!(device->torus_axes > 0.0)) {
        return;
    }
    double largest = device->slice_max > 0.0 ? device->slice_max : device->domain;
    if (problem->slice_devices > 0) {
        largest = (double)problem->slice_devices;
    }
    network->domain = largest;
    slice_of(device->torus_axes, cs_min((double)devices, largest), network);
    if ((double)devices > largest) {
        network->devices_low = (int64_t)largest + 1;
        network->devices_high = INT64_MAX;
    } else if ((double)network->devices_high > largest) {
        network->devices_high = (int64_t)largest;
    }
    network->devices_low = network->devices_low > devices ? devices : network->devices_low;
}

double cs_network_pace(const struct cs_network *network, double devices)
{
    const struct cs_device *device = network->device;
    const double pace = cs_device_slowest(device, devices);
    if (!(device->torus_axes > 0.0) || devices <= network->domain) {
        return pace;
    }
    return pace + device->slice_spread * cs_largest_of(ceil(devices / network->domain));
}

/* A group on the axes X, Y, Z in order. A full axis is a ring both ways where it wraps (multiples of 4), a part of one
 * goes one way; groups that interleave on an axis share its links. */
static void place_on_torus(const struct cs_network *network, double stride, struct cs_group *group)
{
    const struct cs_device *device = network->device;
    const double link = device->link_bandwidth * device->link_efficiency;
    double left = group->inside, step = stride, bandwidth = 0.0, hops = 0.0, side = 1.0;
    for (int axis = 0; axis < 3; axis++) {
        const double extent = network->slice[axis];
        if (step >= extent) {
            step = ceil(step / extent);
            continue;
        }
        const double members = cs_min(left, ceil(extent / step));
        if (members > 1.0) {
            const bool whole = members * step >= extent && fmod(extent, 4.0) < 0.5;
            bandwidth += (whole ? 2.0 : 1.0) * link / step;
            hops += members - 1.0;
            side = cs_max(side, members * step);
        }
        left = ceil(left / members);
        step = 1.0;
    }
    group->ring_bandwidth = bandwidth > 0.0 ? bandwidth : link;
    group->ring_latency =
        device->link_latency * (group->inside > 1.0 ? cs_max(hops, 1.0) / (group->inside - 1.0) : 1.0);
    group->all_to_all_bandwidth = cs_min(group->ring_bandwidth, 8.0 * link / side);
}

void cs_group_place(const struct cs_network *network, int64_t stride, int64_t size, struct cs_group *group)
{
    const struct cs_device *device = network->device;
    const double members = (double)size;
    const double share = cs_max(1.0, floor(network->domain / (double)stride));
    const double domains = ceil(members / share);
    const double inside = members - (domains - 1.0) * share;
    *group = (struct cs_group){
        .size = members,
        .inside = inside,
        .outside = ceil(members / inside),
        .nic_bandwidth = network->nic,
        .nic_latency = device->scale_out_latency,
        .base = device->collective_base,
        .plateau = device->ring_plateau,
        .floor = device->link_floor,
        .logarithmic = network->logarithmic_gather && inside < 1.5,
    };
    if (device->torus_axes > 0.0) {
        place_on_torus(network, (double)stride, group);
        return;
    }
    group->ring_bandwidth = 0.5 * device->link_bandwidth * device->link_efficiency;
    group->switch_bandwidth = device->in_switch_bandwidth;
    group->ring_latency = device->link_latency;
    group->all_to_all_bandwidth = group->ring_bandwidth;
}

void cs_group_range_place(const struct cs_network *network, int64_t stride, int64_t low, int64_t high,
                          struct cs_group_range *range)
{
    const double share = cs_max(1.0, floor(network->domain / (double)stride));
    struct cs_group *group = &range->group;
    /* More members of a domain never make its links slower: on a torus each further one fills or closes an axis. */
    cs_group_place(network, stride, (int64_t)cs_min(share, (double)high), group);
    group->size = (double)low;
    group->inside = cs_min(share, group->size);
    group->outside = ceil(group->size / share);
    group->logarithmic = network->logarithmic_gather;
    if (network->device->torus_axes > 0.0) {
        group->ring_latency = 0.0; /* it depends on the axes */
    }
}
