#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The same fingerprint from another folder, by another user, with another locale and time zone; read-only analysis without an emulator.
. tests/integration/functions.sh
new_tree "$TMPDIR/tree"
new_replay "$TMPDIR/replay"
expect 0 "$harness" full-run --replay "$replay"
expect 0 "$harness" fingerprint
cp "$TMPDIR/out" "$TMPDIR/here"

same() {
  expect 0 "$harness" fingerprint
  cmp "$TMPDIR/here" "$TMPDIR/out" || fail "$1: another fingerprint"
}

# A folder with a space and more in its name; started from somewhere else; by a link.
new_tree "$TMPDIR/an other tree, \$HOME"
ln -s "$harness" "$TMPDIR/link"
cd "$TMPDIR" || fail "cd"
expect 0 ./link full-run --replay replay
same "another folder"
cd "$root" || fail "cd"

expect 0 env TZ=Asia/Kathmandu LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8 "$harness" full-run --replay "$replay"
same "another locale and time zone"

# Without QEMU, Bochs and the rest: records are all that is needed.
expect 0 env PATH=/nonexistent "$harness" full-run --replay "$replay"
same "no emulator in PATH"

if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
  chmod 755 "$TMPDIR" "$(dirname "$TMPDIR")"
  chown -R nobody: "$tree"
  if setpriv --reuid=nobody --regid=nogroup --clear-groups test -r "$harness" -a -r "$replay/vmx/records.bin"; then
    expect 0 setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$TMPDIR" "$harness" full-run --replay "$replay"
    expect 0 "$harness" fingerprint
    cmp "$TMPDIR/here" "$TMPDIR/out" || fail "another user: another fingerprint"
  fi
fi
