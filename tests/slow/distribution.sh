#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 2400
# Debian 12 as L2 of the svm lab, by its own boot loader: every phase of the boot, units that add up, all accounts agree; once more with a
# processor kept busy, from the same disk given as a file: the same fingerprint, and the file as it was. The panic of a kernel of the
# user's is told as such.
. tests/labs/functions.sh
need_labs svm
new_tree "$TMPDIR/tree"
shared_cache

full_run() { # OPTION…
  "$harness" full-run --isa svm "$@" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null
}

# Each exit is of one phase, and of one phase alone; each exit from systemd to ready is shared out among the units.
adds_up() { # RUN
  local exits shared
  exits=$(awk -F, 'NR > 1 { n += $5 } END { print n }' "$1/svm/phases.csv")
  [ "$exits" -eq "$(tail -n 1 "$1/svm/timeline.csv" | cut -d, -f3)" ] || fail "the phases have $exits exits"
  exits=$(awk -F, '/^(systemd|cloud-init|login),/ { n += $5 } END { print n }' "$1/svm/phases.csv")
  shared=$(awk -F, 'NR > 1 { n += $7 } END { printf "%.0f", n }' "$1/svm/units.csv")
  if [ "$shared" -gt "$exits" ] || [ "$shared" -lt $((exits * 9 / 10)) ]; then fail "of $exits exits from systemd on units have $shared"; fi
}

full_run --l2 debian-12 || fail "full-run: $(cat "$TMPDIR/out" "$TMPDIR/err")"
first=$(readlink -f "$tree/results/latest")
[ "$(status_of "$first")" = complete ] || fail "status $(status_of "$first")"
[ "$(cut -d, -f1 "$first/svm/phases.csv" | paste -sd' ')" = "phase firmware grub kernel initramfs systemd cloud-init login report shutdown" ] ||
  fail "phases: $(cut -d, -f1 "$first/svm/phases.csv" | paste -sd' ')"
[ "$(cut -d, -f3 "$first/svm/reasons.csv" | sort -u | paste -sd' ')" = "all boot cloud-init login window" ] || fail "windows of reasons.csv"
! grep -E ',(fail|surprise)$' "$first/svm/checks.csv" || fail "checks"
grep -q '^l0-sequence' "$first/svm/checks.csv" || fail "L0's log was not compared"
grep -q '^cloud-final.service,' "$first/svm/units.csv" || fail "cloud-init's last stage is no unit"
adds_up "$first"
no_leftovers

# The same bits under another name, with a processor kept busy.
wanted=$(of_lab "$first" svm l2_disk_sha256)
for disk in images/cache/distro-*/disk.qcow2; do
  [ "$(jq -r .sha256 "${disk%/*}/about.json")" != "$wanted" ] || cp "$disk" "$TMPDIR/mine.qcow2" || fail "no room for a copy of the disk"
done
[ -s "$TMPDIR/mine.qcow2" ] || fail "the disk that L2 booted is not in the cache"
stamp="$(stat -c '%Y %s %i' "$TMPDIR/mine.qcow2") $(sha256sum <"$TMPDIR/mine.qcow2")"
while :; do :; done &
busy=$!
trap 'kill "$busy" 2>/dev/null' EXIT
full_run --l2 "$TMPDIR/mine.qcow2" || fail "full-run: $(cat "$TMPDIR/out" "$TMPDIR/err")"
kill "$busy"
trap - EXIT
same_lab "$first" "$(readlink -f "$tree/results/latest")" svm
[ "$(stat -c '%Y %s %i' "$TMPDIR/mine.qcow2") $(sha256sum <"$TMPDIR/mine.qcow2")" = "$stamp" ] || fail "the user's disk was changed"

# A kernel alone, which finds no root: its panic is told.
kernels=(images/cache/kernel-*/bzImage)
full_run --l2-kernel "${kernels[0]}" --l2-cmdline "console=ttyS0 quiet panic=-1" && fail "a kernel without a root became ready"
said "l2-panic"
said "VFS: Unable to mount root"
no_leftovers
