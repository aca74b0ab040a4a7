/* SPDX-License-Identifier: BSD-3-Clause */
#include "cs_sweep/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t count_digits(const char *text, size_t length, size_t at)
{
    const size_t start = at;
    while (at < length && is_digit(text[at])) {
        at++;
    }
    return at - start;
}

size_t cs_number_length(const char *text, size_t length)
{
    size_t at = length > 0 && text[0] == '-' ? 1 : 0;
    const size_t whole = count_digits(text, length, at);
    if (whole == 0 || (whole > 1 && text[at] == '0')) {
        return 0;
    }
    at += whole;
    if (at < length && text[at] == '.') {
        const size_t fraction = count_digits(text, length, at + 1);
        if (fraction == 0) {
            return 0;
        }
        at += 1 + fraction;
    }
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        size_t exponent = at + 1;
        if (exponent < length && (text[exponent] == '+' || text[exponent] == '-')) {
            exponent++;
        }
        const size_t count = count_digits(text, length, exponent);
        if (count == 0) {
            return 0;
        }
        at = exponent + count;
    }
    return at;
}

bool cs_parse_number(const char *text, size_t length, double *value)
{
    char copy[CS_NUMBER_LENGTH_MAX + 1];
    if (length == 0 || length > CS_NUMBER_LENGTH_MAX || cs_number_length(text, length) != length) {
        return false;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    char *end = NULL;
    const double number = strtod(copy, &end);
    /* strtod stops early only where the host program has set a locale with another decimal point. */
    if (!isfinite(number) || end != copy + length) {
        return false;
    }
    if (number == 0.0) {
        const size_t mantissa = strcspn(copy, "eE");
        copy[mantissa] = '\0';
        if (strpbrk(copy, "123456789") != NULL) {
            return false;
        }
    }
    *value = number + 0.0;
    return true;
}

bool cs_parse_count(const char *text, int64_t low, int64_t high, int64_t *value)
{
    double number = 0.0;
    if (!cs_parse_number(text, strlen(text), &number) || number != floor(number) || number < (double)low ||
        number > (double)high) {
        return false;
    }
    *value = (int64_t)number;
    return true;
}

double cs_round_digits(double value, int digits)
{
    char text[CS_NUMBER_TEXT_MAX];
    (void)snprintf(text, sizeof text, "%.*e", digits - 1, value);
    return strtod(text, NULL);
}

const char *cs_format_number(double value, char *buffer)
{
    for (int precision = 15; precision <= 17; precision++) {
        (void)snprintf(buffer, CS_NUMBER_TEXT_MAX, "%.*g", precision, value);
        if (strtod(buffer, NULL) == value) {
            break;
        }
    }
    return buffer;
}
