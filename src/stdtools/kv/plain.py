"""What a shelf holds: values of plain built-in types; whatever else a pickle describes is a Foreign node."""

from typing import Any

from stdtools.shared.errors import ToolError

DEEPEST = 200  # levels of nesting; as JSON each may take three, and json gives up at about 1,000
SCALARS = frozenset({type(None), bool, int, float, str, bytes})
BUILT_IN = frozenset({list, tuple, dict, set, frozenset})
MOST_BITS = 2000  # of a whole number that is surely written in decimal; Python writes no more than 4,300 digits
QUICKLY = 3_000_000  # parts of a value that are gone through before asking whether they are the same ones
NAMES: dict[type, str] = {  # what the types are called
    type(None): "null",
    str: "text",
    **{kind: kind.__name__ for kind in (bool, int, float, bytes, list, tuple, dict, set, frozenset)},
}


class Foreign:
    """An object, a class or a function that a pickle names: shown, never built.

    The parts that the pickle does not have are None; a class or function alone has a name only.
    """

    __slots__ = ("args", "called", "items", "kwargs", "name", "pairs", "state")

    def __init__(self, name: str, args: object = None, *, called: "Foreign | None" = None) -> None:
        self.name = name  # module.Name as the pickle spells it
        self.args = args  # a tuple, or a Foreign that would have become one
        self.called = called  # what is called, where that is itself the outcome of a call
        self.kwargs: object = None
        self.state: object = None  # for __setstate__ or __dict__
        self.items: list[object] | None = None  # what is appended or added
        self.pairs: list[tuple[object, object]] | None = None  # what is set by key

    @property
    def parts(self) -> dict[str, object]:
        """What there is of it besides the name."""
        named = {part: getattr(self, part) for part in ("called", "args", "kwargs", "state", "items", "pairs")}
        return {part: value for part, value in named.items() if value is not None}


class NotPlain(ToolError):
    """A value that cannot be stored, since it is or holds something that is not plain."""


class BadPickle(ToolError):
    """A pickle that is damaged, or made to do harm.

    *at* is the byte where that shows; *is_cut* says that more bytes may mend it.
    """

    def __init__(self, what: str, at: int, *, is_cut: bool = False) -> None:
        super().__init__(f"the pickle cannot be read: {what} at byte {at}")
        self.reason = what
        self.at = at
        self.is_cut = is_cut


class ForeignClass(ToolError):
    """A pickle that describes objects of other classes; *names* are theirs."""

    def __init__(self, names: tuple[str, ...]) -> None:
        listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        super().__init__(f"the value holds {listed}", hint="what is not plain can be shown, but is never built")
        self.names = names


class TooDeep(ToolError):
    """A value that is nested more than DEEPEST levels deep."""

    def __init__(self) -> None:
        super().__init__(f"nested more than {DEEPEST} levels deep")


def type_name_of(value: object) -> str:
    """Return what the type of *value* is called; of a Foreign node, its class."""
    if type(value) is Foreign:
        return value.name
    return NAMES.get(type(value), type(value).__name__)


def text_or_bytes(data: bytes) -> str | bytes:
    """Return *data* as text where it is UTF-8, else as it is."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def a_kind(value: object) -> str:
    """Return what *value* is, for a message: ``a set``, ``an int``."""
    name = type(value).__name__ if type(value) is not Foreign else value.name
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def is_plain_tree(value: Any, most: int = QUICKLY) -> bool:
    """Say whether *value* is made of scalars and built-in containers, within DEEPEST levels.

    False also when it has more than *most* parts, as what refers to itself has. Takes a fifth of the
    time of a survey.
    """
    return type(value) in SCALARS or (type(value) in BUILT_IN and _descend(value, DEEPEST, most) >= 0)


def _descend(value: Any, levels: int, most: int) -> int:
    """Return how many of *most* parts *value* leaves; less than none when the answer is no."""
    most -= len(value)
    if levels == 0 or most < 0:
        return -1
    parts = value
    if type(value) is dict:
        if not SCALARS.issuperset(map(type, value)):
            most = _descend([*value], levels, most)
        parts = value.values()
    if SCALARS.issuperset(map(type, parts)):
        return most
    for part in parts:
        if type(part) not in SCALARS:
            if type(part) not in BUILT_IN:
                return -1
            most = _descend(part, levels - 1, most)
            if most < 0:
                return -1
    return most
