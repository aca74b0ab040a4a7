/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

#include <stddef.h>

/* Every variable of the result file that is not a dimension. A variable that is new here is written; one of a record is
 * also read back by --resume. Units are UDUNITS', and "s" rather than "seconds", which xarray would turn into time
 * differences. Counts of tokens, sequences and FLOP have unit 1; the long name says of what. */

#define STATUS_FLAGS "pending feasible divisibility communication batch memory deadline failed"
#define RECOMPUTE_FLAGS "none selective full"
#define SCHEDULE_FLAGS "1f1b zb1p dualpipe"

/* POINT(name, type, units, axes, expression of `point`, long name) */
#define POINT_VARIABLES(POINT)                                                                                         \
    POINT(d_model, CS_INT64, "1", CS_ON_MODEL, point->problem.architecture.d_model, "model dimension")                 \
    POINT(layers, CS_INT64, "1", CS_SCOPE_ARCHITECTURE, point->problem.architecture.layers, "transformer layers")      \
    POINT(heads, CS_INT64, "1", CS_SCOPE_ARCHITECTURE, point->problem.architecture.heads, "attention heads")           \
    POINT(experts, CS_INT64, "1", CS_SCOPE_ARCHITECTURE, point->problem.architecture.experts,                          \
          "routed experts of a mixture-of-experts layer; 1 is dense")                                                  \
    POINT(parameters_total, CS_FLOAT64, "1", CS_SCOPE_ARCHITECTURE, point->problem.law.parameters_total, "parameters") \
    POINT(parameters_active, CS_FLOAT64, "1", CS_SCOPE_ARCHITECTURE, point->problem.law.parameters_active,             \
          "parameters used for one token")                                                                             \
    POINT(tokens, CS_FLOAT64, "1", CS_SCOPE_ARCHITECTURE, point->problem.law.tokens, "training tokens")                \
    POINT(compute, CS_FLOAT64, "1", CS_SCOPE_ARCHITECTURE, point->problem.law.compute,                                 \
          "floating-point operations of the training, 6 N D")                                                          \
    POINT(critical_batch, CS_FLOAT64, "1", CS_SCOPE_ARCHITECTURE, point->problem.law.critical_batch,                   \
          "critical batch in tokens")                                                                                  \
    POINT(loss, CS_FLOAT64, "1", CS_SCOPE_ARCHITECTURE, point->problem.law.loss, "training loss in nats per token")    \
    POINT(device_peak, CS_FLOAT64, "s-1", CS_ON_HARDWARE, point->problem.device.peak_flops,                            \
          "peak 16-bit floating-point operations per second of a device")                                              \
    POINT(memory_capacity, CS_FLOAT64, "byte", CS_ON_HARDWARE, point->problem.device.hbm_capacity,                     \
          "memory of a device")                                                                                        \
    POINT(device_tdp, CS_FLOAT64, "W", CS_ON_HARDWARE, point->problem.device.tdp, "thermal design power of a device")

/* REGION(name, units, axes, enum cs_derived, long name) */
#define REGION_VARIABLES(REGION)                                                                                       \
    REGION(carbon_intensity, "g kW-1 h-1", CS_ON_REGION, CS_REGION_INTENSITY,                                          \
           "carbon dioxide equivalent emitted per electrical energy")                                                  \
    REGION(region_pue, "1", CS_ON_REGION | CS_SCOPE_OPERATION, CS_REGION_PUE, "power usage effectiveness in effect")

