/* SPDX-License-Identifier: BSD-3-Clause */
/* Placement of groups and time of collectives, against nccl-tests figures and by hand. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "cs_sweep/network.h"
#include "sample.h"
#include "suite.h"

static const double mib = 1048576.0;
static struct cs_problem problem;
static struct cs_network network;
static struct cs_group group;

static void setup(void)
{
    sample_problem(&problem);
    problem.stack.logarithmic_gather = false;
    cs_network_of(&problem, 64, &network);
}

static void setup_torus(int64_t devices)
{
    sample_tpu(&problem.device);
    cs_network_of(&problem, devices, &network);
}

static double bus_bandwidth(double bytes)
{
    return 2.0 * (group.size - 1.0) / group.size * bytes / cs_all_reduce(&group, bytes) / 1e9;
}

/* All-reduce over 8 A100: alpha = 92 us / 14 hops and beta = 232 GB/s give 134, 196, 222 and 229 GB/s of bus bandwidth;
 * nccl-tests in the vTrain repository (arXiv 2312.12391) measured 127, 203, 218, 229. */
START_TEST(all_reduce_of_eight_a100)
{
    cs_group_place(&network, 1, 8, &group);
    WITHIN(bus_bandwidth(16 * mib), 134.0, 0.005);
    WITHIN(bus_bandwidth(64 * mib), 196.0, 0.005);
    WITHIN(bus_bandwidth(256 * mib), 222.0, 0.005);
    WITHIN(bus_bandwidth(1024 * mib), 229.0, 0.005);
    WITHIN(cs_all_reduce(&group, 1.0), 92e-6, 1e-6);
    WITHIN(cs_all_gather(&group, 64 * mib), 0.5 * cs_all_reduce(&group, 64 * mib), 1e-12);
    ck_assert_double_eq(cs_reduce_scatter(&group, 5e8), cs_all_gather(&group, 5e8));
}
END_TEST

START_TEST(groups_of_one_and_the_floor_of_a_link)
{
    cs_group_place(&network, 1, 1, &group);
    ck_assert_double_eq(cs_all_reduce(&group, 1e9), 0.0);
    ck_assert_double_eq(cs_all_gather(&group, 1e9), 0.0);
    ck_assert_double_eq(cs_dispatch(&group, 1e9, 1.0), 0.0);
    problem.device.link_floor = 1e-3;
    cs_group_place(&network, 1, 8, &group);
    ck_assert_double_eq(cs_all_reduce(&group, 1.0), 1e-3);
    ck_assert_double_eq(cs_all_gather(&group, 1.0), 0.5e-3);
    ck_assert_double_eq(cs_dispatch(&group, 1.0, 1.0), 0.5e-3);
    cs_group_place(&network, 1, 1, &group); /* a group of one has none */
    ck_assert_double_eq(cs_all_reduce(&group, 1e9), 0.0);
    ck_assert_double_eq(cs_all_gather(&group, 1e9), 0.0);
    ck_assert_double_eq(cs_dispatch(&group, 1e9, 1.0), 0.0);
}
END_TEST

/* In-switch reduction replaces the ring where it is faster: 475 GB/s of bus bandwidth on H100 (SimAI). */
START_TEST(reduction_in_the_switch)
{
    problem.device.in_switch_bandwidth = 475e9;
    problem.device.link_latency = 0.0;
    cs_group_place(&network, 1, 8, &group);
    WITHIN(bus_bandwidth(1024 * mib), 475.0, 1e-9);
    WITHIN(cs_all_gather(&group, 1e9), 0.875 * 1e9 / 232e9, 1e-9);
}
END_TEST

