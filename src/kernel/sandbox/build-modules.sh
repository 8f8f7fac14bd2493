#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs inside the sandbox (kernel/modules.c): builds KVM's modules in LAB/linux and writes a tar of `status`, `log` and the modules to stdout.
#
#   build-modules.sh LAB REMOVED SECONDS LOG_KIB ARGUMENTS-OF-MAKE…
#
# Some folders of LAB/linux are scratch folders, filled from the kit; all else there is read-only. The files of LAB/files are laid over
# them, those REMOVED are removed. `status` holds make's exit status, 124 if it took longer than SECONDS.
# Nothing of the submission has run before "ready" was said: a failure without that word is not its fault.
set -eu

kit=$1/kit tree=$1/linux files=$1/files out=$1/out log=$1/log/make
removed=$2 seconds=$3 log_kib=$4
shift 4

cp -R "$files/." "$tree/"
# An object of a changed file goes, whatever the clocks say, and that of a removed one; all of them, if the clock went back since the kit was made.
forget_object() {
  case $1 in
    *.[cS]) rm -f "$tree/${1%.*}.o" ;;
  esac
}
for path in $removed; do
  rm -f "$tree/$path"
  forget_object "$path"
done
(cd "$files" && find . -type f) | while IFS= read -r path; do
  forget_object "$path"
done
[ -n "$(find "$files" -prune -newer "$kit/arch/x86/kvm/kvm.ko")" ] || find "$tree/arch/x86/kvm" "$tree/virt/kvm" -name '*.o' -delete

echo ready >&2
cd "$tree"
status=0
# Linux 7 refuses to build KVM with EXPORT_SYMBOL_GPL in it, by a check in its Makefile: a change for an earlier one has that, and rightly.
timeout --kill-after=2 "$seconds" make check_kvm_exports= "$@" >"$log" 2>&1 </dev/null || status=$?

# The log's folder is as large as the log may be. If it is full, what make said then is lost, be it warnings.
if [ "$status" -ne 124 ] && [ "$(du -k "$log" | cut -f 1)" -ge "$log_kib" ]; then
  status=flood
fi
names=
if [ "$status" = 0 ]; then
  for name in kvm kvm-intel kvm-amd; do
    built=arch/x86/kvm/$name.ko
    if ! [ -f "$built" ] || [ -h "$built" ] || ! cp "$built" "$out/$name.ko.debug" || ! strip --strip-debug -o "$out/$name.ko" "$built"; then
      status=$name
      break
    fi
    names="$names $name.ko $name.ko.debug"
  done
fi
echo "$status" >"$out/status"
# From Linux 6.13 on make works in the modules' folder, and files are named from there.
if grep -q KBUILD_EXTMOD_OUTPUT Makefile; then
  sed -E 's#^[A-Za-z0-9_.+-][A-Za-z0-9_./+-]*\.[chS]:[0-9]#arch/x86/kvm/&#' "$log" >"$out/log"
else
  cp "$log" "$out/log"
fi
# shellcheck disable=SC2086 # a list of names
exec tar --create --format=ustar --owner=0 --group=0 --directory="$out" --file=- status log $names
