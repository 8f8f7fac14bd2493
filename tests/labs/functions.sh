# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What tests of real labs share: the harness as users have it, trees of their own, one cache.
. tests/integration/functions.sh
harness=$root/build/harness

# need_labs LAB…: they can be run here, or the test ends.
need_labs() {
  local lab
  "$harness" doctor >"$TMPDIR/doctor" 2>&1 && return
  for lab; do
    lab_cannot "$lab" "$(grep -A1 '^MISSING' "$TMPDIR/doctor" | tr -s ' ')"
  done
}

# qemu_of PID: the QEMU that this harness started.
qemu_of() {
  pgrep -f "qemu-system-x86_64.*guest=harness-[a-z]*-$1-"
}

check_lab() { # RUN LAB: complete, all accounts agree
  [ "$(status_of "$1")" = complete ] || fail "$1: status $(status_of "$1")"
  ! grep -E ',fail$' "$1/$2/checks.csv" || fail "$2: checks fail"
  ! grep -E ',not-run$' "$1/$2/checks.csv" | grep -v '^trace-' || fail "$2: checks were not run"
  [ "$(grep -c ',ok$' "$1/$2/checks.csv")" -gt 50 ] || fail "$2: only $(grep -c ',ok$' "$1/$2/checks.csv") checks are ok"
}

same_lab() { # RUN OTHER LAB
  local one two
  one=$(of_lab "$1" "$3" fingerprint) two=$(of_lab "$2" "$3" fingerprint)
  [ -n "$one" ] || fail "$3: no fingerprint in $1"
  [ "$one" = "$two" ] && return
  for table in phases.csv reasons.csv timeline.csv; do
    diff -u "$1/$3/$table" "$2/$3/$table" | head -n 12
  done
  fail "$3: fingerprint $one in one run, $two in the other"
}
