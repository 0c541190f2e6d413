"""The wheel brings manual pages and completion scripts; they are made of the sources when it is built."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

COMPLETIONS = {
    "bash": "share/bash-completion/completions/stdtools",
    "zsh": "share/zsh/site-functions/_stdtools",
    "fish": "share/fish/vendor_completions.d/stdtools.fish",
}


class SharedData(BuildHookInterface):
    """Makes the files in build/ and has them installed in share/."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make them, and name them to the builder."""
        root = Path(self.root)
        sys.path[:0] = [str(root / "scripts"), str(root / "src")]
        import man

        from stdtools.cli import stdtools_command
        from stdtools.completion.command_table import places
        from stdtools.completion.scripts import script

        made = {f"share/man/man1/{name}": text for name, text in man.pages()}
        commands = list(places(stdtools_command))
        made |= {place: script(shell, commands) for shell, place in COMPLETIONS.items()}
        for place, text in made.items():
            path = root / "build" / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            build_data["shared_data"][str(path)] = place
