"""From two files to what differs between them, and how they are to be compared."""

from collections.abc import Callable
from typing import NamedTuple

from stdtools.diff import inputs
from stdtools.diff.comparison import Comparison
from stdtools.diff.engine import compare
from stdtools.diff.inputs import Source, Text, Troubles
from stdtools.diff.keys import Ignored, lines_ignored
from stdtools.shared.errors import ToolError


class Wishes(NamedTuple):
    """How files are compared. ``brief`` says that it is enough to know whether they differ."""

    ignored: Ignored = Ignored()
    algorithm: str = "fast"
    deadline: float | None = None
    as_text: bool = False
    brief: bool = False
    always_read: bool = False


class Outcome(NamedTuple):
    """What became of two files: equal, different, or different and binary; a comparison where it was made.

    ``trivial`` are the places of its changes that do not count, ``ignored`` how many differences do not: these,
    and lines that are taken as equal. ``texts`` are there where both were read.
    """

    differs: bool
    comparison: Comparison | None = None
    trivial: frozenset[int] = frozenset()
    ignored: int = 0
    texts: tuple[Text, Text] | None = None

    @property
    def is_binary(self) -> bool:
        """Whether one of them is binary, so that there are no lines to compare."""
        return self.texts is not None and any(text.is_binary for text in self.texts)

    @property
    def encodings(self) -> tuple[str, str]:
        """What the texts were transcoded from."""
        return (self.texts[0].encoding, self.texts[1].encoding) if self.texts else ("", "")


def compare_files(a: Source, b: Source, wishes: Wishes) -> Outcome:
    """Compare two files. Raises Troubles when one of them, or both, cannot be read."""
    if not wishes.always_read and inputs.are_one(a, b):
        return Outcome(differs=False)
    simple = not any(wishes.ignored)
    if wishes.brief and simple and inputs.must_differ(a, b):
        return Outcome(differs=True)
    if not wishes.always_read and _or_troubles(inputs.are_equal_and_large, a, b):
        return Outcome(differs=False)
    a_data, b_data = _read_both(a, b)
    if a_data == b_data:
        if not wishes.always_read:
            return Outcome(differs=False)
    elif wishes.brief and simple:
        return Outcome(differs=True)
    texts = inputs.as_text(a_data, forced=wishes.as_text), inputs.as_text(b_data, forced=wishes.as_text)
    if any(text.is_binary for text in texts):
        return Outcome(a_data != b_data, texts=texts)
    del a_data, b_data
    return _compare_texts(texts, wishes)


def _compare_texts(texts: tuple[Text, Text], wishes: Wishes) -> Outcome:
    a, b = texts[0].data, texts[1].data
    ignored = wishes.ignored
    keys = (ignored.key(a), ignored.key(b)) if ignored.has_key else None
    comparison = compare(a, b, algorithm=wishes.algorithm, deadline=wishes.deadline, keys=keys)
    if not wishes.brief:
        from stdtools.diff.checking import check

        check(comparison, keys=keys)
    trivial = ignored.changes(comparison)
    differs = len(comparison.changes) > len(trivial)
    if not comparison.changes and texts[0].encoding != texts[1].encoding:
        differs = True
    count = len(trivial) + (lines_ignored(comparison) if keys else 0)
    return Outcome(differs, comparison, trivial, count, texts)


def _read_both(a: Source, b: Source) -> tuple[bytes, bytes]:
    data: list[bytes] = []
    errors: list[ToolError] = []
    if a.path == b.path == inputs.STDIN_PATH:
        both = inputs.read(a)
        return both, both
    for source in (a, b):
        try:
            data.append(inputs.read(source))
        except ToolError as error:
            errors.append(error)
    if errors:
        raise Troubles(errors)
    return data[0], data[1]


def _or_troubles(ask: Callable[[Source, Source], bool], a: Source, b: Source) -> bool:
    try:
        return ask(a, b)
    except ToolError as error:
        raise Troubles([error]) from error
