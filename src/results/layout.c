/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

#include <stdio.h>
#include <string.h>

/* Values of a chunk: half a MB of doubles, which the readers' own caches (1 MB in HDF5, 4 MB and more in netCDF)
 * hold. */
static const int64_t chunk_values = 65536;
/* Below this a variable is stored in one piece: a chunk's index would be larger than what compression saves. */
static const int64_t smallest_chunked = 512;

static bool axis_in_projection(const struct cs_axis *axis)
{
    return axis->kind == CS_AXIS_SETTING && strncmp(axis->path, "projection.", strlen("projection.")) == 0;
}

/* Which scopes read an axis directly, not through the plan. A number format is read by the search alone: it changes
 * neither a device's power nor its embodied carbon. */
static unsigned direct_scopes(const struct cs_axis *axis)
{
    return axis->kind == CS_AXIS_QAT ? (unsigned)CS_SCOPE_SEARCH : axis->scopes;
}

/* A dimension may not have the name of a variable or another dimension: netCDF takes them for one thing. */
static bool is_taken(const struct cs_layout *layout, int32_t axis, const char *name)
{
    static const char *const others[] = {"alternative", "provenance"};
    int32_t count;
    const struct cs_variable *variables = cs_variables(&count);
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(variables[i].name, name) == 0) {
            return true;
        }
    }
    for (int32_t i = 0; i < CS_MAIN_AXIS_COUNT; i++) {
        if (strcmp(cs_main_axes[i].dimension, name) == 0) {
            return true;
        }
    }
    for (int32_t i = 0; i < axis; i++) {
        if (strcmp(layout->names[i], name) == 0) {
            return true;
        }
    }
    return strcmp(others[0], name) == 0 || strcmp(others[1], name) == 0;
}

static void name_dimensions(struct cs_layout *layout)
{
    const struct cs_config *config = layout->grid->config;
    for (int32_t i = 0; i < config->axis_count; i++) {
        const struct cs_axis *axis = &config->axes[i];
        char *name = layout->names[i];
        const bool whole = axis->kind >= CS_MAIN_AXIS_COUNT && is_taken(layout, i, axis->name);
        (void)snprintf(name, sizeof layout->names[i], "%s", whole ? axis->path : axis->name);
        for (char *dot = strchr(name, '.'); dot != NULL; dot = strchr(dot, '.')) {
            *dot = '_';
        }
    }
    (void)snprintf(layout->names[config->axis_count], sizeof layout->names[0], "alternative");
}

static void count_carbon(struct cs_layout *layout)
{
    const unsigned carbon_scopes = CS_SCOPE_POWER | CS_SCOPE_EMBODIED | CS_SCOPE_OPERATION | CS_SCOPE_COST;
    const struct cs_config *config = layout->grid->config;
    layout->carbon_count = 1;
    for (int32_t i = config->axis_count - 1; i >= 0; i--) {
        const struct cs_axis *axis = &config->axes[i];
        layout->carbon[i] = i != layout->region_axis && (axis->kind == CS_AXIS_HARDWARE || axis->kind == CS_AXIS_YEAR ||
                                                         (direct_scopes(axis) & carbon_scopes) != 0);
        if (layout->carbon[i]) {
            layout->carbon_stride[i] = layout->carbon_count;
            layout->carbon_count *= axis->size;
        }
    }
}

enum cs_code cs_layout_init(const struct cs_grid *grid, struct cs_layout *layout, struct cs_error *error)
{
    const struct cs_config *config = grid->config;
    *layout = (struct cs_layout){.grid = grid, .region_axis = cs_config_axis(config, CS_AXIS_REGION)};
    layout->alternatives = 1 + (int32_t)config->settings.search.alternatives;
    name_dimensions(layout);
    count_carbon(layout);
    layout->region_searched = cs_axis_read_by(&config->axes[layout->region_axis], grid->plan_scopes);
    int64_t stride = layout->alternatives;
    if (layout->region_searched) {
        layout->record_stride[layout->region_axis] = stride;
        stride *= config->axes[layout->region_axis].size;
    }
    for (int32_t k = grid->search_axis_count - 1; k >= 0; k--) {
        const int32_t i = grid->search_axes[k];
        layout->searched[i] = true;
        layout->record_stride[i] = stride;
        layout->search_stride[i] = stride / grid->plans_per_search;
        stride *= config->axes[i].size;
    }
    /* A plan's variables are the records in their order, so their axes must have the order of the records. */
    struct cs_shape plan;
    cs_shape_of(layout, CS_ON_PLAN, &plan);
    bool in_order = true;
    stride = 1;
    for (int32_t k = plan.dimensions - 1; k >= 0; k--) {
        in_order = in_order && plan.record_stride[k] == stride;
        stride *= plan.size[k];
    }
    return in_order && stride == grid->searches * grid->plans_per_search
               ? CS_OK
               : cs_fail(error, CS_ERROR_INTERNAL,
                         "The axes of the searches are not in the order of the result file; please report it.");
}

