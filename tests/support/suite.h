/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of every unit test's main(). */
#ifndef CS_TEST_SUITE_H
#define CS_TEST_SUITE_H

#include <check.h>

/* Runs the suite's tests and gives the status that the program ends with. */
int cs_run_suite(Suite *suite);

#endif
