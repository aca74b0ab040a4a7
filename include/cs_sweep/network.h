/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a group of devices lies on the network, and what a collective over it costs. */
#ifndef CS_SWEEP_NETWORK_H
#define CS_SWEEP_NETWORK_H

#include "cs_sweep/problem.h"

/* The network as N devices of a job see it. Switched: one class for every N. Torus: the slice whose shape depends on N,
 * the same for all N in [devices_low, devices_high]. */
struct cs_network {
    const struct cs_device *device;
    int64_t devices_low, devices_high;
    double domain;           /* devices joined by the scale-up network */
    double nic;              /* usable scale-out B/s per device and direction */
    double slice[3];         /* torus extents, 1 where absent; X first, the shortest */
    bool logarithmic_gather; /* the stack's library has one for ranks of one domain each */
};
void cs_network_of(const struct cs_problem *problem, int64_t devices, struct cs_network *network);

/* Time that the slowest of so many devices takes over the mean: synchronous training waits for it. Devices differ
 * (cs_device_slowest), and slices of a torus do from step to step: each waits for its own hosts and its share of the
 * data-centre network (slice_spread). Never falls with the number of devices. */
double cs_network_pace(const struct cs_network *network, double devices);

/* A group of `size` devices, neighbours `stride` devices apart in the order tensor, context, expert, data, pipeline. */
struct cs_group {
    double size, inside, outside; /* size = members; members that share a domain; ceil(size / inside) */
    double ring_bandwidth;        /* usable B/s per device inside */
    double ring_latency;          /* s per hop inside */
    double all_to_all_bandwidth;  /* usable B/s per device inside */
    double switch_bandwidth;      /* all-reduce bus bandwidth of reductions in the switches inside; 0: none */
    double nic_bandwidth, nic_latency, floor;
    double base;      /* s besides the hops */
    double plateau;   /* by which the latencies of a ring across domains are multiplied */
    bool logarithmic; /* gathers need not go round: each member is alone in its domain */
};
void cs_group_place(const struct cs_network *network, int64_t stride, int64_t size, struct cs_group *group);

/* All groups of low to high members at one stride. From it follow floors: times that a collective over any of these
 * groups does not fall below. */
struct cs_group_range {
    /* `low` members in as few domains as hold them, not the fewest but the most of them that share one; links as
     * fast as those of any group of the range, on a torus without latency; logarithmic if any may be. */
    struct cs_group group;
};
void cs_group_range_place(const struct cs_network *network, int64_t stride, int64_t low, int64_t high,
                          struct cs_group_range *range);

/* Seconds; bytes are of the full tensor (all-reduce, all-gather, reduce-scatter), or sent per device (all-to-all,
 * point-to-point). A group of one costs nothing. Each is non-increasing in every bandwidth, non-decreasing in bytes and
 * in every latency.
 *
 * A floor is, but for rounding, at most the collective's time for the same bytes over every group of the range, and
 * like it non-decreasing in bytes: so cs_replica_floors may put floors in the places of times. It is non-decreasing in
 * `low` and non-increasing in `high`: so each half of a range is bounded at least as well as the whole. */
double cs_all_reduce(const struct cs_group *group, double bytes);
double cs_all_reduce_floor(const struct cs_group_range *range, double bytes);
double cs_all_gather(const struct cs_group *group, double bytes);
double cs_all_gather_floor(const struct cs_group_range *range, double bytes);
double cs_reduce_scatter(const struct cs_group *group, double bytes);
double cs_reduce_scatter_floor(const struct cs_group_range *range, double bytes);
/* All-to-all of tokens that go to `copies` experts each: across domains one copy serves all experts of a node, and
 * inside one all of a rank (DeepEP, DeepSeek-V3, arXiv 2412.19437, 3.2.2). With one copy it is the plain all-to-all. */
double cs_dispatch(const struct cs_group *group, double bytes, double copies);
/* To the next of `pipeline` stages, `stride` devices away: over the scale-out network where any boundary crosses it.
 * And the share of compute that it takes while it is overlapped. As the stride grows both change at most once, where
 * the stages leave the domain: the cheaper end of a range of strides is a floor of the range. */
double cs_point_to_point(const struct cs_network *network, int64_t stride, int64_t pipeline, double bytes);
double cs_point_to_point_tax(const struct cs_network *network, int64_t stride, int64_t pipeline);

/* Share of compute that a collective over the group takes while it is overlapped; and the least over any group. */
double cs_group_tax(const struct cs_network *network, const struct cs_group *group);
double cs_group_tax_floor(const struct cs_network *network);
/* What remains of `traffic` seconds hidden under `compute` seconds: the rest, and the compute that it steals. With a
 * tax of at most 1 it is non-decreasing in traffic and in tax, so that of floors it makes a floor. */
double cs_exposed(double traffic, double compute, double tax);

#endif
