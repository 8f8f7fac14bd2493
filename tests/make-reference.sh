#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes results/reference anew, from the second of two runs that must agree. What is large or names this host is left out,
# in the folder and in its manifest's list of files; the fingerprints are those of the whole run.
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
