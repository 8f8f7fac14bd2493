#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deadline: 900
# What is done with runs that are kept: report, compare, list, show, clean; and what they refuse.
. tests/integration/functions.sh
new_tree "$TMPDIR/tree"
new_replay "$TMPDIR/replay"
results=$tree/results

make_run() { # NAME: one more run, under a name of our own
  expect 0 "$harness" full-run -q --replay "$replay"
  mv "$results/$(latest)" "$results/$1"
  ln -sfn "$1" "$results/latest"
}
make_run good
run=$results/good

# Whatever its files were made with, a run's are for all to read whom the umask lets.
for mask in 022:755:644 077:700:600 027:750:640 000:755:644; do
  IFS=: read -r umask folder file <<<"$mask"
  (umask "$umask" && make_run modes) || exit 1
  [ -z "$(find "$results/modes" -type f ! -perm "$file" -o -type d ! -perm "$folder")" ] || fail "umask $umask: $(find "$results/modes" -printf '%m %p\n')"
  rm -r "$results/modes" && ln -sfn good "$results/latest"
done

copy() { # NAME: a copy of the good run that may be spoiled
  rm -rf "${results:?}/$1"
  cp -a "$run" "$results/$1"
  spoilt=$results/$1
}

untouched() { # COMMAND…: it fails with status 1, and the spoiled run stays as it is
  local before
  before=$(listing "$spoilt")
  expect 1 "$@"
  [ "$(listing "$spoilt")" = "$before" ] || fail "$*: the run was changed"
}

# --- report ---------------------------------------------------------------------------------------
# Of a whole run: nothing to do, not even to the files' times; by name, by path, and as the latest.
before=$(listing "$run")
for given in good "$run" "$run/" latest ""; do
  expect 0 "$harness" report ${given:+"$given"}
  printed "nothing to change"
done
[ "$(listing "$run")" = "$before" ] || fail "report changed a run that is as it should be: $(diff <(echo "$before") <(listing "$run"))"

# Derived files that were edited, removed or emptied are made again, bit for bit; twice changes nothing more.
contents() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }
copy edited
sed -i '2s/^/9/' "$spoilt/svm/phases.csv"
rm "$spoilt/answers.md" "$spoilt/vmx/exits.csv.gz"
: >"$spoilt/vmx/l2-console.log"
expect 0 "$harness" report edited
for file in svm/phases.csv answers.md vmx/exits.csv.gz vmx/l2-console.log; do printed "$file: made"; done
printed "4 files changed"
[ "$(contents "$spoilt")" = "$(contents "$run")" ] || fail "report made other files than full-run"
before=$(listing "$spoilt")
expect 0 "$harness" report edited
[ "$(listing "$spoilt")" = "$before" ] || fail "the second report changed something"
[ -z "$(find "$spoilt" -perm /077 -type f ! -perm 644)" ] || fail "report made files of another mode"

# Somebody else's file stays, and does not become a part of the run.
copy extra
echo mine >"$spoilt/svm/notes.txt"
expect 0 "$harness" report extra
printed "svm/notes.txt"
expect 0 "$harness" report extra
printed "nothing to change"
grep -q notes "$spoilt/manifest.json" && fail "report took a stranger's file into the manifest"
echo mine >"$spoilt/svm/"$'\033[2Jname'
expect 0 "$harness" report extra
printed "svm/?[2Jname"
grep -q $'\033' "$TMPDIR/out" && fail "a file's name reached the terminal as it is"

# Raw files that were changed: nothing can be made of them, and nothing is.
for file in svm/records.bin vmx/l0-exits.log svm/l1-console.log; do
  copy raw
  printf x >>"$spoilt/$file"
  sed -i '2s/^/9/' "$spoilt/svm/phases.csv"
  untouched "$harness" report raw
  said "$spoilt/$file: was changed"
  said "try: "
done
copy raw
truncate -s 8192 "$spoilt/vmx/records.bin"
untouched "$harness" report raw
said "vmx/records.bin"
copy raw
rm "$spoilt/vmx/records.bin"
untouched "$harness" report raw
said "vmx/records.bin: is missing"

# Records that are damaged, with a manifest that says they are to be so.
copy damaged
dd if=/dev/zero of="$spoilt/svm/records.bin" bs=1 seek=100000 count=64 conv=notrunc status=none
old=$(sha256sum <"$run/svm/records.bin") new=$(sha256sum <"$spoilt/svm/records.bin")
sed -i "s/${old%% *}/${new%% *}/" "$spoilt/manifest.json"
untouched "$harness" report damaged
said "$spoilt/svm: "

