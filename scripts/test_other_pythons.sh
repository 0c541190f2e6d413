#!/bin/sh
# Run the process-level tests on the CPythons from 3.11 on that this machine has, each test on one of them, but not on
# the one whose path is $1: the full suite runs there.
set -eu
main=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
shift

for minor in 11 12 13 14; do
    version=3.$minor
    [ "$version" = "$main" ] && continue
    for python in "$(command -v "python$version" || true)" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version".*/bin/python; do
        # A pyenv shim is on the path but fails when its version is not the chosen one.
        [ -x "$python" ] && "$python" -c 'import venv, ensurepip' 2>/dev/null && break
        python=
    done
    [ -n "$python" ] || continue
    venv=.venvs/$version
    if [ ! -e "$venv/made" ] || [ pyproject.toml -nt "$venv/made" ]; then
        "$python" -m venv "$venv"
        "$venv/bin/pip" install --quiet --upgrade 'pip>=25.1'
        "$venv/bin/pip" install --quiet --editable . --group test
        touch "$venv/made"
    fi
    set -- "$@" "$venv/bin/python"
done

share=0
for python; do
    "$python" --version
    "$python" -m pytest -q -n 3 -m "process and not soak and not once" --share "$share/$#"
    share=$((share + 1))
done
