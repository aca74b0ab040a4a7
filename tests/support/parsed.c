/* SPDX-License-Identifier: BSD-3-Clause */
#include "parsed.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

char *cs_test_copy(const char *text)
{
    char *made = malloc(strlen(text) + 1);
    ck_assert_ptr_nonnull(made);
    memcpy(made, text, strlen(text) + 1);
    return made;
}

void cs_test_parse(const char *text, int32_t count, const char *const *sets, struct cs_bundle *bundle,
                   struct cs_config *config)
{
    struct cs_error error = {CS_OK, ""};
    ck_assert_msg(cs_bundle_read(NULL, count, sets, bundle, &error) == CS_OK, "%s", error.message);
    bundle->config = text != NULL ? cs_test_copy(text) : NULL;
    ck_assert_msg(cs_config_parse(bundle, config, &error) == CS_OK, "%s", error.message);
}

void cs_test_grid(const char *const sets[CS_TEST_SETS], struct cs_bundle *bundle, struct cs_config *config,
                  struct cs_grid *grid)
{
    struct cs_error error = {CS_OK, ""};
    int32_t count = 0;
    while (count < CS_TEST_SETS && sets[count] != NULL) {
        count++;
    }
    cs_config_free(config);
    cs_bundle_free(bundle);
    cs_test_parse(NULL, count, sets, bundle, config);
    ck_assert_msg(cs_grid_init(config, grid, &error) == CS_OK, "%s", error.message);
}
