#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# cs_point: what it prints, every message of its command line, colour on a terminal only.
# shellcheck source=tests/support/sweep.sh
. "$CS_SOURCE/tests/support/sweep.sh"
export LC_ALL=C
unset NO_COLOR

fails 64 '--model is missing: cs_point --model 10240 --hardware H100 is a whole command.' "$point"
fails 64 '--hardware is missing: cs_point --model 10240 --hardware H100 is a whole command.' "$point" --model 8192
fails 64 'There is no option --modle; did you mean --model?' "$point" --modle 8192
fails 64 'There is no option --xyzzyplugh; cs_point --help lists them.' "$point" --xyzzyplugh
fails 64 '--model wants a value; cs_point --help says which.' "$point" --model
fails 64 '--recompute-layers wants --recompute selective, full or ffn with it: none recomputes no layer.' \
    "$point" --model 4096 --hardware H100 --recompute none --recompute-layers 2
fails 64 '--model wants a value that is not empty.' "$point" --model= --hardware H100
fails 64 '--json takes no value.' "$point" --model 8192 --hardware H100 --json=yes
fails 64 '--set carbon.pue: expected path=value, such as carbon.pue=1.2.' \
    "$point" --model 8192 --hardware H100 --set carbon.pue
fails 64 '--zero 4: expected a whole number from 0 to 3.' "$point" --model 8192 --hardware H100 --zero 4
fails 64 '--tensor 0: expected a whole number from 1 to 1000000.' "$point" --model 8192 --hardware H100 --tensor 0
fails 64 '--top 1.5: expected a whole number from 1 to 100.' "$point" --model 8192 --hardware H100 --top 1.5
fails 64 '--recompute all: expected one of none|selective|full|ffn.' "$point" --model 8192 --hardware H100 \
    --recompute all
fails 64 '--offload on: expected one of off|offload.' "$point" --model 8192 --hardware H100 --offload on
fails 64 '--schedule gpipe: expected one of 1f1b|zb1p|dualpipe.' "$point" --model 8192 --hardware H100 --schedule gpipe
fails 64 'b.json: one CONFIG is enough (a.json).' "$point" a.json b.json --model 8192 --hardware H100
fails 64 'A measured run is named by both --case FILE and --id ID.' "$point" --case x.json
fails 64 'A case names its own model and device: leave out CONFIG, --model, --hardware, --year, --qat and --region.' \
    "$point" --case x.json --id a --model 8192
fails 65 '--hardware H10: no device is named "H10"; did you mean "H100"?' "$point" --model 8192 --hardware H10
fails 65 '--region us-east55: no region is named "us-east55"; did you mean "us-east5"?' \
    "$point" --model 8192 --hardware H100 --region us-east55
fails 65 '--year soon: expected a whole number from 0 to 50 (year), not the text "soon".' \
    "$point" --model 8192 --hardware H100 --year soon
fails 65 '--model 0: expected a whole number from 1 to 10000000, not 0.' "$point" --model 0 --hardware H100
fails 65 '--qat int"9: no QAT level is named "int"9"; did you mean "int8"?' \
    "$point" --model 8192 --hardware H100 --qat 'int"9'
fails 65 '--region 20000: g_per_kwh: expected a number from 0 to 10000 (g/kWh), not 20000.' \
    "$point" --model 8192 --hardware H100 --region 20000
fails 65 "--set scaling_law.layers_coefficient=1000: scaling_law.layers_coefficient: d_model 8192 gets 320207 layers, \
round(1000 * d_model^0.64022), and at most 10000 can be searched; lower scaling_law.layers_coefficient or take smaller \
d_models." "$point" --model 8192 --hardware H100 --set scaling_law.layers_coefficient=1000
fails 65 '--year 60: expected a whole number from 0 to 50 (year), not 60.' \
    "$point" --model 8192 --hardware H100 --year 60
