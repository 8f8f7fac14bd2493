#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The exit log's layout is written down twice: for user space in src/record/exit-log-abi.h, for the kernel in
# arch/x86/kvm/exit_log.h of each patch series. Structures, constants and enumerations are the same.
. tests/lint/functions.sh

ours=src/record/exit-log-abi.h

# One declaration a line, comments and white space gone, types by their user-space names.
normal() {
  gcc -fpreprocessed -dD -E -P "$1" | sed -E 's/\bu(32|64)\b/uint\1_t/g; s/\bBIT\(([0-9]+)\)/(1u << \1)/; s/[[:space:]]+/ /g; s/^ //; s/ $//'
}
structs() {
  normal "$1" | awk '/^struct [a-z_]+ \{$/ { on = 1 } on { print } /^};$/ { on = 0 }'
}
constants() {
  normal "$1" | tr '\n' ' ' | grep -oE 'KVM_EXIT_LOG_ISA_[A-Z]+ = [0-9]+'
  normal "$1" | sed -nE 's/^#define (KVM_EXIT_LOG_[A-Z_]+) ([^ ].*)$/\1 \2/p'
}

for series in kernel-patches/*/series; do
  dir=$(dirname "$series")
  [[ $dir == *-grading ]] && continue # what submissions are graded on has no exit log
  tree=$TMPDIR/${dir##*/}
  mkdir -p "$tree"
  while IFS= read -r patch; do
    patch -d "$tree" -p1 -s --dry-run /dev/null </dev/null
    (cd "$tree" && git apply --include='arch/x86/kvm/exit_log.h' "$OLDPWD/$dir/$patch") || complain "$dir/$patch: exit_log.h does not apply"
  done < <(grep -v '^ *\(#\|$\)' "$series")
  theirs=$tree/arch/x86/kvm/exit_log.h
  [ "$(structs "$ours" | grep -c '^struct')" -eq 4 ] || complain "$ours: expected four structures"
  diff -u --label "$ours" --label "$dir: exit_log.h" <(structs "$ours") <(structs "$theirs") || complain "$dir: structures differ from $ours"
  # The kernel has constants of its own besides: those of ours must be there.
  [ "$(constants "$ours" | wc -l)" -ge 9 ] || complain "$ours: too few constants found: this test looks at nothing"
  missing=$(comm -23 <(constants "$ours" | sort) <(constants "$theirs" | sort))
  [ -z "$missing" ] || complain "$dir: differs from $ours in: $missing"
done
verdict
