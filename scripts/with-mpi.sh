#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Runs a command in the environment in which mpirun works on this machine: scripts/with-mpi.sh COMMAND...
set -eu
# shellcheck source=scripts/mpi-environment.sh
. "$(dirname "$0")/mpi-environment.sh"
exec "$@"