fails 65 '--set carbon.pu=1.2: carbon.pu: unknown key; did you mean "pue"?' \
    "$point" --model 8192 --hardware H100 --set carbon.pu=1.2
fails 66 'nowhere.json: cannot be opened: No such file or directory.' "$point" nowhere.json --model 8192 --hardware H100
fails 64 "$cases has no case \"korthikanti-22b-ful\"; the nearest is \"korthikanti-22b-full\"." \
    "$point" --case "$cases" --id korthikanti-22b-ful

# A device of a file of one's own joins the library.
cat >own.json <<'END'
{"devices": [{"name": "H100-slow", "based_on": "H100", "tdp_w": 350}]}
END
run 60 "$point" --device-file own.json --model 2048 --hardware H100-slow --brief
equal "--device-file: exit status, standard error" "0 " "$status $(cat err)"
expect "... its power" grep -q '^  power, area     350 W; 814 mm2' out
fails 65 '--hardware H100-slo: no device is named "H100-slo"; did you mean "H100-slow"?' \
    "$point" --device-file own.json --model 2048 --hardware H100-slo
fails 66 'nowhere.json: cannot be opened: No such file or directory.' \
    "$point" --device-file nowhere.json --model 2048 --hardware H100

run 30 "$point" --help
equal "--help: exit status, standard error" "0 " "$status $(cat err)"
equal "--help: first line" "cs_point: one design point of a sweep, explained" "$(head -n 1 out)"
run 30 "$point" --version
equal "--version: exit status, standard error" "0 " "$status $(cat err)"
expect "--version" grep -Eq '^cs_point [0-9.]+ \([0-9a-z-]+\)$' out
if [ -w /dev/full ]; then
    "$point" --help >/dev/full 2>err
    status=$?
    own_lines err
    equal "a full disk" "74 cs_point: error: The answer cannot be written to the standard output." "$status $(cat err)"
fi

# What does not depend on calibrated constants is quoted as it is printed.
run 60 "$point" --model 8192 --hardware H100 --year 5 --qat int8 --region us-east5
equal "the point: exit status, standard error" "0 " "$status $(cat err)"
equal "title" "d_model 8192 on H100, year 5, QAT int8, us-east5 (323 g CO2e/kWh)" "$(head -n 1 out)"
expect "the answer stands below the title" \
    grep -Eq '^[0-9,]+ devices for [0-9.]+ days: [0-9.]+ t CO2e, utilisation [0-9.]+%$' <(sed -n 2p out)
equal "model" "Model  by the scaling law
  shape           mixture of experts, 77 layers, d_model 8,192, 64 heads of 128, d_ff 32,768, vocabulary 51,200
  experts         11 of width 32,768, 1 active, 0 shared, 0 dense layers
  parameters      475 B, 62.0 B active per token" "$(sed -n '/^Model/,/parameters/p' out)"
expect "training" grep -Eq '^  training        1\.24 T tokens in sequences of 2,048, 4\.61e23 FLOP, loss [0-9.]+$' out
equal "critical batch" "  critical batch  4.66 M tokens, 2,277 sequences" "$(grep '^  critical batch  ' out)"
equal "device" "H100  projected 5 years" "$(grep '^H100' out)"
expect "compute" \
    grep -Eq '^  compute         7\.35 PFLOP/s at int8 \(3\.67 PFLOP/s at 16 bits\), [0-9.]+% sustained' out
equal "headings" "Model H100 Plan Step Memory Carbon Least Kernels Best What Other What" \
    "$(sed -n 's/^\([A-Z][A-Za-z0-9]*\)  *.*/\1/p' out | tr '\n' ' ' | sed 's/ $//')"
equal "best plans listed" 10 \
    "$(sed -n '/^Best plans/,/^$/p' out | grep -Ec '^ +[0-9]+ +[0-9,]+  t[0-9]+ p[0-9]+ d[0-9]+ ')"
