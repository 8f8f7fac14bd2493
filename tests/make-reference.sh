#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes results/reference anew, from the second of two runs that must agree. What is large or names this host is left out,
# in the folder and in its manifest's list of files; the fingerprints are those of the whole run. What else is committed of
# a run follows: the recorded labs of tests/data with their golden tables, and the README's picture.
set -eu
cd "$(dirname "$0")/.."
left_out='exits\.csv\.gz|records\.bin|bochsrc|[a-z0-9-]*\.log'

./harness full-run -q --accel emulated
first=$(./harness fingerprint results/latest)
./harness full-run -q --accel emulated
second=$(./harness fingerprint results/latest)
[ "$first" = "$second" ] || { printf 'two runs differ:\n%s\n%s\n' "$first" "$second" >&2; exit 1; }

new=$(mktemp -d results/.tmp-reference-XXXXXX)
trap 'rm -rf "$new"' EXIT
cp -r results/latest/. "$new/"
find "$new" -regextype posix-extended -type f -regex ".*/($left_out)" -delete
# The list's last file, vmx/timeline.csv, stays: no comma is left over.
sed -i -E "/^ *\"(vmx|svm)\/($left_out)\" : /d" "$new/manifest.json"
rm -rf results/reference
mv "$new" results/reference
trap - EXIT
chmod 755 results/reference
./harness fingerprint results/reference

for lab in vmx svm; do
  for file in records.bin l0-exits.log l1-console.log; do
    gzip -9nc "results/latest/$lab/$file" >"tests/data/$lab/$file.gz"
  done
done
BUILD=build HARNESS_TEST_REGENERATE=1 tests/run tests/integration/replay.sh
for lab in vmx svm; do
  ./harness export latest --to svg --picture rate --lab "$lab" --output "docs/img/rate-$lab.svg"
done
./harness export latest --to svg --picture operations --output docs/img/operations.svg
