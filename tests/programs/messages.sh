#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What people are told when a file, a folder or a name is not what it should be: each message as it is printed, once.
# Command lines: sweep_commands.sh and point.sh; wrong configurations: test_wrong_*.c; full disks, folders that vanish
# and signals: sweep_faults.sh and sweep_stop.sh.
# shellcheck source=tests/support/sweep.sh
. "$CS_SOURCE/tests/support/sweep.sh"
small=("$quick" --quiet "${small[@]}")

# Held by another run: it waits 10 s, during which the rest is tested. Of an empty lock no more can be said.
exec 8>held.h5.lock 9>unnamed.h5.lock
echo "elsewhere 42" >&8
if command -v flock >/dev/null 2>&1 && flock 8 && flock 9; then
    for name in held unnamed; do
        (
            "$sweep" "${small[@]}" --output "$name.h5" 8>&- 9>&- >"$name.out" 2>&1
            ended_with=$?
            own_lines "$name.out"
            echo "$ended_with $(cat "$name.out")" >"$name.said"
        ) &
    done
    held=yes
fi

# ---- the output's name and what stands there ----
run 60 "$sweep" "${small[@]}" --output there.h5
equal "a sweep" "0 " "$status $(cat err)"
version=$("$sweep" --version | sed -n '1s/ (.*//p')
fails 73 "there.h5 exists; --force replaces it, --output gives another name." "$sweep" "${small[@]}" --output there.h5
cp there.h5 begun.h5.partial
fails 73 "begun.h5.partial exists, of a run that did not end; --resume continues it, --force starts again." \
    "$sweep" "${small[@]}" --output begun.h5
mkdir folder folder.h5
fails 73 "The output 'folder/' does not name a file." "$sweep" "${small[@]}" --output folder/
fails 73 "folder.h5 cannot be written: it is a folder. Give the name of a file." \
    "$sweep" "${small[@]}" --output folder.h5
fails 73 "nowhere/x.h5 cannot be created: the folder nowhere cannot be opened (No such file or directory)." \
    "$sweep" "${small[@]}" --output nowhere/x.h5
ln -s there.h5 link.h5
fails 73 "link.h5 cannot be written: it is a symbolic link. Give the name of a file." \
    "$sweep" "${small[@]}" --output link.h5 --force
ln -s there.h5 locked.h5.lock
fails 73 "locked.h5.lock cannot be created: it is a symbolic link. The results need a folder that can be written." \
    "$sweep" "${small[@]}" --output locked.h5
long=$(printf '%0250d' 0)
fails 73 "The output's name is too long (243 characters at most): $long" "$sweep" "${small[@]}" --output "$long"
long=$(printf '%0243d' 0)
mkdir "$long.partial"
fails 73 "$long.partial cannot be written: it is a folder. Give the name of a file." \
    "$sweep" "${small[@]}" --output "$long"

