#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
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

declare -A help
mapfile -t commands < <("$harness" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p')
[ "${#commands[@]}" -ge 5 ] || complain "--help names ${#commands[@]} commands"
for command in "${commands[@]}"; do
  help[$command]=$("$harness" "$command" --help) || complain "$command --help: fails"
  tr -d '\134' <"$TMPDIR/harness.1" | grep -q "SS harness $command\b" || complain "the manual page has no $command"
done

made=" $(make -s help | sed -n 's/^  \([a-z-]*\).*/\1/p' | tr '\n' ' ')"
read -ra targets < <(sed -n 's/^\.PHONY: //p' Makefile)
for target in "${targets[@]}"; do
  [ "$target" = programs ] || [[ $made == *" $target "* ]] || complain "Makefile: $target has no help"
done

# shellcheck disable=SC2016 # awk's own
# Usage stands in code: `harness COMMAND --option` or `make TARGET`, between backquotes or on a line of a block.
files '*.md' | xargs -d '\n' awk '
  FNR == 1 { block = 0 } /^ *```/ { block = !block; next } block { print FILENAME ":" FNR ":" $0; next }
  { line = $0; while (match(line, /`[^`]+`/)) { print FILENAME ":" FNR ":" substr(line, RSTART + 1, RLENGTH - 2); line = substr(line, RSTART + RLENGTH) } }' >"$TMPDIR/usage"

check_harness() { # WHERE COMMAND REST_OF_LINE
  local rest=${3%%&&*} option
  [ -n "${help[$2]:-}" ] || { complain "$1: there is no command \"$2\""; return; }
  while [[ $rest =~ --[a-z][a-z0-9-]* ]]; do
    option=${BASH_REMATCH[0]} rest=${rest#*"${BASH_REMATCH[0]}"}
    [[ ${help[$2]} =~ $option([^a-z0-9_-]|$) ]] || complain "$1: $2 has no $option"
  done
}
while IFS=: read -r file line text; do
  [[ $text =~ ^(.*[ ./])?harness\ ([a-z][a-z-]*)(.*)$ ]] && check_harness "$file:$line" "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"
  while [[ $text =~ (^|'&& '|'$ ')make\ ([a-z][a-z-]*)(.*)$ ]]; do
    target=${BASH_REMATCH[2]} text=${BASH_REMATCH[3]}
    [[ $target == *config || $made == *" $target "* ]] || complain "$file:$line: make has no target \"$target\"" # "config": the kernel's own make
  done
done <"$TMPDIR/usage"

# The README's first figure is that of the committed reference run.
for lab in vmx svm; do
  exits=$(awk -F, 'NR > 1 { if ($1 == "ready") exit; sum += $5 } END { print sum }' "results/reference/$lab/phases.csv")
  grep -F 'exits of a full boot' README.md | grep -qF " $(sed -E 's/(.)(...)$/\1,\2/' <<<"$exits") |" || complain "README.md: the boot of $lab takes $exits exits in results/reference"
done
verdict
