# SPDX-License-Identifier: BSD-3-Clause
# bash-completion looks for a file of the command's name; the completions of all three programs stand in one.
for _cs_sweep_file in "${BASH_SOURCE[0]%/*}"/cs_sweep{,.bash}; do
    if [ -f "$_cs_sweep_file" ]; then
        # shellcheck source=scripts/completion/cs_sweep.bash
        . "$_cs_sweep_file"
    fi
done
unset _cs_sweep_file
