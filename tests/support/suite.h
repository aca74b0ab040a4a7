/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of every unit test's main(), and the comparison of numbers that most of them need. */
#ifndef CS_TEST_SUITE_H
#define CS_TEST_SUITE_H

#include <check.h>
#include <math.h>

/* Equal but for a fraction of what is expected. */
#define WITHIN(value, expected, fraction) ck_assert_double_eq_tol(value, expected, fabs(expected) * (fraction))

/* Runs the suite's tests and gives the status that the program ends with. */
int cs_run_suite(Suite *suite);

#endif
