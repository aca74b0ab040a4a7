# SPDX-License-Identifier: BSD-3-Clause
"""The figures and claims of the CarbonScaling paper from our own sweeps: see scripts/figures.py."""
