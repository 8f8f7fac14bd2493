#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Bases and sources on demand, from a small archive in a folder, signed by a key made here: listed, fetched, kept, refused. No network is asked.
# deadline: 300
. tests/integration/functions.sh
for program in gpg apt-get xz sha256sum; do
  command -v "$program" >/dev/null || skip "$program is not here"
done
new_tree "$TMPDIR/tree"
archive=$TMPDIR/ubuntu
pool=$archive/pool/l
export GNUPGHOME=$TMPDIR/gnupg
mkdir -p "$pool" "$GNUPGHOME" || fail "cannot make folders"
chmod 700 "$GNUPGHOME"
# To unpack what this host has in /usr/src takes a while: it may be there already.
cp -r "$root"/images/cache/kvm-source-* "$tree/images/cache/" 2>/dev/null
key() { gpg --batch --quiet --passphrase '' --quick-generate-key "$1" ed25519 sign never 2>"$TMPDIR/gpg" || fail "$(cat "$TMPDIR/gpg")"; }
key archive@test
key other@test
gpg --export archive@test >"$TMPDIR/archive.gpg"
gpg --export other@test >"$TMPDIR/other.gpg"

# kernel PATCHLEVEL SUBLEVEL FILE: a tarball that looks like a kernel's.
kernel() {
  local top=$TMPDIR/src/linux-x
  rm -rf "$TMPDIR/src"
  mkdir -p "$top"/{arch/x86/kvm/vmx,arch/x86/include/asm,include/linux,virt/kvm,drivers}
  printf 'VERSION = 5\nPATCHLEVEL = %s\nSUBLEVEL = %s\nEXTRAVERSION =\n' "$1" "$2" >"$top/Makefile"
  for file in arch/x86/kvm/{x86,cpuid,vmx/vmx}.c arch/x86/include/asm/kvm_host.h include/linux/kvm_host.h virt/kvm/kvm_main.c drivers/d.c; do
    echo "/* $file of 5.$1.$2 */" >"$top/$file"
  done
  tar -C "$TMPDIR/src" -caf "$3" linux-x || fail "cannot pack $3"
}

