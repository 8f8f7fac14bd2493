#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 1800
# Every shape of tests/submissions, from each of its kernels that is at hand, and every form in which a right one comes (form-…), is carried onto the lab's kernel: the outcome is what its expect.conf says, and what is
# carried reads to a compiler as the change made by hand on the lab's kernel does. Then the right submissions, put into other kernels' files, are handed in as whole
# files and come back as they are. Nothing is built and nothing runs.
# SUBMISSIONS: names, to try these alone. KERNELS: versions. BASES=none: without other sources than the lab's; own: with the kernel that a shape was made from.
. tests/integration/functions.sh

folder=$root/tests/submissions
carry_one=$root/$BUILD/tests/labs/carry-one
[ -x "$carry_one" ] || skip "$carry_one is not built"
[ -e "${SUBMISSIONS_SOURCE:-/usr/src/linux-source-6.1.tar.xz}" ] || lab_cannot vmx "linux-source-6.1 is not here"
lab=$("$folder/pack.sh" --base) || fail "no kernel files"
export SUBMISSIONS_CACHE=${SUBMISSIONS_CACHE:-$root/$BUILD/submissions}
TMPDIR=$(mktemp -d "$TMPDIR/carry-XXXXXX") # several may run by hand
work=$TMPDIR/work
tried=0 wrong=0 not_at_hand=' '

value() { # NAME KEY
  sed -n "s/^$2=//p" "$folder/$1/expect.conf"
}

complain() {
  echo "WRONG: $*"
  wrong=$((wrong + 1))
}

# kernel VERSION: sets `kernel` to its folder; what is not at hand is told once, at the end.
declare -A kernels
kernel() {
  [ -n "${kernels[$1]+known}" ] || kernels[$1]=$("$folder/kernel.sh" "$1" 2>/dev/null)
  kernel=${kernels[$1]}
  [ -z "$kernel" ] || return 0
  [[ $not_at_hand == *" $1 "* ]] || not_at_hand+="$1 "
  return 1
}

# What a host has that builds the lab.
at_hand=()
for version in 6.1 6.12; do kernel "$version" && at_hand+=("$kernel"); done
case ${BASES:-} in none) at_hand=() ;; esac

# truth NAME DIR [PATCH]: the files of the lab's kernel that the change touches, with it as it is right there.
truth() {
  local from file patch=${3:-$folder/$1/lab.patch}
  from=$(value "$1" change)
  [ -f "$patch" ] || patch=$folder/${from:-$1}/change.patch
  rm -rf "$2"
  while IFS= read -r file; do
    mkdir -p "$2/$(dirname "$file")"
    [ ! -f "$lab/$file" ] || cp "$lab/$file" "$2/$file"
  done < <(sed -n 's,^+++ b/,,p' "$patch")
  patch -d "$2" -p1 -s --force --fuzz=2 --no-backup-if-mismatch <"$patch" >"$TMPDIR/patch" 2>&1
}

# carry NAME SUBMISSION [BASE_DIR…]: sets `said` to the outcome.
carry() {
  rm -rf "$work/out"
  said=$("$carry_one" "$(value "$1" assignment)" "$lab" "$work/out" "${@:2}" 2>"$TMPDIR/err")
  case $? in
    0 | 1) ;;
    *) said="trouble: $(tail -n 2 "$TMPDIR/err")" ;;
  esac
}

# differs_from_truth TRUTH_DIR: says how, of each file that either has. FALSE if it does not.
differs_from_truth() {
  local file right differ status=1
  while IFS= read -r file; do
    right=$1/$file
    [ -f "$right" ] || right=$lab/$file
    ! cmp -s "$work/out/$file" "$right" || continue
    if [ ! -f "$work/out/$file" ]; then
      cmp -s "$lab/$file" "$right" && continue
      echo "$file is not carried"
    else
      differ=$("$folder/same-code.py" "$right" "$work/out/$file") && continue
      echo "$file is not what it is to be:"
      head -n 6 <<<"$differ" | sed 's/^/    /'
    fi
    status=0
  done < <(for dir in "$work/out" "$1"; do (cd "$dir" && find arch include virt -type f 2>/dev/null); done | sort -u)
  return "$status"
}

# same_as_truth NAME WHAT: or as one of the others that are as right, lab-2.patch and so on.
same_as_truth() {
  local differ other
  differ=$(differs_from_truth "$work/truth") || return 0
  for other in "$folder/$1"/lab-*.patch; do
    [ -f "$other" ] && truth "$1" "$work/truth" "$other" && ! differs_from_truth "$work/truth" >/dev/null && return
  done
  complain "$2: $differ"
}

