#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A value of a result file through R (ncdf4, hdf5r), Octave and NCO, beside what cs_point computes for that point. CDO
# is asked too: it knows grids in time and space only, and has to say so. xarray, h5py and the netCDF and HDF5 tools:
# tests/programs/readers.py.
# shellcheck source=tests/support/sweep.sh
. "$CS_SOURCE/tests/support/sweep.sh"

cat >readers.json <<'END'
{"axes": {"model": {"d_model": [2048, 4096]}, "hardware": ["A100", "H100"], "year": [0, 5], "qat": ["off", "int8"],
          "carbon_intensity": ["us-east5", "europe-north2", {"region": "südpol", "g_per_kwh": 120}]}}
END
run 300 "$sweep" readers.json --output readers.h5 --quiet
equal "a sweep" "0 " "$status $(cat err)"
run 60 "$CS_BUILD/cs_point" readers.json --model 4096 --hardware H100 --year 5 --qat int8 --region europe-north2 --json
equal "cs_point" 0 "$status"
exact=$("$PYTHON" -c 'import json; print(repr(json.load(open("out"))["values"]["carbon_total"]))')
wanted=$("$PYTHON" -c "print('%.10g' % $exact)")
number() {
    "$PYTHON" -c 'import sys; print("%.10g" % float(sys.argv[1]))' "$1" 2>&1
}

cat >readers.R <<'END'
library(ncdf4)
file <- nc_open("readers.h5")
at <- function(axis, label) match(label, ncvar_get(file, axis))
start <- c(at("region", "europe-north2"), at("qat", "int8"), at("year", 5), at("hardware", "H100"), at("model", "4096"))
cat("ncdf4", sprintf("%.17g", ncvar_get(file, "carbon_total", start = start, count = rep(1, 5))),
    ncatt_get(file, "carbon_total", "units")$value, ncvar_get(file, "region")[3], "\n")
library(hdf5r)
file <- H5File$new("readers.h5", mode = "r")
at <- function(axis, label) match(label, file[[axis]][])
value <- file[["carbon_total"]][at("region", "europe-north2"), at("qat", "int8"), at("year", 5), at("hardware", "H100"),
                                at("model", "4096")]
cat("hdf5r", sprintf("%.17g", value), h5attr(file[["carbon_total"]], "units"), "\n")
END
run 120 Rscript readers.R
equal "R: exit status" 0 "$status"
read -r _ value units place <<<"$(grep '^ncdf4' out)"
equal "R, ncdf4, by label" "$wanted kg südpol" "$(number "$value") $units ${place% }"
read -r _ value units <<<"$(grep '^hdf5r' out)"
equal "R, hdf5r, by label" "$wanted kg" "$(number "$value") ${units% }"

# Octave's netcdf package reads numbers; text it does not read, so places are counted: axes are in the order of the
# configuration, the last first.
cat >readers.m <<'END'
pkg load netcdf
year = find(ncread('readers.h5', 'year') == 5);
value = ncread('readers.h5', 'carbon_total');
printf('%.17g\n', value(2, 2, year, 2, 2));
END
run 120 octave-cli --no-gui readers.m
equal "Octave" "$wanted" "$(number "$(grep -v '^error: ignoring' out)")"

# NCO counts from 0, and takes a number with a point for a coordinate.
place=(-d "model,1" -d "hardware,1" -d "year,5.0" -d "qat,1" -d "region,1")
run 60 ncks -C -H -v carbon_total -s '%.17g' "${place[@]}" readers.h5
equal "NCO: ncks" "$wanted" "$(number "$(cat out)")"
run 60 ncap2 -O -v -s 'double_total=2.0*carbon_total' readers.h5 doubled.nc
equal "NCO: ncap2" 0 "$status"
run 60 ncks -C -H -v double_total -s '%.17g' "${place[@]}" doubled.nc
equal "NCO: arithmetic" "$(number "$("$PYTHON" -c "print(2 * $exact)")")" "$(number "$(cat out)")"
run 60 ncwa -O -C -a year -v mfu readers.h5 mean.nc
equal "NCO: a mean over the years" 0 "$status"

