#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 2400
# Debian 12's disk is made of packages, found again at once and offline, boots by its own boot loader to the login prompt and to cloud-init's
# end, tells of its boot and powers off; the disk stays as it was. The same disk as a file of the user's is taken, and what does not boot is
# refused. Interrupted or killed, nothing is left behind.
. tests/labs/functions.sh
new_tree "$TMPDIR/tree"
shared_cache

deb_mirror() { curl -sfI --max-time 20 http://deb.debian.org/debian/dists/bookworm/InRelease >/dev/null; }
if ! ls images/cache/distro-*/about.json >/dev/null 2>&1; then deb_mirror || skip "no mirror can be reached, and no disk is in the cache"; fi

disk_of() { # NAME
  sed -n "s/^$1[^:]*: \(.*\) (.*/\1/p" "$TMPDIR/out"
}

expect 0 "$harness" build images --distro debian-12 --from packages
disk=$(disk_of debian-12)
[ -s "$disk" ] || fail "no disk: $(cat "$TMPDIR/out")"
about=${disk%/*}/about.json
[ "$(jq -r .sha256 "$about")" = "$(sha256sum <"$disk" | cut -d' ' -f1)" ] || fail "about.json has another sha256"
[ "$(jq '.packages | has("cloud-init") and has("grub-pc") and has("cpuid")' "$about")" = true ] || fail "packages are missing"
jq -r '.kernel' "$about" | grep -q '^vmlinuz-' || fail "no kernel"
[ "$(qemu-img info --output=json "$disk" | jq -r '."backing-filename" // "none"')" = none ] || fail "it has a backing file"
before=$(sha256sum <"$disk")

# Again: without a network, at once.
begin=$(now_ms)
offline=()
unshare -n true 2>/dev/null && offline=(unshare -n)
expect 0 "${offline[@]}" "$harness" build images --distro debian-12
printed "(cached)"
[ $(($(now_ms) - begin)) -lt 10000 ] || fail "a second build takes $(($(now_ms) - begin)) ms"

# A machine boots it. Nothing but the firmware knows what is on the disk.
boot() { # NAME OPTION…
  mkdir -p "$TMPDIR/$1"
  timeout 900 qemu-system-x86_64 -accel tcg -m 512 -machine pc -nodefaults -display none -no-reboot \
    -drive "file=$disk,snapshot=on,if=virtio" -drive "file=$seed,if=virtio,format=raw,readonly=on" \
    -serial "file:$TMPDIR/$1/console" -serial "file:$TMPDIR/$1/report" "${@:2}" </dev/null || fail "$1: QEMU ended with $?"
  tr -d '\r' <"$TMPDIR/$1/report" >"$TMPDIR/$1/lines"
  [ "$(head -n 1 "$TMPDIR/$1/lines")" = "harness-boot 1" ] || fail "$1: no report: $(tail -n 20 "$TMPDIR/$1/console")"
  [ "$(tail -n 1 "$TMPDIR/$1/lines")" = end ] || fail "$1: the report has no end"
  grep -qx "cloud-init done" "$TMPDIR/$1/lines" || fail "$1: $(grep -E '^(cloud-init|failed)' "$TMPDIR/$1/lines")"
  ! grep '^failed' "$TMPDIR/$1/lines" || fail "$1: units failed"
  [ "$(grep -c '^clock [0-9]* [0-9]*$' "$TMPDIR/$1/lines")" -eq 4 ] || fail "$1: clock lines"
  grep -q '^unit cloud-final.service [1-9][0-9]* [1-9]' "$TMPDIR/$1/lines" || fail "$1: cloud-init's last stage is not told"
  grep -q '^systemd FinishTimestampMonotonic [1-9]' "$TMPDIR/$1/lines" || fail "$1: the end of the boot is not told"
  ! LC_ALL=C grep -nE '.{512}' "$TMPDIR/$1/lines" || fail "$1: a long line"
  grep -aq 'debian-12 login:' "$TMPDIR/$1/console" || fail "$1: no login prompt"
}
seed=$("$root/build/tests/labs/make-seed" "$TMPDIR/seeds" debian-12) || fail "no seed"
boot bios
! grep -aq 'no clock marks' "$TMPDIR/bios/console" || fail "no clock marks"
[ "$(sha256sum <"$disk")" = "$before" ] || fail "a run has changed the disk"

# Without a second serial port there is nobody to tell: it does not power off either.
timeout 400 qemu-system-x86_64 -accel tcg -m 512 -machine pc -nodefaults -display none -drive "file=$disk,snapshot=on,if=virtio" \
  -drive "file=$seed,if=virtio,format=raw,readonly=on" -serial "file:$TMPDIR/silent" </dev/null &
pid=$!
told() { grep -aq "harness: no report of this boot" "$TMPDIR/silent" 2>/dev/null; }
wait_for 390 "that there is no port" told
kill "$pid"

# As a file: taken as it is, and not written.
cp "$disk" "$TMPDIR/mine.qcow2"
stamp=$(stat -c '%Y %s %i' "$TMPDIR/mine.qcow2")
expect 0 "$harness" build images --distro "$TMPDIR/mine.qcow2"
printed "the file mine.qcow2"
[ "$(stat -c '%Y %s %i' "$TMPDIR/mine.qcow2")" = "$stamp" ] || fail "the user's file was changed"
rm -r "$(dirname "$(disk_of mine)")" "$TMPDIR/mine.qcow2"

# A disk with a partition and nothing in it.
/usr/bin/python3 -c "
import sys
sector = bytearray(512)
sector[446:462] = bytes([0x80, 0, 2, 0, 0x83, 0, 0, 0]) + (2048).to_bytes(4, 'little') + (2048).to_bytes(4, 'little')
sector[510:] = b'\x55\xaa'
open(sys.argv[1], 'wb').write(bytes(sector) + bytes((2 << 20) - 512))" "$TMPDIR/empty.raw"
expect 2 "$harness" build images --distro "$TMPDIR/empty.raw"
said "no operating system"
no_leftovers

# Interrupted and killed where time is spent, in a cache of its own.
deb_mirror || exit 0
new_tree "$TMPDIR/broken"
at() { grep -qF "$1" "$TMPDIR/err"; }
break_at() { # SIGNAL TEXT
  "$harness" build images --distro debian-12 --from packages >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null &
  pid=$!
  wait_for 600 "$2" at "$2"
  kill -"$1" "$pid"
  wait "$pid"
  status=$?
  [ "$status" -eq "$([ "$1" = INT ] && echo 130 || echo 137)" ] || fail "$2: exit status $status: $(cat "$TMPDIR/err")"
  [ "$1" = INT ] || expect 0 "$harness" list
  no_leftovers
}
break_at INT "packages (mmdebstrap)"
break_at KILL "installing remaining"
break_at INT "files onto the disk"
