/* SPDX-License-Identifier: BSD-3-Clause */
/* The library alone: a device, an architecture, a call. tests/install.sh builds and runs it against an installed
 * prefix; a program of yours needs no more than this and `pkg-config --cflags --libs cs_sweep`. */
#include <cs_sweep/search.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

int main(void)
{
    /* Every field at its default, then what a data sheet says; NAN is left where this program does not look. */
#define DEFAULT(member, key, type, factor, low, high, value, unit, scopes, meaning) .member = (factor) * (value),
    struct cs_device device = {.name = "mine", .kind = CS_GPU, CS_DEVICE_FIELDS(DEFAULT).tile_count = 1};
    device.peak_flops = 1e15, device.sustained = 0.7, device.units = 132, device.clock = 1.8e9;
    device.hbm_capacity = 96e9, device.hbm_bandwidth = 4e12, device.fused2_forward = device.fused2_backward = 0.5;
    device.link_bandwidth = 900e9, device.domain = 8, device.scale_out_bandwidth = 50e9;
    device.tiles[0] = (struct cs_tile){.m = 128, .n = 128, .efficiency = 0.9};

    struct cs_settings settings;
    cs_settings_default(&settings);
    struct cs_architecture model;
    cs_architecture_from_d_model(&settings.scaling_law, 8192, &model);
    struct cs_law law;
    cs_law_evaluate(&settings.scaling_law, &settings.training, &model, true, 0, &law);
    struct cs_precision precision;
    cs_precision_bf16(&precision);

    struct cs_problem problem;
    cs_problem_init(&problem, &model, &law, &device, &precision, &settings.training);
    struct cs_space space;
    cs_space_set_free(&settings.search, &space);
    struct cs_search_workspace *workspace = cs_search_workspace_create();
    struct cs_search_result best;
    int32_t found;
    cs_search(&problem, &space, CS_MIN_DEVICES, NULL, workspace, 1, &best, &found);
    cs_search_workspace_destroy(workspace);
    printf("%" PRId64 " devices for %.1f days: tensor %" PRId32 ", pipeline %" PRId32 ", data %" PRId64 "\n",
           best.plan.devices, best.step.training_seconds / 86400, best.plan.tensor, best.plan.pipeline, best.plan.data);
    return best.status == CS_STATUS_FEASIBLE ? 0 : 1;
}