expect "bars of #" grep -Eq '^  compute +#+ +[0-9.]+%  ' out
expect "what limits it" grep -Eq '^  fewer devices   [a-z]+, on [0-9,]+ or fewer\. ' out
change='(same|[-+][0-9.]+%)'
expect "what would change it" \
    grep -Eq "^  memory x 2 +[0-9,]+ +$change +[0-9.]+ days +$change +[0-9.]+ t +$change\$" out
expect "the batch's limit" grep -Eq '^  batch +[0-9,]+ of the 2,277 sequences of the critical batch$' out
expect "the deadline's share" grep -Eq '^  deadline +[0-9.]+% of it is used$' out
equal "no escape sequence in a file" 0 "$(grep -c $'\033' out)"
expect "no line beyond 120 columns" [ "$(wc -L <out)" -le 120 ]
for columns in 80 100; do
    COLUMNS=$columns run 60 "$point" --model 8192 --hardware H100 --year 5 --qat int8 --kernels --pareto
    expect "no line beyond $columns columns" [ "$(wc -L <out)" -le $columns ]
    expect "... with device counts and carbon in its tables" \
        grep -Eq '^ +1 +[0-9,]+  t[0-9]+ p[0-9]+ .* [0-9.]+ days .* [0-9.]+ t$' out
    COLUMNS=$columns run 60 "$point" --model DeepSeek-V3 --hardware H100 --devices 1024
    expect "no line of an explicit model beyond $columns columns" [ "$(wc -L <out)" -le $columns ]
done
expect "a missed deadline" grep -Eq '^That is later than the deadline of 90.0 days \(training.deadline_days\)\.$' out
expect "... among the limits" grep -Eq '^  deadline +missed: [0-9.]+ days instead of 90.0 days$' out
run 60 "$point" --model 8192 --hardware H100 --year 5 --qat int8 --region us-east5
degrees='s/^  devices         \(.*\) = tensor \(.*\) x pipeline \(.*\) x data \(.*\)$/\1 \2 \3 \4/p'
plan=$(sed -n "$degrees" out | tr -d ,)
read -r devices tensor pipeline data <<<"$plan"
expect "the degrees multiply to the devices" [ "$devices" -eq $((tensor * pipeline * data)) ]

LC_ALL=C.UTF-8 run 60 "$point" --model 2048 --hardware A100 --brief --top 1
expect "bars of blocks where the locale has them" grep -q '█' out
equal "--brief searches no changes" 0 "$(grep -c "What would change it" out)"
run 60 "$point" --model 24576 --hardware V100 --set training.deadline_days=1 --brief
equal "an infeasible point is an answer" 0 "$status"
expect "... with its reason below the title" grep -Eq '^No plan: [a-z]+\. [A-Z]' <(sed -n 2p out)
run 60 "$point" --model GPT-3 --hardware A100 --tensor 8 --pipeline 8 --data 1 --micro-batch 1 --batch 64
equal "a plan that does not fit" \
    "No plan: memory. Every plan with a batch that divides overflows the devices' memory." "$(grep '^No plan' out)"
expect "... says how much it would take" grep -Eq '^  any memory .* [0-9.]+ t +[0-9.]+ GiB$' out

# What is given is taken as given.
run 60 "$point" --model Llama-3.1-405B --hardware H100 --devices 16384 --tensor 8 --pipeline 16 --brief --top 1
equal "a given plan" "  devices         16,384 = tensor 8 x pipeline 16 x data 128" "$(grep '^  devices  ' out)"
run 60 "$point" --model GPT-3 --hardware A100-80GB --tensor 8 --pipeline 8 --data 16 --micro-batch 2 --zero 1 \
    --recompute full --interleave 3 --batch 1536 --schedule 1f1b --json --brief