# The lines of README.md, run as printed on a sweep in place of build/full.h5. MATLAB's and Julia's are not: neither is
# among Debian's packages; Octave knows MATLAB's ncread, but not its strings.
cat >readme.json <<'END'
{"axes": {"model": {"d_model": [4096, 10240]}, "hardware": ["A100", "H100"], "year": [0, 5], "qat": ["off", "int8"],
          "carbon_intensity": ["us-east5", "europe-north2"]}}
END
mkdir -p tree/build tree/bin
ln -s "$CS_SOURCE/scripts" "$CS_SOURCE/configs" tree
ln -s "$CS_BUILD/cs_point" tree/build
ln -s "$PYTHON" tree/bin/python3 # what `env python3` finds in the scripts
run 300 "$sweep" readme.json --output tree/build/full.h5 --quiet
equal "the sweep of README's lines" "0 " "$status $(cat err)"
run 60 "$CS_BUILD/cs_point" readme.json --model 10240 --hardware H100 --json --brief
plan=$("$PYTHON" -c 'import json
point = json.load(open("out"))
print("%.10g %d" % (point["values"]["carbon_total"], point["plan"]["devices"]))')
# lines LANGUAGE: what stands in README.md's block of that language.
lines() {
    sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$CS_SOURCE/README.md" | sed '1d;$d'
}
(
    cd tree || exit 1
    export PATH=$PWD/bin:$PATH
    set -e
    lines python >../readme.py
    lines r >../readme.R
    lines sh >../readme.sh
    python3 ../readme.py >../python.out
    mv h100.csv ../python.csv
    Rscript ../readme.R >../R.out
    bash -e ../readme.sh >../sh.out
) >out 2>err
equal "README's lines run: exit status, standard error" "0 " "$? $(cat err)"
for language in py R sh; do
    expect "README has lines of $language" [ "$(wc -l <"readme.$language")" -ge 4 ]
done
read -r value _ _ _ devices _ <"python.out"
equal "README's lines for Python" "$plan" "$(number "$value") $devices"
equal "... and its CSV" "model,carbon_total 3" "$(head -n 1 python.csv) $(wc -l <python.csv)"
equal "README's lines for R" "$("$PYTHON" -c "print('%.7g' % ${plan% *})")" "$(tail -n 1 R.out | sed 's/^\[1\] //')"
expect "README's lines for the shell: ncdump" grep -q 'double carbon_total(model, hardware, year, qat, region) ;' sh.out
equal "README's lines for the shell: CSV" "h100.csv: $(("$("$PYTHON" -c 'import xarray
print(int((xarray.open_dataset("tree/build/full.h5").sel(hardware="H100", year=0).status == 1).sum()))')" + 1)) lines" \
    "h100.csv: $(wc -l <tree/h100.csv) lines"
expect "README's lines for the shell: cs_point" grep -q '^d_model 10240 on H100, year 0, QAT off, us-east5' sh.out
expect "README's lines for the shell: report" grep -Eq '^full.html: [0-9.]+ MB$' sh.out

# R's lines on a file whose axes have one value each.
sed -e 's/4096, 10240/10240/; s/"A100", "H100"/"H100"/; s/0, 5/0/; s/"off", "int8"/"off"/' \
    -e 's/"us-east5", "europe-north2"/"us-east5"/' readme.json >one.json
mkdir -p one/build
run 60 "$sweep" one.json --output one/build/full.h5 --quiet
(cd one && Rscript ../readme.R) >out 2>err
equal "README's lines for R, one point" "$("$PYTHON" -c "print('%.7g' % ${plan% *})")" \
    "$(tail -n 1 out | sed 's/^\[1\] //')"

run 60 cdo -s showname readers.h5
equal "CDO refuses what has neither time nor place" "1 1" "$status $(grep -c 'Unsupported file structure' err)"
finish
