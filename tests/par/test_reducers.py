"""The engine of a map-reduce: the same results in any split, and those of one plain dict."""

import math
import os
import random
import struct
from collections.abc import Callable, Iterator
from enum import IntEnum, StrEnum
from fractions import Fraction
from functools import reduce
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stdtools.par import runs
from stdtools.par.ordering import place, rank, settle
from stdtools.par.partials import Partial, merge, results, write_results
from stdtools.par.reducers import NAMES, Reducer, folding, named
from stdtools.par.runs import Run, Store
from stdtools.shared.errors import ToolError

Pair = tuple[Any, Any]


def reducer(name: str) -> Reducer:
    found = named(name)
    assert found is not None
    return found


@pytest.fixture
def stores() -> Iterator[list[Store]]:
    made = [Store(number) for number in range(4)]
    yield made
    for store in made:
        store.close()


def reduced(
    blocks: list[list[Pair]],
    how: Reducer,
    deal: Callable[[int], int] = lambda number: 0,
    memory: int = 1 << 30,
    partitions: int = 1,
) -> list[Pair]:
    """Run both phases in this process: block n goes to worker deal(n)."""
    stores = [Store(number) for number in range(5)]
    try:
        workers = [Partial(how, partitions, memory, store) for store in stores[:4]]
        for number, block in enumerate(blocks):
            workers[deal(number)].take(block, number)
        left = [run for worker in reversed(workers) for run in worker.finish()]
        done = []
        for number in range(partitions):
            mine = [run for run in left if run.partition == number]
            done.append(write_results(merge(mine, how, stores), number, stores[4]))
        return list(results(done, stores))
    finally:
        for store in stores:
            store.close()


def exactly(value: Any) -> str:
    """Types and signs too, and NaN equal to itself."""
    return repr(value)


NUMBERS = st.one_of(
    st.booleans(), st.integers(-3, 3), st.sampled_from([-0.0, 0.0, 1.0, 2.5, math.nan, math.inf, -math.inf])
)
SCALARS = st.one_of(st.none(), NUMBERS, st.text(max_size=2), st.binary(max_size=2), st.just("\ud800"))
KEYS = st.one_of(SCALARS, st.tuples(NUMBERS), st.tuples(SCALARS, st.tuples(NUMBERS)))
VALUES = st.one_of(
    KEYS,
    st.lists(SCALARS, max_size=2),
    st.dictionaries(st.one_of(st.booleans(), st.text(max_size=1)), NUMBERS, max_size=2),
)
FLOATS = st.one_of(
    st.floats(),
    st.integers(-5, 5),
    st.integers(-(10**320), 10**320),
    st.sampled_from([1e308, -1e308, 1e16, 1.0, -1e16, 5e-324]),
)


def naive(name: str, pairs: list[Pair]) -> list[Pair]:
    """The same in one dict, with fractions."""
    found: dict[Any, tuple[list[Any], list[Any]]] = {}
    for key, value in pairs:
        keys, values = found.setdefault(place(settle(key)), ([], []))
        keys.append(settle(key))
        values.append(value)
    return [
        (min(keys, key=rank), REFERENCE[name](values)) for keys, values in (found[where] for where in sorted(found))
    ]


def true_sum(values: list[Any], count: int = 1) -> float:
    endless = [value for value in values if isinstance(value, float) and not math.isfinite(value)]
    if endless:
        return sum(endless)
    total = sum(map(Fraction, values)) / Fraction(count)
    try:
        return float(total)
    except OverflowError:
        return math.inf if total > 0 else -math.inf


def groups(values: list[Any]) -> list[list[Any]]:
    found: dict[Any, list[Any]] = {}
    for value in map(settle, values):
        found.setdefault(place(value), []).append(value)
    return [sorted(found[where], key=rank) for where in sorted(found)]


