"""Measure the wheel beside its peers; write RESULTS.md and the table of README.md.

The wheel is built and installed in a venv of its own.

It prints tables and asserts nothing: a machine that is busy is not a bug. `make bench`, or
`python bench/run.py NAME` for one of the modules, whose rows alone are written anew then.
"""

import importlib
import os
import platform
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from measure import Claim, Measured

HERE = Path(__file__).parent
VENV = HERE.parent / ".venvs" / "bench"
MODULES = ("startup", "pack", "logs", "tree", "par", "kv", "tasks", "diff", "tmpl", "fixenc", "lines", "files", "dates")


def install() -> tuple[str, str]:
    """Return the interpreter and the stdtools of a venv that holds the wheel of this tree."""
    with tempfile.TemporaryDirectory() as wheels:
        call = [sys.executable, "-m", "build", "--quiet", "--wheel", "--outdir", wheels, str(HERE.parent)]
        subprocess.run(call, check=True)
        python = str(VENV / "bin" / "python")
        if not VENV.exists():
            subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", "--upgrade", "pip"], check=True)
        wheel = next(Path(wheels).glob("*.whl"))
        pip = [python, "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "--group", f"{HERE.parent / 'pyproject.toml'}:bench", str(wheel)], check=True)
        subprocess.run([*pip, "--force-reinstall", "--no-deps", str(wheel)], check=True)
    return python, str(VENV / "bin" / "stdtools")


def versions(python: str) -> str:
    """Return the machine and the peers in one line."""

    def first_line(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return next(line for line in done.stdout.splitlines() if line.strip())

    def package_version(name: str) -> str:
        return first_line("dpkg-query", "-W", "-f", "${Version}", name)

    packages = "from importlib.metadata import version as v\n"
    names = ("chardet", "charset-normalizer", "click", "construct", "ftfy", "jinja2", "joblib", "sqlite-utils")
    packages += f"print(', '.join(f'{{name}} {{v(name)}}' for name in {names}))"
    return "; ".join(
        [
            f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
            first_line(python, "--version"),
            first_line(python, "-c", packages),
            "perl " + first_line("perl", "-e", "print substr($^V, 1)"),
            *(
                f"{package} {package_version(package)}"
                for package in (
                    "daemontools",
                    "apache2-utils",
                    "findutils",
                    "fd-find",
                    "coreutils",
                    "mawk",
                    "gettext-base",
                    "parallel",
                    "diffutils",
                    "git",
                    "libc-bin",
                    "moreutils",
                    "sqlite3",
                    "uchardet",
                )
            ),
        ]
    )


def measure(name: str, python: str, stdtools: str, place: str) -> tuple[list[Measured], list[Claim]]:
    """Run one of the modules in a process of its own: the peak of a child is at least that of whoever starts it."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_run, name, python, stdtools, place).result()


def _run(name: str, python: str, stdtools: str, place: str) -> tuple[list[Measured], list[Claim]]:
    module: Any = importlib.import_module(name)
    return module.run(python, stdtools, Path(place))


def merged(page: str, head: list[str], rows: list[str], cells: int) -> str:
    """Return the table with this *head* that *page* has; *rows* take the place of those with the same first *cells*."""
    old = page.partition("\n".join(head) + "\n")[2].partition("\n\n")[0].splitlines()
    table = {tuple(row.split(" | ")[:cells]): row for row in old if row.startswith("|")}
    table |= {tuple(row.split(" | ")[:cells]): row for row in rows}
    return "\n".join([*head, *table.values()])


def main() -> None:
    """Run the benchmarks that are named, or all; their rows take the place of what was measured before."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.pop("PYTHONUNBUFFERED", None)
    names = sys.argv[1:] or MODULES
    python, stdtools = install()
    machine = versions(python)
    bounds, details = [], []
    with tempfile.TemporaryDirectory() as place:
        for name in names:
            measured, claims = measure(name, python, stdtools, place)
            bounds += [claim.row for claim in claims]
            details += [f"| {m.name} | {m.seconds:.3f} | {m.memory:.0f} |" for m in measured]
            write(machine, bounds, details, anew=len(names) == len(MODULES) and name == names[-1])
    print((HERE / "RESULTS.md").read_text())


def write(machine: str, bounds: list[str], details: list[str], *, anew: bool) -> None:
    """Put the rows into RESULTS.md and README.md; where they are of all benchmarks, *anew*, nothing else stays.

    After each module, for an hour's work shall not be lost with its end.
    """
    results, readme = HERE / "RESULTS.md", HERE.parent / "README.md"
    page = "" if anew else results.read_text()
    ratios = merged(page, ["| job | beside | ratio | at most | kept |", "|---|---|---|---|---|"], bounds, 2)
    seconds = merged(page, ["| process | seconds | peak MiB |", "|---|---|---|"], details, 1)
    how = "Medians of whole processes, run in pairs; a time net of start below zero is noise."
    results.write_text(f"# Measured\n\n{machine}. {how}\n\n{ratios}\n\n{seconds}\n")
    block = re.compile(r"(<!-- measured -->\n).*?(<!-- end -->)", re.DOTALL)
    readme.write_text(block.sub(lambda match: f"{match[1]}{ratios}\n{match[2]}", readme.read_text()))


if __name__ == "__main__":
    main()
