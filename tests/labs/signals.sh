#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 600
# Ctrl-C and SIGKILL while a real machine runs: no emulator, no folder, no changed result is left.
. tests/labs/functions.sh
need_labs svm
new_tree "$TMPDIR/tree"
shared_cache
# Everything is built, so that what is interrupted is the machine.
expect 0 "$harness" build images

start() { # ISA
  "$harness" full-run --isa "$1" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null &
  pid=$!
  wait_for 30 "the emulator of $1" emulator_runs "$1"
}

emulator_runs() {
  kill -0 "$pid" 2>/dev/null || fail "the harness has ended: $(cat "$TMPDIR/err")"
  emulator=$(if [ "$1" = svm ]; then qemu_of "$pid"; else pgrep -P "$pid" bochs; fi)
}

for isa in svm vmx; do
  start "$isa"
  begin=$(now_ms)
  kill -INT "$pid"
  wait "$pid"
  status=$?
  took=$(($(now_ms) - begin))
  [ "$status" -eq 130 ] || fail "$isa: SIGINT: exit status $status: $(cat "$TMPDIR/err")"
  # It takes 0.2 s on an idle machine; what is looked for here is one that hangs.
  [ "$took" -le 8000 ] || fail "$isa: SIGINT: took $took ms"
  wait_for 1 "the end of the emulator of $isa" gone "$emulator"
  no_leftovers
  [ -z "$(ls -A "$tree/results")" ] || fail "$isa: SIGINT left results"

  start "$isa"
  kill -KILL "$pid"
  wait "$pid" 2>/dev/null
  expect 0 "$harness" doctor
  wait_for 2 "the end of the emulator of $isa" gone "$emulator"
  no_leftovers
done

# The emulator dies in mid-run, when L2 has begun: said so, and the run fails.
exits_there() { [ -n "$(find "$tree/results" -path '*/svm/l0-exits.log' -size +0)" ]; }
start svm
wait_for 60 "L2's first exit" exits_there
kill -KILL "$emulator"
wait "$pid"
status=$?
[ "$status" -eq 1 ] || fail "QEMU killed: exit status $status: $(cat "$TMPDIR/err")"
said "killed"
no_leftovers
[ "$(latest)" = none ] || fail "QEMU killed: results/latest points to $(latest)"
