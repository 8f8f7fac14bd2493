#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Where KVM's part of a kernel's source is:  tests/submissions/kernel.sh VERSION  prints a folder ("5.10": of its releases the first that is at hand), or says
# what is missing and ends with 1.
#
# SUBMISSIONS_KERNELS: a folder of unpacked sources, 5.10.0/ and so on. After it come what `./harness build bases` keeps in images/cache, and the packages
# linux-source-VERSION, unpacked once into SUBMISSIONS_CACHE (build/submissions).
set -eu
umask 022
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${SUBMISSIONS_CACHE:-$root/${BUILD:-build}/submissions}
parts=(Makefile arch/x86/kvm virt/kvm arch/x86/include/asm/kvm_host.h include/linux/kvm_host.h)
version=$1

# The folder that a list of folders has for the version: their Makefiles tell which they are.
told_by_makefile() {
  local dir
  for dir; do
    [ -f "$dir/arch/x86/kvm/cpuid.c" ] || continue
    awk -F' *= *' -v dir="$dir" '/^(VERSION|PATCHLEVEL|SUBLEVEL) *=/ { part[$1] = $2 } END { print part["VERSION"] "." part["PATCHLEVEL"] "." part["SUBLEVEL"] " " dir }' "$dir/Makefile"
  done | grep -E "^${version//./\\.}(\\.[0-9]+)* " | sort -V | head -n 1 | cut -d ' ' -f 2-
}

unpack() { # TARBALL
  local key made
  key=$(stat -Lc '%n %s %Y' "$1" | sha256sum | cut -c1-16)
  dir=$cache/kernel-$key
  [ ! -d "$dir" ] || return 0
  mkdir -p "$cache"
  made=$(mktemp -d "$cache/making-XXXXXX")
  tar -xf "$1" -C "$made" --strip-components=1 --wildcards "${parts[@]/#/*/}"
  chmod 755 "$made"
  mv -T "$made" "$dir" 2>/dev/null || { rm -rf "$made" && [ -d "$dir" ]; }
}

dir=
[ -z "${SUBMISSIONS_KERNELS:-}" ] || dir=$(told_by_makefile "$SUBMISSIONS_KERNELS"/*/)
[ -n "$dir" ] || dir=$(told_by_makefile "$root"/images/cache/kvm-{base,source}-*/)
if [ -z "$dir" ]; then
  for tarball in "/usr/src/linux-source-$version".tar.*; do
    [ ! -f "$tarball" ] || unpack "$tarball"
  done
fi
if [ -z "$dir" ]; then
  echo "kernel.sh: no source of Linux $version: ./harness build bases $version, or SUBMISSIONS_KERNELS names a folder of sources" >&2
  exit 1
fi
echo "${dir%/}"
