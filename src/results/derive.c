/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

/* Carbon inputs take a projected device and a design point to compute, and are the same for every model and plan. So
 * they are kept in a table by their combination of the carbon axes; of more combinations than slots several share
 * one. */
enum { SLOTS_MAX = 8192 };
struct slot {
    int64_t combination; /* -1: empty */
    struct cs_carbon_inputs inputs;
};

struct cs_evaluator {
    const struct cs_results *results;
    const struct cs_layout *layout;
    int64_t slot_count;
    struct slot *slots;
    struct cs_design_point point;
    /* Of the last record and combination, so that a run over the regions computes them once. */
    int64_t last_record, last_combination;
    bool feasible;
    struct cs_footprint footprint;
};

struct cs_evaluator *cs_evaluator_create(const struct cs_results *results, const struct cs_layout *layout)
{
    struct cs_evaluator *evaluator = calloc(1, sizeof *evaluator);
    if (evaluator == NULL) {
        return NULL;
    }
    evaluator->results = results;
    evaluator->layout = layout;
    evaluator->slot_count = layout->carbon_count < SLOTS_MAX ? layout->carbon_count : SLOTS_MAX;
    evaluator->slots = calloc((size_t)evaluator->slot_count, sizeof *evaluator->slots);
    if (evaluator->slots == NULL) {
        free(evaluator);
        return NULL;
    }
    for (int64_t i = 0; i < evaluator->slot_count; i++) {
        evaluator->slots[i].combination = -1;
    }
    return evaluator;
}

void cs_evaluator_destroy(struct cs_evaluator *evaluator)
{
    if (evaluator != NULL) {
        free(evaluator->slots);
        free(evaluator);
    }
}

static const struct cs_carbon_inputs *inputs_of(struct cs_evaluator *evaluator, int64_t combination)
{
    struct slot *slot = &evaluator->slots[combination % evaluator->slot_count];
    if (slot->combination != combination) {
        const struct cs_layout *layout = evaluator->layout;
        const struct cs_config *config = layout->grid->config;
        int64_t coordinates[CS_AXES_MAX] = {0};
        for (int32_t i = 0; i < config->axis_count; i++) {
            if (layout->carbon[i]) {
                coordinates[i] = combination / layout->carbon_stride[i] % config->axes[i].size;
            }
        }
        cs_grid_point(layout->grid, coordinates, &evaluator->point);
        slot->inputs = evaluator->point.carbon;
        slot->combination = combination;
    }
    return &slot->inputs;
}

static const struct cs_region *region_of(const struct cs_layout *layout, int64_t coordinate)
{
    const struct cs_config *config = layout->grid->config;
    return &config->library.regions[config->axes[layout->region_axis].indices[coordinate]];
}

static struct cs_place place_at(struct cs_evaluator *evaluator, int64_t combination, int64_t region)
{
    return cs_region_place(inputs_of(evaluator, combination), region_of(evaluator->layout, region));
}

static double carbon_value(struct cs_evaluator *evaluator, const struct cs_variable *variable, int64_t record_index,
                           int64_t combination, int64_t region)
{
    const struct cs_carbon_inputs *inputs = inputs_of(evaluator, combination);
    if (variable->source == CS_FROM_DEVICE) {
        return cs_variable_value(variable, &inputs->embodied);
    }
    if (record_index != evaluator->last_record || combination != evaluator->last_combination) {
        const struct cs_record *record =
            cs_record_at(evaluator->results, (variable->on & CS_ON_LEAST) != 0, record_index);
        evaluator->last_record = record_index;
        evaluator->last_combination = combination;
        evaluator->feasible = record->status == CS_STATUS_FEASIBLE;
        if (evaluator->feasible) {
            cs_footprint_of(inputs, record->plan.devices, record->training_time, record->idle_time, record->mfu,
                            &evaluator->footprint);
        }
    }
    if (!evaluator->feasible) {
        return (double)NAN;
    }
    const struct cs_place place = place_at(evaluator, combination, region);
    cs_footprint_at(&place, &evaluator->footprint);
    return cs_variable_value(variable, &evaluator->footprint);
}

/* A position in a variable, and what it stands for. */
struct walk {
    int64_t coordinates[CS_DIMENSIONS_MAX];
    int64_t record, combination;
};

static void walk_start(const struct cs_shape *shape, int64_t flat, struct walk *walk)
{
    *walk = (struct walk){.record = 0};
    for (int32_t k = shape->dimensions - 1; k >= 0; k--) {
        walk->coordinates[k] = flat % shape->size[k];
        flat /= shape->size[k];
        walk->record += walk->coordinates[k] * shape->record_stride[k];
        walk->combination += walk->coordinates[k] * shape->carbon_stride[k];
    }
}

