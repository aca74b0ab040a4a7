#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Many damaged result files handed to --resume: the unit tests with 20,000 flipped bits instead of 400.
CS_TEST_FLIPS=20000 CK_DEFAULT_TIMEOUT=1800 exec "$CS_BUILD/tests/unit/test_damage"
