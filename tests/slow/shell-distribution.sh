#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 1800
# harness shell with Debian 12 as L1: KVM is loaded with the lab's parameters, the tools are there, the network is there if wanted; commands in L2
# through libvirt; consoles of both at a terminal; the cached disks are never written, nothing is left behind.
# shellcheck disable=SC2016 # what is quoted is expanded in the guest
. tests/labs/functions.sh
need_labs svm
new_tree "$TMPDIR/tree"
shared_cache
disks() { stat -c '%n %Y %s %i' "$root"/images/cache/distro-*/disk.qcow2; }
shell() { "$harness" shell "$1" --isa svm --l1 debian-12 -q "${@:2}"; }

expect 5 shell l1 --network --exec '
  grep -qx Y /sys/module/kvm_amd/parameters/npt && grep -q tcg_event_injection /etc/modprobe.d/harness-kvm.conf && virsh -q list --all || exit 1
  for tool in cpuid perf trace-cmd virt-install gcc make; do command -v $tool >/dev/null || echo "no $tool"; done
  [ -w /dev/vdb ] && dd if=/dev/zero of=/dev/vdb bs=512 count=1 2>/dev/null && echo "L2'"'"'s disk was written"
  systemctl is-system-running --wait
  for i in $(seq 60); do ip -4 -o addr show scope global | grep -o "10\.0\.2\.[0-9]*/" && break; sleep 1; done
  ip route | grep -o "default via 10.0.2.2"
  exit 5'
printed running
printed "10.0.2.15/"
printed "default via 10.0.2.2"
[ "$(wc -l <"$TMPDIR/out")" -eq 3 ] || fail "in L1: $(cat "$TMPDIR/out")"
before=$(disks)

# In L2, by way of L1's libvirt: output, errors, input, exit code.
shell l2 --exec 'cat; hostname >&2; cpuid -1 -l 0x4FFFFFFD -s 200; exit 9' <<<input >"$TMPDIR/out" 2>"$TMPDIR/err"
[ $? -eq 9 ] || fail "in L2: $(cat "$TMPDIR/out" "$TMPDIR/err")"
printed input
printed "edx=0xffffffff"
said l2

# At a terminal: L1's console and L2's; both end in an ordered way.
person() { python3 tests/labs/shell-console.py "$@" >"$TMPDIR/console" 2>&1; }
person 'expect:root@l1:~#' 'type:virsh -q list --all; echo $((6*7))\r' expect:42 'type:poweroff\r' -- "$harness" shell l1 --isa svm --l1 debian-12 || fail "L1: $?: $(cat "$TMPDIR/console")"
grep -q "L1 has powered off" "$TMPDIR/console" || fail "L1: $(cat "$TMPDIR/console")"
person 'expect:root@l2:~#' 'type:poweroff\r' -- "$harness" shell l2 --isa svm --l1 debian-12 || fail "L2: $?: $(cat "$TMPDIR/console")"
grep -q "L1 has powered off" "$TMPDIR/console" || fail "L2: $(cat "$TMPDIR/console")"

[ "$(disks)" = "$before" ] || fail "a cached disk was written"
[ -z "$(ls -A "$tree/results")" ] || fail "left behind: $(find "$tree/results")"
no_leftovers
