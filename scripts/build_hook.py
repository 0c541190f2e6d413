"""The wheel brings the manual pages; they are made of the sources when it is built."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManualPages(BuildHookInterface):
    """Makes the pages in build/man and has them installed in share/man/man1."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make them, and name them to the builder."""
        root = Path(self.root)
        sys.path[:0] = [str(root / "scripts"), str(root / "src")]
        import man

        directory = root / "build" / "man"
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in man.pages():
            page = directory / name
            page.write_text(text, encoding="utf-8")
            build_data["shared_data"][str(page)] = f"share/man/man1/{name}"
