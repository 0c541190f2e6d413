"""Operations and their answers in transactions: what is there together, or all of it or none."""

import time
from collections.abc import Iterable, Iterator

from stdtools.kv.batch import Answer, answers_to, refusal
from stdtools.kv.store import Store

_LONG = 0.1  # seconds of the store to ourselves,
_PAUSE = 0.005  # after which others have theirs: they look for it five times in that


class _Failed(Exception):
    """An operation was not done."""


def answer_groups(store: Store, groups: Iterable[list[bytes]]) -> Iterator[list[Answer]]:
    """Do each group of lines in one transaction, and yield its answers when it is on the disk."""
    busy = 0.0
    for group in groups:
        if group:
            began = time.monotonic()
            with store.dict.transaction():
                answers = list(answers_to(store, group))
            busy += time.monotonic() - began
            yield answers
            if busy > _LONG:
                time.sleep(_PAUSE)
                busy = 0.0


def answer_all(store: Store, groups: Iterable[list[bytes]]) -> Iterator[list[Answer]]:
    """Do all lines in one transaction, or none when one is refused or not done, and yield all answers."""
    lines = [line for group in groups for line in group]
    answers: list[Answer] = []
    try:
        with store.dict.transaction():
            for answer in answers_to(store, lines):
                answers.append(answer)
                if not (answer.is_ok and answer.is_done):
                    raise _Failed
    except _Failed:
        undone = refusal("not done, as the batch has failed")._replace(is_ok=answers[-1].is_ok)
        answers = [*[undone] * (len(answers) - 1), answers[-1], *[undone] * (len(lines) - len(answers))]
    yield answers
