"""Pickles that mean harm, by name: CASES. Whoever unpickles one of ``WOULD_RUN`` makes the file ``canary``."""

import pickle
import struct
from collections.abc import Iterable

CANARY = "touch canary"
HEAD = b"\x80\x04"
HUGE = 1 << 62
PRIME = (1 << 61) - 1  # its multiples all have the hash 0


def text(value: str) -> bytes:
    data = value.encode()
    return b"\x8c%c%b" % (len(data), data) if len(data) < 256 else b"X" + struct.pack("<I", len(data)) + data


def named(module: str, name: str) -> bytes:
    return text(module) + text(name) + b"\x93"


def whole(number: int) -> bytes:
    return pickle.dumps(number, 2)[2:-1]


def call(module: str, name: str, *args: bytes) -> bytes:
    return named(module, name) + b"(" + b"".join(args) + b"tR"


def doubling(start: bytes, step: bytes, times: int) -> bytes:
    """Return opcodes that put *start* into memo 0, and carry out *step* on two of it, again and again."""
    return start + b"q\0" + b"".join([b"0h\0h\0" + step + b"q\0"] * times)


RUN = call("os", "system", text(CANARY))

WOULD_RUN = {
    "GLOBAL and REDUCE of os.system": b"cos\nsystem\n(S'touch canary'\ntR.",
    "posix.system in protocol 2": b"\x80\x02cposix\nsystem\nX\x0c\0\0\0touch canary\x85R.",
    "STACK_GLOBAL of os.system": HEAD + RUN + b".",
    "INST of os.system": b"(S'touch canary'\nios\nsystem\n.",
    "OBJ of os.system": b"(cos\nsystem\nS'touch canary'\no.",
    "builtins.eval": HEAD + call("builtins", "eval", text("__import__('os').system('touch canary')")) + b".",
    "builtins.exec": HEAD + call("builtins", "exec", text("open('canary', 'w').close()")) + b".",
    "__builtin__.eval in protocol 0": b'c__builtin__\neval\n(S\'open("canary", "w")\'\ntR.',
    "builtins.open": HEAD + call("builtins", "open", text("canary"), text("w")) + b".",
    "subprocess.call": HEAD + call("subprocess", "call", b"](" + text("touch") + text("canary") + b"e") + b".",
    "pkgutil.resolve_name": HEAD + call("pkgutil", "resolve_name", text("os:system")) + text(CANARY) + b"\x85R.",
    "importlib.import_module and getattr": HEAD
    + call("builtins", "getattr", call("importlib", "import_module", text("os")), text("system"))
    + text(CANARY)
    + b"\x85R.",
    "operator.attrgetter on a module": HEAD
    + call("operator", "attrgetter", text("system"))
    + call("importlib", "import_module", text("os"))
    + b"\x85R"
    + text(CANARY)
    + b"\x85R.",
    "operator.methodcaller": HEAD
    + call("operator", "methodcaller", text("system"), text(CANARY))
    + call("importlib", "import_module", text("os"))
    + b"\x85R.",
    "functools.partial": HEAD + call("functools", "partial", named("os", "system"), text(CANARY)) + b")R.",
    "functools.reduce": HEAD
    + call("functools", "reduce", named("builtins", "getattr"), b"](" + named("os", "system") + b"e")
    + text(CANARY)
    + b"\x85R.",
    "a pickle in a pickle": HEAD
    + call("_pickle", "loads", b"C%c%b" % (len(HEAD + RUN + b"."), HEAD + RUN + b"."))
    + b".",
    "marshal and types.FunctionType": HEAD + call("marshal", "loads", b"C\x01N") + RUN + b"\x86.",
    "runpy": HEAD + call("runpy", "_run_code", text("open('canary', 'w')"), b"}") + b".",
    "code.InteractiveInterpreter": HEAD
    + call("builtins", "getattr", call("code", "InteractiveInterpreter"), text("runcode"))
    + text("open('canary', 'w')")
    + b"\x85R.",
    "dotted names in STACK_GLOBAL": HEAD + call("pickle", "sys.modules.get", text("os")) + RUN + b"\x86.",
    "a name with an import in it": HEAD + call("os", "system.__call__", text(CANARY)) + b".",
    "NEWOBJ of os.system's wrapper": HEAD + RUN + named("builtins", "object") + b")\x81\x86.",
    "the value is put away": HEAD + RUN + b"0N.",
    "in a key": HEAD + b"}" + RUN + b"Ns.",
    "behind a MARK that is popped": HEAD + b"(" + RUN + b"1N.",
}


