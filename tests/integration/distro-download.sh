#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 300
# Disk images downloaded from a server that goes wrong in all ways. What it serves is no disk: that this is said means that the download
# was whole and verified, without an emulator.
if [ "${1:-}" != inside ]; then
  for how in "-m" "-Urm"; do
    unshare "$how" true 2>/dev/null && exec unshare "$how" "$0" inside
  done
  echo "no mount namespace to be had here"
  exit 77
fi
. tests/integration/functions.sh
new_tree "$TMPDIR/tree"
downloads=$tree/images/cache/downloads

seq 1000000 | head -c 3000000 >"$TMPDIR/image"
sum=sha256:$(sha256sum <"$TMPDIR/image" | cut -d' ' -f1)
/usr/bin/python3 tests/integration/server.py "$TMPDIR/image" "$TMPDIR/port" "$TMPDIR/log" &
server=$!
trap 'kill "$server" 2>/dev/null' EXIT
served() { [ -s "$TMPDIR/port" ]; }
wait_for 20 "the server" served
base=http://127.0.0.1:$(cat "$TMPDIR/port")

get() { # STATUS PATH [OPTION…]
  expect "$1" "$harness" build images --distro "$base/$2" "${@:3}"
  no_leftovers
}
whole() { said "this is no disk"; }
kept() { # BYTES
  [ "$(cat "$downloads"/*.part 2>/dev/null | wc -c)" -eq "$1" ] || fail "kept: $(ls -l "$downloads")"
}
asked() { # TEXT: the last request
  tail -n 1 "$TMPDIR/log" | grep -qF -- "$1" || fail "the last request was $(tail -n 1 "$TMPDIR/log"), not $1"
}

get 2 good --checksum "$sum"
whole
kept 0
get 2 moved --checksum "$sum"
whole
get 2 good
whole

# Cut short: said, kept, gone on with.
get 1 cut --checksum "$sum"
said "cut short after 1500000 bytes"
kept 1500000
get 2 cut --checksum "$sum"
whole
asked 'range=bytes=1500000- if-range="one"'
kept 0

# It never comes whole, but each time a little more of it.
get 1 cut-always
kept 1500000
get 1 cut-always
said "cut short after 1501000 bytes"
rm -r "$downloads"

# Not in ranges, or another file by now: from the beginning.
for bad in no-range changed; do
  get 1 "$bad" --checksum "$sum"
  kept 1500000
  get 2 "$bad" --checksum "$sum"
  said "from its beginning"
  whole
done

# Altered: refused, and not kept.
get 1 good --checksum "sha256:$(printf '0%.0s' $(seq 64))"
said "altered"
kept 0

get 1 missing
said "404"
get 1 loop
said "redirect"
get 1 large
said "more than"
kept 0
expect 3 "$harness" build images --distro http://127.0.0.1:1/image
said "cannot be reached"
expect 3 "$harness" build images --distro http://no-such-host.invalid/image
said "cannot be reached"

# Interrupted and killed, while nothing more comes: what was got is gone on with.
half() { [ "$(cat "$downloads"/*.part 2>/dev/null | wc -c)" -eq 1500000 ]; }
for signal in INT KILL; do
  "$harness" build images --distro "$base/slow-$signal" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null &
  pid=$!
  wait_for 20 "half of the image" half
  kill -"$signal" "$pid"
  wait "$pid"
  status=$?
  [ "$status" -eq "$([ "$signal" = INT ] && echo 130 || echo 137)" ] || fail "$signal: exit status $status: $(cat "$TMPDIR/err")"
  [ "$signal" = KILL ] || no_leftovers
  get 2 "slow-$signal"
  asked 'range=bytes=1500000-'
  whole
  kept 0
done

# Two at once share one download.
for i in 1 2; do
  "$harness" build images --distro "$base/good" --checksum "$sum" >"$TMPDIR/out$i" 2>"$TMPDIR/err$i" </dev/null &
  pids[i]=$!
done
for i in 1 2; do
  wait "${pids[i]}"
  grep -qF "this is no disk" "$TMPDIR/err$i" || fail "two at once: $(cat "$TMPDIR/err$i")"
done
no_leftovers

# By a distribution's config: what is published decides.
conf() { # NAME URL SUMS
  cat >"$tree/configs/distributions/$1.conf" <<EOF
[distribution]
title = Test
[packages]
suite = test
sources = deb http://127.0.0.1:1/debian test main
keyring = /usr/share/keyrings/debian-archive-keyring.gpg
include = dpkg
cmdline = console=ttyS0
disk_mib = 1024
[download]
url = $2
sums_url = $3
sums = sha256
EOF
}
conf test-good "$base/good" "$base/sums/SHA256SUMS"
expect 2 "$harness" build images --distro test-good
whole
conf test-bad "$base/good" "$base/bad-sums/SHA256SUMS"
expect 1 "$harness" build images --distro test-bad
said "altered"
conf test-unlisted "$base/moved" "$base/sums/SHA256SUMS"
expect 1 "$harness" build images --distro test-unlisted
said "moved has no checksum there"

# Nobody there: said once, then packages, whose mirror is not there either; unless only the download is wanted.
conf test-away http://127.0.0.1:1/image http://127.0.0.1:1/SHA256SUMS
expect 3 "$harness" build images --distro test-away
[ "$(grep -c "made of packages instead" "$TMPDIR/err")" -eq 1 ] || fail "not said once: $(cat "$TMPDIR/err")"
said "the mirror of its packages"
expect 3 "$harness" build images --distro test-away --from download
! grep -F "made of packages" "$TMPDIR/err" || fail "packages were not wanted"
said "--from packages"
no_leftovers

# No space: known before, and found out on the way.
mount -t tmpfs -o size=2m tmpfs "$tree/images/cache" || skip "a tmpfs cannot be mounted here"
get 3 good
said "the download"
get 1 endless
said "o space left"
umount "$tree/images/cache"

# Bad usage.
expect 2 "$harness" build images --distro debian-99
said "try: one of debian-12, debian-13"
expect 2 "$harness" build images --distro debian-12 --from nowhere
expect 2 "$harness" build images --from packages
expect 2 "$harness" build kernel --distro debian-12
expect 2 "$harness" build images --distro "$base/good" --checksum md5:00
expect 2 "$harness" build images --distro debian-12 --checksum "$sum"
expect 2 "$harness" build images --distro ftp://127.0.0.1/image