/* RECORD(name, type, units, member, flag meanings, long name) */
#define RECORD_VARIABLES(RECORD)                                                                                       \
    RECORD(devices, CS_INT64, "1", devices, NULL, "devices that train")                                                \
    RECORD(tensor, CS_INT32, "1", tensor, NULL, "tensor-parallel degree")                                              \
    RECORD(pipeline, CS_INT32, "1", pipeline, NULL, "pipeline-parallel degree")                                        \
    RECORD(data, CS_INT64, "1", data, NULL, "data-parallel degree")                                                    \
    RECORD(context, CS_INT32, "1", context, NULL, "context-parallel degree")                                           \
    RECORD(expert, CS_INT32, "1", expert, NULL, "expert-parallel degree")                                              \
    RECORD(expert_tensor, CS_INT32, "1", expert_tensor, NULL, "tensor-parallel degree inside an expert")               \
    RECORD(zero_stage, CS_INT8, "1", zero_stage, NULL, "ZeRO stage")                                                   \
    RECORD(interleave, CS_INT32, "1", interleave, NULL, "pipeline chunks per device")                                  \
    RECORD(schedule, CS_INT8, "1", schedule, SCHEDULE_FLAGS, "pipeline schedule")                                      \
    RECORD(micro_batch, CS_INT32, "1", micro_batch, NULL, "sequences of a micro-batch")                                \
    RECORD(global_batch, CS_INT64, "1", global_batch, NULL, "sequences of a step")                                     \
    RECORD(recompute, CS_INT8, "1", recompute, RECOMPUTE_FLAGS, "activation recomputation")                            \
    RECORD(training_time, CS_FLOAT64, "s", training_time, NULL, "time of the whole training")                          \
    RECORD(step_time, CS_FLOAT64, "s", step_time, NULL, "time of one training step")                                   \
    RECORD(mfu, CS_FLOAT64, "1", mfu, NULL, "model FLOPs utilisation over the whole training")                         \
    RECORD(hfu, CS_FLOAT64, "1", hfu, NULL, "hardware FLOPs utilisation, recomputation counted")                       \
    RECORD(memory_per_device, CS_FLOAT64, "byte", memory, NULL, "memory used on the fullest device")                   \
    RECORD(share_compute, CS_FLOAT64, "1", shares[CS_SHARE_COMPUTE], NULL, "share of the step: compute")               \
    RECORD(share_tensor, CS_FLOAT64, "1", shares[CS_SHARE_TENSOR], NULL,                                               \
           "share of the step: exposed tensor- and "                                                                   \
           "context-parallel communication")                                                                           \
    RECORD(share_expert, CS_FLOAT64, "1", shares[CS_SHARE_EXPERT], NULL,                                               \
           "share of the step: exposed expert-parallel communication")                                                 \
    RECORD(share_pipeline, CS_FLOAT64, "1", shares[CS_SHARE_PIPELINE], NULL,                                           \
           "share of the step: exposed pipeline communication")                                                        \
    RECORD(share_data, CS_FLOAT64, "1", shares[CS_SHARE_DATA], NULL,                                                   \
           "share of the step: exposed data-parallel and ZeRO communication")                                          \
    RECORD(share_bubble, CS_FLOAT64, "1", shares[CS_SHARE_BUBBLE], NULL, "share of the step: pipeline bubble")         \
    RECORD(share_optimizer, CS_FLOAT64, "1", shares[CS_SHARE_OPTIMIZER], NULL, "share of the step: optimizer")         \
    RECORD(candidates, CS_FLOAT64, "1", candidates, NULL, "plans in the space that was searched, not those visited")

#define ON_DEVICE CS_SCOPE_EMBODIED
#define ON_ENERGY (CS_ON_PLAN | CS_SCOPE_POWER)
#define ON_EMBODIED (CS_ON_PLAN | CS_SCOPE_EMBODIED)
#define ON_OPERATION (CS_ON_PLAN | CS_SCOPE_POWER | CS_SCOPE_OPERATION)

