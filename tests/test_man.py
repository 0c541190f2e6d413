"""The manual pages that the wheel brings."""

import re
import subprocess
import sys
from pathlib import Path

from tests.commands import LEAVES, TABLE

ROOT = Path(__file__).parents[1]
WARNINGS = ("char", "delim", "escape", "font", "mac", "number", "range", "scale", "syntax")


def test_every_command_has_a_page_that_roff_reads_without_a_word(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "scripts" / "man.py", tmp_path / "man"], check=True, cwd=tmp_path)
    pages = {page.name: page for page in (tmp_path / "man").iterdir()}
    assert set(pages) == {"stdtools.1", *(f"stdtools-{name.replace(' ', '-')}.1" for name in TABLE)}
    groff = ["groff", "-man", "-Tutf8", "-Wbreak", *(f"-w{what}" for what in WARNINGS)]
    done = subprocess.run([*groff, *pages.values()], capture_output=True, check=True)
    assert done.stderr == b""
    for name, command in LEAVES.items():
        text = pages[f"stdtools-{name.replace(' ', '-')}.1"].read_text().replace("\\-", "-")
        for param in command.params:
            if param.param_type_name == "option":
                assert all(re.search(rf"^\.B .*{re.escape(word)}\b", text, re.MULTILINE) for word in param.opts), param
        assert re.search(r"^\.SH EXAMPLES\n\.nf\n.*\bstdtools ", text, re.MULTILINE)
