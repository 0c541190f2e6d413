"""Conditions of --where: what they mean, what is refused, and that nothing else gets through."""

import re
import subprocess
import sys
import warnings
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stdtools.tree.where import ATTRIBUTES, CONSTANTS, FUNCTIONS, parse_where

MB = 1 << 20
ENTRY = SimpleNamespace(
    path="var/log/App.log.gz", name="App.log.gz", stem="App.log", ext="gz", type="f", user="root", group="adm",
    size=20 * MB, mode=0o644, links=1, depth=2, mtime=1_000_000_000.5, age=40 * 86400.0,
)  # fmt: skip


def holds(text: str, entry: Any = ENTRY) -> bool:
    results = [clause.test(entry) for clause in parse_where(text)]
    assert {type(result) for result in results} == {bool}
    return all(results)


def refusal(text: str) -> str:
    with pytest.raises(ValueError, match=r"\w") as caught:
        parse_where(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('ext in {"log", "gz"} and size > 10*MB and age > 30*days', True),
        ('ext in ("log", "txt")', False),
        ('ext not in ["log"]', True),
        ("size in {20*MB, 1}", True),
        ("1*KB < size < 1*MB", False),
        ("10*MB <= size < 1*GB", True),
        ("size == 20*1024*1024", True),
        ("mode == 0o644", True),
        ("mode & 0o022 == 0", True),
        ("mode | 1 == 0o645 and mode ^ 0o44 == 0o600 and mode >> 6 == 6", True),
        ('type == "f"', True),
        ('type in "fd"', True),
        ('"log" in name', True),
        ('lower(stem) + ".gz" == lower(name)', True),
        ('upper(ext) == "GZ"', True),
        ("len(name) == 10", True),
        ('startswith(path, "var/") and endswith(name, ".gz")', True),
        ('glob(name, "*.log.*")', True),
        ('glob(name, "app*")', False),
        ('glob(name, "App")', False),
        (r'regex(path, r"log/.*\.gz$") == True', True),
        ('regex(name, "nothing") == False', True),
        ('not regex(name, "^A") or depth > 5', False),
        ('mtime > time("2001-01-01")', True),
        ('mtime > time("@1000000001")', False),
        ("age > (1*week if size > 1*MB else 1*day)", True),
        ("-size < -1 and size - 1 > 0 and size // 3 * 3 <= size and size % 2 == 0", True),
        ("size / (links - 1) > 2", False),
        ("not size // (links - 1) > 2", False),
        ("True", True),
        ("False or 1 < 2", True),
        ("  (size\n > 1)  # big", True),
        (r'name == "\udcff"', False),
    ],
)
def test_what_conditions_mean(text: str, expected: bool) -> None:
    assert holds(text) is expected


