/* SPDX-License-Identifier: BSD-3-Clause */
/* From what a user names - a configuration, a model, a device, a year - to one point of a grid. */
#ifndef CS_EXPLAIN_LOCATE_H
#define CS_EXPLAIN_LOCATE_H

#include "point.h"

/* Texts as given on the command line; NULL: not given. */
struct cs_point_request {
    const char *config;      /* path of a configuration; NULL: the defaults */
    const char *config_text; /* the text of that configuration where it was read already; NULL: read from the path */
    const char *wanted[CS_MAIN_AXIS_COUNT]; /* a model or d_model, a device, years, a QAT level, a region or g/kWh */
    const char *devices; /* path of a file of devices that join the library (cs_bundle_add_devices); NULL: none */
    int32_t set_count;
    const char *const *sets;
};

/* Reads and parses into *config (free it with cs_config_free, also after an error) and fills point->design and what
 * names the point. Values that the configuration's axes do not hold are taken from the data files. */
enum cs_code cs_point_locate(const struct cs_point_request *request, struct cs_config *config, struct cs_point *point,
                             struct cs_error *error);
/* A measured run of a case file: point->best[0] is its prediction, point->design its problem. Of the request the sets
 * and the devices count; the knobs that are given replace those of the plan as published. */
enum cs_code cs_point_locate_case(const char *path, const char *id, const struct cs_point_request *request,
                                  const struct cs_plan *given, struct cs_config *config, struct cs_point *point,
                                  struct cs_error *error);

#endif
