/* SPDX-License-Identifier: BSD-3-Clause */
#include "variables.h"

#include "cs_sweep/units.h"

#include <stddef.h>

/* Every variable of the result file that is not a dimension. A variable that is new here is written; one of a record is
 * also read back by --resume. Units are UDUNITS', and "s" rather than "seconds", which xarray would turn into time
 * differences. Counts of tokens, sequences and FLOP have unit 1; the long name says of what. */

/* Of a device's field: projected, and changed by an axis over that field. */
#define ON_FIELD(member) (CS_ON_HARDWARE | (CS_FIELD_##member + 1) * CS_ON_FIELD)

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
    POINT(device_peak, CS_FLOAT64, "s-1", ON_FIELD(peak_flops), point->problem.device.peak_flops,                      \
          "peak 16-bit floating-point operations per second of a device")                                              \
    POINT(memory_capacity, CS_FLOAT64, "byte", ON_FIELD(hbm_capacity), point->problem.device.hbm_capacity,             \
          "memory of a device")                                                                                        \
    POINT(device_tdp, CS_FLOAT64, "W", ON_FIELD(tdp), point->problem.device.tdp, "thermal design power of a device")

/* REGION(name, units, axes, member of struct cs_place, long name) */
#define REGION_VARIABLES(REGION)                                                                                       \
    REGION(carbon_intensity, "g kW-1 h-1", CS_ON_REGION, g_today,                                                      \
           "carbon dioxide equivalent emitted per electrical energy, in the year of the region's figure")              \
    REGION(grid_intensity, "g kW-1 h-1", CS_ON_REGION | CS_ON_YEAR | CS_SCOPE_OPERATION, g_per_kwh,                    \
           "carbon dioxide equivalent emitted per electrical energy in the year of the hardware")                      \
    REGION(region_pue, "1", CS_ON_REGION | CS_SCOPE_OPERATION, pue, "power usage effectiveness in effect")

/* STEP(name, units, member of struct cs_record, long name): what a record says of the step. */
#define STEP_VARIABLES(STEP)                                                                                           \
    STEP(training_time, "s", training_time, "time of the whole training")                                              \
    STEP(idle_time, "s", idle_time, "of it, time that does not train: what goodput leaves")                            \
    STEP(step_time, "s", step_time, "time of one training step")                                                       \
    STEP(mfu, "1", mfu, "model FLOPs utilisation over the whole training: 6 N D, attention not counted")               \
    STEP(hfu, "1", hfu, "hardware FLOPs utilisation, recomputation counted")                                           \
    STEP(memory_per_device, "byte", memory, "memory used on the fullest device")

#define ON_ENERGY (CS_ON_PLAN | CS_SCOPE_POWER)
#define ON_EMBODIED (CS_ON_PLAN | CS_SCOPE_EMBODIED)
#define ON_OPERATION (CS_ON_PLAN | CS_SCOPE_POWER | CS_SCOPE_OPERATION)

#define OF_DEVICE "embodied carbon dioxide equivalent of one device"
/* DEVICE(name, member of struct cs_embodied, long name) */
#define DEVICE_VARIABLES(DEVICE)                                                                                       \
    DEVICE(embodied_device_logic, logic, OF_DEVICE ": logic dies")                                                     \
    DEVICE(embodied_device_hbm, hbm, OF_DEVICE ": HBM")                                                                \
    DEVICE(embodied_device_cooling, cooling, OF_DEVICE ": heat sink and power delivery")                               \
    DEVICE(embodied_device_board, board, OF_DEVICE ": circuit board, connectors, mechanics")                           \
    DEVICE(embodied_device_host, host, OF_DEVICE ": share of its host")                                                \
    DEVICE(embodied_device_network, network, OF_DEVICE ": share of the network gear")                                  \
    DEVICE(embodied_device_transport, transport, OF_DEVICE ": transport to the site")                                  \
    DEVICE(embodied_device_end_of_life, end_of_life, OF_DEVICE ": end of life")                                        \
    DEVICE(embodied_device_construction, construction, OF_DEVICE ": buildings and their plant")                        \
    DEVICE(embodied_device, total, OF_DEVICE)

