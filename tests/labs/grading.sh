#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 2400
# Submissions are packed as students do, graded, and get exactly what their expect.conf says: verdict, stage, map, the rows that are lost and no other.
# SUBMISSIONS: names, in place of a sample that has each way to lose once; "all": every one but the shapes; "shapes": every shape whose kernel is at hand.
# KERNEL: of the labs' kernels another than the default. JOBS: so many labs side by side, in place of one per CPU. What is graded lies in build/grading for a look.
. tests/labs/functions.sh
need_labs vmx svm
new_tree "$TMPDIR/tree"
shared_cache

out=$root/$BUILD/grading
asked=${SUBMISSIONS:-$(tests/submissions/sample.py | paste -sd' ') shape-counted-at-top shape-svm-wrapper}
rm -rf "$out"
mkdir -p "$out/packs"
wrong=0

value() { # NAME KEY; of KERNEL, if that has another: "verdict@7.2=passed"
  local conf=$root/tests/submissions/$1/expect.conf
  { grep "^$2@${KERNEL:-none}=" "$conf" || grep "^$2=" "$conf"; } | cut -d= -f2-
}

complain() {
  echo "WRONG: $*"
  wrong=$((wrong + 1))
}

# kernel_at_hand NAME: the first of a shape's kernels whose source is here.
kernel_at_hand() {
  local one style
  style=$(value "$1" style)
  [[ $style != @(llvm|google) ]] || command -v clang-format >/dev/null || return 1
  for one in $(value "$1" base); do
    tests/submissions/kernel.sh "$one" >/dev/null 2>&1 && echo "$one" && return
  done
  echo "no kernel at hand for $1: $(value "$1" base)" >&2
  return 1
}

# is_asked NAME BASES
is_asked() {
  case $asked in
    all) [ -z "$2" ] ;;
    shapes) [ -n "$2" ] ;;
    *) [[ " $asked " == *" $1 "* ]] ;;
  esac
}

names=()
for conf in tests/submissions/*/expect.conf; do
  name=$(basename "$(dirname "$conf")")
  bases=$(value "$name" base)
  is_asked "$name" "$bases" || continue
  version=
  [ -z "$bases" ] || version=$(kernel_at_hand "$name") || continue
  names+=("$name")
  tests/submissions/pack.sh "$name" "$out/packs/$name" ${version:+"$version"} >"$out/packs/$name.path" || fail "$name: cannot be packed"
done
[ "${#names[@]}" -gt 0 ] || fail "no submission to grade"

# grade_all ASSIGNMENT: its submissions, as one batch.
grade_all() {
  local paths=() name status
  for name in "${names[@]}"; do
    [ "$(value "$name" assignment)" = "$1" ] && paths+=("$(tail -n 1 "$out/packs/$name.path")")
  done
  [ "${#paths[@]}" -gt 0 ] || return
  "$harness" grade --assignment "$1" ${JOBS:+--jobs "$JOBS"} ${KERNEL:+--kernel "$KERNEL"} --output "$out/$1" "${paths[@]}" >"$out/$1.out" 2>"$out/$1.err" </dev/null
  status=$?
  cat "$out/$1.err"
  [ "$status" -eq 0 ] || fail "grade: exit status $status"
}
for assignment in a2 a3 a4 a2-log; do grade_all "$assignment"; done

# folder_of NAME ASSIGNMENT: where its grade.json is; submissions are told by their paths.
folder_of() {
  local path json
  path=$(tail -n 1 "$out/packs/$1.path")
  for json in "$out/$2"/*/grade.json; do
    [ "$(jq -r .submission "$json")" = "$path" ] && dirname "$json" && return
  done
}

same() { # NAME WHAT EXPECTED SEEN; several may be right, with ';' between them
  case ";$3;" in
    *";$4;"*) ;;
    *) complain "$1: $2 is \"$4\", expected \"$3\"" ;;
  esac
}

check() { # NAME
  local name=$1 folder lost expected open row
  folder=$(folder_of "$name" "$(value "$name" assignment)")
  [ -n "$folder" ] || { complain "$name: no grade"; return; }
  same "$name" verdict "$(value "$name" verdict)" "$(jq -r .verdict "$folder/grade.json")"
  same "$name" stage "$(value "$name" stage)" "$(jq -r .stage "$folder/grade.json")"
  lost=$(jq -r '.tests[] | select(.status == "failed") | .name' "$folder/grade.json" | sort)
  expected=$(value "$name" rows_lost | tr ',' '\n' | tr -d ' ' | sort | sed '/^$/d')
  open=" $(value "$name" rows_open | tr ',' ' ') "
  for row in $(comm -3 <(echo "$lost" | sed '/^$/d') <(echo "$expected" | sed '/^$/d')); do
    [[ "$open" == *" $row "* ]] || complain "$name: row $row is $(grep -qx "$row" <<<"$lost" && echo lost || echo "not lost")"
  done
  [ "$(jq -r .stage "$folder/grade.json")" != checks ] || [ "$(value "$name" verdict)" = failed ] || same "$name" "leaf map" "$(value "$name" leaf_map)" "$(jq -r .leaf_map "$folder/grade.json")"
}
for name in "${names[@]}"; do check "$name"; done

escaped=$(find /tmp /var/tmp "$HOME" "$root" -maxdepth 3 -name 'harness-escaped*' 2>/dev/null | head)
[ -z "$escaped" ] || fail "a hostile submission got out: $escaped"
no_leftovers
echo "${#names[@]} submissions graded, $wrong wrong"
[ "$wrong" -eq 0 ]