EXAMPLE = "write conditions such as size > 10*MB and ext == 'log'"
NO_FUNCTION = "the functions are glob, regex, startswith, endswith, lower, upper, len, time"
NOT_A_CONDITION = "not a condition; write a comparison, as in"
TOO_DEEP = "the condition is nested more than 100 levels deep; write it flatter"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # types
        ('size > "10k"', 'size is a number and "10k" is text; write 10*KB'),
        ('"30 days" < age', '"30 days" is text and age is a number; write 30*days'),
        ('mtime > "2026-11-22"', "mtime is a number and \"2026-11-22\" is text; write time('2026-11-22')"),
        ("name == 5", "name is text and 5 is a number; write two of one kind"),
        ('size in {"a"}', 'size is a number and {"a"} is text; write two of one kind'),
        ('ext in {"a", 1}', '"a" is text and 1 is a number; write a number'),
        ("size in 5", "in takes a list, or two texts; write size in {…}"),
        ("name * size", "* takes numbers and name is text"),
        ('"a" * 99999999 == name', '* takes numbers and "a" is text'),
        ("ext + 1", "+ takes numbers, or two texts, and ext is text"),
        ('"%s" % name == "x"', '% takes numbers and "%s" is text'),
        ("-name == 1", "- takes numbers and name is text"),
        ("(size > 1) & (age > 2)",
         "& takes whole numbers and size > 1 is a condition; write and, or to join conditions"),
        ("mtime >> 1 == 1", ">> takes whole numbers and mtime is a number"),
        ("size if True else name", "size is a number and name is text; write two of one kind"),
        ("size", f"size is a number, {NOT_A_CONDITION} size > 0"),
        ("not ext", f"ext is text, {NOT_A_CONDITION} ext in {{'log', 'gz'}}"),
        ('ext == "log" or "gz"', f"\"gz\" is text, {NOT_A_CONDITION} ext in {{'log', 'gz'}}"),
        ("mode & 0o022", f"mode & 0o022 is a number, {NOT_A_CONDITION} mode & 0o022 > 0"),
        ("time(size) > 1", "time(size) is not how time takes text; write time('2026-11-22')"),
        ("glob(name, ext)", "glob(name, ext) is not how glob takes text; write glob(text, '*.log')"),
        ("glob(name)", "glob(name) is not how glob takes text; write glob(text, '*.log')"),
        # values
        ("size / 0 > 1", "/ 0 cannot be worked out; write another number there"),
        ("size % 0.0 > 1", "% 0.0 cannot be worked out; write another number there"),
        ("size >> links > 0", ">> links cannot be worked out; write another number there"),
        ("size > 1e999", "a number is larger than 2**63; write a smaller one"),
        ("size > 0x" + "f" * 9000, "a number is larger than 2**63; write a smaller one"),
        ('time("soon") > 1',
         "'soon' is not a time; write 2h (ago), 15:00, 2026-11-22, '2026-11-22 15:00', today or @seconds"),
        ('regex(name, "a{99999999999}")', "'a{99999999999}' is no pattern: the repetition number is too large"),
        ('ext == ".log"', "ext has no dot in front; write 'log'"),
        ('ext in ("log")', "'log' is no list; write ext in {'log'}, with braces"),
        ('type in {"f", "dir"}', "type is never 'dir'; write one of the letters f d l p s b c"),
        ("mode == 644", "644 is decimal; write permission bits as in 0o644"),
        # names
        ("sise > 1", "there is no value sise; write size, or 'sise' if it is text"),
        ("type == f", "there is no value f; write 'f' if it is text"),
        ("foo(1)", f"there is no function foo; {NO_FUNCTION}"),
        # what Python cannot read
        ("size = 1", "'=' at column 6 is not allowed; write =="),
        ("  a && b", "'&&' at column 5 is not allowed; write and"),
        ('ext == "||" || True', "'||' at column 13 is not allowed; write or"),
        ("!size", "'!' at column 1 is not allowed; write not"),
        ("size <> 1", "'<>' at column 6 is not allowed; write !="),
        ("size > 10MB", "'10MB' at column 8 is not allowed; write 10*MB"),
        ("age > 30 d", "'30 d' at column 7 is not allowed; write 30*days"),
        (r'regex(name, "\.log")',
         r"a backslash in a text means nothing there; write r before the quote, as in r'\.log$'"),
        ("", f"a condition has 1 to 10000 characters; {EXAMPLE}"),
        ("x" * 10_001, f"a condition has 1 to 10000 characters; {EXAMPLE}"),
        ("\0", r"a byte is no character; write '\udcff' for the byte ff of a name"),
        ('name == "\udcff"', r"a byte is no character; write '\udcff' for the byte ff of a name"),
        ("-" * 9998 + "1", TOO_DEEP),
        ("1+" * 4000 + "1 > 0", TOO_DEEP),
        ("a" + ".a" * 4000, TOO_DEEP),
        ("1 if True else " * 600 + "1", TOO_DEEP),
        # what Python could do and a condition cannot
        ('name.endswith(".gz")', 'name.endswith(".gz") is not allowed; write endswith(name, part)'),
        ("name.lower() == ext", "name.lower() is not allowed; write lower(name)"),
        ('"a" is "b"', "'is' is not allowed; write == or !="),
        ("len(name, x=1) > 1", "len(name, x=1) is not how len takes text; write len(text)"),
        ("__import__('os')", f"there is no function __import__; {NO_FUNCTION}"),
        ("getattr(name, 'x')", f"there is no function getattr; {NO_FUNCTION}"),
        ("f(*a, **k)", f"there is no function f; {NO_FUNCTION}"),
        ("glob(*name, 'x')", f"*name is not allowed; {EXAMPLE}"),
        ("ext in {name}", "name in a list is no constant; write comparisons joined by or"),
        ("{1} < {2}", "{1} is a list; write it behind in or not in"),
        ("size in [[1]]", "[1] is a list; write it behind in or not in"),
        ("_0 == 1", "there is no value _0; write '_0' if it is text"),
        ("entry == 1", "there is no value entry; write 'entry' if it is text"),
        ("glob == 1", "there is no value glob; write 'glob' if it is text"),
        *[
            (text, f"{part} is not allowed; {EXAMPLE}")
            for text, part in [
                ("().__class__ == 1", "().__class__"), ("name.__class__ == 1", "name.__class__"),
                ("name.format == 1", "name.format"), ('f"{name.__class__}" == 1', 'f"{name.__class__}"'),
                ("[x for x in name]", "[x for x in name]"), ("{**name} == 1", "{**name}"),
                ("lambda: 1", "lambda: 1"), ("(yield)", "yield"), ("await name", "await name"),
                ("(size := 1)", "size := 1"), ("name[0] == 'a'", "name[0]"), ("2**99999999 > 1", "2**99999999"),
                ("1 << 99999999 > 1", "1 << 99999999"), ("~size > 1", "~size"), ("+size > 1", "+size"),
                ("None", "None"), ("...", "..."), ("1j == 1", "1j"), ("name == b''", "b''"), ("ext in ()", "()"),
                ("ext in {}", "{}"), ("(lambda: 1)()", "(lambda: 1)()"), ("size @ 1 > 1", "size @ 1"),
            ]
        ],
    ],
)  # fmt: skip
def test_what_is_refused(text: str, message: str) -> None:
    assert refusal(text) == message


