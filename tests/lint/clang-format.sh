#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# clang-format 14, since versions format differently: rewrites files, or names those that it would.
#   tests/lint/clang-format.sh rewrite|check FILE...
set -eu
action=$1
shift
for program in clang-format-14 clang-format ''; do
    if [ -n "$program" ] && "$program" --version 2>/dev/null | grep -q 'version 14\.'; then
        break
    fi
done
if [ -z "$program" ]; then
    echo "clang-format 14 is not here; scripts/install-deps.sh test installs it." >&2
    exit 69
fi
if [ $# -eq 0 ]; then
    exit 0
fi
if [ "$action" = rewrite ]; then
    exec "$program" -i "$@"
fi
if ! found=$("$program" --dry-run --Werror "$@" 2>&1); then
    echo "$found" | sed -n 's/^\([^ :]*\):[0-9]*:[0-9]*: error.*/\1/p' | sort | uniq -c |
        awk '{ printf "%s: %d places are not as make format writes them\n", $2, $1 }'
    exit 1
fi
