#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The file does not depend on the number of ranks, on how the program was started, or on shards.
# shellcheck source=tests/support/sweep.sh
. "$CS_SOURCE/tests/support/sweep.sh"

cut=(--set 'axes.year=[0,10]' --set 'axes.model.d_model=[2048,4096,8192,24576]')
run 60 "$sweep" "$quick" "${cut[@]}" --output one.h5
equal "one process without mpirun" 0 "$status"
expect "the summary counts the searches" grep -q '^  96 searches for 288 points in .* on 1 rank: ' err
for ranks in 1 2 3 8; do
    mpi "$ranks" "$quick" "${cut[@]}" --output "$ranks.h5"
    equal "$ranks ranks: exit status" 0 "$status"
    expect "$ranks ranks: the summary names them" grep -q " on $ranks rank" err
    expect "$ranks ranks: the same data" h5diff --exclude-path /provenance one.h5 "$ranks.h5"
done

# Without provenance the bytes are equal; here with more searches than a chunk holds, and several records per search.
more=("${cut[@]}" --set output.provenance=false --set search.alternatives=3)
run 60 "$sweep" "$quick" "${more[@]}" --output bytes-1.h5 --quiet
for ranks in 2 3 8; do
    mpi "$ranks" "$quick" "${more[@]}" --output "bytes-$ranks.h5" --quiet
    expect "$ranks ranks: the same bytes" cmp bytes-1.h5 "bytes-$ranks.h5"
    equal "$ranks ranks: quiet is quiet" "" "$(cat out err)"
done
carbon=("${cut[@]}" --set output.provenance=false --set search.objective=min_carbon --set 'axes.hardware=["H100"]')
run 60 "$sweep" "$quick" "${carbon[@]}" --output carbon-1.h5 --quiet
mpi 3 "$quick" "${carbon[@]}" --output carbon-3.h5 --quiet
expect "min_carbon: the same bytes" cmp carbon-1.h5 carbon-3.h5

# Shards, joined.
for shard in 1 2 3; do
    run 60 "$sweep" "$quick" "${more[@]}" --output shards.h5 --quiet --shard "$shard/3"
    equal "shard $shard of 3" 0 "$status"
done
run 60 "$sweep" "$quick" "${more[@]}" --output shards.h5 --shard 3/3 --resume
equal "a complete shard is left alone" 0 "$status"
equal "... and says so" "shards.h5.3-of-3 is complete already; --force computes it again." "$(cat err)"
run 60 "$PYTHON" "$CS_SOURCE/scripts/merge.py" --config "$quick" --set 'axes.year=[0,10]' \
    --set 'axes.model.d_model=[2048,4096,8192,24576]' --set output.provenance=false --set search.alternatives=3 \
    --quiet shards.h5
equal "merge.py" "0 " "$status $(cat out err)"
expect "joined shards: the same bytes" cmp bytes-1.h5 shards.h5
rm shards.h5 shards.h5.2-of-3
run 60 "$PYTHON" "$CS_SOURCE/scripts/merge.py" shards.h5
equal "a shard is missing" "66 merge.py: error: these shards are missing: shards.h5.2-of-3." "$status $(cat err)"
for shard in 1 2; do
    mpi 2 "$quick" "${cut[@]}" --output told.h5 --quiet --shard "$shard/2"
done
run 60 "$PYTHON" "$CS_SOURCE/scripts/merge.py" --quiet told.h5.1-of-2 told.h5.2-of-2 --output elsewhere.h5
equal "merge.py with the configuration of the shards" "0 " "$status $(cat out err)"
expect "... the same data" h5diff --exclude-path /provenance one.h5 elsewhere.h5
equal "nothing else is left" "" "$(strays_of told.h5 .1-of-2 .2-of-2)"
run 60 "$sweep" "$quick" "${cut[@]}" --output told.h5 --merge 3
equal "another number of shards" 66 "$status"
finish
