#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs clang-tidy over the files of a compilation database, on all cores. A file that passed is looked at again only
# when it, something it includes, or .clang-tidy has changed.
#   tests/lint/clang-tidy.sh DIRECTORY-OF-compile_commands.json CACHE FILE...
set -u
database=$1
cache=$2
shift 2
tidy=clang-tidy-14
command -v "$tidy" >/dev/null 2>&1 || tidy=clang-tidy
command -v "$tidy" >/dev/null 2>&1 || {
    echo "clang-tidy is not here; scripts/install-deps.sh test installs it." >&2
    exit 69
}
mkdir -p "$cache"
export tidy database cache

one() {
    local file=$1 command key log
    command=$(jq -r --arg file "$file" '.[] | select(.file == $file) | .command' "$database/compile_commands.json")
    # What the preprocessor makes of the file says everything that can change the verdict, but for comments (NOLINT).
    # shellcheck disable=SC2086 # a command line
    key=$({ cat .clang-tidy "$file"; ${command% -c -o *} -w -E -P "$file"; } 2>/dev/null | cksum | tr -d ' ')
    log=$cache/${file//\//-}
    if [ -f "$log.ok" ] && [ "$(cat "$log.ok")" = "$key" ]; then
        return 0
    fi
    rm -f "$log.ok"
    if timeout 240 "$tidy" --quiet -p "$database" --warnings-as-errors='*' "$file" >"$log.log" 2>"$log.err"; then
        echo "$key" >"$log.ok"
        return 0
    fi
    if [ -s "$log.log" ]; then
        cat "$log.log"
    else
        echo "$file: clang-tidy took more than 240 s or could not read it:"
        cat "$log.err"
    fi
    return 1
}
export -f one
# The largest files first keep all cores busy to the end.
# shellcheck disable=SC2016 # the inner shell expands it
wc -c "$@" | sort -rn | awk '$2 != "total" { print $2 }' |
    xargs -P "$(getconf _NPROCESSORS_ONLN)" -I '{}' bash -c 'one "$1"' _ '{}'
