# SPDX-License-Identifier: BSD-3-Clause
# bash completion of cs_sweep, cs_point and cs_validate. Names come from the program itself.

_cs_sweep_names() {
    cs_sweep --list "$1" 2>/dev/null | awk '{ print $1 }'
}

_cs_sweep_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# Files that end in one of the suffixes, and folders.
_cs_sweep_files() {
    local current=$1 suffix
    shift
    mapfile -t COMPREPLY < <(
        for suffix in "$@"; do
            compgen -f -X "!*.$suffix" -- "$current"
        done
        compgen -d -S / -- "$current"
    )
}

_cs_sweep() {
    local current=$2 previous=$3
    case $previous in
    --output) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    --progress-style) _cs_sweep_words "auto bar line" "$current" ;;
    --list) _cs_sweep_words "devices regions qat models" "$current" ;;
    --set | --checkpoint | --progress | --shard | --silence) COMPREPLY=() ;;
    *)
        case $current in
        -*) _cs_sweep_words "--output --resume --force --set --dry-run --checkpoint --progress --progress-style
            --shard --silence --list --quiet --version --help" "$current" ;;
        *) _cs_sweep_files "$current" json ;;
        esac
        ;;
    esac
}

_cs_point() {
    local current=$2 previous=$3
    case $previous in
    --model) _cs_sweep_words "$(_cs_sweep_names models)" "$current" ;;
    --hardware) _cs_sweep_words "$(_cs_sweep_names devices)" "$current" ;;
    --region) _cs_sweep_words "$(_cs_sweep_names regions)" "$current" ;;
    --qat) _cs_sweep_words "$(_cs_sweep_names qat)" "$current" ;;
    --recompute) _cs_sweep_words "none selective full ffn" "$current" ;;
    --offload) _cs_sweep_words "off offload" "$current" ;;
    --schedule) _cs_sweep_words "1f1b zb1p dualpipe" "$current" ;;
    --zero) _cs_sweep_words "0 1 2 3" "$current" ;;
    --case | --device-file) _cs_sweep_files "$current" json ;;
    --id | --year | --set | --tokens | --seq-len | --devices | --tensor | --pipeline | --data | --context | --expert | --expert-tensor | \
        --micro-batch | --batch | --interleave | --recompute-layers | --top) COMPREPLY=() ;;
    *)
        case $current in
        -*) _cs_sweep_words "--model --hardware --year --qat --region --device-file --tokens --seq-len --set --case --id --devices --tensor
            --pipeline --data --context --expert --expert-tensor --micro-batch --batch --interleave --zero --recompute
            --recompute-layers --offload --schedule --top --kernels --pareto --brief --json --help --version" \
            "$current" ;;
        *) _cs_sweep_files "$current" json h5 ;;
        esac
        ;;
    esac
}

_cs_validate() {
    local current=$2 previous=$3
    case $previous in
    --group | --set) COMPREPLY=() ;;
    --devices | --device-file) _cs_sweep_files "$current" json ;;
    *)
        case $current in
        -*) _cs_sweep_words "--group --cases --devices --device-file --set --json --help --version" "$current" ;;
        *) _cs_sweep_files "$current" json ;;
        esac
        ;;
    esac
}

complete -o filenames -F _cs_sweep cs_sweep
complete -o filenames -F _cs_point cs_point
complete -o filenames -F _cs_validate cs_validate