@pytest.mark.parametrize(
    "text",
    ["(" * 9999, "(" * 5000 + ")" * 4999, "size >", "(size > 1", "0644 == mode", "size\n> 1", "size > 1; True", "**x",
     "size > " + "9" * 5000, "1or size > 1", "“a” == name", 'regex(name, "(")', 'regex(name, "' + "(" * 4000 + '")',
     "import os", "print('x'", "'abc"],
)  # fmt: skip
def test_what_is_refused_in_the_words_of_python(text: str) -> None:
    message = refusal(text)
    assert len(message) <= 300
    assert message.isprintable()
    assert not message[0].isupper()


def test_clauses_are_the_parts_of_the_outer_and() -> None:
    clauses = parse_where("size>1 and (mode & 0o022 != 0 and (age > 1 or not name == ext)) and 1*KB<size<time('now')")
    assert [(clause.text, set(clause.names)) for clause in clauses] == [
        ("size>1", {"size"}),
        ("mode & 0o022 != 0", {"mode"}),
        ("age > 1 or not name == ext", {"age", "name", "ext"}),
        ("1*KB<size<time('now')", {"size"}),
    ]
    assert len(parse_where("size > 1 or age > 1 and depth > 1")) == 1
    assert len(parse_where("not (size > 1 and age > 1)")) == 1
    assert parse_where("True")[0].names == frozenset()


def test_the_text_of_a_clause_is_one_line() -> None:
    assert parse_where("(size > 1 or\n   ext == 'a  b')")[0].text == "size > 1 or ext == 'a  b'"


def test_an_attribute_is_read_only_when_it_is_needed() -> None:
    assert holds('ext == "gz" or size > 1', SimpleNamespace(ext="gz"))


def test_each_pattern_keeps_its_own_clause() -> None:
    first, second = parse_where('regex(name, "^A") and glob(name, "B*")')
    assert first.test(ENTRY)
    assert not second.test(ENTRY)