def _two_equal(elements: bytes, levels: int) -> bytes:
    """Begin a set of two frozensets that are the same and not one; *elements* hold h%c for those of the level below."""
    data = b"\x8f("
    for slot in range(2):
        data += b"(K\x01\x91q%c" % slot
        for _ in range(levels):
            data += b"0(" + elements.replace(b"h%c", b"h%c" % slot) + b"\x91q%c" % slot
    return data


def _build() -> dict[str, bytes]:
    thing = named("types", "SimpleNamespace") + b")\x81"
    return {
        "NEWOBJ": HEAD + named("subprocess", "Popen") + text(CANARY) + b"\x85\x81.",
        "NEWOBJ_EX": HEAD + named("subprocess", "Popen") + b")}" + text("args") + text(CANARY) + b"s\x92.",
        "NEWOBJ_EX with odd keywords": HEAD + named("a", "B") + b")N\x92.",
        "BUILD": HEAD + thing + b"}" + text("__class__") + named("os", "system") + b"sb.",
        "BUILD with a __setstate__ of its own": HEAD
        + thing
        + b"}"
        + text("__setstate__")
        + named("os", "system")
        + b"sb"
        + text(CANARY)
        + b"b.",
        "BUILD of a class": HEAD + named("os", "PathLike") + b"}" + text("x") + b"Nsb.",
        "BUILD with slots": HEAD + thing + b"N}" + text("x") + b"Ns\x86b.",
        "BUILD of a list": HEAD + b"]}" + text("x") + b"Nsb.",
        "BUILD of what refers to itself": HEAD + thing + b"\x94h\0b.",
        "items for a foreign list": HEAD + named("collections", "UserList") + b")R" + b"(NNe.",
        "pairs for a foreign dict": HEAD + named("os", "environ") + b"(" + text("PATH") + text("/") + b"u.",
        "elements for a foreign set": HEAD + named("a", "B") + b")R(NN\x90.",
        "a persistent id": b"Pos.system\n.",
        "a persistent id from the stack": HEAD + named("os", "system") + b"Q.",
        "a persistent id that is not ASCII": b"P\xff\n.",
        "EXT1": HEAD + b"\x82\x01)R.",
        "EXT2": HEAD + b"\x83\x01\x01)R.",
        "EXT4": HEAD + b"\x84\x01\x01\x01\x01)R.",
        "EXT1 of 0": HEAD + b"\x82\0.",
        "EXT4 below 0": HEAD + b"\x84\xff\xff\xff\xff.",
        "NEXT_BUFFER": b"\x80\x05\x97.",
        "NEXT_BUFFER and READONLY_BUFFER": b"\x80\x05\x97\x98.",
        "READONLY_BUFFER on nothing": b"\x80\x05\x98.",
        "BYTEARRAY8": b"\x80\x05\x96" + struct.pack("<Q", 3) + b"abc.",
        "a class alone": HEAD + named("os", "system") + b".",
        "a builtin class alone": HEAD + named("builtins", "set") + b".",
        "a date's class with other arguments": HEAD + call("datetime", "datetime", named("os", "system")) + b".",
        "a set of something foreign": HEAD + call("builtins", "set", RUN) + b".",
        "bytes in another encoding": HEAD + call("_codecs", "encode", text("x"), text("zlib")) + b".",
        "bytes in a codec to be imported": HEAD + call("_codecs", "encode", text("x"), text("canary")) + b".",
        "a call of a number": HEAD + b"K\x01)R.",
        "a call of a call of a call": HEAD + RUN + b")R" * 1000 + b".",
        "a call with arguments in a list": HEAD + named("os", "system") + b"]R.",
        "a call with foreign arguments": HEAD + named("os", "system") + RUN + b"R.",
        "OBJ of nothing": b"(o.",
        "OBJ of a number": b"(K\x01o.",
        "an object of Python 2": b"ccopy_reg\n_reconstructor\n(cos\nsystem\nc__builtin__\nobject\nNtR(dS'x'\nI1\nsb.",
        "a name that is no text": HEAD + b"K\x01K\x02\x93.",
        "a name of bytes": HEAD + b"C\x02os" + text("system") + b"\x93.",
        "a name in a wrong encoding": b"c\xff\n\xff\n.",
        "a name of lone surrogates": HEAD + b"\x8c\x03\xed\xa0\x80\x8c\x03\xed\xb0\x80\x93.",
        "a name with a newline": HEAD + named("os\nsystem", "\0\x1b[31m") + b".",
        "a very long name": HEAD + text("a" * 100_000) + text("b" * 100_000) + b"\x93.",
        "a long name put together again and again": HEAD
        + text("a" * 100_000)
        + b"q\0q\x01"
        + b"h\0h\1\x93" * 20_000
        + b".",
        "a hidden call under others": HEAD + RUN + b"K\x01K\x02\x86.",
    }


