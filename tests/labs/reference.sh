#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 900
# A fresh run against results/reference, the committed one: the same fingerprints. Where a tool has another version the
# comparison is skipped, and the tool named: it is never passed by that.
. tests/labs/functions.sh
need_labs vmx svm
reference=$root/results/reference
[ -f "$reference/manifest.json" ] || lab_cannot vmx "results/reference is not there; try: make reference"

# The committed files are what their manifest says.
expect 0 "$harness" fingerprint "$reference"

new_tree "$TMPDIR/tree"
shared_cache
expect 0 "$harness" full-run
run=$tree/results/latest
cat "$TMPDIR/out"

# Lines of the one that the other has not.
differing() { # MEMBER
  diff <(pairs "$reference" "$1") <(pairs "$run" "$1") | sed -n 's/^</    reference:/p; s/^>/    here:     /p'
}

versions=$(differing versions | grep -v $'\tharness')
inputs=$(differing inputs)
unequal=()
for lab in vmx svm; do
  [ "$(of_lab "$run" "$lab" determinism)" = exact ] || continue
  [ "$(of_lab "$reference" "$lab" fingerprint)" = "$(of_lab "$run" "$lab" fingerprint)" ] || unequal+=("$lab")
done

if [ "${#unequal[@]}" -eq 0 ]; then
  [ -n "$versions$inputs" ] && echo "equal fingerprints, in spite of: $versions $inputs"
  exit 0
fi
echo "other fingerprints than the reference's: ${unequal[*]}"
if [ -n "$versions" ]; then
  echo "versions that differ:"
  echo "$versions"
  skip "not comparable with results/reference, other versions of: $(cut -f1 <<<"$versions" | awk '{ print $2 }' | sort -u | paste -sd' ')"
fi
if [ -n "$inputs" ]; then
  echo "inputs that differ:"
  echo "$inputs"
  fail "the inputs were changed since results/reference was made; try: make reference, and look at what it changes"
fi
for lab in "${unequal[@]}"; do
  same_lab "$reference" "$run" "$lab"
done
