/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of the configuration's reader call one another for. */
#ifndef CS_CONFIG_READER_H
#define CS_CONFIG_READER_H

#include "cs_sweep/config.h"
#include "json/json.h"

/* What serves where no configuration is given: one that states the standard value of each axis. */
#define CS_DEFAULTS_NAME "(defaults)"

/* Configuration and every --set as one document, not yet checked for its keys. */
enum cs_code cs_bundle_document(const struct cs_bundle *bundle, struct cs_json_document *document,
                                struct cs_error *error);

/* One value of a setting: a number (choices and flags by index, sets by bits) or, where it is one, a list. `single`
 * takes one name of a set for the set of it. */
enum cs_code cs_read_value(const struct cs_json *at, const struct cs_setting *row, bool single, double *value,
                           struct cs_list *list, struct cs_error *error);

/* "axes" into config->axes; settings and library are there already. */
enum cs_code cs_read_axes(const struct cs_bundle *bundle, const struct cs_json *root, struct cs_config *config,
                          struct cs_error *error);
/* For a bundle of one point: keeps one value of a filled axis. */
enum cs_code cs_narrow_axis(const struct cs_bundle *bundle, struct cs_config *config, struct cs_axis *axis,
                            struct cs_error *error);
/* Whether a --set names an axis of settings, of which it then picks a value. */
bool cs_set_picks(const struct cs_json *root, const char *set);
/* Where a setting is given: as an axis or in its section; NULL where it has its default. */
const struct cs_json *cs_setting_place(const struct cs_json *root, const char *path);
/* Fails where settings are right one by one and wrong together; axes and settings are there already. */
enum cs_code cs_check_together(const struct cs_bundle *bundle, const struct cs_json *root,
                               const struct cs_config *config, struct cs_error *error);
/* config->in_effect. */
enum cs_code cs_write_in_effect(struct cs_config *config, struct cs_error *error);

#endif