def test_an_undecodable_name_is_text() -> None:
    entry = SimpleNamespace(name="a\udcff.log")
    assert holds(r'glob(name, "a?.log") and "\udcff" in name and regex(name, "^a.[.]log$")', entry)


def test_python_warns_of_nothing(recwarn: pytest.WarningsRecorder) -> None:
    warnings.simplefilter("always")
    for text in ('"a" is "b"', r'name == "\d"', "1or size > 1", "1 in 1", "(1)(2)", '"a"[0.5]'):
        refusal(text)
    holds('not regex(name, "[[a]x")')
    assert not recwarn.list


WORDS = [
    *ATTRIBUTES, *CONSTANTS, *FUNCTIONS, *"()[]{},.:=+-*/%&|^~<>!@#;\\'\"\n", "**", "<<", ">>", "==", "not", "and",
    "or", "in", "is", "if", "else", "for", "lambda", "await", "yield", ":=", "0", "1", "1e9", "0o7", "'log'", 'r"\\d"',
    "f'{a}'", "None", "True", "__class__", "x", "\0", "\udcff", "é", "\u2028",
]  # fmt: skip


@settings(max_examples=500)
@given(st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join))
def test_any_text_gives_clauses_or_a_message_of_one_line(text: str) -> None:
    try:
        clauses = parse_where(text)
    except ValueError as error:
        assert type(error) is ValueError
        assert 0 < len(str(error)) <= 300
        assert len(str(error).splitlines()) == 1
    else:
        for clause in clauses:
            assert type(clause.test(ENTRY)) is bool
            assert clause.names <= ATTRIBUTES.keys()


whole = st.integers(0, 2**40).map(str) | st.sampled_from(["size", "mode", "links", "depth", "MB", "days", "0o644"])
texts = st.sampled_from(["name", "ext", "path", "stem", "'gz'", '"a.log"', "lower(name)", "upper(ext)", "name + ext"])


def _numbers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    sums = st.tuples(inner, st.sampled_from(["+", "-", "*", "&", "|", "^"]), inner).map(" ".join)
    divisions = st.tuples(inner, st.sampled_from(["// 7", "% 1000", ">> 3"])).map(" ".join)
    return (sums | divisions | inner.map("-{}".format)).map("({})".format)


def _conditions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.tuples(inner, st.sampled_from(["and", "or", "=="]), inner).map(" ".join)
    chosen = st.tuples(inner, inner, inner).map(lambda three: "{} if {} else {}".format(*three))
    return (joined | chosen | inner.map("not {}".format)).map("({})".format)


numbers = st.recursive(whole, _numbers, max_leaves=6)
comparisons = (
    st.tuples(numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers).map(" ".join)
    | st.tuples(numbers, st.just("<"), numbers, st.just("<="), numbers).map(" ".join)
    | st.tuples(texts, st.sampled_from(["==", "!=", "<"]), texts).map(" ".join)
    | st.tuples(texts, st.sampled_from(["in", "not in"]), st.just("{'gz', 'App.log'}")).map(" ".join)
    | st.tuples(texts, texts).map(lambda pair: "startswith({}, {})".format(*pair))
)
conditions = st.recursive(comparisons.map("({})".format), _conditions, max_leaves=6)


@settings(max_examples=300)
@given(conditions)
def test_what_is_allowed_means_what_python_means(text: str) -> None:
    functions = {"lower": str.lower, "upper": str.upper, "startswith": str.startswith}
    try:
        clauses = parse_where(text)
    except ValueError as error:  # the generator knows nothing of likely slips
        assert re.search("decimal|larger", str(error))
        return
    expected = eval(text, {**functions, **CONSTANTS, **vars(ENTRY)})
    assert all(clause.test(ENTRY) for clause in clauses) is expected
    assert frozenset().union(*(clause.names for clause in clauses)) <= set(re.findall(r"\w+", text))


def test_it_costs_little_to_import() -> None:
    code = (
        "import ast, sys, typing, warnings, collections.abc, stdtools.tree; before = set(sys.modules);"
        "import stdtools.tree.where;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"stdtools.tree.where"}
