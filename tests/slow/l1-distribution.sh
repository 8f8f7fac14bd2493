#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 2400
# Debian 12 as L1, with systemd, cloud-init and libvirt, runs the micro L2 through that libvirt: all accounts agree. Once more from the same
# snapshot, with a processor kept busy: the same fingerprint.
. tests/labs/functions.sh
need_labs svm
new_tree "$TMPDIR/tree"
shared_cache
cp -r "$root/images/l1-distribution" "$tree/images/" || fail "no recipe"

full_run() {
  expect 0 "$harness" full-run --isa svm --l1 debian-12
  run=$(readlink -f "$tree/results/latest")
  check_lab "$run" svm
  grep -q '^l0-sequence' "$run/svm/checks.csv" || fail "L0's log was not compared"
  no_leftovers
}

full_run
first=$run
[ "$(of_lab "$first" svm l1)" = debian-12 ] || fail "the manifest does not tell what L1 was"
[ "$(awk -F, '$1 == "reboot"' "$first/svm/phases.csv" | wc -l)" -eq 1 ] || fail "L2 has not performed its operations"

begin=$(now_ms)
while :; do :; done &
busy=$!
trap 'kill "$busy" 2>/dev/null' EXIT
full_run
same_lab "$first" "$run" svm
echo "from the snapshot: $((($(now_ms) - begin) / 1000)) s"
! grep -q "first boot" "$TMPDIR/err" || fail "L1 was booted anew in place of going on from its snapshot"