REFERENCE: dict[str, Callable[[list[Any]], Any]] = {
    "sum": lambda values: true_sum(values) if float in map(type, values) else sum(values),
    "mean": lambda values: true_sum(values, len(values)),
    "count": len,
    "list": list,
    "min": lambda values: groups(values)[0][0],
    "max": lambda values: groups(values)[-1][0],
    "set": lambda values: [group[0] for group in groups(values)],
    "top:2": lambda values: [value for group in reversed(groups(values)) for value in group][:2],
}


@given(st.data())
@pytest.mark.parametrize("name", REFERENCE)
def test_every_reducer_gives_what_one_dict_gives_in_any_split(name: str, data: st.DataObject) -> None:
    values = FLOATS if name in ("sum", "mean") else VALUES
    blocks = data.draw(st.lists(st.lists(st.tuples(KEYS, values), max_size=8), max_size=6))
    expected = exactly(naive(name, [pair for block in blocks for pair in block]))
    deals = data.draw(st.lists(st.integers(0, 3), min_size=len(blocks), max_size=len(blocks)))
    memory = data.draw(st.sampled_from([0, 2000, 1 << 30]))
    partitions = data.draw(st.integers(1, 3))
    assert exactly(reduced(blocks, reducer(name))) == expected
    assert exactly(reduced(blocks, reducer(name), deals.__getitem__, memory, partitions)) == expected


@given(st.lists(st.lists(st.tuples(KEYS, st.integers()), max_size=8), max_size=6), st.integers(1, 3), st.randoms())
def test_a_function_folds_in_any_split(blocks: list[list[Pair]], partitions: int, chance: random.Random) -> None:
    how = folding(lambda a, b: a ^ b)
    found: dict[Any, list[Any]] = {}
    for key, value in (pair for block in blocks for pair in block):
        found.setdefault(place(settle(key)), []).append(value)
    expected = [reduce(lambda a, b: a ^ b, found[where]) for where in sorted(found)]
    deals = [chance.randrange(4) for _ in blocks]
    assert [value for _, value in reduced(blocks, how, deals.__getitem__, 0, partitions)] == expected


@given(st.lists(FLOATS, min_size=1), st.randoms())
@example([1e308, 1e308, -1e308, -1e308, 1.0], random.Random(1))
@example([1e16, 1.0, 1.0, -1e16], random.Random(1))
@example([math.inf, 1e308, 1e308], random.Random(1))
@example([math.inf, -math.inf], random.Random(1))
def test_a_sum_of_floats_is_exact_and_rounded_once(values: list[Any], chance: random.Random) -> None:
    pairs = [("k", value) for value in values]
    chance.shuffle(pairs)
    blocks = [[pair] for pair in pairs]
    expected = REFERENCE["sum"](values)
    assert exactly(reduced(blocks, reducer("sum"), lambda number: number % 4, 0)) == exactly([("k", expected)])
    assert exactly(reduced([pairs], reducer("sum"))) == exactly([("k", expected)])


def test_a_sum_of_ints_stays_an_int_and_of_bools_is_one() -> None:
    assert exactly(reduced([[("a", 1 << 2000), ("b", True)], [("b", True), ("a", 1)]], reducer("sum"))) == exactly(
        [("a", (1 << 2000) + 1), ("b", 2)]
    )


def test_many_floats_of_one_key_are_shortened_on_the_way() -> None:
    blocks = [[("a", 0.1)] * 50_000, [("a", 0.1)] * 50_000, [("a", 0.1)]]
    assert reduced(blocks, reducer("sum")) == [("a", float(Fraction(0.1) * 100_001))]


