/* SPDX-License-Identifier: BSD-3-Clause */
/* The input is a packed configuration, as ranks receive it; what is taken packs to the same bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cs_bundle bundle;
    struct cs_error error;
    if (cs_bundle_unpack((const char *)data, (int64_t)size, &bundle, &error) == CS_OK) {
        char *bytes = NULL;
        int64_t packed = 0;
        if (cs_bundle_pack(&bundle, &bytes, &packed, &error) != CS_OK || packed != (int64_t)size ||
            memcmp(bytes, data, size) != 0) {
            abort();
        }
        free(bytes);
        cs_bundle_free(&bundle);
    }
    return 0;
}
