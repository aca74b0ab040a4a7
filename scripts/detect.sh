#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Prints, on one line, the flags with which a library is compiled and linked, for the Makefile to sort; fails silently
# when the library is not there.
#   scripts/detect.sh hdf5|mpi|cjson|check
# Environment: CC, MPICC, PKG_CONFIG, HDF5_DIR or HDF5_ROOT (a prefix), HDF5_PC (a pkg-config name).
set -u
pkg_config=${PKG_CONFIG:-pkg-config}
cc=${CC:-cc}

# Keeps what concerns the preprocessor and the linker: wrappers add warnings and optimisation levels of their own.
keep_flags() {
    for word in "$@"; do
        case $word in
        -I* | -D* | -L* | -l* | -Wl,* | -pthread | -isystem* | *.a | *.so | -framework) printf '%s ' "$word" ;;
        esac
    done
    echo
}

# Debian's serial HDF5 names its directory only to pkg-config, and no package there has an hdf5_hl.pc.
hdf5_from_prefix() {
    for lib in lib lib64; do
        for suffix in so a dylib; do
            if [ -f "$1/include/hdf5.h" ] && [ -f "$1/$lib/libhdf5_hl.$suffix" ]; then
                echo "-I$1/include -L$1/$lib -Wl,-rpath,$1/$lib -lhdf5_hl -lhdf5"
                return 0
            fi
        done
    done
    return 1
}

is_parallel() {
    printf '#include <H5pubconf.h>\n#ifdef H5_HAVE_PARALLEL\nyes\n#endif\n' | $cc -E -P "$@" - 2>/dev/null | grep -q yes
}

detect_hdf5() {
    prefix=${HDF5_DIR:-${HDF5_ROOT:-}}
    if [ -n "$prefix" ]; then
        hdf5_from_prefix "$prefix"
        return
    fi
    # The serial library first: a parallel one pulls mpi.h into every file that includes hdf5.h.
    mpi_flags=$(detect_mpi)
    for name in ${HDF5_PC:-hdf5-serial hdf5 hdf5-openmpi hdf5-mpich}; do
        case "$name:$mpi_flags" in
        hdf5-openmpi:*mpich* | hdf5-mpich:*openmpi*) continue ;;
        esac
        if "$pkg_config" --exists "$name" 2>/dev/null; then
            flags=$("$pkg_config" --cflags --libs-only-L --libs-only-other "$name")
            # shellcheck disable=SC2086 # a list of words
            if is_parallel $flags; then
                flags="$flags $mpi_flags"
            fi
            echo "$flags -lhdf5_hl -lhdf5"
            return 0
        fi
    done
    for wrapper in h5cc h5pcc; do
        if command -v "$wrapper" >/dev/null 2>&1; then
            # shellcheck disable=SC2046 # a list of words
            set -- $("$wrapper" -show)
            flags=$(keep_flags "$@")
            case "$flags" in
            *hdf5_hl*) echo "$flags" ;;
            *) echo "$flags -lhdf5_hl -lhdf5" ;;
            esac
            return 0
        fi
    done
    return 1
}

detect_mpi() {
    mpicc=${MPICC:-mpicc}
    # shellcheck disable=SC2086 # MPICC may hold arguments
    if flags=$($mpicc --showme:compile 2>/dev/null); then
        flags="$flags $($mpicc --showme:link)" || return 1
    elif flags=$($mpicc -compile_info 2>/dev/null); then
        flags="$flags $($mpicc -link_info)" || return 1
    elif flags=$($mpicc -show 2>/dev/null); then
        :
    else
        return 1
    fi
    # shellcheck disable=SC2086 # a list of words
    keep_flags $flags
}

detect_package() {
    if "$pkg_config" --exists "$1" 2>/dev/null; then
        "$pkg_config" --cflags --libs "$1"
        return 0
    fi
    # Without pkg-config: is the header where the compiler looks?
    if printf '#include <%s>\n' "$2" | $cc -E ${4:+"$4"} - >/dev/null 2>&1; then
        echo "${4:-} $3"
        return 0
    fi
    return 1
}

case ${1:-} in
hdf5) detect_hdf5 ;;
mpi) detect_mpi ;;
cjson) detect_package libcjson cJSON.h -lcjson || detect_package libcjson cJSON.h -lcjson -I/usr/include/cjson ;;
check) detect_package check check.h "-lcheck -lsubunit -pthread -lrt -lm" ;;
*)
    echo "usage: scripts/detect.sh hdf5|mpi|cjson|check" >&2
    exit 64
    ;;
esac
