#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes a submission as a student hands it in:  tests/submissions/pack.sh NAME OUT_DIR [VERSION]  prints the path of what it made in OUT_DIR.
# The same bytes every time, with the same tools. Of its forms tells README.md. With --base it prints where the kernel's files are.
# VERSION: the kernel that it is made from, for a submission with several; its first, if none is named. kernel.sh finds the source.
#
# KERNEL: the lab kernel whose own series `reference` is, 6.1 if it is not said.
# SUBMISSIONS_SOURCE: Linux 6.1, as Debian's linux-source-6.1.tar.xz (the default) or as a folder; the patches of 6.1-grading are
# applied to what is needed of it, once. SUBMISSIONS_CACHE: the folder where that is kept (build/submissions).
set -eu
umask 022
export LC_ALL=C TZ=UTC

here=$(cd "$(dirname "$0")" && pwd)
patches=$here/../../kernel-patches
source=${SUBMISSIONS_SOURCE:-/usr/src/linux-source-6.1.tar.xz}
cache=${SUBMISSIONS_CACHE:-$here/../../${BUILD:-build}/submissions}
day='2021-05-17T12:00:00Z'
# What is taken of the source: all that a submission here touches, and what makes a kernel tree of it.
parts=(Makefile arch/x86/kvm arch/x86/include/asm/kvm_host.h include/linux/kvm_host.h kernel/sched/core.c)

die() {
  echo "pack.sh: $*" >&2
  exit 1
}

# Takes the parts out of the source into a folder and patches them.
unpack_base() {
  mkdir -p "$1"
  if [ -d "$source" ]; then
    (cd "$source" && tar -cf - --exclude='*.o' --exclude='*.ko' --exclude='*.cmd' --exclude='*.mod*' "${parts[@]}") | tar -xf - -C "$1"
  else
    [ -f "$source" ] || die "$source: not there; SUBMISSIONS_SOURCE names another"
    tar -xf "$source" -C "$1" --strip-components=1 "${parts[@]/#/linux-source-6.1/}"
  fi
  # A folder may be the grading kernel's own already.
  [ -d "$source" ] && grep -q tcg_event_injection "$1/arch/x86/kvm/svm/svm.c" && return
  while IFS= read -r patch; do
    patch -d "$1" -p1 -s --fuzz=0 --no-backup-if-mismatch <"$patches/6.1-grading/$patch"
  done < <(grep -v '^ *\(#\|$\)' "$patches/6.1-grading/series")
}

