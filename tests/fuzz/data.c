/* SPDX-License-Identifier: BSD-3-Clause */
/* The first byte says which data file the rest of the input is: d(evices), r(egions), q(at_levels), m(odels). */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok, const char *what)
{
    if (!ok) {
        (void)fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void check_library(const struct cs_library *library)
{
    for (int32_t i = 0; i < library->device_count; i++) {
        const struct cs_device *device = &library->devices[i];
#define CHECK_FIELD(member, key, type, factor, low, high, value, unit, scopes, meaning)                                \
    demand(isfinite(device->member) && device->member >= 0.0, "device: " key);
        CS_DEVICE_FIELDS(CHECK_FIELD)
        demand(cs_library_find(library, CS_ENTRY_DEVICE, device->name) >= 0, "a device that is not found");
    }
    for (int32_t i = 0; i < library->region_count; i++) {
        demand(isfinite(library->regions[i].g_per_kwh), "region");
    }
    for (int32_t i = 0; i < library->model_count; i++) {
        struct cs_parameters parameters;
        if (!library->models[i].from_law) {
            cs_parameters_count(&library->models[i].architecture, &parameters);
            demand(isfinite(parameters.total) && parameters.total > 0.0, "a model without parameters");
        }
    }
}

#define DEVICE                                                                                                         \
    "{\"name\": \"x\", \"kind\": \"tpu\", \"peak_tflops\": 1, \"hbm_gib\": 1, \"hbm_gb\": 1, \"hbm_gb_s\": 1, "        \
    "\"units\": 1,"                                                                                                    \
    " \"clock_ghz\": 1, \"sustained\": 1, \"link_gb_s\": 1, \"domain\": 1, \"scale_out_gb_s\": 1, \"tdp_w\": 1,"       \
    " \"die_mm2\": 1, \"node_nm\": 7, \"server_power_w\": 0}"
#define REGION "{\"region\": \"x\", \"g_per_kwh\": 0}"
#define QAT                                                                                                            \
    "{\"qat\": \"x\", \"weight_bits\": 16, \"activation_bits\": 16, \"communication_bits\": 16, \"format\": \"bf16\"}"
#define MODEL "{\"name\": \"x\", \"layers\": 1, \"d_model\": 8, \"heads\": 1}"

/* The axes name nothing of a file, so that every file that is right is taken. */
static char config_text[] = "{\"axes\": {\"model\": [" MODEL "], \"hardware\": [" DEVICE
                            "], \"year\": [0], \"qat\": [" QAT "], \"carbon_intensity\": [" REGION "]}}";
static char config_name[] = "config.json", file_name[] = "data.json";
static char devices[] = "{\"devices\": [" DEVICE "]}", regions[] = "{\"regions\": [" REGION "]}";
static char qat_levels[] = "{\"qat_levels\": [" QAT "]}", models[] = "{\"models\": [" MODEL "]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cs_bundle bundle = {.config_name = config_name,
                               .config = config_text,
                               .file_name = {file_name, file_name, file_name, file_name},
                               .file = {devices, regions, qat_levels, models}};
    struct cs_config config;
    struct cs_error error;
    static const char kinds[] = "drqm";
    const char *kind = size > 0 && data[0] != 0 ? strchr(kinds, data[0]) : NULL;
    if (kind == NULL) {
        return -1;
    }
    char *text = malloc(size);
    demand(text != NULL, "no memory");
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    bundle.file[kind - kinds] = text;
    if (cs_config_parse(&bundle, &config, &error) == CS_OK) {
        check_library(&config.library);
        cs_config_free(&config);
    } else {
        demand(error.code == CS_ERROR_CONFIG && error.message[0] != '\0', "an error without a message");
    }
    free(text);
    return 0;
}
