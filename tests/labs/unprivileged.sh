#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 900
# Under the rules of a container without privileges: doctor names the sandbox, the hostile submissions end as their expect.conf says,
# and a right one is graded from beginning to end. That the other sandbox makes the same modules is for modules.sh.
. tests/labs/functions.sh
[ "$(id -u)" -eq 0 ] || skip "who is not root has no privileges to give up"
need_labs svm
new_tree "$TMPDIR/tree"
shared_cache
# A secret of this test's own: no grade is answered from the cache.
sed "s/^secret = .*/secret = $RANDOM-$$-$EPOCHREALTIME/" configs/rubrics/a3.conf >"$TMPDIR/rubric.conf"
unprivileged=$root/$BUILD/tests/unprivileged

"$unprivileged" "$harness" doctor >"$TMPDIR/doctor" 2>&1 </dev/null
grep -q '^ok  *sandbox  *landlock' "$TMPDIR/doctor" || fail "doctor: $(grep -A1 sandbox "$TMPDIR/doctor")"

# pack NAME: prints where it lies; its name is the submission's too.
pack() {
  tests/submissions/pack.sh "$1" "$TMPDIR/packs/$1" | tail -n 1
}

value() { # NAME KEY
  sed -n "s/^$2=//p" "$root/tests/submissions/$1/expect.conf"
}

# told NAME KEY: of its grade.
told() {
  awk -F '\t' -v name="$1" -v key="$2" '$1 == name && $2 == key { print $3 }' "$TMPDIR/told"
}

# same NAME KEY EXPECTED: several may be right, with ';' between them.
same() {
  local seen
  seen=$(told "$1" "$2")
  [[ ";$3;" == *";$seen;"* ]] || fail "$1: $2 is \"$seen\", expected \"$3\": $(told "$1" reason)"
}

# hostile-tar-bomb is unpacked for half a minute, and like all that end there it never comes to a sandbox.
# Two of the hostile ones are right but for what they try while they are built: they are judged in the svm lab, where they count nothing.
paths=("$(pack right-a3-svm)")
names=()
for folder in tests/submissions/hostile-*; do
  [ "${folder##*/}" != hostile-tar-bomb ] || continue
  names+=("${folder##*/}")
  paths+=("$(pack "${folder##*/}")")
done
"$unprivileged" "$harness" grade --isa svm --rubric "$TMPDIR/rubric.conf" --output "$TMPDIR/grades" "${paths[@]}" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null ||
  fail "grade: exit status $?: $(cat "$TMPDIR/out" "$TMPDIR/err")"

jq -r '(.submission | split("/")[-2]) as $name | to_entries[] | select(.value | type | . == "string" or . == "number") | [$name, .key, .value] | @tsv' \
  "$TMPDIR"/grades/*/grade.json >"$TMPDIR/told" || fail "grade.json cannot be read"
same right-a3-svm score 100
same right-a3-svm sandbox landlock
grep -q '^- sandbox: landlock$' "$TMPDIR"/grades/right-a3-svm/grade.md || fail "grade.md does not name the sandbox"
for name in "${names[@]}"; do
  verdict=$(value "$name" verdict)
  same "$name" stage "$(value "$name" stage)"
  same "$name" blame student
  [ "$verdict" = passed ] || same "$name" verdict "$verdict"
  echo "$name: $(told "$name" reason)"
done
left=$(find /tmp /var/tmp "$HOME" "$root" -maxdepth 3 \( -name 'harness-escaped*' -o -name 'harness-sandbox-*' \) 2>/dev/null | head)
[ -z "$left" ] || fail "left behind, or got out: $left"
no_leftovers
