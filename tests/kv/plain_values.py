"""Values of every plain type, for Hypothesis, and a way to compare them that lets nothing pass."""

import struct
from datetime import datetime, time, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

texts = st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from(
    ["", "$", "$tuple", "\ud83d\ude00", "\udc00\ud800", "a\ud800", "'\"\\\n\0", "x" * 255, "x" * 256, "é" * 128]
)
offsets = st.timedeltas(timedelta(hours=-24, microseconds=1), timedelta(hours=24, microseconds=-1))
zones = (
    offsets.map(timezone)
    | st.builds(timezone, offsets, texts)
    | st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
)
folds = st.integers(0, 1)
datetimes = st.builds(
    lambda moment, zone, fold: moment.replace(tzinfo=zone, fold=fold), st.datetimes(), st.none() | zones, folds
)
times = st.builds(
    lambda moment, zone, fold: moment.replace(tzinfo=zone, fold=fold), st.times(), st.none() | zones, folds
)
moments = datetimes | times | st.dates() | st.timedeltas() | zones
numbers = st.integers() | st.sampled_from([0, 255, 256, 65535, 65536, -1, 2**31, -(2**31), 2**63, 2**2040, -(2**9000)])
scalars = st.none() | st.booleans() | numbers | st.floats() | texts | st.binary(max_size=20) | moments
keys = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3), max_leaves=5
)
values = st.recursive(
    scalars | keys,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(texts, inner, max_size=4)
        | st.dictionaries(keys, inner, max_size=4)
        | st.sets(keys, max_size=4)
    ),
    max_leaves=15,
)


def exactly(value: Any) -> Any:
    """Return something that equals only what is made of the same values of the same types."""
    kind = type(value)
    if kind is float:
        return kind, struct.pack(">d", value) if value == value else "NaN"
    if kind in (list, tuple):
        return kind, [exactly(part) for part in value]
    if kind in (set, frozenset):
        return kind, sorted(repr(exactly(part)) for part in value)
    if kind is dict:
        return kind, [(exactly(key), exactly(part)) for key, part in value.items()]
    if kind is timezone:
        return kind, value.__getinitargs__()
    if kind in (datetime, time):
        return kind, value.replace(tzinfo=None), value.fold, exactly(value.tzinfo)
    return kind, value
