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
