"""What a worker's answer means for the task that it had."""

import pickle
from typing import Any

from stdtools.par.failures import NotPicklable, unpack_failure
from stdtools.par.ledger import Entry
from stdtools.par.worker import DONE, UNREAD


def settle(entry: Entry[Any], kind: bytes, body: memoryview) -> None:
    """Give the ledger a worker's answer."""
    ledger = entry.ledger
    if kind == DONE:
        try:
            result = pickle.loads(body)  # noqa: S301 - from our own worker
        except Exception as error:  # noqa: BLE001 - whatever a class does when it is unpickled
            trouble = NotPicklable("a result", f"{type(error).__name__}: {error}")
            trouble.__cause__ = error
            ledger.settle(entry, None, trouble)
        else:
            ledger.settle(entry, result)
    elif kind == UNREAD:
        ledger.refuse(entry, unpack_failure(body))
    else:
        ledger.settle(entry, None, unpack_failure(body))
