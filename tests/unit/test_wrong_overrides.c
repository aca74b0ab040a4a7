/* SPDX-License-Identifier: BSD-3-Clause */
/* --set: what is no assignment, and assignments that a configuration refuses. */
#include "wrong.h"

/* clang-format off */
static const struct cs_wrong table[] = {
    WRONG_SET(65, "carbon.pue=0.5", "carbon.pue", NUMBER("1", "10"))
    WRONG_SET(65, "carbon.puee=1.2", "carbon.puee", KEY_MEANT("pue"))
    WRONG_SET(65, "carbn.pue=1.2", "carbn", KEY_MEANT("carbon"))
    WHOLE_SET(64, "--set carbon.pue: expected path=value, such as --set carbon.pue=1.2.", "carbon.pue")
    WRONG_SET(64, "=1", "", NOT_AN_ASSIGNMENT)
    WRONG_SET(65, "carbon..pue=1", "", "the path has an empty part")
    WRONG_SET(65, "title.x=1", "title", BYTES("255"))
    WRONG_SET(65, "axes.year=5", "axes.year", NUMBERS_OR_RANGE)
    WRONG_SET(65, "axes.year=[0, 60]", "axes.year[1]", WHOLE_NUMBER_OF("year", "0", "50"))
    WRONG_SET(65, "axes.carbon.pue=[0.5]", "axes.carbon.pue[0]", NUMBER("1", "10"))
    WRONG_SET(65, "axes.carbon=[1]", "axes.carbon", UNKNOWN_AXIS)
    WRONG_SET(65, "search.expert_degrees=[1, 2", "search.expert_degrees", WHOLE_NUMBERS)
    WHOLE_SET(65, "--set axes.year.to=5: axes.year is a list, which has no keys.", "axes.year.to=5")
    WRONG_SET(65, "axes.hardware=H100", "axes.hardware", LIST)
    WRONG_SET(65, "carbon.pue=1e999", "carbon.pue", NUMBER("1", "10"))
    WRONG_SET(65, "a.b.c.d.e.f.g.h.i=1", "", "the path has more than 8 parts")
    WRONG_SET(65, "scaling_law.layers_coefficient=100", "scaling_law.layers_coefficient",
        TOO_MANY_LAYERS("8192", "32021"))
    WHOLE_SET(65, "--set scaling_law.layers_exponent=1: scaling_law.layers_exponent: d_model 20000 gets 10001 layers, "
        "round(0.50004 * d_model^1), and at most 10000 can be searched; lower scaling_law.layers_exponent or take "
        "smaller d_models.",
        "axes.model.d_model=[64,20000]", "scaling_law.layers_coefficient=0.50004", "scaling_law.layers_exponent=1")
    WRONG_SET(65, "output.file.name=x", "output.file", BYTES("1023"))
    WRONG_SET_AFTER("carbon=5", 65, "carbon.pue=1.2", "", NO_KEYS("carbon", "5"))
    WRONG_SET(65, "limits.points=0", "limits.points", WHOLE_NUMBER("1", "1000000000000"))
    WRONG_SET_AFTER("axes.carbon.pue.from=2", 65, "axes.carbon.pue.to=1", "axes.carbon.pue.to", RANGE_BACKWARDS)
};
/* clang-format on */

int main(void)
{
    return cs_run_wrong_inputs("wrong overrides", table, (int)(sizeof table / sizeof table[0]));
}
