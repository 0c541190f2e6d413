#!/bin/sh
# Install the wheel in dist/ alone, in a new venv elsewhere, and run every --help from there.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"${1:-python3}" -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet dist/*.whl
cd "$place"
stdtools=$place/venv/bin/stdtools
"$stdtools" --version
"$stdtools" --help >/dev/null
commands=$("$stdtools" --help | awk '/^Commands:/ {on = 1; next} /^$/ {on = 0} on {print $1}')
for command in $commands; do
    "$stdtools" "$command" --help >/dev/null
    echo "stdtools $command --help: ok"
done
"$stdtools" unpack --layouts >/dev/null
"$stdtools" pack '<I:id 4s:name' 7 abc | "$stdtools" unpack '<I:id 4s:name' --jsonl
