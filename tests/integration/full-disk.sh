#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A full disk: a clear error, nothing lost, nothing half-written. The disk is a small tmpfs in a mount namespace of its own.
if [ "${1:-}" != inside ]; then
  # Quota-free and private: as root, or in a user namespace.
  for how in "-m" "-Urm"; do
    unshare "$how" true 2>/dev/null && exec unshare "$how" "$0" inside
  done
  echo "no mount namespace to be had here"
  exit 77
fi
. tests/integration/functions.sh
new_tree "$TMPDIR/tree"
new_replay "$TMPDIR/replay"

small_disk() { # FOLDER SIZE
  mount -t tmpfs -o "size=$2" tmpfs "$1" || skip "a tmpfs cannot be mounted here"
}

# Too little from the start: said before a machine runs.
small_disk "$tree/results" 8m
expect 3 "$harness" full-run --replay "$replay"
said "$tree/results"
no_leftovers
umount "$tree/results"

untouched() {
  [ "$(latest)" = "$good" ] || fail "results/latest points to $(latest)"
  [ "$(listing "$tree/results/$good")" = "$before" ] || fail "an earlier run was changed"
  no_leftovers
}

# Full while the records are written: there is room for one lab's record device, not for both.
small_disk "$tree/results" 580m,nr_inodes=300
expect 0 "$harness" full-run --replay "$replay"
good=$(latest)
before=$(listing "$tree/results/$good")
sed -i 's/^record_mib = .*/record_mib = 400/' "$tree"/configs/labs/*.conf
expect 1 "$harness" full-run --replay "$replay"
said "no space left on device"
untouched

# Full when the results are written: somebody takes all that is left of the folder's files while a machine runs.
sed -i 's/^record_mib = .*/record_mib = 64/; s/^machine_deadline_s = .*/machine_deadline_s = 2/' "$tree"/configs/labs/*.conf
echo hang >"$replay/vmx/fault"
hangs() { [ -n "$(find "$tree/results" -path '*/.tmp-run-*/vmx/l1-console.log')" ]; }
"$harness" full-run --replay "$replay" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null &
pid=$!
wait_for 10 "the run's start" hangs
mkdir "$tree/results/filler"
for i in $(seq 1000); do : 2>/dev/null >"$tree/results/filler/$i" || break; done
[ "$i" -lt 1000 ] || fail "the disk did not fill up"
wait "$pid"
status=$?
[ "$status" -eq 1 ] || fail "exit status $status on a disk that filled up: $(cat "$TMPDIR/err")"
said "no space left on device"
rm -r "$tree/results/filler"
untouched
umount "$tree/results"

# No room to build in.
small_disk "$tree/images/cache" 8m
if [ -f /usr/src/linux-source-6.1.tar.xz ]; then
  expect 3 "$harness" build kernel
  said "$tree/images/cache"
  no_leftovers
fi
umount "$tree/images/cache"
