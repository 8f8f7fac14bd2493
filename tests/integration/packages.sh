#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# configs/packages/install.sh, with a dpkg, an apt, a sudo and a user id that are not this host's.
. tests/integration/functions.sh
bin=$TMPDIR/bin
mkdir "$bin"

stub() { # NAME, text on standard input
  { echo '#!/bin/bash'; cat; } >"$bin/$1" && chmod +x "$bin/$1"
}
stub dpkg-query <<<"printf 'alpha installed\nbeta:amd64 installed\ngamma config-files\n'; exit 1"
stub apt-get <<<"echo \"apt-get \$*\" >>'$TMPDIR/apt'; [ ! -e '$TMPDIR/apt-fails' ]"
stub id <<<"cat '$TMPDIR/uid'"
stub sudo <<<"[ -e '$TMPDIR/sudo-works' ] || exit 1; shift; exec \"\$@\""
printf '# A comment\n[group]\nalpha\nbeta # which is there\n' >"$TMPDIR/have.list"
printf '[group]\nalpha\ngamma\ndelta-dev\n' >"$TMPDIR/lack.list"

run() { # STATUS LIST
  rm -f "$TMPDIR/apt"
  expect "$1" env PATH="$bin:$PATH" configs/packages/install.sh "$TMPDIR/$2.list"
}
apt_did() {
  [ "$(cat "$TMPDIR/apt" 2>/dev/null)" = "$1" ] || fail "apt was asked for: $(cat "$TMPDIR/apt")"
}
wanted='apt-get update -q
apt-get install -y --no-install-recommends gamma delta-dev'

echo 1000 >"$TMPDIR/uid"
run 0 have
apt_did ''
run 3 lack
apt_did ''
said "sudo apt-get update && sudo apt-get install -y --no-install-recommends gamma delta-dev"

touch "$TMPDIR/sudo-works"
run 0 lack
apt_did "$wanted"

rm "$TMPDIR/sudo-works"
echo 0 >"$TMPDIR/uid"
run 0 lack
apt_did "$wanted"
touch "$TMPDIR/apt-fails"
run 3 lack
said "apt could not install them"

# The list itself: names that a package can have, each once.
sed -e 's/#.*//' -e '/^\[/d' configs/packages/debian-12.list | grep . | sort >"$TMPDIR/names"
! grep -vE '^[a-z0-9][a-z0-9.+-]+$' "$TMPDIR/names" || fail "no names of packages"
[ -z "$(uniq -d "$TMPDIR/names")" ] || fail "twice: $(uniq -d "$TMPDIR/names")"
