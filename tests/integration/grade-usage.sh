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
wrong "are for one submission" --format gradescope a.patch a.patch
wrong "are for one submission" --format classroom50 a.patch a.patch
wrong "by the names of the platform's own download" --format canvas --group auto a.patch
wrong "by the names of the platform's own download" --format json,moodle --group canvas a.patch
wrong "two rubrics" --assignment a2 --rubric "$tree/configs/rubrics/a3.conf" a.patch
wrong "--group is \"canva\"" --group canva a.patch
wrong "nothing is named as the platforms name" --group auto a.patch
wrong "are for one submission" --format gradescope --group auto a.patch

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

# Judging again builds and runs nothing, and takes a folder's submissions alone.
wrong "--regrade: nothing: there is no such folder" --regrade nothing
mkdir empty
wrong "no grade is in it" --regrade empty
wrong "takes the submissions of its folder" --regrade empty a.patch
for option in --isa=vmx --base=HEAD --kernel=6.1 --source=/nowhere; do
  wrong "${option%%=*} is for building and running" --regrade empty "$option"
done
wrong "for one submission, which its container grades" --regrade empty --format gradescope
wrong "two rubrics" --regrade empty --assignment a2 --rubric "$tree/configs/rubrics/a3.conf"

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

# What was graded is judged again from what is kept: by the same rubric the same, by another what that says.
cp -r results-here kept
expect 0 "$harness" grade --regrade kept --output again
printed "Judged again: 1 of 1; 0 moved"
cmp kept/a/grade.json again/a/grade.json || fail "judged again, another grade"
cmp kept/grades.csv again/grades.csv || fail "judged again, another sheet"
grep -q '^Nothing moved: 0.00 of 100.00, failed.$' again/a/grade.md || fail "grade.md: $(cat again/a/grade.md)"
grep -q '^a.patch,yes,no,0.00,100.00,failed,0.00,100.00,failed,,"Rubric, leaf maps and harness are the same."$' again/regrade.csv ||
  fail "regrade.csv: $(cat again/regrade.csv)"
sed 's/^cost = .*/cost = 25/' "$tree/configs/rubrics/a3.conf" >dearer.conf
expect 0 "$harness" grade --regrade again --rubric dearer.conf
printed "Judged again: 1 of 1; 1 moved"
said "before: 0.00 of 100.00, failed"
grep -q '^a.patch,yes,yes,0.00,100.00,failed,0.00,1[0-9][0-9].00,failed,,"The rubric is dearer.conf, and was a3."$' again/regrade.csv ||
  fail "regrade.csv: $(cat again/regrade.csv)"

