"""The machine that reads a pickle of any protocol from 0 to 5. It imports, looks up and calls nothing.

In place of ``pickle.Unpickler``, which in C allocates what a number in the data says
(https://github.com/python/cpython/issues/115952) and hashes nested tuples until its stack overflows.
Here no number decides an allocation, nothing recurses, and time and memory grow as the data does.
"""

from operator import length_hint
from struct import Struct, error
from typing import Any

from stdtools.kv.arguments import CutOff
from stdtools.kv.hashing import TEXTUAL
from stdtools.kv.opcodes import TABLE, Opcodes
from stdtools.kv.plain import DEEPEST, BadPickle

_HEADS = (b"\x80\x04\x95", b"\x80\x05\x95")  # PROTO and FRAME, which most pickles have
_MUCH = 4096  # characters of keys, from which on it counts how often the same ones come
_int4 = Struct("<i").unpack_from
_uint4 = Struct("<I").unpack_from
_float8 = Struct(">d").unpack_from


def read(data: bytes) -> tuple[Any, bool]:
    """Return the value of the pickle *data*, with a Foreign node for whatever is not plain.

    Says too whether it may have such nodes, or more than DEEPEST levels. Raises BadPickle, MemoryError.
    """
    machine = Machine(data)
    value = machine.run()
    return value, machine.is_doubtful


class Machine(Opcodes):
    """Carries out the commonest opcodes itself, and counts those that may make a container.

    It begins at ``at``, and ends there behind the pickle.
    """

    containers = 0

    @property
    def is_doubtful(self) -> bool:
        """Whether what it made may have Foreign nodes, or more than DEEPEST levels."""
        return self.is_foreign or self.containers > DEEPEST

    def run(self) -> Any:
        """Return the value. Raises BadPickle."""
        data, memo, below, table = self.data, self.memo, self.below, TABLE
        stack = self.stack
        push = stack.append
        at = self.at
        code = containers = 0
        if data.startswith(_HEADS, at) and 4 <= int.from_bytes(data[at + 3 : at + 11], "little") <= len(data) - at - 11:
            at += 11
        try:
            # Each branch moves on as the last thing that it does, so that an error is told with its place.
            # What is cut off at the end leads to a place behind it, where there is no next opcode.
            while True:
                code = data[at]
                at += 1
                if code == 0x94:  # MEMOIZE
                    memo[len(memo)] = stack[-1]
                elif code == 0x8C:  # SHORT_BINUNICODE
                    end = at + 1 + data[at]
                    push(data[at + 1 : end].decode("utf-8", "surrogatepass"))
                    at = end
                elif code == 0x4B:  # BININT1
                    push(data[at])
                    at += 1
                elif code == 0x68:  # BINGET
                    push(memo[data[at]])
                    at += 1
                elif code == 0x4D:  # BININT2
                    push(data[at] | data[at + 1] << 8)
                    at += 2
                elif code == 0x4A:  # BININT
                    push(_int4(data, at)[0])
                    at += 4
                elif code == 0x47:  # BINFLOAT
                    push(_float8(data, at)[0])
                    at += 8
                elif code == 0x28:  # MARK
                    below.append(stack)
                    stack = []
                    push = stack.append
                elif code == 0x75:  # SETITEMS
                    items, stack = stack, below.pop()
                    push = stack.append
                    target, keys = stack[-1], items[::2]
                    if (
                        type(target) is dict
                        and TEXTUAL.issuperset(map(type, keys))
                        and not len(items) & 1
                        and sum(map(length_hint, keys)) < _MUCH
                    ):
                        target.update(zip(keys, items[1::2]))  # noqa: B905 - the lengths have been compared
                    else:
                        self.set_items(target, items)
                elif code == 0x65:  # APPENDS
                    items, stack = stack, below.pop()
                    push = stack.append
                    self.append_items(stack[-1], items)
                elif code == 0x5D:  # EMPTY_LIST
                    push([])
                    containers += 1
                elif code == 0x7D:  # EMPTY_DICT
                    push({})
                    containers += 1
                elif code == 0x4E:  # NONE
                    push(None)
                elif code == 0x88:  # NEWTRUE
                    push(True)
                elif code == 0x89:  # NEWFALSE
                    push(False)
                elif code == 0x71:  # BINPUT
                    memo[data[at]] = stack[-1]
                    at += 1
                elif code == 0x58:  # BINUNICODE
                    end = at + 4 + _uint4(data, at)[0]
                    push(data[at + 4 : end].decode("utf-8", "surrogatepass"))
                    at = end
                elif code == 0x6A:  # LONG_BINGET
                    push(memo[_uint4(data, at)[0]])
                    at += 4
                elif code == 0x72:  # LONG_BINPUT
                    memo[_uint4(data, at)[0]] = stack[-1]
                    at += 4
                elif code == 0x86:  # TUPLE2
                    last = stack.pop()
                    stack[-1] = (stack[-1], last)
                    containers += 1
                elif code == 0x74:  # TUPLE
                    items, stack = stack, below.pop()
                    push = stack.append
                    push(tuple(items))
                    containers += 1
                elif code == 0x85:  # TUPLE1
                    stack[-1] = (stack[-1],)
                    containers += 1
                elif code == 0x87:  # TUPLE3
                    last, middle = stack.pop(), stack.pop()
                    stack[-1] = (stack[-1], middle, last)
                    containers += 1
                elif code == 0x29:  # EMPTY_TUPLE
                    push(())
                    containers += 1
                elif code == 0x8A:  # LONG1
                    end = at + 1 + data[at]
                    push(int.from_bytes(data[at + 1 : end], "little", signed=True))
                    at = end
                elif code == 0x61:  # APPEND
                    item = stack.pop()
                    self.append_items(stack[-1], [item])
                elif code == 0x73:  # SETITEM
                    item = stack.pop()
                    key = stack.pop()
                    self.set_items(stack[-1], [key, item])
                elif code == 0x43:  # SHORT_BINBYTES
                    end = at + 1 + data[at]
                    push(data[at + 1 : end])
                    at = end
                elif code == 0x42:  # BINBYTES
                    end = at + 4 + _uint4(data, at)[0]
                    push(data[at + 4 : end])
                    at = end
                elif code == 0x2E:  # STOP
                    self.containers = containers
                    self.at = at
                    return stack.pop()
                elif code in table:
                    self.at = at
                    self.stack = stack
                    containers += 1
                    table[code](self)
                    at = self.at
                    stack = self.stack
                    push = stack.append
                else:
                    raise ValueError(f"there is no opcode {code:#04x}")
        except IndexError:
            if code == 0x4D or (code != 0x2E and at >= len(data)):
                raise BadPickle("it ends before it is complete", len(data), is_cut=True) from None
            raise BadPickle("too little on the stack, or no MARK", at - 1) from None
        except error:
            raise BadPickle("it ends before it is complete", len(data), is_cut=True) from None
        except KeyError as missing:
            raise BadPickle(f"no memo entry {missing}", at - 1) from None
        except UnicodeDecodeError as reason:
            is_cut = reason.reason == "unexpected end of data"
            raise BadPickle("text in a wrong encoding", at - 1, is_cut=is_cut) from None
        except (ValueError, OverflowError) as reason:
            raise BadPickle(str(reason), at - 1, is_cut=isinstance(reason, CutOff)) from None
        except RecursionError:
            raise BadPickle("keys nested too deep to compare", at - 1) from None
