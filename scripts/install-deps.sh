#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Sees to what cs_sweep is built and tested with.
#   scripts/install-deps.sh [build|test|all]
#     build  what `make`, `make sweep` and `make install` need (the default)
#     test   also what `make check`, `make lint`, `make figures` and .ci/run need
#     all    also what `make slow` needs: SLURM, R, Octave, a browser
# Installs as root with apt, and only when something is missing; otherwise prints the commands that would (apt, dnf,
# brew, spack, modules). Exit status 0 when all is there, 69 when something is still missing.
set -u
cd "$(dirname "$0")/.." || exit 70
set_wanted=${1:-build}
case $set_wanted in
build | test | all) ;;
*)
    sed -n '4,9s/^# \{0,1\}//p' scripts/install-deps.sh >&2
    exit 64
    ;;
esac

# set | how its presence is seen | apt | dnf | brew | spack; `-` = comes with another one or is not packaged there.
# Presence is what counts, not a package's name: clusters and laptops have these from elsewhere.
needs() {
    cat <<'END'
build | program gcc cc | gcc | gcc | gcc | gcc
build | program make | make | make | make | gmake
build | program pkg-config pkgconf | pkg-config | pkgconf-pkg-config | pkg-config | pkgconf
build | detect cjson | libcjson-dev | cjson-devel | cjson | cjson
build | pkg-config zlib | zlib1g-dev | zlib-devel | zlib | zlib-api
build | detect hdf5 | libhdf5-dev | hdf5-devel | hdf5 | hdf5+hl~mpi
build | detect mpi | libopenmpi-dev | openmpi-devel | open-mpi | openmpi
build | program mpirun mpiexec | openmpi-bin | openmpi | - | -
test | detect check | check | check-devel | check | check
test | pkg-config libsubunit | libsubunit-dev | subunit-devel | - | -
test | program h5diff | hdf5-tools | hdf5 | - | -
test | program ncdump | netcdf-bin | netcdf | netcdf | netcdf-c
test | program python3 | python3 | python3 | python | python
test | python numpy | python3-numpy | python3-numpy | numpy | py-numpy
test | python scipy | python3-scipy | python3-scipy | scipy | py-scipy
test | python matplotlib | python3-matplotlib | python3-matplotlib | - | py-matplotlib
test | python xarray | python3-xarray | python3-xarray | - | py-xarray
test | python h5py | python3-h5py | python3-h5py | - | py-h5py
test | python h5netcdf | python3-h5netcdf | python3-h5netcdf | - | py-h5netcdf
test | python netCDF4 | python3-netcdf4 | python3-netcdf4 | - | py-netcdf4
test | python cftime | python3-cftime | python3-cftime | - | py-cftime
test | python jsonschema | python3-jsonschema | python3-jsonschema | - | py-jsonschema
test | python yaml | python3-yaml | python3-pyyaml | - | py-pyyaml
test | program udunits2 | udunits-bin | udunits2 | udunits | udunits
test | program jq | jq | jq | jq | jq
test | program valgrind | valgrind | valgrind | - | valgrind
test | program gcovr | gcovr | gcovr | gcovr | py-gcovr
test | program clang | clang | clang | llvm | llvm
test | clang-runtime | libclang-rt-14-dev | compiler-rt | - | -
test | program clang-format-14 clang-format | clang-format-14 | clang-tools-extra | clang-format | -
test | program clang-tidy-14 clang-tidy | clang-tidy-14 | clang-tools-extra | - | -
test | program cppcheck | cppcheck | cppcheck | cppcheck | cppcheck
test | program shellcheck | shellcheck | ShellCheck | shellcheck | shellcheck
test | program codespell | codespell | codespell | codespell | -
test | program pyflakes3 pyflakes | pyflakes3 | pyflakes | pyflakes | -
test | program mandoc | mandoc | mandoc | mandoc | -
test | program mpicc.mpich | libmpich-dev | mpich-devel | - | -
test | program mpirun.mpich | mpich | mpich | - | -
test | pkg-config hdf5-openmpi | libhdf5-openmpi-dev | hdf5-openmpi-devel | - | -
test | program pgrep | procps | procps-ng | proctools | procps-ng
test | program flock | util-linux | util-linux | flock | util-linux
test | program timeout | coreutils | coreutils | coreutils | coreutils
test | program ip | iproute2 | iproute | - | -
test | program unshare | util-linux | util-linux | - | -
test | program git | git | git | git | git
all | program slurmctld | slurmctld | slurm-slurmctld | - | -
all | program slurmd | slurmd | slurm-slurmd | - | -
all | program sbatch | slurm-client | slurm | - | -
all | program munged | munge | munge | - | -
all | file /usr/lib/*/slurm-wlm/mpi_pmix.so | slurm-wlm-basic-plugins | - | - | -
all | program runuser | util-linux | util-linux | - | -
all | program Rscript | r-base-core | R-core | r | r
all | file /usr/lib/R/site-library/ncdf4 | r-cran-ncdf4 | R-ncdf4 | - | r-ncdf4
all | file /usr/lib/R/site-library/hdf5r | r-cran-hdf5r | - | - | r-hdf5r
all | program octave-cli | octave | octave | octave | octave
all | file /usr/share/octave/packages/netcdf-* | octave-netcdf | - | - | -
all | program ncks | nco | nco | nco | nco
all | program cdo | cdo | cdo | cdo | cdo
all | program chromium chromium-browser google-chrome | chromium | chromium | - | -
all | program chromedriver | chromium-driver | chromedriver | - | -
all | file /usr/share/javascript/chart.js/chart.min.js | libjs-chart.js | - | - | -
all | python selenium | python3-selenium | python3-selenium | - | -
all | program hyperfine | hyperfine | hyperfine | hyperfine | hyperfine
all | program node | nodejs | nodejs | node | node-js
END
}

python=${PYTHON:-}
if [ -z "$python" ]; then
    python=python3
    if [ -x /usr/bin/python3 ]; then
        python=/usr/bin/python3
    fi
fi

# All modules at once: one start of the interpreter instead of a dozen.
find_modules() {
    "$python" - "$@" 2>/dev/null <<'END' || echo "$@"
import importlib.util
import sys

print(*[name for name in sys.argv[1:] if importlib.util.find_spec(name) is None])
END
}

in_set() {
    case $set_wanted:$1 in
    all:* | test:build | test:test | build:build) return 0 ;;
    esac
    return 1
}

is_there() {
    local kind=$1 word
    shift
    case $kind in
    program)
        for word in "$@"; do
            if command -v "$word" >/dev/null 2>&1; then
                return 0
            fi
        done
        return 1
        ;;
    detect) [ -n "$(scripts/detect.sh "$1")" ] ;;
    pkg-config) "${PKG_CONFIG:-pkg-config}" --exists "$1" 2>/dev/null ;;
    python)
        case " $modules_missing " in
        *" $1 "*) return 1 ;;
        esac
        ;;
    clang-runtime) [ -e "$(clang -print-runtime-dir 2>/dev/null)/libclang_rt.fuzzer-$(uname -m).a" ] ;;
    # The last word of an unmatched pattern is the pattern, which does not exist.
    file) [ -e "${*: -1}" ] ;;
    esac
}

look() {
    local set presence apt dnf brew spack
    missing=()
    missing_apt=()
    missing_dnf=()
    missing_brew=()
    missing_spack=()
    # shellcheck disable=SC2046 # a list of words
    modules_missing=$(find_modules $(needs | awk -F ' *[|] *' '$2 ~ /^python / { sub(/python /, "", $2); print $2 }'))
    while IFS='|' read -r set presence apt dnf brew spack; do
        # shellcheck disable=SC2086 # words, and a pattern
        if in_set "$set" && ! is_there $presence; then
            missing+=("$presence")
            missing_apt+=("$apt")
            missing_dnf+=("$dnf")
            missing_brew+=("$brew")
            missing_spack+=("$spack")
        fi
    done < <(needs | sed 's/ *| */|/g')
}

