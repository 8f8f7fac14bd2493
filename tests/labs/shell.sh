#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 1200
# harness shell on a real machine: commands in L1 and L2, the console at a terminal, gdb at a function of KVM; nothing is left behind.
# shellcheck disable=SC2016 # what is quoted is expanded in the guest
. tests/labs/functions.sh
need_labs svm
new_tree "$TMPDIR/tree"
shared_cache

# A shell's folder, with its sockets and layers, is in results/. (The cache may be in use by others.)
nothing_left() {
  [ -z "$(ls -A "$tree/results")" ] || fail "left behind: $(find "$tree/results")"
  ! pgrep -f "qemu-system-x86_64.*$tree" || fail "a QEMU is left"
}

# A command: its output, its errors, its exit code, its arguments and input.
expect 7 "$harness" shell l1 -q --exec 'echo out; echo "$1|$2" >&2; exit 7' -- 'a b' '*"$'
[ "$(cat "$TMPDIR/out")" = out ] || fail "output: $(cat "$TMPDIR/out")"
[ "$(cat "$TMPDIR/err")" = 'a b|*"$' ] || fail "errors: $(cat "$TMPDIR/err")"
head -c 300000 /dev/urandom >"$TMPDIR/bytes"
"$harness" shell l1 -q --exec 'cat; grep -c kvm_amd /proc/modules >&2' <"$TMPDIR/bytes" >"$TMPDIR/back" 2>"$TMPDIR/err" || fail "cat: $(cat "$TMPDIR/err")"
cmp "$TMPDIR/bytes" "$TMPDIR/back" || fail "input and output differ"
[ "$(cat "$TMPDIR/err")" -ge 1 ] || fail "kvm_amd is not loaded in L1"

# In L2, through L1. Its CPU is L1's by -cpu host, and the patched KVM answers its leaf.
expect 3 "$harness" shell l2 -q --exec 'cat /proc/cmdline; exit 3'
printed "lab.totals="

# The command that does not end, the one that kills itself, the machine that goes: told apart.
expect 124 "$harness" shell l1 -q --timeout 1 --exec 'sleep 1000'
said "--timeout"
expect 137 "$harness" shell l1 -q --exec 'kill -9 $$'
expect 125 "$harness" shell l1 -q --exec 'poweroff -f; sleep 100'
said "poweroff"
expect 125 "$harness" shell l1 -q --exec 'echo c >/proc/sysrq-trigger; kill -9 1; reboot -f; sleep 100'
nothing_left

# At a terminal.
person() { python3 tests/labs/shell-console.py "$@" >"$TMPDIR/console" 2>&1; }
person 'expect:L1# ' 'type:echo $((6*7))\n' expect:42 'type:poweroff\n' -- "$harness" shell l1 || fail "poweroff: $?: $(cat "$TMPDIR/console")"
grep -q "L1 has powered off" "$TMPDIR/console" || fail "poweroff: $(cat "$TMPDIR/console")"
person 'expect:L1# ' 'type:\x1d' -- "$harness" shell l1 || fail "detached: $?: $(cat "$TMPDIR/console")"
grep -q "L1 has powered off" "$TMPDIR/console" || fail "detached: $(cat "$TMPDIR/console")"
person 'expect:L2# ' 'type:cat /proc/cmdline\n' expect:lab.totals 'type:exit\n' -- "$harness" shell l2 || fail "L2: $?: $(cat "$TMPDIR/console")"
person 'expect:L1# ' kill:15 -- "$harness" shell l1
[ $? -eq 130 ] || fail "SIGTERM: $(cat "$TMPDIR/console")"
person 'expect:L1# ' kill:9 -- "$harness" shell l1
[ $? -eq 137 ] || fail "SIGKILL: $(cat "$TMPDIR/console")"
expect 0 "$harness" list
nothing_left

# gdb: stops at the first instruction, at a function of the kernel's, at one of KVM's, whose symbols came from L1; then the command goes on.
command -v gdb >/dev/null || skip "gdb is not installed: the rest was not tried"
"$harness" shell l1 --gdb-wait --exec 'read line; timeout 20 /init --l2 </dev/null >/dev/null 2>&1; echo went on' < <(sleep 15; echo) >"$TMPDIR/out" 2>"$TMPDIR/err" &
pid=$!
attach_known() { script=$(sed -n 's/.*gdb -x //p' "$TMPDIR/err"); [ -n "$script" ] && [ -S "${script%/*}/gdb" ]; }
wait_for 60 "gdb's socket" attach_known
timeout 60 gdb -batch -nx -x "$script" -ex 'x/i $pc' -ex 'hbreak start_kernel' -ex continue -ex 'info symbol $pc' -ex delete -ex detach >"$TMPDIR/gdb" 2>&1
grep -q '^start_kernel' "$TMPDIR/gdb" || fail "gdb at start_kernel: $(cat "$TMPDIR/gdb")"
modules_known() { [ -s "${script%/*}/modules.gdb" ]; }
wait_for 60 "the modules' addresses" modules_known
timeout 60 gdb -batch -nx -x "$script" -ex lab-modules -ex 'break kvm_arch_vcpu_ioctl_run' -ex continue -ex bt -ex delete -ex detach >"$TMPDIR/gdb" 2>&1
grep -q 'Breakpoint 1, .*kvm_arch_vcpu_ioctl_run' "$TMPDIR/gdb" || fail "gdb in KVM: $(cat "$TMPDIR/gdb")"
grep -q '#1 .*kvm_vcpu_ioctl' "$TMPDIR/gdb" || fail "gdb's backtrace: $(cat "$TMPDIR/gdb")"
wait "$pid" || fail "after gdb: $?: $(cat "$TMPDIR/err")"
printed "went on"
nothing_left
