"""Plain values become pickles and come back; pickles of others are understood as far as that runs no code."""

import io
import os
import pickle
import pickletools
import random
import subprocess
import sys
from collections import OrderedDict, deque
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtools.kv import machine, pickles
from stdtools.kv.forms import to_json
from stdtools.kv.nesting import survey
from stdtools.kv.pickles import (
    dump,
    load,
    load_plain,
    type_name,
)
from stdtools.kv.plain import DEEPEST, BadPickle, Foreign, ForeignClass, NotPlain, TooDeep, type_name_of
from tests.kv.hostile import SAMPLE
from tests.kv.plain_values import exactly, scalars, values

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def in_python(value: Any, protocol: int) -> bytes:
    """Return the pickle that the Pickler written in Python makes."""
    out = io.BytesIO()
    pickle._Pickler(out, protocol).dump(value)  # type: ignore[attr-defined]
    return out.getvalue()


@given(values)
def test_every_plain_value_comes_back(value: Any) -> None:
    data = dump(value)
    assert data == pickle.dumps(value, 4)
    assert exactly(load(data)) == exactly(value)
    assert exactly(load_plain(data)) == exactly(value)
    assert type_name(data) == type_name_of(value)
    assert not survey(value).foreign


@given(values, st.sampled_from(PROTOCOLS), st.sampled_from([pickle.dumps, in_python]), st.booleans())
def test_pickles_mean_what_pickle_says(value: Any, protocol: int, write: Any, optimized: bool) -> None:
    """Also what old protocols lose, as the fold of a time."""
    try:
        data = write(value, protocol)
    except ValueError as error:  # too many digits for text
        assert protocol < 2, error
        return
    if optimized:
        data = pickletools.optimize(data)
    expected = exactly(pickle.loads(data))
    assert exactly(load(data)) == expected
    assert exactly(load_plain(data)) == expected
    assert type_name(data) == type_name_of(value)


@given(scalars, st.sampled_from([4, 5]), st.binary(max_size=3), st.data())
def test_the_short_way_to_scalars_agrees_with_the_machine(value: Any, protocol: int, noise: bytes, draw: Any) -> None:
    data = pickle.dumps(value, protocol)
    at = draw.draw(st.integers(0, len(data)))
    for mutated in (data, data[:at] + noise + data[at:], data[:at] + noise + data[at + len(noise) :]):
        found = pickles._load_scalar(mutated)
        if found is not pickles._ELSE:
            assert exactly(machine.read(mutated)[0]) == exactly(found)


@pytest.mark.parametrize("size", [0, 1, 251, 252, 255, 256, 65_535, 65_536, 100_000])
@pytest.mark.parametrize("letter", ["a", "é", "\ud800"])
def test_text_is_written_as_pickle_does(size: int, letter: str) -> None:
    for text in (letter * size, letter + "a" * size):
        assert dump(text) == pickle.dumps(text, 4)
        assert load(dump(text)) == text
        assert load(pickle.dumps(text, 5)) == text


