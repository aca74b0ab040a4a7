/* SPDX-License-Identifier: BSD-3-Clause */
#include "cs_sweep/library.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "read.h"

enum { CS_CASES_MOST = 1000000 };

static bool read_entry(const struct cs_json *entries, const char *name, struct cs_model_error *result)
{
    struct cs_error error;
    const struct cs_json *at = cs_json_member(entries, name);
    const struct cs_json *mape = cs_json_member(at, "mape"), *cases = cs_json_member(at, "cases");
    return mape != NULL && cases != NULL && cs_json_real(mape, 0.0, 1e3, "1", &result->mape, &error) == CS_OK &&
           cs_json_count(cases, 1, CS_CASES_MOST, "1", &result->cases, &error) == CS_OK;
}

void cs_model_error_read(const struct cs_device *device, struct cs_model_error *result)
{
    char path[4096];
    char *text = NULL;
    struct cs_error error;
    struct cs_json_document document = {0};
    *result = (struct cs_model_error){.kind = CS_TRUST_NONE, .mape = (double)NAN};
    if (!cs_data_path("validation/errors.json", path, sizeof path) || cs_text_read(path, &text, &error) != CS_OK) {
        return;
    }
    if (cs_json_parse(path, text, strlen(text), &document, &error) == CS_OK) {
        if (read_entry(cs_json_member(document.root, "devices"), device->name, result)) {
            result->kind = CS_TRUST_HELD_OUT;
        } else if (read_entry(cs_json_member(document.root, "families"), device->family, result)) {
            result->kind = CS_TRUST_FAMILY;
        }
    }
    cs_json_free(&document);
    free(text);
}
