"""The language of templates, read without being evaluated: what string.Template knows, and what a shell has in braces.

``$name``, ``${name}`` and ``$$``; on top ``${name:-word}``, ``${name:+word}`` and ``${name:?word}``, and these without
the colon, where a word may hold places again, and a backslash before ``}``, ``$`` and itself; and names with dots
and indexes: ``${a.b[0]["any key"]}``.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

LONGEST_PLACE = 1 << 16  # characters; a place that is not closed by then is none
DEEPEST = 64

_NAME = f"[A-Za-z_][A-Za-z0-9_]{{0,{LONGEST_PLACE - 1}}}"
_QUOTED = r'\["(?:[^"\\\n]|\\["\\])*"\]'
_STEP = rf"\.\w+|\[-?[0-9]{{1,9}}\]|{_QUOTED}"
_KEY = rf"(?:[^\W\d]\w*|{_QUOTED})(?:{_STEP})*"
_STEPS = re.compile(rf"[^\W\d]\w*|{_STEP}")
_UNFIT = re.compile(r"[\s{}\\\x00-\x1f\x7f]")

Path = tuple[str | int, ...]


class Escaped(NamedTuple):
    """A doubled delimiter."""

    start: int
    end: int


class Place(NamedTuple):
    """A place for a value, at ``start`` to ``end`` of the text that it was read from."""

    start: int
    end: int
    name: str
    path: Path
    operator: str = ""
    word: "tuple[str | Place | Escaped, ...]" = ()


class Malformed(NamedTuple):
    """A delimiter that begins nothing; ``what`` is empty where something inside its braces is to blame."""

    start: int
    end: int
    what: str


class Unfinished(NamedTuple):
    """What may become a place when more of the text is there."""

    start: int


Event = Place | Escaped | Malformed


class _Frame(NamedTuple):
    """A place in braces whose end has not come yet."""

    start: int
    name: str
    operator: str
    parts: list[str | Place | Escaped]


class _Reading(NamedTuple):
    """What was read, up to ``end``: one event, or those inside of a place that is malformed.

    ``may_go_on`` says that more of the text, behind its end, could make it something else.
    """

    events: list[Event]
    end: int
    may_go_on: bool


class _Ahead:
    """Where the next newline, or the next closing brace, of a text is; each is looked for once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found = {"\n": -1, "}": -1}

    def next(self, character: str, at: int) -> int:
        """Return where *character* stands first from *at* on, at the end of the text where nowhere."""
        if self._found[character] < at:
            found = self._text.find(character, at)
            self._found[character] = len(self._text) if found < 0 else found
        return self._found[character]


