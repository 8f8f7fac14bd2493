#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 2400
# KVM's modules are built in the sandbox: exactly, and without harm. A fresh clone's grading kernel and its kit are built here.
. tests/integration/functions.sh

"$BUILD/tests/labs/build-modules"
status=$?
[ "$status" -ne 77 ] || [ -z "${HARNESS_MUST_WORK:-}" ] || fail "the sandbox must work here"
exit "$status"
