#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 1500
# Both labs side by side, twice, the second time with the harness that was built with sanitizers and every processor kept busy by something else: the same
# fingerprints, every account of the exits agrees, and they are those of results/reference. Where a tool has another version than the reference's the last is
# skipped, and the tool named: it is never passed by that. (On hardware a lab is statistical: then its accounts alone are held to it.)
. tests/labs/functions.sh
need_labs vmx svm
reference=$root/results/reference
[ -f "$reference/manifest.json" ] || fail "results/reference is not there; try: make reference"
# The committed files are what their manifest says.
expect 0 "$harness" fingerprint "$reference"
# Its path is as long as those of some build servers: a machine's configuration has to hold it.
new_tree "$TMPDIR/$(printf 'long%.0s' {1..40})"
shared_cache

busy=()
end_busy() { [ "${#busy[@]}" -eq 0 ] || kill "${busy[@]}" 2>/dev/null; }
trap end_busy EXIT

runs=()
for load in idle busy; do
  program=$harness
  if [ "$load" = busy ]; then
    [ ! -x "$BUILD/harness" ] || program=$BUILD/harness
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
done

# What the L0 log tells was really compared: it has as many exits as were recorded.
for lab in vmx svm; do
  [ "$(of_lab "${runs[0]}" "$lab" determinism)" = exact ] || continue
  grep -q '^l0-' "${runs[0]}/$lab/checks.csv" || fail "$lab: L0's log was not compared"
done

# --- against the committed run ----------------------------------------------------------------------------------------------

run=${runs[0]}
# Lines of the one that the other has not.
differing() { # MEMBER
  diff <(pairs "$reference" "$1") <(pairs "$run" "$1") | sed -n 's/^</    reference:/p; s/^>/    here:     /p'
}

versions=$(differing versions | grep -v $'\tharness')
inputs=$(differing inputs)
unequal=()
for lab in vmx svm; do
  [ "$(of_lab "$run" "$lab" determinism)" = exact ] || continue
  [ "$(of_lab "$reference" "$lab" fingerprint)" = "$(of_lab "$run" "$lab" fingerprint)" ] || unequal+=("$lab")
done

if [ "${#unequal[@]}" -eq 0 ]; then
  [ -n "$versions$inputs" ] && echo "equal fingerprints, in spite of: $versions $inputs"
  exit 0
fi
echo "other fingerprints than the reference's: ${unequal[*]}"
if [ -n "$versions" ]; then
  echo "versions that differ:"
  echo "$versions"
  skip "not comparable with results/reference, other versions of: $(cut -f1 <<<"$versions" | awk '{ print $2 }' | sort -u | paste -sd' ')"
fi
if [ -n "$inputs" ]; then
  echo "inputs that differ:"
  echo "$inputs"
  fail "the inputs were changed since results/reference was made; try: make reference, and look at what it changes"
fi
for lab in "${unequal[@]}"; do
  same_lab "$reference" "$run" "$lab"
done