# base: the grading kernel's files. Made beside its final name, so that two packers do not meet.
find_base() {
  local key made
  key=$( { stat -Lc '%n %s %Y' "$source"; cat "$patches"/6.1-grading/*; } | sha256sum | cut -c1-16)
  base=$cache/base-$key
  [ -d "$base" ] && return
  mkdir -p "$cache"
  made=$(mktemp -d "$cache/making-XXXXXX")
  unpack_base "$made/base"
  mv -T "$made/base" "$base" 2>/dev/null || [ -d "$base" ] || die "$base: cannot be made"
  rm -rf "$made"
}

# The files that a patch touches, one a line.
touched() {
  sed -n 's,^+++ b/,,p' "$submission/change.patch"
}

# The change's part of the vendors' files (vmx/, svm/), or of all others.
part_of_change() { # vendor|common
  awk -v want="$1" '/^diff --git / { part = /arch\/x86\/kvm\/(vmx|svm)\// ? "vendor" : "common" } part == want' "$submission/change.patch"
}

# base: the files of another kernel, from which a shape is made; its change may be written for a neighbour's.
find_other_base() {
  [[ " $versions " == *" $version "* ]] || die "$name: not made from $version"
  base=$("$here/kernel.sh" "$version") || exit 1
  fuzz=2
}

# What is taken of the base, as a kernel tree.
base_tree() { # DIR
  local part
  for part in "${parts[@]}"; do
    [ -e "$base/$part" ] || continue
    mkdir -p "$1/$(dirname "$part")"
    cp -r "$base/$part" "$1/$part"
  done
  chmod -R u+w "$1"
}

apply_to() { # DIR, the change on standard input
  patch -d "$1" -p1 -s --force --fuzz="$fuzz" --no-backup-if-mismatch || die "$name: does not apply"
}

# The touched files as the submission's editor leaves them.
restyle() { # DIR
  local file
  [ -n "$style" ] || return 0
  while IFS= read -r file; do
    "$here/restyle.py" "$style" <"$1/$file" >"$work/restyled"
    cp "$work/restyled" "$1/$file"
  done < <(touched)
}

# A kernel tree with the submission's change.
changed_tree() {
  base_tree "$1"
  apply_to "$1" <"$submission/change.patch"
  restyle "$1"
}

# The touched files alone, by their base names, as students hand them in.
whole_files() {
  local file changed=$work/changed
  while IFS= read -r file; do
    mkdir -p "$changed/$(dirname "$file")"
    [ ! -f "$base/$file" ] || cp --no-preserve=mode "$base/$file" "$changed/$file"
  done < <(touched)
  apply_to "$changed" <"$submission/change.patch"
  restyle "$changed"
  mkdir -p "$1"
  while IFS= read -r file; do
    cp "$changed/$file" "$1/"
  done < <(touched)
}

# As an editor of another system leaves a text.
as_windows_text() {
  { printf '\357\273\277'; sed 's/$/\r/' "$1"; } >"$2"
}

# One mail of a series.
mail() { # NUMBER SUBJECT PART
  printf 'From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\n'
  printf 'From: A Student <student@example.org>\nDate: Mon, 17 May 2021 12:00:00 +0000\nSubject: [PATCH %s/2] %s\n\n' "$1" "$2"
  printf 'Signed-off-by: A Student <student@example.org>\n---\n'
  part_of_change "$3"
  printf -- '-- \n2.30.2\n\n'
}

# git without anything of this machine's or this user's.
plain_git() {
  env -i PATH="$PATH" HOME="$work" LC_ALL=C TZ=UTC GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null \
    GIT_AUTHOR_NAME='A Student' GIT_AUTHOR_EMAIL=student@example.org GIT_AUTHOR_DATE="$day" \
    GIT_COMMITTER_NAME='A Student' GIT_COMMITTER_EMAIL=student@example.org GIT_COMMITTER_DATE="$day" \
    git -c core.logAllRefUpdates=false -c pack.threads=1 -c gc.auto=0 "$@"
}

# The grading kernel under a tag and the change in two commits.
repository() {
  local version
  version=$(awk -F' = ' '/^(VERSION|PATCHLEVEL|SUBLEVEL) =/ { print $2 }' "$base/Makefile" | paste -sd.)
  base_tree "$1"
  plain_git init -q --template= -b main "$1"
  plain_git -C "$1" add -A
  plain_git -C "$1" commit -q -m "Linux $version"
  plain_git -C "$1" tag -a -m "Linux $version" "v$version"
  for part in common vendor; do
    [ -z "$(part_of_change "$part")" ] || part_of_change "$part" | apply_to "$1"
    plain_git -C "$1" add -A
    plain_git -C "$1" commit -q --allow-empty -m "Assignment: $part part"
  done
  settle "$1"
}

# Programs that git would run if it believed the repository.
hostile_git() {
  local git_dir=$1/.git hook
  cat >>"$git_dir/config" <<'CONFIG'
[core]
	fsmonitor = touch /tmp/harness-escaped
	pager = touch /tmp/harness-escaped
	sshCommand = touch /tmp/harness-escaped
	attributesFile = .git/info/attributes
[diff]
	external = touch /tmp/harness-escaped
[diff "escape"]
	textconv = touch /tmp/harness-escaped;
	command = touch /tmp/harness-escaped
[filter "escape"]
	smudge = touch /tmp/harness-escaped; cat
	clean = touch /tmp/harness-escaped; cat
[uploadpack]
	packObjectsHook = touch /tmp/harness-escaped
[alias]
	log = !touch /tmp/harness-escaped
CONFIG
  mkdir -p "$git_dir/hooks" "$git_dir/info"
  echo '*.c diff=escape filter=escape' >"$git_dir/info/attributes"
  for hook in post-checkout post-merge pre-commit reference-transaction post-index-change; do
    printf '#!/bin/sh\ntouch /tmp/harness-escaped\n' >"$git_dir/hooks/$hook"
    chmod 755 "$git_dir/hooks/$hook"
  done
}

pack_patch() {
  made=$1.patch
  cp "$submission/change.patch" "$made"
}

pack_mbox() {
  made=$1.mbox
  { mail 1 'KVM: x86: Tell the guest its exits' common; mail 2 'KVM: Count exits' vendor; } >"$made"
}

pack_files_zip() {
  local box=$work/box top='HW 2 (final)'
  made="$1.zip"
  whole_files "$work/files"
  mkdir -p "$box/$top/kvm code" "$box/__MACOSX/$top"
  for file in "$work/files"/*; do
    case ${file##*/} in
      cpuid.c) as_windows_text "$file" "$box/$top/cpuid (1).c" ;;
      *) as_windows_text "$file" "$box/$top/kvm code/${file##*/}" ;;
    esac
  done
  printf '\0\005\026\007' >"$box/__MACOSX/$top/._cpuid (1).c"
  printf '# Homework\r\n\r\nHow to build: make\r\n' >"$box/$top/ReadMe.MD"
  "$here/archive.pl" zip "$made" "$box"
}

