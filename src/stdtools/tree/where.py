"""Conditions on files, written as Python: ``ext in {"log", "gz"} and size > 10*MB and age > 30*days``.

The text is parsed, and the static type of each part found, so that a mistake is told before the walk; what
passes is compiled without builtins, one function a clause.
"""

import ast
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

TEXT, NUMBER, WHOLE, TRUTH, LIST = "text", "a number", "a whole number", "a condition", "a list of "
NUMBERS = (NUMBER, WHOLE)
ATTRIBUTES = {
    **dict.fromkeys(("path", "name", "stem", "ext", "type", "user", "group"), TEXT),
    **dict.fromkeys(("size", "mode", "links", "depth"), WHOLE),
    **dict.fromkeys(("mtime", "age"), NUMBER),
}
CONSTANTS = {"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}
for _name, _seconds in (("second", 1), ("minute", 60), ("hour", 3600), ("day", 86400), ("week", 604800)):
    CONSTANTS[_name] = CONSTANTS[f"{_name}s"] = _seconds
FUNCTIONS = {  # what it returns, and its arguments, which are text; one in quotes must be a literal
    "glob": (TRUTH, "text", "'*.log'"),
    "regex": (TRUTH, "text", r"r'\.log$'"),
    **dict.fromkeys(("startswith", "endswith"), (TRUTH, "text", "part")),
    **dict.fromkeys(("lower", "upper"), (TEXT, "text")),
    "len": (WHOLE, "text"),
    "time": (NUMBER, "'2026-11-22'"),
}
LONGEST, DEEPEST, LARGEST = 10_000, 100, 2**63  # characters, levels of nesting, number

_EXAMPLE = "conditions such as size > 10*MB and ext == 'log'"
_KINDS = {bool: TRUTH, str: TEXT, int: WHOLE, float: NUMBER}
_SUMS = {ast.Add: "+", ast.Sub: "-", ast.USub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%"}
_SYMBOLS: dict[type[ast.AST], str] = {**_SUMS, ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.RShift: ">>"}
_UNITS = {"k": "KB", "M": "MB", "g": "GB", "t": "TB", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_UNITS.update((name.lower(), name) for name in CONSTANTS)
_MISTYPED = {r"&&": "and", r"\|\|": "or", r"<>": "!=", r"!(?!=)": "not", r"(?<![=!<>:])=(?![=<>])": "=="}
_TEST = "def test(entry):\n try:\n  return 0\n except ArithmeticError:\n  return False"


class Clause(NamedTuple):
    """One of the conditions that ``and`` joins."""

    names: frozenset[str]  # the attributes that it reads
    test: Callable[[Any], bool]  # takes an object with these attributes
    text: str  # as it was written, on one line


def parse_where(text: str) -> list[Clause]:
    """Return the clauses of *text*, split at its outer ``and``, in the order written.

    A test reads an attribute of its argument only when it comes to it; one that divides by zero is false.
    Raises ValueError, with a message of one line, for whatever is not allowed.
    """
    source = text.lstrip()
    return _Checker(source).clauses(_parse(source, len(text) - len(source)))


def _refusal(message: str) -> ValueError:
    return ValueError(" ".join(message.split())[:300])


def _parse(source: str, column: int) -> ast.expr:
    if not source or len(source) > LONGEST:
        raise _refusal(f"a condition has 1 to {LONGEST} characters; write {_EXAMPLE}")
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in source):
        raise _refusal(r"a byte is no character; write '\udcff' for the byte ff of a name")
    try:
        with warnings.catch_warnings(action="error"):  # makes SyntaxErrors of '\.' and 1or
            tree = ast.parse(source, "<where>", "eval").body
        level: list[ast.AST] = [tree]
        for _ in range(DEEPEST):
            level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return tree
    except SyntaxError as error:
        raise _refusal(_explain(error, source, column)) from None
    except (RecursionError, MemoryError):
        pass  # so deep that Python gave up
    raise _refusal(f"the condition is nested more than {DEEPEST} levels deep; write it flatter")


def _explain(error: SyntaxError, source: str, column: int) -> str:
    import re

    if "invalid escape" in error.msg:
        return r"a backslash in a text means nothing there; write r before the quote, as in r'\.log$'"
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", lambda text: "_" * len(text[0]), source)
    if date := re.search(r"\b\d{4}-\d\d-\d\d\b", bare):
        return f"{date[0]} at column {column + date.start() + 1} is no number; write time({date[0]!r})"
    for pattern, write in {**_MISTYPED, r"\b[0-9.]+\s*[A-Za-z]+\b": ""}.items():
        for found in re.finditer(pattern, bare):
            if instead := write or _product(found[0]):
                return f"{found[0]!r} at column {column + found.start() + 1} is not allowed; write {instead}"
    what = error.msg.partition(". ")[0].partition(": ")[0].partition(" (detected")[0]
    where = f"column {column + error.offset}" if error.offset else "the end"
    return f"{what[0].lower()}{what[1:]} at {where}; write {_EXAMPLE}"


def _product(text: str) -> str:
    unit = text.strip().lstrip("0123456789.").strip()
    number = text.strip().removesuffix(unit).strip()
    name = _UNITS.get(unit) or _UNITS.get(unit.lower())
    return number if not unit else f"{number}*{name}" if number and name else ""


class _Checker(ast.NodeTransformer):
    """Finds the static type of each part of *source* and refuses what is not allowed; then rewrites it."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.known: dict[str, Any] = {"__builtins__": {}, "ArithmeticError": ArithmeticError, "len": len}
        self.known.update((name, getattr(str, name)) for name in ("startswith", "endswith", "lower", "upper"))

    def shown(self, node: ast.expr, kind: str = "", longest: int = 60) -> str:
        line = " ".join(map(str.strip, (ast.get_source_segment(self.source, node) or "").splitlines()))
        line = line if len(line) <= longest else f"{line[:longest]}…"
        return f"{line} is {kind.replace('whole ', '')}" if kind else line

    def condition(self, node: ast.expr) -> None:
        if (kind := self.kind(node)) != TRUTH:
            example = f"{self.shown(node)} > 0" if kind in NUMBERS else "ext in {'log', 'gz'}"
            raise _refusal(f"{self.shown(node, kind)}, not a condition; write a comparison, as in {example}")

    def kind(self, node: ast.expr) -> str:
        """Return the static type of *node*; raises ValueError."""
        match node:
            case ast.Constant(value=value) if type(value) in _KINDS:
                if isinstance(value, int | float) and value > LARGEST:
                    raise _refusal("a number is larger than 2**63; write a smaller one")
                return _KINDS[type(value)]
            case ast.Name(id=name):
                return self.name(name)
            case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                for condition in node.values if isinstance(node, ast.BoolOp) else [node.operand]:
                    self.condition(condition)
                return TRUTH
            case ast.BinOp(op=op) | ast.UnaryOp(op=op) if symbol := _SYMBOLS.get(type(op)):
                return self.computed(symbol, node)
            case ast.Compare():
                operands = [node.left, *node.comparators]
                kinds = [self.kind(operand) for operand in operands]
                for pair in zip(node.ops, operands, operands[1:], kinds, kinds[1:], strict=False):
                    self.compared(*pair)
                return TRUTH
            case ast.IfExp():
                self.condition(node.test)
                return self.alike(node.body, node.orelse, self.kind(node.body), self.kind(node.orelse))
            case ast.Call(func=ast.Name(id=name)):
                return self.call(name, node)
            case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items) if items:
                kinds = [self.kind(item) for item in items]
                for item, kind in zip(items, kinds, strict=True):
                    kinds[0] = self.alike(items[0], item, kinds[0], kind)
                    if any(isinstance(part, ast.Name) and part.id not in CONSTANTS for part in ast.walk(item)):
                        raise _refusal(f"{self.shown(item)} in a list is no constant; write comparisons joined by or")
                return LIST + kinds[0]
            case ast.Call(func=ast.Attribute(attr=name, value=value)) if name in FUNCTIONS:
                instead = f"{name}({', '.join([self.shown(value), *FUNCTIONS[name][2:]])})"
                raise _refusal(f"{self.shown(node)} is not allowed; write {instead}")
        raise _refusal(f"{self.shown(node)} is not allowed; write {_EXAMPLE}")

    def name(self, name: str) -> str:
        if name in ATTRIBUTES or name in CONSTANTS:
            return ATTRIBUTES.get(name, WHOLE)
        import difflib

        close = [f"{near}, or " for near in difflib.get_close_matches(name[:40], [*ATTRIBUTES, *CONSTANTS], 1)]
        raise _refusal(f"there is no value {name[:40]}; write {''.join(close)}{name[:40]!r} if it is text")

    def computed(self, symbol: str, node: ast.BinOp | ast.UnaryOp) -> str:
        operands = [node.operand] if isinstance(node, ast.UnaryOp) else [node.left, node.right]
        wanted = NUMBERS if symbol in _SUMS.values() else (WHOLE,)
        kinds = [self.kind(operand) for operand in operands]
        if symbol == "+" and kinds == [TEXT, TEXT]:
            return TEXT
        for operand, kind in zip(operands, kinds, strict=True):
            if kind not in wanted:
                takes = f"{wanted[0].removeprefix('a ')}s{', or two texts,' if symbol == '+' else ''}"
                hint = "; write and, or to join conditions" if symbol in "&|" else ""
                raise _refusal(f"{symbol} takes {takes} and {self.shown(operand, kind)}{hint}")
        last = operands[-1].value if isinstance(operands[-1], ast.Constant) else None
        if (symbol in ("/", "//", "%") and last == 0) or (symbol == ">>" and last is None):
            raise _refusal(f"{symbol} {self.shown(operands[-1])} cannot be worked out; write another number there")
        return NUMBER if symbol == "/" or NUMBER in kinds else WHOLE

    def compared(self, operator: ast.cmpop, left: ast.expr, right: ast.expr, kind: str, other: str) -> None:
        if isinstance(operator, ast.Is | ast.IsNot):
            raise _refusal("'is' is not allowed; write == or !=")
        if not (looks := isinstance(operator, ast.In | ast.NotIn)) or LIST in other:
            self.alike(left, right, kind, other.removeprefix(LIST) if looks else other)
        elif kind != TEXT or other != TEXT:
            raise _refusal(f"in takes a list, or two texts; write {self.shown(left)} in {{…}}")
        elif isinstance(right, ast.Constant) and isinstance(left, ast.Name) and left.id != "type":
            raise _refusal(f"{right.value!r} is no list; write {left.id} in {{{right.value!r}}}, with braces")
        for value in getattr(right, "elts", [right]):
            if isinstance(value, ast.BinOp) and (date := self.shown(value)).count("-") == 2 and len(date) in (8, 9, 10):
                raise _refusal(f"{date} is a subtraction; write time({date!r})")
            match left, value:  # what is never true, or not what was meant
                case ast.Name(id="type"), ast.Constant(value=str() as text) if not set(text) <= set("fdlpsbc?"):
                    raise _refusal(f"type is never {text!r}; write one of the letters f d l p s b c")
                case ast.Name(id="ext"), ast.Constant(value=str() as text) if text[:1] == ".":
                    raise _refusal(f"ext has no dot in front; write {text[1:]!r}")
                case ast.Name(id="mode"), ast.Constant() if self.shown(value)[1:].isdecimal():
                    raise _refusal(f"{self.shown(value)} is decimal; write permission bits as in 0o644")

    def alike(self, left: ast.expr, right: ast.expr, kind: str, other: str) -> str:
        if LIST in kind + other:
            raise _refusal(f"{self.shown(left if LIST in kind else right)} is a list; write it behind in or not in")
        if kind == other or (kind in NUMBERS and other in NUMBERS):
            return NUMBER if NUMBER in (kind, other) else kind
        hint = "two of one kind"
        for literal, wanted, beside in ((left, other, right), (right, kind, left)):
            if isinstance(literal, ast.Constant) and isinstance(literal.value, str) and wanted in NUMBERS:
                hints = {"mtime": f"time({literal.value!r})"}
                if literal.value.isdecimal():
                    hints["mode"] = f"0o{literal.value.lstrip('0') or '0'}"
                hint = hints.get(self.shown(beside)) or _product(literal.value) or "a number"
        raise _refusal(f"{self.shown(left, kind)} and {self.shown(right, other)}; write {hint}")

    def call(self, name: str, node: ast.Call) -> str:
        if name not in FUNCTIONS:
            raise _refusal(f"there is no function {name[:40]}; the functions are {', '.join(FUNCTIONS)}")
        result, *parameters = FUNCTIONS[name]
        right = len(node.args) == len(parameters) and not node.keywords
        for value, parameter in zip(node.args, parameters, strict=False):
            right = right and self.kind(value) == TEXT and ("'" not in parameter or isinstance(value, ast.Constant))
        if not right:
            raise _refusal(f"{self.shown(node)} is not how {name} takes text; write {name}({', '.join(parameters)})")
        return result

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in ATTRIBUTES:
            return ast.Attribute(ast.Name("entry", ast.Load()), node.id, ast.Load())
        return ast.Constant(CONSTANTS[node.id]) if node.id in CONSTANTS else node

    def visit_Call(self, node: Any) -> Any:
        self.generic_visit(node)
        if (function := node.func.id) not in ("glob", "regex", "time"):
            return node
        import fnmatch
        import re

        from stdtools.shared.times import parse_moment

        literal = node.args.pop().value
        node.func.id = f"_{len(self.known)}"
        pattern = literal if function == "regex" else rf"\A{fnmatch.translate(literal)}"
        try:
            with warnings.catch_warnings(action="ignore"):  # what a pattern may mean one day
                self.known[node.func.id] = parse_moment(literal) if function == "time" else re.compile(pattern).search
        except (ValueError, re.error, OverflowError, RecursionError) as error:
            raise _refusal(f"{error}" if function == "time" else f"{literal[:40]!r} is no pattern: {error}") from None
        return node.func if function == "time" else ast.Compare(node, [ast.IsNot()], [ast.Constant(None)])

    def clauses(self, node: ast.expr) -> list[Clause]:
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            return [clause for value in node.values for clause in self.clauses(value)]
        self.condition(node)
        names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} & ATTRIBUTES.keys()
        text = self.shown(node, longest=LONGEST)
        function: Any = ast.parse(_TEST)
        function.body[0].body[0].body[0].value = self.visit(node)
        exec(compile(ast.fix_missing_locations(function), "<where>", "exec"), self.known)  # noqa: S102 - it is checked
        return [Clause(frozenset(names), self.known["test"], text)]
