#!/bin/sh
# Install what is in dist/ in every way that README names, each alone and elsewhere, and try it from there.
# $1 is the Python. Packages come from the index; nothing may be compiled.
set -eu
python=${1:-python3}
dist=$PWD/dist
pythons=$(sh scripts/pythons.sh)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
export CC=false CXX=false HOME="$place/home" PIP_DISABLE_PIP_VERSION_CHECK=1
unset PYTHONPATH PYTHONDONTWRITEBYTECODE
mkdir home

try() {
    "$@" --version >/dev/null
    "$@" pack '<I:id 4s:name' 7 abc | "$@" unpack '<I:id 4s:name' --jsonl | grep -q '^{"id": 7, "name": "abc"}$'
    printf 'K\303\203\302\266nig\n' | "$@" fixenc --mojibake -q | grep -q '^König$'
    "$@" unpack --layouts | grep -q '^elf64'
    printf 'one\n' >a && printf 'two\n' >b
    "$@" diff --html a b | grep -q '</html>'
    "$@" kv --store x set k v && test "$("$@" kv --store x get k)" = v
    rm -r "$HOME/.local"
}

for built in "$dist"/*.whl "$dist"/*.tar.gz; do
    rm -rf venv
    "$python" -m venv venv
    venv/bin/pip install --quiet "$built"
    stdtools=$place/venv/bin/stdtools
    try "$stdtools"
    commands=$("$stdtools" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p' | sort)
    for command in $commands; do
        "$stdtools" "$command" --help >/dev/null
        test -s "venv/share/man/man1/stdtools-$command.1"
    done
    test -s venv/share/man/man1/stdtools.1
    test -s venv/share/bash-completion/completions/stdtools
    test -s venv/share/zsh/site-functions/_stdtools
    test -s venv/share/fish/vendor_completions.d/stdtools.fish
    echo "${built##*/}: ok, with $(echo "$commands" | wc -l) commands and their manual pages"
done

for other in $pythons; do
    try "$other" -I "$dist/stdtools.pyz"
    echo "stdtools.pyz: ok with $("$other" --version)"
done

"$python" -m venv tools
tools/bin/pip install --quiet pipx uv
export PIPX_HOME="$place/pipx" PIPX_BIN_DIR="$place/pipx/bin" PIPX_MAN_DIR="$place/pipx/man"
tools/bin/pipx install --quiet --python "$python" "$dist"/*.whl >/dev/null 2>&1
try "$place/pipx/bin/stdtools"
test -e "$place/pipx/man/man1/stdtools.1"
echo "pipx install: ok, with manual pages"
try tools/bin/uvx --quiet --python "$python" --from "$dist"/*.whl stdtools
echo "uvx --from: ok"