equal "a plan given whole" "[1024,8,8,16,2,1,\"full\",3,1536,48]" "$(jq -c '.plan | [.devices, .tensor, .pipeline,
    .data, .micro_batch, .zero_stage, .recompute, .interleave, .global_batch, .micro_batches]' out)"

# How a model was trained serves, and an option comes before it.
run 60 "$point" --model BLOOM --hardware A100-80GB --devices 384 --brief --top 1
equal "a model's own batch" "  batch           2,048 sequences, as it was trained" \
    "$(grep '^  batch  ' out | head -n 1)"
equal "... and its ramp" "  before it       304 sequences for 2.50 B tokens" "$(grep '^  before it' out)"
run 60 "$point" --model BLOOM --hardware A100-80GB --devices 384 --json --brief --tokens 1e11 \
    --seq-len 1024 --batch 512
equal "tokens, sequence length and batch given" "[100000000000,1024,512,512]" \
    "$(jq -c '[.architecture.tokens, .architecture.seq_len, .architecture.global_batch, .plan.global_batch]' out)"
run 60 "$point" --model 1536 --hardware H100 --json --brief --tokens 2e12 --seq-len 4096 --batch 1024
equal "... of a model dimension" "[2000000000000,4096,1024,1024]" \
    "$(jq -c '[.architecture.tokens, .architecture.seq_len, .architecture.global_batch, .plan.global_batch]' out)"
run 60 "$point" --model 8192 --hardware H100 --tokens 0
equal "no tokens" "64" "$status"

# A measured run: kernels and collectives with what bounds each, memory by kind; the parts make up the step.
run 60 "$point" --case "$cases" --id korthikanti-175b-selective --kernels
equal "a case" "0 " "$status $(cat err)"
equal "... its title" "korthikanti-175b-selective (korthikanti-2022) on A100-80GB" "$(head -n 1 out)"
expect "... measured and predicted" grep -Eq '^  step_time_s     measured 13.75, predicted [0-9.]+: [-+][0-9.]+%$' out
for bound in compute memory link; do
    expect "... something is bound by $bound" grep -Eq "^  dense layer .* $bound\$" out
done
equal "... the step's entries by what bounds them" "bubble: pipeline
optimizer: memory
point-to-point (pipeline): link" "$(sed -n 's/^  once a step  \(.*\)/\1/p' out |
    sed -E 's/^([^ ]+( [^ ]+)*)  .* ([a-z]+)$/\1: \3/' | grep -E '^(optimizer|bubble|point)' | sort)"
# No row but passes over memory is said to be bound by it, whatever the plan; all of them make up the step.
for id in korthikanti-175b-selective korthikanti-22b-full megatron-core-h100-1-7b frontier-deepseek-v3-hours; do
    run 60 "$point" --case "$cases" --id $id --json --brief
    equal "$id: its parts make up the step" true \
        "$(jq '([.kernels[].exposed_seconds] | add) / .values.step_time - 1 | fabs < 1e-9' out)"
    equal "$id: the step's entries bound by memory" '["optimizer"]' \
        "$(jq -c '[.kernels[] | select(.part == "step" and .bound == "memory") | .kernel] | unique' out)"
    equal "$id: what links bind" true "$(jq '[.kernels[] | (.bound == "link") == .collective] | all' out)"
    equal "$id: waits" '["devices"]' \
        "$(jq -c '[.kernels[] | select(.kernel == "wait for the slowest device") | .bound]' out)"
done
run 60 "$point" --case "$cases" --id megatron-core-h100-1-7b --json --brief
equal "the host's work of a step" '["launch",true]' "$(jq -c '.values.step_time as $step | .kernels[] |
    select(.kernel == "host work of the step") | [.bound, .exposed_seconds > 0.05 * $step]' out)"
# What full recomputation repeats is bound as in the forward pass, kernel by kernel.
run 60 "$point" --case "$cases" --id korthikanti-22b-full --json --brief
equal "the forward pass again" true "$(jq 'def pass(p): [.kernels[] | select(.part == "dense layer" and .pass == p) |
    [.kernel, .bound, .calls]] | sort; pass("again") == pass("forward") and (pass("again") | length) > 5' out)"
