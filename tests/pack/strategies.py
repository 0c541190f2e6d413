"""Random layouts, as text, and bytes that fit them."""

import struct

from hypothesis import strategies as st

from stdtools.pack.layout import Layout

INTEGERS = [*"bBhHiIlLqQ", "u3", "u5", "u6", "u7", "i3", "i5", "i6", "i7"]
LENGTHS = ["B", "H", "u3"]
FIXED = [*INTEGERS, *"efdFD?c"]
BITS = {"B": 8, "H": 16, "I": 32, "Q": 64, "u3": 24, "u5": 40}
orders = st.sampled_from(["", "", "<", ">", "=", "!"])


@st.composite
def bits(draw: st.DrawFn) -> str:
    code = draw(st.sampled_from(sorted(BITS)))
    left, parts = BITS[code], []
    while left:
        width = draw(st.integers(1, left))
        parts.append(f"p{len(parts)}:{width}")
        left -= width
    return f"{code}{{}}{{{','.join(parts)}}}"


@st.composite
def field(draw: st.DrawFn, name: str, *, variable: bool, depth: int) -> str:
    order = draw(orders)
    shapes = ["one", "one", "many", "text", "pascal", "bits"]
    if variable:
        shapes += ["z", "prefixed", "zs", "prefixeds"] + (["group", "times"] if depth else [])
    shape = draw(st.sampled_from(shapes))
    code = draw(st.sampled_from(FIXED))
    count = draw(st.integers(0, 5))
    length = draw(st.sampled_from(LENGTHS))
    if shape == "one":
        return f"{order}{code}:{name}"
    if shape == "many":
        return f"{order}{count}{code}:{name}"
    if shape == "text":
        return f"{count}s:{name}"
    if shape == "pascal":
        return f"{count}p:{name}"
    if shape == "bits":
        return order + draw(bits()).replace("{}", f":{name}", 1)
    if shape in ("z", "zs"):
        return f"{count if shape == 'zs' else ''}z:{name}"
    if shape in ("prefixed", "prefixeds"):
        return f"{order}{count if shape == 'prefixeds' else ''}{length}/s:{name}"
    inner = draw(fields(variable=variable, depth=depth - 1, least=1))
    if Layout(inner).size == 0:
        inner += " B:filler"
    return f"{order}{length}/({inner}):{name}" if shape == "group" else f"{order}{count + 1}({inner}):{name}"


@st.composite
def fields(draw: st.DrawFn, *, variable: bool, depth: int = 2, least: int = 1) -> str:
    count = draw(st.integers(least, 5))
    head = draw(st.sampled_from(["", "<", ">", "="]))
    return head + " ".join(draw(field(f"n{i}", variable=variable, depth=depth)) for i in range(count))


@st.composite
def layouts(draw: st.DrawFn, *, variable: bool) -> Layout:
    """A layout without pad bytes, of at least one byte."""
    text = draw(fields(variable=variable))
    if Layout(text).size == 0:
        text += " H:filler"
    if variable and draw(st.booleans()):
        text += f" *({draw(field('rest0', variable=True, depth=1))} B:last):rest"
    return Layout(text)


SPECIAL = [
    *(struct.pack(f"<{code}", value) for code in "efd" for value in (float("nan"), float("inf"), float("-inf"), -0.0)),
    b"\0\0\xa0\x7f", b"\x01\0\0\0\0\0\xf0\x7f", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x01\x7c", "é€😀".encode(),
    b'{"$text": 1}', b'",\n\r\t\\', b"\x80", b"\x01", b"\x02a", b"\x03ab",
]  # fmt: skip
pieces = st.one_of(st.binary(max_size=12), st.sampled_from(SPECIAL), st.text(max_size=6).map(str.encode))
blobs = st.lists(pieces, max_size=30).map(b"".join)
