"""Values to pickles and back. No code is ever run: what is not plain is refused, or shown as a Foreign node.

A pickle of text, the commonest value, is written and read here by pasting and cutting bytes, without
the module ``pickle``; all other pickles are read by our own machine.
"""

from typing import Any

from stdtools.kv.plain import BadPickle, Foreign, ForeignClass, TooDeep, is_plain_tree, type_name_of

_FRAMED = (b"\x80\x04\x95", b"\x80\x05\x95")
_BARE = (b"\x80\x04", b"\x80\x05")
_UNFRAMED = 1 << 16  # bytes of text from which on pickle makes no frame
_ELSE = object()  # no value


def dump(value: object) -> bytes:
    """Return the pickle of *value*, in protocol 4. Raises NotPlain, TooDeep."""
    if type(value) is str and (data := _dump_text(value)):
        return data
    if not is_plain_tree(value):
        from stdtools.kv.checking import check

        check(value)
    import pickle

    return pickle.dumps(value, 4)


def load(data: bytes) -> Any:
    """Return the value of the pickle *data*, with Foreign nodes for what is not plain. Raises BadPickle."""
    value = _load_scalar(data)
    return _read(data)[0] if value is _ELSE else value


def load_plain(data: bytes) -> Any:
    """Return the value of the pickle *data*. Raises BadPickle, and ForeignClass when it is not plain."""
    value = _load_scalar(data)
    if value is _ELSE:
        value, foreign = _read(data)
        if foreign:
            raise ForeignClass(tuple(dict.fromkeys(node.name for node in foreign)))
    return value


def type_name(data: bytes) -> str:
    """Return what the type of the value of the pickle *data* is called: text, null, list, module.Name.

    Lists and dicts are known by the first and the last opcode that ``pickle`` gives them; what is in
    between is not read. Raises BadPickle.
    """
    value = _load_scalar(data)
    if value is _ELSE:
        first = data[11:12] if data.startswith(_FRAMED) else data[2:3] if data.startswith(_BARE) else b""
        if first == b"]" and data.endswith((b"e.", b"a.")):
            return "list"
        if first == b"}" and data.endswith((b"u.", b"s.")):
            return "dict"
        value = _read(data)[0]
    return type_name_of(value)


def _dump_text(text: str) -> bytes:
    """Return what ``pickle.dumps`` makes of *text*; nothing when that is 4 GiB or more."""
    data = text.encode("utf-8", "surrogatepass")
    size = len(data)
    if size < 252:
        return b"\x80\x04\x95%c\0\0\0\0\0\0\0\x8c%c%b\x94." % (size + 4, size, data)
    if size < 256:
        return b"\x80\x04\x95%c\1\0\0\0\0\0\0\x8c%c%b\x94." % (size - 252, size, data)
    if size < _UNFRAMED:
        return b"\x80\x04\x95%bX%b%b\x94." % ((size + 7).to_bytes(8, "little"), size.to_bytes(4, "little"), data)
    return b"\x80\x04X%b%b\x94." % (size.to_bytes(4, "little"), data) if size < 1 << 32 else b""


def _load_scalar(data: bytes) -> Any:
    """Return the value of *data* when it is what ``pickle.dumps`` makes of a scalar in protocol 4 or 5, or else _ELSE.

    Anything odd is left to the machine.
    """
    size = len(data)
    if data.startswith(_FRAMED):
        at = 12
        if size < 15 or int.from_bytes(data[3:11], "little") != size - 11:
            return _ELSE
    elif data.startswith(_BARE) and size > 3:
        at = 3
    else:
        return _ELSE
    if data[-1] != 0x2E:  # STOP
        return _ELSE
    code = data[at - 1]
    left = size - at - 1  # of the opcode's argument
    if code == 0x8C or code == 0x58:  # SHORT_BINUNICODE, BINUNICODE
        length = 1 if code == 0x8C else 4
        if int.from_bytes(data[at : at + length], "little") == left - length - 1 and data[-2] == 0x94:  # MEMOIZE
            try:
                return str(data[at + length : -2], "utf-8", "surrogatepass")
            except UnicodeDecodeError:
                return _ELSE
    elif code == 0x43 or code == 0x42:  # SHORT_BINBYTES, BINBYTES
        length = 1 if code == 0x43 else 4
        if int.from_bytes(data[at : at + length], "little") == left - length - 1 and data[-2] == 0x94:
            return data[at + length : -2]
    elif (code == 0x4B and left == 1) or (code == 0x4D and left == 2):  # BININT1, BININT2
        return int.from_bytes(data[at:-1], "little")
    elif code == 0x4A and left == 4:  # BININT
        return int.from_bytes(data[at:-1], "little", signed=True)
    elif code == 0x8A and left == data[at] + 1:  # LONG1
        return int.from_bytes(data[at + 1 : -1], "little", signed=True)
    elif code == 0x47 and left == 8:  # BINFLOAT
        from struct import unpack_from

        return unpack_from(">d", data, at)[0]
    elif not left:
        if code == 0x4E:  # NONE
            return None
        if code == 0x88 or code == 0x89:  # NEWTRUE, NEWFALSE
            return code == 0x88
    return _ELSE


def _read(data: bytes) -> tuple[Any, list[Foreign]]:
    """Return the value of *data* and the Foreign nodes in it. Raises BadPickle."""
    from stdtools.kv.machine import read

    try:
        value, doubtful = read(data)
        return value, _foreign_in(value, len(data)) if doubtful else []
    except TooDeep as error:
        raise BadPickle(error.what, len(data)) from None
    except MemoryError:
        pass  # what has been made goes away here, and leaves memory for the error
    raise BadPickle("it takes more memory than there is", len(data))


def _foreign_in(value: Any, most: int) -> list[Foreign]:
    if is_plain_tree(value, most):
        return []
    from stdtools.kv.nesting import survey

    return survey(value).foreign
