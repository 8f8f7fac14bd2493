#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A run handed on: each format is read by a program that is not ours, and tells what the run's own CSV files tell.
. tests/integration/functions.sh
new_tree "$TMPDIR/tree"
new_replay "$TMPDIR/replay"
for program in trace-cmd jq; do command -v "$program" >/dev/null || skip "$program is not installed"; done

# What is wrong, before there is a run and after.
expect 2 "$harness" export
said "--to"
expect 2 "$harness" export --to pdf
said '"pdf"'
expect 2 "$harness" export --to json
said "no complete run yet"
expect 0 "$harness" full-run --replay "$replay"
run=$tree/results/$(latest)
before=$(listing "$run")
expect 2 "$harness" export "$run" "$run" --to json
expect 2 "$harness" export --to csv
said "--lab vmx"
expect 2 "$harness" export --to json --lab arm
said '"arm"'
expect 0 "$harness" export --help
printed "--output"

# csv: the run's table, byte for byte; a pipe that closes early is an error that is told, and no crash.
for lab in vmx svm; do
  gunzip -c "$run/$lab/exits.csv.gz" >"$TMPDIR/$lab.csv"
  expect 0 "$harness" export "$run" --to csv --lab "$lab"
  cmp "$TMPDIR/out" "$TMPDIR/$lab.csv" || fail "$lab: not the content of exits.csv.gz"
done
first=$("$harness" export --to csv --lab vmx 2>"$TMPDIR/err" | head -n 1; echo "${PIPESTATUS[0]}")
[ "$first" = "$(head -n 1 "$TMPDIR/vmx.csv")"$'\n'1 ] || fail "into a closed pipe: $first"
said "broken pipe"

# Interrupted while nobody reads: it ends all the same.
mkfifo "$TMPDIR/fifo"
exec 3<>"$TMPDIR/fifo"
"$harness" export --to csv --lab vmx >"$TMPDIR/fifo" 2>"$TMPDIR/err" &
pid=$!
# Bytes have come, and more than the pipe holds are to come.
read -r first <&3
[ "$first" = "$(head -n 1 "$TMPDIR/vmx.csv")" ] || fail "through a pipe: $first"
kill -INT "$pid"
wait "$pid"
status=$?
[ "$status" -eq 130 ] || fail "interrupted: exit status $status: $(cat "$TMPDIR/err")"
exec 3<&-

# trace-dat: trace-cmd lists every exit in order; the raw fields of the first, the last and one in the middle are the table's.
for lab in vmx svm; do
  dat=$TMPDIR/$lab.dat
  exits=$(($(wc -l <"$TMPDIR/$lab.csv") - 1))
  expect 0 "$harness" export "$run" --to trace-dat --lab "$lab" --output "$dat"
  # L2's vCPU, then the known-answer guest's.
  trace-cmd dump --summary "$dat" | grep -q '2 \[CPUs with tracing data\]' || fail "$lab: trace-cmd dump: $(trace-cmd dump --summary "$dat")"
  trace-cmd report -t -R -F kvm_exit "$dat" 2>"$TMPDIR/err" | grep kvm_exit: >"$TMPDIR/report"
  [ ! -s "$TMPDIR/err" ] || fail "$lab: trace-cmd: $(cat "$TMPDIR/err")"
  [ "$(wc -l <"$TMPDIR/report")" -eq "$exits" ] || fail "$lab: $(wc -l <"$TMPDIR/report") exits of $exits"
  known=$(awk -F, '$1 == "known-answer" { print $5 }' "$run/$lab/phases.csv")
  [ "$(trace-cmd report --cpu 0 "$dat" | grep -c kvm_exit:)" -eq "$((exits - known))" ] || fail "$lab: not all of L2's on CPU 0"
  [ "$(trace-cmd report --cpu 1 "$dat" | grep -c 'known-vCPU-0-.* kvm_exit:')" -eq "$known" ] || fail "$lab: not all of the known-answer guest's on CPU 1"
  trace-cmd report -t -F kvm_exit "$dat" | grep kvm_exit: >"$TMPDIR/decoded"
  for row in 1 $((exits / 2)) "$exits"; do
    IFS=, read -r _ t_ns reason name info1 _ rip _ < <(sed -n "$((row + 1))p" "$TMPDIR/$lab.csv")
    printf -v wanted '%d.%09d: kvm_exit: exit_reason=%d guest_rip=0x%x info1=0x%016x' $((t_ns / 1000000000)) $((t_ns % 1000000000)) "$reason" "$rip" "$info1"
    got=$(sed -n "${row}p" "$TMPDIR/report" | sed 's/ isa=[0-9]*//; s/  */ /g; s/.*\] //; s/ info2=.*//')
    [ "$got" = "$wanted" ] || fail "$lab, exit $row: $got, not $wanted"
    # and decoded, by trace-cmd's own plugin for KVM
    sed -n "${row}p" "$TMPDIR/decoded" | grep -qE "reason (EXIT_)?$name rip 0x$(printf %x "$rip") " ||
      fail "$lab, exit $row: not decoded as $name"
  done
