"""What an expression makes of a block of lines: compiled once, in a loop of its own."""

import ast
import contextlib
import gc
import io
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from importlib import import_module
from operator import length_hint
from typing import Any, NamedTuple

from stdtools.par.expression import FILE, MODULES, Spec, imported, parse
from stdtools.shared.records import JsonText

MOST_ERRORS = 20  # of a block that are told; the others are counted
_SHOWN = 60  # characters of an item
_FAR = 1 << 20  # lines from the expression to the rest of its loop


class Failure(NamedTuple):
    """What an item has raised."""

    place: int  # of the item in the block, from 0
    item: str  # its beginning
    message: str


class Mapped(NamedTuple):
    """What has become of a block."""

    output: bytes
    items: int  # that were looked at
    failures: list[Failure]
    failed: int


_LOOP = """
def _loop(_items, _add, _extend):
    for line in _items:
        _add(None)
"""


_Loop = Callable[[Iterator[Any], Callable[[Any], None], Callable[[Any], None]], None]


@contextlib.contextmanager
def heard() -> Iterator[io.StringIO]:
    """Hear what is printed within this ``with`` block."""
    said = sys.stdout
    sys.stdout = heard = io.StringIO()
    try:
        yield heard
    finally:
        sys.stdout = said


class Mapper:
    """Does with blocks of lines what *spec* says. Raises BadExpression, and whatever its code raises.

    By *hearing* it hears what the expression prints.
    """

    def __init__(
        self, spec: Spec, hearing: Callable[[], contextlib.AbstractContextManager[io.StringIO]] = heard
    ) -> None:
        self.spec = spec
        self._hearing = hearing
        self._namespace: dict[str, Any] = {"__name__": "__stdtools__", "__builtins__": __builtins__}
        self._expression = parse(spec.expression or "call(line)")
        self._filter = parse(spec.filter) if spec.filter else None
        used = spec.used_names
        if "" not in sys.path:
            sys.path.append("")  # the last place to look, so that no file there hides a module of the library
        self._namespace.update(imported((*spec.imports, *(name for name in MODULES if name in used))))
        if spec.call:
            module_name, _, function = spec.call.partition(":")
            target: Any = import_module(module_name)
            for part in function.split("."):
                target = getattr(target, part)
            self._namespace["call"] = target
        exec(compile(spec.init, "<init>", "exec"), self._namespace)  # noqa: S102 - the user's own code
        self._numbered = "n" in used
        self._loop = self._compile()
        self._to_json = JsonText()

    def _compile(self) -> "_Loop":
        """Return a function with the expression in its loop: a call of a function for each line would cost more."""
        tree: Any = ast.parse(_LOOP)
        loop = tree.body[0].body[0]
        if self._numbered:
            loop.target = ast.parse("n, line = 0").body[0].targets[0]  # type: ignore[attr-defined]
        body: list[ast.stmt] = []
        if self.spec.json_in:
            body += ast.parse("json = _loads(line)").body
            from json import loads

            self._namespace["_loads"] = loads
        if self._filter is not None:
            left_out = "continue" if self.spec.many else "_add(None); continue"
            skip = ast.parse(f"if not 0: {left_out}").body[0]
            skip.test.operand = self._filter  # type: ignore[attr-defined]
            body.append(skip)
        for statement in (loop, *body):  # errors tell the lines of the expression, no others
            ast.increment_lineno(statement, _FAR)
        made_by = self._expression
        if self.spec.many and isinstance(made_by, ast.GeneratorExp):  # all of a line or nothing, should it raise
            made_by = ast.ListComp(made_by.elt, made_by.generators)
        loop.body[0].value.args = [made_by]
        if self.spec.many and isinstance(made_by, ast.ListComp):
            loop.body[0].value.func.id = "_extend"  # a function in C, where it is known that there are many
        loop.body = [*body, *loop.body]
        ast.fix_missing_locations(tree)
        names: dict[str, Any] = self._namespace
        exec(compile(tree, FILE, "exec"), names)  # noqa: S102 - the user's own code
        made: _Loop = names.pop("_loop")
        return made

    def close(self) -> None:
        """Let go of what the user's code has made: files are so written and closed."""
        self._namespace.clear()
        gc.collect()

    def __call__(self, data: bytes, first: int) -> Mapped:
        """Return what becomes of the lines in *data*, of which the first has the number *first*."""
        results, printed, mapped = self.results(data, first)
        delimiter = self.spec.delimiter.decode()
        if not self.spec.json_out:
            for texts in (results, [result for result in results if result is not None]):
                try:
                    joined = delimiter.join(texts) + delimiter if texts else ""
                    return mapped._replace(output=(printed + joined).encode("utf-8", "surrogateescape"))
                except (TypeError, UnicodeEncodeError):  # not all of it is text, or not all of that can be written
                    pass
        return self._written(results, printed, mapped, data)

    def _written(self, results: list[Any], printed: str, mapped: Mapped, data: bytes) -> Mapped:
        """Return *mapped* with what *results* are as text, one by one; of those that are none the item has failed."""
        delimiter = self.spec.delimiter
        lines = data.split(delimiter)
        output = [_encoded(printed)]
        failures, failed, items = list(mapped.failures), mapped.failed, mapped.items
        for place, result in enumerate(results):
            if result is None:
                continue
            try:
                output.append(self._text(result).encode("utf-8", "surrogateescape") + delimiter)
            except Exception as error:  # noqa: BLE001 - whatever the user's objects do
                failed += 1
                if len(failures) < MOST_ERRORS:
                    item = lines[place].decode("utf-8", "surrogateescape")
                    failures.append(Failure(place, cut(item), _told(error, self.spec)))
                if self.spec.on_error == "stop":
                    items = place + 1
                    break
                if self.spec.on_error == "keep":
                    line = lines[place]
                    output.append(self._text(os.fsdecode(line)).encode("utf-8", "surrogateescape") + delimiter)
        failures.sort()
        return mapped._replace(output=b"".join(output), items=items, failures=failures, failed=failed)

    def results(self, data: bytes, first: int) -> tuple[list[Any], str, Mapped]:
        """Return what the expression gives, what it has printed, and how it went.

        That is one result for each line, None where it is left out; but with many to a line all of them.
        """
        text = data.decode("utf-8", "surrogateescape")
        delimiter = self.spec.delimiter.decode()
        lines = text.split(delimiter)
        if not lines[-1]:
            del lines[-1]
        results: list[Any] = []
        add = results.append
        if self.spec.many:
            add = _taking(results, counts=self.spec.many == "keys")
        items = iter(lines)
        numbered: Iterator[Any] = enumerate(items, first) if self._numbered else items
        failures: list[Failure] = []
        failed = 0
        with self._hearing() as heard:
            while True:
                try:
                    self._loop(numbered, add, results.extend)
                    break
                except BaseException as error:  # noqa: BLE001 - the user's own code
                    failed += 1
                    index = len(lines) - length_hint(items) - 1
                    if len(failures) < MOST_ERRORS:
                        failures.append(Failure(index, cut(lines[index]), _told(error, self.spec)))
                    if self.spec.on_error == "stop":
                        lines = lines[: index + 1]
                        break
                    if not self.spec.many:
                        add(lines[index] if self.spec.on_error == "keep" else None)
            printed = "" if heard.closed else heard.getvalue()
        return results, printed, Mapped(b"", len(lines), failures, failed)

    def _text(self, result: Any) -> str:
        if not self.spec.json_out:
            if isinstance(result, str):
                return result
            if isinstance(result, bytes):
                return result.decode("utf-8", "surrogateescape")
        if type(result) in (int, float):
            return self._to_json(result)
        return self._to_json(_plain(result))


