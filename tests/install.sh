#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Installs into a temporary prefix and into a DESTDIR, uses what is there as a user would, uninstalls, and finds nothing
# left.
#   tests/install.sh BUILD
set -eu
cd "$(dirname "$0")/.."
build=$1
root=$(mktemp -d "${TMPDIR:-/tmp}/cs_sweep-install.XXXXXX")
trap 'rm -rf "$root"' EXIT
prefix=$root/prefix
make=${MAKE:-make}
compile="${CC:-gcc} -std=c11 -Wall -Wextra -Werror"
# The user of an installed program has none of this tree's environment.
unset CS_SWEEP_DATA

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

"$make" --no-print-directory BUILD="$build/install" PREFIX="$prefix" install >"$root/log" 2>&1 ||
    { cat "$root/log"; fail "make install"; }

for program in src/*.c; do
    program=$(basename "$program" .c)
    [ -x "$prefix/bin/$program" ] || fail "$program was not installed"
    "$prefix/bin/$program" --version >"$root/version" 2>&1 || fail "$program --version: $(cat "$root/version")"
done
(cd "$root" && "$prefix/bin/cs_sweep" --list devices) >"$root/devices" 2>&1 ||
    fail "the installed program does not find its data: $(cat "$root/devices")"

# The scripts run from the prefix: no tree, no variable that says where the program is.
python=${PYTHON:-$([ -x /usr/bin/python3 ] && echo /usr/bin/python3 || echo python3)}
small=(--set 'axes.year=[0]' --set 'axes.hardware=["H100"]' --set output.provenance=false)
share=$prefix/share/cs_sweep
(
    unset CS_BUILD
    cd "$root"
    for shard in 1 2; do
        "$prefix/bin/cs_sweep" "$share/quick.json" "${small[@]}" --output shards.h5 --shard "$shard/2" --quiet
    done
    "$prefix/bin/cs_sweep" "$share/quick.json" "${small[@]}" --output whole.h5 --quiet
    "$python" "$share/scripts/merge.py" --config "$share/quick.json" "${small[@]}" --quiet shards.h5
    cmp shards.h5 whole.h5
) >"$root/merge" 2>&1 || fail "merge.py of the prefix: $(cat "$root/merge")"
# SLURM gives the program its words; by hand they are these. The folder is copied as jobs/README.md says.
(
    cp -r "$share/jobs" "$root/jobs"
    cd "$root"
    export SLURM_ARRAY_JOB_ID=1 SLURM_ARRAY_TASK_COUNT=2 CS_LAUNCHER=env PYTHON="$python" PATH="$prefix/bin:$PATH"
    unset CS_BUILD
    for SLURM_ARRAY_TASK_ID in 1 2; do
        SLURM_ARRAY_TASK_ID=$SLURM_ARRAY_TASK_ID bash jobs/array.sbatch "$share/quick.json" array.h5 "${small[@]}"
    done
    cmp array.h5 whole.h5
) >"$root/array" 2>&1 || fail "the job scripts of the prefix: $(cat "$root/array")"
if "$python" -c 'import h5netcdf, numpy, xarray' 2>/dev/null; then
    "$python" "$share/scripts/export_csv.py" "$root/whole.h5" >"$root/whole.csv" || fail "export_csv.py of the prefix"
    if [ -f /usr/share/javascript/chart.js/chart.min.js ]; then
        "$python" "$share/scripts/report.py" "$root/whole.h5" --output "$root/whole.html" >"$root/report" 2>&1 ||
            fail "report.py of the prefix: $(cat "$root/report")"
    fi
fi

# Every header must stand alone.
for header in "$prefix"/include/cs_sweep/*.h; do
    echo "#include <cs_sweep/$(basename "$header")>" >"$root/alone.c"
    $compile -I"$prefix/include" -fsyntax-only "$root/alone.c" ||
        fail "$(basename "$header") does not stand alone"
done

if [ -f tests/install/example.c ]; then
    export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
    flags=$(pkg-config --cflags --libs cs_sweep)
    # shellcheck disable=SC2086 # a list of words
    $compile -o "$root/shared" tests/install/example.c $flags -lm -Wl,-rpath,"$prefix/lib" ||
        fail "the example does not build against the shared library"
    # shellcheck disable=SC2046 # a list of words
    $compile -o "$root/static" tests/install/example.c $(pkg-config --cflags cs_sweep) \
        "$prefix/lib/libcs_sweep.a" $(pkg-config --libs-only-L --libs-only-other --static cs_sweep) \
        $(pkg-config --libs-only-l --static cs_sweep | sed 's/-lcs_sweep//') ||
        fail "the example does not build against the static library"
    "$root/shared" >"$root/shared.out" || fail "the example ended badly: $(cat "$root/shared.out")"
    "$root/static" >"$root/static.out" || fail "the example ended badly with the static library"
    cmp "$root/shared.out" "$root/static.out" || fail "the shared and the static library disagree"
    sed 's/^/    | /' "$root/shared.out"
else
    echo "tests/install/example.c is not there: nothing was built against the library."
fi

"$make" --no-print-directory BUILD="$build/install" PREFIX="$prefix" uninstall >"$root/log" 2>&1 ||
    { cat "$root/log"; fail "make uninstall"; }
left=$(find "$prefix" ! -type d)
[ -z "$left" ] || fail "make uninstall left $left"

"$make" --no-print-directory BUILD="$build/install" PREFIX=/usr DESTDIR="$root/destdir" libdir=/usr/lib/here install \
    >"$root/log" 2>&1 || { cat "$root/log"; fail "make install with DESTDIR"; }
[ -x "$root/destdir/usr/bin/cs_sweep" ] || fail "DESTDIR was not honoured"
[ -f "$root/destdir/usr/lib/here/libcs_sweep.a" ] || fail "libdir was not honoured"
if grep -rlF "$root" "$root/destdir" >"$root/found"; then
    fail "DESTDIR stands in $(cat "$root/found")"
fi
"$make" --no-print-directory BUILD="$build/install" PREFIX=/usr DESTDIR="$root/destdir" libdir=/usr/lib/here uninstall \
    >"$root/log" 2>&1
left=$(find "$root/destdir" ! -type d)
[ -z "$left" ] || fail "make uninstall with DESTDIR left $left"
echo "1 passed, 0 failed"
