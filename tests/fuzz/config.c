/* SPDX-License-Identifier: BSD-3-Clause */
/* The input is a configuration. What is taken is in effect as itself, and spans a grid whose points can be made. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/design.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok, const char *what)
{
    if (!ok) {
        (void)fprintf(stderr, "%s\n", what);
        abort();
    }
}

static char *copy(const void *data, size_t size)
{
    char *text = malloc(size + 1);
    demand(text != NULL, "no memory");
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

static void check_points(const struct cs_config *config)
{
    struct cs_grid grid;
    struct cs_error error;
    demand(cs_grid_init(config, &grid, &error) == CS_OK, error.message);
    demand(grid.points <= config->settings.limits.points, "more points than the limit");
    for (int64_t i = 0; i < 3; i++) {
        int64_t coordinates[CS_AXES_MAX];
        struct cs_design_point point;
        const int64_t search = i * (grid.searches - 1) / 2;
        cs_grid_coordinates(&grid, search, coordinates);
        cs_grid_point(&grid, coordinates, &point);
        demand(cs_grid_search_of(&grid, coordinates) == search, "a search's way there and back");
        demand(point.problem.seq_len >= 1 && isfinite(point.problem.law.compute), "a point that is no problem");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cs_bundle bundle;
    struct cs_config config, again;
    struct cs_error error;
    if (bundle.config_name == NULL) {
        demand(cs_bundle_read(NULL, 0, NULL, &bundle, &error) == CS_OK, error.message);
    }
    bundle.config = copy(data, size);
    if (cs_config_parse(&bundle, &config, &error) == CS_OK) {
        char path[64];
        check_points(&config);
        free(bundle.config);
        bundle.config = copy(config.in_effect, strlen(config.in_effect));
        demand(cs_config_parse(&bundle, &again, &error) == CS_OK, error.message);
        demand(!cs_config_difference(config.in_effect, again.in_effect, path, sizeof path), path);
        demand(strcmp(config.in_effect, again.in_effect) == 0, "another text");
        cs_config_free(&again);
        cs_config_free(&config);
    } else {
        demand(error.code == CS_ERROR_CONFIG && error.message[0] != '\0', "an error without a message");
    }
    free(bundle.config);
    bundle.config = NULL;
    return 0;
}
