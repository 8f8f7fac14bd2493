#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 3600
# The kernel built twice from nothing, in other folders and without ccache's help, is the same bit for bit: bzImage and modules.
. tests/labs/functions.sh
need_labs vmx svm

build() { # NAME
  # Nothing of the first build is near the second: the path, the time and the cache are others.
  new_tree "$TMPDIR/$1"
  expect 0 env CCACHE_DISABLE=1 "$harness" build kernel
  kernel=$(sed -n 's/^kernel [^ ]*: //p' "$TMPDIR/out")
  [ -n "$kernel" ] || fail "not built, but found: $(cat "$TMPDIR/out")"
  (cd "$kernel" && find . -type f ! -name manifest ! -name '*.log' -print0 | sort -z | xargs -0 sha256sum) >"$TMPDIR/$1.sums"
  rm -rf "${tree:?}"
}

build one
build another-and-longer
diff "$TMPDIR/one.sums" "$TMPDIR/another-and-longer.sums" || fail "the kernel's files differ"
grep -q bzImage "$TMPDIR/one.sums" || fail "no bzImage among what was compared"
[ "$(grep -c '\.ko$' "$TMPDIR/one.sums")" -ge 3 ] || fail "no modules among what was compared"
