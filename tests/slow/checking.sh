#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 600
# A checking run counts by KVM's tracepoint too: a third account, and it agrees.
. tests/labs/functions.sh
need_labs svm
new_tree "$TMPDIR/tree"
shared_cache
expect 0 "$harness" full-run --isa svm --checking
run=$tree/results/latest
check_lab "$run" svm
grep '^trace-' "$run/svm/checks.csv"
[ "$(grep -c '^trace-.*,ok$' "$run/svm/checks.csv")" -ge 5 ] || fail "too few tracepoint counts were compared"
! grep '^trace-' "$run/svm/checks.csv" | grep -v ',ok$' || fail "a tracepoint count is not ok"
