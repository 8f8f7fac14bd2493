#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 1500
# Both labs side by side, three times, once with the harness that was built with sanitizers, once with every processor kept busy by something else: the same fingerprints, and
# every account of the exits agrees. (On hardware a lab is statistical: then its accounts alone are held to that.)
. tests/labs/functions.sh
need_labs vmx svm
new_tree "$TMPDIR/tree"
shared_cache

busy=()
end_busy() { [ "${#busy[@]}" -eq 0 ] || kill "${busy[@]}" 2>/dev/null; }
trap end_busy EXIT

runs=()
for load in idle sanitized busy; do
  program=$harness
  [ "$load" = sanitized ] && [ -x "$BUILD/harness" ] && program=$BUILD/harness
  if [ "$load" = busy ]; then
    for _ in $(seq "$(nproc)"); do
      while :; do :; done &
      busy+=($!)
    done
  fi
  "$program" full-run >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null &
  pid=$!
  wait "$pid" || fail "full-run: $(cat "$TMPDIR/out" "$TMPDIR/err")"
  emulator=$(qemu_of "$pid") && fail "QEMU is left running: $emulator"
  run=$(readlink -f "$tree/results/latest")
  cat "$TMPDIR/out"
  ! grep -E 'Sanitizer|runtime error:' "$TMPDIR/err" || fail "the sanitizers have findings"
  for lab in vmx svm; do check_lab "$run" "$lab"; done
  runs+=("$run")
  no_leftovers
done
end_busy

for lab in vmx svm; do
  [ "$(of_lab "${runs[0]}" "$lab" determinism)" = exact ] || continue
  same_lab "${runs[0]}" "${runs[1]}" "$lab"
  same_lab "${runs[0]}" "${runs[2]}" "$lab"
done

# What the L0 log tells was really compared: it has as many exits as were recorded.
for lab in vmx svm; do
  [ "$(of_lab "${runs[0]}" "$lab" determinism)" = exact ] || continue
  grep -q '^l0-' "${runs[0]}/$lab/checks.csv" || fail "$lab: L0's log was not compared"
done
