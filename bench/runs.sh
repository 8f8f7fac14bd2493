#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How long what people wait for takes, and the memory it needs:   bench/runs.sh [REPETITIONS [kernel]]
#
# The median of five, in seconds: full-run warm (kernel and images in the cache), both labs side by side and each alone;
# building the kernel again after a change in arch/x86/kvm. "kernel" adds the kernel from scratch, without ccache's help (once: it
# takes minutes). Memory is the peak of the sum over all processes, by /proc/PID/smaps_rollup (PSS), sampled ten times a second.
set -eu
cd "$(dirname "$0")/.."
repetitions=${1:-5}
harness=$PWD/build/harness
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
. bench/functions.sh

tree=$scratch/tree
mkdir -p "$tree/images" "$tree/results"
cp -r configs kernel-patches "$tree/"
ln -s "$PWD/images/cache" "$tree/images/cache"
export HARNESS_TREE=$tree

median() {
  sort -n | awk '{ v[NR] = $1 } END { printf "median %.2f s, lowest %.2f, highest %.2f, of %d\n", v[int((NR + 1) / 2)], v[1], v[NR], NR }'
}

repeat() { # NAME COMMAND…
  local name=$1
  shift
  printf '%-34s %s\n' "$name" "$(for _ in $(seq "$repetitions"); do measure "$@"; done | median)"
}

peak_memory() {
  local pid peak=0 now qemu
  "$harness" full-run -q >/dev/null 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    now=$(harness_pss_kib "$pid")
    [ "$now" -gt "$peak" ] && peak=$now
    sleep 0.1
  done
  wait "$pid"
  printf '%-34s %d MiB\n' "memory of a full run" $((peak / 1024))
}

# Says another thing in a comment of vmx.c, and builds: KVM is another then, and nothing else is. Its cache entry is not kept.
changed_kvm() {
  local series=$scratch/series entry
  rm -rf "$series"
  cp -r kernel-patches/6.1 "$series"
  sed -i "s,/\\* A failed entry ,/* $EPOCHREALTIME: a failed entry ," "$series"/0002-*.patch
  ! cmp -s "$series"/0002-*.patch kernel-patches/6.1/0002-*.patch || { echo "the series has no such comment" >&2; return 1; }
  "$harness" build kernel --series "$series" | tee "$scratch/built"
  entry=$(sed -n 's/^kernel [^ ]*: //p' "$scratch/built")
  rm -rf "${entry:?}"
}

from_scratch() {
  local own=$scratch/own
  mkdir -p "$own/images/cache"
  cp -r configs kernel-patches "$own/"
  HARNESS_TREE=$own CCACHE_DISABLE=1 "$harness" build kernel
  rm -rf "$own"
}

echo "$(nproc) processors, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
"$harness" full-run -q >/dev/null 2>&1
repeat "full-run, both labs, warm" "$harness" full-run -q
repeat "full-run --isa svm, warm" "$harness" full-run -q --isa svm
repeat "full-run --isa vmx, warm" "$harness" full-run -q --isa vmx
peak_memory
repeat "kernel, after a change in KVM" changed_kvm
# The work tree is back to the series as it is.
measure "$harness" build kernel >/dev/null
if [ "${2:-}" = kernel ]; then
  repetitions=1
  repeat "kernel from scratch" from_scratch
fi
