#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# harness grade: what a user can get wrong is told at once, with what to do, and nothing is written.
. tests/integration/functions.sh
new_tree "$TMPDIR/tree"
cd "$TMPDIR" || exit 1
: >a.patch

wrong() { # TEXT ARGUMENTS…
  expect 2 "$harness" grade "${@:2}"
  said "$1"
  [ "$(grep -c '^harness: ' "$TMPDIR/err")" -eq 1 ] || fail "not one error"
}

wrong "grade wants submissions"
wrong "nothing.zip: there is no such file" nothing.zip
wrong "--jobs is 0" --jobs 0 a.patch
wrong "--isa is \"arm\"" --isa arm a.patch
wrong "configs/rubrics/a9.conf" --assignment a9 a.patch
wrong "configs/rubrics/../labs/vmx.conf" --assignment ../labs/vmx a.patch
wrong "--leaf-map is \"Z\"" --leaf-map Z a.patch
wrong "--format has \"pdf\"" --format pdf a.patch
wrong "is for one submission" --format gradescope a.patch a.patch
wrong "two rubrics" --assignment a2 --rubric "$tree/configs/rubrics/a3.conf" a.patch

# A rubric's mistakes have a file and a line.
rubric() { # TEXT SED
  sed "$2" "$tree/configs/rubrics/a3.conf" >r.conf
  wrong "$1" --rubric r.conf a.patch
  said "r.conf:"
}
rubric "no row" 's/^optional = .*/optional = beauty/'
rubric "isa is" 's/^isa = .*/isa = mips/'
rubric "fastpath is" 's/^fastpath = .*/fastpath = maybe/'
rubric "allowed has" 's/^allowed = .*/allowed = ..\/..\/etc/'
rubric "again_vmx is" 's/^again_vmx =.*/again_vmx = ept=0;init=x/'
rubric "again_svm is" "s/^again_svm =.*/again_svm = $(printf 'n%.0s' {1..170})/"
rubric "sums" 's/^sums = .*/sums = many/'
rubric "vmx is" 's/^vmx = .*/vmx = 7-3/'
rubric "no row has any points" '/^\[points\]/,/^\[limits\]/s/^\([a-z-]*\) = .*/\1 = 0/'
wrong "beautiful" --rubric <(sed 's/^cost = .*/&\nbeautiful = 1/' "$tree/configs/rubrics/a3.conf") a.patch

written=$(find "$tree/results" "$tree/images/cache" -mindepth 1)
[ -z "$written" ] || fail "written: $written"

# Nothing of KVM: the student's fault, told before anything is built.
expect 0 "$harness" grade --output results-here a.patch
grep -q ',0.00,100.00,failed,ingest,student,' results-here/grades.csv || fail "grades.csv: $(cat results-here/grades.csv)"
for file in results-here/a/grade.json results-here/a/grade.md results-here/a/grade.html results-here/index.html results-here/junit.xml results-here/summary.md; do
  [ -s "$file" ] || fail "$file is missing"
done
expect 0 "$harness" grade --output scope --format gradescope a.patch
[ "$(jq -r .score scope/results.json)" = 0 ] || fail "results.json: $(cat scope/results.json)"

# One that cannot be read is told in its row, and ends no batch; it is nobody's zero.
mkfifo pipe.zip
expect 1 "$harness" grade --output batch pipe.zip a.patch
said "1 of 2 submissions could not be graded"
grep -q '^pipe.zip,,100.00,infrastructure,ingest,infrastructure,' batch/grades.csv || fail "grades.csv: $(cat batch/grades.csv)"
grep -q '^a.patch,0.00,100.00,failed,ingest,student,' batch/grades.csv || fail "grades.csv: $(cat batch/grades.csv)"
grep -q 'neither a file nor a folder' batch/pipe/grade.md || fail "grade.md: $(cat batch/pipe/grade.md)"

# Where a rubric lies is no part of a grade.
cp "$tree/configs/rubrics/a2.conf" mine.conf
expect 0 "$harness" grade --output mine --rubric "$PWD/mine.conf" a.patch
[ "$(jq -r .assignment mine/a/grade.json)" = mine.conf ] || fail "assignment: $(jq -r .assignment mine/a/grade.json)"
wrong "--base: /nothing: there is no such folder" --base /nothing a.patch
no_leftovers
