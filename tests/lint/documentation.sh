#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 600
# What the documents and the manual page say of commands, options and make targets is so.
. tests/lint/functions.sh

harness=$BUILD/harness
[ -x "$harness" ] || harness=build/harness
[ -x "$harness" ] || skip "no harness built"

"$harness" documentation man >"$TMPDIR/harness.1" || complain "documentation man: fails"
"$harness" documentation bash >"$TMPDIR/harness.bash" || complain "documentation bash: fails"
bash -n "$TMPDIR/harness.bash" || complain "documentation bash: not bash"
if command -v mandoc >/dev/null; then
  mandoc -T lint -W error "$TMPDIR/harness.1" || complain "the manual page has errors"
fi
if command -v groff >/dev/null; then
  said=$(groff -Kutf8 -man -ww -Tutf8 -z "$TMPDIR/harness.1" 2>&1)
  [ -z "$said" ] || complain "the manual page: $said"
fi

mapfile -t commands < <("$harness" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p')
[ "${#commands[@]}" -ge 5 ] || complain "--help names ${#commands[@]} commands"
for command in "${commands[@]}"; do
  "$harness" "$command" --help >"$TMPDIR/help-$command" || complain "$command --help: fails"
  tr -d '\134' <"$TMPDIR/harness.1" | grep -q "SS harness $command\b" || complain "the manual page has no $command"
done

make -s help | sed -n 's/^  \([a-z-]*\).*/\1/p' >"$TMPDIR/targets"
mapfile -t targets < <(sed -n 's/^\.PHONY: //p' Makefile | tr ' ' '\n')
for target in "${targets[@]}"; do
  [ "$target" = programs ] || grep -qx -- "$target" "$TMPDIR/targets" || complain "Makefile: $target has no help"
done

# Usage stands in code: `harness COMMAND --option` or `make TARGET`, between backquotes or on a line of a block.
usage() {
  awk '/^ *```/ { block = !block; next } block { print FILENAME ":" FNR ":" $0; next }
       { line = $0; while (match(line, /`[^`]+`/)) { print FILENAME ":" FNR ":" substr(line, RSTART + 1, RLENGTH - 2); line = substr(line, RSTART + RLENGTH) } }' "$1"
}
while IFS= read -r file; do
  usage "$file"
done < <(files '*.md') >"$TMPDIR/usage"
while IFS=: read -r file line text; do
  while read -r command rest; do
    [ -s "$TMPDIR/help-$command" ] || { complain "$file:$line: there is no command \"$command\""; continue; }
    while read -r option; do
      grep -qE -- "$option\b" "$TMPDIR/help-$command" || complain "$file:$line: $command has no $option"
    done < <(grep -oE -- '--[a-z][a-z0-9-]*' <<<"${rest%%&&*}")
  done < <(grep -oE '(^|[ ./])harness [a-z][a-z-]*.*' <<<"$text" | sed 's/^.*harness \([a-z]\)/\1/')
  while read -r target; do
    case $target in *config) continue ;; esac # the kernel's own make
    grep -qx -- "$target" "$TMPDIR/targets" || complain "$file:$line: make has no target \"$target\""
  done < <(grep -oE '(^|&& |\$ )make [a-z][a-z-]*' <<<"$text" | sed 's/.*make //')
done <"$TMPDIR/usage"

# The README's first figure is that of the committed reference run.
for lab in vmx svm; do
  exits=$(awk -F, 'NR > 1 { if ($1 == "ready") exit; sum += $5 } END { print sum }' "results/reference/$lab/phases.csv")
  grep -F 'exits of a full boot' README.md | grep -qF " $(sed -E 's/(.)(...)$/\1,\2/' <<<"$exits") |" || complain "README.md: the boot of $lab takes $exits exits in results/reference"
done
verdict
