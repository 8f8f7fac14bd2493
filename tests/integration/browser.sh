#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 300
# report.html in Chromium: its numbers are the CSV files', it zooms, points at single exits, prints, and does without JavaScript.
# An argument is a run's folder with report.html in it; without, the recorded labs are replayed. browser.py does the work.
. tests/integration/functions.sh

for program in chromedriver chromium python3; do
  command -v "$program" >/dev/null || skip "$program is not installed"
done

if [ $# -gt 0 ]; then
  run=$1
else
  new_tree "$TMPDIR/tree"
  new_replay "$TMPDIR/replay"
  expect 0 "$harness" full-run --replay "$replay"
  run=$tree/results/latest
fi
[ -s "$run/report.html" ] || fail "$run/report.html: not there, or empty"

# A page of hostile strings is what the unit test leaves behind.
hostile=$BUILD/tests/html/hostile.html
"$BUILD/tests/unit/test-html" >"$TMPDIR/unit" 2>&1 || { cat "$TMPDIR/unit" >&2; fail "test-html fails"; }
[ -s "$hostile" ] || fail "$hostile: not there, or empty"

tests/integration/browser.py "$run" "$hostile" || fail "see above"
