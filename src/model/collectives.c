/* SPDX-License-Identifier: BSD-3-Clause */
/* What a collective over a group costs, and beside each what it costs at least over a range of group sizes. Who changes
 * the one changes the other; tests/property/floors.c compares them.
 *
 * The parts inside domains and between them run as one pipeline, so its slowest link sets the pace: the bus
 * bandwidth is that of the links, or of the cards of a domain's members together (NCCL, src/graph/tuning.cc, which
 * also counts the hops). Bytes and hops rise with the number of members. As members of a domain become more the bus
 * becomes no slower, but for the first, which has no link to wait for. So a floor has `low` members, in as few
 * domains as hold them, and the bus of full domains, or a card alone where that is the faster. */
#include "cs_sweep/network.h"
#include "cs_sweep/number.h"

#include <math.h>

/* NCCL 2.28, src/graph/tuning.cc. A tree of chains reaches this share of a ring's bus bandwidth; reductions in the
 * switches do not lose it. Between two nodes such a tree sends up and down at once, where a ring goes round. */
static const double tree_share = 0.92;
static const double switched_pair = 2.0;
/* The same file's logarithmic gather (PAT): bus bandwidth over a ring's, hops of a card over its latency, and s for
 * each member, the part that is linear still. */
static const double logarithmic_share = 0.75;
static const double logarithmic_hop = 1.0 / 3.5;
static const double logarithmic_member = 2.8e-6;

static double bus(const struct cs_group *group, double links)
{
    return group->inside > 1.5 ? cs_min(links, group->inside * group->nic_bandwidth) : group->nic_bandwidth;
}

/* Of an all-reduce by a tree over several domains. */
static double tree_bus(const struct cs_group *group, double ring)
{
    const double pair = group->outside < 2.5 ? switched_pair : 1.0;
    const double switched =
        group->inside > 1.5 ? cs_min(group->switch_bandwidth, pair * group->inside * group->nic_bandwidth) : 0.0;
    return cs_max(tree_share * ring, switched);
}

double cs_all_reduce(const struct cs_group *group, double bytes)
{
    if (group->size < 1.5) {
        return 0.0;
    }
    const double members = group->size, nodes = group->outside;
    const double sent = 2.0 * (members - 1.0) / members * bytes;
    if (nodes < 1.5) {
        const double links = cs_max(group->ring_bandwidth, group->switch_bandwidth);
        return cs_max(group->base + 2.0 * (members - 1.0) * group->ring_latency + sent / links, group->floor);
    }
    const double around = bus(group, group->ring_bandwidth);
    const double hops = 2.0 * ((members - nodes) * group->ring_latency + (nodes - 1.0) * group->nic_latency);
    double seconds = group->plateau * (group->base + hops) + sent / around;
    const double chains = group->base + 2.0 * (group->inside - 1.0) * group->ring_latency;
    const double tree = chains + sent / tree_bus(group, around);
    if (tree < seconds) { /* else its levels need not be counted */
        seconds = cs_min(seconds, tree + 2.0 * log2(nodes) * group->nic_latency);
    }
    return cs_max(seconds, group->floor);
}

/* Fewer hops than the levels of a tree no all-reduce has, and whole ones are soon counted. */
double cs_all_reduce_floor(const struct cs_group_range *range, double bytes)
{
    const struct cs_group *const group = &range->group;
    const double members = group->size;
    if (members < 1.5) {
        return 0.0;
    }
    double latency = group->base, links = cs_max(group->ring_bandwidth, group->switch_bandwidth);
    if (group->outside > 1.5) {
        const double around = bus(group, group->ring_bandwidth);
        links = cs_max(around, tree_bus(group, around));
        latency += 2.0 * (double)ilogb(group->outside) * group->nic_latency;
    }
    const double fastest = cs_max(links, group->nic_bandwidth);
    return cs_max(latency + 2.0 * (members - 1.0) / members * bytes / fastest, group->floor);
}

/* hops: s of a ring's latencies; around: its bus bandwidth. NCCL's table has the plateau for all-reduces alone, but
 * runs whose gathers nothing hides show it too: without it ZeRO 3 of 2021 (Narayanan 2021, Table 2) is 10% too fast
 * on 48 nodes and 30% on 280, with it 5% and 16%. */
static double gather_seconds(const struct cs_group *group, double bytes, double hops, double around)
{
    const double members = group->size;
    const double sent = (members - 1.0) / members * bytes;
    double seconds = (group->outside < 1.5 ? 1.0 : group->plateau) * (group->base + hops) + sent / around;
    if (group->logarithmic) {
        const double least =
            group->base + members * logarithmic_member + sent / (logarithmic_share * group->nic_bandwidth);
        if (least < seconds) {
            seconds = cs_min(seconds, least + log2(members) * logarithmic_hop * group->nic_latency);
        }
    }
    return cs_max(seconds, 0.5 * group->floor);
}

static double ring_bus(const struct cs_group *group)
{
    return group->outside < 1.5 ? group->ring_bandwidth : bus(group, group->ring_bandwidth);
}

/* One ring through all members, of which each is a hop. */
double cs_all_gather(const struct cs_group *group, double bytes)
{
    const double nodes = group->outside;
    if (group->size < 1.5) {
        return 0.0;
    }
    return gather_seconds(group, bytes,
                          (group->size - nodes) * group->ring_latency + (nodes - 1.0) * group->nic_latency,
                          ring_bus(group));
}

/* With r the latency of a link and n of a card, a gather over s members in k domains has (s - k) r + (k - 1) n. It
 * rises with s, and with k where n >= r; then the least k is that of full domains. Where n < r it is at least (s -
 * 1) n. */
static double gather_latency_floor(const struct cs_group *group)
{
    const double ring = group->ring_latency, nic = group->nic_latency;
    const double members = group->size, domains = group->outside;
    return nic < ring ? (members - 1.0) * nic : (members - domains) * ring + (domains - 1.0) * nic;
}

double cs_all_gather_floor(const struct cs_group_range *range, double bytes)
{
    const struct cs_group *const group = &range->group;
    if (group->size < 1.5) {
        return 0.0;
    }
    return gather_seconds(group, bytes, gather_latency_floor(group), cs_max(ring_bus(group), group->nic_bandwidth));
}

double cs_reduce_scatter(const struct cs_group *group, double bytes)
{
    return cs_all_gather(group, bytes);
}

double cs_reduce_scatter_floor(const struct cs_group_range *range, double bytes)
{
    return cs_all_gather_floor(range, bytes);
}

/* How many of so many places hold one of a token's independent choices, over the choices. */
static double distinct_share(double places, double copies)
{
    return places * (1.0 - pow(1.0 - 1.0 / places, copies)) / copies;
}

double cs_dispatch(const struct cs_group *group, double bytes, double copies)
{
    if (group->size < 1.5) {
        return 0.0;
    }
    const double all = group->size, n = group->inside, nodes = group->outside;
    const double ranks = copies > 1.5 ? distinct_share(all, copies) : 1.0;
    const double inside = (n - 1.0) / n * bytes * ranks / group->all_to_all_bandwidth;
    double card = 0.0, latency = n > 1.5 ? group->ring_latency : 0.0;
    if (nodes > 1.5) {
        const double distinct = copies > 1.5 ? distinct_share(nodes, copies) : 1.0;
        card = (all - n) / all * bytes * distinct / group->nic_bandwidth;
        latency += log2(nodes) * group->nic_latency;
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
    return group->outside > 1.5 && group->inside < 1.5 ? network->device->scale_out_compute_tax
                                                       : network->device->link_compute_tax;
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
