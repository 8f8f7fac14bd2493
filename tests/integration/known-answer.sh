#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The known-answer guest on a bare emulator: it marks as many rounds as the table says, executes in each exactly the instructions
# that it says, leaves out what a CPU model lacks, reports an exception, and powers off.
# shellcheck disable=SC2016 # AT&T syntax has dollar signs
. tests/integration/functions.sh

command -v qemu-system-x86_64 >/dev/null || skip "qemu-system-x86_64 is not installed"
guest=$root/$BUILD/guest/known-answer
ports=$((0xe40))  # RECORD_OPERATION_PORT
end=$((0xe09))    # RECORD_MARK_PORT + RECORD_MARK_OPERATION_END
report=$((0xef0)) # RECORD_REPORT_PORT

# The guest's rows of the table as "NUMBER NAME ROUNDS REPETITIONS".
gcc -Isrc -x c -o "$TMPDIR/table" - -x c src/record/operations.c <<'C' || fail "the table's program does not compile"
#include <stdio.h>
#include "record/operations.h"
int main(void)
{
        for (int i = 0; i < OPERATIONS; i++)
                if (record_operations[i].guest == RECORD_GUEST_KNOWN_ANSWER)
                        printf("%d %s %u %u\n", i, record_operations[i].name, record_operations[i].rounds, record_operations[i].repetitions);
}
C
"$TMPDIR/table" >"$TMPDIR/rows"
[ "$(wc -l <"$TMPDIR/rows")" -gt 15 ] || fail "the table has no rows"

# boot GUEST MIB CPU [OPTION…]: what it writes to port P lies in $TMPDIR/port-P, its console in $TMPDIR/console.
boot() {
  local port number devices=()
  rm -f "$TMPDIR"/port-*
  for port in "$end" "$report" $(while read -r number _; do echo $((ports + number)); done <"$TMPDIR/rows"); do
    devices+=(-chardev "file,id=p$port,path=$TMPDIR/port-$port" -device "isa-debugcon,iobase=$port,chardev=p$port")
  done
  expect 0 timeout 60 qemu-system-x86_64 -accel tcg -machine pc -m "$2" -cpu "$3" -nodefaults -no-user-config -no-reboot -display none \
    -chardev "file,id=console,path=$TMPDIR/console" -serial chardev:console "${devices[@]}" -kernel "$1" "${@:4}"
}

console_is() {
  [ "$(cat "$TMPDIR/console")" = "$1" ] || fail "the console says: $(cat "$TMPDIR/console")"
}

# performed [NAME…]: it went to its end, and all rounds were marked but those of the operations named.
performed() {
  local number name rounds total=0
  console_is $'known-answer: begins\nknown-answer: done'
  [ ! -s "$TMPDIR/port-$report" ] || fail "reported: $(cat "$TMPDIR/port-$report")"
  while read -r number name rounds _; do
    case " $* " in *" $name "*) rounds=0 ;; esac
    [ "$(stat -c %s "$TMPDIR/port-$((ports + number))")" -eq "$rounds" ] || fail "$name: not marked $rounds times"
    total=$((total + rounds))
  done <"$TMPDIR/rows"
  [ "$(stat -c %s "$TMPDIR/port-$end")" -eq "$total" ] || fail "not $total rounds are ended"
}

# There is no KVM below it here, so hypercalls are left out.
boot "$guest" 128 EPYC,vendor=AuthenticAMD
performed hypercall
boot "$guest" 128 max,vendor=GenuineIntel
performed hypercall
boot "$guest" 16 Nehalem
performed hypercall xsetbv
boot "$guest" 4096 qemu64
performed hypercall xsetbv
boot "$guest" 8 qemu32
performed hypercall xsetbv first-touch

# Every instruction that could exit, and the one that touches a page, as "ADDRESS INSTRUCTION": QEMU logs each time
# that one is begun, and takes it back where something came in between.
objdump -d --no-show-raw-insn "$guest" | sed -E 's/^ *([0-9a-f]+):\s+/0000000000\1 /; s/\s+/ /g' | grep -E \
  ' (cpuid|rdtsc|rdmsr|wrmsr|in |out|xsetbv|xgetbv|vmcall|vmmcall|wbinvd|pause|invlpg|hlt|lgdt|lidt)|%cr|%db|0xfe[cd]0|movb \$0x1,\(' >"$TMPDIR/instructions"