# A log of the emulator that came later.
copy later
sed -i '/"svm\/l0-exits.log"/d' "$spoilt/manifest.json"
untouched "$harness" report later
said "svm/l0-exits.log"

# No raw records at all, as in the committed reference.
copy tables
rm "$spoilt"/*/*.bin "$spoilt"/*/*.log
sed -Ei '/"(vmx|svm)\/(records\.bin|.*\.log)" : /d' "$spoilt/manifest.json"
untouched "$harness" report tables
said "were not kept"
expect 0 "$harness" compare tables good

# Another fingerprint by the same version is an error; by another one it is told, and kept.
print=$(of_lab "$run" svm fingerprint)
copy other
sed -i "s/$print/$(printf '0%.0s' {1..64})/" "$spoilt/manifest.json"
untouched "$harness" report other
said "fingerprint $print"
sed -i 's/"harness" : ".*"/"harness" : "0.0.1"/' "$spoilt/manifest.json"
echo mine >"$spoilt/svm/private" && chmod 600 "$spoilt/svm/private"
expect 0 "$harness" report other
[ "$(stat -c %a "$spoilt/svm/private" "$spoilt/manifest.json" | xargs)" = "600 644" ] || fail "report changed the mode of a file that is not the run's, or wrote its own with another"
printed "svm: another fingerprint"
[ "$(of_lab "$spoilt" svm fingerprint)" = "$print" ] || fail "the fingerprint was not updated"
pairs "$spoilt" versions | grep -qx $'harness\t0.0.1' || fail "the version that ran it is lost"
pairs "$spoilt" versions | grep -q '^report' || fail "the version that reported is not told"
before=$(listing "$spoilt")
expect 0 "$harness" report other
printed "nothing to change"
[ "$(listing "$spoilt")" = "$before" ] || fail "the second report of another version changed something"

# --- manifests that are not believed --------------------------------------------------------------
refused() { # SED-SCRIPT TEXT: by every command that opens a run
  local command
  copy bad
  sed -i "$1" "$spoilt/manifest.json"
  cmp -s "$spoilt/manifest.json" "$run/manifest.json" && fail "$1 changes nothing"
  for command in report show fingerprint "compare good"; do
    # shellcheck disable=SC2086
    untouched "$harness" $command bad
    said "$2"
  done
}
refused 's/"schema" : 1/"schema" : 2/' "newer harness"
refused 's/"status" : "complete"/"status" : "incomplete"/' "incomplete"
refused 's/"status" : "complete"/"status" : "fine"/' '"status"'
refused 's,"svm/phases.csv",".."/../phases.csv",' "manifest"
refused 's,"svm/phases.csv","../good/svm/phases.csv",' "../good/svm/phases.csv"
refused 's,"svm/phases.csv","/etc/passwd",' "/etc/passwd"
refused 's,"svm/phases.csv","svm//phases.csv",' "svm//phases.csv"
refused 's,"name" : "svm","name" : "../good/svm",' "../good/svm"
refused 's,"name" : "svm","name" : "vmx",' "there twice"
refused 's/"determinism" : "exact"/"determinism" : "maybe"/' "determinism"
refused 's/^{/[{/' "manifest.json"
refused '/^}$/d' "manifest.json"
copy bad
rm "$spoilt/manifest.json"
untouched "$harness" show bad
said "not finished"
mkfifo "$spoilt/manifest.json"
untouched "$harness" show bad
expect 2 "$harness" show nowhere
said "harness list"
rm "$results/latest"
expect 2 "$harness" report
said "full-run"
ln -s good "$results/latest"
mkdir "$results/.tmp-run-1-0" && cp "$run/manifest.json" "$results/.tmp-run-1-0"
exec 9<"$results/.tmp-run-1-0" && flock -n 9
expect 1 "$harness" show "$results/.tmp-run-1-0"
said "not finished"
exec 9<&-
# A parameter that leaves its folder.
copy bad
sed -i 's/"leaf_map" : "A"/"leaf_map" : "..\/..\/A"/' "$spoilt/manifest.json"
untouched "$harness" report bad
said "leaf_map"
# Links are not followed.
copy bad
mv "$spoilt/svm" "$TMPDIR/svm" && ln -s "$TMPDIR/svm" "$spoilt/svm"
untouched "$harness" report bad
said "svm/"
untouched "$harness" compare good bad
rm -r "$TMPDIR/svm"