void cs_dimension_name(const struct cs_grid *grid, int32_t axis, char name[CS_DIMENSION_NAME_MAX])
{
    struct cs_layout layout = {.grid = grid};
    name_dimensions(&layout);
    memcpy(name, layout.names[axis], CS_DIMENSION_NAME_MAX);
}

static bool depends(const struct cs_layout *layout, unsigned on, int32_t i)
{
    const struct cs_axis *axis = &layout->grid->config->axes[i];
    const bool region = axis->kind == CS_AXIS_REGION;
    const bool hardware = axis->kind == CS_AXIS_HARDWARE || axis->kind == CS_AXIS_YEAR || axis_in_projection(axis);
    if (axis->kind == CS_AXIS_DEVICE && on / CS_ON_FIELD > 0) {
        int32_t count;
        return axis->field - cs_device_fields(&count) == (ptrdiff_t)(on / CS_ON_FIELD) - 1;
    }
    return (on & direct_scopes(axis)) != 0 || ((on & CS_ON_MODEL) != 0 && axis->kind == CS_AXIS_MODEL) ||
           ((on & CS_ON_HARDWARE) != 0 && hardware) || ((on & CS_ON_YEAR) != 0 && axis->kind == CS_AXIS_YEAR) ||
           ((on & CS_ON_REGION) != 0 && region) || ((on & CS_SCOPE_OPERATION) != 0 && region) ||
           ((on & CS_ON_PLAN) != 0 && (layout->searched[i] || (region && layout->region_searched))) ||
           ((on & CS_ON_LEAST) != 0 && layout->searched[i]);
}

void cs_shape_of(const struct cs_layout *layout, unsigned on, struct cs_shape *shape)
{
    const struct cs_config *config = layout->grid->config;
    const bool least = (on & CS_ON_LEAST) != 0;
    *shape = (struct cs_shape){.count = 1, .region = -1};
    for (int32_t i = 0; i < config->axis_count; i++) {
        if (depends(layout, on, i)) {
            shape->region = i == layout->region_axis ? shape->dimensions : shape->region;
            shape->axis[shape->dimensions] = i;
            shape->size[shape->dimensions] = config->axes[i].size;
            shape->record_stride[shape->dimensions] = least ? layout->search_stride[i] : layout->record_stride[i];
            shape->carbon_stride[shape->dimensions] = layout->carbon_stride[i];
            shape->count *= config->axes[i].size;
            shape->dimensions++;
        }
    }
    if ((on & CS_ON_PLAN) != 0 && layout->alternatives > 1) {
        shape->axis[shape->dimensions] = config->axis_count;
        shape->size[shape->dimensions] = layout->alternatives;
        shape->record_stride[shape->dimensions] = 1;
        shape->count *= layout->alternatives;
        shape->dimensions++;
    }
}

bool cs_shape_chunk(const struct cs_shape *shape, int64_t *chunk)
{
    int64_t inner = 1;
    for (int32_t k = shape->dimensions - 1; k >= 0; k--) {
        /* Whole inner axes, then a part of one, then single steps: such a block is contiguous. */
        const int64_t part = chunk_values / inner > 0 ? chunk_values / inner : 1;
        const int64_t parts = (shape->size[k] + part - 1) / part;
        chunk[k] = (shape->size[k] + parts - 1) / parts;
        inner = parts > 1 ? chunk_values : inner * chunk[k];
    }
    return shape->count >= smallest_chunked;
}

void cs_block_at(const struct cs_shape *shape, const int64_t *chunk, int64_t first, struct cs_block *block)
{
    block->first = first;
    block->count = 1;
    block->whole = 1;
    int64_t rest = first;
    for (int32_t k = shape->dimensions - 1; k >= 0; k--) {
        block->start[k] = rest % shape->size[k];
        rest /= shape->size[k];
        const int64_t left = shape->size[k] - block->start[k];
        block->extents[k] = chunk[k] < left ? chunk[k] : left;
        block->count *= block->extents[k];
        block->whole *= chunk[k];
    }
}
