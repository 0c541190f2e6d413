"""Draw docs/terminal.svg: a real pipeline, typed into a terminal of 100 columns, as the real program answers it."""

import io
import os
import pty
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).parents[1]
COLUMNS = 100
LINES = [
    "stdtools find docs -n '*.md' --sort size --reverse --max-results 4 --long",
    "stdtools find src -n '*.py' --jsonl | stdtools top -n 3 --by size | stdtools tmpl -e '$path: $size' --each -",
    "stdtools pack '<I:id H:port 16s:host' 7 443 example.org | stdtools unpack '<I:id H:port 16s:host' --dump",
    "printf 'K\\303\\203\\302\\266nig and caf\\351\\n' | stdtools fixenc --mixed | stdtools fixenc --mojibake",
]
# Without rich's @font-face, for which a viewer would ask a server.
STYLE_OF_FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def typed(line: str) -> str:
    """Return what a terminal shows of *line*."""
    environment = {
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLUMNS": str(COLUMNS),
        "PATH": sysconfig.get_path("scripts") + os.pathsep + os.environ["PATH"],
    }
    reader, terminal = pty.openpty()
    with subprocess.Popen(["sh", "-c", line], stdout=terminal, stderr=terminal, cwd=ROOT, env=environment) as shell:
        os.close(terminal)
        shown = io.BytesIO()
        while data := _read(reader):
            shown.write(data)
    os.close(reader)
    if shell.returncode:
        sys.exit(f"exit code {shell.returncode}: {line}\n{shown.getvalue().decode()}")
    return shown.getvalue().decode().replace("\r\n", "\n").rstrip("\n")


def _read(reader: int) -> bytes:
    try:
        return os.read(reader, 1 << 16)
    except OSError:  # EIO: nobody has the terminal open any more
        return b""


def main() -> None:
    """Draw it."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in LINES:
        console.print(Text.assemble(("$ ", "bold green"), (line, "bold")), soft_wrap=False)
        console.print(Text.from_ansi(typed(line)))
        console.print()
    picture = console.export_svg(title="stdtools", theme=MONOKAI, unique_id="stdtools")
    (ROOT / "docs" / "terminal.svg").write_text(STYLE_OF_FONT.sub("", picture), encoding="utf-8")


if __name__ == "__main__":
    main()
