#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Data flows one way: a stage includes base/, record/, the headers of earlier stages, and its own.
# config takes base/ alone; guest programs take record/ and their own, and nobody takes theirs.
. tests/lint/functions.sh

order=(base record config kernel submission image machine timeline stats report grade cli)

rank() {
  local i
  for i in "${!order[@]}"; do
    [ "${order[$i]}" = "$1" ] && echo "$i" && return
  done
  echo none
}

allowed() { # STAGE INCLUDED
  case $1:$2 in
    "$2:$2" | guest:record) return 0 ;;
    guest:* | *:guest | base:* | record:*) return 1 ;;
    config:*) [ "$2" = base ]; return ;;
    *:base | *:record) return 0 ;;
  esac
  local of included
  of=$(rank "$1") included=$(rank "$2")
  [ "$of" != none ] && [ "$included" != none ] && [ "$included" -lt "$of" ]
}

count=0
while IFS=: read -r file line text; do
  stage=${file#src/} stage=${stage%%/*}
  included=${text#*\"} included=${included%\"*}
  count=$((count + 1))
  case $included in
    */*) allowed "$stage" "${included%%/*}" || complain "$file:$line: $stage/ includes \"$included\"" ;;
    *) complain "$file:$line: \"$included\" names no folder" ;;
  esac
done < <(files 'src/*.c' 'src/*.h' | xargs grep -nE '^ *# *include *"')
[ "$count" -gt 100 ] || complain "only $count includes found: this test looks at nothing"

complain_each "GLib in a guest's program" < <(files 'src/record/*' 'src/guest/*' | xargs grep -nHE '^ *# *include *<(glib|gio|json-glib)')
verdict
