#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# An hour of libFuzzer (CS_FUZZ_SECONDS), shared by the fuzzers alike.
set -u
make=${MAKE:-make}
unset MAKEFLAGS MFLAGS CFLAGS CC LDFLAGS
exec "$make" --no-print-directory -C "$CS_SOURCE" BUILD="$CS_BUILD" fuzz FUZZ_SECONDS="${CS_FUZZ_SECONDS:-3600}"