@pytest.mark.process
def test_reading_and_writing_text_imports_next_to_nothing() -> None:
    script = (
        "import sys, typing\n"
        "import stdtools.kv, stdtools.shared.errors\n"
        "before = set(sys.modules)\n"
        "from stdtools.kv.pickles import dump, load, type_name\n"
        "assert load(dump('text')) == 'text' and type_name(dump('text' * 999)) == 'text'\n"
        "sys.exit(' '.join(set(sys.modules) - before - {'stdtools.kv.pickles', 'stdtools.kv.plain'}) or 0)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


class Text(str):
    """Text, but not exactly."""

    __slots__ = ()


class Zone(tzinfo):
    """A zone that only its own class knows."""


class Old:
    """An object with attributes."""

    def __init__(self) -> None:
        self.x = 1


def loop() -> list[Any]:
    value: list[Any] = []
    value.append((value,))
    return value


NOT_PLAIN: list[tuple[Any, str]] = [
    (Decimal(1), "the value is a Decimal"),
    ([0, 1, 2, {"a": Decimal(1)}], "list[3]['a'] is a Decimal"),
    ({"a": {1: (0, Old())}}, "dict['a'][1][1] is an Old"),
    ({(1, Decimal(1)): 2}, "(a key of dict)[1] is a Decimal"),
    ({Old: 2}, "a key of dict is a type"),
    ([{Decimal(1)}], "an element of list[0] is a Decimal"),
    ([bytearray()], "list[0] is a bytearray"),
    ({"x" * 100: len}, f"dict['{'x' * 39}…] is a builtin_function_or_method"),
    (Text("x"), "the value is a Text"),
    ([OrderedDict()], "list[0] is an OrderedDict"),
    ([datetime], "list[0] is a type"),
    ([datetime.now(UTC), datetime], "list[1] is a type"),
    ([Foreign("os.system")], "list[0] is an os.system"),
    (datetime(2026, 1, 1, tzinfo=Zone()), "the value is a datetime with a Zone"),
    ([time(tzinfo=Zone())], "list[0] is a time with a Zone"),
    (timezone(timedelta(0), Text("x")), "the value is a timezone of a Text"),
    (
        [datetime(2026, 1, 1, tzinfo=timezone(timedelta(0), Text("x")))],
        "list[0] is a datetime with a timezone of a Text",
    ),
]


@pytest.mark.parametrize(("value", "what"), NOT_PLAIN, ids=[what for _, what in NOT_PLAIN])
def test_what_is_not_plain_is_refused_with_its_place(value: Any, what: str) -> None:
    with pytest.raises(NotPlain) as caught:
        dump(value)
    assert str(caught.value) == f"{what}; only values of plain built-in types are stored"


def test_what_refers_to_itself_is_refused() -> None:
    with pytest.raises(NotPlain, match="the list refers to itself"):
        dump(loop())


def test_what_is_in_many_places_is_stored_once() -> None:
    value: Any = ["x" * 100]
    for _ in range(60):
        value = [value, value]
    data = dump(value)
    assert len(data) < 1000
    assert dump(load(data)) == data


@pytest.mark.parametrize("levels", [1, DEEPEST, DEEPEST + 1])
@pytest.mark.parametrize("kind", [list, tuple, frozenset, dict, "key"])
def test_what_can_be_written_can_be_read(kind: Any, levels: int) -> None:
    value: Any = () if kind == "key" else kind()
    for _ in range(levels - 2 if kind == "key" else levels - 1):
        value = {"k": value} if kind is dict else (value,) if kind == "key" else kind([value])
    value = {value: 1} if kind == "key" else value
    if levels <= DEEPEST:
        assert load(dump(value)) == value
    else:
        with pytest.raises(TooDeep, match="nested more than 200 levels deep"):
            dump(value)
        with pytest.raises(BadPickle, match="nested more than 200 levels deep"):
            load(pickle.dumps(value, 4))


OF_PYTHON_2 = [  # as pickle and cPickle of Python 2.7 write it, in protocols 0, 1 and 2
    b"(lp0\nNaI01\naI00\naI1\naI-70000\naI1099511627776\naF1.5\naS'ascii'\np1\naS'\\xff\\x00\\n\\'\"\\\\'\np2\naV\xfc\\u20ac"
    b"\\u000a\np3\na(ta(I1\ntp4\na(lp5\nI2\naa(dp6\nS'k'\np7\nVv\np8\nsac__builtin__\nset\np9\n((lp10\nI3\natp11\nRp12\na"
    b"c__builtin__\nfrozenset\np13\n((lp14\nI4\natp15\nRp16\nacdatetime\ndatetime\np17\n(S'\\x07\\xe4\\x01\\x02\\x03\\x04"
    b"\\x05\\x00\\x00\\x06'\np18\ntp19\nRp20\nacdatetime\ndate\np21\n(S'\\x07\\xe4\\x0c\\x1f'\np22\ntp23\nRp24\nacdatetime"
    b"\ntime\np25\n(S'\\x01\\x02\\x03\\x00\\x00\\x00'\np26\ntp27\nRp28\nacdatetime\ntimedelta\np29\n(I1\nI2\nI3\ntp30\nRp31"
    b"\na.",
    b"]q\x01(NI01\nI00\nK\x01J\x90\xee\xfe\xffI1099511627776\nG?\xf8\x00\x00\x00\x00\x00\x00U\x05asciiq\x02U\x06\xff\x00\n"
    b"'\"\\q\x03X\x06\x00\x00\x00\xc3\xbc\xe2\x82\xac\nq\x04)(K\x01tq\x05]q\x06K\x02a}q\x07U\x01kX\x01\x00\x00\x00vs"
    b"c__builtin__\nset\nq\x08(]q\tK\x03atRq\nc__builtin__\nfrozenset\nq\x0b(]q\x0cK\x04atRq\rcdatetime\ndatetime\nq\x0e"
    b"(U\n\x07\xe4\x01\x02\x03\x04\x05\x00\x00\x06tRq\x0fcdatetime\ndate\nq\x10(U\x04\x07\xe4\x0c\x1ftRq\x11cdatetime\ntime"
    b"\nq\x12(U\x06\x01\x02\x03\x00\x00\x00tRq\x13cdatetime\ntimedelta\nq\x14(K\x01K\x02K\x03tRq\x15e.",
    b"\x80\x02]q\x00(N\x88\x89K\x01J\x90\xee\xfe\xffI1099511627776\nG?\xf8\x00\x00\x00\x00\x00\x00U\x05asciiq\x01U\x06\xff"
    b"\x00\n'\"\\q\x02X\x06\x00\x00\x00\xc3\xbc\xe2\x82\xac\nq\x03)K\x01\x85q\x04]q\x05K\x02a}q\x06U\x01kq\x07X\x01\x00\x00"
    b"\x00vq\x08sc__builtin__\nset\nq\t]q\nK\x03a\x85q\x0bRq\x0cc__builtin__\nfrozenset\nq\r]q\x0eK\x04a\x85q\x0fRq\x10"
    b"cdatetime\ndatetime\nq\x11U\n\x07\xe4\x01\x02\x03\x04\x05\x00\x00\x06q\x12\x85q\x13Rq\x14cdatetime\ndate\nq\x15U\x04"
    b"\x07\xe4\x0c\x1fq\x16\x85q\x17Rq\x18cdatetime\ntime\nq\x19U\x06\x01\x02\x03\x00\x00\x00q\x1a\x85q\x1bRq\x1cdatetime"
    b"\ntimedelta\nq\x1dK\x01K\x02K\x03\x87q\x1eRq\x1fe.".replace(b"q\x1cdatetime", b"q\x1ccdatetime"),
]


@pytest.mark.parametrize("data", OF_PYTHON_2, ids=["protocol 0", "protocol 1", "protocol 2"])
def test_pickles_of_python_2(data: bytes) -> None:
    assert exactly(load_plain(data)) == exactly(
        [
            *(None, True, False, 1, -70000, 1 << 40, 1.5),
            *("ascii", b"\xff\0\n'\"\\", "ü€\n", (), (1,), [2], {"k": "v"}, {3}, frozenset([4])),
            *(datetime(2020, 1, 2, 3, 4, 5, 6), date(2020, 12, 31), time(1, 2, 3), timedelta(1, 2, 3)),
        ]
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_objects_are_shown(protocol: int) -> None:
    """In protocols 0 and 1 they come by way of copyreg, which is seen through."""
    node = load(pickle.dumps(Old(), protocol))
    assert node.name == f"{__name__}.Old"
    assert node.parts == {"args": (), "state": {"x": 1}}


def test_objects_of_python_2_are_shown() -> None:
    data = b"(lp0\n(i__main__\nOld\np1\n(dp2\nS'x'\np3\nI1\nsb((c__main__\nOlder\nI5\noal."
    old = load(data[: data.index(b"((c")] + b"a.")[0]
    assert (old.name, old.parts) == ("__main__.Old", {"args": (), "state": {"x": 1}})
    older = load(b"(c__main__\nOlder\nI5\no.")
    assert (older.name, older.parts) == ("__main__.Older", {"args": (5,)})


class Keyed:
    """An object made by NEWOBJ_EX."""

    def __getnewargs_ex__(self) -> tuple[Any, Any]:
        return (1,), {"k": 2}

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return super().__new__(cls)


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (OrderedDict(a=1, b=[2]), {"args": (), "pairs": [("a", 1), ("b", [2])]}),
        (deque([1, 2]), {"args": (), "items": [1, 2]}),
        (Decimal("1.5"), {"args": ("1.5",)}),
        (Keyed(), {"args": (1,), "kwargs": {"k": 2}}),
        (os.getcwd, {}),
        (set, {}),
        (bytearray(b"x"), {"args": (b"x",)}),
        (datetime, {}),
    ],
)
@pytest.mark.parametrize("protocol", [4, 5])
def test_every_part_of_an_object_is_kept(value: Any, parts: dict[str, Any], protocol: int) -> None:
    node = load(pickle.dumps(value, protocol))
    assert node.parts == parts
    assert survey([{"k": (node,)}]).foreign == [node]
    assert type_name(pickle.dumps(value, protocol)) == node.name