# Code for other programs to compare: of what has none no folder; judged again, of what is kept.
expect 0 "$harness" grade --output code --format similarity a.patch
said "code to compare: 0 of 1 submissions; without code that can be told for the student's: a"
[ ! -e code/similarity.d ] || fail "there is a folder of no code"
echo 'int mine;' >code/a/logs/changed.c
expect 0 "$harness" grade --regrade code --format similarity
said "code to compare: 1 of 1 submissions, in code/similarity.d"
cmp code/a/logs/changed.c code/similarity.d/submissions/a/change.c || fail "another code than what was kept"
[ "$(cat code/similarity.d/info.csv)" = "filename,full_name,ignored
submissions/a/change.c,a,false" ] || fail "info.csv: $(cat code/similarity.d/info.csv)"

# Where it cannot be, that is said, and the grade stays to the byte.
unjudged() { # TEXT ARGUMENTS…
  find kept/a -name 'grade.*' -exec sha256sum {} + >before
  expect 1 "$harness" grade --regrade kept "${@:2}"
  said "1 of 1 submissions were not judged again and keep their grades"
  said "$1"
  grep -q '^a.patch,no,,0.00,100.00,failed,0.00,100.00,failed,,' kept/regrade.csv || fail "regrade.csv: $(cat kept/regrade.csv)"
  sha256sum --quiet -c before || fail "a grade that was not judged again was changed"
}
unjudged "the rubric's again_vmx is another" --assignment a4
unjudged "the rubric's told_by is another" --assignment a2-log
cp kept/a/logs/evidence.tar.zst whole
for damage in 'head -c 100' 'tr \000-\376 \001-\377' 'cat /dev/null'; do
  $damage <whole >kept/a/logs/evidence.tar.zst
  unjudged "evidence.tar.zst: damaged"
done
rm kept/a/logs/evidence.tar.zst
mkfifo kept/a/logs/evidence.tar.zst
unjudged "not a plain file"
rm kept/a/logs/evidence.tar.zst
unjudged "no evidence was kept"
# What tells no name is in any row: its evidence tells the rest.
cp whole kept/a/logs/evidence.tar.zst
for file in kept/a/grade.json kept/a/logs/judged.json; do
  cp "$file" "${file##*/}.whole"
  echo '{' >"$file"
done
expect 0 "$harness" grade --regrade kept --output nameless
grep -q '^a,0.00,100.00,failed,' nameless/grades.csv || fail "grades.csv: $(cat nameless/grades.csv)"
cp judged.json.whole kept/a/logs/judged.json
rm kept/a/logs/evidence.tar.zst kept/a/grade.json
wrong 'no grade is in it' --regrade kept

# One that cannot be read is told in its row, and ends no batch; it is nobody's zero.
mkfifo pipe.zip
expect 1 "$harness" grade --output batch pipe.zip a.patch
said "1 of 2 submissions could not be graded"
grep -q '^pipe.zip,,100.00,infrastructure,ingest,infrastructure,' batch/grades.csv || fail "grades.csv: $(cat batch/grades.csv)"
grep -q '^a.patch,0.00,100.00,failed,ingest,student,' batch/grades.csv || fail "grades.csv: $(cat batch/grades.csv)"
grep -q 'neither a file nor a folder' batch/pipe/grade.md || fail "grade.md: $(cat batch/pipe/grade.md)"

# A grade that is known from its page alone is not left out of the sheet.
expect 0 "$harness" grade --output page --format html a.patch
sha256sum page/grades.csv page/a/grade.html >before
wrong "grade.json, which has the grade that it keeps, is not there" --regrade page --assignment a4
sha256sum --quiet -c before || fail "a sheet was written without a grade that it had"
# Where a rubric lies is no part of a grade.
cp "$tree/configs/rubrics/a2.conf" mine.conf
expect 0 "$harness" grade --output mine --rubric "$PWD/mine.conf" a.patch
[ "$(jq -r .assignment mine/a/grade.json)" = mine.conf ] || fail "assignment: $(jq -r .assignment mine/a/grade.json)"
expect 1 "$harness" grade --regrade mine
said "judged by the rubric mine.conf, which is not in configs/rubrics; try: --rubric FILE"
wrong "--base: /nothing: there is no such folder" --base /nothing a.patch
no_leftovers

# A course's download: one submission for each student, and a warning for who did not ask. No cell is a formula; the umask holds.
mkdir download
for file in doe_12_34_report.pdf doe_LATE_12_35_notes.txt =roe_13_36_notes.txt index.html; do echo x >"download/$file"; done
(umask 077 && expect 0 "$harness" grade --group auto --output grouped download) || exit 1
said "2 submissions by their names"
said "left out, as nobody's by their names: 1 file"
[ "$(cut -d, -f1-5 grouped/grades.csv | tail -n +2)" = "'=roe_13,0.00,100.00,failed,ingest
doe_12,0.00,100.00,failed,ingest" ] || fail "grades.csv: $(cat grouped/grades.csv)"
[ -z "$(find grouped -perm /077)" ] || fail "umask: $(find grouped -perm /077)"
grep -q "<h1>doe_12</h1>" grouped/doe_12/grade.html || fail "the heading is no name"
grep -qF -- "--group auto 'download/doe_12_34_report.pdf' 'download/doe_LATE_12_35_notes.txt'" grouped/doe_12/grade.md || fail "how to repeat it is not told"
wrong "by the names of the platform's own download" --regrade grouped --format canvas
expect 0 "$harness" grade --regrade grouped --group canvas --format canvas --output grouped-again
[ "$(tail -n +3 grouped-again/canvas.csv | cut -d, -f1,2,5)" = "'=roe,13,0.00
doe,12,0.00" ] || fail "canvas.csv: $(cat grouped-again/canvas.csv)"
expect 0 "$harness" grade --regrade grouped-again
[ ! -e grouped-again/canvas.csv ] || fail "a sheet of earlier points stays beside the new ones"
expect 0 "$harness" grade --regrade grouped-again --format md
for page in doe_12/grade.html index.html; do [ ! -e "grouped-again/$page" ] || fail "$page of earlier points stays beside the new ones"; done
[ -s grouped-again/doe_12/grade.json ] || fail "what the next one compares with is not there"
expect 0 "$harness" grade --output single download/doe*
said "warning: these are named as Canvas names"
[ "$(wc -l <single/grades.csv)" -eq 3 ] || fail "without --group: $(cat single/grades.csv)"
expect 0 "$harness" grade --group none --output single download/doe*
! grep -q warning "$TMPDIR/err" || fail "a warning for who said none"

# Names in UTF-8 are the same in every locale.
mkdir -p "names/Übung 3 – José" && echo x >"names/Übung 3 – José/notes.txt"
perl "$OLDPWD/tests/submissions/archive.pl" zip names.zip names
for locale in C C.UTF-8; do LC_ALL=$locale expect 0 "$harness" grade --output "locale-$locale" names.zip; done
grep -q "found: Übung 3 – José/notes.txt (text)" locale-C/names/grade.md || fail "in locale C: $(cat locale-C/names/grade.md)"
cmp locale-C/names/grade.md locale-C.UTF-8/names/grade.md || fail "the locale makes another grade"

# Which kernel.
wrong "--kernel is \"6.0\", and the labs' kernels are 6.1" --kernel 6.0 a.patch
wrong "--kernel auto chooses among several" --kernel auto --source /nowhere a.patch
wrong "/nowhere: no kernel source" --source /nowhere a.patch
