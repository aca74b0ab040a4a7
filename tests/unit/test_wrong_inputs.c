/* SPDX-License-Identifier: BSD-3-Clause */
/* Wrong configurations, overrides and data files: each with its exact message and exit status. A message that ends in
 * '*' goes on with names that come and go with the data files. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/config.h"
#include "suite.h"

enum { SETS_MAX = 3 };
struct wrong {
    int exit_status;
    const char *config, *message;
    const char *sets[SETS_MAX];
    int32_t file; /* data file that is replaced: devices, regions, qat_levels, models; -1 none */
    const char *text;
};

#define AXES                                                                                                           \
    ",\n \"axes\": {\"model\": {\"d_model\": [8192]}, \"hardware\": [\"H100\"], \"year\": [0], \"qat\": [\"off\"],\n"  \
    "  \"carbon_intensity\": [\"us-east5\"]}}"
#define GOOD                                                                                                           \
    "{\"axes\": {\"model\": {\"d_model\": [8192]}, \"hardware\": [\"H100\"], \"year\": [0], \"qat\": [\"off\"],\n"     \
    "  \"carbon_intensity\": [\"us-east5\"]}}"
#define EACH(model, hardware, year, qat, region, more)                                                                 \
    "{\"axes\": {\n \"model\": " model ",\n \"hardware\": " hardware ",\n \"year\": " year ",\n \"qat\": " qat         \
    ",\n \"carbon_intensity\": " region more "}}"
#define D_MODEL "{\"d_model\": [8192]}"
#define H100 "[\"H100\"]"
#define OFF "[\"off\"]"
#define EAST "[\"us-east5\"]"
#define MODEL(value) EACH(value, H100, "[0]", OFF, EAST, "")
#define HARDWARE(value) EACH(D_MODEL, value, "[0]", OFF, EAST, "")
#define YEAR(value) EACH(D_MODEL, H100, value, OFF, EAST, "")
#define QAT(value) EACH(D_MODEL, H100, "[0]", value, EAST, "")
#define REGION(value) EACH(D_MODEL, H100, "[0]", OFF, value, "")
#define MORE(value) EACH(D_MODEL, H100, "[0]", OFF, EAST, ",\n " value)

#define TEXT(config, message) {65, config, message, {NULL}, -1, NULL},
#define SET(status, message, ...) {status, GOOD, message, {__VA_ARGS__}, -1, NULL},
#define DATA(file, text, message) {65, GOOD, message, {NULL}, file, text},