def test_a_call_of_what_is_itself_called_is_kept_whole() -> None:
    node = load(b"\x80\x04coperator\nattrgetter\n(S'system'\ntRcos\n__dict__\n\x85R.")
    assert node.name == "operator.attrgetter()"
    assert node.called.args == ("system",)
    assert to_json(node) == (
        '{"$class": "operator.attrgetter()", "called": {"$class": "operator.attrgetter", "args": ["system"]}, '
        '"args": [{"$class": "os.__dict__"}]}'
    )


def test_only_plain_values_are_given_to_programs() -> None:
    with pytest.raises(ForeignClass) as caught:
        load_plain(pickle.dumps([Decimal(1), {"k": os.getcwd}, Decimal(2)]))
    assert caught.value.names == ("decimal.Decimal", f"{os.getcwd.__module__}.getcwd")
    held = f"decimal.Decimal, {os.getcwd.__module__}.getcwd"
    assert str(caught.value) == f"the value holds {held}; what is not plain can be shown, but is never built"


def test_what_a_pickle_puts_away_does_not_matter() -> None:
    assert load_plain(b"cos\nsystem\n0I1\n.") == 1


@pytest.mark.parametrize(
    ("data", "message", "at"),
    [
        (b"", "it ends before it is complete", 0),
        (b"\x80\x04K", "it ends before it is complete", 3),
        (b"\x80\x04M\x01.", "it ends before it is complete", 5),
        (b"\x80\x04]K\x01b.", "a state for a list", 5),
        (b"\x80\x04h\x07.", "no memo entry 7", 2),
        (b"\x80\x06N.", "protocol 6", 0),
        (b"\x80\x04\x8c\x01\xff.", "text in a wrong encoding", 2),
        (b"\x80\x04}]Ns.", "a list as a key", 5),
        (b"\x80\x04N\xff.", "there is no opcode 0xff", 3),
        (b"\x80\x04a.", "too little on the stack, or no MARK", 2),
        (b"\x80\x04u.", "too little on the stack, or no MARK", 2),
        (b"I" + b"1" * 4301 + b"\n.", "a number of more than 4300 digits", 0),
    ],
)
def test_a_damaged_pickle_is_refused_with_the_place(data: bytes, message: str, at: int) -> None:
    with pytest.raises(BadPickle) as caught:
        load(data)
    assert str(caught.value) == f"the pickle cannot be read: {message} at byte {at}"
    assert caught.value.at == at


