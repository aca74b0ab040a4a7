/* SPDX-License-Identifier: BSD-3-Clause */
#include "cs_sweep/library.h"

#include <stdlib.h>
#include <string.h>

#include "read.h"

enum { CS_CASES_MOST = 1000000 };

static bool read_family(const struct cs_json *root, const char *family, struct cs_family_error *result)
{
    struct cs_error error;
    const struct cs_json *at = cs_json_member(cs_json_member(root, "families"), family);
    const struct cs_json *mape = cs_json_member(at, "mape"), *cases = cs_json_member(at, "cases");
    return mape != NULL && cases != NULL && cs_json_real(mape, 0.0, 1e3, "1", &result->mape, &error) == CS_OK &&
           cs_json_count(cases, 1, CS_CASES_MOST, "1", &result->cases, &error) == CS_OK;
}

bool cs_family_error_read(const char *family, struct cs_family_error *result)
{
    char path[4096];
    char *text = NULL;
    struct cs_error error;
    struct cs_json_document document = {0};
    if (!cs_data_path("validation/errors.json", path, sizeof path) || cs_text_read(path, &text, &error) != CS_OK) {
        return false;
    }
    const bool known = cs_json_parse(path, text, strlen(text), &document, &error) == CS_OK &&
                       read_family(document.root, family, result);
    cs_json_free(&document);
    free(text);
    return known;
}