/* clang-format off */
static const struct wrong table[] = {
    /* the text itself */
    TEXT("",
         "test.json:1:1: expected a value, not the end of the text.")
    TEXT("   ",
         "test.json:1:4: expected a value, not the end of the text.")
    TEXT("{",
         "test.json:1:2: expected a key in double quotes, not the end of the text.")
    TEXT("[1, 2]",
         "test.json:1:1: expected an object {...}, not a list.")
    TEXT("\"text\"",
         "test.json:1:1: expected an object {...}, not the text \"text\".")
    TEXT("{\"title\": \"a\"} {\"title\": \"b\"}",
         "test.json:1:16: expected nothing after the end of the JSON value, not '{'.")
    TEXT("{\"title\": \"a\",}",
         "test.json:1:15: a comma before '}'; JSON has none after the last value.")
    TEXT("{\"title\": \"a\" \"output\": \"b\"}",
         "test.json:1:15: expected ',' or '}' after the value, not '\"'.")
    TEXT("{\"title\" \"a\"}",
         "test.json:1:10: title: expected ':' after the key, not '\"'.")
    TEXT("{title: \"a\"}",
         "test.json:1:2: expected a key in double quotes, not 't'.")
    TEXT("{'title': 'a'}",
         "test.json:1:2: expected a key in double quotes, not '''.")
    TEXT("{\"title\": \"a\"\n"
         " \"output\": \"b\"}",
         "test.json:2:2: expected ',' or '}' after the value, not '\"'.")
    TEXT("// comment\n"
         "{}",
         "test.json:1:1: expected a value, not '/'.")
    TEXT("{\"limits\": {\"points\": 01}}",
         "test.json:1:23: limits.points: 01 is not a number as JSON writes it: no leading zeros or plus "
         "sign, digits on both sides of a point, digits after an e.")
    TEXT("{\"limits\": {\"points\": +1}}",
         "test.json:1:23: limits.points: +1 is not a number as JSON writes it: no leading zeros or plus "
         "sign, digits on both sides of a point, digits after an e.")
    TEXT("{\"limits\": {\"points\": 1.}}",
         "test.json:1:23: limits.points: 1. is not a number as JSON writes it: no leading zeros or plus "
         "sign, digits on both sides of a point, digits after an e.")
    TEXT("{\"limits\": {\"points\": .5}}",
         "test.json:1:23: limits.points: .5 is not a number as JSON writes it: no leading zeros or plus "
         "sign, digits on both sides of a point, digits after an e.")
    TEXT("{\"limits\": {\"points\": 1e}}",
         "test.json:1:23: limits.points: 1e is not a number as JSON writes it: no leading zeros or plus "
         "sign, digits on both sides of a point, digits after an e.")
    TEXT("{\"limits\": {\"points\": 0x10}}",
         "test.json:1:24: limits: expected ',' or '}' after the value, not 'x'.")
    TEXT("{\"carbon\": {\"pue\": 1e999}}",
         "test.json:1:20: carbon.pue: 1e999 is outside of what a double-precision number can hold.")
    TEXT("{\"carbon\": {\"pue\": -1e999}}",
         "test.json:1:20: carbon.pue: -1e999 is outside of what a double-precision number can hold.")
    TEXT("{\"carbon\": {\"pue\": 1e-999}}",
         "test.json:1:20: carbon.pue: 1e-999 is outside of what a double-precision number can hold.")
    TEXT("{\"carbon\": {\"pue\": NaN}}",
         "test.json:1:20: carbon.pue: expected a value, not 'N'.")
    TEXT("{\"carbon\": {\"pue\": Infinity}}",
         "test.json:1:20: carbon.pue: expected a value, not 'I'.")
    TEXT("{\"carbon\": {\"pue\": -Infinity}}",
         "test.json:1:20: carbon.pue: - is not a number as JSON writes it: no leading zeros or plus sign,"
         " digits on both sides of a point, digits after an e.")
    TEXT("{\"carbon\": {\"pue\": 1111111111111111111111111111111111111111111111111111111111111}}",
         "test.json:1:20: carbon.pue: a number of more than 60 characters.")
    TEXT("{\"title\": tru}",
         "test.json:1:11: title: expected a value, not 't'.")
    TEXT("{\"title\": \"a\tb\"}",
         "test.json:1:13: title: the control character 0x09 stands in a string; write it as \\u0009.")
    TEXT("{\"title\": \"a\n"
         "b\"}",
         "test.json:1:11: title: the string that begins here has no closing quote on its line.")
    TEXT("{\"title\": \"open",
         "test.json:1:11: title: the string that begins here has no closing quote on its line.")
    TEXT("{\"title\": \"\\x41\"}",
         "test.json:1:12: title: a backslash in a string is followed by one of \" \\ / b f n r t u.")
    TEXT("{\"title\": \"\\u12g4\"}",
         "test.json:1:12: title: expected four hexadecimal digits after \\u.")
    TEXT("{\"title\": \"\\ud800\"}",
         "test.json:1:12: title: \\ud800 is half of a surrogate pair; the other half is missing.")
    TEXT("{\"title\": \"\\ud800\\u0041\"}",
         "test.json:1:12: title: \\ud800 is half of a surrogate pair; the other half is missing.")
    TEXT("{\"title\": \"\\udc00\"}",
         "test.json:1:12: title: \\udc00 is half of a surrogate pair; the other half is missing.")
    TEXT("{\"title\": \"\\u0000\"}",
         "test.json:1:12: title: the character U+0000 cannot be used.")
    TEXT("{\"title\": \"a\", \"title\": \"b\"}",
         "test.json:1:16: title: the key is given twice, first in line 1, column 2.")
    TEXT("{\"title\": \"a\", \"t\\u0069tle\": \"b\"}",
         "test.json:1:16: title: the key is given twice, first in line 1, column 2.")
    TEXT("{\"carbon\": {\"pue\": 1.1, \"host\": true,\n"
         "  \"pue\": 1.2}}",
         "test.json:2:3: carbon.pue: the key is given twice, first in line 1, column 13.")
    TEXT("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
         "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
         "test.json:1:65: [0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]"
         "[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]["
         "0][0][0][0][0]: nested deeper than 64 levels.")
    TEXT("{\"title\": \001}",
         "test.json:1:11: title: expected a value, not the control character 0x01.")
    TEXT("{\"a\": [1, 2}",
         "test.json:1:12: a: expected ',' or ']' after the value, not '}'.")
    TEXT("{\"a\": [1 2]}",
         "test.json:1:10: a: expected ',' or ']' after the value, not '2'.")
    TEXT("{\"title\": \"\377\"}",
         "test.json:1:12: title: the byte 0xff is not UTF-8; save the file in UTF-8.")
    TEXT("{\"title\": \"\300\257\"}",
         "test.json:1:12: title: the byte 0xc0 is not UTF-8; save the file in UTF-8.")
    TEXT("{\"title\": \"\355\240\200\"}",
         "test.json:1:12: title: the byte 0xed is not UTF-8; save the file in UTF-8.")
    TEXT("\357\273\277{}",
         "test.json:1:1: the file begins with a byte order mark; save it as UTF-8 without one.")
    TEXT("\377\376{\001",
         "test.json:1:1: expected a value, not a character outside of a string.")
    /* top level and sections */
    TEXT("{\"titel\": \"x\"" AXES,
         "test.json:1:2: titel: unknown key; did you mean \"title\"?")
    TEXT("{\"title\": 5" AXES,
         "test.json:1:11: title: expected a text of 1 to 255 bytes without control characters, not 5.")
    TEXT("{\"title\": \"\"" AXES,
         "test.json:1:11: title: expected a text of 1 to 255 bytes without control characters, not the "
         "text \"\".")
    TEXT("{\"title\": \"a\\u0007b\"" AXES,
         "test.json:1:11: title: expected a text of 1 to 255 bytes without control characters, not the "
         "text \"a?b\".")
    TEXT("{\"title\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"" AXES,
         "test.json:1:11: title: expected a text of 1 to 255 bytes without control characters, not the "
         "text \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\".")
    TEXT("{\"output\": 5" AXES,
         "test.json:1:12: output: expected an object {...}, not 5.")
    TEXT("{\"output\": {\"fil\": \"a\"}" AXES,
         "test.json:1:13: output.fil: unknown key; did you mean \"file\"?")
    TEXT("{\"output\": {\"compression\": 10}" AXES,
         "test.json:1:28: output.compression: expected a whole number from 0 to 9, not 10.")
    TEXT("{\"output\": {\"provenance\": 1}" AXES,
         "test.json:1:27: output.provenance: expected true or false, not 1.")
    TEXT("{\"carbon\": []" AXES,
         "test.json:1:12: carbon: expected an object {...}, not an empty list.")
    TEXT("{\"carbon\": {\"puee\": 1.1}" AXES,
         "test.json:1:13: carbon.puee: unknown key; did you mean \"pue\"?")
    TEXT("{\"carbon\": {\"pue\": 0.9}" AXES,
         "test.json:1:20: carbon.pue: expected a number from 1 to 10, not 0.9.")
    TEXT("{\"carbon\": {\"pue\": \"1.1\"}" AXES,
         "test.json:1:20: carbon.pue: expected a number from 1 to 10, not the text \"1.1\".")
    TEXT("{\"carbon\": {\"pue\": null}" AXES,
         "test.json:1:20: carbon.pue: expected a number from 1 to 10, not null.")
    TEXT("{\"carbon\": {\"host\": 1}" AXES,
         "test.json:1:21: carbon.host: expected true or false, not 1.")
    TEXT("{\"carbon\": {\"attribution\": \"amortised\"}" AXES,
         "test.json:1:28: carbon.attribution: expected one of \"amortized\", \"full\", not the text \"amort"
         "ised\"; did you mean \"amortized\"?")
    TEXT("{\"carbon\": {\"cpa_set\": 3}" AXES,
         "test.json:1:24: carbon.cpa_set: expected one of \"llmcarbon\", \"act\", \"imec\", not 3.")
    TEXT("{\"carbon\": {\"preset\": \"papr\"}" AXES,
         "test.json:1:23: carbon.preset: expected one of \"default\", \"paper\", not the text \"papr\"; "
         "did you mean \"paper\"?")
    TEXT("{\"carbon\": {\"lifetime_years\": 0}" AXES,
         "test.json:1:31: carbon.lifetime_years: expected a number from 0.001 to 1000 (year), not 0.")
    TEXT("{\"carbon\": {\"host_devices\": 0}" AXES,
         "test.json:1:29: carbon.host_devices: expected a whole number from 1 to 1000000, not 0.")
    TEXT("{\"training\": {\"seq_len\": 2048.5}" AXES,
         "test.json:1:26: training.seq_len: expected a whole number from 1 to 1000000000 (token), not "
         "2048.5.")
    TEXT("{\"training\": {\"seq_len\": 0}" AXES,
         "test.json:1:26: training.seq_len: expected a whole number from 1 to 1000000000 (token), not "
         "0.")
    TEXT("{\"training\": {\"deadline_days\": -1}" AXES,
         "test.json:1:32: training.deadline_days: expected a number from 1e-09 to 1000000000 (day), not "
         "-1.")
    TEXT("{\"training\": {\"goodput\": 1.01}" AXES,
         "test.json:1:26: training.goodput: expected a number from 1e-06 to 1, not 1.01.")
    TEXT("{\"training\": {\"learning_rate\": 1e-4}" AXES,
         "test.json:1:15: training.learning_rate: unknown key; known are *")
    TEXT("{\"search\": {\"objective\": \"min_cost\"}" AXES,
         "test.json:1:26: search.objective: expected one of \"min_devices\", \"min_time\", \"min_energy\","
         " \"min_carbon\", not the text \"min_cost\".")
    TEXT("{\"search\": {\"objective\": \"min_time\"}" AXES,
         "test.json:1:26: search.objective: min_time wants search.devices, the number of devices to be "
         "fastest with.")
    TEXT("{\"search\": {\"objective\": \"min_carbon\", \"alternatives\": 3}" AXES,
         "test.json:1:56: search.alternatives: min_carbon keeps the best plan of each region only; leave "
         "out alternatives, or take another objective.")
    TEXT("{\"search\": {\"zero_stages\": []}" AXES,
         "test.json:1:28: search.zero_stages: expected a list [...] of one or more values, not an empty "
         "list.")
    TEXT("{\"search\": {\"zero_stages\": [0, 4]}" AXES,
         "test.json:1:32: search.zero_stages[1]: expected one of \"0\", \"1\", \"2\", \"3\", not 4.")
    TEXT("{\"search\": {\"zero_stages\": [1, 1]}" AXES,
         "test.json:1:32: search.zero_stages[1]: 1 is given twice.")
    TEXT("{\"search\": {\"recompute\": \"full\"}" AXES,
         "test.json:1:26: search.recompute: expected a list [...] of one or more values, not the text "
         "\"full\".")
    TEXT("{\"search\": {\"schedules\": [\"1f1b\", \"gpipe\"]}" AXES,
         "test.json:1:35: search.schedules[1]: expected one of \"1f1b\", \"zb1p\", \"dualpipe\", not the "
         "text \"gpipe\".")
    TEXT("{\"search\": {\"expert_degrees\": [0]}" AXES,
         "test.json:1:32: search.expert_degrees[0]: expected a whole number from 1 to 1000000, not 0.")
    TEXT("{\"search\": {\"expert_degrees\": [2, 2]}" AXES,
         "test.json:1:35: search.expert_degrees[1]: 2 is given twice.")
    TEXT("{\"search\": {\"expert_degrees\": 8}" AXES,
         "test.json:1:31: search.expert_degrees: expected a list [...] of at most 16 whole numbers, not "
         "8.")
    TEXT("{\"search\": {\"context_degrees\": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}" AXES,
         "test.json:1:32: search.context_degrees: expected a list [...] of at most 16 whole numbers, not "
         "a list of more.")
    TEXT("{\"scaling_law\": {\"layers_exponent\": 5}" AXES,
         "test.json:1:37: scaling_law.layers_exponent: expected a number from 0 to 4, not 5.")
    /* layers of the scaling law */
    TEXT("{\"scaling_law\": {\"layers_exponent\": 2}" AXES,
         "test.json:1:37: scaling_law.layers_exponent: d_model 8192 gets 16213502 layers, round(0.2416 * "
         "d_model^2), and at most 10000 can be searched; "
         "lower scaling_law.layers_exponent or take smaller d_models.")
    TEXT("{\"scaling_law\": {\"layers_coefficient\": 31.3, \"layers_exponent\": 0.64}" AXES,
         "test.json:1:40: scaling_law.layers_coefficient: d_model 8192 gets 10003 layers, round(31.3 * "
         "d_model^0.64), and at most 10000 can be searched; "
         "lower scaling_law.layers_coefficient or take smaller d_models.")
    TEXT(MORE("\"scaling_law.layers_exponent\": [0.5, 1.0, 1.5]"),
         "test.json:7:33: axes.scaling_law.layers_exponent: d_model 8192 gets 179136 layers, round(0.2416 * "
         "d_model^1.5), and at most 10000 can be searched; "
         "lower scaling_law.layers_exponent or take smaller d_models.")
    TEXT("{\"projection\": {\"tdp\": 0}" AXES,
         "test.json:1:24: projection.tdp: expected a number from 0.1 to 10, not 0.")
    TEXT("{\"power\": {\"static_fraction\": 1.5}" AXES,
         "test.json:1:31: power.static_fraction: expected a number from 0 to 1, not 1.5.")
    TEXT("{\"limits\": {\"points\": 0}" AXES,
         "test.json:1:23: limits.points: expected a whole number from 1 to 1000000000000, not 0.")
    TEXT("{\"limits\": {\"points\": 1e13}" AXES,
         "test.json:1:23: limits.points: expected a whole number from 1 to 1000000000000, not 1000000000000"
         "0.")
    TEXT("{\"$schema\": 1" AXES,
         "test.json:1:13: $schema: expected a text, not 1.")
    TEXT("{\"Axes\": {}" AXES,
         "test.json:1:2: Axes: unknown key; did you mean \"axes\"?")
    /* axes */
    TEXT("{}",
         "test.json:1:1: the key \"axes\" is missing.")
    TEXT("{\"axes\": []}",
         "test.json:1:10: axes: expected an object {...}, not an empty list.")
    TEXT("{\"axes\": {\n"
         " \"hardware\": [\"H100\"],\n"
         " \"year\": [0],\n"
         " \"qat\": [\"off\"],\n"
         " \"carbon_intensity\": [\"us-east5\"]}}",
         "test.json:1:10: axes: the key \"model\" is missing.")
    TEXT("{\"axes\": {\n"
         " \"model\": {\"d_model\": [8192]},\n"
         " \"year\": [0],\n"
         " \"qat\": [\"off\"],\n"
         " \"carbon_intensity\": [\"us-east5\"]}}",
         "test.json:1:10: axes: the key \"hardware\" is missing.")
    TEXT("{\"axes\": {\n"
         " \"model\": {\"d_model\": [8192]},\n"
         " \"hardware\": [\"H100\"],\n"
         " \"qat\": [\"off\"],\n"
         " \"carbon_intensity\": [\"us-east5\"]}}",
         "test.json:1:10: axes: the key \"year\" is missing.")
    TEXT("{\"axes\": {\n"
         " \"model\": {\"d_model\": [8192]},\n"
         " \"hardware\": [\"H100\"],\n"
         " \"year\": [0],\n"
         " \"carbon_intensity\": [\"us-east5\"]}}",
         "test.json:1:10: axes: the key \"qat\" is missing.")
    TEXT("{\"axes\": {\n"
         " \"model\": {\"d_model\": [8192]},\n"
         " \"hardware\": [\"H100\"],\n"
         " \"year\": [0],\n"
         " \"qat\": [\"off\"]}}",
         "test.json:1:10: axes: the key \"carbon_intensity\" is missing.")
    TEXT("{\"axes\": {\n"
         " \"model\": {\"d_model\": [8192]},\n"
         " \"year\": [0],\n"
         " \"qat\": [\"off\"],\n"
         " \"carbon_intensity\": [\"us-east5\"],\n"
         " \"hardwre\": [\"H100\"]}}",
         "test.json:6:2: axes.hardwre: unknown axis; did you mean \"hardware\"?")
    TEXT(YEAR("[]"),
         "test.json:4:10: axes.year: expected a list of one or more numbers or {\"from\": , \"to\": , "
         "\"step\": }, not an empty list.")
    TEXT(YEAR("5"),
         "test.json:4:10: axes.year: expected a list of one or more numbers or {\"from\": , \"to\": , "
         "\"step\": }, not 5.")
    TEXT(YEAR("\"0\""),
         "test.json:4:10: axes.year: expected a list of one or more numbers or {\"from\": , \"to\": , "
         "\"step\": }, not the text \"0\".")
    TEXT(YEAR("[0, 0]"),
         "test.json:4:14: axes.year[1]: 0 is given twice.")
    TEXT(YEAR("[5, 0]"),
         "test.json:4:14: axes.year[1]: the axis runs backwards: its numbers must rise, and 0 is below "
         "the one before it.")
    TEXT(YEAR("[-1]"),
         "test.json:4:11: axes.year[0]: expected a whole number from 0 to 50 (year), not -1.")
    TEXT(YEAR("[51]"),
         "test.json:4:11: axes.year[0]: expected a whole number from 0 to 50 (year), not 51.")
    TEXT(YEAR("[0.5]"),
         "test.json:4:11: axes.year[0]: expected a whole number from 0 to 50 (year), not 0.5.")
    TEXT(YEAR("[\"0\"]"),
         "test.json:4:11: axes.year[0]: expected a whole number from 0 to 50 (year), not the text \"0\".")
    TEXT(YEAR("{\"from\": 5, \"to\": 0, \"step\": 1}"),
         "test.json:4:28: axes.year.to: the range runs backwards: to must not be below from.")
    TEXT(YEAR("{\"from\": 0, \"to\": 10}"),
         "test.json:4:10: axes.year: the key \"step\" is missing.")
    TEXT(YEAR("{\"from\": 0, \"to\": 10, \"step\": 0}"),
         "test.json:4:40: axes.year.step: expected a whole number from 1 to 1e+15, not 0.")
    TEXT(YEAR("{\"from\": 0, \"to\": 10, \"step\": 0.5}"),
         "test.json:4:40: axes.year.step: expected a whole number from 1 to 1e+15, not 0.5.")
    TEXT(YEAR("{\"from\": 0, \"to\": 10, \"step\": -1}"),
         "test.json:4:40: axes.year.step: expected a whole number from 1 to 1e+15, not -1.")
    TEXT(YEAR("{\"from\": 0, \"to\": 60, \"step\": 1}"),
         "test.json:4:28: axes.year.to: expected a whole number from 0 to 50 (year), not 60.")
    TEXT(YEAR("{\"from\": 0, \"to\": 10, \"by\": 1}"),
         "test.json:4:32: axes.year.by: unknown key; known are \"from\", \"to\", \"step\".")
    TEXT(HARDWARE("[]"),
         "test.json:3:14: axes.hardware: expected a list [...] of one or more values, not an empty list.")
    TEXT(HARDWARE("\"H100\""),
         "test.json:3:14: axes.hardware: expected a list [...] of one or more values, not the text \"H100\""
         ".")
    TEXT(HARDWARE("[\"H1000\"]"),
         "test.json:3:15: axes.hardware[0]: no device is named \"H1000\"; did you mean \"H100\"?")
    TEXT(HARDWARE("[\"h100\"]"),
         "test.json:3:15: axes.hardware[0]: no device is named \"h100\"; did you mean \"H100\"?")
    TEXT(HARDWARE("[\"RTX\"]"),
         "test.json:3:15: axes.hardware[0]: no device is named \"RTX\"; known are *")
    TEXT(HARDWARE("[100]"),
         "test.json:3:15: axes.hardware[0]: expected the name of a device or an object {...}, not 100.")
    TEXT(HARDWARE("[\"H100\", \"H100\"]"),
         "test.json:3:23: axes.hardware[1]: \"H100\" is given twice.")
    TEXT(HARDWARE("[{\"name\": \"x\"}]"),
         "test.json:3:15: axes.hardware[0]: the key \"kind\" is missing.")
    TEXT(HARDWARE("[{\"name\": \"x\", \"based_on\": \"H1OO\"}]"),
         "test.json:3:41: axes.hardware[0].based_on: no device is named \"H1OO\"; did you mean \"H100\"?")
    TEXT(HARDWARE("[{\"name\": \"x\", \"based_on\": \"H100\", \"hbm_gb\": -1}]"),
         "test.json:3:59: axes.hardware[0].hbm_gb: expected a number from 0 to 1000000000, not -1.")
    TEXT(HARDWARE("[{\"name\": \"x\", \"based_on\": \"H100\", \"hbm_tb\": 1}]"),
         "test.json:3:49: axes.hardware[0].hbm_tb: unknown key; did you mean \"hbm_gb\"?")
    TEXT(HARDWARE("[{\"based_on\": \"H100\"}]"),
         "test.json:3:15: axes.hardware[0]: the key \"name\" is missing.")
    TEXT(HARDWARE("[{\"name\": \"H100\", \"based_on\": \"H100\"}, \"H100\"]"),
         "test.json:3:53: axes.hardware[1]: \"H100\" is given twice.")
    TEXT(HARDWARE("[null]"),
         "test.json:3:15: axes.hardware[0]: expected the name of a device or an object {...}, not null.")
    TEXT(QAT("[\"none\"]"),
         "test.json:5:10: axes.qat[0]: no QAT level is named \"none\"; known are \"off\", \"int8\", \"int4\""
         ", \"fp8\".")
    TEXT(QAT("[\"off\", \"off\"]"),
         "test.json:5:17: axes.qat[1]: \"off\" is given twice.")
    TEXT(QAT("[{\"qat\": \"w2\", \"weight_bits\": 2}]"),
         "test.json:5:10: axes.qat[0]: the key \"format\" is missing.")
    TEXT(QAT("[{\"qat\": \"w2\", \"weight_bits\": 0, \"activation_bits\": 8, \"communication_bits\": 8, \"forma"
         "t\": \"int8\"}]"),
         "test.json:5:39: axes.qat[0].weight_bits: expected a number from 1 to 64 (bit), not 0.")
    TEXT(QAT("[{\"qat\": \"w2\", \"weight_bits\": 2, \"activation_bits\": 8, \"communication_bits\": 8, \"forma"
         "t\": \"int2\"}]"),
         "test.json:5:99: axes.qat[0].format: expected one of \"bf16\", \"int8\", \"fp8\", not the text "
         "\"int2\"; did you mean \"int8\"?")
    TEXT(REGION("[\"us-east\"]"),
         "test.json:6:23: axes.carbon_intensity[0]: no region is named \"us-east\"; did you mean \"us-east1"
         "\"?")
    TEXT(REGION("[\"atlantis\"]"),
         "test.json:6:23: axes.carbon_intensity[0]: no region is named \"atlantis\"; known are *")
    TEXT(REGION("[323]"),
         "test.json:6:23: axes.carbon_intensity[0]: expected the name of a region or an object {...}, "
         "not 323.")
    TEXT(REGION("[\"us-east5\", \"us-east5\"]"),
         "test.json:6:35: axes.carbon_intensity[1]: \"us-east5\" is given twice.")
    TEXT(REGION("[{\"region\": \"my-site\"}]"),
         "test.json:6:23: axes.carbon_intensity[0]: the key \"g_per_kwh\" is missing.")
    TEXT(REGION("[{\"region\": \"my-site\", \"g_per_kwh\": -1}]"),
         "test.json:6:58: axes.carbon_intensity[0].g_per_kwh: expected a number from 0 to 10000 (g/kWh),"
         " not -1.")
    TEXT(REGION("[{\"region\": \"my-site\", \"g_per_kwh\": 120, \"pue\": 0.9}]"),
         "test.json:6:70: axes.carbon_intensity[0].pue: expected a number from 1 to 10, not 0.9.")
    TEXT(REGION("[{\"region\": \"my-site\", \"g\": 120}]"),
         "test.json:6:45: axes.carbon_intensity[0].g: unknown key; known are \"region\", \"g_per_kwh\","
         " \"year\", \"pue\", \"source\", \"note\".")
    TEXT(REGION("[{\"region\": \"us-east5\", \"g_per_kwh\": 1}, \"us-east5\"]"),
         "test.json:6:63: axes.carbon_intensity[1]: \"us-east5\" is given twice.")
    TEXT(MODEL("[8192]"),
         "test.json:2:12: axes.model[0]: expected the name of a model or an object {...}, not 8192.")
    TEXT(MODEL("{\"d_model\": []}"),
         "test.json:2:23: axes.model.d_model: expected a list of one or more numbers or {\"from\": , "
         "\"to\": , \"step\": }, not an empty list.")
    TEXT(MODEL("{\"d_model\": [0]}"),
         "test.json:2:24: axes.model.d_model[0]: expected a whole number from 1 to 10000000, not 0.")
    TEXT(MODEL("{\"d_model\": [8192, 4096]}"),
         "test.json:2:30: axes.model.d_model[1]: the axis runs backwards: its numbers must rise, and 4096 "
         "is below the one before it.")
    TEXT(MODEL("{\"d_model\": {\"from\": 8192, \"to\": 4096, \"step\": 128}}"),
         "test.json:2:44: axes.model.d_model.to: the range runs backwards: to must not be below from.")
    TEXT(MODEL("{\"dmodel\": [8192]}"),
         "test.json:2:12: axes.model.dmodel: unknown key; did you mean \"d_model\"?")
    TEXT(MODEL("[\"Llama-3.1-8b\"]"),
         "test.json:2:12: axes.model[0]: no model is named \"Llama-3.1-8b\"; did you mean \"Llama-3.1-8B\"?"
         " A model dimension is written {\"d_model\": [8192]}.")
    TEXT(MODEL("[\"8192\"]"),
         "test.json:2:12: axes.model[0]: no model is named \"8192\"; known are *")
    TEXT(MODEL("[]"),
         "test.json:2:11: axes.model: expected a list [...] of one or more values, not an empty list.")
    TEXT(MODEL("[\"GPT-3\", \"GPT-3\"]"),
         "test.json:2:21: axes.model[1]: \"GPT-3\" is given twice.")
    TEXT(MODEL("[{\"d_model\": [8192]}, {\"d_model\": [8192]}]"),
         "test.json:2:46: axes.model[1].d_model[0]: \"8192\" is given twice.")
    TEXT(MODEL("[{\"name\": \"m\", \"layers\": 10001, \"d_model\": 1024, \"heads\": 8}]"),
         "test.json:2:36: axes.model[0].layers: expected a whole number from 1 to 10000, not 10001.")
    TEXT(MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"heads_kv\": 8}]"),
         "test.json:2:68: axes.model[0].heads_kv: unknown key; did you mean \"heads\"?")
    TEXT(MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024}]"),
         "test.json:2:12: axes.model[0]: the key \"heads\" is missing.")
    TEXT(MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1000, \"heads\": 7}]"),
         "test.json:2:12: axes.model[0]: the key \"head_dim\" is missing.")
    TEXT(MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"kv_heads\": 9}]"),
         "test.json:2:80: axes.model[0].kv_heads: expected a whole number from 1 to 8, not 9.")
    TEXT(MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"experts\": 8, \"experts_acti"
         "ve\": 9}]"),
         "test.json:2:100: axes.model[0].experts_active: expected a whole number from 1 to 8, not 9.")
    TEXT(MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"experts\": 8}]"),
         "test.json:2:12: axes.model[0]: the key \"d_expert\" is missing.")
    TEXT(MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"attention\": \"linear\"}]"),
         "test.json:2:81: axes.model[0].attention: expected one of \"full\", \"sliding\", \"mla\", not "
         "the text \"linear\".")
    TEXT(MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"attention\": \"mla\"}]"),
         "test.json:2:12: axes.model[0]: the key \"mla\" is missing.")
    TEXT(MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"attention\": \"sliding\"}]"),
         "test.json:2:12: axes.model[0]: the key \"window\" is missing.")
    TEXT(MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"window\": 128}]"),
         "test.json:2:78: axes.model[0].window: goes with \"attention\": \"sliding\" only.")
    TEXT(MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"shared_experts\": 1}]"),
         "test.json:2:86: axes.model[0].shared_experts: a dense model (experts 1) has no shared experts.")
    TEXT(MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"positions\": \"rotary\"}]"),
         "test.json:2:81: axes.model[0].positions: expected one of \"learned\", not the text \"rotary\".")
    TEXT(MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"tokens\": 0}]"),
         "test.json:2:78: axes.model[0].tokens: expected a number from 1 to 1e+24 (token), not 0.")
    TEXT(MODEL("[{\"layers\": 4, \"d_model\": 1024, \"heads\": 8}]"),
         "test.json:2:12: axes.model[0]: the key \"name\" is missing.")
    TEXT(MORE("\"carbon.pu\": [1.1]"),
         "test.json:7:2: axes.carbon.pu: unknown axis; did you mean \"carbon.pue\"?")
    TEXT(MORE("\"pue\": [1.1]"),
         "test.json:7:2: axes.pue: unknown axis; did you mean \"carbon.pue\"?")
    TEXT(MORE("\"carbon.pue\": [0.5]"),
         "test.json:7:17: axes.carbon.pue[0]: expected a number from 1 to 10, not 0.5.")
    TEXT(MORE("\"carbon.pue\": [1.1, 1.1]"),
         "test.json:7:22: axes.carbon.pue[1]: 1.1 is given twice.")
    TEXT(MORE("\"carbon.pue\": 1.1"),
         "test.json:7:16: axes.carbon.pue: expected a list of one or more numbers or {\"from\": , \"to\": "
         ", \"step\": }, not 1.1.")
    TEXT(MORE("\"output.compression\": [1, 2]"),
         "test.json:7:2: axes.output.compression: this setting cannot be an axis: no result of a point "
         "depends on it.")
    TEXT(MORE("\"carbon.preset\": [\"paper\"]"),
         "test.json:7:2: axes.carbon.preset: this setting cannot be an axis: no result of a point depends "
         "on it.")
    TEXT(MORE("\"search.alternatives\": [1]"),
         "test.json:7:2: axes.search.alternatives: this setting cannot be an axis: no result of a point "
         "depends on it.")
    TEXT(MORE("\"carbon.host\": [true, true]"),
         "test.json:7:24: axes.carbon.host[1]: \"true\" is given twice.")
    TEXT(MORE("\"carbon.host\": [1]"),
         "test.json:7:18: axes.carbon.host[0]: expected true or false, not 1.")
    TEXT(MORE("\"carbon.attribution\": [\"full\", \"none\"]"),
         "test.json:7:33: axes.carbon.attribution[1]: expected one of \"amortized\", \"full\", not the "
         "text \"none\".")
    TEXT(MORE("\"search.zero_stages\": [[0], [0]]"),
         "test.json:7:30: axes.search.zero_stages[1]: \"0\" is given twice.")
    TEXT(MORE("\"search.zero_stages\": [[]]"),
         "test.json:7:25: axes.search.zero_stages[0]: expected a list [...] of one or more values, not "
         "an empty list.")
    TEXT(MORE("\"search.expert_degrees\": [8]"),
         "test.json:7:28: axes.search.expert_degrees[0]: expected a list [...] of at most 16 whole numbers,"
         " not 8.")
    TEXT(MORE("\"carbon.pue\": {\"from\": 1, \"to\": 2, \"step\": 1e-200}"),
         "test.json:1:10: axes: the grid has 1.000000000001e+200 points, more than limits.points, 100000000"
         "; shorten an axis or raise the limit.")
    TEXT(MORE("\"training.deadline_days\": {\"from\": 1, \"to\": 1e9, \"step\": 1}"),
         "test.json:1:10: axes: the grid has 1000000000 points, more than limits.points, 100000000; shorten"
         " an axis or raise the limit.")
    TEXT(MORE("\"scaling_law.vocab\": {\"from\": 1, \"to\": 200000, \"step\": 1}"),
         "test.json:7:23: axes.scaling_law.vocab: 200000 values; one axis has at most 100000.")
    TEXT("{\"limits\": {\"points\": 10},\n"
         " \"axes\": {\n"
         " \"model\": {\"d_model\": [8192]},\n"
         " \"hardware\": [\"H100\"],\n"
         " \"year\": {\"from\": 0, \"to\": 10, \"step\": 1},\n"
         " \"qat\": [\"off\"],\n"
         " \"carbon_intensity\": [\"us-east5\"]}}",
         "test.json:2:10: axes: the grid has 11 points, more than limits.points, 10; shorten an axis or "
         "raise the limit.")
    TEXT(MODEL("[\"GPT-3\", \"GPT-3-175B\"]"),
         "test.json:2:21: axes.model[1]: \"GPT-3\" and \"GPT-3-175B\" are the same; give one of them.")
    TEXT(MODEL("[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"mla\": {}}]"),
         "test.json:2:75: axes.model[0].mla: goes with \"attention\": \"mla\" only.")
    TEXT(MODEL("[true]"),
         "test.json:2:12: axes.model[0]: expected the name of a model or an object {...}, not true.")
    TEXT(QAT("[{\"qat\": \"w2\", \"format\": \"int8\"}]"),
         "test.json:5:10: axes.qat[0]: the key \"weight_bits\" is missing.")
    TEXT(MORE("\"search.expert_degrees\": [[1000000, 1000001]]"),
         "test.json:7:38: axes.search.expert_degrees[0][1]: expected a whole number from 1 to 1000000,"
         " not 1000001.")
    TEXT(MORE("\"search.expert_degrees\": [[100000, 100001, 100002, 100003, 100004, 100005, 100006, 100007,"
         " 100008, 100009]]"),
         "test.json:7:28: axes.search.expert_degrees[0]: too long for a label of 63 characters.")
    TEXT(MORE("\"carbon.pue\": {\"from\": 1, \"to\": 1.0000000000000004, \"step\": 1e-16}"),
         "test.json:7:62: axes.carbon.pue.step: the step is too small to change the value.")
    TEXT(MORE("\"training.seq_len\": [1],\n"
         " \"training.tokens_per_parameter\": [1],\n"
         " \"training.deadline_days\": [1],\n"
         " \"training.goodput\": [1],\n"
         " \"training.global_batch\": [1],\n"
         " \"training.gradient_bytes\": [1],\n"
         " \"training.optimizer_bytes\": [1],\n"
         " \"training.optimizer_traffic_bytes\": [1],\n"
         " \"training.memory_margin_bytes\": [1],\n"
         " \"carbon.pue\": [1],\n"
         " \"carbon.lifetime_years\": [1],\n"
         " \"carbon.host_devices\": [1]"),
         "test.json:18:2: axes.carbon.host_devices: more than 16 axes.")
    /* --set */
    SET(65, "--set carbon.pue=0.5: carbon.pue: expected a number from 1 to 10, not 0.5.",
        "carbon.pue=0.5")
    SET(65, "--set carbon.puee=1.2: carbon.puee: unknown key; did you mean \"pue\"?",
        "carbon.puee=1.2")
    SET(65, "--set carbn.pue=1.2: carbn: unknown key; did you mean \"carbon\"?",
        "carbn.pue=1.2")
    SET(64, "--set carbon.pue: expected path=value, such as --set carbon.pue=1.2.",
        "carbon.pue")
    SET(64, "--set =1: expected path=value, such as --set carbon.pue=1.2.",
        "=1")
    SET(65, "--set carbon..pue=1: the path has an empty part.",
        "carbon..pue=1")
    SET(65, "--set title.x=1: title: expected a text of 1 to 255 bytes without control characters, not an "
        "object.",
        "title.x=1")
    SET(65, "--set axes.year=5: axes.year: expected a list of one or more numbers or {\"from\": , \"to\": "
        ", \"step\": }, not 5.",
        "axes.year=5")
    SET(65, "--set axes.year=[0, 60]: axes.year[1]: expected a whole number from 0 to 50 (year), not 60.",
        "axes.year=[0, 60]")
    SET(65, "--set axes.carbon.pue=[0.5]: axes.carbon.pue[0]: expected a number from 1 to 10, not 0.5.",
        "axes.carbon.pue=[0.5]")
    SET(65, "--set axes.carbon=[1]: axes.carbon: unknown axis; known are *",
        "axes.carbon=[1]")
    SET(65, "--set search.expert_degrees=[1, 2: search.expert_degrees: expected a list [...] of at most 16 "
        "whole numbers, not the text \"[1, 2\".",
        "search.expert_degrees=[1, 2")
    SET(65, "--set axes.year.to=5: axes.year is a list, which has no keys.",
        "axes.year.to=5")
    SET(65, "--set axes.hardware=H100: axes.hardware: expected a list [...] of one or more values, not the "
        "text \"H100\".",
        "axes.hardware=H100")
    SET(65, "--set carbon.pue=1e999: carbon.pue: expected a number from 1 to 10, not the text \"1e999\".",
        "carbon.pue=1e999")
    SET(65, "--set a.b.c.d.e.f.g.h.i=1: the path has more than 8 parts.",
        "a.b.c.d.e.f.g.h.i=1")
    SET(65, "--set scaling_law.layers_coefficient=100: scaling_law.layers_coefficient: d_model 8192 gets 32021 "
        "layers, round(100 * d_model^0.64022), and at most 10000 can be searched; lower "
        "scaling_law.layers_coefficient or take smaller d_models.",
        "scaling_law.layers_coefficient=100")
    SET(65, "--set scaling_law.layers_exponent=1: scaling_law.layers_exponent: d_model 20000 gets 10001 layers, "
        "round(0.50004 * d_model^1), and at most 10000 can be searched; lower scaling_law.layers_exponent or take "
        "smaller d_models.",
        "axes.model.d_model=[64,20000]", "scaling_law.layers_coefficient=0.50004", "scaling_law.layers_exponent=1")
    SET(65, "--set output.file.name=x: output.file: expected a text of 1 to 1023 bytes without control charact"
        "ers, not an object.",
        "output.file.name=x")
    SET(65, "--set carbon.pue=1.2: carbon is 5, which has no keys.",
        "carbon=5", "carbon.pue=1.2")
    SET(65, "--set limits.points=0: limits.points: expected a whole number from 1 to 1000000000000, not 0.",
        "limits.points=0")
    SET(65, "--set axes.carbon.pue.to=1: axes.carbon.pue.to: the range runs backwards: to must not be below "
        "from.",
        "axes.carbon.pue.from=2", "axes.carbon.pue.to=1")
    /* data files */
    DATA(0, "{\"devices\": [\n"
         "{\"name\": \"a\"}]}",
         "data.json:2:1: devices[0]: the key \"kind\" is missing.")
    DATA(0, "{\"devices\": [\n"
         "{\"name\": \"a\", \"kind\": \"cpu\"}]}",
         "data.json:2:23: devices[0].kind: expected one of \"gpu\", \"tpu\", not the text \"cpu\"; did "
         "you mean \"gpu\"?")
    DATA(0, "{\"devices\": [\n"
         "{\"name\": \"a\", \"kind\": \"gpu\", \"peak_tflops\": 100, \"hbm_gib\": 16, \"hbm_gb\": 16, "
         "\"hbm_gb_s\": 900, \"units\": 80, \"clock_ghz\": 1,\n"
         " \"sustained\": 0.8, \"link_gb_s\": 300, \"domain\": 8, \"scale_out_gb_s\": 12, \"tdp_w\": 250,"
         " \"die_mm2\": 600,\n"
         " \"node_nm\": 7, \"server_power_w\": 1000}]}",
         "data.json:2:1: devices[0]: the key \"tiles\" is missing; a GPU needs one GEMM tile or more.")
    DATA(0, "{\"devices\": [\n"
         "{\"name\": \"a\", \"kind\": \"gpu\", \"peak_tflops\": 100, \"hbm_gib\": 16, \"hbm_gb\": 16, "
         "\"hbm_gb_s\": 900, \"units\": 80, \"clock_ghz\": 1,\n"
         " \"sustained\": 0.8, \"link_gb_s\": 300, \"domain\": 8, \"scale_out_gb_s\": 12, \"tdp_w\": 250,"
         " \"die_mm2\": 600,\n"
         " \"node_nm\": 7, \"server_power_w\": 1000, \"tiles\": [[128, 128]]}]}",
         "data.json:4:50: devices[0].tiles[0]: expected a tile [m, n, efficiency], not a list.")
    DATA(0, "{\"devices\": [\n"
         "{\"name\": \"a\", \"kind\": \"gpu\", \"peak_tflops\": 100, \"hbm_gib\": 16, \"hbm_gb\": 16, "
         "\"hbm_gb_s\": 900, \"units\": 80, \"clock_ghz\": 1,\n"
         " \"sustained\": 0.8, \"link_gb_s\": 300, \"domain\": 8, \"scale_out_gb_s\": 12, \"tdp_w\": 250,"
         " \"die_mm2\": 600,\n"
         " \"node_nm\": 7, \"server_power_w\": 1000, \"tiles\": [[128, 128, 2]]}]}",
         "data.json:4:61: devices[0].tiles[0][2]: expected a number from 0.01 to 1, not 2.")
    DATA(0, "{\"devices\": [\n"
         "{\"name\": \"a\", \"kind\": \"gpu\", \"peak_tflops\": 100, \"hbm_gib\": 16, \"hbm_gb\": 16, "
         "\"hbm_gb_s\": 900, \"units\": 80, \"clock_ghz\": 1,\n"
         " \"sustained\": 0.8, \"link_gb_s\": 300, \"domain\": 8, \"scale_out_gb_s\": 12, \"tdp_w\": 250,"
         " \"die_mm2\": 600,\n"
         " \"node_nm\": 7, \"server_power_w\": 1000, \"tiles\": []}]}",
         "data.json:4:49: devices[0].tiles: expected a list [...] of one or more values, not an empty "
         "list.")
    DATA(0, "{\"devices\": [\n"
         "{\"name\": \"a\", \"kind\": \"gpu\", \"peak_tflops\": 100, \"hbm_gib\": 16, \"hbm_gb\": 16, "
         "\"hbm_gb_s\": 900, \"units\": 80, \"clock_ghz\": 1,\n"
         " \"sustained\": 0.8, \"link_gb_s\": 300, \"domain\": 8, \"scale_out_gb_s\": 12, \"tdp_w\": 250,"
         " \"die_mm2\": 600,\n"
         " \"node_nm\": 7, \"server_power_w\": 1000, \"tiles\": [[128, 128, 1]], \"torus_axes\": 3}]}",
         "data.json:2:1: devices[0]: a device of kind \"gpu\" has torus_axes 0.")
    DATA(0, "{\"devices\": [\n"
         "{\"name\": \"a\", \"kind\": \"tpu\", \"peak_tflops\": 100, \"hbm_gib\": 16, \"hbm_gb\": 16, "
         "\"hbm_gb_s\": 900, \"units\": 80, \"clock_ghz\": 1,\n"
         " \"sustained\": 0.8, \"link_gb_s\": 300, \"domain\": 8, \"scale_out_gb_s\": 12, \"tdp_w\": 250,"
         " \"die_mm2\": 600,\n"
         " \"node_nm\": 7, \"server_power_w\": 1000, \"torus_axes\": 1}]}",
         "data.json:2:1: devices[0]: torus_axes is 0 (switched), 2 or 3, not 1.")
    DATA(0, "{\"devices\": [\n"
         "{\"name\": \"a\", \"kind\": \"gpu\", \"peak_tflops\": 100, \"hbm_gib\": 16, \"hbm_gb\": 16, "
         "\"hbm_gb_s\": 900, \"units\": 80.5, \"clock_ghz\": 1,\n"
         " \"sustained\": 0.8, \"link_gb_s\": 300, \"domain\": 8, \"scale_out_gb_s\": 12, \"tdp_w\": 250,"
         " \"die_mm2\": 600,\n"
         " \"node_nm\": 7, \"server_power_w\": 1000, \"tiles\": [[128, 128, 1]]}]}",
         "data.json:2:105: devices[0].units: expected a whole number, not 80.5.")
    DATA(0, "{\"devices\": [\n"
         "{\"name\": \"a\", \"kind\": \"gpu\", \"peak_tflops\": 100, \"hbm_gib\": 16, \"hbm_gb\": 16, "
         "\"hbm_gb_s\": 900, \"units\": 80, \"clock_ghz\": 1,\n"
         " \"sustained\": 0.8, \"link_gb_s\": 300, \"domain\": 8, \"scale_out_gb_s\": 12, \"tdp_w\": 250,"
         " \"die_mm2\": 600,\n"
         " \"node_nm\": 7, \"server_power_w\": 1000, \"hbm_gb_s\": 5}]}",
         "data.json:4:40: devices[0].hbm_gb_s: the key is given twice, first in line 2, column 79.")
    DATA(0, "{\"devices\": [\n"
         "{\"name\": \"a\", \"based_on\": \"b\"},\n"
         "{\"name\": \"b\", \"based_on\": \"a\"}]}",
         "data.json:2:27: devices[0].based_on: leads round in a circle, or over more than 32 devices.")
    DATA(0, "{\"devices\": [\n"
         "{\"name\": \"a\", \"based_on\": \"c\"}]}",
         "data.json:2:27: devices[0].based_on: no device is named \"c\"; did you mean \"a\"?")
    DATA(0, "{\"devices\": [\n"
         "{\"name\": \"a\", \"kind\": \"gpu\", \"peak_tflops\": 100, \"hbm_gib\": 16, \"hbm_gb\": 16, "
         "\"hbm_gb_s\": 900, \"units\": 80, \"clock_ghz\": 1,\n"
         " \"sustained\": 0.8, \"link_gb_s\": 300, \"domain\": 8, \"scale_out_gb_s\": 12, \"tdp_w\": 250,"
         " \"die_mm2\": 600,\n"
         " \"node_nm\": 7, \"server_power_w\": 1000, \"tiles\": [[128, 128, 1]]},\n"
         "{\"name\": \"a\", \"based_on\": \"a\"}]}",
         "data.json:5:10: devices[1].name: \"a\" names an earlier entry too.")
    DATA(0, "{\"devices\": [\n"
         "{\"name\": \"a\", \"aliases\": [\"a\"], \"kind\": \"gpu\", \"peak_tflops\": 100, \"hbm_gib\": "
         "16, \"hbm_gb\": 16, \"hbm_gb_s\": 900, \"units\": 80, \"clock_ghz\": 1,\n"
         " \"sustained\": 0.8, \"link_gb_s\": 300, \"domain\": 8, \"scale_out_gb_s\": 12, \"tdp_w\": 250,"
         " \"die_mm2\": 600,\n"
         " \"node_nm\": 7, \"server_power_w\": 1000, \"tiles\": [[128, 128, 1]]}]}",
         "data.json:2:27: devices[0].aliases[0]: \"a\" names an earlier entry too.")
    DATA(0, "{\"devices\": [\n"
         "{\"name\": \"a\", \"kind\": \"gpu\", \"peak_tflops\": 100, \"hbm_gib\": 16, \"hbm_gb\": 16, "
         "\"hbm_gb_s\": 900, \"units\": 80, \"clock_ghz\": 1,\n"
         " \"sustained\": 0.8, \"link_gb_s\": 300, \"domain\": 8, \"scale_out_gb_s\": 12, \"tdp_w\": 250,"
         " \"die_mm2\": 600,\n"
         " \"node_nm\": 7, \"server_power_w\": 1000, \"tiles\": [[128, 128, 1]], \"sources\": {\"hbm\": "
         "\"x\"}}]}",
         "data.json:4:78: devices[0].sources.hbm: unknown key; known are *")
    DATA(0, "{\"devices\": [\n"
         "5]}",
         "data.json:2:1: devices[0]: expected an object {...}, not 5.")
    DATA(0, "{\"devices\": []}",
         "data.json:1:13: devices: expected a list [...] of one or more values, not an empty list.")
    DATA(0, "{\"device\": []}",
         "data.json:1:2: device: unknown key; did you mean \"devices\"?")
    DATA(0, "[]",
         "data.json:1:1: expected an object {...}, not an empty list.")
    DATA(1, "{\"regions\": [\n"
         "{\"region\": \"a\"}]}",
         "data.json:2:1: regions[0]: the key \"g_per_kwh\" is missing.")
    DATA(1, "{\"regions\": [\n"
         "{\"region\": \"a\", \"g_per_kwh\": \"5\"}]}",
         "data.json:2:30: regions[0].g_per_kwh: expected a number from 0 to 10000 (g/kWh), not the text "
         "\"5\".")
    DATA(1, "{\"regions\": [\n"
         "{\"region\": \"a\", \"g_per_kwh\": 5},\n"
         "{\"region\": \"a\", \"g_per_kwh\": 6}]}",
         "data.json:3:12: regions[1].region: the text \"a\" names an earlier entry too.")
    DATA(1, "{\"regions\": [\n"
         "{\"region\": \"a\", \"g_per_kwh\": 5, \"year\": 20.5}]}",
         "data.json:2:41: regions[0].year: expected a whole number from 1900 to 2200, not 20.5.")
    DATA(2, "{\"qat_levels\": [\n"
         "{\"qat\": \"off\", \"weight_bits\": 16, \"activation_bits\": 16, \"communication_bits\": 16,"
         " \"format\": \"fp64\"}]}",
         "data.json:2:94: qat_levels[0].format: expected one of \"bf16\", \"int8\", \"fp8\", not the text "
         "\"fp64\"; did you mean \"fp8\"?")
    DATA(3, "{\"models\": [\n"
         "{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8},\n"
         "{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8}]}",
         "data.json:3:10: models[1].name: \"m\" names an earlier entry too.")
    DATA(3, "{\"models\": [\n"
         "{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"aliases\": [\"m\"]}]}",
         "data.json:2:69: models[0].aliases[0]: \"m\" names an earlier entry too.")
    DATA(3, "{\"models\": [\n"
         "{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"layers\": 5}]}",
         "data.json:2:57: models[0].layers: the key is given twice, first in line 2, column 15.")
    DATA(0, "{\"devices\": [\n"
         "{\"name\": \"a\", \"kind\": \"gpu\"}]}",
         "data.json:2:1: devices[0]: the key \"peak_tflops\" is missing.")
    DATA(0, "{\"devices\": [\n"
         "{\"name\": \"a\", \"kind\": \"gpu\", \"peak_tflops\": 100, \"hbm_gib\": 16, \"hbm_gb\": 16, "
         "\"hbm_gb_s\": 900, \"units\": 80, \"clock_ghz\": 1,\n"
         " \"sustained\": 0.8, \"link_gb_s\": 300, \"domain\": 8, \"scale_out_gb_s\": 12, \"tdp_w\": 250,"
         " \"die_mm2\": 600,\n"
         " \"node_nm\": 7, \"server_power_w\": 1000, \"tiles\": [[1,1,1],[1,1,1],[1,1,1],[1,1,1],[1,1,"
         "1],[1,1,1],[1,1,1],[1,1,1],[1,1,1]]}]}",
         "data.json:4:49: devices[0].tiles: 9 tiles; a device has at most 8.")
    DATA(2, "{\"qat_levels\": [\n"
         "{\"qat\": \"off\", \"weight_bits\": 16, \"activation_bits\": 16, \"communication_bits\": 16,"
         " \"format\": \"bf16\"},\n"
         "{\"qat\": \"off\", \"weight_bits\": 16, \"activation_bits\": 16, \"communication_bits\": 16,"
         " \"format\": \"bf16\"}]}",
         "data.json:3:9: qat_levels[1].qat: the text \"off\" names an earlier entry too.")
};
/* clang-format on */

