"""All keys and values of a store as JSON lines, and back; and from a shelf of any kind into a store.

    {"key": "greeting", "value": "hello", "expires": "2026-11-22T12:00:00.000+00:00"}

A value that has no JSON, an object of a foreign class or what is damaged, comes as the bytes that
are stored: ``{"key": …, "pickle": {"$base64": true, …}}``.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import chain
from operator import itemgetter
from typing import Any

from stdtools.kv.forms import from_json, to_json
from stdtools.kv.json_fields import MISSING, as_key, as_ttl, key_form
from stdtools.kv.keys import Readable, key_bytes, key_text
from stdtools.kv.pickles import dump, load_plain
from stdtools.kv.store import Store
from stdtools.kv.table import Table, is_time, now
from stdtools.shared.errors import ToolError

_KNOWN = {"key", "key_b64", "value", "pickle", "expires", "ttl", "type", "size", "modified"}
_CHUNK = 50_000  # pairs, sorted so that neighbours in the file are written together: twice as fast for random keys
_CHUNK_SIZE = 64 << 20  # bytes of values in it
_LARGEST = 1 << 30  # bytes; SQLite takes a little less


Incoming = tuple[bytes, bytes, int | None]  # a key, its pickle, and when it expires in milliseconds since the epoch


def export_lines(table: Readable) -> Iterator[str]:
    """Yield a line of JSON for each key of *table*."""
    for row in table.rows():
        try:
            value = f'"value": {to_json(load_plain(row.value))}'
        except ToolError:
            value = f'"pickle": {to_json(row.value)}'
        expires = (
            f', "expires": {to_json(_clock(row.expires))}' if row.expires is not None and is_time(row.expires) else ""
        )
        yield f'{{"key": {key_form(row.key)}, {value}{expires}}}\n'


def _clock(moment: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")


def incoming(values: Iterable[Any], where: str) -> Iterator[Incoming]:
    """Yield what the JSON *values* hold: lines of ``export``, or of ``list --jsonl``. Raises ToolError."""
    for number, record in enumerate(values, 1):
        try:
            if type(record) is dict and len(record) == 2 and type(record.get("key")) is str and "value" in record:
                yield record["key"].encode(), dump(from_json(record["value"])), None
            else:
                yield _incoming(record)
        except ToolError as error:
            raise ToolError(error.what, where=f"{where}: record {number}", hint=error.hint) from None
        except UnicodeEncodeError:
            hint = 'a key of bytes is {"$base64": true, "encoded": …}'
            raise ToolError("key is not UTF-8", where=f"{where}: record {number}", hint=hint) from None


def _incoming(record: Any) -> Incoming:
    if not isinstance(record, dict):
        raise ToolError("a record is an object with 'key' and 'value'")
    unknown = record.keys() - _KNOWN
    if unknown:
        raise ToolError(f"has an unknown field {min(unknown)!r}; a record has 'key' and 'value'")
    if record.get("type") == "damaged":
        raise ToolError("its value was damaged where it was listed", hint="'export' keeps it as it is")
    if "key_b64" in record:
        key = key_text(from_json({"$base64": True, "encoded": record["key_b64"]}))
    else:
        key = as_key(record.get("key", MISSING), "key")
    if "pickle" in record:
        data = from_json(record["pickle"])
        if not isinstance(data, bytes):
            raise ToolError("pickle is not tagged bytes")
    elif "value" in record:
        data = dump(from_json(record["value"]))
    else:
        raise ToolError("the field 'value' is missing")
    return key_bytes(key), data, _expires(record)


def _expires(record: dict[str, Any]) -> int | None:
    if record.get("expires") is not None:
        from datetime import datetime

        try:
            moment = datetime.fromisoformat(record["expires"])
            if moment.tzinfo is None:
                raise ValueError
            return int(moment.timestamp() * 1000)
        except (ValueError, TypeError, OverflowError):
            raise ToolError(f"expires is {record['expires']!r}, no time with a zone") from None
    ttl = as_ttl(record.get("ttl"))
    return None if ttl is None else now() + int(ttl * 1000)


def import_all(store: Store, pairs: Iterable[Incoming], conflict: str) -> int:
    """Store *pairs*, all or none, and return how many.

    *conflict* says what becomes of a key that is there: ``REPLACE`` its value, ``IGNORE`` the new one, or
    ``ABORT``: ToolError. Of the same key twice so the last is kept, the first, or it is an error.
    """
    with _gathered(pairs) as chunks, store.dict.transaction():
        return sum(_import(store.dict, chunk, conflict) for chunk in chunks)


@contextlib.contextmanager
def _gathered(pairs: Iterable[Incoming]) -> Iterator[Iterator[list[Incoming]]]:
    """Take in all *pairs* before the store is locked, for who sends them may be slow; yield them in chunks.

    What is more than a chunk waits in a file without a name.
    """
    chunks = _chunks(pairs)
    first = next(chunks, [])
    second = next(chunks, None)
    if second is None:
        yield iter([first])
        return
    import marshal

    from stdtools.shared.scratch import scratch_file, scratch_trouble

    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(scratch_file())
            # Version 2 does not look for what is the same twice, which takes longer than all the rest.
            sizes = [file.write(marshal.dumps(chunk, 2)) for chunk in chain([second], chunks)]
            file.seek(0)
        except OSError as error:
            raise scratch_trouble("what is to be stored", error) from None
        yield chain([first], (marshal.loads(file.read(size)) for size in sizes))  # noqa: S302 - nobody else has the file


def _chunks(pairs: Iterable[Incoming]) -> Iterator[list[Incoming]]:
    chunk: list[Incoming] = []
    size = 0
    for pair in pairs:
        chunk.append(pair)
        size += len(pair[1])
        if len(chunk) == _CHUNK or size > _CHUNK_SIZE:
            if len(pair[1]) > _LARGEST:
                raise ToolError("is too large for a value", where=key_text(pair[0]))
            yield sorted(chunk, key=itemgetter(0))
            chunk = []
            size = 0
    yield sorted(chunk, key=itemgetter(0))


def _import(table: Table, chunk: list[Incoming], conflict: str) -> int:
    if all(expires is None for _, _, expires in chunk):
        with contextlib.suppress(sqlite3.IntegrityError), table.savepoint():
            return table.write_many(chunk, conflict)
    count = 0
    for key, data, expires in chunk:
        if conflict != "REPLACE" and key in table:
            if conflict == "IGNORE":
                continue
            raise ToolError("is there already, or comes twice", where=key_text(key), hint="see --replace and --keep")
        table.write(key, data, expires)
        count += 1
    return count


def rows_of(table: Readable) -> Iterator[Incoming]:
    """Yield what is in *table*, the pickles as they are."""
    for row in table.rows():
        yield row.key, row.value, row.expires
