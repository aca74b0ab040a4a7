/* SPDX-License-Identifier: BSD-3-Clause */
/* What a message about a wrong input must say, and the reasons for a refusal, worded once.
 *
 * A message is `PLACE: KEY: REASON`, as in `test.json:1:20: carbon.pue: expected a number from 1 to 10, not 0.9.` A
 * test states the place and the key, which must be these and no others, and a phrase that the reason must hold. The
 * phrases are the macros below: a sentence that is reworded changes one of them.
 */
#ifndef CS_TESTS_MESSAGE_H
#define CS_TESTS_MESSAGE_H

/* What is wrong with a message, in words; NULL if nothing is. key is "" where the message names none. Without a place
 * phrase is the whole message; one that ends in '*' goes on with names that come and go with the data files. */
const char *cs_wrong_message(const char *message, const char *place, const char *key, const char *phrase);

#define VALUE(found) "expected a value, not " found "."
#define QUOTED_KEY "expected a key in double quotes"
#define AFTER_VALUE(bracket) "expected ',' or '" bracket "' after the value"
#define JSON_NUMBER "is not a number as JSON writes it"
#define NOT_A_DOUBLE "outside of what a double-precision number can hold"
#define NO_CLOSING_QUOTE "has no closing quote on its line"
#define HALF_A_PAIR "half of a surrogate pair"
#define NOT_UTF8(byte) "the byte " byte " is not UTF-8"
#define KEY_TWICE(line, column) "the key is given twice, first in line " line ", column " column "."
#define TWICE(value) value " is given twice"
#define EARLIER(name) "an earlier entry has the name \"" name "\""
#define MISSING(key) "the key \"" key "\" is missing"
#define UNKNOWN_KEY "unknown key; known are "
#define KEY_MEANT(key) "unknown key; did you mean \"" key "\"?"
#define UNKNOWN_AXIS "unknown axis; known are "
#define AXIS_MEANT(axis) "unknown axis; did you mean \"" axis "\"?"
#define NO_NAME(kind, name) "no " kind " is named \"" name "\"; known are "
#define NAME_MEANT(kind, name, near) "no " kind " is named \"" name "\"; did you mean \"" near "\"?"
#define OBJECT "expected an object {...}, not "
#define NAME_OR_OBJECT(kind) "expected the name of a " kind " or an object {...}"
#define LIST "expected a list [...] of one or more values"
#define WHOLE_NUMBERS "or a list [...] of at most 16 whole numbers"
#define NUMBERS_OR_RANGE "expected a list of one or more numbers or {\"from\": , \"to\": , \"step\": }"
#define BOOLEAN "expected true or false"
#define ONE_OF(words) "expected one of " words ", not "
#define BYTES(most) "expected a text of 1 to " most " bytes without control characters"
#define NUMBER(low, high) "expected a number from " low " to " high ", not "
#define NUMBER_OF(unit, low, high) "expected a number from " low " to " high " (" unit "), not "
#define WHOLE_NUMBER(low, high) "expected a whole number from " low " to " high ", not "
#define WHOLE_NUMBER_OF(unit, low, high) "expected a whole number from " low " to " high " (" unit "), not "
#define AXIS_BACKWARDS "the axis runs backwards"
#define RANGE_BACKWARDS "the range runs backwards"
#define NO_AXIS "this setting cannot be an axis"
#define GOES_WITH(attention) "goes with \"attention\": \"" attention "\" only"
#define TOO_MANY_LAYERS(d_model, layers) "d_model " d_model " gets " layers " layers"
#define TOO_MANY_POINTS(points) "the grid has " points " points, more than limits.points"
#define NO_KEYS(key, what) key " is " what ", which has no keys"
#define NOT_AN_ASSIGNMENT "expected path=value"

#endif