# --- compare --------------------------------------------------------------------------------------
copy bad
sed -i '2s/,[0-9]*,/,7,/' "$spoilt/vmx/reasons.csv"
untouched "$harness" compare good bad
said "vmx/reasons.csv: was changed"
said "harness report $spoilt"

expect 0 "$harness" compare good latest --fail-over 0
[ "$(grep -c '  0 of .* rows changed' "$TMPDIR/out")" -eq 2 ] || fail "a run differs from itself: $(cat "$TMPDIR/out")"
expect 0 "$harness" compare good good/ --csv "$TMPDIR/same.csv"
[ "$(cut -d, -f8 "$TMPDIR/same.csv" | sort -u | tr '\n' ' ')" = "identical verdict " ] || fail "a run differs from itself: $(cat "$TMPDIR/same.csv")"
[ "$(wc -l <"$TMPDIR/same.csv")" -gt 20 ] || fail "too few rows: $(cat "$TMPDIR/same.csv")"

# Two vendors: by window and phase, not by reasons, whose numbers mean something else.
expect 0 "$harness" compare good/vmx "$run/svm" --window all --all --csv "$TMPDIR/two.csv" --html "$TMPDIR/two.html"
printed "vmx/svm"
printed "number their exit reasons differently"
grep -q '^vmx/svm,phase,idle,' "$TMPDIR/two.csv" || fail "no phase of window all: $(cat "$TMPDIR/two.csv")"
grep -q ',reason,' "$TMPDIR/two.csv" && fail "reasons of two vendors were compared"
grep -q '</html>' "$TMPDIR/two.html" || fail "the page is not whole"
grep -qE 'src=|href=|<script' "$TMPDIR/two.html" && fail "the page fetches or runs something"
exits() { sed -n "/\"name\" : \"$1\"/,/boot_exits/s/.*boot_exits\" : \([0-9]*\).*/\1/p" "$run/manifest.json"; }
grep -q "^vmx/svm,window,boot,$(exits vmx),$(exits svm)," "$TMPDIR/two.csv" || fail "the boot's exits are not the manifest's: $(cat "$TMPDIR/two.csv")"

# The limit, in the direction of growth only.
few=vmx many=svm
[ "$(exits vmx)" -lt "$(exits svm)" ] || few=svm many=vmx
expect 1 "$harness" compare "good/$few" "good/$many" --fail-over 0.5
said "$few/$many from $(exits $few) to $(exits $many)"
expect 0 "$harness" compare "good/$few" "good/$many" --fail-over 1000
expect 0 "$harness" compare "good/$many" "good/$few" --fail-over 0.5

# A run that has one lab alone: the others are told, and fail a limit.
expect 0 "$harness" full-run -q --isa svm --replay "$replay"
mv "$results/$(latest)" "$results/one" && ln -sfn good "$results/latest"
expect 0 "$harness" compare good one
said "vmx: only A"
expect 1 "$harness" compare good one --fail-over 5
said "not every lab"
expect 2 "$harness" compare good/vmx one/vmx
said "it has svm"
expect 2 "$harness" compare good one/svm
expect 2 "$harness" compare good
expect 2 "$harness" compare good one --fail-over many
expect 2 "$harness" compare good one --window late

# A statistical lab that was run once cannot tell; with intervals it can.
copy noisy
sed -i 's/"determinism" : "exact"/"determinism" : "statistical"/' "$spoilt/manifest.json"
expect 0 "$harness" compare good/vmx noisy/vmx --all --fail-over 0
printed "unknown (run once)"
said "not judged"
repeats() { # MEDIAN LOW HIGH
  local sum
  printf 'metric,n,median,low,high\nexits:window=boot,5,%s,%s,%s\n' "$@" >"$spoilt/vmx/repeats.csv"
  sum=$(sha256sum <"$spoilt/vmx/repeats.csv")
  sed -i '/"vmx\/repeats.csv"/d' "$spoilt/manifest.json"
  sed -i "s,^    \"vmx/timeline.csv\",    \"vmx/repeats.csv\" : \"${sum%% *}\"\,\n&," "$spoilt/manifest.json"
}
repeats 90000 80000 100000
expect 1 "$harness" compare good/vmx noisy/vmx --fail-over 5
printed "significant"
said "to 90000"
repeats 90000 1 100000
expect 0 "$harness" compare good/vmx noisy/vmx --all --fail-over 5
printed "noise"
# Intervals are not made by report: they stay, and if they are spoilt that is said.
expect 0 "$harness" report noisy
[ -s "$spoilt/vmx/repeats.csv" ] || fail "report lost the intervals"
pairs "$spoilt" files | grep -q '^vmx/repeats.csv' || fail "report forgot the intervals"
echo >>"$spoilt/vmx/repeats.csv"
untouched "$harness" report noisy
said "vmx/repeats.csv"

