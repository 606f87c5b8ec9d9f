#!/usr/bin/env bash
# Make the example project of `andon init` in build/demo and show what Andon does with it.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
rm -rf build/demo
mkdir -p build

say() { printf '\n\033[1m$ %s\033[0m\n' "$*"; }
show() { say "$@"; "$@"; }

show andon init build/demo
cd build/demo
show andon plan
show andon run
show andon run
show andon ls
show andon history
