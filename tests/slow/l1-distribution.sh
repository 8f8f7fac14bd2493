#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 3600
# A distribution as L1, with systemd, cloud-init and libvirt, runs L2 through that libvirt: the accounts agree, and the second run, from the snapshot, is the first bit for bit.
. tests/labs/functions.sh
need_labs svm

# It finds the guest programs beside itself, as the harness does.
program=${BUILD:-build}/l1-distribution-lab
cp "${BUILD:-build}/tests/labs/l1-distribution" "$program" || fail "not built"
trap 'rm -f "$program"' EXIT

run() { # NAME
  mkdir -p "$TMPDIR/$1/svm"
  expect 0 env HARNESS_TREE="$PWD" "$program" "$TMPDIR/$1/svm"
  (cd "$TMPDIR/$1/svm" && sha256sum l0-exits.log records.bin l1-console.log) >"$TMPDIR/$1.sums"
}

run first
start=$SECONDS
run second
echo "from the snapshot: $((SECONDS - start)) s"
diff "$TMPDIR/first.sums" "$TMPDIR/second.sums" || fail "two runs from one snapshot differ"
new_tree "$TMPDIR/tree"
expect 0 "$harness" full-run --isa svm --replay "$TMPDIR/first"
grep -hq ", 0 failed" "$TMPDIR/out" "$TMPDIR/err" || fail "a check failed: $(cat "$TMPDIR/out" "$TMPDIR/err")"
