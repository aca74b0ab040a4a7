#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# 64 and 256 ranks on however few cores give the file of one.
# shellcheck source=tests/support/sweep.sh
. "$CS_SOURCE/tests/support/sweep.sh"
limit=900

run 300 "$sweep" "$quick" --output 1.h5 --set output.provenance=false --quiet
equal "one process" 0 "$status"
run 300 "$sweep" "$quick" --output told.h5 --quiet
for ranks in 64 256; do
    started=$SECONDS
    mpi "$ranks" "$quick" --output "$ranks.h5" --set output.provenance=false
    equal "$ranks ranks: exit status" 0 "$status"
    expect "$ranks ranks: the same bytes" cmp 1.h5 "$ranks.h5"
    echo "$ranks ranks: $((SECONDS - started)) s from start to end; $(grep 'memory' err)"
done
mpi 256 "$quick" --output told-256.h5 --quiet
expect "256 ranks: the same data beside the provenance" h5diff --exclude-path /provenance told.h5 told-256.h5
mpi 64 "$quick" --set carbon.pu=1
equal "64 ranks, wrong configuration: one message" "65 1" "$status $(grep -c . err)"
finish
