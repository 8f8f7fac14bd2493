#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what a package list names and dpkg lacks:  install.sh LIST
# As root, or through sudo if that asks no password; else it prints the command to run and exits with 3.
# Nothing missing, or no Debian: no apt, no output worth reading, exit 0.
set -u
list=$1

if ! command -v dpkg-query >/dev/null; then
  echo "$list: this is not Debian; what it names is yours to install" >&2
  exit 0
fi

mapfile -t wanted < <(sed -e 's/#.*//' -e 's/^\[.*//' "$list" | tr -s ' \t' '\n' | grep .)
installed=$(dpkg-query -W -f '${binary:Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/:[^ ]*//; s/ installed$//p')
missing=()
for package in "${wanted[@]}"; do
  grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

export DEBIAN_FRONTEND=noninteractive
install=(apt-get install -y --no-install-recommends "${missing[@]}")
if [ "$(id -u)" -eq 0 ]; then
  as=(env)
elif sudo -n true 2>/dev/null; then
  as=(sudo -n env DEBIAN_FRONTEND=noninteractive)
else
  echo "These packages are missing, and installing them takes root. Run this, then try again:" >&2
  echo "  sudo apt-get update && sudo ${install[*]}" >&2
  exit 3
fi
echo "Installing ${#missing[@]} missing packages: ${missing[*]}"
if ! "${as[@]}" apt-get update -q || ! "${as[@]}" "${install[@]}"; then
  echo "apt could not install them (above); $list says what is needed" >&2
  exit 3
fi
