#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What judging again takes:   bench/regrading.sh [SUBMISSIONS]
#
# One submission on the svm lab, one that tells its counts in the kernel log, and one on the vmx
# lab are graded; what was kept of each is copied 150 times, and each such batch is judged again,
# with the default number of jobs.
set -eu
cd "$(dirname "$0")/.."
count=${1:-150}
harness=$PWD/build/harness
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
. bench/functions.sh

# batch NAME ASSIGNMENT SUBMISSION: grades it, and makes a folder of copies.
batch() {
  local kept number took
  "$harness" grade -q --assignment "$2" --output "$scratch/$1-one" "$(pack "$3")" >/dev/null
  kept=$(echo "$scratch/$1-one"/*/)
  mkdir -p "$scratch/$1"
  for number in $(seq "$count"); do
    cp -r "$kept" "$scratch/$1/copy-$number"
  done
  took=$(measure "$harness" grade -q --regrade "$scratch/$1" --output "$scratch/$1-again")
  printf '%-44s %s s, %s KiB kept of each\n' "$count judged again, $1" "$took" \
    "$(du -k "$kept/logs/evidence.tar.zst" | cut -f 1)"
}
batch "leaves, svm" a3 right-a3-svm
batch "kernel log, svm" a2-log log-right-svm
batch "leaves, vmx" a3 right-a3-map-a
