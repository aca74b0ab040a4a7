/* SPDX-License-Identifier: BSD-3-Clause */
/* What a collective over a group costs, and beside each what it costs at least over a range of group sizes. Who changes
 * the one changes the other; tests/property/floors.c compares them.
 *
 * Without latencies an all-reduce and a gather over a given number of members are linear in the inverse of the members
 * per domain, so the least is at one of the range's two extremes, all together or each alone; and they rise with the
 * number of members. A floor is therefore the cheaper extreme, with `low` members. */
#include "cs_sweep/network.h"
#include "cs_sweep/number.h"

#include <math.h>

/* Reduced inside each domain, then across domains on every device's own card, then spread inside again: the parts add
 * up (the measured tensor-16 runs over two nodes confirm the sum). */
double cs_all_reduce(const struct cs_group *group, double bytes)
{
    if (group->size < 1.5) {
        return 0.0;
    }
    const double n = group->inside, nodes = group->outside;
    double seconds = 2.0 * (n - 1.0) * group->ring_latency;
    const double inside = 2.0 * (n - 1.0) / n * bytes / group->reduce_bandwidth;
    if (nodes < 1.5) {
        return cs_max(seconds + inside, group->floor);
    }
    const double card = 2.0 * (bytes / n) / group->nic_bandwidth;
    const double ring = card * (nodes - 1.0) / nodes + 2.0 * (nodes - 1.0) * group->nic_latency;
    const double tree = card + 2.0 * log2(nodes) * group->nic_latency;
    seconds += inside + cs_min(ring, tree);
    return cs_max(seconds, group->floor);
}

/* Latencies are left out: those of the tree grow with the logarithm of the members only. */
double cs_all_reduce_floor(const struct cs_group_range *range, double bytes)
{
    return cs_min(cs_all_reduce(&range->together, bytes), cs_all_reduce(&range->alone, bytes));
}

static double gather_seconds(const struct cs_group *group, double bytes, double latency)
{
    if (group->size < 1.5) {
        return 0.0;
    }
    const double n = group->inside, nodes = group->outside;
    const double inside = (n - 1.0) / n * bytes / group->ring_bandwidth;
    const double card = (nodes - 1.0) / nodes * (bytes / n) / group->nic_bandwidth;
    return cs_max(inside + card + latency, 0.5 * group->floor);
}

double cs_all_gather(const struct cs_group *group, double bytes)
{
    const double nodes = group->outside;
    /* One ring through all members: libraries have no tree for these (NCCL), so every member is a hop. */
    const double latency =
        (group->size - nodes) * group->ring_latency + (nodes > 1.5 ? nodes * group->nic_latency : 0.0);
    return gather_seconds(group, bytes, latency);
}

/* With r the latency of a link and n of a card, a gather over s members in k domains has (s - k) r + k n, and (s - 1) r
 * in one domain. It rises with s, and with k where n >= r; then the least k is that of full domains. Where n < r it is
 * at least s n, which is every member on its own card, or all are in one domain. */
static double gather_latency_floor(const struct cs_group_range *range)
{
    const double ring = range->ring_latency, nic = range->nic_latency;
    const double members = range->together.size, domains = range->domains;
    if (nic < ring) {
        return cs_min((members - 1.0) * ring, members * nic);
    }
    return domains > 1.5 ? (members - domains) * ring + domains * nic : (members - 1.0) * ring;
}

double cs_all_gather_floor(const struct cs_group_range *range, double bytes)
{
    const double latency = gather_latency_floor(range);
    return cs_min(gather_seconds(&range->together, bytes, latency), gather_seconds(&range->alone, bytes, latency));
}

double cs_reduce_scatter(const struct cs_group *group, double bytes)
{
    return cs_all_gather(group, bytes);
}

double cs_reduce_scatter_floor(const struct cs_group_range *range, double bytes)
{
    return cs_all_gather_floor(range, bytes);
}

double cs_dispatch(const struct cs_group *group, double bytes, double copies)
{
    if (group->size < 1.5) {
        return 0.0;
    }
    const double all = group->size, n = group->inside, nodes = group->outside;
    /* A token goes once to each node that holds some of its experts, of which independent choices hit so many. */
    const double distinct = nodes * (1.0 - pow(1.0 - 1.0 / nodes, copies)) / copies;
    const double inside = (n - 1.0) / n * bytes / group->all_to_all_bandwidth;
    const double card = nodes > 1.5 ? (all - n) / all * bytes * distinct / group->nic_bandwidth : 0.0;
    double latency = n > 1.5 ? group->ring_latency : 0.0;
    if (group->outside > 1.5) {
        latency += log2(group->outside) * group->nic_latency;
    }
    return cs_max(cs_max(inside, card) + latency, 0.5 * group->floor);
}

static bool stages_leave_domain(const struct cs_network *network, int64_t stride, int64_t pipeline)
{
    return (double)stride * (double)pipeline > network->domain;
}

double cs_point_to_point(const struct cs_network *network, int64_t stride, int64_t pipeline, double bytes)
{
    const struct cs_device *device = network->device;
    if (pipeline <= 1) {
        return 0.0;
    }
    if (stages_leave_domain(network, stride, pipeline)) {
        return bytes / network->nic + device->scale_out_latency;
    }
    const double link = device->link_bandwidth * device->link_efficiency * (device->torus_axes > 0.0 ? 1.0 : 0.5);
    return bytes / link + device->link_latency;
}

double cs_point_to_point_tax(const struct cs_network *network, int64_t stride, int64_t pipeline)
{
    const struct cs_device *device = network->device;
    return stages_leave_domain(network, stride, pipeline) ? device->scale_out_compute_tax : device->link_compute_tax;
}

double cs_group_tax(const struct cs_network *network, const struct cs_group *group)
{
    return group->outside > 1.5 ? network->device->scale_out_compute_tax : network->device->link_compute_tax;
}

double cs_group_tax_floor(const struct cs_network *network)
{
    return cs_min(network->device->link_compute_tax, network->device->scale_out_compute_tax);
}

double cs_exposed(double traffic, double compute, double tax)
{
    const double hidden = cs_min(traffic, compute);
    return traffic - hidden + tax * hidden;
}
