# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What lint tests share. Each one prints what is wrong, a line a finding, and ends with `verdict`.
set -u
findings=0

complain() {
  printf '%s\n' "$*"
  findings=$((findings + 1))
}

# complain_each WHAT <LIST: every line is a finding. (Not at the end of a pipe: there it would count in a shell of its own.)
complain_each() {
  local line
  while IFS= read -r line; do
    complain "$line: $1"
  done
}

verdict() {
  [ "$findings" -eq 0 ] || exit 1
  exit 0
}

skip() {
  echo "$*"
  exit 77
}

# Files that git knows or would take, as patterns say.
# shellcheck disable=SC2120
files() {
  git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
    [ -f "$file" ] && printf '%s\n' "$file"
  done
}

# Scripts: by name, or by their first line.
scripts() {
  # shellcheck disable=SC2119
  files | while IFS= read -r file; do
    case ${file##*/} in
      *.sh) echo "$file" ;;
      *.*) ;;
      *) head -c 30 "$file" | LC_ALL=C grep -aqE '^#! ?/.*sh$' && echo "$file" ;;
    esac
  done
}
