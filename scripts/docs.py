"""Write the help of each command into its page in docs/, and the topics; with --check see that they are there.

A page names the help that it wants between two comment lines; what stands between them is ours. The topics of
``stdtools help`` are pages as they are.
"""

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TOPICS = ROOT / "src" / "stdtools" / "helping" / "topics"
COMMAND = os.path.join(sysconfig.get_path("scripts"), "stdtools")
BLOCK = re.compile(r"(<!-- help: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def with_help(match: re.Match[str]) -> str:
    """Return the marked block with the help of its command line in it."""
    args = match[2].split()
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "COLUMNS": "80"}
    done = subprocess.run([COMMAND, *args[1:]], capture_output=True, text=True, check=True, env=environment)
    return f"{match[1]}```\n$ {match[2]}\n{done.stdout}```\n{match[3]}"


def main() -> None:
    """Rewrite every page, or complain about the stale ones."""
    stale = []
    pages = {page: page.read_text() for page in sorted(DOCS.glob("*.md"))}
    topics = {DOCS / topic.name: topic.read_text() for topic in sorted(TOPICS.glob("*.md"))}
    for page, text in (dict.fromkeys(topics, "") | pages).items():
        new = topics.get(page) or BLOCK.sub(with_help, text)
        if new != text:
            stale.append(page.name)
            if "--check" not in sys.argv:
                page.write_text(new)
    if stale and "--check" in sys.argv:
        sys.exit(f"stale: {', '.join(stale)}; run make docs")
    print(f"docs: {len(stale)} pages written" if "--check" not in sys.argv else "docs: up to date")


if __name__ == "__main__":
    main()
