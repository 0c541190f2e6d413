"""Arithmetic over the fields of a record, as Python writes it: ``price * count``, ``abs(a - b) / size``."""

import ast
from collections.abc import Callable, Mapping
from typing import Any

from stdtools.shared.errors import ToolError

_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.UAdd, ast.USub)
_FUNCTIONS: dict[str, Callable[..., Any]] = {"abs": abs, "min": min, "max": max, "round": round}
_ALONE = ("abs", "round")  # these take one value; digits to round to would be as many as the data say
LONGEST, DEEPEST = 1000, 50


class Expression:
    """An expression, the names of the fields that it reads, and its value for some of them.

    Raises ToolError for what is no arithmetic: nothing else can be written.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        try:
            if len(text) > LONGEST:
                raise SyntaxError
            tree = ast.parse(text.strip(), mode="eval")
            names = _names(tree.body, DEEPEST)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise ToolError(
                f"{text!r} is neither a field nor arithmetic of fields",
                hint="write the name or number of a field, or price * count",
            ) from None
        self.fields = sorted(names)
        self._code = compile(tree, "<by>", "eval")

    def value(self, fields: Mapping[str, Any]) -> Any:
        """Return the value, or None where it has none: a field is missing or no number, a division by zero."""
        try:
            value = eval(self._code, {"__builtins__": {}, **_FUNCTIONS}, dict(fields))  # noqa: S307 - checked above
        except (ArithmeticError, TypeError, ValueError):
            return None
        return value if isinstance(value, int | float) and value == value else None


def _names(node: ast.expr, depth: int) -> set[str]:
    if depth == 0:
        raise SyntaxError
    match node:
        case ast.Constant(value=int() | float()):
            return set()
        case ast.Name(id=name) if name not in _FUNCTIONS:
            return {name}
        case ast.UnaryOp(op=op, operand=operand) if isinstance(op, _OPERATORS):
            return _names(operand, depth - 1)
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _OPERATORS):
            return _names(left, depth - 1) | _names(right, depth - 1)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS and (
            len(args) == 1 if name in _ALONE else len(args) > 1
        ):
            return set().union(*(_names(arg, depth - 1) for arg in args))
    raise SyntaxError
