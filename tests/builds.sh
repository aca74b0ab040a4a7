#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds with each compiler, MPI and HDF5 that is installed, warnings being errors, and compares the results of a small
# sweep: another compiler, MPI or HDF5 library must give the same decisions, and the same MPI-free numbers.
#   tests/builds.sh DIRECTORY
set -u
cd "$(dirname "$0")/.." || exit 70
directory=$1
make=${MAKE:-make}
# shellcheck source=scripts/mpi-environment.sh
. scripts/mpi-environment.sh
export CS_SWEEP_DATA=$PWD/configs
unset MPIRUN CC CFLAGS MPICC HDF5_PC HDF5_DIR HDF5_ROOT MAKEFLAGS MFLAGS
passed=0
failed=0
skipped=0
mkdir -p "$directory"
reference=

have() {
    command -v "$1" >/dev/null 2>&1
}

# build NAME MPIRUN WHAT-IT-NEEDS MAKE-VARIABLE...
build() {
    local name=$1 mpirun=$2 needs=$3
    shift 3
    local word
    for word in $needs; do
        if ! have "$word" && ! pkg-config --exists "$word" 2>/dev/null; then
            echo "skipped $name: $word is not installed"
            skipped=$((skipped + 1))
            return
        fi
    done
    local log=$directory/$name.log result=$directory/$name.h5
    rm -f "$result" "$result".partial
    if ! "$make" --no-print-directory -j"$(nproc)" BUILD="$directory/$name" WERROR=1 "$@" all >"$log" 2>&1; then
        echo "FAILED  $name: make $*"
        grep -E 'error|warning' "$log" | head -n 20 | sed 's/^/    | /'
        failed=$((failed + 1))
        return
    fi
    local config=tests/builds.json
    [ -f "$config" ] || config=configs/quick.json
    if ! timeout -k 10 300 "$mpirun" -n 2 "$directory/$name/cs_sweep" "$config" --output "$result" --force --quiet \
        --set output.provenance=false >>"$log" 2>&1 </dev/null; then
        echo "FAILED  $name: $mpirun -n 2 cs_sweep $config; $log ends with"
        tail -n 20 "$log" | sed 's/^/    | /'
        failed=$((failed + 1))
        return
    fi
    # Bytes may differ with the libraries that write them; values of one compiler may not.
    if [ -z "$reference" ]; then
        reference=$result
    elif ! h5diff --relative=1e-9 --exclude-path /provenance "$reference" "$result" >>"$log" 2>&1; then
        echo "FAILED  $name: its results differ from $reference; $log ends with"
        tail -n 20 "$log" | sed 's/^/    | /'
        failed=$((failed + 1))
        return
    fi
    echo "ok      $name"
    passed=$((passed + 1))
}

build gcc-openmpi mpirun.openmpi "gcc mpicc.openmpi hdf5-serial" CC=gcc MPICC=mpicc.openmpi
build clang-openmpi mpirun.openmpi "clang mpicc.openmpi hdf5-serial" CC=clang MPICC=mpicc.openmpi
build gcc-mpich mpirun.mpich "gcc mpicc.mpich hdf5-serial" CC=gcc MPICC=mpicc.mpich
build gcc-parallel-hdf5 mpirun.openmpi "gcc mpicc.openmpi hdf5-openmpi" CC=gcc MPICC=mpicc.openmpi HDF5_PC=hdf5-openmpi
build gcc-O2 mpirun.openmpi "gcc mpicc.openmpi" CC=gcc MPICC=mpicc.openmpi CFLAGS=-O2
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
