#!/bin/sh
# Print the path of each CPython from 3.11 on that this machine has, one a version.
for minor in 11 12 13 14; do
    version=3.$minor
    for python in "$(command -v "python$version" || true)" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version".*/bin/python; do
        # A pyenv shim is on the path but fails when its version is not the chosen one.
        if [ -x "$python" ] && "$python" -c 'import venv, ensurepip' 2>/dev/null; then
            echo "$python"
            break
        fi
    done
done
