#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the host lacks: exit 3, and what to do. And doctor, which knows it beforehand.
. tests/integration/functions.sh
new_tree "$TMPDIR/tree"

# doctor, as text and as JSON, agree with each other and with the exit status.
"$harness" doctor >"$TMPDIR/table" 2>"$TMPDIR/err" </dev/null
status=$?
[ "$status" -eq 0 ] || [ "$status" -eq 3 ] || fail "doctor: exit status $status"
[ "$status" -eq 3 ] && [ "$(grep -c '^MISSING' "$TMPDIR/table")" -eq 0 ] && fail "doctor: exit 3, and nothing is missing"
expect "$status" "$harness" doctor --json
printed "\"ready\" : $([ "$status" -eq 0 ] && echo true || echo false)"
for item in "hardware vmx" "hardware svm" QEMU Bochs packages libguestfs sandbox memory disk "lab vmx" "lab svm"; do
  grep -q " $item " "$TMPDIR/table" || fail "doctor: nothing of $item"
  printed "\"item\" : \"$item\""
done

# Hardware is asked for and cannot be used: why stands there.
for isa in vmx svm; do
  if grep -q "^no .*hardware $isa " "$TMPDIR/table"; then
    expect 3 "$harness" full-run --isa "$isa" --accel kvm
    said "hardware cannot be used"
    said "--accel emulated"
  fi
done

# Without a program: doctor says which package, and full-run does not begin.
mkdir "$TMPDIR/bin"
for program in dpkg-query env; do ln -s "$(command -v "$program")" "$TMPDIR/bin/$program"; done
expect 3 env PATH="$TMPDIR/bin" "$harness" doctor
printed "MISSING"

# A package list that names what no one has.
echo no-such-package-anywhere >>"$tree/configs/packages/debian-12.list"
if command -v dpkg-query >/dev/null; then
  expect 3 "$harness" doctor
  printed "missing: no-such-package-anywhere"
fi
printf 'two words on a line!\n' >"$tree/configs/packages/debian-12.list"
expect 3 "$harness" doctor
printed "debian-12.list:1:"
