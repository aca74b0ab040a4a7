#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Manual pages, help texts, completion and the file itself say the same: each option of --help stands in the page and is
# completed, and the other way round; each variable of a result file is described.
# shellcheck source=tests/support/sweep.sh
. "$CS_SOURCE/tests/support/sweep.sh"
manual=$CS_SOURCE/scripts/man

options_of() {
    grep -oE -- '--[a-z][a-z-]*' "$1" | sort -u
}

for page in "$manual"/*; do
    equal "$(basename "$page"): mandoc" "" "$(mandoc -T lint -W warning "$page" 2>&1)"
done
PATH=$CS_BUILD:$PATH
# shellcheck source=scripts/completion/cs_sweep.bash
. "$CS_SOURCE/scripts/completion/cs_sweep.bash"
for program in cs_sweep cs_point cs_validate; do
    run 30 "$CS_BUILD/$program" --help
    options_of out >help
    grep -oE 'Fl Fl [a-z][a-z-]*' "$manual/$program.1" | sed 's/Fl Fl /--/' | sort -u >page
    # Options that belong to others: mpirun's, or quoted of another program.
    equal "$program: options of --help and of the page" "$(cat help)" "$(cat page)"
    COMPREPLY=()
    "_$program" "$program" -- "$program"
    equal "$program: options completed" "$(cat help)" "$(printf '%s\n' "${COMPREPLY[@]}" | sort -u)"
done

# completes PROGRAM PREVIOUS CURRENT WANTED...: among the words offered.
completes() {
    local program=$1 previous=$2 current=$3 word
    shift 3
    COMPREPLY=()
    "_$program" "$program" "$current" "$previous"
    for word in "$@"; do
        expect "$program $previous $current<TAB> offers $word" grep -qx -- "$word" \
            <<<"$(printf '%s\n' "${COMPREPLY[@]}")"
    done
}
completes cs_point --hardware H1 H100
completes cs_point --model Llama-3.1- Llama-3.1-8B Llama-3.1-405B
completes cs_point --region us-e us-east5
completes cs_point --qat i int8 int4
completes cs_point --recompute s selective
completes cs_sweep --list re regions
completes cs_sweep --progress-style b bar
touch one.json two.h5 three.txt
completes cs_sweep cs_sweep o one.json
completes cs_point cs_point t two.h5
COMPREPLY=()
_cs_sweep cs_sweep three cs_sweep
equal "other files are not offered" 0 ${#COMPREPLY[@]}
for program in cs_point cs_validate; do
    equal "$program.bash loads the completion" "_$program" \
        "$(bash -c ". '$CS_SOURCE/scripts/completion/$program.bash'; complete -p $program" | grep -o "_$program")"
done

run 120 "$sweep" "$quick" --output all.h5 --quiet --set search.alternatives=1 --set 'axes.model=[{"d_model":[2048]}]' \
    --set 'axes.hardware=["H100"]' --set 'axes.year=[0]'
equal "a sweep" 0 "$status"
variables=$(ncdump -h all.h5 | sed '/^group:/,$d' | sed -n 's/^\t[a-z0-9]* \([a-z_0-9]*\)(.*) ;$/\1/p')
undescribed=
for variable in $variables; do # those of the least-carbon plan are described as the plan's own
    grep -Eq "^\.(Va|It Va) .*\b${variable#least_carbon_}\b" "$manual/cs_sweep_file.5" ||
        undescribed="$undescribed $variable"
done
equal "each variable of a file is in its page" "" "$undescribed"
unknown=
for word in $(sed -n 's/^\.\(It Va\|Va\) //p' "$manual/cs_sweep_file.5" | tr -d ',.;' | tr ' ' '\n' | sort -u); do
    grep -qx "$word" <<<"$variables" || unknown="$unknown $word"
done
equal "the page names no variable that a file lacks" "" "$unknown"
expect "variables were found" [ "$(wc -w <<<"$variables")" -ge 50 ]
finish