static char *copy(const char *text)
{
    char *made = malloc(strlen(text) + 1);
    ck_assert_ptr_nonnull(made);
    memcpy(made, text, strlen(text) + 1);
    return made;
}

static void replace(char **text, const char *other)
{
    free(*text);
    *text = copy(other);
}

static bool matches(const char *message, const char *expected)
{
    const size_t length = strlen(expected);
    if (expected[length - 1] == '*') {
        return strncmp(message, expected, length - 1) == 0;
    }
    return strcmp(message, expected) == 0;
}

START_TEST(each)
{
    const struct wrong *wrong = &table[_i];
    struct cs_bundle bundle;
    struct cs_config config;
    struct cs_error error = {0};
    ck_assert_int_eq(cs_bundle_read(NULL, 0, NULL, &bundle, &error), CS_OK);
    replace(&bundle.config_name, "test.json");
    bundle.config = copy(wrong->config);
    if (wrong->file >= 0) {
        replace(&bundle.file_name[wrong->file], "data.json");
        replace(&bundle.file[wrong->file], wrong->text);
    }
    free(bundle.sets);
    bundle.sets = calloc(SETS_MAX, sizeof *bundle.sets);
    ck_assert_ptr_nonnull(bundle.sets);
    while (bundle.set_count < SETS_MAX && wrong->sets[bundle.set_count] != NULL) {
        bundle.sets[bundle.set_count] = copy(wrong->sets[bundle.set_count]);
        bundle.set_count++;
    }
    const enum cs_code code = cs_config_parse(&bundle, &config, &error);
    ck_assert_msg(matches(error.message, wrong->message), "row %d: \"%s\" instead of \"%s\"", _i, error.message,
                  wrong->message);
    ck_assert_int_eq(cs_exit_status(code), wrong->exit_status);
    ck_assert_int_eq((int)error.code, (int)code);
    ck_assert_int_eq(config.axis_count, 0);
    ck_assert_ptr_null(config.in_effect);
    cs_bundle_free(&bundle);
}
END_TEST

/* What every row departs from is right. */
START_TEST(the_rest_is_right)
{
    static const char *const right[] = {
        GOOD,
        "{\"title\": \"a\"" AXES,
        YEAR("[0]"),
        MORE("\"carbon.pue\": [1.1]"),
        /* as many layers as can be searched; and a law that no model is made by */
        "{\"scaling_law\": {\"layers_coefficient\": 10000, \"layers_exponent\": 0}" AXES,
        EACH("[\"GPT-3\"]", H100, "[0]", OFF, EAST, ", \"scaling_law.layers_exponent\": [3, 4]"),
    };
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        struct cs_bundle bundle;
        struct cs_config config;
        struct cs_error error = {0};
        ck_assert_int_eq(cs_bundle_read(NULL, 0, NULL, &bundle, &error), CS_OK);
        bundle.config = copy(right[i]);
        ck_assert_msg(cs_config_parse(&bundle, &config, &error) == CS_OK, "%s", error.message);
        cs_config_free(&config);
        cs_bundle_free(&bundle);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wrong inputs");
    TCase *cases = tcase_create("wrong inputs");
    tcase_add_loop_test(cases, each, 0, (int)(sizeof table / sizeof table[0]));
    tcase_add_test(cases, the_rest_is_right);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