# ---- what --resume is given ----
# continues MESSAGE: --resume of the file begun.h5.partial as it now is.
continues() {
    fails "$1" "$2" "$sweep" "${small[@]}" --output begun.h5 --resume "${@:3}"
}
continues 65 "begun.h5.partial belongs to another configuration: carbon.pue differs. Give the configuration that began \
it, another --output, or --force to start again." --set carbon.pue=1.3
echo "not HDF5, and long enough to hold a checksum at its end" >begun.h5.partial
continues 66 "begun.h5.partial is not a result file: it does not begin like an HDF5 file."
head -c 20000 there.h5 >begun.h5.partial
continues 66 "begun.h5.partial does not end with the checksum that cs_sweep writes: it was cut short, or another \
program wrote or changed it."
"$PYTHON" -c 'data = bytearray(open("there.h5", "rb").read()); data[9000] ^= 1
open("begun.h5.partial", "wb").write(data)'
continues 66 "begun.h5.partial is damaged: its checksum does not fit its contents."
# resealed EXPRESSION: the file changed by Python, its checksum made anew.
resealed() {
    "$PYTHON" - "$1" <<'END'
import re
import sys
import zlib

import h5py

sealed = open("there.h5", "rb").read()
start = sealed.rindex(b"\ncs_sweep CRC-32 ")
seal = sealed[start:]
open("begun.h5.partial", "wb").write(sealed[:start])
with h5py.File("begun.h5.partial", "r+") as file:
    exec(sys.argv[1])
data = open("begun.h5.partial", "rb").read()
words = b"\ncs_sweep CRC-32 %08x of %020d bytes" % (zlib.crc32(data), len(data))
open("begun.h5.partial", "wb").write(data + words.ljust(len(seal) - 1) + b"\n")
END
}
resealed 'file.attrs["format_version"] = 99'
continues 66 "begun.h5.partial has format version 99 (written by $version), this program has 1: continue it with the \
program that began it, or start again with --force."
resealed 'file.attrs["source"] = "cs_sweep 9.9"'
commit="commit [0-9a-z-]+"
run 60 "$sweep" "${small[@]}" --output begun.h5 --resume
expect "another version: the message" grep -Eq "^cs_sweep: error: begun.h5.partial was written by cs_sweep 9.9, \
$commit, and this is $version, $commit: results of two versions may differ\\. Continue it with the program that began \
it, or start again with --force\\.\$" err
resealed 'del file.attrs["format_version"]'
continues 66 "begun.h5.partial is not a result file of cs_sweep."
resealed 'del file["provenance/configuration_in_effect"]'
continues 66 "begun.h5.partial does not hold its configuration, so it cannot be compared: an earlier version wrote it \
with output.provenance=false. Start again with --force."
touch stopped.h5.stop
run 60 "$sweep" "${small[@]}" --output stopped.h5
equal "a stop file before the start" 75 "$status"
mv stopped.h5.partial stopped.h5
fails 73 "stopped.h5 has the name of a finished file but lacks 2 searches; rename it to stopped.h5.partial to continue \
it." "$sweep" "${small[@]}" --output stopped.h5 --resume
run 60 "$sweep" "${small[@]}" --output part.h5 --shard 1/2
cp part.h5.1-of-2 part.h5.2-of-2
fails 66 "The 2 shards of part.h5 lack 1 searches: they are of another number of shards or unfinished." \
    "$sweep" "${small[@]}" --output part.h5 --merge 2
CS_STATISTICS=nowhere/times.json fails 73 "nowhere/times.json, named by CS_STATISTICS, cannot be created: No such file \
or directory." "$sweep" "${small[@]}" --output times.h5
run 60 "$sweep" "${small[@]}" --output there.h5 --resume
run 60 "$sweep" "$quick" --set 'axes.year=[0]' --set 'axes.model.d_model=[2048]' --set 'axes.hardware=["A100"]' \
    --output there.h5 --resume
equal "a complete file" "0 there.h5 is complete already; --force computes it again." "$status $(cat err)"

# ---- result files that are read ----
fails 66 "there.txt: cannot be opened: No such file or directory." "$point" there.txt --model 2048 --hardware A100
run 60 "$sweep" "${small[@]}" --output bare.h5 --set output.provenance=false
run 60 "$sweep" "${small[@]}" --output bare.h5 --set output.provenance=false --resume
equal "a complete file without the run" "0 " "$status $(cat err)"
fails 65 "bare.h5 belongs to another configuration: carbon.pue differs. Give the configuration that began it, another \
--output, or --force to start again." "$sweep" "${small[@]}" --output bare.h5 --resume --set carbon.pue=1.3
run 60 "$point" bare.h5 --model 2048 --hardware A100
equal "a point of a file without the run" 0 "$status"
resealed 'del file["provenance"]'
fails 66 "begun.h5.partial does not hold its configuration: an earlier version wrote it with output.provenance=false, \
or another program wrote it." "$point" begun.h5.partial --model 2048 --hardware A100
"$PYTHON" -c 'import h5py; h5py.File("other.h5", "w")["x"] = 1'
fails 66 "other.h5 does not end with the checksum that cs_sweep writes: it was cut short, or another program wrote or \
changed it." "$point" other.h5 --model 2048 --hardware A100

