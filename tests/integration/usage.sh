#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the user gives wrong: exit 2 with the place of the mistake, before anything is built or written.
. tests/integration/functions.sh
new_tree "$TMPDIR/tree"
new_replay "$TMPDIR/replay"

before=$(listing "$tree")

expect 2 "$harness"
expect 2 "$harness" fullrun
said 'no command "fullrun"'
expect 2 "$harness" full-run --nonsense
said "--nonsense"
expect 2 "$harness" full-run extra
said '"extra"'
expect 2 "$harness" full-run --isa arm
said '"arm"'
expect 2 "$harness" full-run --accel warp
said '"warp"'
expect 2 "$harness" full-run --lab configs/labs/vmx.conf
said "--isa"
expect 2 "$harness" full-run --jobs many
said "many"
expect 2 "$harness" full-run --replay "$TMPDIR/nowhere"
said "$TMPDIR/nowhere"
mkdir "$TMPDIR/svm-alone" && cp -r "$replay/svm" "$TMPDIR/svm-alone/"
expect 2 "$harness" full-run --replay "$TMPDIR/svm-alone"
said "$TMPDIR/svm-alone/vmx/records.bin"
for option in repeat jobs; do
  expect 2 "$harness" full-run "--$option=0" --replay "$replay"
  said "--$option is 0"
  expect 2 "$harness" full-run "--$option=-1" --replay "$replay"
done
expect 2 "$harness" build kernel --jobs 0
said "--jobs is 0"
expect 2 "$harness" build kernel --series "$TMPDIR"
said "$TMPDIR/series"
expect 2 "$harness" build kernel --kernel 6.0
said 'the labs'"'"' kernels are 6.1'
expect 2 "$harness" full-run --kernel 6.1-grading
said '--kernel is "6.1-grading"'
expect 2 "$harness" export --to csv --picture rate
said "--to svg"
expect 2 "$harness" build images --distro debian-12 --jobs 2
said "--jobs"
expect 2 "$harness" build
expect 2 "$harness" build moon
expect 2 "$harness" doctor now
expect 2 "$harness" documentation html
expect 2 env HARNESS_TREE="$TMPDIR" "$harness" doctor
said "HARNESS_TREE"

# A configuration with a mistake: FILE:LINE.
bad_conf() { # SED-SCRIPT LINE-PATTERN WHAT
  local line
  sed "$1" configs/labs/svm.conf >"$TMPDIR/bad.conf"
  line=$(grep -n "$2" "$TMPDIR/bad.conf" | head -n 1 | cut -d: -f1)
  expect 2 "$harness" full-run --isa svm --lab "$TMPDIR/bad.conf" --replay "$replay"
  said "$TMPDIR/bad.conf:$line:"
  said "$3"
}
bad_conf 's/^sample_ms = .*/samples_ms = 10/' samples_ms samples_ms
bad_conf 's/^sample_ms = .*/sample_ms = often/' 'sample_ms = often' often
bad_conf 's/^sample_ms = .*/sample_ms = -1/' 'sample_ms = -1' sample_ms
bad_conf 's/^\[limits\]/[limit]/' '\[limit\]' limit
bad_conf 's/^isa = svm/isa = mips/' 'isa = mips' mips
bad_conf 's/^isa = svm/isa svm/' 'isa svm' ''
expect 2 "$harness" full-run --isa svm --lab "$TMPDIR/nowhere.conf" --replay "$replay"
said "$TMPDIR/nowhere.conf"
sed 's/^leaf_map = .*/leaf_map = Q/' configs/labs/svm.conf >"$TMPDIR/map.conf"
expect 2 "$harness" full-run --isa svm --lab "$TMPDIR/map.conf" --replay "$replay"
said "Q.conf"

# The lab's own ISA and the option's must agree, or vmx's records would be read as svm's.
expect 2 "$harness" full-run --isa vmx --lab configs/labs/svm.conf --replay "$replay"
said "svm"

[ "$(listing "$tree")" = "$before" ] || fail "wrong usage left something in the tree: $(diff <(echo "$before") <(listing "$tree"))"

# What is right: help of all kinds, on the standard output.
expect 0 "$harness" --help
printed "full-run"
expect 0 "$harness" --version
printed "harness $(cat VERSION)"
for command in full-run build shell doctor fingerprint list show report compare clean export documentation; do
  expect 0 "$harness" "$command" --help
  printed "harness $command"
  expect 2 "$harness" "$command" --no-such-option
  said "--no-such-option"
done

# The manual page and the completion know every command, and the words that a command takes.
for command in full-run build shell doctor fingerprint list show report compare clean export documentation; do
  expect 0 "$harness" documentation man
  printed ".SS harness ${command/-/\\-} "
  expect 0 "$harness" documentation bash
  printed "    $command) words="
done
completed() { # WORDS… LAST: what the completion makes of the last word
  bash -c 'eval "$1"; shift; COMP_WORDS=(harness "$@"); COMP_CWORD=$#; _harness; echo "${COMPREPLY[*]}"' - "$(cat "$TMPDIR/out")" "$@"
}
[ "$(completed fing)" = fingerprint ] || fail "completion of a command: $(completed fing)"
[ "$(completed compare --fail)" = --fail-over ] || fail "completion of an option: $(completed compare --fail)"
[ "$(completed build k)" = kernel ] || fail "completion of a word: $(completed build k)"

# The progress counts the exits of all guests, as the result does.
expect 0 "$harness" full-run --isa svm --replay "$replay"
exits=$(sed -nE 's/.* ([0-9]+) in all.*/\1/p' "$TMPDIR/out")
said "replay: done"
said ", $exits exits"

# Quiet is quiet, and the results are printed all the same.
expect 0 "$harness" full-run -q --replay "$replay"
[ ! -s "$TMPDIR/err" ] || fail "-q: $(cat "$TMPDIR/err")"
printed "fingerprint"
