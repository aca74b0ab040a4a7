# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What the job scripts need to know of your site. Copy it to jobs/env.sh, which they source, and edit it there.

# The modules that cs_sweep was built with: a compiler, an MPI and an HDF5 (the serial one is preferred).
# module purge
# module load gcc/12 openmpi/4.1 hdf5/1.14

# Where the program is: a build directory, or PREFIX/bin after `make install`.
# export CS_BUILD=$PWD/build

# How it is started: srun (through PMIx) or mpirun. Unset, the scripts take srun where SLURM has PMIx.
# export CS_LAUNCHER=mpirun
# More words for either of them, such as --cpu-bind=cores (srun) or --bind-to core (mpirun).
# export CS_LAUNCHER_FLAGS="--cpu-bind=cores"

# On file systems without locks (some Lustre, NFS and DVS mounts).
# export HDF5_USE_FILE_LOCKING=FALSE