/* CARBON(name, units, axes, enum cs_derived, filled where infeasible, long name) */
#define CARBON_VARIABLES(CARBON)                                                                                       \
    CARBON(embodied_device_logic, "kg", ON_DEVICE, CS_UNIT_LOGIC, false,                                               \
           "embodied carbon dioxide equivalent of one device: logic dies")                                             \
    CARBON(embodied_device_hbm, "kg", ON_DEVICE, CS_UNIT_HBM, false,                                                   \
           "embodied carbon dioxide equivalent of one device: HBM")                                                    \
    CARBON(embodied_device_host, "kg", ON_DEVICE, CS_UNIT_HOST, false,                                                 \
           "embodied carbon dioxide equivalent of one device: share of its host")                                      \
    CARBON(embodied_device_overhead, "kg", ON_DEVICE, CS_UNIT_OVERHEAD, false,                                         \
           "embodied carbon dioxide equivalent of one device: infrastructure, transport, recycling")                   \
    CARBON(embodied_device, "kg", ON_DEVICE, CS_UNIT_TOTAL, false, "embodied carbon dioxide equivalent of one device") \
    CARBON(energy, "kW h", ON_ENERGY, CS_ENERGY, true, "energy of the devices before PUE")                             \
    CARBON(energy_servers, "kW h", ON_ENERGY, CS_ENERGY_SERVERS, true, "energy of the rest of the servers before PUE") \
    CARBON(embodied_inventory, "kg", ON_EMBODIED, CS_EMBODIED_INVENTORY, true,                                         \
           "embodied carbon dioxide equivalent of all devices, not amortised")                                         \
    CARBON(carbon_embodied, "kg", ON_EMBODIED, CS_CARBON_EMBODIED, true,                                               \
           "embodied carbon dioxide equivalent charged to the training")                                               \
    CARBON(carbon_operational, "kg", ON_OPERATION, CS_CARBON_OPERATIONAL, true,                                        \
           "carbon dioxide equivalent of the devices' energy")                                                         \
    CARBON(carbon_servers, "kg", ON_OPERATION, CS_CARBON_SERVERS, true,                                                \
           "carbon dioxide equivalent of the energy of the rest of the servers")                                       \
    CARBON(carbon_total, "kg", ON_OPERATION | CS_SCOPE_EMBODIED, CS_CARBON_TOTAL, true,                                \
           "carbon dioxide equivalent of the training: devices, rest of the servers, embodied")

enum {
#define POINT_ENUM(name, type, units, axes, expression, long_name) POINT_##name,
    POINT_VARIABLES(POINT_ENUM)
};

static const struct cs_variable variables[] = {
#define POINT_ROW(name, type, units, axes, expression, long_name)                                                      \
    {#name, type, units, long_name, axes, CS_FROM_POINT, POINT_##name, NULL, false},
#define REGION_ROW(name, units, axes, derived, long_name)                                                              \
    {#name, CS_FLOAT64, units, long_name, axes, CS_FROM_REGION, derived, NULL, false},
#define RECORD_ROW(name, type, units, member, flags, long_name)                                                        \
    {#name, type, units, long_name, CS_ON_PLAN, CS_FROM_RECORD, offsetof(struct cs_record, member), flags, true},
#define CARBON_ROW(name, units, axes, derived, filled, long_name)                                                      \
    {#name, CS_FLOAT64, units, long_name, axes, CS_FROM_CARBON, derived, NULL, filled},
    POINT_VARIABLES(POINT_ROW)
        REGION_VARIABLES(REGION_ROW){"status", CS_INT8, "1", "what became of the search", CS_ON_PLAN, CS_FROM_RECORD,
                                     offsetof(struct cs_record, status), STATUS_FLAGS, false},
    RECORD_VARIABLES(RECORD_ROW) CARBON_VARIABLES(CARBON_ROW)};

const struct cs_variable *cs_variables(int32_t *count)
{
    *count = (int32_t)(sizeof variables / sizeof variables[0]);
    return variables;
}

double cs_variable_of_point(const struct cs_design_point *point, int64_t index)
{
    switch (index) {
#define POINT_CASE(name, type, units, axes, expression, long_name)                                                     \
    case POINT_##name:                                                                                                 \
        return (double)(expression);
        POINT_VARIABLES(POINT_CASE)
    default:
        return 0.0;
    }
}

int64_t cs_type_size(enum cs_type type)
{
    switch (type) {
    case CS_INT8:
        return 1;
    case CS_INT32:
        return 4;
    case CS_INT64:
    case CS_FLOAT64:
    default:
        return 8;
    }
}
