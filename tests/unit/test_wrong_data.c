/* SPDX-License-Identifier: BSD-3-Clause */
/* Data files: devices, regions, levels of quantisation-aware training, models. */
#include "wrong.h"

/* A GPU of the fields that each must have: positions in the messages count through its text. */
#define DEVICE(head, units, tail)                                                                                      \
    "{\"devices\": [\n{\"name\": \"a\", " head "\"peak_tflops\": 100, \"hbm_gib\": 16, \"hbm_gb\": 16, "               \
    "\"hbm_gb_s\": 900, \"units\": " units ", \"clock_ghz\": 1,\n \"sustained\": 0.8, \"link_gb_s\": 300, "            \
    "\"domain\": 8, \"scale_out_gb_s\": 12, \"tdp_w\": 250, \"die_mm2\": 600,\n \"node_nm\": 7, "                      \
    "\"server_power_w\": 1000" tail

/* clang-format off */
static const struct cs_wrong table[] = {
    WRONG_DATA(CS_WRONG_DEVICES, "2:1", "devices[0]", MISSING("kind"),
        "{\"devices\": [\n"
        "{\"name\": \"a\"}]}")
    WRONG_DATA(CS_WRONG_DEVICES, "2:23", "devices[0].kind", ONE_OF("\"gpu\", \"tpu\""),
        "{\"devices\": [\n"
        "{\"name\": \"a\", \"kind\": \"cpu\"}]}")
    WHOLE_DATA(CS_WRONG_DEVICES, "data.json:2:1: devices[0]: the key \"tiles\" is missing; a GPU needs one GEMM "
        "tile or more.",
        DEVICE("\"kind\": \"gpu\", ", "80", "}]}"))
    WRONG_DATA(CS_WRONG_DEVICES, "4:50", "devices[0].tiles[0]", "expected a tile [m, n, efficiency]",
        DEVICE("\"kind\": \"gpu\", ", "80", ", \"tiles\": [[128, 128]]}]}"))
    WRONG_DATA(CS_WRONG_DEVICES, "4:61", "devices[0].tiles[0][2]", NUMBER("0.01", "1"),
        DEVICE("\"kind\": \"gpu\", ", "80", ", \"tiles\": [[128, 128, 2]]}]}"))
    WRONG_DATA(CS_WRONG_DEVICES, "4:49", "devices[0].tiles", LIST,
        DEVICE("\"kind\": \"gpu\", ", "80", ", \"tiles\": []}]}"))
    WRONG_DATA(CS_WRONG_DEVICES, "4:80", "devices[0].torus_axes", "of kind \"gpu\" must have torus_axes 0",
        DEVICE("\"kind\": \"gpu\", ", "80", ", \"tiles\": [[128, 128, 1]], \"torus_axes\": 3}]}"))
    WRONG_DATA(CS_WRONG_DEVICES, "4:54", "devices[0].torus_axes", "torus_axes must be 0 (switched), 2 or 3",
        DEVICE("\"kind\": \"tpu\", ", "80", ", \"torus_axes\": 1}]}"))
    WRONG_DATA(CS_WRONG_DEVICES, "2:105", "devices[0].units", "expected a whole number, not 80.5",
        DEVICE("\"kind\": \"gpu\", ", "80.5", ", \"tiles\": [[128, 128, 1]]}]}"))
    WRONG_DATA(CS_WRONG_DEVICES, "4:40", "devices[0].hbm_gb_s", KEY_TWICE("2", "79"),
        DEVICE("\"kind\": \"gpu\", ", "80", ", \"hbm_gb_s\": 5}]}"))
    WRONG_DATA(CS_WRONG_DEVICES, "2:27", "devices[0].based_on", "leads round in a circle",
        "{\"devices\": [\n"
        "{\"name\": \"a\", \"based_on\": \"b\"},\n"
        "{\"name\": \"b\", \"based_on\": \"a\"}]}")
    WRONG_DATA(CS_WRONG_DEVICES, "2:27", "devices[0].based_on", NAME_MEANT("device", "c", "a"),
        "{\"devices\": [\n"
        "{\"name\": \"a\", \"based_on\": \"c\"}]}")
    WHOLE_DATA(CS_WRONG_DEVICES, "data.json:5:10: devices[1].name: an earlier entry has the name \"a\".",
        DEVICE("\"kind\": \"gpu\", ", "80", ", \"tiles\": [[128, 128, 1]]},\n{\"name\": \"a\", "
        "\"based_on\": \"a\"}]}"))
    WRONG_DATA(CS_WRONG_DEVICES, "2:27", "devices[0].aliases[0]", EARLIER("a"),
        DEVICE("\"aliases\": [\"a\"], \"kind\": \"gpu\", ", "80", ", \"tiles\": [[128, 128, 1]]}]}"))
    WRONG_DATA(CS_WRONG_DEVICES, "4:78", "devices[0].sources.hbm", UNKNOWN_KEY,
        DEVICE("\"kind\": \"gpu\", ", "80", ", \"tiles\": [[128, 128, 1]], \"sources\": {\"hbm\": \"x\"}}]}"))
    WRONG_DATA(CS_WRONG_DEVICES, "2:1", "devices[0]", OBJECT,
        "{\"devices\": [\n"
        "5]}")
    WRONG_DATA(CS_WRONG_DEVICES, "1:13", "devices", LIST, "{\"devices\": []}")
    WRONG_DATA(CS_WRONG_DEVICES, "1:2", "device", KEY_MEANT("devices"), "{\"device\": []}")
    WRONG_DATA(CS_WRONG_DEVICES, "1:1", "", OBJECT, "[]")
    WRONG_DATA(CS_WRONG_REGIONS, "2:1", "regions[0]", MISSING("g_per_kwh"),
        "{\"regions\": [\n"
        "{\"region\": \"a\"}]}")
    WRONG_DATA(CS_WRONG_REGIONS, "2:30", "regions[0].g_per_kwh", NUMBER_OF("g/kWh", "0", "10000"),
        "{\"regions\": [\n"
        "{\"region\": \"a\", \"g_per_kwh\": \"5\"}]}")
    WRONG_DATA(CS_WRONG_REGIONS, "3:12", "regions[1].region", EARLIER("a"),
        "{\"regions\": [\n"
        "{\"region\": \"a\", \"g_per_kwh\": 5},\n"
        "{\"region\": \"a\", \"g_per_kwh\": 6}]}")
    WRONG_DATA(CS_WRONG_REGIONS, "2:41", "regions[0].year", WHOLE_NUMBER("1900", "2200"),
        "{\"regions\": [\n"
        "{\"region\": \"a\", \"g_per_kwh\": 5, \"year\": 20.5}]}")
    WRONG_DATA(CS_WRONG_QAT, "2:94", "qat_levels[0].format", ONE_OF("\"bf16\", \"int8\", \"fp8\""),
        "{\"qat_levels\": [\n"
        "{\"qat\": \"off\", \"weight_bits\": 16, \"activation_bits\": 16, \"communication_bits\": 16, "
        "\"format\": \"fp64\"}]}")
    WRONG_DATA(CS_WRONG_MODELS, "3:10", "models[1].name", EARLIER("m"),
        "{\"models\": [\n"
        "{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8},\n"
        "{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8}]}")
    WRONG_DATA(CS_WRONG_MODELS, "2:69", "models[0].aliases[0]", EARLIER("m"),
        "{\"models\": [\n"
        "{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"aliases\": [\"m\"]}]}")
    WHOLE_DATA(CS_WRONG_MODELS, "data.json:2:71: models[0].batch_ramp: wants global_batch with it, the batch of the "
        "rest of the run.",
        "{\"models\": [\n"
        "{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"batch_ramp\": [[1e9, 8]]}]}")
    WHOLE_DATA(CS_WRONG_MODELS, "data.json:2:92: models[0].batch_ramp[0]: expected [tokens, sequences], a stage of "
        "the run and its batch.",
        "{\"models\": [\n"
        "{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"global_batch\": 16, "
        "\"batch_ramp\": [[1e9]]}]}")
    WRONG_DATA(CS_WRONG_MODELS, "2:69", "models[0].sources.global_batches", KEY_MEANT("global_batch"),
        "{\"models\": [\n"
        "{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, "
        "\"sources\": {\"global_batches\": \"x\"}}]}")
    WRONG_DATA(CS_WRONG_MODELS, "2:68", "models[0].network", MISSING("scale_out_gb_s"),
        "{\"models\": [\n"
        "{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, "
        "\"network\": {\"device\": \"H100\"}}]}")
    WRONG_DATA(CS_WRONG_MODELS, "2:57", "models[0].layers", KEY_TWICE("2", "15"),
        "{\"models\": [\n"
        "{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"layers\": 5}]}")
    WRONG_DATA(CS_WRONG_DEVICES, "2:1", "devices[0]", MISSING("peak_tflops"),
        "{\"devices\": [\n"
        "{\"name\": \"a\", \"kind\": \"gpu\"}]}")
    WRONG_DATA(CS_WRONG_DEVICES, "4:49", "devices[0].tiles", "9 tiles; a device has at most 8",
        DEVICE("\"kind\": \"gpu\", ", "80", ", "
        "\"tiles\": [[1,1,1],[1,1,1],[1,1,1],[1,1,1],[1,1,1],[1,1,1],[1,1,1],[1,1,1],[1,1,1]]}]}"))
    WRONG_DATA(CS_WRONG_QAT, "3:9", "qat_levels[1].qat", EARLIER("off"),
        "{\"qat_levels\": [\n"
        "{\"qat\": \"off\", \"weight_bits\": 16, \"activation_bits\": 16, \"communication_bits\": 16, "
        "\"format\": \"bf16\"},\n"
        "{\"qat\": \"off\", \"weight_bits\": 16, \"activation_bits\": 16, \"communication_bits\": 16, "
        "\"format\": \"bf16\"}]}")
};
/* clang-format on */

int main(void)
{
    return cs_run_wrong_inputs("wrong data files", table, (int)(sizeof table / sizeof table[0]));
}