run 60 "$point" --case "$cases" --id korthikanti-175b-selective --json --brief
equal "... memory by kind" true \
    "$(jq '(.memory | .state + .activations + .other) / .values.memory_per_device - 1 | fabs < 1e-9' out)"

# A case with another plan: what is given replaces what was published; the measured value stays the published plan's.
run 60 "$point" --case "$cases" --id korthikanti-175b-selective --brief --json
predicted=$(jq .measured.predicted out)
equal "the plan as published: nothing is changed" "[[],true]" \
    "$(jq -c '.measured | [.changed, .error == .published_error]' out)"
run 60 "$point" --case "$cases" --id korthikanti-175b-selective --brief --json --tensor 8 --recompute selective
equal "given what ran: the same" "[[],$predicted]" "$(jq -c '.measured | [.changed, .predicted]' out)"
run 60 "$point" --case "$cases" --id korthikanti-175b-selective --brief --json --tensor 4 --recompute full
equal "another plan: exit status, standard error" "0 " "$status $(cat err)"
equal "... its knobs" '[64,4,8,2,"full"]' "$(jq -c '.plan | [.devices, .tensor, .pipeline, .data, .recompute]' out)"
equal "... what differs" \
    '[["tensor","8","4"],["data","1","2"],["recompute","selective","full"]]' \
    "$(jq -c '[.measured.changed[] | [.knob, .published, .predicted]]' out)"
equal "... no error of its own, but the published plan's" "[null,$predicted]" \
    "$(jq -c '.measured | [.error, .published_predicted]' out)"
run 60 "$point" --case "$cases" --id korthikanti-175b-selective --brief --tensor 4 --recompute full
expect "... in words" grep -q \
    '^  this plan       tensor 4 instead of 8, data 2 instead of 1, recompute full instead of selective$' out
expect "... the measured value is the published plan's" grep -Eq \
    '^  published plan  measured 13.75, predicted [0-9.]+: [-+][0-9.]+%; nothing was measured of the plan above$' out
expect "... which could not run" \
    grep -q '^  memory          needs .*, the device has 80.0 GiB: this plan could not' out
run 60 "$point" --case "$cases" --id korthikanti-175b-selective --brief --batch 15 --schedule dualpipe
equal "micro-batches that DualPipe does not go with: no prediction" "0 " "$status $(cat err)"
expect "... and says so" grep -q '^No plan: batch' out
expect "... of what" \
    grep -q '^  this plan       global_batch 15 instead of 64, interleave 1 instead of 3, schedule' out
fails 64 '--tensor 3 cannot be applied to case korthikanti-175b-selective: devices is 64, but tensor x pipeline x '\
'data x context is a multiple of 24; the two must agree.' \
    "$point" --case "$cases" --id korthikanti-175b-selective --tensor 3
fails 64 '--expert 4: the model of case korthikanti-175b-selective has no experts.' \
    "$point" --case "$cases" --id korthikanti-175b-selective --expert 4
fails 64 '--seq-len: a case states its own tokens and sequence length; leave it out, or change the case.' \
    "$point" --case "$cases" --id korthikanti-175b-selective --seq-len 4096
fails 64 '--pareto: a case has no place, and so no carbon to compare plans by; leave it out.' \
    "$point" --case "$cases" --id korthikanti-175b-selective --pareto