/* CARBON(name, axes, KWH or KG, member of struct cs_footprint, long name) */
#define CARBON_VARIABLES(CARBON)                                                                                       \
    CARBON(energy, ON_ENERGY, KWH, energy, "energy of the devices before PUE")                                         \
    CARBON(energy_idle, ON_ENERGY, KWH, energy_idle, "of it, in wall time that does not train")                        \
    CARBON(energy_servers, ON_ENERGY, KWH, energy_servers, "energy of the rest of the servers before PUE")             \
    CARBON(energy_network, ON_ENERGY, KWH, energy_network, "energy of the network gear before PUE")                    \
    CARBON(embodied_inventory, ON_EMBODIED, KG, inventory,                                                             \
           "embodied carbon dioxide equivalent of all devices, not amortised")                                         \
    CARBON(carbon_embodied, ON_EMBODIED, KG, embodied, "embodied carbon dioxide equivalent charged to the training")   \
    CARBON(cost, ON_ENERGY | CS_SCOPE_COST, USD, cost, "cost of the training in US dollars, where a price is known")   \
    CARBON(water, ON_OPERATION, L, water, "water of the training, on site and of generation")                          \
    CARBON(carbon_operational, ON_OPERATION, KG, operational,                                                          \
           "carbon dioxide equivalent of the devices' energy while they train")                                        \
    CARBON(carbon_idle, ON_OPERATION, KG, idle,                                                                        \
           "carbon dioxide equivalent of the devices' energy in wall time that does not train")                        \
    CARBON(carbon_servers, ON_OPERATION, KG, servers,                                                                  \
           "carbon dioxide equivalent of the energy of the rest of the servers")                                       \
    CARBON(carbon_network, ON_OPERATION, KG, network, "carbon dioxide equivalent of the energy of the network gear")   \
    CARBON(carbon_total, ON_OPERATION | CS_SCOPE_EMBODIED, KG, total,                                                  \
           "carbon dioxide equivalent of the training: operational, idle, servers, network, embodied")

enum {
#define POINT_ENUM(name, type, units, axes, expression, long_name) POINT_##name,
    POINT_VARIABLES(POINT_ENUM)
};

/* type: in the file; kept: in the record. */
#define OF_RECORD(text, on, type, kept, units, member, flags, filled, long_name)                                       \
    {text, type, units, long_name, on, CS_FROM_RECORD, offsetof(struct cs_record, member), kept, flags, filled},
