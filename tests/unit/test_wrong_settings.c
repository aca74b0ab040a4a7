/* SPDX-License-Identifier: BSD-3-Clause */
/* Settings that a configuration may not have: unknown keys, wrong types, values out of range. */
#include "wrong.h"

/* clang-format off */
static const struct cs_wrong table[] = {
    WHOLE("test.json:1:2: titel: unknown key; did you mean \"title\"?", "{\"titel\": \"x\"" AXES)
    WHOLE("test.json:1:11: title: expected a text of 1 to 255 bytes without control characters, not 5.",
        "{\"title\": 5" AXES)
    WRONG("1:11", "title", BYTES("255"), "{\"title\": \"\"" AXES)
    WRONG("1:11", "title", BYTES("255"), "{\"title\": \"a\\u0007b\"" AXES)
    WRONG("1:11", "title", BYTES("255"),
        "{\"title\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"" AXES)
    WRONG("1:12", "output", OBJECT, "{\"output\": 5" AXES)
    WRONG("1:13", "output.fil", KEY_MEANT("file"), "{\"output\": {\"fil\": \"a\"}" AXES)
    WHOLE("test.json:1:28: output.compression: expected a whole number from 0 to 9, not 10.",
        "{\"output\": {\"compression\": 10}" AXES)
    WHOLE("test.json:1:27: output.provenance: expected true or false, not 1.",
        "{\"output\": {\"provenance\": 1}" AXES)
    WRONG("1:12", "carbon", OBJECT, "{\"carbon\": []" AXES)
    WRONG("1:13", "carbon.puee", KEY_MEANT("pue"), "{\"carbon\": {\"puee\": 1.1}" AXES)
    WHOLE("test.json:1:20: carbon.pue: expected a number from 1 to 10, not 0.9.", "{\"carbon\": {\"pue\": 0.9}" AXES)
    WRONG("1:20", "carbon.pue", NUMBER("1", "10"), "{\"carbon\": {\"pue\": \"1.1\"}" AXES)
    WRONG("1:20", "carbon.pue", NUMBER("1", "10"), "{\"carbon\": {\"pue\": null}" AXES)
    WRONG("1:21", "carbon.host", BOOLEAN, "{\"carbon\": {\"host\": 1}" AXES)
    WHOLE("test.json:1:28: carbon.attribution: expected one of \"amortized\", \"full\", not the text "
          "\"amortised\"; did you mean \"amortized\"?", "{\"carbon\": {\"attribution\": \"amortised\"}" AXES)
    WRONG("1:24", "carbon.cpa_set", ONE_OF("\"measured\", \"llmcarbon\", \"act\", \"imec\", \"ademe\""),
        "{\"carbon\": {\"cpa_set\": 3}" AXES)
    WRONG("1:23", "carbon.preset", ONE_OF("\"measured\", \"paper\""), "{\"carbon\": {\"preset\": \"papr\"}" AXES)
    WHOLE("test.json:1:23: carbon.preset: the preset \"default\" is gone; \"measured\" is the default, with other "
          "constants.", "{\"carbon\": {\"preset\": \"default\"}" AXES)
    WHOLE("test.json:1:31: carbon.lifetime_years: expected a number from 0.001 to 1000 (year), not 0.",
        "{\"carbon\": {\"lifetime_years\": 0}" AXES)
    WRONG("1:29", "carbon.host_devices", WHOLE_NUMBER("1", "1000000"), "{\"carbon\": {\"host_devices\": 0}" AXES)
    WHOLE("test.json:1:26: training.seq_len: expected a whole number from 1 to 1000000000 (token), not "
          "2048.5.", "{\"training\": {\"seq_len\": 2048.5}" AXES)
    WRONG("1:26", "training.seq_len", WHOLE_NUMBER_OF("token", "1", "1000000000"),
        "{\"training\": {\"seq_len\": 0}" AXES)
    WRONG("1:32", "training.deadline_days", NUMBER_OF("day", "1e-09", "1000000000"),
        "{\"training\": {\"deadline_days\": -1}" AXES)
    WRONG("1:26", "training.goodput", NUMBER("1e-06", "1"), "{\"training\": {\"goodput\": 1.01}" AXES)
    WRONG("1:15", "training.learning_rate", UNKNOWN_KEY, "{\"training\": {\"learning_rate\": 1e-4}" AXES)
    WRONG("1:26", "search.objective", ONE_OF("\"min_devices\", \"min_time\", \"min_energy\", "
          "\"min_carbon\", \"min_cost\""),
        "{\"search\": {\"objective\": \"min_price\"}" AXES)
    WRONG("1:26", "search.objective", "min_cost wants a price of ",
        "{\"search\": {\"objective\": \"min_cost\"}" AXES)
    WHOLE("test.json:1:26: search.objective: min_time wants search.devices, the number of devices to be "
          "fastest with.", "{\"search\": {\"objective\": \"min_time\"}" AXES)
    WHOLE("test.json:1:24: training.stack: megatron does not run on TPUv4: take xla, pytorch or best, or leave out "
          "the TPUs.",
          "{\"training\": {\"stack\": \"megatron\"}, \"axes\": {\"model\": {\"d_model\": [6144]}, "
          "\"hardware\": [\"H100\", \"TPUv4\"], \"year\": [0], \"qat\": [\"off\"], "
          "\"carbon_intensity\": [\"us-east5\"]}}")
    WRONG("1:56", "search.alternatives", "min_carbon keeps the best plan of each region only",
        "{\"search\": {\"objective\": \"min_carbon\", \"alternatives\": 3}" AXES)
    WHOLE("test.json:1:28: search.zero_stages: expected a list [...] of one or more values, not an empty "
          "list.", "{\"search\": {\"zero_stages\": []}" AXES)
    WRONG("1:32", "search.zero_stages[1]", ONE_OF("\"0\", \"1\", \"2\", \"3\""),
        "{\"search\": {\"zero_stages\": [0, 4]}" AXES)
    WHOLE("test.json:1:32: search.zero_stages[1]: 1 is given twice.", "{\"search\": {\"zero_stages\": [1, 1]}" AXES)
    WRONG("1:26", "search.recompute", LIST, "{\"search\": {\"recompute\": \"full\"}" AXES)
    WRONG("1:35", "search.schedules[1]", ONE_OF("\"1f1b\", \"zb1p\", \"dualpipe\""),
        "{\"search\": {\"schedules\": [\"1f1b\", \"gpipe\"]}" AXES)
    WRONG("1:32", "search.expert_degrees[0]", WHOLE_NUMBER("1", "1000000"),
        "{\"search\": {\"expert_degrees\": [0]}" AXES)
    WRONG("1:35", "search.expert_degrees[1]", TWICE("2"), "{\"search\": {\"expert_degrees\": [2, 2]}" AXES)
    WHOLE("test.json:1:31: search.expert_degrees: expected \"divisors\", \"experts\", or a list [...] of at most "
          "16 whole numbers, not 8.",
        "{\"search\": {\"expert_degrees\": 8}" AXES)
    WRONG("1:32", "search.context_degrees", WHOLE_NUMBERS,
        "{\"search\": {\"context_degrees\": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}" AXES)
    WRONG("1:37", "scaling_law.layers_exponent", NUMBER("0", "4"), "{\"scaling_law\": {\"layers_exponent\": 5}" AXES)
    WRONG("1:37", "scaling_law.layers_exponent", TOO_MANY_LAYERS("8192", "16213502"),
        "{\"scaling_law\": {\"layers_exponent\": 2}" AXES)
    WRONG("1:40", "scaling_law.layers_coefficient", TOO_MANY_LAYERS("8192", "10003"),
        "{\"scaling_law\": {\"layers_coefficient\": 31.3, \"layers_exponent\": 0.64}" AXES)
    WRONG("7:33", "axes.scaling_law.layers_exponent", TOO_MANY_LAYERS("8192", "179136"),
        MORE("\"scaling_law.layers_exponent\": [0.5, 1.0, 1.5]"))
    WHOLE("test.json:1:43: scaling_law.critical_batch_tokens: only the batch law custom reads this: add "
          "\"scaling_law\": {\"batch_law\": \"custom\"}, or leave it out.",
        "{\"scaling_law\": {\"critical_batch_tokens\": 1e6}" AXES)
    WRONG("1:64", "scaling_law.step_batch_exponent", "only the batch law step reads this: add "
        "\"scaling_law\": {\"batch_law\": \"step\"}, or leave it out.",
        "{\"scaling_law\": {\"batch_law\": \"custom\", \"step_batch_exponent\": 0.5}" AXES)
    WRONG("7:41", "axes.scaling_law.critical_batch_exponent", "only the batch law custom reads this: add "
        "\"scaling_law\": {\"batch_law\": \"custom\"}, or leave it out.",
        MORE("\"scaling_law.critical_batch_exponent\": [0.2, 0.3]"))
    WRONG_SET(65, "scaling_law.deepseek_batch_tokens=2", "scaling_law.deepseek_batch_tokens",
        "only the batch law deepseek reads this: add "
        "\"scaling_law\": {\"batch_law\": \"deepseek\"}, or leave it out.")
    WRONG("1:25", "training.tokens", "it replaces tokens_per_parameter and tokens_basis, which are given too; leave "
        "one out.", "{\"training\": {\"tokens\": 1e12, \"tokens_basis\": \"total\"}" AXES)
    WRONG("1:24", "projection.tdp", NUMBER("0.1", "10"), "{\"projection\": {\"tdp\": 0}" AXES)
    WRONG("1:31", "power.static_fraction", NUMBER("-1", "1"), "{\"power\": {\"static_fraction\": 1.5}" AXES)
    WRONG("1:23", "limits.points", WHOLE_NUMBER("1", "1000000000000"), "{\"limits\": {\"points\": 0}" AXES)
    WRONG("1:23", "limits.points", WHOLE_NUMBER("1", "1000000000000"), "{\"limits\": {\"points\": 1e13}" AXES)
    WRONG("1:13", "$schema", "expected a text, not 1", "{\"$schema\": 1" AXES)
    WRONG("1:2", "Axes", KEY_MEANT("axes"), "{\"Axes\": {}" AXES)
};
/* clang-format on */

int main(void)
{
    return cs_run_wrong_inputs("wrong settings", table, (int)(sizeof table / sizeof table[0]));
}