def test_keys_come_in_the_order_of_types_then_values() -> None:
    keys = [
        (2, "a"),
        (1.5, b""),
        b"\xff",
        b"a",
        "\U0001f600",
        "\uffff",
        "b",
        "",
        math.nan,
        math.inf,
        2**70,
        1.5,
        1,
        -math.inf,
        None,
        (),
    ]
    expected = [
        None,
        -math.inf,
        1,
        1.5,
        2**70,
        math.inf,
        math.nan,
        "",
        "b",
        "\uffff",
        "\U0001f600",
        b"a",
        b"\xff",
        (),
        (1.5, b""),
        (2, "a"),
    ]
    assert exactly(
        [key for key, _ in reduced([[(key, 1) for key in keys]], reducer("count"), partitions=3)]
    ) == exactly(expected)


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ([True, 1.0, 1], 1),
        ([True, 1.0], 1.0),
        ([True], True),
        ([-0.0], 0.0),
        ([(1.0, "a"), (True, "a")], (1.0, "a")),
        ([((1.0,),), ((1,),)], ((1,),)),
        ([IntEnum("N", "one").one], 1),
        ([StrEnum("N", "one").one, "one"], "one"),
    ],
)
@pytest.mark.parametrize("memory", [0, 1 << 20])
@pytest.mark.parametrize("step", [1, -1])
def test_equal_keys_are_one_and_an_int_is_shown_before_a_float_before_a_bool(
    keys: list[Any], shown: Any, memory: int, step: int
) -> None:
    keys = keys[::step]
    one_block = [[(key, 1) for key in keys]]
    for blocks in (one_block, [[pair] for pair in one_block[0]]):
        for deal in (lambda number: 0, lambda number: number):
            assert exactly(reduced(blocks, reducer("sum"), deal, memory)) == exactly([(shown, len(keys))])


def test_a_float_for_zero_meets_its_equals_after_many_ints() -> None:
    blocks: list[list[Pair]] = [[(number, 1) for number in range(100)], [("a", 1), (7.0, 1), (True, 1)], [(5.5, 1)]]
    keys = [key for key, _ in reduced(blocks, reducer("count"))]
    assert exactly(keys) == exactly([*range(6), 5.5, *range(6, 100), "a"])


def test_keys_without_values_are_counted(stores: list[Store]) -> None:
    worker = Partial(reducer("count"), 1, 0, stores[0])
    worker.take_keys(["b", "a", "b"])
    worker.take_keys(iter(["b", 1, True]))
    assert exactly(list(merge(worker.finish(), reducer("count"), stores))) == exactly([(1, 2), ("a", 1), ("b", 3)])
    with pytest.raises(ToolError, match="no values"):
        Partial(reducer("sum"), 1, 0, stores[0]).take_keys(["a"])
    with pytest.raises(ToolError, match="cannot be a key"):
        worker.take_keys(["a", ["b"]])


@pytest.mark.parametrize("key", [[1], {"a": 1}, (1, [2]), 1j, Fraction(1), frozenset(), object, bytearray(b"a")])
@pytest.mark.parametrize("name", ["count", "sum", "mean", "list", "min", "top:3"])
def test_what_cannot_be_a_key_is_named(key: Any, name: str, stores: list[Store]) -> None:
    for first in (1, "a", (1,)):
        worker = Partial(reducer(name), 2, 1 << 20, stores[0])
        with pytest.raises(ToolError) as caught:
            worker.take([(first, 1), (key, 1)], 0)
            worker.finish()
        assert "cannot be a key; a key is None" in str(caught.value)
        assert repr(key)[:50] in str(caught.value)


@pytest.mark.parametrize("name", ["sum", "mean"])
@pytest.mark.parametrize("value", ["x", None, b"", Fraction(1), 1j, [1]])
def test_what_is_no_number_is_named_with_its_key(name: str, value: Any, stores: list[Store]) -> None:
    with pytest.raises(ToolError) as caught:
        Partial(reducer(name), 2, 1 << 20, stores[0]).take([("a", 1), ("b", 0.5), ("c", value)], 0)
    assert str(caught.value) == f"key 'c': {value!r} is not a number"


