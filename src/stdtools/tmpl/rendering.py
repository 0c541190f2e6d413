"""Templates with the values in their places; what is missing or malformed is collected, with where it is."""

from collections.abc import Callable
from typing import Any, NamedTuple

from stdtools.tmpl.language import Escaped, Event, Place, Syntax, Unfinished
from stdtools.tmpl.values import MISSING, Unfit, is_empty, text_of

_MOST_KNOWN = 1 << 16  # tokens
_LONGEST_KNOWN = 4096  # characters


class Policy(NamedTuple):
    """What happens to a place without a value (``error``, ``keep`` or ``empty``) and to what is malformed
    (``error`` or ``keep``); where ``only`` is given, all places that it is false for stay.
    """

    missing: str = "error"
    malformed: str = "error"
    only: Callable[[Place], bool] | None = None


class Trouble(NamedTuple):
    """What is wrong at ``start``; ``is_missing`` when a value would help, and not another template."""

    start: int
    name: str
    what: str
    is_missing: bool


class _Unclear(Exception):
    """A token says too little: the text has to be read event by event."""


class _Known(dict[str, str]):
    """What each token becomes. Few are as many as a text has places: they repeat."""

    def __init__(self, render: Callable[[str], tuple[str, bool]]) -> None:
        self._render = render

    def __missing__(self, token: str) -> str:
        text, is_bare = self._render(token)
        if len(self) >= _MOST_KNOWN:
            self.clear()
        if is_bare or len(token) + len(text) <= _LONGEST_KNOWN:
            self[token] = text
        return text


class Renderer:
    """Put values, as *find* finds them and *to_text* writes them, into texts of the *syntax*.

    ``troubles`` are those of the text that was rendered last.
    """

    def __init__(
        self,
        syntax: Syntax,
        find: Callable[[Place], Any],
        policy: Policy = Policy(),  # noqa: B008 - it cannot be changed
        to_text: Callable[[Any], str] = text_of,
    ) -> None:
        self.syntax = syntax
        self.troubles: list[Trouble] = []
        self._find = find
        self._policy = policy
        self._to_text = to_text
        self._known = _Known(self._token)

    def render(self, text: str, *, final: bool = True) -> tuple[str, str]:
        """Return *text* with values, and the rest of it that may go on where it is not *final*."""
        self.troubles = []
        try:
            return self._by_tokens(text, final=final)
        except _Unclear:
            return self.by_events(text, final=final)

    def check(self, text: str, *, final: bool = True) -> str:
        """Find the troubles of *text*; return its rest as ``render`` does."""
        self.troubles = []
        try:
            tokens = self.syntax.tokens.findall(text)
            rest = self._rest(text, tokens[-1] if tokens and text.endswith(tokens[-1]) else "", final=final)
            for token in set(tokens[:-1] if rest else tokens) - self._known.keys():
                self._known[token]
            return rest
        except _Unclear:
            return self.by_events(text, final=final)[1]

    def _by_tokens(self, text: str, *, final: bool) -> tuple[str, str]:
        pieces = self.syntax.tokens.split(text)
        rest = self._rest(text, pieces[-2] if len(pieces) > 1 and not pieces[-1] else "", final=final)
        if rest:
            del pieces[-2:]
        pieces[1::2] = map(self._known.__getitem__, pieces[1::2])
        return "".join(pieces), rest

    def _rest(self, text: str, last: str, *, final: bool) -> str:
        """Return the token *last*, at the end of *text*, where it may go on."""
        if not final and self.syntax.begun_at(text) < len(text):
            raise _Unclear
        return "" if final else last

    def _token(self, token: str) -> tuple[str, bool]:
        """Return what becomes of *token*, and whether it is nothing but a name."""
        event = self.syntax.place(token)
        if event is None:
            raise _Unclear
        text = self.expand(event, token)
        if self.troubles:
            self.troubles = []
            raise _Unclear
        return text, isinstance(event, Place) and not event.word

    def by_events(self, text: str, *, final: bool = True) -> tuple[str, str]:
        """Do what ``render`` does, for any text, with the place of each trouble."""
        self.troubles = []
        parts = []
        at, end = 0, len(text)
        for event in self.syntax.scan(text, final=final):
            if isinstance(event, Unfinished):
                end = event.start
                break
            parts.append(text[at : event.start])
            parts.append(self.expand(event, text))
            at = event.end
        parts.append(text[at:end])
        return "".join(parts), text[end:]

    def expand(self, event: Event, text: str) -> str:
        """Return what becomes of *event*, which was read from *text*."""
        if isinstance(event, Place):
            return self._expand(event, text)
        as_it_was = text[event.start : event.end]
        if isinstance(event, Escaped):
            return as_it_was if self._policy.only else self.syntax.delimiter
        if event.what and self._policy.malformed == "error":
            self.troubles.append(Trouble(event.start, "", event.what, is_missing=False))
        return as_it_was

    def _expand(self, place: Place, text: str) -> str:
        if self._policy.only is not None and not self._policy.only(place):
            return self._with_inner(place, text)
        value = self._find(place)
        operator = place.operator
        is_there = value is not MISSING and not (operator.startswith(":") and is_empty(value))
        if operator.endswith("+"):
            return self._word(place, text) if is_there else ""
        if is_there:
            return self._written(place, value)
        if operator.endswith("-"):
            return self._word(place, text)
        return self._missing(place, text)

    def _written(self, place: Place, value: Any) -> str:
        try:
            return self._to_text(value)
        except Unfit as error:
            self.troubles.append(Trouble(place.start, place.name, str(error), is_missing=False))
            return ""

    def _missing(self, place: Place, text: str) -> str:
        if self._policy.missing == "keep":
            return text[place.start : place.end]
        if not place.operator and self._policy.missing == "empty":
            return ""
        what = ""
        if place.operator:
            so_far = len(self.troubles)
            what = self._word(place, text) or "is missing or empty"
            del self.troubles[so_far:]  # the one trouble is enough
        self.troubles.append(Trouble(place.start, place.name, what, is_missing=True))
        return ""

    def _word(self, place: Place, text: str) -> str:
        return "".join([part if isinstance(part, str) else self.expand(part, text) for part in place.word])

    def _with_inner(self, place: Place, text: str) -> str:
        """Return *place* as it was, but for the places in its word."""
        parts = []
        at = place.start
        for part in place.word:
            if isinstance(part, Place):
                parts += [text[at : part.start], self.expand(part, text)]
                at = part.end
        return "".join([*parts, text[at : place.end]])
