/* SPDX-License-Identifier: BSD-3-Clause */
/* The errors that the calibration found of cases that it left out of its fits. */
#include "cs_sweep/cases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "library/read.h"

void cs_held_out_errors(const struct cs_cases *cases, double *errors)
{
    char path[4096];
    char *text = NULL;
    struct cs_error error;
    struct cs_json_document document = {0};
    const struct cs_json *known = NULL;
    if (cs_data_path("validation/held_out.json", path, sizeof path) && cs_text_read(path, &text, &error) == CS_OK &&
        cs_json_parse(path, text, strlen(text), &document, &error) == CS_OK) {
        known = cs_json_member(document.root, "held_out");
    }
    for (int32_t i = 0; i < cases->count; i++) {
        const struct cs_json *const at = cs_json_member(known, cases->items[i].id);
        errors[i] = (double)NAN;
        if (at != NULL && at->type == CS_JSON_ARRAY && at->count > 0 &&
            cs_json_real(at->first, -1.0, 1e30, NULL, &errors[i], &error) != CS_OK) {
            errors[i] = (double)NAN;
        }
    }
    cs_json_free(&document);
    free(text);
}
