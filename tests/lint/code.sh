#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 600
# Calls that have no place here, goto, functions that do too much, paths of one machine alone, and archives' addresses.
. tests/lint/functions.sh

longest=60
# Word boundaries: snprintf and g_strcat are others. Tests may poll; L2's init sleeps because that is its work.
banned='(^|[^A-Za-z0-9_])(system|popen|strcpy|strcat|sprintf|vsprintf|gets|mktemp|tmpnam|alloca)[[:space:]]*\('
sleeps='(^|[^A-Za-z0-9_])(sleep|usleep|nanosleep|g_usleep)[[:space:]]*\('

while IFS= read -r file; do
  code=$(code_of "$file")
  grep -oE "$banned" <<<"$code" | sort -u | while IFS= read -r call; do echo "$file: calls ${call//[^a-z_]/}"; done
  grep -qE '(^|[^A-Za-z0-9_])goto[[:space:]]' <<<"$code" && echo "$file: goto"
  case $file in
    src/guest/l2-init.c | src/guest/l2-operations.c | tests/* | bench/*) ;;
    *) grep -qE "$sleeps" <<<"$code" && echo "$file: sleeps" ;;
  esac
  case $file in
    src/guest/* | src/cli/main.c | tests/* | bench/*) ;;
    *) grep -qE '(^|[^A-Za-z0-9_])exit[[:space:]]*\(' <<<"$code" && echo "$file: exit outside main" ;;
  esac
  awk -v file="$file" -v longest="$longest" '
    /^{/ { begin = NR }
    /^}/ && begin { if (NR - begin - 1 > longest) printf "%s:%d: a function of %d lines\n", file, begin, NR - begin - 1; begin = 0 }' "$file"
done < <(files 'src/*.c' 'src/*.h' 'tests/*.c' 'tests/*.h' 'bench/*.c') >"$TMPDIR/found"
complain_each "has no place here" <"$TMPDIR/found"

# The brackets keep this very file from being found.
files ':!kernel-patches/*' | xargs -d '\n' grep -nIE '(^|[^A-Za-z0-9_.])/(wor[k]|tm[p]/lab|hom[e]/[a-z]+)/' | cut -c1-160 >"$TMPDIR/paths"
complain_each "a path of one machine alone" <"$TMPDIR/paths"

# Archives' addresses are the host's apt's or debootstrap's. Images that publishers offer for download have theirs in configs/distributions.
files ':!kernel-patches/*' | xargs -d '\n' grep -nIE '(deb|security|ftp[.a-z]*|snapshot|archive)\.debian\.or[g]|(archive|security|ports|old-releases)\.ubuntu\.co[m]|ppa\.launchpa[d]' |
  cut -c1-160 >"$TMPDIR/archives"
complain_each "an archive's host name" <"$TMPDIR/archives"
verdict
