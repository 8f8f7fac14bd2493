#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 2400
# KVM's modules are built in the sandbox: exactly, and without harm. A fresh clone's grading kernel and its kit are built here.
# Then what a hostile one finds out under the rules of a container without privileges, where the other kind of sandbox is to be found. Whole gradings
# there: unprivileged.sh; that both kinds make the same bits is among the first.
. tests/integration/functions.sh

"$BUILD/tests/labs/build-modules"
status=$?
[ "$status" -ne 77 ] || [ -z "${HARNESS_MUST_WORK:-}" ] || fail "the sandbox must work here"
[ "$status" -eq 0 ] || exit "$status"
[ "$(id -u)" -eq 0 ] || exit 0 # who is not root has no privileges to give up
"$BUILD/tests/unprivileged" "$BUILD/tests/labs/build-modules" test_hostile_probes >"$TMPDIR/out"
status=$?
cat "$TMPDIR/out"
[ "$status" -eq 0 ] || fail "without privileges: exit status $status"
grep -q '^in landlock' "$TMPDIR/out" || fail "without privileges: another sandbox than landlock was found"
