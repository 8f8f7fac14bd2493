#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/run itself: what passes, fails, is skipped and hangs; the last line; an interruption; what a test is given.
# shellcheck disable=SC2016 # the tests made here expand what stands in single quotes
. tests/integration/functions.sh

make_test() { # NAME, text on standard input
  { echo '#!/bin/bash'; cat; } >"$TMPDIR/$1" && chmod +x "$TMPDIR/$1"
}
make_test passes <<<'[ -d "$TMPDIR" ] && [ -z "$(ls -A "$TMPDIR")" ] && [ -z "${SECRET:-}" ] && ! read -r line'
make_test fails <<<'echo "the reason"; exit 3'
make_test skips <<<'echo "not here"; exit 77'
make_test hangs <<<$'# deadline: 1\necho begun; exec sleep 1000'
make_test echoes <<<'[ "$1" = word ]'
make_test notes <<<"echo \$\$ >'$TMPDIR/pid'; exec sleep 1000"

last() {
  [ "$(tail -n 1 "$TMPDIR/out")" = "$1" ] || fail "last line is: $(tail -n 1 "$TMPDIR/out")"
}
run() { # STATUS TEST…
  expect "$1" env SECRET=yes tests/run -l "$TMPDIR/log" "${@:2}"
}

run 0 "$TMPDIR/passes" "$TMPDIR/echoes:word"
last "2 passed, 0 failed"
run 1 "$TMPDIR/passes" "$TMPDIR/fails" "$TMPDIR/skips"
last "1 passed, 1 failed, 1 skipped"
printed "the reason"
printed "status 3"
printed "not here"
# Side by side: sums, and what failed beside is shown.
run 1 "$TMPDIR/passes" + "$TMPDIR/fails" "$TMPDIR/skips"
last "1 passed, 1 failed, 1 skipped"
printed "the reason"
run 0 "$TMPDIR/passes" + "$TMPDIR/echoes:word"
last "2 passed, 0 failed"
run 1 "$TMPDIR/skips"
last "0 passed, 0 failed, 1 skipped"
run 1
last "0 passed, 0 failed"
run 1 "$TMPDIR/nowhere"
last "0 passed, 1 failed"
run 1 "$TMPDIR/hangs"
last "0 passed, 1 failed"
printed "deadline of 1 s"
printed "begun"

# Interrupted, it takes with it what runs, the tests beside too.
interrupt() { # TEST…
  rm -f "$TMPDIR/pid"
  tests/run -l "$TMPDIR/log" "$@" >"$TMPDIR/out" 2>&1 &
  runner=$!
  wait_for 5 "the test" test -s "$TMPDIR/pid"
  kill -TERM "$runner"
  wait "$runner"
  [ $? -eq 130 ] || fail "interrupted: not exit status 130"
  last "interrupted"
  wait_for 5 "the end of the test" gone "$(cat "$TMPDIR/pid")"
}
interrupt "$TMPDIR/notes"
make_test sleeps <<<'exec sleep 1000'
interrupt "$TMPDIR/sleeps" + "$TMPDIR/notes"