# On a terminal: colour, unless NO_COLOR says otherwise. coloured NO_COLOR: the number of headings in bold.
coloured() {
    "$PYTHON" - "$point" "$1" <<'END' | grep -c $'\033\\[1m'
import os
import pty
import sys

os.environ.update(TERM="xterm", NO_COLOR=sys.argv[2])
pty.spawn([sys.argv[1], "--model", "2048", "--hardware", "A100", "--brief", "--top", "1"])
END
}
# widest COLUMNS-OF-THE-TERMINAL: of the lines that a terminal of that size is sent.
widest() {
    "$PYTHON" - "$point" "$1" <<'END' | tr -d '\r' | sed $'s/\033\\[[0-9]*m//g' | wc -L
import fcntl
import os
import pty
import struct
import sys
import termios

os.environ.update(TERM="xterm")
os.environ.pop("COLUMNS", None)
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[2]), 0, 0))
    os.execv(sys.argv[1], [sys.argv[1], "--model", "8192", "--hardware", "H100"])
try:
    while text := os.read(terminal, 65536):
        os.write(1, text)
except OSError:
    pass
END
}
for columns in 80 90; do
    width=$(widest $columns)
    expect "a terminal of $columns columns is not overrun: $width" [ "$width" -le $columns ]
    expect "... but used: $width" [ "$width" -gt $((columns - 12)) ]
done
expect "colour on a terminal" [ "$(coloured "")" -ge 6 ]
equal "NO_COLOR" 0 "$(coloured 1)"
# Degrees that no framework could launch are refused by name, whatever divisibility is asked for.
for divisibility in relaxed strict; do
    fails 65 '--interleave 100: 80 layers, 82 with embedding and head, over 16 stages are at most 5 chunks a stage.' \
        "$point" --model Llama-2-70B --hardware H100 --devices 512 --pipeline 16 --interleave 100 --tensor 4 \
        --batch 512 --set "search.divisibility=$divisibility"
    fails 65 "--tensor 12: it does not divide the model's 40 attention heads." \
        "$point" --model Llama-2-13B --hardware A100 --tensor 12 --set "search.divisibility=$divisibility"
    fails 65 '--context 3: a sequence of 8192 tokens is cut into equal parts.' \
        "$point" --model Llama-3.1-8B --hardware H100 --context 3 --set "search.divisibility=$divisibility"
done
fails 65 '--batch 100: 48 data-parallel replicas want a multiple of 48 sequences.' \
    "$point" --model Llama-3.1-8B --hardware H100 --devices 48 --tensor 1 --pipeline 1 --batch 100
fails 65 '--interleave 48: 96 layers, 98 with embedding and head, over 8 stages are at most 12 chunks a stage.' \
    "$point" --case "$cases" --id korthikanti-175b-selective --interleave 48
# Where there is no plan, what gives one is said, and gives one.
levers=0
for arguments in "--model Llama-3.1-405B --devices 64" "--model 8192 --devices 2047 --batch 100" \
    "--model 8192 --set training.deadline_days=0.1" "--model Llama-3.1-405B --pipeline 1" \
    "--model Qwen3-30B-A3B --devices 64 --batch 512 --set search.expert_degrees=experts"; do
    # shellcheck disable=SC2086 # words
    run 60 "$point" --hardware H100 --brief $arguments
    expect "no plan: $arguments" grep -q '^No plan: ' out
    lever=$(sed -n 's/^A plan comes with \(.*\): [0-9,]* devices, .*\.$/\1/p' out)
    [ -n "$lever" ] || continue
    levers=$((levers + 1))
    eval "run 60 \"\$point\" --hardware H100 --brief $arguments $lever"
    equal "a plan with $lever: $arguments" "0 0" "$status $(grep -c '^No plan' out)"
done
expect "levers were named: $levers" [ "$levers" -ge 4 ]
run 60 "$point" --hardware H100 --model Llama-3.1-405B --devices 64 --json
equal "levers in JSON" '"--devices 128"' "$(jq -c '.levers[0].lever' out)"
run 60 "$point" --hardware H100 --model Llama-3.1-405B --tensor 1 --pipeline 1 --brief
expect "two degrees that are wrong together" grep -q '^A plan comes without the degrees that are given: ' out
finish
