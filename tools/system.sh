#!/usr/bin/env bash
# Installs the Debian packages that the tests need and that are missing: real servers on loopback.
set -eu
cd "$(dirname "$0")/.."
missing=()
while read -r package; do
    [ -z "$package" ] || dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
done < tools/apt.txt
# The server of Azure's storage is an npm package; any npm will do.
command -v npm >/dev/null || missing+=(npm)
[ "${#missing[@]}" -eq 0 ] && exit 0
if ! command -v apt-get >/dev/null; then
    echo "the tests need these Debian packages, or what is like them here: ${missing[*]}" >&2
    exit 1
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
# Servers are started by the tests, each in a folder of its own, never by the installation.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod +x "$policy"
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