boot "$guest" 128 EPYC -icount shift=0,sleep=off -singlestep -d exec,nochain -D "$TMPDIR/executed" \
  -dfilter "$(sed 's/^0*\([0-9a-f]*\) .*/0x\1+1/' "$TMPDIR/instructions" | paste -sd,)"
performed hypercall

# A line for each round: "COUNT INSTRUCTION", "0 nothing", or "mixed". The marks are the two OUTs executed as often as there are rounds.
awk -v rounds="$(awk '$2 != "hypercall" { n += $3 } END { print n }' "$TMPDIR/rows")" '
  NR == FNR { text[$1] = substr($0, length($1) + 2); next }
  $1 == "Trace" { split($4, part, "/"); at[++n] = part[2]; times[part[2]]++; next }
  { times[at[n--]]-- }
  END {
    for (i = 1; i <= n; i++) {
      if (times[at[i]] == rounds && text[at[i]] == "out %al,(%dx)") {
        if (inside) print same ? count " " (count ? text[what] : "nothing") : "mixed"
        inside = !inside; count = 0; same = 1
      } else if (inside) {
        if (count++ && at[i] != what) same = 0
        what = at[i]
      }
    }
  }' "$TMPDIR/instructions" "$TMPDIR/executed" >"$TMPDIR/rounds"

instruction_of() {
  case $1 in
    calibration | compute) echo nothing ;;
    port-out) echo 'out %al,$0x80' ;;
    port-in) echo 'in $0x71,%al' ;;
    port-in-kernel) echo 'in $0x21,%al' ;;
    mmio-read) echo 'mov 0xfed00000,%*' ;;
    mmio-read-kernel) echo 'mov 0xfec00010,%*' ;;
    cr?-write) echo "mov %e??,%${1%-write}" ;;
    dr7-write) echo 'mov %e??,%db7' ;;
    invlpg) echo 'invlpg (%e??)' ;;
    first-touch) echo 'movb $0x1,(%e??)' ;;
    *) echo "$1" ;;
  esac
}
exec 3<"$TMPDIR/rounds"
while read -r _ name rounds repetitions; do
  [ "$name" != hypercall ] || continue
  wanted=$(instruction_of "$name")
  [ "$wanted" != nothing ] || repetitions=0
  for ((round = 0; round < rounds; round++)); do
    read -r -u 3 got || fail "$name: no round $round"
    # shellcheck disable=SC2053 # a pattern
    [[ $got == "$repetitions "$wanted ]] || fail "$name: executed $got, wanted $repetitions $wanted"
  done
done <"$TMPDIR/rows"
! read -r -u 3 got || fail "a round too many: $got"

# excepted BYTES NUMBER: with that instruction in the place of RDMSR, exception NUMBER is reported at its address, and then it ends.
excepted() {
  LC_ALL=C sed "s/\x0f\x32/$1/g" "$guest" >"$TMPDIR/broken"
  ! cmp -s "$guest" "$TMPDIR/broken" || fail "the guest has no RDMSR"
  boot "$TMPDIR/broken" 16 qemu64
  console_is 'known-answer: begins'
  grep -qxE "known-answer: exception $2 at 0x10[0-9a-f]{4}" "$TMPDIR/port-$report" || fail "reported: $(cat "$TMPDIR/port-$report")"
  [ "$(wc -l <"$TMPDIR/port-$report")" -eq 1 ] || fail "more is reported: $(cat "$TMPDIR/port-$report")"
  address=$(sed 's/.* at 0x//' "$TMPDIR/port-$report")
  objdump -d "$guest" | grep -q "^ *$address:.*rdmsr" || fail "no RDMSR at $address"
}
excepted '\x0f\x0b' 6  # UD2
excepted '\xcd\xff' 13 # INT beyond the table: an exception with an error code
