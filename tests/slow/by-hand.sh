#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 2400
# docs/by-hand.md: every command in it, at a terminal, and what it says they print; shadow paging exits more. A page that is wrong is found out.
. tests/labs/functions.sh
need_labs svm
new_tree "$TMPDIR/tree"
shared_cache

# What is not true is not taken for it; no machine is needed for that.
wrong() { # WHAT: a page on standard input whose L1 is a shell here
  cat >"$TMPDIR/wrong.md"
  ! python3 tests/slow/by-hand.py "$TMPDIR/wrong.md" >"$TMPDIR/out" 2>&1 || fail "$1 was not found out: $(cat "$TMPDIR/out")"
  grep -q "^FAILED: $2" "$TMPDIR/out" || fail "$1: $(cat "$TMPDIR/out")"
}
host='```sh host
env PS1="root@l1:/# " bash --norc --noprofile -i
```
'
wrong "a command that fails" "exit status 3" <<<"$host"'```sh l1
(exit 3)
```'
wrong "something else printed" "the page says" <<<"$host"'```sh l1
echo one; echo two
```
```text prints
two
one
```'
wrong "a page whose L1 goes on" "the page ends with L1 running" <<<"$host"'```sh l1
echo one
```
```text prints
o…e
```'

cd "$tree" || fail "$tree"
ln -sf "$harness" harness || fail "harness"
python3 "$root/tests/slow/by-hand.py" "$root/docs/by-hand.md" >"$TMPDIR/transcript" 2>&1 || { tail -n 60 "$TMPDIR/transcript"; fail "docs/by-hand.md"; }
grep -q 'L1 has powered off' "$TMPDIR/transcript" || fail "L1 did not power off"

# In this order: with nested paging, and without.
mapfile -t totals < <(sed -n 's/.* 0x4fffffff 0x00: eax=\(0x[0-9a-f]*\).*/\1/p' "$TMPDIR/transcript")
[ "${#totals[@]}" -eq 2 ] || fail "totals: ${totals[*]}"
[ $((totals[1])) -gt $((totals[0] * 3 / 2)) ] || fail "$((totals[0])) exits with nested paging, $((totals[1])) without"
echo "exits with nested paging: $((totals[0])), without: $((totals[1])); $(grep -o '^\[ *[0-9.]* s\]' "$TMPDIR/transcript" | tail -n 1)"
no_leftovers
