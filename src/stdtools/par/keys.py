"""The keys of one worker: what may be one, and which of equal ones is shown."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

from stdtools.par.ordering import NUMBERS, preferred, settle
from stdtools.par.tallies import shown
from stdtools.shared.errors import ToolError

_ALONE = {str, bytes, type(None)}  # an exact one of these equals only what looks like it
_PLAIN = {*_ALONE, *NUMBERS, tuple}


def settled(key: Any) -> Any:
    """Return *key* as plain types. Raises ToolError where it cannot be a key."""
    try:
        hash(key)  # a list or a dict may be a value only
        return settle(key)
    except TypeError:
        raise ToolError(
            f"{shown(key)} cannot be a key", hint="a key is None, a number, a str, bytes or a tuple of these"
        ) from None


class Keys:
    """Remembers which of equal keys is shown; a dict keeps the one that came first, another in each worker."""

    def __init__(self) -> None:
        self.is_looking = False
        self._is_comparing = False
        self._kinds: set[type] = set()
        self.shown: dict[Any, Any] = {}

    def look(self, fresh: Iterable[Any], keys: Iterable[Any], held: Iterable[Any]) -> None:
        """Take note of a block's *keys*, of which *fresh* were new, among all that are *held*.

        Raises ToolError where one cannot be a key. What is new is enough to see that all are str, the usual case,
        in which nothing is to be done.
        """
        if not self.is_looking:
            self.is_looking = not _ALONE.issuperset(map(type, fresh))
        if not self.is_looking:
            return
        keys = list(keys)
        kinds = set(map(type, keys))
        if tuple in kinds:
            parts = set(map(type, chain.from_iterable(key for key in keys if type(key) is tuple)))
            kinds |= parts if tuple not in parts else NUMBERS  # of deeper ones any may be there
        self._kinds |= kinds
        if len(self._kinds & NUMBERS) > 1 or not _PLAIN.issuperset(kinds):
            self._compare(keys if self._is_comparing else [*held, *keys])
            self._is_comparing = True

    def _compare(self, keys: list[Any]) -> None:
        best = self.shown
        for key in keys:
            if type(key) not in _ALONE:
                plain = settled(key)
                best[key] = preferred(best[key], plain) if key in best else plain

    def of(self, key: Any) -> Any:
        """Return the key that is shown for *key*, in plain types. Raises ToolError where it cannot be a key."""
        plain = settled(key)
        return preferred(plain, self.shown[key]) if key in self.shown else plain

    def clear(self) -> None:
        """Forget the keys, as those that were kept have gone."""
        self.shown = {}
