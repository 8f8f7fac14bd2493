#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 1500
# Grading again gives the same bytes but for times: from the cache, judged again from what was kept (by another rubric the rows of that move), and afresh under load by the harness that was built with sanitizers; a batch that was interrupted or
# killed goes on where it stopped, and leaves nothing behind.
. tests/labs/functions.sh
need_labs svm
new_tree "$TMPDIR/tree"
shared_cache
# A secret of this test's own: nothing of it is in the cache.
sed "s/^secret = .*/secret = $RANDOM-$$-$EPOCHREALTIME/" configs/rubrics/a3.conf >"$TMPDIR/rubric.conf"

pack() {
  tests/submissions/pack.sh "$1" "$TMPDIR/packs/$1" | tail -n 1
}
svm=$(pack right-a3-svm) table=$(pack svm-table-only)

grade() { # OUT PATH… with $program
  "$program" grade --rubric "$TMPDIR/rubric.conf" --output "$TMPDIR/$1" "${@:2}" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null
}

# The grade without its times.
bytes() {
  jq -S 'del(.times)' "$TMPDIR/$1"/*/grade.json
}

same_grade() {
  cmp <(bytes "$1") <(bytes "$2") || fail "another grade ($1, $2): $(diff <(bytes "$1") <(bytes "$2") | head -n 20)"
}

forget() { # the cache's grades that this test made
  find -L "$tree/images/cache" -maxdepth 1 -name 'grade-*' -newer "$TMPDIR/rubric.conf" -exec rm -rf {} +
}

program=$harness
grade fresh "$svm" || fail "grade: $(cat "$TMPDIR/err")"
grep -q '100.00/100.00' "$TMPDIR/out" || fail "not full marks: $(cat "$TMPDIR/out")"
! grep -q cached "$TMPDIR/err" || fail "answered from a cache that cannot have it"

begin=$(now_ms)
grade cached "$svm" || fail "grade, from the cache: $(cat "$TMPDIR/err")"
took=$(($(now_ms) - begin))
grep -q cached "$TMPDIR/err" || fail "not answered from the cache"
echo "answered from the cache in $took ms"
same_grade fresh cached

busy=()
end_busy() { [ "${#busy[@]}" -eq 0 ] || kill "${busy[@]}" 2>/dev/null; }
trap end_busy EXIT
forget
for _ in $(seq "$(nproc)"); do
  while :; do :; done &
  busy+=($!)
done
[ ! -x "$BUILD/harness" ] || program=$BUILD/harness
grade busy "$svm" || fail "grade, sanitized and under load: $(cat "$TMPDIR/err")"
program=$harness
! grep -q cached "$TMPDIR/err" || fail "answered from a cache that was emptied"
! grep -E 'Sanitizer|runtime error:' "$TMPDIR/err" || fail "the sanitizers have findings"
end_busy
busy=()
same_grade fresh busy

# A wrong one loses its rows again, in another folder and by another name of the file.
cp "$table" "$TMPDIR/other name.patch"
grade wrong "$table" || fail "grade: $(cat "$TMPDIR/err")"
grade renamed "$TMPDIR/other name.patch" || fail "grade, by another name: $(cat "$TMPDIR/err")"
cmp <(bytes wrong | jq 'del(.submission, .notes)') <(bytes renamed | jq 'del(.submission, .notes)') || fail "a name makes another grade"

# The two folders above, each judged again; what the sheet says of it stays out of the comparison.
without_moved() {
  sed '/^## What moved$/,/^## /{/^## [^W]/!d}' "$1"
}
begin=$(now_ms)
for batch in fresh wrong; do
  "$harness" grade --regrade "$TMPDIR/$batch" --rubric "$TMPDIR/rubric.conf" --output "$TMPDIR/again-$batch" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null ||
    fail "judged again: $(cat "$TMPDIR/err")"
  grep -q '1 of 1; 0 moved' "$TMPDIR/out" || fail "judged again: $(cat "$TMPDIR/out")"
  name=$(basename "$TMPDIR/$batch"/*/)
  for file in grades.csv "$name/grade.json"; do
    cmp "$TMPDIR/$batch/$file" "$TMPDIR/again-$batch/$file" || fail "judged again, another $file"
  done
  grep -q '^Nothing moved: ' "$TMPDIR/again-$batch/$name/grade.md" || fail "grade.md does not say that nothing moved"
  cmp "$TMPDIR/$batch/$name/grade.md" <(without_moved "$TMPDIR/again-$batch/$name/grade.md") || fail "judged again, another grade.md"