done

# json and perfetto: read by jq. Numbers beyond 2^53 would be rounded by it: times and counts are below.
expect 0 "$harness" export --to json
jq -er '.labs[] | .name as $lab | .reasons[] | [$lab, .reason, .name, .window, .exits] | @csv' "$TMPDIR/out" | tr -d '"' | sort >"$TMPDIR/got" || fail "json: jq"
for lab in vmx svm; do
  awk -F, -v OFS=, -v lab="$lab" 'NR > 1 { print lab, $1, $2, $3, $4 }' "$run/$lab/reasons.csv"
done | sort >"$TMPDIR/wanted"
diff "$TMPDIR/wanted" "$TMPDIR/got" || fail "json: the reasons are not those of reasons.csv"
jq -er '.labs[] | .name as $lab | .checks[] | [$lab, .check, .expected, .actual, .verdict] | join(",")' "$TMPDIR/out" >"$TMPDIR/got" || fail "json: checks"
for lab in vmx svm; do sed "1d; s/^/$lab,/" "$run/$lab/checks.csv"; done | tr -d '"' | diff - <(tr -d '"' <"$TMPDIR/got") || fail "json: the checks are not those of checks.csv"

expect 0 "$harness" export --to perfetto --output "$TMPDIR/run.json"
for lab in vmx svm; do
  jq -er --arg lab "$lab" '(.traceEvents[] | select(.name == "process_name" and (.args.name | startswith($lab))).pid) as $pid |
    .traceEvents[] | select(.pid == $pid and .cat == "exit") | [.args.exit, .args.t_ns, .args.reason, .name] | @csv' "$TMPDIR/run.json" |
    tr -d '"' >"$TMPDIR/got" || fail "perfetto: jq"
  sed 1d "$TMPDIR/$lab.csv" | cut -d, -f1-4 | cmp - "$TMPDIR/got" || fail "perfetto: $lab's slices are not the exits"
  jq -er '.traceEvents[] | select(.cat == "phase").name' "$TMPDIR/run.json" | sort -u >"$TMPDIR/got"
  sed '1d; s/,.*//' "$run/$lab/phases.csv" | sort | diff - "$TMPDIR/got" || fail "perfetto: the phases"
done
jq -e '[.traceEvents[] | select(.ph == "C" and (.ts < 0 or .args["exits/s"] % 100 != 0))] | length == 0' "$TMPDIR/run.json" >/dev/null || fail "perfetto: the counter"

# prometheus: every reason of every window; by Prometheus's own tool, if it is there.
expect 0 "$harness" export --to prometheus
if command -v promtool >/dev/null; then promtool check metrics <"$TMPDIR/out" || fail "prometheus: promtool"; fi
for lab in vmx svm; do
  sed 1d "$run/$lab/reasons.csv" | awk -F, -v lab="$lab" '{ printf "harness_exits_total{lab=\"%s\",window=\"%s\",reason=\"%s\",name=\"%s\"} %s\n", lab, $3, $1, $2, $4 }'
