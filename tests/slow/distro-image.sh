#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 2400
# Debian 12's disk is made of packages, found again at once and offline. The same disk as a file of the user's is taken, and what does not boot is
# refused. Interrupted or killed, nothing is left behind. (That it boots: distribution.sh.)
. tests/labs/functions.sh
new_tree "$TMPDIR/tree"
shared_cache

# Of this host's apt: it is what the disk is made from, where this is a Debian.
deb_mirror() { curl -sfI --max-time 20 "$(apt-get update --print-uris | sed -n "s,^'\(.*-updates/InRelease\)' .*,\1,p" | head -n 1)" >/dev/null; }
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

# Again: without a network, at once.
begin=$(now_ms)
offline=()
unshare -n true 2>/dev/null && offline=(unshare -n)
expect 0 "${offline[@]}" "$harness" build images --distro debian-12
printed "(cached)"
[ $(($(now_ms) - begin)) -lt 10000 ] || fail "a second build takes $(($(now_ms) - begin)) ms"

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
begun() { grep -qF "packages (mmdebstrap)" "$TMPDIR/err"; }
under_way() { begun && [ "$(du -sm "$tree/images/cache" | cut -f1)" -gt 50 ]; } # packages lie there by now
break_at() { # SIGNAL WHEN
  "$harness" build images --distro debian-12 --from packages >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null &
  pid=$!
  wait_for 300 "$2" "$2"
  kill -"$1" "$pid"
  wait "$pid"
  status=$?
  [ "$status" -eq "$([ "$1" = INT ] && echo 130 || echo 137)" ] || fail "SIG$1, $2: exit status $status: $(cat "$TMPDIR/err")"
  [ "$1" = INT ] || expect 0 "$harness" list
  no_leftovers
}
break_at INT begun
break_at KILL under_way