def test_a_pickle_cut_off_anywhere_is_refused() -> None:
    for protocol in PROTOCOLS:
        data = pickle.dumps(pickle.loads(SAMPLE), protocol)
        for size in range(len(data)):
            with pytest.raises(BadPickle):
                load(data[:size])


def test_a_number_of_as_many_digits_as_python_takes() -> None:
    for number in (10**4299, -(10**4299)):
        assert load(pickle.dumps(number, 0)) == number


def test_what_follows_stop_is_left_alone() -> None:
    assert load(pickle.dumps("text", 4) + b"junk") == "text"
    assert type_name(pickle.dumps([1], 4) + b"junk") == "list"


def test_circles_are_read() -> None:
    value = load(pickle.dumps(loop()))
    assert value[0][0] is value
    assert load_plain(pickle.dumps(loop())) is not value
    assert not survey(value).foreign


def test_shared_parts_stay_shared() -> None:
    part = [1]
    value = load(pickle.dumps([part, part]))
    assert value[0] is value[1]


def test_honest_keys_in_great_numbers() -> None:
    chance = random.Random(5)
    table: dict[Any, Any] = dict.fromkeys(range(-50_000, 50_000), 1)
    table |= {chance.random() * 10.0 ** chance.randint(-300, 300): 2 for _ in range(20_000)}
    table |= {(number, "k", (number + 1,)): 3 for number in range(20_000)}
    table |= {frozenset((number, -number)): 4 for number in range(20_000)}
    table |= {timedelta(number, number): 5 for number in range(20_000)}
    assert load(pickle.dumps(table, 4)) == table
    assert load(pickle.dumps(set(table), 4)) == set(table)
    assert load(pickle.dumps(frozenset(table), 2)) == frozenset(table)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null"),
        ("", "text"),
        (b"", "bytes"),
        (1, "int"),
        (1 << 100, "int"),
        (1.5, "float"),
        (True, "bool"),
        ([], "list"),
        ([1], "list"),
        ([1, 2], "list"),
        ({}, "dict"),
        ({1: 2}, "dict"),
        ({1: 2, 3: 4}, "dict"),
        ((), "tuple"),
        (([1],), "tuple"),
        ({1}, "set"),
        (frozenset(), "frozenset"),
        (datetime(2026, 1, 1), "datetime"),
        (date(2026, 1, 1), "date"),
        (time(), "time"),
        (timedelta(), "timedelta"),
        (UTC, "timezone"),
        (Decimal(1), "decimal.Decimal"),
    ],
)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_kinds(value: Any, name: str, protocol: int) -> None:
    assert type_name(pickle.dumps(value, protocol)) == name