outcome_is() { # NAME CLASS: one of those that are right
  local verdict
  for verdict in $(value "$1" verdict | tr ';' ' '); do
    case $verdict:$2 in
      passed:carried | partial:carried | needs-base:needs-base) return 0 ;;
      failed:carried) [ "$(value "$1" stage)" = carry ] || return 0 ;;
      failed:fault) [[ ";$(value "$1" stage);" == *";$(cut -d: -f2 <<<"$said" | tr -d ' ');"* ]] && return 0 ;;
      needs-base:carried) [[ ";$(value "$1" stage);" != *";build;"* ]] || return 0 ;;
    esac
  done
  return 1
}

try_shape() { # NAME [VERSION]
  local made what="$1${2:+ of $2}"
  [ -z "${2:-}" ] || kernel "$2" || return 0
  made=$("$folder/pack.sh" "$1" "$work" ${2:+"$2"} 2>&1 | tail -n 1)
  [ -e "$made" ] || { complain "$what: cannot be packed: $made"; return; }
  tried=$((tried + 1))
  case ${2:+${BASES:-}} in
    own) carry "$1" "$made" "${at_hand[@]}" "$kernel" ;;
    *) carry "$1" "$made" "${at_hand[@]}" ;;
  esac
  if ! outcome_is "$1" "${said%%:*}"; then
    complain "$what: $said"
  elif [ "$said" = carried ] && truth "$1" "$work/truth"; then
    same_as_truth "$1" "$what"
  fi
  rm -rf "$made"
}

wanted() { # WORD LIST: an empty list has all
  [ -z "$2" ] || [[ " $2 " == *" $1 "* ]]
}

mkdir -p "$work"
for conf in "$folder"/*/expect.conf; do
  name=${conf%/*} name=${name##*/}
  wanted "$name" "${SUBMISSIONS:-}" || continue
  [[ $(value "$name" style) != @(llvm|google) ]] || command -v clang-format >/dev/null || { echo "without clang-format: $name is not tried"; continue; }
  for version in $(value "$name" base); do
    wanted "$version" "${KERNELS:-}" && try_shape "$name" "$version"
  done
  [[ $name != form-* || -n $(value "$name" base) ]] || try_shape "$name"
done
echo "$tried shapes tried, $wrong wrong"
[ "$tried" -gt 0 ] || [ -n "${SUBMISSIONS:-}" ] || fail "nothing was tried"

# --- the right submissions, in other kernels' files ---------------------------------------------------------------------------

put=0 not_put=0 put_wrong=$wrong

# touched NAME: the files of its change.
touched() {
  sed -n 's,^+++ b/,,p' "$folder/$1/change.patch"
}

# put_into NAME DIR: the change in the files of $kernel, in DIR. FALSE where it cannot be put there: to be sure, it is taken back to the lab's kernel, and has to be
# what it was.
put_into() {
  local file
  rm -rf "$2" && mkdir -p "$2"
  while IFS= read -r file; do
    [ -f "$kernel/$file" ] || return 1
    mkdir -p "$2/$(dirname "$file")"
    git merge-file -p --union "$kernel/$file" "$lab/$file" "$work/truth/$file" >"$2/$file" 2>/dev/null || return 1
    git merge-file -p --union "$lab/$file" "$kernel/$file" "$2/$file" >"$work/back" 2>/dev/null || return 1
    "$folder/same-code.py" "$work/truth/$file" "$work/back" >/dev/null || return 1
  done < <(touched "$1")
}

try_right() { # NAME VERSION
  local what="$1 in the files of $2"
  if ! put_into "$1" "$work/kernel"; then
    not_put=$((not_put + 1))
    echo "$what: it cannot be put there"
    return
  fi
  put=$((put + 1))
  rm -rf "$work/files" && mkdir "$work/files"
  find "$work/kernel" -type f -exec cp {} "$work/files/" \;
  carry "$1" "$work/files" "${at_hand[@]}"
  if [ "$said" = carried ]; then
    same_as_truth "$1" "$what"
  else
    complain "$what: $said"
  fi
}

for conf in "$folder"/right-*/expect.conf; do
  name=${conf%/*} name=${name##*/}
  wanted "$name" "${SUBMISSIONS:-}" || continue
  truth "$name" "$work/truth" || fail "$name does not apply to the lab's kernel"
  for version in 5.4 5.8 5.10 5.11 5.13 5.14 5.15 5.17 5.19 6.0 6.1 6.2 6.5 6.8 6.11 6.12 6.14 6.17 6.18 6.19 7.0 7.1 7.2; do
    wanted "$version" "${KERNELS:-}" && kernel "$version" && try_right "$name" "$version"
  done
done
echo "$put right submissions in other kernels' files, $((wrong - put_wrong)) wrong; $not_put could not be put there"
[ -z "${not_at_hand// /}" ] || echo "kernels that are not at hand:$not_at_hand"
rm -rf "$TMPDIR"
[ "$((tried + put))" -gt 0 ] || fail "nothing was tried"
[ "$wrong" -eq 0 ]