def _memo() -> dict[str, bytes]:
    return {
        "BINGET before any PUT": HEAD + b"h\0.",
        "LONG_BINGET before any PUT": HEAD + b"j\xff\xff\xff\xff.",
        "GET before any PUT": b"g0\n.",
        "GET of what is no number": b"gx\n.",
        "GET below 0": b"g-1\n.",
        "PUT below 0": b"Np-1\n.",
        "PUT of what is no number": b"Np \n.",
        "PUT of a huge index": b"Np99999999999999999999\n.",
        "PUT with many digits": b"Np" + b"9" * 1_000_000 + b"\n.",
        "LONG_BINPUT of a huge index": HEAD + b"Nr\xff\xff\xff\xff.",  # python/cpython#115952
        "many huge indexes": HEAD + b"".join(b"Nr" + struct.pack("<I", (1 << 32) - n) for n in range(1, 2000)) + b".",
        "PUT on nothing": b"p0\n.",
        "MEMOIZE on nothing": HEAD + b"\x94.",
        "an entry written over": HEAD + text("os") + b"q\0" + text("system") + b"q\0q\x010h\0h\1\x93.",
        "MEMOIZE over what PUT has put": HEAD + b"Nq\x01K\x05\x94h\x01\x86.",
        "an entry of what is still open": HEAD + b"]q\0(h\0h\0e.",
        "a name out of the memo": HEAD
        + text("system")
        + b"q\0"
        + text("os")
        + b"q\x0100h\1h\0\x93"
        + text(CANARY)
        + b"\x85R.",
    }


def _lies() -> dict[str, bytes]:
    cases = {}
    for name, code, form in (
        ("SHORT_BINUNICODE", b"\x8c", "<B"),
        ("BINUNICODE", b"X", "<I"),
        ("BINUNICODE8", b"\x8d", "<Q"),
        ("SHORT_BINBYTES", b"C", "<B"),
        ("BINBYTES", b"B", "<I"),
        ("BINBYTES8", b"\x8e", "<Q"),
        ("BYTEARRAY8", b"\x96", "<Q"),
        ("SHORT_BINSTRING", b"U", "<B"),
        ("BINSTRING", b"T", "<i"),
        ("LONG1", b"\x8a", "<B"),
        ("LONG4", b"\x8b", "<i"),
        ("FRAME", b"\x95", "<Q"),
    ):
        size = struct.calcsize(form)
        most = (1 << (8 * size - (form == "<i"))) - 1
        cases[f"{name} longer than all there is"] = HEAD + code + struct.pack(form, most) + b"abc."
        cases[f"{name} one byte too long"] = HEAD + code + struct.pack(form, 5) + b"abc."
        cases[f"{name} without its size"] = HEAD + code + b"\x01"[: size - 1]
        if form == "<i":
            cases[f"{name} below 0"] = HEAD + code + struct.pack(form, -5) + b"abc."
        if form == "<Q":
            cases[f"{name} of half the memory there can be"] = HEAD + code + struct.pack(form, HUGE) + b"abc."
    return cases | {
        "a FRAME that ends in an opcode": HEAD + b"\x95" + struct.pack("<Q", 5) + text("abcdef") + b"\x94.",
        "a FRAME of nothing": HEAD + b"\x95" + bytes(8) + b"N.",
        "a FRAME in a FRAME": HEAD + b"\x95" + struct.pack("<Q", 11) + b"\x95" + struct.pack("<Q", 2) + b"N.",
        "a protocol of the future": b"\x80\xffN.",
        "a second protocol": HEAD + b"\x80\x02N.",
        "a number of a million digits": b"I" + b"9" * 1_000_000 + b"\n.",
        "a long of a million digits": b"L" + b"9" * 1_000_000 + b"L\n.",
        "a long of a million bytes": HEAD + b"\x8b" + struct.pack("<i", 1_000_000) + b"\x7f" * 1_000_000 + b".",
        "a number that is none": b"Iabc\n.",
        "a number in hexadecimal": b"I0x10\n.",
        "a float that is none": b"Fabc\n.",
        "a float of a million digits": b"F" + b"9" * 1_000_000 + b"\n.",
        "not a number": HEAD + b"G\x7f\xf8\0\0\0\0\0\0.",
        "text that is not UTF-8": HEAD + b"\x8c\x02\xff\xfe.",
        "text of surrogates": HEAD + b"\x8c\x06\xed\xa0\xbd\xed\xb8\x80.",
        "an escape that is none": b"V\\uZZZZ\n.",
        "an escape beyond Unicode": b"V\\U00110000\n.",
        "a string without quotes": b"Sabc\n.",
        "a string with one quote": b"S'\n.",
        "a string with odd escapes": b"S'\\q\\x1\\777\\'\n.",
        "a line without an end": b"S'abc'",
    }