done | sort >"$TMPDIR/wanted"
grep '^harness_exits_total{' "$TMPDIR/out" | sort | diff "$TMPDIR/wanted" - || fail "prometheus: not the exits of reasons.csv"

# A disk that is full, of whatever kind: an error, no partial file, and what was there is there still.
mkdir "$TMPDIR/disk"
echo old >"$TMPDIR/disk/kept"
# shellcheck disable=SC2016
small='trap "" XFSZ; ulimit -f 64; exec "$@"'
for target in kept new; do
  expect 1 bash -c "$small" - "$harness" export --to perfetto --output "$TMPDIR/disk/$target"
  said "$TMPDIR/disk/$target"
done
[ "$(ls -A "$TMPDIR/disk")" = kept ] || fail "left behind: $(ls -A "$TMPDIR/disk")"
[ "$(cat "$TMPDIR/disk/kept")" = old ] || fail "an earlier file was changed"
expect 1 "$harness" export --to perfetto --output /dev/full
said "no space left on device"
[ -c /dev/full ] || fail "/dev/full was replaced"
expect 1 "$harness" export --to json --output "$TMPDIR/nowhere/file"
said "$TMPDIR/nowhere"
# Through a link, into a pipe.
ln -s disk/kept "$TMPDIR/link"
expect 0 "$harness" export --to json --output "$TMPDIR/link"
[ -L "$TMPDIR/link" ] || fail "a link was replaced"
jq -e .run "$TMPDIR/disk/kept" >/dev/null || fail "a link was not followed"
"$harness" export --to json --output /dev/stdout | jq -e .run >/dev/null || fail "--output /dev/stdout"

[ "$(listing "$run")" = "$before" ] || fail "the run was changed"

# A lab that did not boot: its exits can be had all the same, figures cannot.
u32() { od -An -tu4 -j "$2" -N 4 "$1" | tr -d ' '; }
cut=0
for _ in 1 2 3 4 5; do cut=$((cut + (32 + $(u32 "$replay/svm/records.bin" $((cut + 16))) + 4095) / 4096 * 4096)); done
truncate -s "$cut" "$replay/svm/records.bin"
expect 1 "$harness" full-run --replay "$replay"
bad=$(find "$tree/results" -mindepth 1 -maxdepth 1 -type d ! -path "$run")
expect 0 "$harness" export "$bad" --to csv --lab svm
# (Their times are from the first exit: when L2 was first entered is told at the end.)
cut -d, -f1,3- "$TMPDIR/out" | head -n 100 | cmp - <(cut -d, -f1,3- "$TMPDIR/svm.csv" | head -n 100) || fail "a failed lab's exits"
expect 0 "$harness" export "$bad" --to json
[ "$(jq -r '.labs[] | "\(.name) \(.complete) \(has("reasons"))"' "$TMPDIR/out" | sort | tr '\n' ,)" = "svm false false,vmx true true," ] || fail "a failed lab in json"
expect 0 "$harness" export "$bad" --to prometheus
printed 'harness_lab_complete{lab="svm"} 0'
printed 'harness_lab_complete{lab="vmx"} 1'

# A run's folder that somebody else made: no path in it leads out of it.
cp -r "$run" "$TMPDIR/hostile"
sed -i 's,"name" : "svm","name" : "../../svm",' "$TMPDIR/hostile/manifest.json"
expect 1 "$harness" export "$TMPDIR/hostile" --to perfetto
said "no name of a lab"
cp "$run/manifest.json" "$TMPDIR/hostile/manifest.json"
truncate -s 5000 "$TMPDIR/hostile/vmx/records.bin"
expect 1 "$harness" export "$TMPDIR/hostile" --to perfetto
said "vmx"
rm "$TMPDIR/hostile/vmx/records.bin"
expect 1 "$harness" export "$TMPDIR/hostile" --to perfetto
said "records.bin"
