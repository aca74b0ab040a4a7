#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Every number of the full sweep: see tests/programs/every_number.py.
export CS_NUMBERS_CONFIG=$CS_SOURCE/configs/full.json
CS_NUMBERS_RANKS=$(getconf _NPROCESSORS_ONLN)
export CS_NUMBERS_RANKS
exec "$PYTHON" "$CS_SOURCE/tests/programs/every_number.py"