# --- a run that failed ----------------------------------------------------------------------------
echo truncate-records >"$replay/svm/fault"
sed -i '100d' "$replay/vmx/l0-exits.log"
expect 1 "$harness" full-run --replay "$replay"
grep -q '\.tmp-' "$TMPDIR/err" && fail "a message names the scratch folder: $(cat "$TMPDIR/err")"
failed=$(find "$results" -mindepth 1 -maxdepth 1 -name '20*')
[ "$(status_of "$failed")" = failed ] || fail "$failed: not failed"
grep -rIq '\.tmp-' "$failed"/answers.md "$failed"/manifest.json && fail "the run's files name the scratch folder"
[ -n "$(of_lab "$failed" svm failure)" ] || fail "the manifest does not say why it failed"
before=$(listing "$failed")
expect 0 "$harness" report "$failed"
printed "nothing to change"
[ "$(listing "$failed")" = "$before" ] || fail "report changed a failed run: $(diff <(echo "$before") <(listing "$failed"))"
expect 1 "$harness" compare good/svm "$failed/svm"
said "did not complete"
rm "$replay/svm/fault" "$replay/vmx/l0-exits.log"

# A path in an error is the run's final one.
echo 'vmexit(nonsense' >>"$replay/svm/l0-exits.log"
expect 1 "$harness" full-run --isa svm --replay "$replay"
second=$(find "$results" -mindepth 1 -maxdepth 1 -name '20*' ! -path "$failed")
said "$second/svm/l0-exits.log"
grep -q '\.tmp-' "$TMPDIR/err" && fail "a message names the scratch folder: $(cat "$TMPDIR/err")"
grep -q '^\*\*svm failed\*\*: svm: svm/l0' "$second/answers.md" || fail "answers.md: $(grep failed "$second/answers.md")"