def _taking(results: list[Any], *, counts: bool) -> Callable[[Any], None]:
    """Return what puts one pair, or the many of a result, into *results*; where it *counts*, a key, too."""
    add, extend = results.append, results.extend

    def take(result: Any) -> None:
        if type(result) is tuple:
            add(result)
        elif type(result) is list:
            extend(result)
        elif isinstance(result, set | frozenset) or hasattr(result, "__next__"):
            extend(list(result))  # all or nothing, should it raise
        elif counts and isinstance(result, str | bytes | int | float):
            add(result)
        elif result is not None:
            raise TypeError(f"{result!r:.60} is not a pair of a key and a value, nor a list of them")

    return take


def _plain(value: Any) -> Any:
    """Return *value* as what JSON knows: sets sorted, tuples as lists."""
    if isinstance(value, dict):
        return with_json_keys(value, _plain)
    if isinstance(value, set | frozenset):
        return [_plain(each) for each in sorted(value)]
    if isinstance(value, tuple | list) or hasattr(value, "__next__"):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bytes | None) else str(value)


def with_json_keys(value: dict[Any, Any], plain: Callable[[Any], Any]) -> dict[str, Any]:
    """Return *value* with keys as JSON has them, and *plain* values. Raises ValueError where two keys become one."""
    found = {_key(key): plain(each) for key, each in value.items()}
    if len(found) < len(value):
        raise ValueError("keys of a dict are different here and the same in JSON")
    return found


def _key(key: Any) -> str:
    """Return *key* as json writes it."""
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return key if isinstance(key, str) else str(key)


def _encoded(printed: str) -> bytes:
    try:
        return printed.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return printed.encode("utf-8", "backslashreplace")


def cut(line: str) -> str:
    """Return the beginning of *line*, as failures show it."""
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _told(error: BaseException, spec: Spec) -> str:
    """Return the kind of the error, its message, and the line of the expression where that has more than one."""
    try:
        message = f"{type(error).__name__}: {error}".rstrip(": ")
    except Exception:  # noqa: BLE001 - whatever its __str__ does
        message = type(error).__name__
    if isinstance(error, NameError) and error.name == "json":
        message += "; --json-in has it"
    lines = spec.expression.strip().splitlines()
    numbers = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
    number = numbers[-1] if numbers else None
    if len(lines) > 1 and number and number <= len(lines):
        return f"{message}; line {number} of the expression: {lines[number - 1].strip()}"
    return message