done
echo "two judged again in $(($(now_ms) - begin)) ms"

# Another rubric moves the rows that it is about: points of two, whether a third is asked, and no other.
sed -e 's/^total-exits = .*/total-exits = 1/' -e 's/^sums = .*/sums = 0/' -e 's/^placement = .*/placement = 30/' "$TMPDIR/rubric.conf" >"$TMPDIR/changed.conf"
"$harness" grade --regrade "$TMPDIR/wrong" --rubric "$TMPDIR/changed.conf" --output "$TMPDIR/moved" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null ||
  fail "by another rubric: $(cat "$TMPDIR/err")"
moved=$(sed -n '/^## What moved$/,/^## R/s/^| \([a-z-]*\) | .*/\1/p' "$TMPDIR/moved"/*/grade.md | grep -v '^row$' | tr '\n' ' ')
[ "$moved" = 'total-exits sums placement ' ] || fail "moved: $moved; $(cat "$TMPDIR/moved/regrade.csv")"
grep -q 'The rubric is changed.conf, and was rubric.conf' "$TMPDIR/moved/regrade.csv" || fail "why: $(cat "$TMPDIR/moved/regrade.csv")"
others() { jq -S '.tests[] | select(.name | IN("total-exits", "sums", "placement") | not)' "$1"/*/grade.json; }
cmp <(others "$TMPDIR/wrong") <(others "$TMPDIR/moved") || fail "a row moved that the rubric did not change"
# It goes on from there, and what is from the cache can be judged again too.
"$harness" grade --regrade "$TMPDIR/moved" --rubric "$TMPDIR/rubric.conf" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null || fail "back again: $(cat "$TMPDIR/err")"
cmp "$TMPDIR/wrong"/*/grade.json "$TMPDIR/moved"/*/grade.json || fail "not the same again by the first rubric"
"$harness" grade --regrade "$TMPDIR/cached" --rubric "$TMPDIR/rubric.conf" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null || fail "of the cache: $(cat "$TMPDIR/err")"

qemu_is_gone() {
  ! qemu_of "$1" >/dev/null
}

# stop_after SIGNAL: a batch, ended once its first grade is there.
stop_after() {
  forget
  "$harness" grade --jobs 1 --rubric "$TMPDIR/rubric.conf" --output "$TMPDIR/stopped-$1" "$svm" "$table" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null &
  local pid=$! status
  wait_for 120 "the first grade" test -s "$TMPDIR/stopped-$1/grades.csv"
  sleep 2
  kill "-$1" "$pid"
  wait "$pid"
  status=$?
  [ "$1" = KILL ] || [ "$status" -eq 130 ] || fail "interrupted: exit status $status"
  wait_for 20 "QEMU's end" qemu_is_gone "$pid"
}
for signal in INT KILL; do
  stop_after "$signal"
  [ "$(wc -l <"$TMPDIR/stopped-$signal/grades.csv")" -eq 2 ] || fail "after $signal: $(cat "$TMPDIR/stopped-$signal/grades.csv")"
  "$harness" grade --rubric "$TMPDIR/rubric.conf" --output "$TMPDIR/stopped-$signal" "$svm" "$table" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null ||
    fail "going on after $signal: $(cat "$TMPDIR/err")"
  grep -q 'right-a3-svm.*cached' "$TMPDIR/err" || fail "after $signal the first submission was graded again"
  [ "$(wc -l <"$TMPDIR/stopped-$signal/grades.csv")" -eq 3 ] || fail "after $signal: $(cat "$TMPDIR/stopped-$signal/grades.csv")"
  no_leftovers
done
