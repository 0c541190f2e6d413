"""Values as a person edits them: a text file, and what it says when the editor is closed."""

from collections.abc import Callable
from typing import Any

from stdtools.kv.forms import parse, to_json
from stdtools.kv.pickles import load
from stdtools.kv.store import Store
from stdtools.shared.errors import ToolError

Editor = Callable[[bytes, str], bytes]  # of a text and the ending of its file's name


def edit(store: Store, key: str, editor: Editor) -> bool:
    """Have *editor* change the value of *key*, text as it is and all else as JSON; say whether it has.

    The idea of ``shelve``'s writeback, for one value and to be seen. A key that is not there begins
    as empty text. Raises ToolError when the value was changed by somebody else meanwhile.
    """
    row = store.row(key)
    before = row.value if row else None
    value = load(before) if before is not None else ""
    if isinstance(value, bytes):
        raise ToolError("holds bytes, which no editor of text keeps", where=key)
    is_text = isinstance(value, str)
    old = value.encode("utf-8", "surrogatepass") if is_text else _indented(value)
    new = editor(old, ".txt" if is_text else ".json")
    if is_text and new.endswith(b"\n") and not old.endswith(b"\n"):
        new = new[:-1]  # most editors put it there, whoever writes the text
    if new == old:
        return False
    try:
        text = new.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise ToolError(f"not UTF-8: byte 0x{new[error.start]:02x}", where=key) from None
    changed: Any = text if is_text else parse(text)
    if not store.set(key, changed, keep_ttl=True, only_if=lambda now: now == before).done:
        raise ToolError("was changed by another process meanwhile; nothing is stored", where=key)
    return True


def _indented(value: Any) -> bytes:
    from json import dumps, loads

    return dumps(loads(to_json(value)), ensure_ascii=False, indent=2).encode("utf-8", "surrogatepass") + b"\n"