static void walk_next(const struct cs_shape *shape, struct walk *walk)
{
    for (int32_t k = shape->dimensions - 1; k >= 0; k--) {
        walk->coordinates[k]++;
        walk->record += shape->record_stride[k];
        walk->combination += shape->carbon_stride[k];
        if (walk->coordinates[k] < shape->size[k]) {
            return;
        }
        walk->coordinates[k] = 0;
        walk->record -= shape->size[k] * shape->record_stride[k];
        walk->combination -= shape->size[k] * shape->carbon_stride[k];
    }
}

static double point_value(struct cs_evaluator *evaluator, const struct cs_variable *variable,
                          const struct cs_shape *shape, const struct walk *walk)
{
    int64_t coordinates[CS_AXES_MAX] = {0};
    for (int32_t k = 0; k < shape->dimensions; k++) {
        coordinates[shape->axis[k]] = walk->coordinates[k];
    }
    cs_grid_point(evaluator->layout->grid, coordinates, &evaluator->point);
    return cs_variable_value(variable, &evaluator->point);
}

static void store(enum cs_type type, void *to, double value)
{
    switch (type) {
    case CS_INT8:
        *(int8_t *)to = (int8_t)value;
        break;
    case CS_INT32:
        *(int32_t *)to = (int32_t)value;
        break;
    case CS_INT64:
        *(int64_t *)to = (int64_t)value;
        break;
    case CS_FLOAT64:
    case CS_TEXT:
    default:
        *(double *)to = value;
        break;
    }
}

void cs_fill(enum cs_type type, void *to)
{
    store(type, to, type == CS_FLOAT64 ? (double)NAN : -1.0);
}

/* The number of candidates is known even where none is feasible. */
static bool has_value(const struct cs_variable *variable, const struct cs_record *record)
{
    if (record->status == CS_STATUS_FEASIBLE || !variable->filled) {
        return true;
    }
    return variable->offset == (int64_t)offsetof(struct cs_record, candidates) && record->status != CS_STATUS_PENDING &&
           record->status != CS_STATUS_FAILED;
}

/* What a record keeps wide may be narrow in the file. */
static void record_values(const struct cs_results *results, const struct cs_variable *variable, int64_t first,
                          int64_t count, char *values)
{
    const int64_t size = cs_type_size(variable->type);
    const bool least = (variable->on & CS_ON_LEAST) != 0;
    for (int64_t i = 0; i < count; i++) {
        const struct cs_record *record = cs_record_at(results, least, first + i);
        if (has_value(variable, record)) {
            store(variable->type, values + i * size, cs_variable_value(variable, record));
        } else {
            cs_fill(variable->type, values + i * size);
        }
    }
}

void cs_derive_back(struct cs_results *results, const struct cs_variable *variable, int64_t first, int64_t count,
                    const void *values)
{
    const int64_t size = cs_type_size(variable->type);
    const bool least = (variable->on & CS_ON_LEAST) != 0;
    for (int64_t i = 0; i < count; i++) {
        struct cs_record *record = cs_record_at(results, least, first + i);
        if (has_value(variable, record)) {
            store(variable->kept, (char *)record + variable->offset,
                  cs_load(variable->type, (const char *)values + i * size));
        }
    }
}

void cs_derive(struct cs_evaluator *evaluator, const struct cs_variable *variable, const struct cs_shape *shape,
               int64_t first, int64_t count, void *values)
{
    if (variable->source == CS_FROM_RECORD) {
        record_values(evaluator->results, variable, first, count, values);
        return;
    }
    struct walk walk;
    walk_start(shape, first, &walk);
    evaluator->last_record = -1;
    for (int64_t i = 0; i < count; i++, walk_next(shape, &walk)) {
        const int64_t region = shape->region >= 0 ? walk.coordinates[shape->region] : 0;
        double value;
        if (variable->source == CS_FROM_POINT) {
            value = point_value(evaluator, variable, shape, &walk);
        } else if (variable->source == CS_FROM_REGION) {
            const struct cs_place place = place_at(evaluator, walk.combination, region);
            value = cs_variable_value(variable, &place);
        } else {
            value = carbon_value(evaluator, variable, walk.record, walk.combination, region);
        }
        store(variable->type, (char *)values + i * cs_type_size(variable->type), value);
    }
}
