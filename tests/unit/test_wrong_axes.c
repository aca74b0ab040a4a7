/* SPDX-License-Identifier: BSD-3-Clause */
/* Axes that are missing, empty, repeat a value, run backwards or name what there is not. */
#include "wrong.h"

/* clang-format off */
static const struct cs_wrong table[] = {
    WHOLE("test.json:1:1: the key \"axes\" is missing.", "{}")
    WRONG("1:10", "axes", OBJECT, "{\"axes\": []}")
    WRONG("1:10", "axes", MISSING("model"),
        "{\"axes\": {\n"
        " \"hardware\": [\"H100\"],\n"
        " \"year\": [0],\n"
        " \"qat\": [\"off\"],\n"
        " \"carbon_intensity\": [\"us-east5\"]}}")
    WRONG("1:10", "axes", MISSING("hardware"),
        "{\"axes\": {\n"
        " \"model\": {\"d_model\": [8192]},\n"
        " \"year\": [0],\n"
        " \"qat\": [\"off\"],\n"
        " \"carbon_intensity\": [\"us-east5\"]}}")
    WRONG("1:10", "axes", MISSING("year"),
        "{\"axes\": {\n"
        " \"model\": {\"d_model\": [8192]},\n"
        " \"hardware\": [\"H100\"],\n"
        " \"qat\": [\"off\"],\n"
        " \"carbon_intensity\": [\"us-east5\"]}}")
    WRONG("1:10", "axes", MISSING("qat"),
        "{\"axes\": {\n"
        " \"model\": {\"d_model\": [8192]},\n"
        " \"hardware\": [\"H100\"],\n"
        " \"year\": [0],\n"
        " \"carbon_intensity\": [\"us-east5\"]}}")
    WRONG("1:10", "axes", MISSING("carbon_intensity"),
        "{\"axes\": {\n"
        " \"model\": {\"d_model\": [8192]},\n"
        " \"hardware\": [\"H100\"],\n"
        " \"year\": [0],\n"
        " \"qat\": [\"off\"]}}")
    WHOLE("test.json:6:2: axes.hardwre: unknown axis; did you mean \"hardware\"?",
        "{\"axes\": {\n"
        " \"model\": {\"d_model\": [8192]},\n"
        " \"year\": [0],\n"
        " \"qat\": [\"off\"],\n"
        " \"carbon_intensity\": [\"us-east5\"],\n"
        " \"hardwre\": [\"H100\"]}}")
    WHOLE("test.json:4:10: axes.year: expected a list of one or more numbers or {\"from\": , \"to\": , "
          "\"step\": }, not an empty list.", YEAR("[]"))
    WRONG("4:10", "axes.year", NUMBERS_OR_RANGE, YEAR("5"))
    WRONG("4:10", "axes.year", NUMBERS_OR_RANGE, YEAR("\"0\""))
    WRONG("4:14", "axes.year[1]", TWICE("0"), YEAR("[0, 0]"))
    WHOLE("test.json:4:14: axes.year[1]: the axis runs backwards: its numbers must rise, and 0 is below "
          "the one before it.", YEAR("[5, 0]"))
    WRONG("4:11", "axes.year[0]", WHOLE_NUMBER_OF("year", "0", "50"), YEAR("[-1]"))
    WRONG("4:11", "axes.year[0]", WHOLE_NUMBER_OF("year", "0", "50"), YEAR("[51]"))
    WRONG("4:11", "axes.year[0]", WHOLE_NUMBER_OF("year", "0", "50"), YEAR("[0.5]"))
    WRONG("4:11", "axes.year[0]", WHOLE_NUMBER_OF("year", "0", "50"), YEAR("[\"0\"]"))
    WHOLE("test.json:4:28: axes.year.to: the range runs backwards: to must not be below from.",
        YEAR("{\"from\": 5, \"to\": 0, \"step\": 1}"))
    WRONG("4:10", "axes.year", MISSING("step"), YEAR("{\"from\": 0, \"to\": 10}"))
    WRONG("4:40", "axes.year.step", WHOLE_NUMBER("1", "1e+15"), YEAR("{\"from\": 0, \"to\": 10, \"step\": 0}"))
    WRONG("4:40", "axes.year.step", WHOLE_NUMBER("1", "1e+15"), YEAR("{\"from\": 0, \"to\": 10, \"step\": 0.5}"))
    WRONG("4:40", "axes.year.step", WHOLE_NUMBER("1", "1e+15"), YEAR("{\"from\": 0, \"to\": 10, \"step\": -1}"))
    WRONG("4:28", "axes.year.to", WHOLE_NUMBER_OF("year", "0", "50"), YEAR("{\"from\": 0, \"to\": 60, \"step\": 1}"))
    WHOLE("test.json:4:32: axes.year.by: unknown key; known are \"from\", \"to\", \"step\".",
        YEAR("{\"from\": 0, \"to\": 10, \"by\": 1}"))
    WRONG("3:14", "axes.hardware", LIST, HARDWARE("[]"))
    WRONG("3:14", "axes.hardware", LIST, HARDWARE("\"H100\""))
    WHOLE("test.json:3:15: axes.hardware[0]: no device is named \"H1000\"; did you mean \"H100\"?",
        HARDWARE("[\"H1000\"]"))
    WRONG("3:15", "axes.hardware[0]", NAME_MEANT("device", "h100", "H100"), HARDWARE("[\"h100\"]"))
    WRONG("3:15", "axes.hardware[0]", NO_NAME("device", "RTX"), HARDWARE("[\"RTX\"]"))
    WHOLE("test.json:3:15: axes.hardware[0]: expected the name of a device or an object {...}, not 100.",
        HARDWARE("[100]"))
    WRONG("3:23", "axes.hardware[1]", TWICE("\"H100\""), HARDWARE("[\"H100\", \"H100\"]"))
    WRONG("3:15", "axes.hardware[0]", MISSING("kind"), HARDWARE("[{\"name\": \"x\"}]"))
    WRONG("3:41", "axes.hardware[0].based_on", NAME_MEANT("device", "H1OO", "H100"),
        HARDWARE("[{\"name\": \"x\", \"based_on\": \"H1OO\"}]"))
    WRONG("3:59", "axes.hardware[0].hbm_gb", NUMBER_OF("GB", "0", "1000000000"),
        HARDWARE("[{\"name\": \"x\", \"based_on\": \"H100\", \"hbm_gb\": -1}]"))
    WRONG("3:49", "axes.hardware[0].hbm_tb", KEY_MEANT("hbm_gb"),
        HARDWARE("[{\"name\": \"x\", \"based_on\": \"H100\", \"hbm_tb\": 1}]"))
    WRONG("3:15", "axes.hardware[0]", MISSING("name"), HARDWARE("[{\"based_on\": \"H100\"}]"))
    WRONG("3:53", "axes.hardware[1]", TWICE("\"H100\""),
        HARDWARE("[{\"name\": \"H100\", \"based_on\": \"H100\"}, \"H100\"]"))
    WRONG("3:15", "axes.hardware[0]", NAME_OR_OBJECT("device"), HARDWARE("[null]"))
    WHOLE("test.json:5:10: axes.qat[0]: no QAT level is named \"none\"; known are \"off\", \"int8\", "
          "\"int4\", \"fp8\".", QAT("[\"none\"]"))
    WRONG("5:17", "axes.qat[1]", TWICE("\"off\""), QAT("[\"off\", \"off\"]"))
    WRONG("5:10", "axes.qat[0]", MISSING("format"), QAT("[{\"qat\": \"w2\", \"weight_bits\": 2}]"))
    WRONG("5:39", "axes.qat[0].weight_bits", NUMBER_OF("bit", "1", "64"),
        QAT("[{\"qat\": \"w2\", \"weight_bits\": 0, \"activation_bits\": 8, \"communication_bits\": 8, "
        "\"format\": \"int8\"}]"))
    WRONG("5:99", "axes.qat[0].format", ONE_OF("\"bf16\", \"int8\", \"fp8\""),
        QAT("[{\"qat\": \"w2\", \"weight_bits\": 2, \"activation_bits\": 8, \"communication_bits\": 8, "
        "\"format\": \"int2\"}]"))
    WRONG("6:23", "axes.carbon_intensity[0]", NAME_MEANT("region", "us-east", "us-east1"), REGION("[\"us-east\"]"))
    WRONG("6:23", "axes.carbon_intensity[0]", NO_NAME("region", "atlantis"), REGION("[\"atlantis\"]"))
    WRONG("6:23", "axes.carbon_intensity[0]", NAME_OR_OBJECT("region"), REGION("[323]"))
    WRONG("6:35", "axes.carbon_intensity[1]", TWICE("\"us-east5\""), REGION("[\"us-east5\", \"us-east5\"]"))
    WRONG("6:23", "axes.carbon_intensity[0]", MISSING("g_per_kwh"), REGION("[{\"region\": \"my-site\"}]"))
    WRONG("6:58", "axes.carbon_intensity[0].g_per_kwh", NUMBER_OF("g/kWh", "0", "10000"),
        REGION("[{\"region\": \"my-site\", \"g_per_kwh\": -1}]"))
    WRONG("6:70", "axes.carbon_intensity[0].pue", NUMBER("1", "10"),
        REGION("[{\"region\": \"my-site\", \"g_per_kwh\": 120, \"pue\": 0.9}]"))
    WRONG("6:45", "axes.carbon_intensity[0].g", UNKNOWN_KEY, REGION("[{\"region\": \"my-site\", \"g\": 120}]"))
    WRONG("6:63", "axes.carbon_intensity[1]", TWICE("\"us-east5\""),
        REGION("[{\"region\": \"us-east5\", \"g_per_kwh\": 1}, \"us-east5\"]"))
    WRONG("2:12", "axes.model[0]", NAME_OR_OBJECT("model"), MODEL("[8192]"))
    WRONG("2:23", "axes.model.d_model", NUMBERS_OR_RANGE, MODEL("{\"d_model\": []}"))
    WRONG("2:24", "axes.model.d_model[0]", WHOLE_NUMBER("1", "10000000"), MODEL("{\"d_model\": [0]}"))
    WRONG("2:30", "axes.model.d_model[1]", AXIS_BACKWARDS, MODEL("{\"d_model\": [8192, 4096]}"))
    WRONG("2:44", "axes.model.d_model.to", RANGE_BACKWARDS,
        MODEL("{\"d_model\": {\"from\": 8192, \"to\": 4096, \"step\": 128}}"))
    WRONG("2:12", "axes.model.dmodel", KEY_MEANT("d_model"), MODEL("{\"dmodel\": [8192]}"))
    WRONG("2:12", "axes.model[0]", NAME_MEANT("model", "Llama-3.1-8b", "Llama-3.1-8B"), MODEL("[\"Llama-3.1-8b\"]"))
    WRONG("2:12", "axes.model[0]", NO_NAME("model", "8192"), MODEL("[\"8192\"]"))
    WRONG("2:11", "axes.model", LIST, MODEL("[]"))
    WRONG("2:21", "axes.model[1]", TWICE("\"GPT-3\""), MODEL("[\"GPT-3\", \"GPT-3\"]"))
    WRONG("2:46", "axes.model[1].d_model[0]", TWICE("\"8192\""),
        MODEL("[{\"d_model\": [8192]}, {\"d_model\": [8192]}]"))
    WRONG("2:36", "axes.model[0].layers", WHOLE_NUMBER("1", "10000"),
        MODEL("[{\"name\": \"m\", \"layers\": 10001, \"d_model\": 1024, \"heads\": 8}]"))
    WRONG("2:68", "axes.model[0].heads_kv", KEY_MEANT("heads"),
        MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"heads_kv\": 8}]"))
    WRONG("2:12", "axes.model[0]", MISSING("heads"), MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024}]"))
    WRONG("2:12", "axes.model[0]", MISSING("head_dim"),
        MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1000, \"heads\": 7}]"))
    WRONG("2:80", "axes.model[0].kv_heads", WHOLE_NUMBER("1", "8"),
        MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"kv_heads\": 9}]"))
    WRONG("2:100", "axes.model[0].experts_active", WHOLE_NUMBER("1", "8"),
        MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"experts\": 8, "
        "\"experts_active\": 9}]"))
    WRONG("2:12", "axes.model[0]", MISSING("d_expert"),
        MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"experts\": 8}]"))
    WRONG("2:81", "axes.model[0].attention", ONE_OF("\"full\", \"sliding\", \"mla\""),
        MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"attention\": \"linear\"}]"))
    WRONG("2:12", "axes.model[0]", MISSING("mla"),
        MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"attention\": \"mla\"}]"))
    WRONG("2:12", "axes.model[0]", MISSING("window"),
        MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"attention\": \"sliding\"}]"))
    WRONG("2:152", "axes.model[0].full_attention_period", "stands in place of window_period",
        MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"attention\": \"sliding\", "
        "\"window\": 128, \"window_period\": 2, \"full_attention_period\": 6}]"))
    WHOLE("test.json:2:78: axes.model[0].window: goes with \"attention\": \"sliding\" only.",
        MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"window\": 128}]"))
    WRONG("2:86", "axes.model[0].shared_experts", "a dense model (experts 1) has no shared experts",
        MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"shared_experts\": 1}]"))
    WRONG("2:81", "axes.model[0].positions", ONE_OF("\"learned\""),
        MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"positions\": \"rotary\"}]"))
    WRONG("2:78", "axes.model[0].tokens", NUMBER_OF("token", "1", "1e+24"),
        MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"tokens\": 0}]"))
    WRONG("2:12", "axes.model[0]", MISSING("name"), MODEL("[{\"layers\": 4, \"d_model\": 1024, \"heads\": 8}]"))
    WRONG("7:2", "axes.carbon.pu", AXIS_MEANT("carbon.pue"), MORE("\"carbon.pu\": [1.1]"))
    WRONG("7:2", "axes.pue", AXIS_MEANT("carbon.pue"), MORE("\"pue\": [1.1]"))
    WRONG("7:17", "axes.carbon.pue[0]", NUMBER("1", "10"), MORE("\"carbon.pue\": [0.5]"))
    WRONG("7:22", "axes.carbon.pue[1]", TWICE("1.1"), MORE("\"carbon.pue\": [1.1, 1.1]"))
    WRONG("7:16", "axes.carbon.pue", NUMBERS_OR_RANGE, MORE("\"carbon.pue\": 1.1"))
    WHOLE("test.json:7:2: axes.output.compression: this setting cannot be an axis: no result of a point "
          "depends on it.", MORE("\"output.compression\": [1, 2]"))
    WRONG("7:2", "axes.carbon.preset", NO_AXIS, MORE("\"carbon.preset\": [\"paper\"]"))
    WRONG("7:2", "axes.search.alternatives", NO_AXIS, MORE("\"search.alternatives\": [1]"))
    WRONG("7:24", "axes.carbon.host[1]", TWICE("\"true\""), MORE("\"carbon.host\": [true, true]"))
    WRONG("7:18", "axes.carbon.host[0]", BOOLEAN, MORE("\"carbon.host\": [1]"))
    WRONG("7:33", "axes.carbon.attribution[1]", ONE_OF("\"amortized\", \"full\""),
        MORE("\"carbon.attribution\": [\"full\", \"none\"]"))
    WRONG("7:30", "axes.search.zero_stages[1]", TWICE("\"0\""), MORE("\"search.zero_stages\": [[0], [0]]"))
    WRONG("7:25", "axes.search.zero_stages[0]", LIST, MORE("\"search.zero_stages\": [[]]"))
    WRONG("7:28", "axes.search.expert_degrees[0]", WHOLE_NUMBERS, MORE("\"search.expert_degrees\": [8]"))
    WHOLE("test.json:1:10: axes: the grid has 1.000000000001e+200 points, more than limits.points, "
          "100000000; shorten an axis or raise the limit.",
        MORE("\"carbon.pue\": {\"from\": 1, \"to\": 2, \"step\": 1e-200}"))
    WRONG("1:10", "axes", TOO_MANY_POINTS("1000000000"),
        MORE("\"training.deadline_days\": {\"from\": 1, \"to\": 1e9, \"step\": 1}"))
    WRONG("7:23", "axes.scaling_law.vocab", "200000 values; one axis has at most 100000",
        MORE("\"scaling_law.vocab\": {\"from\": 1, \"to\": 200000, \"step\": 1}"))
    WRONG("2:10", "axes", TOO_MANY_POINTS("11"),
        "{\"limits\": {\"points\": 10},\n"
        " \"axes\": {\n"
        " \"model\": {\"d_model\": [8192]},\n"
        " \"hardware\": [\"H100\"],\n"
        " \"year\": {\"from\": 0, \"to\": 10, \"step\": 1},\n"
        " \"qat\": [\"off\"],\n"
        " \"carbon_intensity\": [\"us-east5\"]}}")
    WHOLE("test.json:2:21: axes.model[1]: \"GPT-3\" and \"GPT-3-175B\" are the same; give one of them.",
        MODEL("[\"GPT-3\", \"GPT-3-175B\"]"))
    WRONG("2:75", "axes.model[0].mla", GOES_WITH("mla"),
        MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"mla\": {}}]"))
    WRONG("2:12", "axes.model[0]", NAME_OR_OBJECT("model"), MODEL("[true]"))
    WRONG("5:10", "axes.qat[0]", MISSING("weight_bits"), QAT("[{\"qat\": \"w2\", \"format\": \"int8\"}]"))
    WRONG("7:38", "axes.search.expert_degrees[0][1]", WHOLE_NUMBER("1", "1000000"),
        MORE("\"search.expert_degrees\": [[1000000, 1000001]]"))
    WRONG("7:28", "axes.search.expert_degrees[0]", "too long for a label of 63 characters",
        MORE("\"search.expert_degrees\": [[100000, 100001, 100002, 100003, 100004, 100005, 100006, 100007, 100008, "
        "100009]]"))
    WRONG("7:62", "axes.carbon.pue.step", "the step is too small",
        MORE("\"carbon.pue\": {\"from\": 1, \"to\": 1.0000000000000004, \"step\": 1e-16}"))
    WRONG("18:2", "axes.carbon.host_devices", "more than 16 axes",
        MORE("\"training.seq_len\": [1],\n" " \"training.tokens_per_parameter\": [1],\n" " "
        "\"training.deadline_days\": [1],\n" " \"training.goodput\": [1],\n" " \"training.global_batch\": [1],\n" " "
        "\"training.gradient_bytes\": [1],\n" " \"training.optimizer_bytes\": [1],\n" " "
        "\"training.optimizer_traffic_bytes\": [1],\n" " \"training.memory_margin_bytes\": [1],\n" " "
        "\"carbon.pue\": [1],\n" " \"carbon.lifetime_years\": [1],\n" " \"carbon.host_devices\": [1]"))
};
/* clang-format on */

int main(void)
{
    return cs_run_wrong_inputs("wrong axes", table, (int)(sizeof table / sizeof table[0]));
}
