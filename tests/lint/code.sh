#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Calls that have no place here, goto, functions that do too much, what a merge left, paths of one machine alone, and archives' addresses.
. tests/lint/functions.sh

files 'src/*.c' 'src/*.h' 'tests/*.c' 'tests/*.h' 'bench/*.c' | tests/lint/code.pl >"$TMPDIR/found" || complain "code.pl: fails"
complain_each "has no place here" <"$TMPDIR/found"

files ':!kernel-patches/*' ':!tests/data/*' | xargs -d '\n' grep -nIE '^(<{7}|>{7}) ' | cut -c1-160 >"$TMPDIR/merge"
complain_each "left by a merge" <"$TMPDIR/merge"

# The brackets keep this very file from being found.
files ':!kernel-patches/*' | xargs -d '\n' grep -nIE '(^|[^A-Za-z0-9_.])/(wor[k]|tm[p]/lab|hom[e]/[a-z]+)/' | cut -c1-160 >"$TMPDIR/paths"
complain_each "a path of one machine alone" <"$TMPDIR/paths"

# Archives' addresses are the host's apt's or debootstrap's. Images that publishers offer for download have theirs in configs/distributions.
files ':!kernel-patches/*' | xargs -d '\n' grep -nIE '(deb|security|ftp[.a-z]*|snapshot|archive)\.debian\.or[g]|(archive|security|ports|old-releases)\.ubuntu\.co[m]|ppa\.launchpa[d]' |
  cut -c1-160 >"$TMPDIR/archives"
complain_each "an archive's host name" <"$TMPDIR/archives"
verdict
