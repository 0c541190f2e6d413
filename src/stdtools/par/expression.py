"""A Python expression over lines: what was asked for, whether it can be compiled, and its compilation.

The expression is what the user typed: it is run as it is, with all of Python.
"""

import ast
import builtins
import contextlib
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

MODULES = ("re", "math")  # that are there without --import
NAMES = ("line", "n", "json")
FILE = "<expression>"


class Spec(NamedTuple):
    """What is done with each line: all plain text, fit to be sent to another process."""

    expression: str = ""
    call: str = ""  # package.module:function instead of the expression
    filter: str = ""  # an expression: lines for which it is false are left out
    init: str = ""  # code that is run once
    imports: tuple[str, ...] = ()
    json_in: bool = False
    json_out: bool = False
    many: str = ""  # "pairs" when it gives one pair, a tuple, or many; "keys" when keys alone will do
    on_error: str = "stop"  # or skip, keep
    delimiter: bytes = b"\n"

    @property
    def used_names(self) -> set[str]:
        """The names in its expressions and code."""
        trees = [parse(text) for text in (self.expression, self.filter) if text]
        return {
            node.id for tree in (*trees, ast.parse(self.init)) for node in ast.walk(tree) if isinstance(node, ast.Name)
        }

    @property
    def is_numbered(self) -> bool:
        """Whether it asks for the number of a line."""
        return "n" in self.used_names


class BadExpression(ValueError):
    """The text is no expression; *field* is the one of the Spec that it was, where that is not the expression."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def check(spec: Spec) -> None:
    """Raise BadExpression for what cannot be compiled; nothing is run."""
    for field, text in (("", spec.expression), ("filter", spec.filter)):
        if not text:
            continue
        try:
            tree = parse(text)
        except BadExpression as error:
            raise BadExpression(str(error), field) from None
        if any(isinstance(node, ast.Yield | ast.YieldFrom | ast.Await) for node in ast.walk(tree)):
            raise BadExpression("yield and await are for functions; give them one by --init", field)
    if not spec.expression.strip() and not spec.call:
        raise BadExpression("it is empty")
    module, _, function = spec.call.partition(":")
    if spec.call and not (module and function):
        raise BadExpression(f"{spec.call!r} is not MODULE:FUNCTION")
    try:
        compile(spec.init, "<init>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BadExpression(_explained(error), "init") from None


def parse(text: str) -> ast.expr:
    """Return the syntax tree of the expression *text*, which may be on several lines. Raises BadExpression."""
    if not text.strip():
        raise BadExpression("it is empty")
    try:
        return ast.parse(text.strip(), FILE, "eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):  # of several lines
            return ast.parse(f"({text.strip()}\n)", FILE, "eval").body
        raise BadExpression(_explained(error)) from None


def compiled(text: str, names: Sequence[str], imports: Sequence[str] = ()) -> Callable[..., Any]:
    """Return the function of *names* that the expression *text* is. Raises BadExpression, and what an import raises."""
    tree = ast.parse(f"lambda {', '.join(names)}: 0", FILE, "eval")
    tree.body.body = parse(text)  # type: ignore[attr-defined]
    namespace = imported((*MODULES, *imports))
    known = {*names, *namespace, *dir(builtins)}
    if isinstance(tree.body.body, ast.Name) and tree.body.body.id not in known:  # type: ignore[attr-defined]
        raise BadExpression(f"{text.strip()!r} is not known")
    try:
        code = compile(tree, FILE, "eval")
    except (RecursionError, MemoryError) as error:
        raise BadExpression(_explained(error)) from None
    function: Callable[..., Any] = eval(code, namespace)  # noqa: S307 - the user's own code
    return function


def imported(modules: Iterable[str]) -> dict[str, Any]:
    """Import *modules*; return the names by which they are known: ``path`` and ``os`` for ``os.path``."""
    names = {}
    for module in modules:
        names[module.rpartition(".")[2]] = import_module(module)
        names[module.partition(".")[0]] = sys.modules[module.partition(".")[0]]
    return names


def _explained(error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.lineno:
        place = f"line {error.lineno}, column {error.offset}" if error.offset else "its end"
        return f"{error.msg} at {place}"
    return str(error) or type(error).__name__
