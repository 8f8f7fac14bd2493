#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# harness shell: what the user gives wrong is told with exit code 2 before anything is built; what the host lacks has --exec's own code.
. tests/integration/functions.sh
new_tree "$TMPDIR/tree"
before=$(listing "$tree")

expect 2 "$harness" shell l3
said '"l3"'
expect 2 "$harness" shell l1 l2
said "--exec"
expect 2 "$harness" shell --isa arm
said '"arm"'
expect 2 "$harness" shell --accel warp
said '"warp"'
expect 2 "$harness" shell --lab configs/labs/svm.conf
said "--isa"
expect 2 "$harness" shell --isa vmx --lab configs/labs/svm.conf
said "svm"
expect 2 "$harness" shell --timeout 3
said "--exec"
expect 2 "$harness" shell --exec true --timeout -1
said "--timeout is -1"
expect 2 "$harness" shell --exec true --boot-timeout 1e9
said "--boot-timeout"
expect 2 "$harness" shell --jobs 0
said "--jobs is 0"
expect 2 "$harness" shell --series "$TMPDIR"
said "$TMPDIR/series"
expect 2 "$harness" shell l1 --l1 "$TMPDIR/no-such-disk" --exec true
said "$TMPDIR/no-such-disk"
expect 2 "$harness" shell l1 --gdb --isa vmx --accel emulated
said "--isa svm"
expect 2 "$harness" shell l1 --network --isa vmx --accel emulated
said "no network"

# A name is a distribution's, not a file's; Bochs boots none.
expect 2 "$harness" shell l1 --l1 debian-12 --isa vmx --accel emulated
said "--isa svm"
expect 2 "$harness" shell l2 --l1 debian-12 --isa vmx --accel emulated
said "--isa svm"
expect 2 "$harness" shell l1 --l1 debian-11 --exec true
said "debian-11"

# A disk that is none, or that would lead to other files.
expect 2 "$harness" shell l1 --l1 configs/README.md
said "configs/README.md"
said "qcow2"
qemu-img create -q -f qcow2 "$TMPDIR/base.qcow2" 1M
qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 "$TMPDIR/overlay.qcow2"
expect 2 "$harness" shell l1 --l1 "$TMPDIR/overlay.qcow2"
said "another file"
qemu-img create -q -f qcow2 -o "data_file=$TMPDIR/data.raw" "$TMPDIR/outside.qcow2" 1M
expect 2 "$harness" shell l1 --l1 "$TMPDIR/outside.qcow2"
said "another file"
expect 2 "$harness" shell l2 --l1 "$TMPDIR/base.qcow2"
said "what L2 would be"
expect 2 "$harness" shell l1 --l1 "$TMPDIR/base.qcow2" --isa vmx
said "--isa svm"

[ "$(listing "$tree")" = "$before" ] || fail "wrong usage left something in the tree"

# With --exec a failure of the harness is 125, so that it is not taken for the command's; without, it has its own code.
expect 125 "$harness" shell --source "$TMPDIR" --exec true
said "harness: "
expect 2 "$harness" shell --source "$TMPDIR"
no_leftovers
expect 0 "$harness" shell --help
printed "harness shell"