pack_files_tar() {
  made=$1.tar.gz
  whole_files "$work/box/$name"
  tar -cf - -C "$work/box" --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --mtime="$day" "$name" | gzip -n >"$made"
}

pack_folder() {
  made=$1
  whole_files "$made"
  printf 'I worked alone.\n' >"$made/notes.txt"
}

pack_tree() {
  made=$1
  changed_tree "$made"
}

pack_git() {
  made=$1
  repository "$made"
}

pack_git_config() {
  made=$1
  repository "$made"
  hostile_git "$made"
}

pack_bundle() {
  made=$1.bundle
  repository "$work/repository"
  plain_git -C "$work/repository" bundle create -q "$made" HEAD main --tags
}

# The project's own patches for that kernel, but for documentation (0006) and for those that the grading kernel has already.
pack_series() {
  made=$1
  mkdir "$made"
  local of=$patches/${KERNEL:-6.1}
  grep -v '^000[678]-' "$of/series" >"$made/series"
  grep -v '^ *\(#\|$\)' "$made/series" | while IFS= read -r patch; do cp "$of/$patch" "$made/"; done
}

# --- ways in which a change comes that are nobody's fault ----------------------------------------------------------------

# As a terminal shows it, with color.ui=always.
pack_patch_coloured() {
  made=$1.patch
  sed -E $'s/^(diff |--- |\\+\\+\\+ )(.*)$/\033[1m\\1\\2\033[m/; s/^(@@ [^@]* @@)(.*)$/\033[36m\\1\033[m\\2/; s/^-(.*)$/\033[31m-\\1\033[m/; s/^\\+(.*)$/\033[32m+\\1\033[m/' \
    "$submission/change.patch" >"$made"
}

# Copied from a web page or a mail: a tab is eight blanks, the empty context lines have lost theirs.
pack_patch_blanks() {
  made=$1.patch
  expand "$submission/change.patch" | sed 's/^ $//' >"$made"
}

# What `git diff` and `diff -r` say of a built tree's products, in between.
pack_patch_built() {
  made=$1.patch
  {
    printf 'diff --git a/arch/x86/kvm/cpuid.o b/arch/x86/kvm/cpuid.o\nnew file mode 100644\nindex 0000000..1111111\nBinary files /dev/null and b/arch/x86/kvm/cpuid.o differ\n'
    part_of_change common
    printf 'Only in linux/arch/x86/kvm: .svm.o.cmd\nBinary files linux.orig/arch/x86/kvm/kvm.ko and linux/arch/x86/kvm/kvm.ko differ\n'
    part_of_change vendor
  } >"$made"
}

# git format-patch --cover-letter.
pack_patches_cover() {
  made=$1
  mkdir -p "$made"
  {
    printf 'From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\nFrom: A Student <student@example.org>\nDate: Mon, 17 May 2021 12:00:00 +0000\n'
    printf 'Subject: [PATCH 0/2] *** SUBJECT HERE ***\n\n*** BLURB HERE ***\n\nA Student (2):\n  common part\n  vendor part\n\n arch/x86/kvm/cpuid.c | 51 ++++-\n 1 file changed\n\n-- \n2.30.2\n\n'
  } >"$made/0000-cover-letter.patch"
  mail 1 'common part' common >"$made/0001-common-part.patch"
  mail 2 'vendor part' vendor >"$made/0002-vendor-part.patch"
}

# The index is read from the last commit, not from the files: their times and numbers are not in it.
settle() {
  plain_git -C "$1" repack -q -a -d
  rm -f "$1/.git/index" "$1/.git/COMMIT_EDITMSG"
  plain_git -C "$1" read-tree HEAD
}

# commit DIR MESSAGE: all of it.
commit() {
  plain_git -C "$1" add -A
  plain_git -C "$1" commit -q --allow-empty -m "$2"
}

# A name of a branch that git allows, and a first commit that is a release's.
pack_git_branch() {
  made=$1
  base_tree "$made"
  plain_git init -q --template= -b main "$made"
  commit "$made" 'Linux 6.1.192'
  plain_git -C "$made" tag v6.1.192
  plain_git -C "$made" checkout -q -b 'assignment#3-é'
  apply_to "$made" <"$submission/change.patch"
  commit "$made" 'my change'
  settle "$made"
}

# A tag of the student's own, v1.0, behind which half of the work lies.
pack_git_own_tag() {
  made=$1
  base_tree "$made"
  plain_git init -q --template= -b main "$made"
  commit "$made" 'Linux 6.1.192'
  plain_git -C "$made" tag v6.1.192
  part_of_change common | apply_to "$made"
  commit "$made" 'first half'
  plain_git -C "$made" tag v1.0
  part_of_change vendor | apply_to "$made"
  commit "$made" 'second half'
  settle "$made"
}