# publish SUITE FILE…: signs a suite with a source package for each file.
publish() {
  local suite=$archive/dists/$1 file name package
  mkdir -p "$suite/main/source"
  for file in "${@:2}"; do
    name=${file##*/} package=${name%%_*}
    printf 'Package: %s\nFormat: 3.0 (quilt)\nVersion: 1\nDirectory: pool/l\nFiles:\n 0 0 x\nChecksums-Sha256:\n %s %s %s\n\n' \
      "$package" "$(sha256sum "$file" | cut -d' ' -f1)" "$(stat -c %s "$file")" "$name"
  done >"$suite/main/source/Sources"
  (
    cd "$suite" || exit 1
    printf 'Origin: Test\nSuite: %s\nCodename: %s\nComponents: main\nArchitectures: amd64\nDate: %s\nSHA256:\n' "$1" "$1" "$(LC_ALL=C date -u -R)"
    printf ' %s %s main/source/Sources\n' "$(sha256sum main/source/Sources | cut -d' ' -f1)" "$(stat -c %s main/source/Sources)"
  ) >"$suite/Release"
  gpg --batch --quiet --yes --local-user archive@test --clearsign --output "$suite/InRelease" "$suite/Release" || fail "cannot sign"
  rm "$suite/Release"
}

conf() { # KEYRING
  cat >"$tree/configs/bases.conf" <<EOF
[bases]
packages = linux linux-hwe linux-oem
[ubuntu]
sources = first main; second main; gone main
mirror = file:$archive
keyring = $1
EOF
}

kernel 13 0 "$pool/linux-hwe-5.13_5.13.0.orig.tar.gz"
cp "$pool/linux-hwe-5.13_5.13.0.orig.tar.gz" "$pool/linux-oem-5.13_5.13.0.orig.tar.gz"
kernel 10 7 "$pool/linux_5.10.7.orig.tar.xz"
kernel 10 46 "$pool/linux_5.10.46.orig.tar.xz"
kernel 15 0 "$pool/linux_5.15.0.orig.tar.gz"
kernel 14 0 "$pool/linux_5.16.0.orig.tar.gz"
publish first "$pool"/linux-*5.13.0.orig.tar.gz "$pool/linux_5.15.0.orig.tar.gz" "$pool/linux_5.16.0.orig.tar.gz"
publish second "$pool"/linux_5.10.*.orig.tar.xz
conf "$TMPDIR/archive.gpg"
host=$(find /var/lib/apt /etc/apt -printf '%p %T@ %s\n' 2>/dev/null | sort | sha256sum)

# Listed, with sizes; a suite that is gone is told; no kernel is fetched.
expect 0 "$harness" build bases
printed "5.13.0"
printed "5.10.46"
printed " bytes  linux-hwe-5.13"
said "gone main"
! compgen -G "$tree/images/cache/kvm-base-*" >/dev/null || fail "a list has fetched"

# The first package's file is gone: the next has the same version. What is kept is KVM's part, and it is listed.
rm "$pool/linux-hwe-5.13_5.13.0.orig.tar.gz"
expect 0 "$harness" build bases 5.13
printed "base 5.13.0 (linux-oem-5.13): "
said "File not found"
kept=$(sed -n 's/^base .*: //p' "$TMPDIR/out")
grep -qF "vmx.c of 5.13.0" "$kept/arch/x86/kvm/vmx/vmx.c" || fail "$kept is not what was published"
[ ! -e "$kept/drivers" ] || fail "more than KVM's part is kept"
expect 0 "$harness" build bases
printed "5.13.0 (linux-oem-5.13)"

# No mainline's release: the lowest. One with all its numbers is that one. What is here already needs no archive.
expect 0 "$harness" build bases 5.10 5.10.46
printed "base 5.10.7 (linux): "
printed "base 5.10.46 (linux): "
mv "$archive" "$archive.away"
expect 0 "$harness" build bases 5.13 5.10 5.10.46
expect 0 "$harness" build bases
expect 3 "$harness" build bases --refresh
said "lists cannot be had"
expect 0 "$harness" build bases 5.13.0
mv "$archive.away" "$archive"

# Nobody publishes it; no version at all.
expect 2 "$harness" build bases 5.12
said "next to it are 5.10.46 and 5.13.0"
expect 2 "$harness" build bases new
said '"new" is no kernel'

# Another file than the one that was signed for; another kernel than its name says.
printf x >>"$pool/linux_5.15.0.orig.tar.gz"
expect 1 "$harness" build bases 5.15
said "linux_5.15.0.orig.tar.gz: "
expect 1 "$harness" build bases 5.16
said "says that it is 5.14.0"

# Lists that were altered, or signed by another, are none; what was known stays.
sed -i 's/5\.13/5.19/' "$archive/dists/first/main/source/Sources"
sed -i 's/5\.10/5.19/' "$archive/dists/second/main/source/Sources"
expect 3 "$harness" build bases --refresh
publish first "$pool/linux_5.15.0.orig.tar.gz"
conf "$TMPDIR/other.gpg"
expect 3 "$harness" build bases --refresh
conf "$TMPDIR/none.gpg"
expect 3 "$harness" build bases --refresh
said "none.gpg: the keys that sign it are not there"
expect 0 "$harness" build bases
printed "5.13.0"

# A lab kernel's whole source: the one file that is pinned. It is told where it lacks, and kept; KVM's part of it is a base.
pin() { printf '[source]\nversion = %s\nsha256 = %s\n' "$1" "$2" >"$tree/configs/kernels/7.2.source"; }
conf "$TMPDIR/archive.gpg"
publish second "$pool"/linux_5.10.*.orig.tar.xz
expect 0 "$harness" build bases --refresh
pin 5.10.46 "$(printf '0%.0s' {1..64})"
if [ ! -f /usr/src/linux-source-7.2.tar.xz ]; then
  expect 3 "$harness" build kernel --kernel 7.2
  said "try: ./harness build source 7.2, which fetches Linux 5.10.46"
fi
expect 1 "$harness" build source 7.2
said "no archive that is asked publishes the tarball with SHA-256 0000"
pin 5.10.46 "$(sha256sum "$pool/linux_5.10.46.orig.tar.xz" | cut -d' ' -f1)"
expect 0 "$harness" build source 7.2
printed "source of Linux 5.10.46: "
cmp "$(sed -n 's/^source of .*: //p' "$TMPDIR/out")" "$pool/linux_5.10.46.orig.tar.xz" || fail "another file is kept"
mv "$archive" "$archive.away"
expect 0 "$harness" build source 7.2
mv "$archive.away" "$archive"
expect 2 "$harness" build source
said "wants versions"
expect 2 "$harness" build source 6.1
said "no source of it is pinned; try: apt-get install linux-source-6.1"
expect 2 "$harness" build source 7.2 --jobs 2
said "source takes no options"

# A source that the user has.
kernel 12 3 "$TMPDIR/mine.tar.gz"
expect 0 "$harness" build bases --tree "$TMPDIR/src/linux-x" --tree "$TMPDIR/mine.tar.gz"
printed "base 5.12.3 (linux-x): "
expect 2 "$harness" build bases --tree "$TMPDIR/gnupg"
said "no kernel source"
expect 2 "$harness" build kernel --tree "$TMPDIR/src/linux-x"
said "--tree is for bases"
expect 2 "$harness" build bases 5.13 --jobs 2
said "bases take no options"

# The host's apt is as it was, and nothing is left behind.
[ "$host" = "$(find /var/lib/apt /etc/apt -printf '%p %T@ %s\n' 2>/dev/null | sort | sha256sum)" ] || fail "the host's apt was touched"
! compgen -G "$tree/images/cache/.tmp-*" >/dev/null || fail "left behind: $(ls -A "$tree/images/cache")"
