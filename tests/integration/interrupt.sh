#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Interrupted and killed commands: SIGINT and SIGTERM end within about a second with 130 and leave nothing; what SIGKILL
# leaves, the next command removes.
. tests/integration/functions.sh
new_tree "$TMPDIR/tree"
new_replay "$TMPDIR/replay"
expect 0 "$harness" full-run --replay "$replay"
good=$(latest)
before=$(listing "$tree/results")
echo hang >"$replay/vmx/fault"

records_there() {
  [ -n "$(find "$tree/results" -path '*/.tmp-run-*/vmx/l1-console.log' 2>/dev/null)" ]
}

start_hanging() {
  "$harness" full-run --replay "$replay" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null &
  pid=$!
  wait_for 60 "the hanging machine" records_there
  [ "$(ps -o comm= -p "$pid")" = harness ] || fail "ps calls it $(ps -o comm= -p "$pid")"
}

for signal in INT TERM HUP; do
  start_hanging
  begin=$(now_ms)
  kill -"$signal" "$pid"
  wait "$pid"
  status=$?
  took=$(($(now_ms) - begin))
  [ "$status" -eq 130 ] || fail "SIG$signal: exit status $status: $(cat "$TMPDIR/err")"
  [ "$took" -le 8000 ] || fail "SIG$signal: took $took ms"
  said "interrupted"
  no_leftovers
  [ "$(listing "$tree/results")" = "$before" ] || fail "SIG$signal: the results were changed"
done

start_hanging
kill -KILL "$pid"
wait "$pid"
[ -n "$(leftovers)" ] || fail "SIGKILL left nothing: this test shows nothing"
expect 0 "$harness" fingerprint
said "removed 1 unfinished folder"
no_leftovers
[ "$(listing "$tree/results")" = "$before" ] || fail "SIGKILL: the results were changed"

# The folder of a command that lives is not swept.
start_hanging
expect 0 "$harness" fingerprint
records_there || fail "a living command's folder was removed"
kill -INT "$pid"
wait "$pid"
no_leftovers

# Two at once, begun in the same second, each with a folder of its own.
rm "$replay/vmx/fault"
"$harness" full-run -q --replay "$replay" >"$TMPDIR/one" 2>&1 &
one=$!
"$harness" full-run -q --replay "$replay" >"$TMPDIR/two" 2>&1 &
two=$!
wait "$one" || fail "one of two: $(cat "$TMPDIR/one")"
wait "$two" || fail "the other of two: $(cat "$TMPDIR/two")"
cmp <(grep fingerprint "$TMPDIR/one") <(grep fingerprint "$TMPDIR/two") || fail "two at once differ"
! cmp -s <(grep Answers "$TMPDIR/one") <(grep Answers "$TMPDIR/two") || fail "two at once have the same folder"
[ "$(find "$tree/results" -mindepth 1 -maxdepth 1 -type d | wc -l)" -eq 3 ] || fail "not three runs in results/"
[ "$(latest)" != "$good" ] || fail "results/latest was not moved on"
no_leftovers
