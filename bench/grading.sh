#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What grading takes:   bench/grading.sh [SUBMISSIONS]
#
# One submission from file to grade, on either lab, alone, kernel and images in the cache; the same from the cache. Then a batch (12 submissions,
# two of three on the vmx lab) with one job and with two, and the ratio of both; and the most memory that a job takes: the peak of the
# sum over all processes (PSS, sampled twice a second), by jobs. Every time with a secret of its own, so that nothing is answered from the cache.
set -eu
cd "$(dirname "$0")/.."
count=${1:-12}
harness=$PWD/build/harness
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
. bench/functions.sh
vmx=$(pack right-a3-map-a) svm=$(pack right-a3-svm)

# Nothing is in the cache then but the baselines, which belong to no secret.
new_secret() {
  sed "s/^secret = .*/secret = bench-$EPOCHREALTIME/" configs/rubrics/a3.conf >"$scratch/rubric.conf"
}

# grade NAME ARGUMENTS…: seconds; afresh.
grade() {
  new_secret
  measure "$harness" grade -q --rubric "$scratch/rubric.conf" --output "$scratch/$1" "${@:2}"
}

"$harness" grade -q --output "$scratch/warm" "$vmx" "$svm" >/dev/null
for lab in svm vmx; do
  printf '%-44s %s s\n' "one submission on the $lab lab" "$(grade "$lab" "${!lab}")"
done
printf '%-44s %s s\n' "the same, from the cache" "$(measure "$harness" grade -q --rubric "$scratch/rubric.conf" --output "$scratch/again" "$vmx")"

# Different submissions: each has a comment of its own.
batch=()
for number in $(seq "$count"); do
  from=$vmx
  [ $((number % 3)) -ne 0 ] || from=$svm
  sed "s,^+.*atomic64_t total_exits;,& /* $number */," "$from" >"$scratch/submission-$number.patch"
  batch+=("$scratch/submission-$number.patch")
done
for jobs in 1 2; do
  new_secret
  watch_memory "$scratch/memory-$jobs" &
  watcher=$!
  took[jobs]=$(measure "$harness" grade -q --jobs "$jobs" --rubric "$scratch/rubric.conf" --output "$scratch/batch-$jobs" "${batch[@]}")
  kill "$watcher" 2>/dev/null || true
  wait "$watcher" 2>/dev/null || true
  printf '%-44s %s s, at most %s MiB a job\n' "$count submissions, $jobs side by side" "${took[jobs]}" "$(($(cat "$scratch/memory-$jobs") / 1024 / jobs))"
done
awk -v a="${took[1]}" -v b="${took[2]}" 'BEGIN { printf "%-44s %.2f times as fast\n", "two jobs", a / b }'
