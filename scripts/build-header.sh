#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Writes cs_build.h, what the program says of its own making, unless the file says it already. The Makefile's
# environment gives the words; the commit is git's, or that of .commit in an archive made by `make dist`.
#   scripts/build-header.sh FILE
set -eu
file=$1

commit=unknown
if [ -e .git ] && hash=$(git --no-optional-locks rev-parse --short=12 HEAD 2>/dev/null); then
    commit=$hash
    if [ -n "$(git --no-optional-locks status --porcelain --untracked-files=no 2>/dev/null)" ]; then
        commit=$commit-dirty
    fi
elif [ -f .commit ]; then
    commit=$(cat .commit)
fi

quote() {
    printf '%s' "$1" | sed -e 's/[\\"]/\\&/g'
}

{
    echo '/* SPDX-License-Identifier: BSD-3-Clause */'
    echo '/* Written by scripts/build-header.sh. */'
    echo '#ifndef CS_BUILD_H'
    echo '#define CS_BUILD_H'
    echo "#define CS_BUILD_VERSION \"$(quote "$CS_BUILD_VERSION")\""
    echo "#define CS_BUILD_COMMIT \"$(quote "$commit")\""
    echo "#define CS_BUILD_COMPILER \"$(quote "$CS_BUILD_COMPILER")\""
    echo "#define CS_BUILD_FLAGS \"$(quote "$CS_BUILD_FLAGS")\""
    echo "#define CS_BUILD_DATADIR \"$(quote "$CS_BUILD_DATADIR")\""
    echo '#endif'
} >"$file.new.$$"
if cmp -s "$file.new.$$" "$file"; then
    rm -f "$file.new.$$"
else
    mv "$file.new.$$" "$file"
fi
