#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The submissions by which the grader is tested are what they say: known words, a patch that applies, the list in README.md, and
# of each form one packed twice the same bytes.
. tests/integration/functions.sh

folder=tests/submissions
source=${SUBMISSIONS_SOURCE:-/usr/src/linux-source-6.1.tar.xz}
export SUBMISSIONS_SOURCE=$source SUBMISSIONS_CACHE=$root/$BUILD/submissions
# Hostile in themselves, or the project's series: no change of their own. Not for this kernel, or for no folder at all: not to be applied.
without_patch='^(hostile-zip-|hostile-tar-|hostile-folder-|reference$)'
not_applied='^(old-patch|old-patch-second-hunk|hostile-patch-paths)$'

value() { # KEY CONF
  sed -n "s/^$1=//p" "$2"
}
word_of() { # WORD LIST…
  local word=$1 one
  shift
  for one; do [ "$one" = "$word" ] && return; done
  return 1
}
# The names as the C code has them.
mapfile -t rows < <(grep -oE '"(log|total|exits|cycles|sums|undefined|not|registers|concurrency|other|log|placement|cost|stability)[a-z-]*"' src/grade/grade.c | tr -d '"')
mapfile -t stages < <(grep -oE '"(ingest|policy|carry|build|load|l1-boot|l2-boot|checks)"' src/submission/fault.c | tr -d '"')
[ "${#rows[@]}" -ge 14 ] || fail "the rows' names are not found in the source"
[ "${#stages[@]}" -ge 8 ] || fail "the stages' names are not found in the source"

check_words() { # NAME CONF
  local row stage
  local -a list
  head -n 1 "$2" | grep -q '^# [A-Z]' || fail "$1: does not say what it is"
  word_of "$(value assignment "$2")" a2 a3 a4 a2-log || fail "$1: assignment"
  word_of "$(value isa "$2")" vmx svm both || fail "$1: isa"
  [[ $(value assignment "$2")$(value leaf_map "$2") =~ ^(a2-log|a[234][ABC](;[ABC])*)$ ]] || fail "$1: leaf_map"
  IFS=';' read -ra list <<<"$(value stage "$2")"
  [ "${#list[@]}" -ge 1 ] || fail "$1: no stage"
  for stage in "${list[@]}"; do word_of "$stage" "${stages[@]}" || fail "$1: stage $stage"; done
  IFS=, read -ra list <<<"$(value rows_lost "$2"),$(value rows_open "$2")"
  for row in "${list[@]}"; do [ -z "$row" ] || word_of "$row" "${rows[@]}" || fail "$1: row $row"; done
}
check_sense() { # NAME CONF
  local lost
  lost=$(value rows_lost "$2")$(value rows_open "$2")
  case $(value verdict "$2"):$(value stage "$2"):${lost:+lost} in
    needs-look:checks: | passed:checks:* | partial:checks:lost | "passed;partial:checks:lost") ;;
    partial:checks:) [[ $1 == @(compiler-warning|shape-handler-copied) ]] || fail "$1: partial, and no row is lost" ;; # the warning costs points
    failed:checks:*) fail "$1: failed, but judged whole" ;;
    failed:*: | needs-base:carry: | "needs-base:carry;build:" | "passed;needs-base:checks;carry:"* | "partial;needs-base:checks;carry:lost") ;;
    *) fail "$1: verdict, stage and rows do not go together" ;;
  esac
}

# A shape's: kernels as people name them, a style that there is.
check_shape() { # NAME CONF
  local version style
  for version in $(value base "$2"); do [[ $version =~ ^[5-9]\.[0-9]+$ ]] || fail "$1: base $version"; done
  style=$(value style "$2")
  [ -z "$style" ] || grep -q "\"$style\": " "$folder/restyle.py" || fail "$1: style $style"
}

count=0
for conf in "$folder"/*/expect.conf; do
  name=${conf%/*} name=${name##*/}
  check_words "$name" "$conf"
  check_sense "$name" "$conf"
  check_shape "$name" "$conf"
  [ -s "$folder/$name/change.patch" ] || [ -s "$folder/$(value change "$conf")/change.patch" ] || [[ $name =~ $without_patch ]] || fail "$name: no change.patch"
  count=$((count + 1))
done
[ "$count" -ge 32 ] || fail "only $count submissions"
[ "$count" -eq "$(find "$folder" -mindepth 1 -maxdepth 1 -type d | wc -l)" ] || fail "a submission has no expect.conf"
diff -u <("$folder/list.sh") <(grep '^|' "$folder/README.md" | sed -n '/^| submission /,$p') || fail "README.md does not list what list.sh prints"

[ -e "$source" ] || skip "$source is not here: what needs the kernel's files is not checked"
mkdir -p "$TMPDIR/one" "$TMPDIR/two"
forms=' '
for conf in "$folder"/*/expect.conf; do
  name=${conf%/*} name=${name##*/}
  [ -z "$(value base "$conf")" ] || continue # tests/labs/carry.sh packs the shapes
  made=$("$folder/pack.sh" "$name" "$TMPDIR/one") || fail "$name: cannot be packed"
  [ -e "$made" ] || fail "$name: $made is not there"
  form=$(value form "$conf")
  if [[ $forms != *" $form "* ]]; then
    forms+="$form "
    "$folder/pack.sh" "$name" "$TMPDIR/two" >/dev/null || fail "$name: cannot be packed again"
    # A FIFO has nothing to compare.
    rm -f "$TMPDIR"/{one,two}/hostile-folder-links/vmx.c
    diff -r --no-dereference "$made" "$TMPDIR/two/${made##*/}" >/dev/null || fail "$name: packed again it is another"
  fi
  rm -rf "$made" "$TMPDIR/two/${made##*/}"
done

base=$("$folder/pack.sh" --base) || fail "no kernel files"
applied=0
for patch in "$folder"/*/change.patch; do
  name=${patch%/*} name=${name##*/}
  [ -z "$(value base "$folder/$name/expect.conf")" ] || continue
  said=$(patch -d "$base" -p1 --fuzz=0 --dry-run --force <"$patch" 2>&1) && ok=1 || ok=0
  if [[ $name =~ $not_applied ]]; then
    [ "$ok" -eq 0 ] || fail "$name: applies, and should not"
  else
    [ "$ok" -eq 1 ] || fail "$name: does not apply: $said"
    grep -q offset <<<"$said" && fail "$name: its lines are elsewhere: $said"
    applied=$((applied + 1))
  fi
done
[ "$applied" -ge 32 ] || fail "only $applied patches apply"
for patch in "$folder"/*/lab*.patch; do
  patch -d "$base" -p1 --fuzz=0 --dry-run --force <"$patch" >"$TMPDIR/said" 2>&1 || fail "$patch does not apply: $(cat "$TMPDIR/said")"
done
exit 0
