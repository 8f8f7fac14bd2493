#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints the submissions as README.md lists them, from their expect.conf.
set -eu
export LC_ALL=C
cd "$(dirname "$0")"

echo '| submission | asked | form | what it is | verdict | rows lost |'
echo '|---|---|---|---|---|---|'
for conf in */expect.conf; do
  awk -F= -v name="${conf%/*}" '
    NR == 1 { what = substr($0, 3) }
    /^[a-z_]+=/ { key = $1; sub (/^[a-z_]+=/, ""); value[key] = $0 }
    END {
      where = value["stage"] ~ /^checks(;carry)?$/ ? "" : ": " value["stage"]
      gsub (/,/, ", ", value["rows_lost"])
      gsub (/,/, ", ", value["rows_open"])
      gsub (/;/, " or ", where)
      open = value["rows_open"] == "" ? "" : " (open: " value["rows_open"] ")"
      gsub (/;/, " or ", value["verdict"])
      map = value["leaf_map"] == "" ? "" : ", " value["leaf_map"]
      from = (value["style"] == "" ? "" : ", " value["style"]) (value["base"] == "" ? "" : ", " value["base"])
      printf "| %s | %s, %s%s | %s%s | %s | %s%s | %s%s |\n", name, value["assignment"], value["isa"], map, value["form"], from, what,
        value["verdict"], where, value["rows_lost"], open
    }' "$conf"
done