@pytest.mark.parametrize("name", ["min", "max", "set", "top:1"])
def test_what_has_no_place_in_the_order_is_named_with_its_key(name: str, stores: list[Store]) -> None:
    worker = Partial(reducer(name), 2, 1 << 20, stores[0])
    with pytest.raises(ToolError, match="key 'a': complex has no place in the order"):
        worker.take([("a", 1j)], 0)
        worker.finish()


@pytest.mark.parametrize(
    "pairs",
    [["ab"], [1], [("a", 1), ("a",)], [("a", 1), ("a", 1, 2)], [("a", 1), 7], [("a", 1), "bc"], [("a", 1), b"bc"]],
)
@pytest.mark.parametrize("name", ["count", "sum", "mean", "list", "min"])
def test_what_is_no_pair_is_named(pairs: list[Any], name: str, stores: list[Store]) -> None:
    with pytest.raises(ToolError) as caught:
        Partial(reducer(name), 1, 1 << 20, stores[0]).take(pairs, 0)
    assert str(caught.value) == f"{pairs[-1]!r} is not a pair of a key and a value"


def test_pairs_are_not_judged_by_their_mean_length(stores: list[Store]) -> None:
    with pytest.raises(ToolError, match=r"\('a', 1, 2\) is not a pair"):
        Partial(reducer("count"), 1, 1 << 20, stores[0]).take([("a", 1, 2), ("a",)], 0)  # type: ignore[list-item]


def test_a_value_that_marshal_cannot_write_is_named(stores: list[Store]) -> None:
    worker = Partial(reducer("list"), 1, 1 << 20, stores[0])
    worker.take([(number, number) for number in range(600)] + [("bad", object)], 0)
    with pytest.raises(ToolError, match=r"key 'bad': .*<class 'object'>.* cannot be kept; values are"):
        worker.finish()


def test_a_function_that_fails_is_blamed_on_its_key(stores: list[Store]) -> None:
    how = folding(lambda a, b: a + b)
    with pytest.raises(ToolError, match="key 'a': TypeError: unsupported operand"):
        Partial(how, 1, 1 << 20, stores[0]).take([("a", 1), ("a", "b")], 0)
    workers = [Partial(how, 1, 1 << 20, store) for store in stores[:2]]
    workers[0].take([("a", 1)], 0)
    workers[1].take([("a", "b")], 1)
    with pytest.raises(ToolError, match="key 'a': TypeError: unsupported operand"):
        list(merge([run for worker in workers for run in worker.finish()], how, stores))


def test_long_digits_are_not_written_out(stores: list[Store]) -> None:
    with pytest.raises(ToolError, match="an int of very many digits"):
        Partial(reducer("sum"), 1, 0, stores[0]).take([(10**5000, "x")], 0)


@pytest.mark.parametrize("name", ["top", "top:", "top:0", "top:x", "top:-1", "top:1.5", "top:" + "9" * 10])
def test_a_top_needs_a_number(name: str) -> None:
    with pytest.raises(ToolError, match="top:10"):
        named(name)


def test_names_are_reducers_and_other_texts_are_none() -> None:
    assert all(named(name.replace("N", "3")) for name in NAMES)
    assert named("a + b") is None
    assert named("summer") is None


def test_hundreds_of_runs_are_merged_in_steps_with_few_descriptors(stores: list[Store]) -> None:
    how = reducer("list")
    worker = Partial(how, 1, 0, stores[0])
    for number in range(300):
        worker.take([(number % 7, number), ("x", number)], number)
    before = len(os.listdir("/dev/fd"))
    left = worker.finish()
    assert len(left) == 300
    assert len(os.listdir("/dev/fd")) == before
    expected = [(key, list(range(key, 300, 7))) for key in range(7)] + [("x", list(range(300)))]
    assert list(merge(left, how, stores)) == expected
    assert len(os.listdir("/dev/fd")) == before