def _stack() -> dict[str, bytes]:
    opcodes = b"etuldaseR b\x81\x92\x93\x94\x85\x86\x87\x90\x91012Qoqr"
    cases = {f"opcode {code:#04x} on an empty stack": HEAD + bytes([code]) + b"\0\0\0\0." for code in set(opcodes)}
    cases |= {f"opcode {code:#04x} behind a MARK": HEAD + b"N(%c\0\0\0\0." % code for code in set(opcodes)}
    return cases | {
        "nothing": b"",
        "STOP alone": b".",
        "no STOP": HEAD + b"N",
        "MARK alone": b"(.",
        "300,000 MARKs": b"(" * 300_000 + b".",
        "as many MARKs as tuples": b"(" * 100_000 + b"t" * 100_000 + b".",
        "a MARK as a value": HEAD + b"](a.",
        "a MARK between key and value": HEAD + b"}N(Ns.",
        "an odd number of items": HEAD + b"}(NNNu.",
        "an odd number of items for DICT": b"(NNNd.",
        "APPEND to a dict": HEAD + b"}Na.",
        "SETITEM on a list": HEAD + b"]NNs.",
        "SETITEM on a number": HEAD + b"K\x01NNs.",
        "ADDITEMS to a frozenset": HEAD + b"(\x91(N\x90.",
        "a list as a key": HEAD + b"}]Ns.",
        "a dict in a set": HEAD + b"\x8f(}\x90.",
        "a set in a frozenset": HEAD + b"(\x8f\x91.",
        "a list in a tuple as a key": HEAD + b"}]\x85\x85Ns.",
        "a bytearray as a key": b"\x80\x05}\x96" + struct.pack("<Q", 1) + b"xNs.",
        "every unknown opcode": HEAD + b"\xff.",
        "text instead of a pickle": b"<html>",
        "zeros": bytes(1000),
        "bytes behind STOP": HEAD + b"N.cos\nsystem\n",
    }


