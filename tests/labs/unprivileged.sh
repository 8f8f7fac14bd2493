#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 1800
# Under the rules of a container without privileges: doctor names the sandbox, submissions that are hostile while they are built end as elsewhere, and one is graded
# from beginning to end, with the same grade as in the other sandbox.
. tests/labs/functions.sh
[ "$(id -u)" -eq 0 ] || skip "who is not root has no privileges to give up"
need_labs vmx svm
new_tree "$TMPDIR/tree"
shared_cache
# A secret of this test's own: nothing of it is in the cache.
sed "s/^secret = .*/secret = $RANDOM-$$-$EPOCHREALTIME/" configs/rubrics/a3.conf >"$TMPDIR/rubric.conf"
unprivileged=$root/$BUILD/tests/unprivileged
hostile=(hostile-git-config hostile-include hostile-macro-bomb hostile-makefile-fills-disk hostile-makefile-fork-bomb hostile-makefile-shell)

"$unprivileged" "$harness" doctor >"$TMPDIR/doctor" 2>&1 </dev/null
grep -q '^ok  *sandbox  *landlock' "$TMPDIR/doctor" || fail "doctor: $(grep -A1 sandbox "$TMPDIR/doctor")"

pack() { # NAME
  tests/submissions/pack.sh "$1" "$TMPDIR/packs/$1" | tail -n 1
}

value() { # NAME KEY
  sed -n "s/^$2=//p" "$root/tests/submissions/$1/expect.conf"
}

# grade OUT COMMAND… -- PATH…: the harness, run by COMMAND.
grade() {
  local out=$1 command=()
  shift
  while [ "$1" != -- ]; do command+=("$1") && shift; done
  "${command[@]}" "$harness" grade --rubric "$TMPDIR/rubric.conf" --output "$TMPDIR/$out" "${@:2}" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null ||
    fail "grade, $out: $(cat "$TMPDIR/err")"
}

told() { # OUT KEY: of its only grade
  jq -r ".$2" "$TMPDIR/$1"/*/grade.json
}

right=$(pack right-a3-svm)
grade landlock "$unprivileged" -- "$right"
grep -q '100.00/100.00' "$TMPDIR/out" || fail "not full marks: $(cat "$TMPDIR/out")"
[ "$(told landlock sandbox)" = landlock ] || fail "graded in: $(told landlock sandbox)"
grep -q '^- sandbox: landlock$' "$TMPDIR"/landlock/*/grade.md || fail "grade.md does not name the sandbox"
find -L "$tree/images/cache" -maxdepth 1 -name 'grade-*' -newer "$TMPDIR/rubric.conf" -exec rm -rf {} +
grade bubblewrap env HARNESS_SANDBOX=bubblewrap -- "$right"
[ "$(told bubblewrap sandbox)" = bubblewrap ] || fail "graded in: $(told bubblewrap sandbox)"
same=$(diff <(jq -S 'del(.times, .sandbox)' "$TMPDIR"/landlock/*/grade.json) <(jq -S 'del(.times, .sandbox)' "$TMPDIR"/bubblewrap/*/grade.json)) ||
  fail "another grade in another sandbox: $(head -n 20 <<<"$same")"

for name in "${hostile[@]}"; do
  grade "$name" "$unprivileged" -- "$(pack "$name")"
  [ "$(told "$name" verdict)" = "$(value "$name" verdict)" ] || fail "$name: $(told "$name" verdict): $(told "$name" reason)"
  [ "$(told "$name" stage)" = "$(value "$name" stage)" ] || fail "$name: ended at $(told "$name" stage): $(told "$name" reason)"
  echo "$name: $(told "$name" reason)"
done
left=$(find /tmp /var/tmp "$HOME" "$root" -maxdepth 3 \( -name 'harness-escaped*' -o -name 'harness-sandbox-*' \) 2>/dev/null | head)
[ -z "$left" ] || fail "left behind, or got out: $left"
no_leftovers
