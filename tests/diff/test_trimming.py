"""What two texts begin and end with in common, and files that are compared block by block."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtools.diff import trimming
from stdtools.diff.trimming import core, have_same_bytes, same_ahead, same_behind
from tests.diff.texts import texts


def common(a: bytes, b: bytes) -> int:
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


@given(st.binary(max_size=40), st.binary(max_size=40), st.sampled_from([1, 2, 3, 7, 256, 5000]))
def test_what_is_the_same_ahead_and_behind(a: bytes, b: bytes, repeated: int) -> None:
    a, b = b"xy" * repeated + a, b"xy" * repeated + b
    assert same_ahead(a, 0, b, 0, min(len(a), len(b))) == common(a, b)
    assert same_behind(a[::-1], len(a), b[::-1], len(b), min(len(a), len(b))) == common(a, b)
    assert same_ahead(a, 1, b, 1, 1) == 1
    assert same_ahead(list(a), 0, list(b), 0, min(len(a), len(b))) == common(a, b)


@given(texts, texts)
def test_the_core_is_all_that_differs_in_whole_lines(a: bytes, b: bytes) -> None:
    rest = core(a, b)
    if rest is None:
        assert a == b
        return
    assert a[: rest.a_start] == b[: rest.b_start]
    assert a[rest.a_end :] == b[rest.b_end :]
    assert a[: rest.a_start].count(b"\n") == rest.a1 == rest.b1
    for text, start, end in ((a, rest.a_start, rest.a_end), (b, rest.b_start, rest.b_end)):
        assert start <= end
        assert text[:start].endswith(b"\n") or start == 0
        assert text[:end].endswith(b"\n") or end in (0, len(text))


class Dribble(io.BytesIO):
    """A pipe: it gives a few bytes at a time."""

    def readinto(self, buffer: object) -> int:
        return super().readinto(memoryview(buffer)[:3])  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [io.BytesIO, Dribble])
@given(a=st.binary(max_size=40), b=st.binary(max_size=40), common_part=st.sampled_from([0, 1, 15, 16, 17, 32, 40]))
def test_files_with_the_same_bytes(kind: type[io.BytesIO], a: bytes, b: bytes, common_part: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trimming, "BLOCK", 16)
        a, b = b"z" * common_part + a, b"z" * common_part + b
        assert have_same_bytes(kind(a), io.BytesIO(b)) is (a == b)
        assert have_same_bytes(kind(a), io.BytesIO(a))
