# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What integration tests share. They run from the tree's root, each with a TMPDIR of its own, and never
# touch the tree's results/: they work in trees of their own (new_tree).
set -u
root=$PWD
# Fake machines are run by the harness that was built with sanitizers, if there is one; labs by the real one.
harness=$root/$BUILD/harness
[ -x "$harness" ] || harness=$root/build/harness

fail() {
  echo "FAIL: $*" >&2
  exit 1
}

skip() {
  echo "$*"
  exit 77
}

# lab_cannot LAB WHY…: a skip, or a failure where HARNESS_MUST_WORK says that this lab has to work.
lab_cannot() {
  case ,${HARNESS_MUST_WORK:-}, in
    *,"$1",*) fail "$1 must work here: ${*:2}" ;;
    *) skip "$1: ${*:2}" ;;
  esac
}

# new_tree DIR: a copy of what a user edits, with empty results/ and images/cache/; becomes the harness's tree.
new_tree() {
  mkdir -p "$1/images/cache" "$1/results" || fail "cannot make the tree $1"
  cp -r "$root/configs" "$root/kernel-patches" "$1/" || fail "cannot make the tree $1"
  cp -r "$root/images/l1-distribution" "$1/images/" || fail "cannot make the tree $1"
  tree=$1
  export HARNESS_TREE=$1
}

# shared_cache: kernels and images are taken from, and built into, the cache of the tree under test.
shared_cache() {
  mkdir -p "$root/images/cache" || fail "cannot make the cache"
  rmdir "$tree/images/cache" || fail "the tree has a cache already"
  ln -s "$root/images/cache" "$tree/images/cache" || fail "cannot share the cache"
}

# new_replay DIR: the recorded labs of tests/data, to be replayed by the fake machine.
new_replay() {
  local lab file
  replay=$1
  for lab in vmx svm; do
    mkdir -p "$replay/$lab" || fail "cannot make $replay"
    for file in records.bin l1-console.log l0-exits.log; do
      gunzip -c "tests/data/$lab/$file.gz" >"$replay/$lab/$file" || fail "tests/data/$lab/$file.gz: cannot be unpacked"
    done
  done
}

# expect STATUS COMMAND…: runs it; what it printed is in $TMPDIR/out and $TMPDIR/err.
expect() {
  local status
  "${@:2}" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null
  status=$?
  [ "$status" -eq "$1" ] || {
    cat "$TMPDIR/out" "$TMPDIR/err" >&2
    fail "${*:2}: exit status $status, expected $1"
  }
  # Whatever happened, no sanitizer and no library shouted.
  ! grep -E 'Sanitizer|runtime error:|CRITICAL|GLib.*WARNING|Assertion' "$TMPDIR/err" || fail "${*:2}: see above"
}

# said TEXT: the last command's error stream has it.
said() {
  grep -qF -- "$1" "$TMPDIR/err" || {
    cat "$TMPDIR/err" >&2
    fail "nothing said of \"$1\""
  }
}

printed() {
  grep -qF -- "$1" "$TMPDIR/out" || {
    cat "$TMPDIR/out" >&2
    fail "\"$1\" was not printed"
  }
}

# wait_for SECONDS WHAT COMMAND…: until the command succeeds.
wait_for() {
  local until=$((SECONDS + $1))
  until "${@:3}"; do
    [ "$SECONDS" -lt "$until" ] || fail "waited $1 s in vain for $2"
    sleep 0.05
  done
}

# gone PID: the process has ended. Whether init has reaped it yet is init's business.
gone() {
  case $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) in
    '' | Z* | X*) return 0 ;;
    *) return 1 ;;
  esac
}

# Scratch folders in the tree, one a line, but those of commands that still run: another test's, in a shared cache. (.tmp-WHAT-PID-RANDOM, base/files.h)
leftovers() {
  local path pid
  find "$tree/results" "$tree/images/cache/" -maxdepth 1 -name '.*' -mindepth 1 | while read -r path; do
    pid=${path%-*} pid=${pid##*-}
    gone "$pid" && echo "$path"
  done
}

no_leftovers() {
  local found
  found=$(leftovers)
  [ -z "$found" ] || fail "left behind: $found"
}

# A listing of a folder by name, size, time and content: to see that nothing was touched.
listing() {
  (cd "$1" && find . -not -name '.' -printf '%p %y %s %T@ %l\n' | sort && find . -type f -print0 | sort -z | xargs -0 -r sha256sum)
}

# pairs RUN MEMBER: the manifest's object of strings (versions, inputs, files), a line "NAME<TAB>VALUE" each.
pairs() {
  awk -v member="$2" '
    $0 == "  \"" member "\" : {" { on = 1; next }
    on && /^  }/ { exit }
    on { line = $0; sub(/^ *"/, "", line); sub(/",?$/, "", line); sub(/" : "/, "\t", line); print line }' "$1/manifest.json"
}

# of_lab RUN LAB MEMBER: a string of the manifest's entry for that lab.
of_lab() {
  awk -v lab="$2" -v member="$3" -F '"' '$2 == "name" { on = $4 == lab } on && $2 == member { print $4; exit }' "$1/manifest.json"
}

status_of() {
  sed -n 's/^  "status" : "\(.*\)",*$/\1/p' "$1/manifest.json"
}

latest() {
  readlink "$tree/results/latest" || echo none
}

now_ms() {
  echo $((${EPOCHREALTIME/[.,]/} / 1000))
}
