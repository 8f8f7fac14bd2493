#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A complete run: every file, every header row, a manifest that holds, the same fingerprint again.
. tests/integration/functions.sh
new_tree "$TMPDIR/tree"
new_replay "$TMPDIR/replay"

header_of() {
  case $1 in
    timeline.csv) echo t_ns,phase,exits,cycles ;;
    timeline-reasons.csv) echo t_ns,reason,name,exits,cycles ;;
    exits.csv.gz) echo seq,t_ns,reason,name,info1,info2,rip,cycles ;;
    phases.csv) echo phase,start_ns,end_ns,duration_ns,exits,exits_per_s,cycles,top_reason,top_share,dispersion ;;
    reasons.csv) echo reason,name,window,exits,share,cycles,cycles_mean,cycles_p50,cycles_p99,first_ns,last_ns ;;
    segments.csv) echo start_ns,end_ns,exits,exits_per_s,burst,top_reason,top_share,top_kind,top_kind_share ;;
    kinds.csv) echo kind,window,exits,share,cycles ;;
    operations.csv) echo operation,repetitions,exits,exits_per_op,cycles_per_op,top_reason,top_share ;;
    operations-reasons.csv) echo operation,reason,name,exits,exits_per_op,cycles ;;
    checks.csv) echo check,expected,actual,verdict ;;
  esac
}

check_table() { # FILE
  local name=${1##*/} text=$TMPDIR/table
  if [ "$name" = exits.csv.gz ]; then gunzip -c "$1" >"$text"; else cp "$1" "$text"; fi || fail "$1: cannot be read"
  [ "$(head -n 1 "$text")" = "$(header_of "$name")" ] || fail "$1: header is $(head -n 1 "$text")"
  [ "$(wc -l <"$text")" -gt 3 ] || fail "$1: no rows"
  [ "$(tail -c 1 "$text" | od -An -tx1 | tr -d ' ')" = 0a ] || fail "$1: its last line is not ended"
  ! grep -q $'\r' "$text" || fail "$1: carriage returns"
  awk -F, 'NR == 1 { n = NF } NF != n && !/"/ { bad = 1; print FILENAME ": line " NR ": " $0 } END { exit bad }' "$text" || fail "$1: columns"
}

check_manifest() { # RUN
  local name sum count=0
  while IFS=$'\t' read -r name sum; do
    [ "$(sha256sum <"$1/$name" | cut -d' ' -f1)" = "$sum" ] || fail "$name: not the manifest's SHA-256"
    count=$((count + 1))
  done < <(pairs "$1" files)
  [ "$count" -eq "$(find -L "$1" -type f ! -name manifest.json | wc -l)" ] || fail "the manifest tells of $count files, which is not all"
  [ "$(status_of "$1")" = complete ] || fail "the manifest's status is $(status_of "$1")"
}

expect 0 "$harness" full-run --replay "$replay"
run=$tree/results/latest
printed "Answers: $tree/results/$(latest)/answers.md"
for lab in vmx svm; do
  for table in timeline.csv timeline-reasons.csv exits.csv.gz phases.csv reasons.csv segments.csv kinds.csv operations.csv operations-reasons.csv checks.csv; do
    check_table "$run/$lab/$table"
  done
  for file in l1-console.log l2-console.log records.bin l0-exits.log; do
    [ -s "$run/$lab/$file" ] || fail "$lab/$file: not there, or empty"
  done
  # The record device's empty rest is cut off, and nothing else.
  cmp "$run/$lab/records.bin" "$replay/$lab/records.bin" || fail "$lab/records.bin: not what was recorded"
  ! grep -qE ',(fail|not-run)$' <(grep -v ^trace- "$run/$lab/checks.csv") || fail "$lab/checks.csv: fails, or was not run"
done
check_manifest "$run"
no_leftovers

# What a recorded boot is cut into and told by: HARNESS_TEST_REGENERATE=1 rewrites it, for review.
for lab in vmx svm; do
  for table in phases.csv operations.csv kinds.csv segments.csv; do
    golden=tests/golden/recorded/$lab/$table
    [ -z "${HARNESS_TEST_REGENERATE:-}" ] || { mkdir -p "${golden%/*}" && cp "$run/$lab/$table" "$golden"; }
    diff -u "$golden" "$run/$lab/$table" || fail "$lab/$table is not $golden"
  done
done

# answers.md: the questions' figures, each with the rows it rests on.
for part in phases.csv reasons.csv "most frequent" "least frequent"; do
  grep -qi "$part" "$run/answers.md" || fail "answers.md: nothing of $part"
done

expect 0 "$harness" fingerprint
for lab in vmx svm; do
  printed "$(of_lab "$run" "$lab" fingerprint)  $lab  exact"
done
cp "$TMPDIR/out" "$TMPDIR/first"
expect 0 "$harness" full-run --replay "$replay"
expect 0 "$harness" fingerprint
cmp "$TMPDIR/first" "$TMPDIR/out" || fail "the same records gave another fingerprint"

# A run's folder can be replayed itself.
first=$tree/results/$(latest)
expect 0 "$harness" full-run --isa svm --replay "$first"
[ "$(of_lab "$tree/results/latest" svm fingerprint)" = "$(of_lab "$first" svm fingerprint)" ] || fail "a replayed run has another fingerprint"
[ ! -e "$tree/results/latest/vmx" ] || fail "--isa svm ran vmx"

# Tables that somebody edited.
for table in timeline.csv phases.csv reasons.csv; do
  cp -r "$first" "$TMPDIR/edited" && sed -i '2s/0/1/' "$TMPDIR/edited/svm/$table"
  expect 1 "$harness" fingerprint "$TMPDIR/edited"
  said "svm"
  said "changed"
  rm -r "$TMPDIR/edited"
done
cp -r "$first" "$TMPDIR/edited" && gunzip -c "$first/vmx/exits.csv.gz" | sed '5s/0/1/' | gzip >"$TMPDIR/edited/vmx/exits.csv.gz"
expect 1 "$harness" fingerprint "$TMPDIR/edited"
said "exits.csv.gz"
truncate -s 1000 "$TMPDIR/edited/vmx/exits.csv.gz"
expect 1 "$harness" fingerprint "$TMPDIR/edited"
said "exits.csv.gz"
# Absent is all right: a committed reference is without.
rm "$TMPDIR/edited/vmx/exits.csv.gz"
expect 0 "$harness" fingerprint "$TMPDIR/edited"
echo '{' >"$TMPDIR/edited/manifest.json"
expect 1 "$harness" fingerprint "$TMPDIR/edited"
said "manifest.json"