class Syntax:
    """How templates are written: the *delimiter*; *plain* has string.Template's forms alone, *doubled* says that
    two delimiters stand for one.

    ``tokens`` matches, as its only group, each place without braces inside, and the delimiter alone elsewhere.
    Raises ValueError for a delimiter that cannot be one.
    """

    def __init__(self, delimiter: str = "$", *, plain: bool = False, doubled: bool = True) -> None:
        if not delimiter or _UNFIT.search(delimiter):
            raise ValueError(f"{delimiter!r} is no delimiter: braces, blanks and backslashes are not for it")
        self.delimiter = delimiter
        self.plain = plain
        self.doubled = doubled
        mark = re.escape(delimiter)
        twice = f"{mark}|" if doubled else ""
        self.tokens = re.compile(f"({mark}(?:{twice}{_NAME}|{{[^{{}}]*}}|))")
        self._named = re.compile(_NAME)
        self._head = re.compile(rf"{{({_NAME})()}}" if plain else rf"{{({_KEY})(:?[-+?]|}})")
        self._marks = re.compile(rf"}}|\\|{mark}")
        self._escapes = ("}", "\\", delimiter)
        self._no_place = (
            "the braces do not hold a name alone, and --plain knows nothing else"
            if plain
            else "the braces hold neither a name nor one with :-, :+ or :?"
        )
        self._no_name = f"neither a name nor another {delimiter} follows" if doubled else "no name follows"

    def scan(self, text: str, *, final: bool = True) -> Iterator[Event | Unfinished]:
        """Yield what there is in *text*, in order. Unless it is *final*, more may follow: an Unfinished is the last."""
        at = 0
        ahead = _Ahead(text)
        while (start := text.find(self.delimiter, at)) >= 0:
            reading = self._read(text, start, ahead)
            if reading.may_go_on and not final and len(text) - start <= LONGEST_PLACE:
                yield Unfinished(start)
                return
            yield from reading.events
            at = reading.end
        if not final and (begun := self.begun_at(text, at)) < len(text):
            yield Unfinished(begun)

    def begun_at(self, text: str, at: int = 0) -> int:
        """Return where, behind *at*, a delimiter begins whose end the text does not have; else its length."""
        starts = range(max(at, len(text) - len(self.delimiter) + 1), len(text))
        return next((start for start in starts if self.delimiter.startswith(text[start:])), len(text))

    def place(self, token: str) -> Place | Escaped | None:
        """Return what the *token* is; None where it is not whole or more than a place."""
        reading = self._read(token, 0, _Ahead(token))
        event = reading.events[0]
        return None if isinstance(event, Malformed) or reading.end < len(token) else event

    def _read(self, text: str, start: int, ahead: _Ahead) -> _Reading:
        """Read what begins with the delimiter at *start*."""
        after = start + len(self.delimiter)
        if self.doubled and text.startswith(self.delimiter, after):
            return _whole(Escaped(start, after + len(self.delimiter)))
        if text.startswith("{", after):
            return self._read_braces(text, start, ahead)
        if named := self._named.match(text, after):
            place = Place(start, named.end(), named[0], (named[0],))
            return _Reading([place], place.end, named.end() == len(text))
        return self._spill([], start, self._no_name, may_go_on=len(text) - after < len(self.delimiter))

    def _read_braces(self, text: str, start: int, ahead: _Ahead) -> _Reading:
        """Read a place in braces, and those inside it, in one go and without recursion."""
        frames: list[_Frame] = []
        at, limit = start, start + LONGEST_PLACE
        while True:
            head = self._head.match(text, at + len(self.delimiter), limit)
            if head is None:
                newline = ahead.next("\n", at)  # a name ends on its line
                what = self._no_place if ahead.next("}", at) < newline else "no closing brace"
                return self._spill(frames, at, what, may_go_on=newline == len(text) <= limit)
            if len(frames) == DEEPEST:
                return self._spill(frames, at, "nested too deep")
            place = None
            if head[2] in ("", "}"):
                place = Place(at, head.end(), head[1], _path(head[1]))
            else:
                frames.append(_Frame(at, head[1], head[2], []))
            at = head.end()
            while place is not None or frames:  # in the word of the innermost place
                if place is not None:
                    if not frames:
                        return _whole(place)
                    frames[-1].parts.append(place)
                    at, place = place.end, None
                mark = self._marks.search(text, at, limit)
                if mark is None:
                    end = max(at, min(limit, len(text)))
                    return _Reading(self._broken(frames, "no closing brace"), end, end == len(text))
                parts = frames[-1].parts
                if mark.start() > at:
                    parts.append(text[at : mark.start()])
                at = mark.end()
                if mark[0] == "}":
                    frame = frames.pop()
                    place = Place(frame.start, at, frame.name, _path(frame.name), frame.operator, tuple(parts))
                elif mark[0] == "\\":
                    escaped = next((each for each in self._escapes if text.startswith(each, at)), "")
                    parts.append(escaped or "\\")
                    at += len(escaped)
                elif self.doubled and text.startswith(self.delimiter, at):
                    at += len(self.delimiter)
                    parts.append(Escaped(mark.start(), at))
                elif text.startswith("{", at):
                    at = mark.start()
                    break
                elif named := self._named.match(text, at, limit):
                    place = Place(mark.start(), named.end(), named[0], (named[0],))
                else:
                    near_end = len(text) - at < len(self.delimiter)
                    return self._spill(frames, mark.start(), self._no_name, may_go_on=near_end)

    def _spill(self, frames: list[_Frame], start: int, what: str, *, may_go_on: bool = False) -> _Reading:
        """Return the reading when what begins at *start* is malformed, and for that all *frames* around it are."""
        end = start + len(self.delimiter)
        return _Reading([*self._broken(frames, ""), Malformed(start, end, what)], end, may_go_on)

    def _broken(self, frames: list[_Frame], what: str) -> list[Event]:
        """Return *frames* as malformed, with the whole places in them."""
        events: list[Event] = []
        for frame in frames:
            events.append(Malformed(frame.start, frame.start + len(self.delimiter), what))
            events += [part for part in frame.parts if isinstance(part, Place)]
        return events


def places_in(event: Event | Unfinished) -> Iterator[Place]:
    """Yield *event*, if it is a place, and those in its word, from the first to the last."""
    if isinstance(event, Place):
        yield event
        for part in event.word:
            if isinstance(part, Place):
                yield from places_in(part)


def _whole(event: Event) -> _Reading:
    return _Reading([event], event.end, may_go_on=False)


def _path(name: str) -> Path:
    """Return the keys and indexes that *name* is made of."""
    if name.isidentifier():
        return (name,)
    return tuple(_step(step) for step in _STEPS.findall(name))


def _step(step: str) -> str | int:
    if step.startswith('["'):
        return re.sub(r"\\(.)", r"\1", step[2:-2])
    if step.startswith("["):
        return int(step[1:-1])
    return step.removeprefix(".")
