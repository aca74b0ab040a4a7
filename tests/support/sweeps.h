/* SPDX-License-Identifier: BSD-3-Clause */
/* Sweeps whose result files are tested: plain, with further axes, with plans of each region, with two
 * objectives, with alternatives. */
#ifndef CS_TESTS_SWEEPS_H
#define CS_TESTS_SWEEPS_H

#define SWEEP_AXES                                                                                                     \
    "\"model\": {\"d_model\": [2048, 4096, 8192]}, \"hardware\": [\"A100\", \"H100\"], \"year\": [0, 3, 7],"           \
    "\"qat\": [\"off\", \"int8\"], \"carbon_intensity\": [\"us-east5\", \"asia-south1\","                              \
    "{\"region\": \"s\u00fcdpol\", \"g_per_kwh\": 120}]"

static const char plain[] = "{\"axes\": {" SWEEP_AXES "}}";
static const char wide[] = "{\"axes\": {" SWEEP_AXES ", \"training.deadline_days\": [30, 90],"
                           "\"carbon.cpa_growth_per_year\": [0, 0.1], \"carbon.pue\": [1.1, 1.3, 1.5],"
                           "\"carbon.host\": [false, true], \"power.static_fraction\": [0.5, 0.7],"
                           "\"training.seq_len\": [2048, 4096]}}";
static const char regional[] = "{\"axes\": {" SWEEP_AXES ", \"carbon.pue\": [1.1, 1.3]},"
                               "\"search\": {\"objective\": \"min_carbon\"}}";
static const char mixed[] = "{\"axes\": {" SWEEP_AXES ", \"search.objective\": [\"min_devices\", \"min_carbon\"]}}";
static const char several[] = "{\"axes\": {" SWEEP_AXES "}, \"search\": {\"alternatives\": 3}}";

#endif
