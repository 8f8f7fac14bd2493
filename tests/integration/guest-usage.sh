#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the user gives wrong of L2 and of L1: exit 2 (3 where the host lacks something), what is wrong and what to do, and nothing is written.
. tests/integration/functions.sh
new_tree "$TMPDIR/tree"
new_replay "$TMPDIR/replay"
before=$(listing "$tree")

refused() { # STATUS WORDS OPTION…
  expect "$1" "$harness" full-run --isa svm "${@:3}"
  said "$2"
}
refused 2 "--l2-initrd needs --l2-kernel" --l2-initrd /boot/initrd
refused 2 "--l2-cmdline needs --l2-kernel" --l2-cmdline quiet
refused 2 "--l2-ready needs" --l2-ready "login:"
refused 2 "--l2-seed needs --l2" --l2-seed none
refused 2 "--firmware needs --l2" --firmware uefi
refused 2 "--firmware is of no use with --l2-kernel" --l2 debian-12 --l2-kernel /boot/vmlinuz --firmware bios
refused 2 '--firmware is "coreboot"; try:' --l2 debian-12 --firmware coreboot
refused 2 '--l2-devices is "some"; try:' --l2-devices some
refused 2 "--l2-cpus is 9; try:" --l2-cpus 9
refused 2 "--l2-cpus is -1; try:" --l2-cpus=-1
refused 2 "--l2-memory is 5; try:" --l2-memory 5
refused 2 "--l2-kernel: $TMPDIR/none: there is no such file" --l2-kernel "$TMPDIR/none"
refused 2 "--l2-seed: $TMPDIR/none: there is no such file" --l2 debian-12 --l2-seed "$TMPDIR/none"
refused 2 'no distribution is called "minix"; try: debian-12' --l1 minix
refused 2 "debian-12" --l2 minix
echo "no disk" >"$TMPDIR/text"
refused 2 "$TMPDIR/text" --l2 "$TMPDIR/text"
expect 2 "$harness" full-run --isa vmx --accel emulated --l2-cpus 2
said "--isa svm"
expect 2 "$harness" full-run --isa vmx --accel emulated --l1 debian-12
said "Bochs"
refused 2 "L2 by UEFI" --l1 debian-12 --l2 debian-12 --firmware uefi

# Recorded labs are of the guest that they are of.
refused 2 "--replay" --l2 debian-12 --replay "$replay"
refused 2 "--replay" --l1 debian-12 --replay "$replay"

[ "$(listing "$tree")" = "$before" ] || fail "something was written: $(diff <(echo "$before") <(listing "$tree"))"
