/* SPDX-License-Identifier: BSD-3-Clause */
/* The input is a file of measured runs. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/cases.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cs_cases cases = {0};
    struct cs_error error = {0};
    char *text = malloc(size + 1);
    if (text == NULL) {
        abort();
    }
    memcpy(text, data, size);
    text[size] = '\0';
    if (cs_cases_parse("cases.json", text, size, &cases, &error) != CS_OK && error.message[0] == '\0') {
        abort();
    }
    cs_cases_free(&cases);
    free(text);
    return 0;
}
