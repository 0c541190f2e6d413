"""Make dist/stdtools.pyz of the wheel in dist/ and of what it needs: one file that any Python from 3.11 on runs.

Nothing is extracted when it runs. It holds the sources, and beside them the bytecode of the Python that made it:
another one reads the sources, which takes some tenths of a second. The same commit and Python make the same bytes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipapp
from pathlib import Path

HERE = Path(__file__).parent
DIST = HERE.parent / "dist"
MAIN = "from stdtools.__main__ import main\n\nmain()\n"
MADE_BY_PIP = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")  # they name places of this machine
MOMENT = 1580601600  # of all files; 2020-02-02, as hatchling has it


def main() -> None:
    """Make the file."""
    (wheel,) = DIST.glob("*.whl")
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--only-binary", ":all:"]
        subprocess.run([*pip, "--target", place, "-c", str(HERE / "single_file.txt"), str(wheel)], check=True)
        for folder in ("bin", "share"):
            shutil.rmtree(root / folder, ignore_errors=True)
        for path in root.glob("*.dist-info/*"):
            if path.name in MADE_BY_PIP:
                path.unlink()
        (root / "__main__.py").write_text(MAIN)
        options = ["-q", "-b", "-d", "", "--invalidation-mode", "unchecked-hash"]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        subprocess.run([sys.executable, "-m", "compileall", *options, place], check=True, env=environment)
        for path in [root, *root.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
            os.utime(path, (MOMENT, MOMENT))
        os.environ["TZ"] = "UTC"  # zip files have local times
        time.tzset()
        made = DIST / "stdtools.pyz"
        zipapp.create_archive(root, made, interpreter="/usr/bin/env python3", compressed=True)
        made.chmod(0o755)


if __name__ == "__main__":
    main()
