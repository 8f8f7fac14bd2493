#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Files that are no disks, or none that may be taken: each is told why, before any machine is started, and none is written.
. tests/integration/functions.sh
new_tree "$TMPDIR/tree"
disks=$TMPDIR/disks
mkdir "$disks" || fail "no folder"
cd "$disks" || exit 1
head -c 100000 /dev/zero >zeros
echo "not a disk" >text
: >empty
mkdir folder.qcow2
qemu-img create -q -f raw base.raw 1M
qemu-img create -q -f qcow2 -b base.raw -F raw on-base.qcow2
qemu-img create -q -f qcow2 -o data_file=base.raw,data_file_raw=on data-file.qcow2 1M
qemu-img create -q -f qcow2 huge.qcow2 2T
qemu-img create -q -f qcow2 --object secret,id=k,data=x -o encrypt.format=luks,encrypt.key-secret=k encrypted.qcow2 1M
qemu-img create -q -f vmdk other.vmdk 1M
qemu-img create -q -f qcow2 damaged.qcow2 1M
printf '\377\377\377\377\377\377\377\377' | dd of=damaged.qcow2 bs=1 seek=40 conv=notrunc 2>/dev/null
qemu-img create -q -f qcow2 corrupt.qcow2 4M
# The refcount of the header's cluster, which is in use.
printf '\0\0' | dd of=corrupt.qcow2 bs=1 seek=131072 conv=notrunc 2>/dev/null
gzip -kc base.raw >base.raw.gz
cd "$root" || exit 1
before=$(listing "$disks")

refused() { # STATUS FILE TEXT…
  expect "$1" "$harness" build images --distro "$disks/$2"
  said "$2"
  for text in "${@:3}"; do said "$text"; done
  said "; try: "
  no_leftovers
}

refused 2 zeros "no partition table"
refused 2 text "no disk"
refused 2 empty "smaller than a sector"
refused 2 folder.qcow2 "no regular file"
refused 2 on-base.qcow2 "base.raw" "qemu-img convert"
refused 2 data-file.qcow2 "base.raw"
refused 2 huge.qcow2 "2048 GiB"
refused 2 encrypted.qcow2 "encrypted"
refused 2 other.vmdk "its format is vmdk"
refused 2 base.raw.gz "unpacked"
expect 2 "$harness" build images --distro "$disks/damaged.qcow2"
said "damaged.qcow2"
expect 2 "$harness" build images --distro "$disks/nothing.qcow2"
said "no such file"
expect 2 "$harness" build images --distro "file://$disks/text"
said "no disk"
refused 1 corrupt.qcow2 "damaged"
# qemu-img has protocols and options of such names.
for name in fat:disk -disk; do
  echo "not a disk" >"$disks/$name"
  (cd "$disks" && expect 2 "$harness" build images "--distro=$name") || exit 1
  said "$disks/$name: this is no disk"
  rm "$disks/$name"
done
[ "$(listing "$disks")" = "$before" ] || fail "a file of the user's was changed"
[ -z "$(find "$tree/images/cache" -mindepth 1 -maxdepth 1 -name 'distro-*')" ] || fail "something was cached"
