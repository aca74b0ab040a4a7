/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON that is none: what the scanner refuses, and where. */
#include "wrong.h"

/* clang-format off */
static const struct cs_wrong table[] = {
    WHOLE("test.json:1:1: expected a value, not the end of the text.", "")
    WRONG("1:4", "", VALUE("the end of the text"), "   ")
    WHOLE("test.json:1:2: expected a key in double quotes, not the end of the text.", "{")
    WHOLE("test.json:1:1: expected an object {...}, not a list.", "[1, 2]")
    WRONG("1:1", "", OBJECT, "\"text\"")
    WRONG("1:16", "", "nothing after the end of the JSON value", "{\"title\": \"a\"} {\"title\": \"b\"}")
    WRONG("1:15", "", "a comma before '}'", "{\"title\": \"a\",}")
    WRONG("1:15", "", AFTER_VALUE("}"), "{\"title\": \"a\" \"output\": \"b\"}")
    WRONG("1:10", "title", "expected ':' after the key", "{\"title\" \"a\"}")
    WRONG("1:2", "", QUOTED_KEY, "{title: \"a\"}")
    WRONG("1:2", "", QUOTED_KEY, "{'title': 'a'}")
    WRONG("2:2", "", AFTER_VALUE("}"),
        "{\"title\": \"a\"\n"
        " \"output\": \"b\"}")
    WRONG("1:1", "", VALUE("'/'"),
        "// comment\n"
        "{}")
    WHOLE("test.json:1:23: limits.points: 01 is not a number as JSON writes it: no leading zeros or plus "
          "sign, digits on both sides of a point, digits after an e.", "{\"limits\": {\"points\": 01}}")
    WRONG("1:23", "limits.points", JSON_NUMBER, "{\"limits\": {\"points\": +1}}")
    WRONG("1:23", "limits.points", JSON_NUMBER, "{\"limits\": {\"points\": 1.}}")
    WRONG("1:23", "limits.points", JSON_NUMBER, "{\"limits\": {\"points\": .5}}")
    WRONG("1:23", "limits.points", JSON_NUMBER, "{\"limits\": {\"points\": 1e}}")
    WRONG("1:24", "limits", AFTER_VALUE("}"), "{\"limits\": {\"points\": 0x10}}")
    WHOLE("test.json:1:20: carbon.pue: 1e999 is outside of what a double-precision number can hold.",
        "{\"carbon\": {\"pue\": 1e999}}")
    WRONG("1:20", "carbon.pue", NOT_A_DOUBLE, "{\"carbon\": {\"pue\": -1e999}}")
    WRONG("1:20", "carbon.pue", NOT_A_DOUBLE, "{\"carbon\": {\"pue\": 1e-999}}")
    WRONG("1:20", "carbon.pue", VALUE("'N'"), "{\"carbon\": {\"pue\": NaN}}")
    WRONG("1:20", "carbon.pue", VALUE("'I'"), "{\"carbon\": {\"pue\": Infinity}}")
    WRONG("1:20", "carbon.pue", JSON_NUMBER, "{\"carbon\": {\"pue\": -Infinity}}")
    WRONG("1:20", "carbon.pue", "a number of more than 60 characters",
        "{\"carbon\": {\"pue\": 1111111111111111111111111111111111111111111111111111111111111}}")
    WRONG("1:11", "title", VALUE("'t'"), "{\"title\": tru}")
    WRONG("1:13", "title", "the control character 0x09 stands in a string", "{\"title\": \"a\tb\"}")
    WRONG("1:11", "title", NO_CLOSING_QUOTE,
        "{\"title\": \"a\n"
        "b\"}")
    WRONG("1:11", "title", NO_CLOSING_QUOTE, "{\"title\": \"open")
    WRONG("1:12", "title", "a backslash in a string is followed by one of", "{\"title\": \"\\x41\"}")
    WRONG("1:12", "title", "four hexadecimal digits", "{\"title\": \"\\u12g4\"}")
    WRONG("1:12", "title", HALF_A_PAIR, "{\"title\": \"\\ud800\"}")
    WRONG("1:12", "title", HALF_A_PAIR, "{\"title\": \"\\ud800\\u0041\"}")
    WRONG("1:12", "title", HALF_A_PAIR, "{\"title\": \"\\udc00\"}")
    WRONG("1:12", "title", "the character U+0000 cannot be used", "{\"title\": \"\\u0000\"}")
    WHOLE("test.json:1:16: title: the key is given twice, first in line 1, column 2.",
        "{\"title\": \"a\", \"title\": \"b\"}")
    WRONG("1:16", "title", KEY_TWICE("1", "2"), "{\"title\": \"a\", \"t\\u0069tle\": \"b\"}")
    WRONG("2:3", "carbon.pue", KEY_TWICE("1", "13"),
        "{\"carbon\": {\"pue\": 1.1, \"host\": true,\n"
        "  \"pue\": 1.2}}")
    WRONG("1:65", "[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]["
        "0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]", "nested "
        "deeper than 64 levels",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
        "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]")
    WRONG("1:11", "title", VALUE("the control character 0x01"), "{\"title\": \001}")
    WRONG("1:12", "a", AFTER_VALUE("]"), "{\"a\": [1, 2}")
    WRONG("1:10", "a", AFTER_VALUE("]"), "{\"a\": [1 2]}")
    WHOLE("test.json:1:12: title: the byte 0xff is not UTF-8; save the file in UTF-8.", "{\"title\": \"\377\"}")
    WRONG("1:12", "title", NOT_UTF8("0xc0"), "{\"title\": \"\300\257\"}")
    WRONG("1:12", "title", NOT_UTF8("0xed"), "{\"title\": \"\355\240\200\"}")
    WRONG("1:1", "", "byte order mark", "\357\273\277{}")
    WRONG("1:1", "", VALUE("a character outside of a string"), "\377\376{\001")
};
/* clang-format on */

int main(void)
{
    return cs_run_wrong_inputs("JSON that is none", table, (int)(sizeof table / sizeof table[0]));
}
