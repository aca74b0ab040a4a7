#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The sweep of `make sweep`: configs/full.json on all cores of this machine into BUILD/full.h5.
#   scripts/sweep.sh [BUILD [CONFIG]]
# After it, break-even statements from the result, where Python has what scripts/breakeven.py needs.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
config=${2:-configs/full.json}
output=$build/$(basename "$config" .json).h5

# shellcheck source=scripts/mpi-environment.sh
. scripts/mpi-environment.sh
# Not nproc: it counts OMP_NUM_THREADS.
ranks=${CS_RANKS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)}

# Under mpirun the program cannot ask whether it writes to a terminal, so it is told.
if [ -z "${CS_PROGRESS:-}" ]; then
    if [ -t 2 ]; then
        CS_PROGRESS=bar
    else
        CS_PROGRESS=line
    fi
fi
export CS_PROGRESS

set -- "$MPIRUN" -n "$ranks" "$build/cs_sweep" "$config" --output "$output" --force
echo "$*"
"$@"

python=${PYTHON:-python3}
if [ -x /usr/bin/python3 ] && [ -z "${PYTHON:-}" ]; then
    python=/usr/bin/python3
fi
if "$python" -c 'import h5netcdf, numpy, xarray' 2>/dev/null; then
    "$python" scripts/breakeven.py "$output" || echo "scripts/breakeven.py failed; the sweep is complete." >&2
else
    echo "scripts/breakeven.py $output says when newer hardware pays (it needs Python with xarray and h5netcdf)."
fi
