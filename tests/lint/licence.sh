#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every source says its licence: GPL-2.0-or-later, and GPL-2.0-only what is the kernel's.
. tests/lint/functions.sh

{ files '*.c' '*.h' Makefile; scripts; } | xargs -d '\n' awk '
  function end() { if (name != "" && !said) print name; said = 0 }
  FNR == 1 { end(); name = FILENAME }
  FNR <= 3 && /SPDX-License-Identifier: GPL-2.0-or-later/ { said = 1 }
  FNR > 3 { nextfile }
  END { end() }' >"$TMPDIR/found"
complain_each "no SPDX line of GPL-2.0-or-later in the first three" <"$TMPDIR/found"

for patch in kernel-patches/*/*.patch; do
  # A new file: after "--- /dev/null" and its name and hunk line comes the first line of text.
  awk -v patch="$patch" '
    /^--- \/dev\/null/ { new = 1 }
    new && /^\+\+\+ / { name = $2 }
    new && /^@@/ { getline; if ($0 !~ /SPDX-License-Identifier: GPL-2.0(-only)?( |$)/) print patch ": " name; new = 0 }' "$patch"
done >"$TMPDIR/found"
complain_each "a new file without GPL-2.0-only" <"$TMPDIR/found"

for text in LICENSE kernel-patches/LICENSE; do
  grep -q 'GNU GENERAL PUBLIC LICENSE' "$text" 2>/dev/null || complain "$text: is not there, or not the licence"
done
verdict
