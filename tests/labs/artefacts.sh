#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 2400
# The kernel and L1's image are built, found again, and built again when a cache entry was damaged. The kernel of a
# fresh clone is built here; later tests find it in the cache.
. tests/labs/functions.sh
need_labs vmx svm
new_tree "$TMPDIR/tree"
shared_cache

expect 0 "$harness" build images
kernel=$(sed -n 's/^kernel .*: //p' "$TMPDIR/out")
image=$(sed -n 's/^L1 image.*: //p' "$TMPDIR/out")
for file in "$kernel/bzImage" "$kernel/manifest" "$image"; do
  [ -s "$file" ] || fail "$file: not there"
done
before=$(sha256sum "$kernel/bzImage" "$image")
expect 0 "$harness" build images
printed "kernel $(strings "$kernel/release" 2>/dev/null || true)"
printed "(cached)"
[ "$(sha256sum "$kernel/bzImage" "$image")" = "$before" ] || fail "what is in the cache was changed"

# A tree with a cache of its own that has both entries, one byte of the image being wrong: it is made anew, with the same bits.
new_tree "$TMPDIR/damaged"
cp -r "$kernel" "$(dirname "$image")" "$tree/images/cache/" || fail "cannot copy the entries"
copy=$tree/images/cache/$(basename "$(dirname "$image")")/$(basename "$image")
printf 'x' | dd of="$copy" bs=1 seek=100000 conv=notrunc 2>/dev/null
expect 0 "$harness" build images
[ "$(sha256sum <"$copy")" = "$(sha256sum <"$image")" ] || fail "the image that replaced a damaged one differs"
no_leftovers

# The guest programs are the same bits whatever the harness around them was built with: the image's key hangs on them.
for program in l1-agent l2-init; do
  [ ! -e "build/san/guest/$program" ] || cmp "build/guest/$program" "build/san/guest/$program" || fail "$program differs between builds"
done
