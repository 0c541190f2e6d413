"""The rarer opcodes of pickles, each a method on the state of the machine that reads them.

A method raises ValueError for what is wrong, IndexError when the stack is too short and KeyError when a
memo entry is missing; the machine tells it with its place.
Format: https://github.com/python/cpython/blob/main/Lib/pickletools.py
"""

import codecs
from collections.abc import Callable
from typing import Any

from stdtools.kv.arguments import Arguments, CutOff, decimal, fraction, index, unquoted
from stdtools.kv.hashing import Hasher
from stdtools.kv.plain import Foreign, a_kind, text_or_bytes
from stdtools.kv.rebuilding import Rebuilder

_LONGEST_NAME = 255  # one name may be put together again and again
_NEWEST = 5  # protocol


class Opcodes(Arguments):
    """The state of a machine, and what the rarer opcodes do to it."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # the stacks under each MARK
        self.memo: dict[int, Any] = {}
        self.names: list[str] = []  # of what Python would import, or ask somebody for
        self.is_foreign = False  # something that is not plain has been made
        self.hasher = Hasher(2_000_000 + 10 * len(data))
        self.rebuilder = Rebuilder(self.hasher, 1000 + len(data))

    def set_items(self, target: object, items: list[Any]) -> None:
        """Set by key: *items* are keys and values by turns."""
        keys, values = items[::2], items[1::2]
        if len(keys) != len(values):
            raise ValueError("a key without a value")
        if type(target) is dict:
            self.hasher.update(target, keys, values)
        elif type(target) is Foreign:
            target.pairs = target.pairs or []
            target.pairs.extend(zip(keys, values, strict=True))
        else:
            raise ValueError(f"a key set in {a_kind(target)}")

    def append_items(self, target: object, items: list[Any]) -> None:
        """Append *items* to a list, or to what would have been one."""
        if type(target) is list:
            target += items
        elif type(target) is Foreign:
            target.items = target.items or []
            target.items += items
        else:
            raise ValueError(f"an item appended to {a_kind(target)}")

    def _down_to_mark(self) -> list[Any]:
        if not self.below:
            raise ValueError("no MARK")
        items = self.stack
        self.stack = self.below.pop()
        return items

    def _int(self) -> None:
        line = self.line()
        self.stack.append(line == b"01" if line in (b"00", b"01") else decimal(line))

    def _long(self) -> None:
        self.stack.append(decimal(self.line().removesuffix(b"L")))

    def _float(self) -> None:
        self.stack.append(fraction(self.line()))

    def _string(self) -> None:
        self.stack.append(text_or_bytes(unquoted(self.line())))

    def _long4(self) -> None:
        self.stack.append(self.number(self.number(4, signed=True), signed=True))

    def _binstring(self) -> None:
        self.stack.append(text_or_bytes(self.take(self.number(4, signed=True))))

    def _short_binstring(self) -> None:
        self.stack.append(text_or_bytes(self.take(self.number(1))))

    def _unicode(self) -> None:
        self.stack.append(codecs.raw_unicode_escape_decode(self.line())[0])

    def _binunicode8(self) -> None:
        self.stack.append(str(self.take(self.number(8)), "utf-8", "surrogatepass"))

    def _binbytes8(self) -> None:
        self.stack.append(self.take(self.number(8)))

    def _bytearray8(self) -> None:
        self._made_up("builtins.bytearray", self.take(self.number(8)))

    def _next_buffer(self) -> None:
        self._made_up("pickle.PickleBuffer")

    def _readonly_buffer(self) -> None:
        self.stack[-1]  # there must be one

    def _list(self) -> None:
        items = self._down_to_mark()
        self.stack.append(items)

    def _dict(self) -> None:
        items = self._down_to_mark()
        self.stack.append({})
        self.set_items(self.stack[-1], items)

    def _empty_set(self) -> None:
        self.stack.append(set())

    def _additems(self) -> None:
        items = self._down_to_mark()
        target = self.stack[-1]
        if type(target) is set:
            self.hasher.add(target, items)
        elif type(target) is Foreign:
            self.append_items(target, items)
        else:
            raise ValueError(f"an item added to {a_kind(target)}")

    def _frozenset(self) -> None:
        items = self._down_to_mark()
        self.stack.append(self.hasher.frozen(items))

    def _pop(self) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self._down_to_mark()

    def _dup(self) -> None:
        self.stack.append(self.stack[-1])

    def _pop_mark(self) -> None:
        self._down_to_mark()

    def _get(self) -> None:
        self.stack.append(self.memo[index(self.line())])

    def _put(self) -> None:
        self.memo[index(self.line())] = self.stack[-1]

    def _made_up(self, name: str, *args: object) -> None:
        """Push a node for what has no name of its own."""
        self.is_foreign = True
        self.stack.append(Foreign(name, args))

    def _named(self, module: str, name: str) -> Foreign:
        if len(module) + len(name) >= _LONGEST_NAME:
            raise ValueError(f"a name of more than {_LONGEST_NAME} characters")
        self.is_foreign = True
        self.names.append(f"{module}.{name}")
        return Foreign(self.names[-1])

    def _global(self) -> None:
        self.stack.append(self._named(self.line().decode(), self.line().decode()))

    def _stack_global(self) -> None:
        name = self.stack.pop()
        module = self.stack.pop()
        if type(name) is not str or type(module) is not str:
            raise ValueError("a name that is not text")
        self.stack.append(self._named(module, name))

    def _extension(self, code: int) -> None:
        if code <= 0:
            raise ValueError(f"extension code {code}")
        self.names.append("copyreg.extension")
        self._made_up("copyreg.extension", code)

    def _ext1(self) -> None:
        self._extension(self.number(1))

    def _ext2(self) -> None:
        self._extension(self.number(2))

    def _ext4(self) -> None:
        self._extension(self.number(4, signed=True))

    def _persid(self) -> None:
        self.names.append("pickle.persistent_id")
        self._made_up("pickle.persistent_id", self.line().decode("ascii"))

    def _binpersid(self) -> None:
        self.names.append("pickle.persistent_id")
        self._made_up("pickle.persistent_id", self.stack.pop())

    def _reduce(self) -> None:
        args = self.stack.pop()
        callee = self.stack.pop()
        made = NotImplemented
        if type(callee) is Foreign and type(args) is tuple and not callee.parts:
            made = self.rebuilder.call(callee.name, args)
        self.stack.append(_called(callee, args) if made is NotImplemented else made)

    def _inst(self) -> None:
        callee = self._named(self.line().decode(), self.line().decode())
        items = self._down_to_mark()
        self.stack.append(_called(callee, tuple(items)))

    def _obj(self) -> None:
        callee, *args = self._down_to_mark() or [None]
        self.stack.append(_called(callee, tuple(args)))

    def _newobj(self) -> None:
        args = self.stack.pop()
        self.stack.append(_called(self.stack.pop(), args))

    def _newobj_ex(self) -> None:
        kwargs = self.stack.pop()
        if type(kwargs) not in (dict, Foreign):
            raise ValueError(f"keyword arguments in {a_kind(kwargs)}")
        self._newobj()
        self.stack[-1].kwargs = kwargs

    def _build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if type(target) is not Foreign:
            raise ValueError(f"a state for {a_kind(target)}")
        if target.state is not None:
            raise ValueError(f"a second state for {target.name}")
        target.state = state

    def _proto(self) -> None:
        version = self.number(1)
        if version > _NEWEST:
            raise ValueError(f"protocol {version}")

    def _frame(self) -> None:
        size = self.number(8)
        if size > len(self.data) - self.at:
            raise CutOff(f"a frame of {size} bytes where {len(self.data) - self.at} are left")


def _called(callee: object, args: object) -> Foreign:
    """Return the node for the outcome of a call."""
    if type(callee) is not Foreign:
        raise ValueError(f"a call of {a_kind(callee)}")
    if type(args) not in (tuple, Foreign):
        raise ValueError(f"arguments in {a_kind(args)}")
    if callee.parts:
        return Foreign(callee.name.removesuffix("()") + "()", args, called=callee)
    if callee.name in ("copyreg._reconstructor", "copy_reg._reconstructor"):  # any object, in protocols 0 and 1
        match args:
            case (Foreign() as kind, Foreign(), state) if not kind.parts:
                return Foreign(kind.name, () if state is None else (state,))
    return Foreign(callee.name, args)


TABLE: dict[int, Callable[[Opcodes], None]] = {
    code[0]: method
    for code, method in {
        b"I": Opcodes._int,
        b"L": Opcodes._long,
        b"\x8b": Opcodes._long4,
        b"F": Opcodes._float,
        b"S": Opcodes._string,
        b"T": Opcodes._binstring,
        b"U": Opcodes._short_binstring,
        b"V": Opcodes._unicode,
        b"\x8d": Opcodes._binunicode8,
        b"\x8e": Opcodes._binbytes8,
        b"\x96": Opcodes._bytearray8,
        b"\x97": Opcodes._next_buffer,
        b"\x98": Opcodes._readonly_buffer,
        b"l": Opcodes._list,
        b"d": Opcodes._dict,
        b"\x8f": Opcodes._empty_set,
        b"\x90": Opcodes._additems,
        b"\x91": Opcodes._frozenset,
        b"0": Opcodes._pop,
        b"2": Opcodes._dup,
        b"1": Opcodes._pop_mark,
        b"g": Opcodes._get,
        b"p": Opcodes._put,
        b"c": Opcodes._global,
        b"\x93": Opcodes._stack_global,
        b"\x82": Opcodes._ext1,
        b"\x83": Opcodes._ext2,
        b"\x84": Opcodes._ext4,
        b"P": Opcodes._persid,
        b"Q": Opcodes._binpersid,
        b"R": Opcodes._reduce,
        b"i": Opcodes._inst,
        b"o": Opcodes._obj,
        b"\x81": Opcodes._newobj,
        b"\x92": Opcodes._newobj_ex,
        b"b": Opcodes._build,
        b"\x80": Opcodes._proto,
        b"\x95": Opcodes._frame,
    }.items()
}
