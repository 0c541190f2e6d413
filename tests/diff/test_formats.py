"""Each format is GNU diff's, byte for byte, where it tells of the same changes."""

import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stdtools.diff import context, headers, normal, side_by_side, unified_format
from stdtools.diff.comparison import Comparison
from stdtools.diff.expressions import Expression
from stdtools.diff.functions import Functions, is_c_function
from tests.diff.oracles import ENVIRONMENT, Written, comparison_of, gnu, pair

pytestmark = pytest.mark.once

PAIRS = int(os.environ.get("DIFF_PAIRS", "60"))
SEED = int(os.environ.get("DIFF_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)


@pytest.fixture
def kathmandu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", ENVIRONMENT["TZ"])
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def titles_of(place: Path) -> tuple[bytes, bytes]:
    a, b = (headers.title(name.encode(), (place / name).stat().st_mtime_ns) for name in "ab")
    return a, b


Write = Callable[[Comparison, tuple[bytes, bytes], Written], None]


FORMATS: dict[str, Write] = {
    "-u": lambda c, t, out: unified_format.write(c, t, out),
    "-U0": lambda c, t, out: unified_format.write(c, t, out, 0),
    "-U1 -T": lambda c, t, out: unified_format.write(c, t, out, 1, tab=b"\t"),
    "-up": lambda c, t, out: unified_format.write(c, t, out, functions=Functions(c.a, is_c_function)),
    "-U9 -F e.[1-5]": lambda c, t, out: unified_format.write(
        c, t, out, 9, functions=Functions(c.a, Expression("e.[1-5]", "-F").matches)
    ),
    "-c": lambda c, t, out: context.write(c, t, out),
    "-C0": lambda c, t, out: context.write(c, t, out, 0),
    "-C2 -T -p": lambda c, t, out: context.write(c, t, out, 2, tab=b"\t", functions=Functions(c.a, is_c_function)),
    "--normal": lambda c, t, out: normal.write(c, out),
    "--normal -T": lambda c, t, out: normal.write(c, out, tab=b"\t"),
    "-y": lambda c, t, out: side_by_side.write(c, out),
    "-y -W 40": lambda c, t, out: side_by_side.write(c, out, 40),
    "-y -W 13": lambda c, t, out: side_by_side.write(c, out, 13),
    "-y --suppress-common-lines -W 61": lambda c, t, out: side_by_side.write(c, out, 61, only_changes=True),
}


def choosing(options: str) -> list[str]:
    """Return what makes GNU choose with --normal as it does with *options*: it looks that far around a change."""
    words = options.split()
    lines = next((word[2:] for word in words if word[:2] in ("-U", "-C")), "3" if words[0][:2] in ("-u", "-c") else "0")
    return [
        "--horizon-lines",
        lines,
        *(word for word in words if word in ("-F", "e.[1-5]")),
        *(["-p"] if "p" in words[0] + words[-1] else []),
    ]


def test_every_format_of_random_pairs_is_gnus(tmp_path: Path, kathmandu: None) -> None:
    chance = random.Random(SEED)
    for number in range(PAIRS):
        a, b = pair(chance)
        (tmp_path / "a").write_bytes(a)
        (tmp_path / "b").write_bytes(b)
        for options in chance.sample(sorted(FORMATS), 3):
            comparison = comparison_of(a, b, gnu(tmp_path, "--normal", "-a", *choosing(options)))
            out = Written()
            FORMATS[options](comparison, titles_of(tmp_path), out)
            expected = gnu(tmp_path, "-a", *options.split())
            if b"".join(out) != expected:  # pytest would compare them with difflib
                pytest.fail(f"DIFF_SEED={SEED} {number} {options}\n{a!r}\n{b!r}\n{b''.join(out)!r}\n{expected!r}")