def test_another_process_reads_the_runs(stores: list[Store]) -> None:
    how = reducer("sum")
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        code = 1
        try:
            worker = Partial(how, 2, 0, stores[1])
            for number in range(5):
                worker.take([(str(key), number) for key in range(2000)], number)
            os.write(writer, repr([tuple(run) for run in worker.finish()]).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with open(reader, "rb") as file:
        left = [Run(*run) for run in eval(file.read())]
    assert os.waitpid(pid, 0)[1] == 0
    assert len(left) == 10
    assert list(merge(left, how, stores)) == [(key, 10) for key in sorted(map(str, range(2000)))]


def test_long_values_are_in_pieces_of_few_rows(stores: list[Store]) -> None:
    run = stores[0].append(0, [(list(range(100)), ["x" * 50_000] * 100)])
    pieces = list(stores[0].read(run))
    assert len(pieces) == 1  # one text, a hundred times the same
    run = stores[0].append(0, [(list(range(100)), [str(key) * 50_000 for key in range(100)])])
    pieces = list(stores[0].read(run))
    assert len(pieces) > 10
    assert [key for keys, _ in pieces for key in keys] == list(range(100))


@pytest.mark.parametrize("place", [0, 5, 9, 20, -1])
def test_a_torn_or_changed_run_is_trouble(stores: list[Store], place: int) -> None:
    run = stores[0].append(0, [(["a", "b"], [1, 2])])
    fd = stores[0]._fd
    where = run.length + place if place < 0 else place
    os.pwrite(fd, bytes([os.pread(fd, 1, where)[0] ^ 0x55]), where)
    with pytest.raises(ToolError, match="is damaged"):
        list(merge([run], reducer("sum"), stores))


@pytest.mark.parametrize("length", [0, 3, struct.calcsize("<QI"), 20])
def test_a_run_that_has_lost_its_end_is_trouble(stores: list[Store], length: int) -> None:
    run = stores[0].append(0, [(["a", "b"], [1, 2])])
    os.truncate(stores[0]._fd, length)
    with pytest.raises(ToolError, match="is damaged"):
        list(merge([run], reducer("sum"), stores))


def test_a_full_disk_is_trouble_that_names_tmpdir(stores: list[Store], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any) -> int:
        raise OSError(28, "No space left on device")

    worker = Partial(reducer("sum"), 1, 1 << 20, stores[0])
    worker.take([("a", 1)], 0)
    monkeypatch.setattr(runs.os, "pwrite", full)
    with pytest.raises(ToolError, match="cannot keep what is to be reduced: No space left on device; set TMPDIR"):
        worker.finish()


def test_short_writes_are_continued(stores: list[Store], monkeypatch: pytest.MonkeyPatch) -> None:
    pwrite = os.pwrite
    monkeypatch.setattr(runs.os, "pwrite", lambda fd, data, place: pwrite(fd, data[:7], place))
    run = stores[0].append(0, [(["a", "b"], [1, 2])])
    assert list(merge([run], reducer("sum"), stores)) == [("a", 1), ("b", 2)]


@pytest.mark.parametrize(
    "name",
    [
        "sum",
        "list",
        "top:2",
        *(pytest.param(name, marks=pytest.mark.soak) for name in ("mean", "count", "set", "max", "a + b")),
    ],
)
def test_memory_stays_near_its_bound(name: str, stores: list[Store], monkeypatch: pytest.MonkeyPatch) -> None:
    import tracemalloc

    how = named(name) or folding(lambda a, b: a + b)
    bound = 8 << 20
    worker = Partial(how, 4, bound, stores[0])
    tracemalloc.start()
    try:
        for number in range(30):
            worker.take(
                [(f"{number} {key}", key * 0.5) for key in range(5000)] + [(key, key) for key in range(5000)], number
            )
        peak = tracemalloc.get_traced_memory()[1]
        left = worker.finish()
        assert len(left) >= 8  # of four partitions: it has spilled
        assert peak < 2 * bound
    finally:
        tracemalloc.stop()
