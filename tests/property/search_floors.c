/* SPDX-License-Identifier: BSD-3-Clause */
/* The search's floors of the step before a stage is known, on CS_PROPERTY_COUNT (2,000) random instances from
 * CS_PROPERTY_SEED (1): none is above the stage's own, nor that above a replica's; and where no larger pipeline degree
 * is said to matter, none does. */
#include <stdio.h>

#include "instance.h"
#include "search/engine.h"

static int64_t compared, ended, wrong;

static bool above(double floor, double value)
{
    return floor > value * (1.0 + CS_BOUND_SLACK);
}

static void look_at_stage(const struct cs_search_workspace *work, const struct cs_sharding *sharding,
                          const struct cs_pipeline *pipeline)
{
    struct cs_step_floor bare, known;
    struct cs_stage stage;
    struct cs_replica replica;
    cs_stage_floor(sharding, pipeline, 0, NULL, &bare);
    cs_stage_prepare_layers(&sharding->costs, pipeline->pipeline, 0, &stage);
    cs_stage_floor(sharding, pipeline, 0, &stage, &known);
    cs_replica_prepare(&stage, sharding->mesh.grid_step, 0, work->choices.space->given.zero_group, &replica);
    for (int s = 0; s < CS_SCHEDULE_COUNT; s++) {
        if ((pipeline->schedules & 1u << s) != 0) {
            compared++;
            wrong += above(bare.micro[s], known.micro[s]) || above(known.micro[s], replica.micro[s]) ||
                             above(known.fill[s], replica.fill[s])
                         ? 1
                         : 0;
            /* 1F1B's bubble is the time of the others: less of it where the slowest takes more than its floor. */
            wrong += s != CS_SCHEDULE_1F1B ? above(bare.fill[s], known.fill[s])
                                           : above(bare.micro[s] + bare.fill[s], known.micro[s] + known.fill[s]);
        }
    }
}

static void look_at_pipelines(const struct cs_search_workspace *work, const struct cs_sharding *sharding)
{
    for (int64_t devices = 2; devices < 5000; devices += 1 + devices / 3) {
        const struct cs_row row = cs_row_of(work, sharding, 0, (double)devices);
        bool rest = false;
        for (int32_t i = 0; i < work->pipeline_count; i++) {
            const bool hopeless = cs_node_hopeless(&row, &work->pipelines[i]);
            rest = rest || cs_rest_hopeless(&row, &work->pipelines[i]);
            ended += rest ? 1 : 0;
            wrong += rest && !hopeless ? 1 : 0;
        }
    }
}

int main(void)
{
    const int64_t count = instance_number("CS_PROPERTY_COUNT", 2000);
    uint64_t state = (uint64_t)instance_number("CS_PROPERTY_SEED", 1);
    struct cs_search_workspace *const work = cs_search_workspace_create();
    for (int64_t i = 0; i < count && work != NULL && wrong == 0; i++) {
        struct instance instance;
        struct cs_mesh mesh;
        instance_draw(&state, &instance);
        if (!cs_engine_start(work, &instance.problem, &instance.space, CS_MIN_DEVICES, NULL, 1, 1, NULL) ||
            work->choices.cap < 1 || work->choices.low > work->choices.high) {
            continue;
        }
        cs_engine_class(work, work->choices.low);
        const int32_t tensor = cs_tensor_next(&work->choices, 0, true);
        for (int32_t k = 0; tensor > 0 && cs_mesh_at(&work->choices, tensor, k, &mesh); k++) {
            work->sharding_count = 0;
            const struct cs_sharding *const sharding =
                cs_engine_sharding(work, &mesh, 1, CS_RECOMPUTE_NONE, CS_OFFLOAD_OFF);
            look_at_pipelines(work, sharding);
            for (int32_t p = 0; p < work->pipeline_count; p++) {
                look_at_stage(work, sharding, &work->pipelines[p]);
            }
        }
        if (wrong > 0) {
            printf("instance %lld has a floor that is none:", (long long)i);
            instance_print(&instance);
        }
    }
    cs_search_workspace_destroy(work);
    printf("floors of %lld schedules, %lld pipeline degrees not looked at\n", (long long)compared, (long long)ended);
    printf("%d passed, %d failed\n", wrong == 0 && compared > 0 && ended > 0 ? 1 : 0,
           wrong == 0 && compared > 0 && ended > 0 ? 0 : 1);
    return wrong == 0 && compared > 0 && ended > 0 ? 0 : 1;
}
