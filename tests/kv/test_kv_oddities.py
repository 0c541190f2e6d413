"""Keys, values and words that people come to type, and that look like something else."""

import pytest

from tests.conftest import Run

pytestmark = pytest.mark.process


def test_negative_numbers_stay_in_their_place(kv: Run) -> None:
    assert kv("incr", "-1", "5").text == "5\n"
    assert kv("incr", "-1", "-2").text == "3\n"
    assert kv("keys").text == "-1\n"
    assert kv("set", "k", "-5", "--ttl", "1h").code == 0
    assert kv("incr", "k", "-0.5").text == "-5.5\n"
    assert kv("set", "zero", "-0", "--json").code == 0
    assert kv("get", "zero").text == "-0.0\n"
    kv("push", "q", "-1", "x", "-2", "--left")
    assert kv("get", "q").text == '["-2", "x", "-1"]\n'
    assert kv("append", "text", "-5").text == "2\n"
    assert kv("incr", "k", "-x").err == "stdtools kv incr: no such option '-x'; see 'stdtools kv incr --help'\n"


def test_numbers_too_large_are_left_alone(kv: Run) -> None:
    for text in ("9" * 5000, "1e400"):
        kv("set", "k", text)
        assert kv("incr", "k") == (2, b"", "stdtools kv incr: k: holds text, no number\n")
        assert kv("get", "k").text == text
        assert kv("incr", "new", text).code == 2
    kv("set", "k", "9" * 400)
    message = "stdtools kv incr: k: holds a number that is too large to add to a float\n"
    assert kv("incr", "k", "0.5") == (2, b"", message)
    assert kv("incr", "k").text == f"1{'0' * 400}\n"


def test_null_is_a_value(kv: Run) -> None:
    kv("set", "k", "null", "--json")
    assert kv("incr", "k").err == "stdtools kv incr: k: holds null, no number\n"
    assert kv("push", "k", "x").err == "stdtools kv push: k: holds null, no list\n"
    assert kv("pop", "k").err == "stdtools kv pop: k: holds null, no list\n"
    assert kv("append", "k", "x").err == "stdtools kv append: k: holds null, neither text nor bytes\n"
    assert kv("get", "k").text == "null\n"


def test_a_key_is_told_as_it_is_typed(kv: Run) -> None:
    assert kv("get", "a\\b").err == "stdtools kv get: no key 'a\\b'\n"
    assert kv("get", "--key-bytes", r"\xff\x1b").err == "stdtools kv get: no key '\\xff\\x1b'\n"
