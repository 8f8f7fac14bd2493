#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 300
# The kernel's own checkpatch, in its strict form, has nothing to say of our patches.
. tests/lint/functions.sh

source=/usr/src/linux-source-6.1.tar.xz
parts=(scripts/checkpatch.pl scripts/spelling.txt scripts/const_structs.checkpatch)
top=
for work in images/cache/kernel-work-*/src; do
  [ -f "$work/scripts/checkpatch.pl" ] && top=$work
done
if [ -z "$top" ]; then
  [ -f "$source" ] || skip "no kernel source here"
  top=$TMPDIR
  tar -xJf "$source" -C "$top" --strip-components=1 "${parts[@]/#/linux-source-6.1/}" || skip "$source: cannot be unpacked"
fi
# FILE_PATH_CHANGES asks for an entry in MAINTAINERS, which this series has none to make.
for patch in kernel-patches/*/*.patch; do
  # From standard input: of a file that git knows it would believe that it is source.
  perl "$top/scripts/checkpatch.pl" --strict --ignore FILE_PATH_CHANGES --no-tree --no-summary --terse - <"$patch" || complain "$patch: checkpatch has findings"
done
verdict
