#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A lab that goes wrong: each way has its own message, exit status 1, what there is is kept, and earlier results are not touched.
. tests/integration/functions.sh
new_tree "$TMPDIR/tree"
new_replay "$TMPDIR/replay"
# A hang is to end soon.
sed -i 's/^machine_deadline_s = .*/machine_deadline_s = 2/' "$tree"/configs/labs/*.conf

expect 0 "$harness" full-run --replay "$replay"
good=$(latest)
before=$(listing "$tree/results/$good")

# inject FAULT STATUS TEXT…: into the svm lab; vmx is well.
inject() {
  local fault=$1 status=$2 runs new
  shift 2
  echo "$fault" >"$replay/svm/fault"
  runs=$(find "$tree/results" -mindepth 1 -maxdepth 1 -type d | sort)
  expect "$status" "$harness" full-run --replay "$replay"
  for text in "$@"; do said "$text"; done
  said "svm"
  [ "$(latest)" = "$good" ] || fail "$fault: results/latest points to $(latest)"
  [ "$(listing "$tree/results/$good")" = "$before" ] || fail "$fault: an earlier run was changed"
  no_leftovers
  new=$(comm -13 <(echo "$runs") <(find "$tree/results" -mindepth 1 -maxdepth 1 -type d | sort))
  [ "$(wc -l <<<"$new")" -eq 1 ] || fail "$fault: not one new run: $new"
  [ "$(status_of "$new")" = failed ] || fail "$fault: $new is of status $(status_of "$new")"
  [ -n "$(of_lab "$new" vmx fingerprint)" ] || fail "$fault: the other lab has no fingerprint"
  [ -s "$new/vmx/reasons.csv" ] || fail "$fault: the other lab's results are lost"
  [ "$(grep -c '^harness: ' "$TMPDIR/err")" -eq 1 ] || fail "$fault: not one error"
  grep '^harness: ' "$TMPDIR/err" | sed "s,$tree,,; s/Z[-0-9]*/Z/" >>"$TMPDIR/messages"
}

inject panic 1 panic "injected by the fake machine"
inject reset 1 reset
inject hang 1 deadline
inject killed 1 "signal 9"
inject poweroff-early 1 "records"
inject truncate-records 1 "records"
inject corrupt-records 1 "checksum"
inject no-space 1 "no space left on device"
inject nonsense 2 'unknown fault "nonsense"'

# A person can tell them apart. (Half a stream is half a stream, whether L1 or the stream ended: those two may agree.)
sed 's/after [0-9]* exits/after N exits/; s/[0-9][0-9-]*T[0-9-]*Z.*//' "$TMPDIR/messages" | sort | uniq -d >"$TMPDIR/same"
[ "$(wc -l <"$TMPDIR/same")" -le 1 ] || fail "the same message for different faults: $(cat "$TMPDIR/same")"
cat "$TMPDIR/messages"

# L0's log disagrees with what L1 tells: the forged count is named.
rm "$replay/svm/fault"
sed -i '100d' "$replay/svm/l0-exits.log"
expect 1 "$harness" full-run --replay "$replay"
said "cross-check"
said "l0"
echo 'vmexit(nonsense' >>"$replay/svm/l0-exits.log"
expect 1 "$harness" full-run --replay "$replay"
said "l0-exits.log"

# Nothing recorded at all.
: >"$replay/svm/records.bin"
expect 1 "$harness" full-run --replay "$replay"
said "svm"
[ "$(latest)" = "$good" ] || fail "results/latest points to $(latest)"
no_leftovers