# --- list and show --------------------------------------------------------------------------------
mkdir "$results/notes"
touch "$results/a-file"
expect 0 "$harness" list
for name in good one notes bad "${failed##*/}"; do printed "$name "; done
grep -qE '^good +latest +.* complete ' "$TMPDIR/out" || fail "the latest run is not marked"
grep -qE '^notes .* broken ' "$TMPDIR/out" || fail "a folder that is no run is not told"
grep -q a-file "$TMPDIR/out" && fail "a file is listed"
expect 0 "$harness" list --json
json_lines() { sed 's/^ *//' "$TMPDIR/out" | tr '\n' ' '; }
json_lines | grep -qE '"run" : "good", "status" : "complete", "latest" : true, "begun" : "20[^"]*Z", "bytes" : [0-9]+, "labs" : \[ \{ "name" : "vmx",' || fail "list --json: $(cat "$TMPDIR/out")"
json_lines | grep -qE '"run" : "notes", "status" : "broken", .* "problem" : "[^"]+manifest.json' || fail "list --json: $(cat "$TMPDIR/out")"
copy edited
echo x >>"$spoilt/answers.md"
expect 0 "$harness" show edited
printed "of which 1 are not what the manifest says"
grep -qE 'answers.md .* changed' "$TMPDIR/out" || fail "show does not tell the changed file"
expect 0 "$harness" show edited --json
[ "$(json_lines | grep -oE '"path" : "[^"]*", "state" : "changed"')" = '"path" : "answers.md", "state" : "changed"' ] || fail "show --json: $(cat "$TMPDIR/out")"
json_lines | grep -qE '"checks" : \{ "ok" : [1-9][0-9]+,' || fail "show --json tells no checks: $(cat "$TMPDIR/out")"
expect 2 "$harness" show good one

# --- clean ----------------------------------------------------------------------------------------
names() { find "$results" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort | tr '\n' ' '; }
cp -a "$run" "$results/reference"
cp -a "$run" "$TMPDIR/master"
# Ages are told by the run's own name in the manifest.
aged() { # NAME DAYS
  cp -a "$TMPDIR/master" "$results/$1"
  sed -i "s/\"run\" : \".*\"/\"run\" : \"$(date -u -d "$2 days ago" +%Y-%m-%dT%H-%M-%SZ)\"/" "$results/$1/manifest.json"
}
rm -r "$results"/{edited,extra,raw,damaged,later,tables,other,noisy,one,bad}
aged old-10 10
aged old-20 20
before=$(listing "$results")
for options in "" "--keep 0" "--older-than 1" "--failed" "good" "--cache"; do
  # shellcheck disable=SC2086
  expect 0 "$harness" clean --dry-run $options
  printed "would free"
  [ "$(listing "$results")" = "$before" ] || fail "clean --dry-run $options removed something"
done
expect 2 "$harness" clean reference
expect 2 "$harness" clean nowhere
expect 2 "$harness" clean "$tree/configs"
expect 2 "$harness" clean good --keep 1
expect 2 "$harness" clean --keep -3
expect 2 "$harness" clean --keep -1
expect 2 "$harness" clean --older-than -1
[ "$(listing "$results")" = "$before" ] || fail "wrong usage removed something"

expect 0 "$harness" clean
[ "$(names)" = "good notes old-10 old-20 reference " ] || fail "clean left $(names)"
printed "freed"
expect 0 "$harness" clean --older-than 15
[ "$(names)" = "good notes old-10 reference " ] || fail "clean --older-than left $(names)"
aged old-20 20
# Both conditions must agree: the three newest are kept however old, and of the rest what is younger.
expect 0 "$harness" clean --older-than 15 --keep 3
[ "$(names)" = "good notes old-10 old-20 reference " ] || fail "clean --older-than --keep removed one of the newest: $(names)"
expect 0 "$harness" clean --older-than 15 --keep 1
[ "$(names)" = "good notes old-10 reference " ] || fail "clean --older-than --keep left $(names)"
ln -sfn old-10 "$results/latest"
expect 0 "$harness" clean --keep 1
[ "$(names)" = "good notes old-10 reference " ] || fail "clean --keep removed what it must not: $(names)"
expect 0 "$harness" clean --keep 0
[ "$(names)" = "notes old-10 reference " ] || fail "clean --keep 0 left $(names)"
aged good 0
expect 0 "$harness" clean latest
[ "$(latest)" = good ] || fail "latest points to $(latest)"
expect 0 "$harness" clean good notes
[ "$(names)" = "reference " ] || fail "clean by name left $(names)"
[ "$(latest)" = none ] || fail "latest points to what is gone"
expect 0 "$harness" list
no_leftovers

# The cache: the newest of each kind stays, what is no entry too; nothing goes while somebody builds.
cache=$tree/images/cache
for entry in kernel-0000000000000001 kernel-0000000000000002 image-0000000000000001 distro-0000000000000001 distro-0000000000000002 ccache; do
  mkdir "$cache/$entry" && echo x >"$cache/$entry/file"
done
touch -d '3 days ago' "$cache/kernel-0000000000000001" "$cache/distro-0000000000000001"
entries() { find "$cache" -mindepth 1 -maxdepth 1 ! -name '*.lock' -printf '%f\n' | sort | tr '\n' ' '; }
all=$(entries)
exec 8>"$cache/kernel-work-0000000000000001.lock" && flock 8
expect 0 "$harness" clean --cache
printed "another command is at work"
[ "$(entries)" = "$all" ] || fail "the cache was cleaned under a build: $(entries)"
exec 8>&- && rm "$cache/kernel-work-0000000000000001.lock"
expect 0 "$harness" clean --cache --older-than 4
[ "$(entries)" = "$all" ] || fail "clean --cache --older-than removed what is younger: $(entries)"
expect 0 "$harness" clean --cache --dry-run
printed "would remove $cache/kernel-0000000000000001"
[ "$(entries)" = "$all" ] || fail "clean --cache --dry-run removed something"
expect 0 "$harness" clean --cache
[ "$(entries)" = "${all/kernel-0000000000000001 /}" ] || fail "clean --cache left $(entries)"