#define RECORD(name, type, kept, units, member, flags, filled, long_name)                                              \
    OF_RECORD(#name, CS_ON_PLAN, type, kept, units, member, flags, filled, long_name)
/* The same of the least-carbon plan. */
#define LEAST_MEANING "least-carbon plan: "
#define LEAST_RECORD(name, type, kept, units, member, flags, filled, long_name)                                        \
    OF_RECORD(CS_LEAST_PREFIX #name, CS_ON_LEAST, type, kept, units, member, flags, filled, LEAST_MEANING long_name)

/* The knobs of a plan, as far as the file holds them; a level of few words takes a byte. */
#define TYPE_COUNT(most) CS_INT64
#define KEPT_COUNT CS_INT64
#define TYPE_DEGREE(most) CS_INT32
#define KEPT_DEGREE CS_INT32
#define TYPE_LEVEL(most) (most) < 128 ? CS_INT8 : CS_INT32
#define KEPT_LEVEL CS_INT32
#define KNOB_true(name, type, kept, words, meaning) RECORD(name, type, kept, "1", plan.name, words, true, meaning)
#define KNOB_false(name, type, kept, words, meaning)
#define KNOB_ROW(name, kind, most, option, key, sign, shown, tie, file, words, meaning)                                \
    KNOB_##file(name, TYPE_##kind(most), KEPT_##kind, words, meaning)
#define LEAST_KNOB_true(name, type, kept, words, meaning)                                                              \
    LEAST_RECORD(name, type, kept, "1", plan.name, words, true, meaning)
#define LEAST_KNOB_false(name, type, kept, words, meaning)
#define LEAST_KNOB_ROW(name, kind, most, option, key, sign, shown, tie, file, words, meaning)                          \
    LEAST_KNOB_##file(name, TYPE_##kind(most), KEPT_##kind, words, meaning)

#define STATUS_FLAG(name, word, sentence) "|" #word
#define STATUS_FLAGS (&CS_STATUSES(STATUS_FLAG)[1])
#define SHARE_ROW(name, word, meaning)                                                                                 \
    RECORD(share_##word, CS_FLOAT64, CS_FLOAT64, "1", shares[CS_SHARE_##name], NULL, true,                             \
           "share of the step: " meaning)
#define LEAST_SHARE_ROW(name, word, meaning)                                                                           \
    LEAST_RECORD(share_##word, CS_FLOAT64, CS_FLOAT64, "1", shares[CS_SHARE_##name], NULL, true,                       \
                 "share of the step: " meaning)
#define STEP_ROW(name, units, member, long_name)                                                                       \
    RECORD(name, CS_FLOAT64, CS_FLOAT64, units, member, NULL, true, long_name)
#define LEAST_STEP_ROW(name, units, member, long_name)                                                                 \
    LEAST_RECORD(name, CS_FLOAT64, CS_FLOAT64, units, member, NULL, true, long_name)
#define NAMED(text, type, units, axes, source, index, filled, long_name)                                               \
    {text, type, units, long_name, axes, source, index, type, NULL, filled},
#define OTHER(name, type, units, axes, source, index, filled, long_name)                                               \
    NAMED(#name, type, units, axes, source, index, filled, long_name)
#define POINT_ROW(name, type, units, axes, expression, long_name)                                                      \
    OTHER(name, type, units, axes, CS_FROM_POINT, POINT_##name, false, long_name)
#define REGION_ROW(name, units, axes, member, long_name)                                                               \
    OTHER(name, CS_FLOAT64, units, axes, CS_FROM_REGION, offsetof(struct cs_place, member), false, long_name)
#define DEVICE_ROW(name, member, long_name)                                                                            \
    OTHER(name, CS_FLOAT64, "kg", CS_SCOPE_EMBODIED, CS_FROM_DEVICE, offsetof(struct cs_embodied, member), false,      \
          long_name)
#define UNITS_KWH "kW h"
#define SOURCE_KWH CS_FROM_KWH
#define SOURCE_KG CS_FROM_KG
#define SOURCE_L CS_FROM_KG
#define SOURCE_USD CS_FROM_KG
#define UNITS_KG "kg"
#define UNITS_L "L"
#define UNITS_USD "1"
#define CARBON_ROW(name, axes, unit, member, long_name)                                                                \
    OTHER(name, CS_FLOAT64, UNITS_##unit, axes, SOURCE_##unit, offsetof(struct cs_footprint, member), true, long_name)
#define LEAST_CARBON_ROW(name, axes, unit, member, long_name)                                                          \
    NAMED(CS_LEAST_PREFIX #name, CS_FLOAT64, UNITS_##unit, ((axes) ^ CS_ON_PLAN) | CS_ON_LEAST, SOURCE_##unit,         \
          offsetof(struct cs_footprint, member), true, LEAST_MEANING long_name)

#define CANDIDATES_MEANING "plans in the space that was searched, not those visited"

static const struct cs_variable variables[] = {
    POINT_VARIABLES(POINT_ROW)   /* of the model and the device */
    REGION_VARIABLES(REGION_ROW) /* of the region */
    RECORD(status, CS_INT8, CS_INT64, "1", status, STATUS_FLAGS, false, "what became of the search")
        CS_PLAN_KNOBS(KNOB_ROW) /* the plan */
    STEP_VARIABLES(STEP_ROW)    /* its time and memory */
    CS_SHARES(SHARE_ROW)        /* where the time goes */
    RECORD(candidates, CS_FLOAT64, CS_FLOAT64, "1", candidates, NULL, true, CANDIDATES_MEANING)
        DEVICE_VARIABLES(DEVICE_ROW) /* what one device is made of */
    CARBON_VARIABLES(CARBON_ROW)     /* energy and carbon */
    /* the least-carbon plan, where it is searched; its status first, as of any record */
    LEAST_RECORD(status, CS_INT8, CS_INT64, "1", status, STATUS_FLAGS, false, "what became of the search")
        CS_PLAN_KNOBS(LEAST_KNOB_ROW) STEP_VARIABLES(LEAST_STEP_ROW) CS_SHARES(LEAST_SHARE_ROW)
            LEAST_RECORD(candidates, CS_FLOAT64, CS_FLOAT64, "1", candidates, NULL, true, CANDIDATES_MEANING)
                CARBON_VARIABLES(LEAST_CARBON_ROW)};

const struct cs_variable *cs_variables(int32_t *count)
{
    *count = (int32_t)(sizeof variables / sizeof variables[0]);
    return variables;
}

bool cs_variable_present(const struct cs_grid *grid, const struct cs_variable *variable)
{
    return grid->least_carbon || (variable->on & CS_ON_LEAST) == 0;
}

static double value_of_point(const struct cs_design_point *point, int64_t index)
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

double cs_variable_value(const struct cs_variable *variable, const void *from)
{
    if (variable->source == CS_FROM_POINT) {
        return value_of_point(from, variable->offset);
    }
    const double value = cs_load(variable->kept, (const char *)from + variable->offset);
    return variable->source == CS_FROM_KWH ? value / CS_JOULES_PER_KWH : value;
}

int64_t cs_type_size(enum cs_type type)
{
    static const int64_t sizes[] = {[CS_INT8] = 1, [CS_INT32] = 4, [CS_INT64] = 8, [CS_FLOAT64] = 8};
    return sizes[type];
}

double cs_load(enum cs_type type, const void *from)
{
    switch (type) {
    case CS_INT8:
        return (double)*(const int8_t *)from;
    case CS_INT32:
        return (double)*(const int32_t *)from;
    case CS_INT64:
        return (double)*(const int64_t *)from;
    case CS_FLOAT64:
    case CS_TEXT:
    default:
        return *(const double *)from;
    }
}
