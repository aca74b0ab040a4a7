/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a group of devices lies on the network, and what a collective over it costs (MODEL section "collectives"). */
#ifndef CS_SWEEP_NETWORK_H
#define CS_SWEEP_NETWORK_H

#include "cs_sweep/problem.h"

/* The network as N devices of a job see it. Switched: one class for every N. Torus: the slice whose shape depends on N,
 * the same for all N in [devices_low, devices_high]. */
struct cs_network {
    const struct cs_device *device;
    int64_t devices_low, devices_high;
    double domain;   /* devices joined by the scale-up network */
    double nic;      /* usable scale-out B/s per device and direction */
    double slice[3]; /* torus extents, 1 where absent; X first, the shortest */
};
void cs_network_of(const struct cs_problem *problem, int64_t devices, struct cs_network *network);

/* A group of `size` devices, neighbours `stride` devices apart in the order tensor, context, expert, data, pipeline. */
struct cs_group {
    double size, inside, outside; /* size = members; members that share a domain; ceil(size / inside) */
    double ring_bandwidth;        /* usable B/s per device inside */
    double ring_latency;          /* s per hop inside */
    double all_to_all_bandwidth;  /* usable B/s per device inside */
    double reduce_bandwidth;      /* all-reduce bus bandwidth inside (in-switch reduction where there is one) */
    double nic_bandwidth, nic_latency, floor;
};
void cs_group_place(const struct cs_network *network, int64_t stride, int64_t size, struct cs_group *group);

/* Seconds; bytes are of the full tensor (all-reduce, all-gather, reduce-scatter), or sent per device (all-to-all,
 * point-to-point). A group of one costs nothing. Each is non-increasing in every bandwidth, non-decreasing in bytes and
 * in every latency. */
double cs_all_reduce(const struct cs_group *group, double bytes);
double cs_all_gather(const struct cs_group *group, double bytes);
double cs_reduce_scatter(const struct cs_group *group, double bytes);
/* All-to-all of tokens that go to `copies` experts each: across domains one copy serves all experts of a node (DeepEP,
 * DeepSeek-V3, arXiv 2412.19437, 3.2.2). With one copy it is the plain all-to-all. */
double cs_dispatch(const struct cs_group *group, double bytes, double copies);
/* To the next of `pipeline` stages, `stride` devices away: over the scale-out network where any boundary crosses it. */
double cs_point_to_point(const struct cs_network *network, int64_t stride, int64_t pipeline, double bytes);

/* Share of compute that a collective over the group takes while it is overlapped. */
double cs_group_tax(const struct cs_network *network, const struct cs_group *group);
/* What remains of `traffic` seconds hidden under `compute` seconds: the rest, and the compute that it steals. */
double cs_exposed(double traffic, double compute, double tax);

#endif