# ---- configurations and data files ----
for name in sweep.csv axes.yaml; do
    echo "model,hardware" >"$name"
    format=${name#*.}
    fails 65 "$name: a configuration is JSON, an object with \"axes\" (configs/quick.json is one, configs/README.md \
explains every key), and not ${format^^}." "$sweep" "$name"
done
fails 66 "folder: is a directory; a file in JSON is expected." "$sweep" folder
cp "$sweep" alone
run 60 env -u CS_SWEEP_DATA ./alone --list devices
equal "no data files: exit status" 66 "$status"
expect "no data files: the message" grep -Eq "^cs_sweep: error: devices.json was found neither beside the program nor \
in [^ ]+/share/cs_sweep; set CS_SWEEP_DATA to the folder that holds it.$" err
CS_SWEEP_DATA=folder fails 66 "folder/devices.json: cannot be opened: No such file or directory." \
    "$sweep" --list devices
cat >axis.json <<'END'
{"axes": {"model": {"d_model": [2048]}, "hardware": ["A100"], "year": [0], "qat": ["off"],
          "carbon_intensity": ["us-east5"], "carbon.pue": [1.1, 1.2],
          "search.zero_stages": [["0"], ["0", "1"]], "search.sequence_parallel": [true, false]}}
END
fails 64 "--set carbon.pue=1.3: the configuration's axis carbon.pue does not hold this value." \
    "$point" axis.json --set carbon.pue=1.3 --model 2048 --hardware A100
run 60 "$point" axis.json --set 'axes.model={"d_model":[4096]}' --set carbon.pue=1.2 --set search.zero_stages=0+1 \
    --set search.sequence_parallel=false --model 2048 --hardware A100 --brief
equal "a value that an axis does not hold, and some picked on others" "0 d_model 2048 on A100, year 0, QAT off, \
us-east5 (323 g CO2e/kWh), carbon.pue 1.2, search.zero_stages 0+1, search.sequence_parallel 0" \
    "$status $(head -n 2 out | paste -sd ' ')"

# ---- cases ----
fails 64 "No case file was given; cs_validate --help says more." "$validate"
fails 64 "There is no option --case; did you mean --cases?" "$validate" --case
fails 64 "There is no option --xyzzyplugh; cs_validate --help lists them." "$validate" --xyzzyplugh
fails 64 "--group wants a value; cs_validate --help says which." "$validate" "$cases" --group
fails 64 '--group pythias: no case is of this group; did you mean pythia?' "$validate" "$cases" --group pythias
fails 66 "nowhere.json: cannot be opened: No such file or directory." "$validate" nowhere.json
# altered EXPRESSION: the first case of the file, changed by Python.
altered() {
    "$PYTHON" - "$cases" "$1" <<'END' >cases.json
import json
import sys

cases = json.load(open(sys.argv[1]))["cases"]
case = next(case for case in cases if case["id"] == "korthikanti-22b-full")
cases = [case]
exec(sys.argv[2])
print(json.dumps({"cases": cases}, indent=1))
END
}
altered 'case["device"] = "A10"'
fails 65 'Case korthikanti-22b-full: no device of the library is named "A10"; did you mean "A100"?' \
    "$validate" cases.json
altered 'cases.append(case)'
run 60 "$validate" cases.json
where='cs_validate: error: cases.json:[0-9]+:[0-9]+: cases\[[01]\]'
expect "an id twice" grep -Eq "^$where\.id: the id \"korthikanti-22b-full\" was given to an earlier case\.\$" err
altered 'case["parallelism"]["devices"] = 9'
run 60 "$validate" cases.json
expect "devices that are no product" grep -Eq "^$where\.parallelism: devices is 9, but tensor x pipeline x data \
x context is 8; the two must agree\.\$" err
altered 'case["parallelism"].update(tensor=40000, pipeline=40000, devices=None)'
run 60 "$validate" cases.json
expect "too many devices" grep -Eq "^$where\.parallelism: tensor x pipeline x data x context is 1600000000 devices; \
1000000000 are the most\.\$" err
if [ -w /dev/full ]; then
    "$validate" "$cases" --group pythia >/dev/full 2>err
    status=$?
    own_lines err
    equal "a full disk" "74 cs_validate: error: The answer could not be written." "$status $(cat err)"
fi
if [ "${held:-no}" = yes ]; then
    wait
    equal "another run" "73 cs_sweep: error: Another run holds held.h5: process 42 on elsewhere. Wait for it, or give \
another --output. (If that run is certainly gone, remove held.h5.lock.)" "$(cat held.said)"
    equal "a run that has not said who it is" \
        "73 cs_sweep: error: Another run holds unnamed.h5; wait for it, or give another --output." "$(cat unnamed.said)"
fi
finish