# The first commit holds the kernel and half of the work, and no tag tells.
pack_git_first_commit() {
  made=$1
  base_tree "$made"
  part_of_change common | apply_to "$made"
  plain_git init -q --template= -b main "$made"
  commit "$made" 'Initial commit'
  part_of_change vendor | apply_to "$made"
  commit "$made" 'second half'
  settle "$made"
}

# The kernel lies below linux/, with as many names as a kernel has.
pack_git_subfolder() {
  local dir
  made=$1
  mkdir -p "$made"
  changed_tree "$made/linux"
  for dir in $(seq 200); do
    mkdir -p "$made/linux/drivers/d$dir"
    (cd "$made/linux/drivers/d$dir" && seq -f 'int f%g;' 105 | split -l 1 - f --additional-suffix=.c)
  done
  printf '# Assignment 3\n' >"$made/README.md"
  plain_git init -q --template= -b main "$made"
  commit "$made" 'Initial commit'
  settle "$made"
}

# Two assignments in one repository: the folder of the one that is asked for is the right one, the other has the kernel alone.
pack_assignments() {
  local asked other file
  made=$1
  whole_files "$work/right"
  mkdir -p "$made/Assignment 2" "$made/assignment3"
  asked='Assignment 2' other=assignment3
  [ "$assignment" = a2 ] || { asked=assignment3 other='Assignment 2'; }
  cp "$work/right"/* "$made/$asked/"
  while IFS= read -r file; do cp "$base/$file" "$made/$other/"; done < <(touched)
}

# A folder's name beyond ASCII, written as UTF-8.
pack_zip_names() {
  made=$1.zip
  whole_files "$work/box/Übung 3 – José"
  "$here/archive.pl" zip "$made" "$work/box"
}

# 10 GB of zeros in a tar that bzip2 makes small: 160 times the same 64 MiB.
pack_tar_bomb() {
  local piece=$work/zeros.bz2
  made=$1.tar.bz2
  head -c 67108864 /dev/zero | bzip2 -9 >"$piece"
  for file in cpuid vmx svm x86 mmu; do
    truncate -s 2G "$work/$file.c"
    tar -cf - -C "$work" --format=ustar --owner=0 --group=0 --numeric-owner --mode=644 --mtime="$day" "$file.c" 2>/dev/null | head -c 512 | bzip2 -9
    for _ in $(seq 32); do cat "$piece"; done
  done >"$made"
  head -c 1024 /dev/zero | bzip2 -9 >>"$made"
}

pack_folder_links() {
  made=$1
  mkdir "$made"
  ln -s /etc/passwd "$made/cpuid.c"
  mkfifo "$made/vmx.c"
}

if [ "$*" = --base ]; then
  find_base
  echo "$base"
  exit 0
fi
[ $# -eq 2 ] || [ $# -eq 3 ] || die "usage: pack.sh NAME OUT_DIR [VERSION], or pack.sh --base"
name=$1
submission=$here/$name
[ -f "$submission/expect.conf" ] || die "$name: no such submission"
form=$(sed -n 's/^form=//p' "$submission/expect.conf")
assignment=$(sed -n 's/^assignment=//p' "$submission/expect.conf")
change=$(sed -n 's/^change=//p' "$submission/expect.conf")
[ -z "$change" ] || submission=$here/$change
style=$(sed -n 's/^style=//p' "$here/$name/expect.conf")
versions=$(sed -n 's/^base=//p' "$here/$name/expect.conf")
version=${3:-${versions%% *}}
fuzz=0
mkdir -p "$2"
out_dir=$(cd "$2" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/pack-XXXXXX")
trap 'rm -rf "$work"' EXIT

[ -z "$versions" ] || form_base=other
case ${form_base:-$form} in
  other) find_other_base ;;
  patch | patch-* | patches-* | series | zip-slip | zip-bomb | zip-symlink | tar-* | folder-links) ;;
  *) find_base ;;
esac
made=
rm -rf "${out_dir:?}/$name" "$out_dir/$name".*
case $form in
  zip-slip | zip-bomb | zip-symlink) made=$out_dir/$name.zip && "$here/archive.pl" "$form" "$made" ;;
  tar-links | tar-device) made=$out_dir/$name.tar && "$here/archive.pl" "$form" "$made" ;;
  *)
    declare -F "pack_${form//-/_}" >/dev/null || die "$name: no form $form"
    "pack_${form//-/_}" "$out_dir/$name"
    ;;
esac
echo "$made"
