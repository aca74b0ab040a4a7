/* SPDX-License-Identifier: BSD-3-Clause */
/* Device fields as axes and settings: names that are none, values out of range, products that no device can have. */
#include "wrong.h"

#define TWO(value) CS_EACH(CS_D_MODEL, "[\"H100\", \"TPUv4\"]", "[0]", CS_OFF, CS_EAST, ",\n " value)

/* clang-format off */
static const struct cs_wrong table[] = {
    WHOLE("test.json:7:2: axes.device.tdp: unknown axis; did you mean \"device.tdp_w\"?",
        MORE("\"device.tdp\": [600]"))
    WRONG("7:2", "axes.tdp_w", AXIS_MEANT("device.tdp_w"), MORE("\"tdp_w\": [600]"))
    WRONG("7:18", "axes.device.tdp_w", NUMBERS_OR_RANGE, MORE("\"device.tdp_w\": 600"))
    WRONG("7:18", "axes.device.tdp_w", NUMBERS_OR_RANGE, MORE("\"device.tdp_w\": []"))
    WRONG("7:28", "axes.device.tdp_w.factor", NUMBERS_OR_RANGE, MORE("\"device.tdp_w\": {\"factor\":2}"))
    WRONG("7:19", "axes.device.tdp_w.factr", "unknown key", MORE("\"device.tdp_w\": {\"factr\": [2]}"))
    WRONG("7:33", "axes.device.tdp_w.from", "unknown key", MORE("\"device.tdp_w\": {\"factor\": [2],\"from\": 1}"))
    WRONG("7:19", "axes.device.tdp_w[0]", NUMBER_OF("W", "0.001", "1000000"), MORE("\"device.tdp_w\": [0]"))
    WRONG("7:18", "axes.device.units[0]", WHOLE_NUMBER("1", "1000000"), MORE("\"device.units\":[1.5]"))
    WRONG("7:29", "axes.device.tdp_w.factor[0]", NUMBER("0", "1000000"), MORE("\"device.tdp_w\": {\"factor\":[-1]}"))
    WRONG("7:24", "axes.device.tdp_w[1]", TWICE("600"), MORE("\"device.tdp_w\": [600, 600]"))
    WRONG("7:32", "axes.device.tdp_w.factor[1]", AXIS_BACKWARDS, MORE("\"device.tdp_w\": {\"factor\": [2,1]}"))
    WHOLE("test.json:7:34: axes.device.tdp_w.factor[1]: tdp_w of H100 would be 1400000: expected a number from 0.001 "
          "to 1000000 (W).", MORE("\"device.tdp_w\": {\"factor\": [0.5,2000]}"))
    WHOLE("test.json:7:30: axes.device.domain.factor[0]: domain of H100 would be 8.8: expected a whole number, not "
          "8.8.",
        MORE("\"device.domain\": {\"factor\":[1.1]}"))
    WRONG("7:41", "axes.device.hbm_efficiency.factor[1]", "hbm_efficiency of H100 would be ",
        MORE("\"device.hbm_efficiency\": {\"factor\": [1,2.5]}"))
    WRONG("7:28", "axes.device.tdp_w.factor", "tdp_w of H100 would be 1400000",
        MORE("\"device.tdp_w\": {\"factor\":{\"from\": 1, \"to\": 2000, \"step\": 1999}}"))
    WRONG("7:26", "axes.device.torus_axes[1]", "torus_axes of H100 would be 3: a device of kind \"gpu\"",
        TWO("\"device.torus_axes\": [0,3]"))
    WRONG("7:23", "axes.device.torus_axes[0]", "torus_axes of TPUv4 would be 1: torus_axes must be 0",
        CS_EACH(CS_D_MODEL, "[\"TPUv4\"]", "[0]", CS_OFF, CS_EAST, ",\n \"device.torus_axes\":[1]"))
    /* the section: what stands in a configuration's section and what --set says there are one */
    WRONG_SET(65, "device.tdp_v=600", "device.tdp_v", KEY_MEANT("tdp_w"))
    WRONG_SET(65, "device.name=x", "device.name", "unknown key")
    WRONG_SET(65, "device=600", "device", OBJECT)
    WRONG_SET(65, "device.tdp_w=high", "device.tdp_w", NUMBER_OF("W", "0.001", "1000000"))
    WRONG_SET(65, "device.tdp_w=[600]", "device.tdp_w", NUMBER_OF("W", "0.001", "1000000"))
    WRONG_SET(65, "device.units=1.5", "device.units", WHOLE_NUMBER("1", "1000000"))
    WRONG_SET(65, "device.tdp_w={\"factor\": [2]}", "device.tdp_w.factor", NUMBER("0", "1000000"))
    WRONG_SET(65, "device.tdp_w={\"times\": 2}", "device.tdp_w.times", "unknown key")
    WRONG_SET(65, "device.tdp_w={}", "device.tdp_w", MISSING("factor"))
    WRONG_SET(65, "device.tdp_w={\"factor\": 2000}", "device.tdp_w", "tdp_w of H100 would be 1400000")
    WRONG_SET(65, "device.torus_axes=3", "device.torus_axes", "torus_axes of H100 would be 3")
    WRONG_SET_AFTER("device.tdp_w=60000", 65, "axes.device.tdp_w={\"factor\": [20]}", "axes.device.tdp_w.factor[0]",
        "tdp_w of H100 would be 1200000")
    WRONG("1:10", "axes", TOO_MANY_POINTS("99999000001"),
        MORE("\"device.tdp_w\": {\"from\": 1, \"to\": 1e5, \"step\": 1e-6}"))
};
/* clang-format on */

int main(void)
{
    return cs_run_wrong_inputs("wrong device fields", table, (int)(sizeof table / sizeof table[0]));
}
