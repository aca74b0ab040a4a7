/* SPDX-License-Identifier: BSD-3-Clause */
/* Texts of configurations that several tests share. */
#ifndef CS_TESTS_CONFIGURATIONS_H
#define CS_TESTS_CONFIGURATIONS_H

/* A configuration that is right, and one with other text for one of its axes, each in a line of its own. */
#define RIGHT                                                                                                          \
    "{\"axes\": {\"model\": {\"d_model\": [8192]}, \"hardware\": [\"H100\"], \"year\": [0], \"qat\": [\"off\"],\n"     \
    "  \"carbon_intensity\": [\"us-east5\"]}}"
/* The end of a configuration that begins with another section. */
#define AXES                                                                                                           \
    ",\n \"axes\": {\"model\": {\"d_model\": [8192]}, \"hardware\": [\"H100\"], \"year\": [0], \"qat\": [\"off\"],\n"  \
    "  \"carbon_intensity\": [\"us-east5\"]}}"
#define CS_EACH(model, hardware, year, qat, region, more)                                                              \
    "{\"axes\": {\n \"model\": " model ",\n \"hardware\": " hardware ",\n \"year\": " year ",\n \"qat\": " qat         \
    ",\n \"carbon_intensity\": " region more "}}"
#define CS_D_MODEL "{\"d_model\": [8192]}"
#define CS_H100 "[\"H100\"]"
#define CS_OFF "[\"off\"]"
#define CS_EAST "[\"us-east5\"]"
#define MODEL(value) CS_EACH(value, CS_H100, "[0]", CS_OFF, CS_EAST, "")
#define HARDWARE(value) CS_EACH(CS_D_MODEL, value, "[0]", CS_OFF, CS_EAST, "")
#define YEAR(value) CS_EACH(CS_D_MODEL, CS_H100, value, CS_OFF, CS_EAST, "")
#define QAT(value) CS_EACH(CS_D_MODEL, CS_H100, "[0]", value, CS_EAST, "")
#define REGION(value) CS_EACH(CS_D_MODEL, CS_H100, "[0]", CS_OFF, value, "")
#define MORE(value) CS_EACH(CS_D_MODEL, CS_H100, "[0]", CS_OFF, CS_EAST, ",\n " value)

#endif