def _bombs() -> dict[str, bytes]:
    many = 100_000
    lot = b"(" + b"".join(map(whole, range(10_000)))
    crowd = [whole(n * PRIME) for n in range(20_000)]
    long_text = text("x" * 1_000_000) + b"q\0"
    thing = named("a", "b") + b"q\0"
    crowd_of_tuples = b"".join([b"h%c" + whole(n * PRIME) + b"\x86" for n in range(60)])
    zero = call("datetime", "timedelta", b"K\0", b"K\0", b"K\0")
    laughs = b"".join([b"h\0h\1h\1\x86Rq\1" if n else b"h\0)Rq\1" for n in range(60)])
    return {
        "a tuple a million levels deep": HEAD + b"N" + b"\x85" * 1_000_000 + b".",
        "a list 100,000 levels deep": HEAD + b"]" * many + b"a" * (many - 1) + b".",
        "a list of 100,000 MARKs": b"(" * many + b"l" * many + b".",
        "a dict 100,000 levels deep": HEAD + b"}N" * many + b"}" + b"s" * many + b".",
        "a frozenset 100,000 levels deep": HEAD + b"(" * many + b"\x91" * many + b".",
        "100,000 calls of calls": HEAD + named("a", "b") + b")R" * many + b".",
        "arguments 100,000 levels deep": HEAD + thing + b"q\1" + b"h\0h\1\x85Rq\1" * many + b".",
        "a state 50,000 levels deep": HEAD + (named("a", "b") + b")R") * 50_000 + b"b" * 49_999 + b".",
        "a tuple 100,000 levels deep as a key": HEAD + b"}N" + b"\x85" * many + b"Ns.",
        "tuples 300 levels deep as keys that are compared": HEAD + b"}" + (b"N" + b"\x85" * 300 + b"Ns") * 2 + b".",
        "frozensets 1,000 levels deep that are compared": HEAD
        + b"\x8f("
        + (b"(" * 1000 + b"\x91" * 1000) * 2
        + b"\x90.",
        "frozensets of tuples of frozensets that are compared": HEAD + _two_equal(b"h%ch%c\x86", 60) + b"\x90.",
        "frozensets of crowds of frozensets that are compared": HEAD + _two_equal(crowd_of_tuples, 4) + b"\x90.",
        "two long texts that are one key": HEAD
        + long_text
        + text("x" * 1_000_000)
        + b"q\1}("
        + b"h\0Nh\1N" * many
        + b"u.",
        "two tuples of a long text that are one element": HEAD
        + long_text
        + b"\x85q\0"
        + text("x" * 1_000_000)
        + b"\x85q\1]("
        + b"\x8f(h\0h\1\x90" * many
        + b"e.",
        "a timezone of a long name many times": HEAD
        + call("datetime", "timezone", zero, long_text)
        + b"q\1]("
        + b"h\1" * many
        + b"e.",
        "a billion laughs in lists": HEAD + b"(" + text("lol") + b"lq\0" + (b"(" + b"h\0" * 10 + b"lq\0") * 12 + b".",
        "a billion laughs in tuples": HEAD + doubling(text("lol"), b"\x86", 150) + b".",
        "a billion laughs in tuples, as a key": HEAD + b"}" + doubling(b"K\x01", b"\x86", 150) + b"Ns.",
        "a billion laughs in a dict": HEAD + b"}q\0" + b"0}(K\x01h\0K\x02h\0uq\0" * 100 + b".",
        "a billion laughs in foreign objects": HEAD + thing + laughs + b".",
        "a long text many times": HEAD + long_text + b"](" + b"h\0" * many + b"e.",
        "a list of a long text many times": HEAD + b"]" + long_text + b"aq\0](" + b"h\0" * many + b"e.",
        "a long key many times": HEAD + long_text + b"](" + b"}h\0Ns" * 10_000 + b"e.",
        "a set of a long text many times": HEAD + long_text + b"](" + b"\x8f(h\0\x90" * 10_000 + b"e.",
        "long bytes many times": HEAD + b"B\0\0\1\0" + bytes(1 << 16) + b"q\0](" + b"h\0" * many + b"e.",
        "a long number many times": HEAD + whole(1 << 100_000) + b"q\0](" + b"h\0" * many + b"e.",
        "a number of 4,000 digits many times": HEAD + whole(10**3999) + b"q\0](" + b"h\0" * 3 * many + b"e.",
        "a list many times": HEAD + b"]" + lot + b"eq\0](" + b"h\0" * many + b"e.",
        "keys of one hash": HEAD + b"}(" + b"".join([key + b"N" for key in crowd]) + b"u.",
        "keys of one hash, one by one": HEAD + b"}" + b"".join([key + b"Ns" for key in crowd]) + b".",
        "elements of one hash": HEAD + b"\x8f(" + b"".join(crowd) + b"\x90.",
        "tuples of one hash": HEAD + b"(" + b"".join([key + b"\x85" for key in crowd]) + b"\x91.",
        "a set of numbers of one hash": HEAD + call("builtins", "set", b"](" + b"".join(crowd) + b"e") + b".",
        "a set of one list made again and again": HEAD
        + b"]"
        + lot
        + b"eq\0"
        + (named("builtins", "set") + b"h\0\x85R") * 10_000
        + b".",
        "bytes of one text made again and again": HEAD
        + long_text
        + (named("_codecs", "encode") + b"h\0" + text("latin1") + b"\x86R") * 10_000
        + b".",
        "a long tuple hashed again and again": HEAD + lot + b"tq\0](" + b"}h\0Ns" * many + b"e.",
        "a long number hashed again and again": HEAD + whole(1 << 2_000_000) + b"q\0](" + b"}h\0Ns" * many + b"e.",
        "a long frozenset looked at again and again": HEAD + lot + b"\x91q\0](" + b"}h\0Ns" * many + b"e.",
        "more sets than there is memory for": HEAD + b"(" + b"\x8f" * 1_200_000 + b"l.",
        "100,000 empty sets": HEAD + b"(" + b"\x8f" * many + b"l.",
        "100,000 empty dicts": HEAD + b"(" + b"}" * many + b"l.",
        "100,000 DUPs": HEAD + b"]" + b"2" * many + b"a" * many + b".",
        "20,000 names": HEAD + b"(" + text("a") + b"q\0" + b"h\0h\0\x93" * 20_000 + b"l.",
    }