START_TEST(placement_of_groups)
{
    const struct {
        int64_t stride, size;
        double inside, outside;
    } rows[] = {{1, 8, 8, 1}, {1, 16, 8, 2}, {1, 12, 4, 3}, {2, 4, 4, 1}, {2, 8, 4, 2},
                {8, 4, 1, 4}, {3, 8, 2, 4},  {1, 9, 1, 9},  {16, 2, 1, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_group_place(&network, rows[i].stride, rows[i].size, &group);
        ck_assert_double_eq(group.inside, rows[i].inside);
        ck_assert_double_eq(group.outside, rows[i].outside);
    }
    for (int axis = 0; axis < 3; axis++) {
        ck_assert_double_eq(network.slice[axis], 1.0); /* no torus */
    }
    ck_assert_int_eq(network.devices_low, 1); /* switched: one class for every number of devices */
    ck_assert_int_eq(network.devices_high, INT64_MAX);
}
END_TEST

/* Two nodes of 8, S = 800 MB, latencies 0: inside and between them one pipeline, of the links' 232 GB/s and the
 * cards' 8 x 25 the slower. A flat ring through one card would take 60 ms. With faster cards the links count. */
START_TEST(two_levels_of_all_reduce)
{
    problem.device.link_latency = problem.device.scale_out_latency = 0.0;
    cs_group_place(&network, 1, 16, &group);
    WITHIN(cs_all_reduce(&group, 8e8), 2.0 * 15.0 / 16.0 * 8e8 / 200e9, 1e-9);
    WITHIN(cs_all_gather(&group, 8e8), 0.5 * cs_all_reduce(&group, 8e8), 1e-9);
    group.nic_bandwidth = 50e9;
    WITHIN(cs_all_reduce(&group, 8e8), 2.0 * 15.0 / 16.0 * 8e8 / 232e9, 1e-9);
    WITHIN(cs_all_gather(&group, 8e8), 0.5 * cs_all_reduce(&group, 8e8), 1e-9);
    group.nic_bandwidth = 25e9;
    /* All-to-all of 800 MB a device: 8 of 16 leave the node, 400 MB at 25 GB/s. */
    WITHIN(cs_dispatch(&group, 8e8, 1.0), 16e-3, 1e-9);
    /* Of 8 experts on 16 ranks a token meets 16 (1 - (15/16)^8) ranks: inside 7/8 of that many eighths over the
     * links. */
    group.nic_bandwidth = 1e15;
    WITHIN(cs_dispatch(&group, 8e8, 8.0), 0.875 * 8e8 * 2.0 * (1.0 - pow(15.0 / 16.0, 8.0)) / 232e9, 1e-9);
    group.nic_bandwidth = 25e9;
    /* Tokens with 8 experts on 2 nodes reach 2 (1 - 1/2^8) nodes: one copy each instead of 8 / 2. */
    WITHIN(cs_dispatch(&group, 8e8, 8.0), 16e-3 * 2.0 * (1.0 - 1.0 / 256.0) / 8.0, 1e-9);
}
END_TEST

/* Many nodes: the all-reduce takes the tree's 2 log2(n) latencies, gather and scatter count every hop of the ring.
 * Inside a node each counts members: 2 x 8 nodes, 14 x 92 / 14 us on links and 2 x 10 on cards. */
START_TEST(latency_of_many_nodes)
{
    problem.device.collective_base = 1e-3;
    cs_group_place(&network, 1, 16, &group);
    WITHIN(cs_all_gather(&group, 0.0), 1e-3 + 92e-6 + 10e-6, 1e-9);
    WITHIN(cs_all_reduce(&group, 0.0), 1e-3 + 92e-6 + 2.0 * 10e-6, 1e-9); /* a tree: chains of 8 */
    cs_group_place(&network, 8, 64, &group);
    WITHIN(cs_all_reduce(&group, 0.0), 1e-3 + 2.0 * 6.0 * 10e-6, 1e-9);
    WITHIN(cs_all_gather(&group, 0.0), 1e-3 + 63.0 * 10e-6, 1e-9);
    cs_group_place(&network, 1, 8, &group);
    WITHIN(cs_all_gather(&group, 0.0), 1e-3 + 46e-6, 1e-9);
    WITHIN(cs_all_reduce(&group, 0.0), 1e-3 + 92e-6, 1e-9);
}
END_TEST

/* NCCL's factor on the latencies of a ring across nodes, not inside one. At 16 GB the ring is faster than the tree,
 * which reaches .92 of its bandwidth: 16 members in 2 nodes have 28 hops on links and 2 on cards. At 1 B the tree
 * has fewer of them. */
START_TEST(ring_or_tree)
{
    problem.device.ring_plateau = 1.4;
    cs_group_place(&network, 1, 16, &group);
    const double hops = 28.0 * 92e-6 / 14.0 + 2.0 * 10e-6, bytes = 16e9;
    WITHIN(cs_all_reduce(&group, bytes), 1.4 * hops + 1.875 * bytes / 200e9, 1e-12);
    WITHIN(cs_all_gather(&group, bytes), 0.5 * cs_all_reduce(&group, bytes), 1e-12);
    WITHIN(cs_all_reduce(&group, 1.0), 92e-6 + 20e-6, 1e-6);
    WITHIN(cs_all_reduce(&group, 1e6), 92e-6 + 20e-6 + 1.875 * 1e6 / (0.92 * 200e9), 1e-12);
    cs_group_place(&network, 1, 8, &group);
    WITHIN(cs_all_reduce(&group, 0.0), 92e-6, 1e-12);
    WITHIN(cs_all_gather(&group, 0.0), 46e-6, 1e-12);
}
END_TEST

/* Where switches reduce, a tree between nodes loses nothing, and one of two nodes sends up and down at once: 8 x 25
 * GB/s of cards and 8 x 50. A node of one member has no switch to reduce in. */
START_TEST(trees_of_switches)
{
    problem.device.in_switch_bandwidth = 475e9;
    problem.device.link_latency = problem.device.scale_out_latency = 0.0;
    cs_group_place(&network, 1, 16, &group);
    WITHIN(cs_all_reduce(&group, 1e9), 1.875 * 1e9 / 400e9, 1e-9);
    cs_group_place(&network, 1, 32, &group);
    WITHIN(cs_all_reduce(&group, 1e9), 2.0 * 31.0 / 32.0 * 1e9 / 200e9, 1e-9);
    cs_group_place(&network, 8, 2, &group);
    WITHIN(cs_all_reduce(&group, 1e9), 1e9 / 25e9, 1e-9);
    problem.nic_bandwidth = 100e9;
    cs_network_of(&problem, 64, &network);
    cs_group_place(&network, 1, 32, &group);
    WITHIN(cs_all_reduce(&group, 1e9), 2.0 * 31.0 / 32.0 * 1e9 / 475e9, 1e-9);
}
END_TEST

/* PAT, of NCCL's table: log2(64) x 10 / 3.5 us and 2.8 us a member instead of 63 hops, at three quarters of the
 * bandwidth; only where each member is alone in its node, and where it is the faster. */
START_TEST(logarithmic_gathers)
{
    problem.stack.logarithmic_gather = true;
    cs_network_of(&problem, 512, &network);
    cs_group_place(&network, 8, 64, &group);
    const double latency = 6.0 * 10e-6 / 3.5 + 64.0 * 2.8e-6;
    WITHIN(cs_all_gather(&group, 0.0), latency, 1e-9);
    WITHIN(cs_reduce_scatter(&group, 6.4e6), latency + 6.3e6 / (0.75 * 25e9), 1e-9);
    WITHIN(cs_all_gather(&group, 6.4e9), 63.0 * 10e-6 + 6.3e9 / 25e9, 1e-9);
    cs_group_place(&network, 4, 64, &group);
    WITHIN(cs_all_gather(&group, 0.0), 32.0 * 92e-6 / 14.0 + 31.0 * 10e-6, 1e-9);
}
END_TEST

/* A range of one size whose members share a domain, or lie alone: its floors are the times of the group, but for the
 * latencies of the all-reduce's links, and for a ring's where bytes decide. Of more sizes it is the least's, on a
 * torus with the links of the largest: 4 chips of a row of 4 close a ring of 2 links, 2 or 3 have one. */
START_TEST(floors_of_a_range)
{
    struct cs_group_range range;
    const int64_t rows[][2] = {{1, 8}, {2, 4}, {2, 3}, {8, 4}, {16, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_group_place(&network, rows[i][0], rows[i][1], &group);
        cs_group_range_place(&network, rows[i][0], rows[i][1], rows[i][1], &range);
        WITHIN(cs_all_gather_floor(&range, 1e6), cs_all_gather(&group, 1e6), 1e-12);
        WITHIN(cs_reduce_scatter_floor(&range, 1e6), cs_reduce_scatter(&group, 1e6), 1e-12);
        group.ring_latency = 0.0;
        WITHIN(cs_all_reduce_floor(&range, 1e15), cs_all_reduce(&group, 1e15), 1e-6);
        WITHIN(1.0 + cs_all_reduce_floor(&range, 0.0), 1.0 + cs_all_reduce(&group, 0.0), 1e-12);
    }
    cs_group_range_place(&network, 1, 1, 16, &range); /* one alone sends nothing */
    ck_assert_double_eq(cs_all_reduce_floor(&range, 1e9), 0.0);
    ck_assert_double_eq(cs_all_gather_floor(&range, 1e9), 0.0);
    /* 12 members fill a domain and a half: 10 hops over links, one over cards. */
    cs_group_range_place(&network, 1, 12, 16, &range);
    WITHIN(cs_all_gather_floor(&range, 0.0), 10.0 * 92e-6 / 14.0 + 10e-6, 1e-12);
    setup_torus(64);
    cs_group_range_place(&network, 1, 2, 3, &range);
    WITHIN(cs_all_gather_floor(&range, 4e8), 2e8 / 50e9, 1e-9);
    cs_group_range_place(&network, 1, 2, 4, &range);
    WITHIN(cs_all_gather_floor(&range, 4e8), 2e8 / 100e9, 1e-9);
    WITHIN(cs_all_reduce_floor(&range, 4e8), 2.0 * 2e8 / 100e9, 1e-9);
    ck_assert_double_eq(cs_group_tax_floor(&network), 0.02); /* the cards' */
}
END_TEST

/* Dispatch: one hop inside where the domain holds more than one, log2(n) between n domains; 8 ranks of one node each
 * have no hop inside. */
START_TEST(latency_of_dispatch)
{
    cs_group_place(&network, 1, 8, &group);
    WITHIN(cs_dispatch(&group, 0.0, 1.0), 92e-6 / 14.0, 1e-12);
    cs_group_place(&network, 1, 16, &group);
    WITHIN(cs_dispatch(&group, 0.0, 1.0), 92e-6 / 14.0 + 10e-6, 1e-12);
    cs_group_place(&network, 8, 8, &group);
    WITHIN(cs_dispatch(&group, 0.0, 1.0), 3.0 * 10e-6, 1e-12);
}
END_TEST

START_TEST(point_to_point_between_stages)
{
    WITHIN(cs_point_to_point(&network, 2, 4, 232e6), 1e-3 + 92e-6 / 14.0, 1e-9);
    WITHIN(cs_point_to_point(&network, 8, 2, 25e6), 1e-3 + 10e-6, 1e-9);
    WITHIN(cs_point_to_point(&network, 4, 3, 25e6), 1e-3 + 10e-6, 1e-9); /* one of two boundaries leaves the node */
    ck_assert_double_eq(cs_point_to_point(&network, 8, 1, 25e6), 0.0);
}
END_TEST

START_TEST(time_that_no_compute_hides)
{
    ck_assert_double_eq(cs_exposed(3.0, 5.0, 0.0), 0.0);
    ck_assert_double_eq(cs_exposed(5.0, 3.0, 0.0), 2.0);
    WITHIN(cs_exposed(5.0, 3.0, 0.1), 2.3, 1e-12);
    WITHIN(cs_exposed(2.0, 3.0, 0.1), 0.2, 1e-12);
}
END_TEST

/* 64 chips are 4 x 4 x 4. A full axis wraps: 2 links of 50 GB/s; all 64 have 6. All-to-all meets the bisection: S *
 * side / (8 link). */
START_TEST(torus_of_whole_axes)
{
    setup_torus(64);
    problem.device.link_latency = problem.device.link_floor = 0.0;
    for (int axis = 0; axis < 3; axis++) {
        ck_assert_double_eq(network.slice[axis], 4.0);
    }
    cs_group_place(&network, 1, 4, &group);
    WITHIN(cs_all_gather(&group, 4e8), 3e8 / 100e9, 1e-9);
    cs_group_place(&network, 1, 2, &group); /* a part of an axis: one link */
    WITHIN(cs_all_gather(&group, 4e8), 2e8 / 50e9, 1e-9);
    cs_group_place(&network, 4, 16, &group); /* the two other axes */
    WITHIN(cs_all_gather(&group, 16e8), 15e8 / 200e9, 1e-9);
    cs_group_place(&network, 1, 64, &group);
    WITHIN(group.ring_bandwidth, 300e9, 1e-9);
    WITHIN(cs_dispatch(&group, 64e8, 1.0), 63e8 * 4.0 / (8.0 * 50e9), 1e-9);
}
END_TEST

/* 4,096 chips are 16 x 16 x 16. Every second chip of a row of 16: both directions of each link serve two groups, so 50
 * GB/s of ring, but eight groups' all-to-alls cross the middle of the row: 8 links / 16. A whole
 * row is a ring of two links; links a 10^12th as fast take 10^12 times as long. */
START_TEST(torus_of_every_second_chip)
{
    setup_torus(4096);
    problem.device.link_latency = problem.device.link_floor = 0.0;
    cs_group_place(&network, 2, 8, &group);
    WITHIN(cs_all_gather(&group, 8e8), 7e8 / 50e9, 1e-9);
    WITHIN(cs_dispatch(&group, 8e8, 1.0), 7e8 / 25e9, 1e-9);
    problem.device.link_bandwidth *= 1e-12;
    cs_group_place(&network, 1, 16, &group);
    WITHIN(cs_all_gather(&group, 16e8), 15e20 / 100e9, 1e-9);
}
END_TEST

/* One axis: 16 chips are a ring of two links. A slice of one chip has no links at all: 25 GB/s to every other one. */
START_TEST(torus_of_one_axis)
{
    problem.device.torus_axes = 1.0;
    problem.device.domain = 64.0;
    problem.device.link_bandwidth = 50e9;
    problem.device.link_efficiency = 1.0;
    problem.device.link_latency = problem.device.scale_out_latency = 0.0;
    cs_network_of(&problem, 16, &network);
    ck_assert_double_eq(network.slice[0], 1.0);
    ck_assert_double_eq(network.slice[1], 1.0);
    ck_assert_double_eq(network.slice[2], 16.0);
    ck_assert_int_eq(network.devices_low, 13);
    ck_assert_int_eq(network.devices_high, 16);
    cs_group_place(&network, 1, 16, &group);
    WITHIN(cs_all_gather(&group, 16e8), 15e8 / 100e9, 1e-9);
    WITHIN(cs_point_to_point(&network, 1, 2, 50e9), 1.0, 1e-9); /* one link, one direction */
    problem.device.slice_max = 1.0;
    cs_network_of(&problem, 16, &network);
    ck_assert_double_eq(network.domain, 1.0);
    cs_group_place(&network, 1, 16, &group);
    WITHIN(cs_all_gather(&group, 16e8), 15e8 / 25e9, 1e-9);
    problem.device.slice_max = 0.0;
    problem.slice_devices = 1; /* or where a case says so */
    cs_network_of(&problem, 16, &network);
    ck_assert_double_eq(network.domain, 1.0);
}
END_TEST

START_TEST(two_slices_of_a_pod)
{
    setup_torus(6144); /* two slices, over the data-centre network */
    ck_assert_double_eq(network.domain, 4096.0);
    ck_assert_int_eq(network.devices_low, 4097); /* all above one slice are alike */
    ck_assert_int_eq(network.devices_high, INT64_MAX);
    cs_group_place(&network, 1, 6144, &group);
    ck_assert_double_eq(group.inside, 2048.0);
    ck_assert_double_eq(group.outside, 3.0);
    problem.slice_devices = 3072;
    cs_network_of(&problem, 6144, &network);
    cs_group_place(&network, 12, 512, &group);
    ck_assert_double_eq(group.inside, 256.0);
    ck_assert_double_eq(group.outside, 2.0);
}
END_TEST

/* Slices differ from step to step where there are several; domains joined by switches do not. */
START_TEST(pace_of_slices)
{
    problem.device.speed_spread = 0.01;
    problem.device.slice_spread = 0.06;
    cs_network_of(&problem, 8192, &network);
    ck_assert_double_eq(cs_network_pace(&network, 8192.0), cs_device_slowest(&problem.device, 8192.0));
    setup_torus(8192);
    problem.device.speed_spread = 0.01;
    problem.device.slice_spread = 0.06;
    ck_assert_double_eq(cs_network_pace(&network, 4096.0), cs_device_slowest(&problem.device, 4096.0));
    WITHIN(cs_network_pace(&network, 4097.0), cs_device_slowest(&problem.device, 4097.0) + 0.06 * cs_largest_of(2.0),
           1e-12);
    problem.slice_devices = 256; /* MaxText on v5e: 32 slices are 11 to 21% slower than one */
    cs_network_of(&problem, 8192, &network);
    WITHIN(cs_network_pace(&network, 8192.0), cs_device_slowest(&problem.device, 8192.0) + 0.06 * cs_largest_of(32.0),
           1e-12);
}
END_TEST

/* Members that share a domain take what links take, wherever else the collective goes; each alone what a card takes. */
START_TEST(compute_that_collectives_take)
{
    static const struct {
        int64_t stride, size;
        double tax;
    } rows[] = {{1, 8, 0.15}, {1, 16, 0.15}, {4, 16, 0.15}, {8, 4, 0.02}, {1, 9, 0.02}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_group_place(&network, rows[i].stride, rows[i].size, &group);
        ck_assert_double_eq(cs_group_tax(&network, &group), rows[i].tax);
    }
}
END_TEST

/* A class of device counts has one shape, and the shape holds its counts. */
START_TEST(classes_of_slice_shapes)
{
    sample_tpu(&problem.device);
    for (int axes = 1; axes <= 3; axes++) {
        problem.device.torus_axes = axes;
        for (int64_t devices = 1; devices <= 5000; devices += devices < 50 ? 1 : 7) {
            struct cs_network edge;
            cs_network_of(&problem, devices, &network);
            ck_assert_int_le(network.devices_low, devices);
            ck_assert_int_ge(network.devices_high, devices);
            if (devices > 4096) {
                continue;
            }
            ck_assert_double_ge(network.slice[0] * network.slice[1] * network.slice[2], (double)devices);
            const int64_t ends[2] = {network.devices_low, network.devices_high};
            for (int end = 0; end < 2; end++) {
                cs_network_of(&problem, ends[end], &edge);
                for (int axis = 0; axis < 3; axis++) {
                    ck_assert_double_eq(edge.slice[axis], network.slice[axis]);
                }
                ck_assert_int_eq(edge.devices_low, network.devices_low);
                ck_assert_int_eq(edge.devices_high, network.devices_high);
            }
        }
    }
}
END_TEST

START_TEST(a_faster_network_is_never_slower)
{
    const int64_t sizes[] = {2, 3, 8, 12, 16, 64, 100};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int64_t stride = 1; stride <= 16; stride *= 2) {
            for (int power = 3; power <= 10; power++) {
                const double bytes = pow(10.0, power);
                sample_problem(&problem);
                cs_network_of(&problem, 1600, &network);
                cs_group_place(&network, stride, sizes[i], &group);
                const double times[] = {cs_all_reduce(&group, bytes), cs_all_gather(&group, bytes),
                                        cs_dispatch(&group, bytes, 1.0)};
                problem.device.link_bandwidth *= 1.1;
                problem.nic_bandwidth *= 1.1;
                cs_network_of(&problem, 1600, &network);
                cs_group_place(&network, stride, sizes[i], &group);
                ck_assert_double_le(cs_all_reduce(&group, bytes), times[0]);
                ck_assert_double_le(cs_all_gather(&group, bytes), times[1]);
                ck_assert_double_le(cs_dispatch(&group, bytes, 1.0), times[2]);
            }
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("network");
    TCase *cases = tcase_create("network");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, all_reduce_of_eight_a100);
    tcase_add_test(cases, groups_of_one_and_the_floor_of_a_link);
    tcase_add_test(cases, reduction_in_the_switch);
    tcase_add_test(cases, placement_of_groups);
    tcase_add_test(cases, two_levels_of_all_reduce);
    tcase_add_test(cases, latency_of_many_nodes);
    tcase_add_test(cases, ring_or_tree);
    tcase_add_test(cases, trees_of_switches);
    tcase_add_test(cases, logarithmic_gathers);
    tcase_add_test(cases, floors_of_a_range);
    tcase_add_test(cases, latency_of_dispatch);
    tcase_add_test(cases, point_to_point_between_stages);
    tcase_add_test(cases, time_that_no_compute_hides);
    tcase_add_test(cases, torus_of_whole_axes);
    tcase_add_test(cases, torus_of_every_second_chip);
    tcase_add_test(cases, torus_of_one_axis);
    tcase_add_test(cases, two_slices_of_a_pod);
    tcase_add_test(cases, pace_of_slices);
    tcase_add_test(cases, compute_that_collectives_take);
    tcase_add_test(cases, classes_of_slice_shapes);
    tcase_add_test(cases, a_faster_network_is_never_slower);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
