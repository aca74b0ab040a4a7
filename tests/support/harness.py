# SPDX-License-Identifier: BSD-3-Clause
"""What every Python test needs: paths, running programs, counting checks, the closing line that tests/run.sh adds up.

A test is a function that is handed to run_test(); tests/run.sh puts this folder on Python's path.
"""
import json
import os
import subprocess
import sys
import traceback
from pathlib import Path

SOURCE = Path(os.environ.get("CS_SOURCE", Path(__file__).resolve().parents[2]))
BUILD = Path(os.environ.get("CS_BUILD", SOURCE / "build"))
TMP = Path(os.environ.get("CS_TMP", "."))  # empty, of this test alone; programs run in it
MPIRUN = os.environ.get("MPIRUN", "mpirun").split()
SLOWDOWN = float(os.environ.get("CS_TEST_SLOWDOWN", "1"))  # by how much longer than usual a limit of time should be
QUICK, FULL = SOURCE / "configs/quick.json", SOURCE / "configs/full.json"
passed = failed = 0


def check(ok, text):
    """Counts one check; ok may be an array, which holds where all of it does."""
    global passed, failed
    ok = bool(ok.all() if hasattr(ok, "all") else ok)
    passed, failed = passed + ok, failed + (not ok)
    if not ok:
        print("FAILED:", text)
    return ok


def equal(found, wanted, text):
    return check(found == wanted, f"{text}: {found!r}, not {wanted!r}")


def run(*words, status=0, **options):
    """Runs a program and checks its exit status (None: whatever it is); returns what subprocess.run does."""
    options = {"cwd": TMP, "timeout": 600 * SLOWDOWN, **options}
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False, **options)
    if status is not None:
        check(done.returncode == status, f"{' '.join(map(str, words))}: exit status {done.returncode}, not {status}\n"
              f"{done.stdout[-2000:]}{done.stderr}")
    return done


def fails(status, message, *words, **options):
    """The program ends with that status, exactly this message and nothing on standard output."""
    done = run(*words, status=None, **options)
    said = done.stdout + done.stderr
    check((done.returncode, said) == (status, message + "\n"),
          f"{' '.join(map(str, words))}\n  wanted: {status} {message}\n  found:  {done.returncode} {said}")


def script(name, *words):
    """The words that run one of scripts/."""
    return [sys.executable, SOURCE / "scripts" / name, *words]


def configuration(axes=None, **sections):
    """One point, d_model 8192 on H100 today, but for the axes and sections that are given."""
    one = {"model": {"d_model": [8192]}, "hardware": ["H100"], "year": [0], "qat": ["off"],
           "carbon_intensity": ["us-east5"]}
    return {"axes": one | (axes or {}), **sections}


def write_json(name, value):
    path = TMP / name
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def sweep(name, config=QUICK, sets=(), ranks=0, options=(), status=0):
    """Sweeps a configuration, a file or its contents, into NAME.h5, whose path is returned; under mpirun on ranks."""
    if isinstance(config, dict):
        config = write_json(f"{name}.json", config)
    launcher = [*MPIRUN, "-n", ranks] if ranks else []
    output = TMP / f"{name}.h5"
    run(*launcher, BUILD / "cs_sweep", config, "--quiet", "--force", "--output", output, *options,
        *(word for item in sets for word in ("--set", item)), status=status)
    return output


def run_test(test):
    """Runs a test, prints its counts and ends the program. What it counted before an exception is worth having."""
    global failed
    try:
        test()
    except Exception:
        traceback.print_exc()
        failed += 1
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or passed == 0)