def _circles() -> dict[str, bytes]:
    return {
        "a list in itself": HEAD + b"]q\0h\0a.",
        "a list in itself a thousand times": HEAD + b"]q\0(" + b"h\0" * 1000 + b"e.",
        "a dict in itself": HEAD + b"}q\0Nh\0s.",
        "a tuple in its own list": HEAD + b"]q\0h\0\x85q\1" + b"ah\1.",
        "two lists in each other": HEAD + b"]q\0]q\1h\0ah\1a.",
        "a foreign object in its own state": HEAD + named("a", "b") + b")Rq\0}" + text("me") + b"h\0sb.",
        "a foreign object in its own items": HEAD + named("a", "b") + b")Rq\0h\0a.",
        "a foreign object as its own key": HEAD + named("a", "b") + b")Rq\0h\0Ns.",
        "a list that holds a set of itself": HEAD + b"]q\0" + call("builtins", "frozenset", b"h\0") + b"a.",
    }


def _dates() -> dict[str, bytes]:
    cases = {}
    for name, state in (
        ("datetime", b"\x07\xe4\x0d\x01\0\0\0\0\0\0"),
        ("datetime", b"\x07\xe4\x01\x01\xff\xff\xff\xff\xff\xff"),
        ("datetime", b"\0\0\x01\x01\0\0\0\0\0\0"),
        ("datetime", b"\xff\xff\x81\x01\0\0\0\0\0\0"),
        ("datetime", b"\x07\xe4"),
        ("date", b"\x07\xe4\x02\x1e"),
        ("date", b"\0\0\0\0"),
        ("date", b"\xff\xff\xff\xff"),
        ("time", b"\x18\0\0\0\0\0"),
        ("time", b"\xff\xff\xff\xff\xff\xff"),
        ("time", b"\0\0\0\xff\xff\xff"),
    ):
        cases[f"a {name} of {state.hex()}"] = HEAD + call("datetime", name, b"C%c%b" % (len(state), state)) + b"."
    zero = call("datetime", "timedelta", b"K\0", b"K\0", b"K\0")
    day = call("datetime", "timedelta", b"K\x01", b"K\0", b"K\0")
    good = b"C\x0a\x07\xe4\x01\x01\0\0\0\0\0\0"
    return cases | {
        "a huge timedelta": HEAD + call("datetime", "timedelta", whole(HUGE * HUGE), b"K\0", b"K\0") + b".",
        "a timedelta of text": HEAD + call("datetime", "timedelta", text("x"), b"K\0", b"K\0") + b".",
        "a timezone of a day": HEAD + call("datetime", "timezone", day) + b".",
        "a timezone with a name of bytes": HEAD + call("datetime", "timezone", zero, b"C\x01x") + b".",
        "a datetime in a foreign zone": HEAD
        + call("datetime", "datetime", good, call("os", "system", text(CANARY)))
        + b".",
        "a datetime in a zone that is a number": HEAD + call("datetime", "datetime", good, b"K\x01") + b".",
        "datetime.strptime": HEAD + call("datetime", "datetime.strptime", text("x"), text("y")) + b".",
        "a time as a key": HEAD + b"}" + call("datetime", "time", b"C\x06\0\0\0\0\0\0") + b"Ns.",
    }


def _truncated(name: str, data: bytes) -> Iterable[tuple[str, bytes]]:
    return ((f"{name} cut off at byte {size}", data[:size]) for size in range(len(data)))


SAMPLE = pickle.dumps([{"a": (1, 2.5, None), 70000: b"x" * 300}, {1 << 70}, frozenset([("t",)]), True], 4)

CASES: dict[str, bytes] = {
    **WOULD_RUN,
    **_build(),
    **_memo(),
    **_lies(),
    **_stack(),
    **_bombs(),
    **_circles(),
    **_dates(),
    **dict(_truncated("a list", SAMPLE)),
    **dict(_truncated("os.system", WOULD_RUN["STACK_GLOBAL of os.system"])),
}
