#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 10800
# Each of the labs' kernels but the default, whose own tests are many: both labs twice, all accounts agree, the same fingerprints. A submission is graded on
# it afterwards, and no kernel is built for that; one that is made from it is put on it by itself. Where its source is not here it is skipped, and said so.
. tests/labs/functions.sh
need_labs vmx svm
new_tree "$TMPDIR/tree"
shared_cache

run_twice() { # VERSION LAB
  local runs=()
  for _ in one two; do
    expect 0 "$harness" full-run --isa "$2" --kernel "$1"
    runs+=("$(readlink -f "$tree/results/latest")")
    check_lab "${runs[-1]}" "$2"
  done
  same_lab "${runs[0]}" "${runs[1]}" "$2"
}

# source_of VERSION: its tarball, as the harness finds it.
source_of() {
  "$harness" doctor --json | jq -r --arg item "kernel source $1" '.findings[] | select(.item == $item and .ok) | .finding' 2>/dev/null
}

# made_from SOURCE OUT: a submission of whole files, cpuid.c with one change.
made_from() {
  mkdir -p "$2"
  tar -xf "$1" -O --wildcards '*/arch/x86/kvm/cpuid.c' >"$2/cpuid.c" || fail "$1: cannot be read"
  grep -q '^int kvm_emulate_cpuid(struct kvm_vcpu \*vcpu)$' "$2/cpuid.c" || fail "cpuid.c has no kvm_emulate_cpuid"
  sed -i 's/^int kvm_emulate_cpuid(struct kvm_vcpu \*vcpu)$/static u32 my_own_answers;\n\n&/; s/^\tkvm_cpuid(vcpu, .*, false);$/\tmy_own_answers++;\n&/' "$2/cpuid.c"
  grep -q 'my_own_answers++' "$2/cpuid.c" || fail "the change has no place in cpuid.c"
}

graded() { # VERSION
  local release
  made_from "$(source_of "$1")" "$TMPDIR/made-$1"
  "$harness" grade --kernel auto --isa svm -o "$TMPDIR/grades-$1" "$TMPDIR/made-$1" >"$TMPDIR/out" 2>"$TMPDIR/err"
  ! grep -E 'kernel, what changed|\] kernel …' "$TMPDIR/err" || fail "grading built a kernel"
  release=$(jq -r .kernel "$TMPDIR/grades-$1"/*/grade.json)
  [[ $release == "$1".* ]] || fail "made from $1, and graded on $release"
  [ "$(jq -r .verdict "$TMPDIR/grades-$1"/*/grade.json)" = partial ] || fail "not judged: $(cat "$TMPDIR/err")"
}

tried=0
for series in kernel-patches/*-grading; do
  version=${series#kernel-patches/} version=${version%-grading}
  [ "$version" != 6.1 ] || continue
  if [ ! -f "$(source_of "$version")" ]; then
    echo "the source of Linux $version is not here: not tried"
    continue
  fi
  run_twice "$version" svm
  run_twice "$version" vmx
  graded "$version"
  tried=$((tried + 1))
done
[ "$tried" -gt 0 ] || skip "no source of another lab kernel is here"
