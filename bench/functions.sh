# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What benches share.
scratch=${scratch:?is a folder of the bench that includes this}

# measure COMMAND…: seconds of wall time.
measure() {
  local begin=$EPOCHREALTIME
  "$@" >"$scratch/out" 2>&1 || { cat "$scratch/out" >&2; exit 1; }
  awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f\n", b - a }'
}

# pack NAME: the path of a submission of tests/submissions, packed.
pack() {
  tests/submissions/pack.sh "$1" "$scratch/packs/$1" | tail -n 1
}

# Of this process and all below it.
tree_pss_kib() {
  local pids=$1 all=$1
  while [ -n "$pids" ]; do
    pids=$(pgrep -d, -P "$pids" || true)
    all=$all${pids:+,$pids}
  done
  local files=()
  IFS=, read -ra files <<<"$all"
  files=("${files[@]/#//proc/}")
  cat "${files[@]/%//smaps_rollup}" 2>/dev/null | awk '/^Pss:/ { sum += $2 } END { print sum + 0 }' || true
}

# harness_pss_kib PID: of a harness, of all below it, and of libvirt's QEMUs, which are children of init.
harness_pss_kib() {
  local sum qemu
  sum=$(tree_pss_kib "$1")
  for qemu in $(pgrep -f "qemu-system-x86_64.*guest=harness-[a-z]*-$1-" || true); do
    sum=$((sum + $(awk '/^Pss:/ { print $2 }' "/proc/$qemu/smaps_rollup" 2>/dev/null || echo 0)))
  done
  echo "$sum"
}

# watch_memory FILE: the peak, in KiB, of the harness that grades, until killed.
watch_memory() {
  local peak=0 now pid
  while sleep 0.5; do
    for pid in $(pgrep -f 'build/harness grade' || true); do
      now=$(harness_pss_kib "$pid")
      [ "$now" -gt "$peak" ] && peak=$now && echo "$peak" >"$1"
    done
  done
}
