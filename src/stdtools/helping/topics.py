"""The topics: a text in Markdown each, which is a page in docs/, too."""

from pkgutil import get_data

TOPICS = ("configuration", "dates", "exit-codes", "layouts", "names", "records", "sizes")


def topics() -> dict[str, str]:
    """Return the first line of each topic's text, by its name."""
    return {name: text_of(name).split("\n", 1)[0].lstrip("# ") for name in TOPICS}


def text_of(name: str) -> str:
    """Return the text about the topic *name*. Raises FileNotFoundError."""
    return (get_data("stdtools.helping", f"topics/{name}.md") or b"").decode()
