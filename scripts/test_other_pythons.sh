#!/bin/sh
# Run the process-level tests on the CPythons from 3.11 on that this machine has, each test on one of them, but not on
# the one whose path is $1: the full suite runs there.
set -eu
version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }
main=$(version "$1")
shift

for python in $(sh scripts/pythons.sh); do
    version=$(version "$python")
    [ "$version" != "$main" ] || continue
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