packages() {
    printf '%s\n' "$@" | grep -vx -e - -e '' | sort -u | tr '\n' ' '
}

look
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1 && command -v dpkg-query >/dev/null 2>&1; then
    echo "Installing with apt: $(packages "${missing_apt[@]}")"
    log=$(mktemp "${TMPDIR:-/tmp}/cs_sweep-apt.XXXXXX")
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2046 # a list of words
    if ! { apt-get -o DPkg::Lock::Timeout=300 update &&
        apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $(packages "${missing_apt[@]}"); } \
        >"$log" 2>&1 </dev/null; then
        echo "apt-get did not succeed; the end of its output ($log):" >&2
        tail -n 20 "$log" >&2
    else
        rm -f "$log"
    fi
    look
    if [ ${#missing[@]} -eq 0 ]; then
        exit 0
    fi
fi

{
    echo "cs_sweep needs what is not on this machine:"
    printf '  %s\n' "${missing[@]}"
    echo "Install it with one of"
    echo "  Debian, Ubuntu:  apt-get install $(packages "${missing_apt[@]}")"
    echo "  Fedora, RHEL:    dnf install $(packages "${missing_dnf[@]}")"
    echo "  macOS:           brew install $(packages "${missing_brew[@]}")"
    echo "  Spack:           spack install $(packages "${missing_spack[@]}")"
    echo "                   or: spack env activate . && spack install"
    echo "  a cluster:       module load a compiler, an MPI and a serial HDF5 (see jobs/), then"
    echo "                   make MPICC=mpicc HDF5_DIR=\$HDF5_ROOT CJSON_FLAGS=\"-I... -L... -lcjson\""
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" -ne 0 ]; then
        echo "or run this script as root: sudo scripts/install-deps.sh $set_wanted"
    fi
} >&2
exit 69
