#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every script passes shellcheck, can be run if it is to be, and knows nothing but names that exist.
. tests/lint/functions.sh

command -v shellcheck >/dev/null || skip "shellcheck is not installed"
mapfile -t found < <(scripts)
[ "${#found[@]}" -ge 10 ] || complain "only ${#found[@]} scripts found: this test looks at nothing"
shellcheck --external-sources --source-path=. --exclude=SC1091 "${found[@]}" || complain "shellcheck has findings"
for file in "${found[@]}"; do
  case $file in
    */functions.sh) ;;
    *) [ -x "$file" ] || complain "$file: not executable" ;;
  esac
done
verdict
