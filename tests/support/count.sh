# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Sourced by the tests that are shell scripts: counts of checks, and the closing line that tests/run.sh adds up.
passed=0
failed=0

# say CONDITION-STATUS TEXT: counts one check.
say() {
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $2"
    fi
}
# expect TEXT COMMAND...: the command succeeds.
expect() {
    local text=$1
    shift
    "$@"
    say $? "$text"
}
# equal TEXT WANTED FOUND
equal() {
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n  wanted: %s\n  found:  %s\n' "$1" "$2" "$3"
    fi
}
finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}
