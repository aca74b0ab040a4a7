#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The faults of tests/programs/sweep_faults.sh, at many moments.
export CS_FAULT_ROUNDS=${CS_FAULT_ROUNDS:-25}
export limit=120
exec bash "$CS_SOURCE/tests/programs/sweep_faults.sh"
