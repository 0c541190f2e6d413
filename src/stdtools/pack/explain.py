"""Write the short script, standard library only, that does what a run of pack or unpack does."""

import math
from typing import Any, NamedTuple

from stdtools.pack.groups import Array, Bits, Field, Group, Pad
from stdtools.pack.kind import Kind
from stdtools.pack.layout import Layout
from stdtools.pack.numbers import Bool, Float, Integer, PayloadNaN
from stdtools.pack.text import Charset, CString, Pascal, Prefixed, Text
from stdtools.shared.errors import ToolError

WIDTH = 96


class Source(NamedTuple):
    """What a run of unpack reads and writes; ``path`` "-" is standard input."""

    path: str
    skip: int = 0
    limit: int | None = None
    format: str = "plain"


def explain_unpack(layout: Layout, source: Source) -> str:
    """Return a script that unpacks *source* as *layout* and prints its records."""
    struct_form = _struct_form(layout.fields)
    lines = [f"source = {_reader(source.path)}"]
    if source.skip < 0:
        lines.append(f"source.seek({source.skip}, 2)")
    elif source.skip:
        lines.append(f"source.read({source.skip})")
    head, printing, foot = _printer(layout, source.format)
    if struct_form:
        names = _wrap("names = [", [repr(name) for name in layout.columns], "]")
        lines = [f"record = struct.Struct({struct_form!r})", *names, *lines, *head]
        loop, body = "while raw := source.read(record.size):", ["row = dict(zip(names, record.unpack(raw)))"]
    else:
        lines += head
        loop, body = "while source.peek(1):", _wrap("row = {", _entries(layout.fields), "}")
    if source.limit is not None:
        lines.append(f"left = {source.limit}")
        loop = f"while left and ({loop[6:-1]}):"
        body = ["left -= 1", *body]
    return _script([*lines, loop, *(f"    {line}" for line in [*body, printing]), *foot])


def _script(lines: list[str]) -> str:
    """Return *lines* with the imports and helpers that they call before them."""
    text = "\n".join(lines)
    helpers = [definition for name, definition in HELPERS.items() if f"{name}(" in text or f"({name}," in text]
    whole = "\n".join([*helpers, *([""] if helpers else []), text])
    modules = [name for name in ("csv", "json", "struct", "sys") if f"{name}." in whole]
    return (f"import {', '.join(modules)}\n\n" if modules else "") + whole + "\n"


def _reader(path: str) -> str:
    return "sys.stdin.buffer" if path == "-" else f"open({path!r}, 'rb')"


HELPERS = {
    "take": "def take(form): return struct.unpack(form, source.read(struct.calcsize(form)))",
    "until_nul": "def until_nul(): return b''.join(iter(lambda: source.read(1), b'\\0'))",
    "as_json": "def as_json(value): return value if isinstance(value, (str, float)) else "
    "json.dumps(value, ensure_ascii=False)",
    "escaped": "def escaped(value): return str(value).translate({9: r'\\t', 10: r'\\n', 13: r'\\r', 92: r'\\\\'})",
}


def _struct_form(fields: list[Field]) -> str:
    """Return one struct format for *fields* where each is a number of its own, else nothing."""
    kinds = [kind for name, kind in fields if name]
    orders = {kind.big for kind in kinds if kind.size > 1}
    if not kinds or len(orders) > 1 or not all(isinstance(kind, Integer | Float) and kind.letter for kind in kinds):
        return ""
    codes = (kind.letter if name else f"{kind.size}x" for name, kind in fields)
    return (">" if True in orders else "<") + "".join(codes)


def _wrap(head: str, parts: list[str], tail: str) -> list[str]:
    """Lay *parts* out between *head* and *tail*, on one line where they fit."""
    line = head + ", ".join(parts) + tail
    if len(line) <= WIDTH:
        return [line]
    lines, current = [], ""
    for part in parts:
        if current and len(current) + len(part) > WIDTH - 8:
            lines.append(current.rstrip())
            current = ""
        current += f"{part}, "
    return [head, *(f"    {text}" for text in [*lines, current.rstrip()]), tail]


def _entries(fields: list[Field]) -> list[str]:
    """Return dict entries that read *fields* in their order; padding is read into ``**{}``."""
    return [
        f"{name!r}: {_read(kind)}" if name else f"**dict.fromkeys(source.read({kind.size})[:0])"
        for name, kind in fields
    ]


def _form(kind: Kind, count: int | None = None) -> str:
    order = (">" if kind.big else "<") if kind.size > 1 else ""
    return repr(f"{order}{'' if count is None else count}{kind.letter}")


def _order(kind: Kind) -> str:
    return "big" if kind.big else "little"


def _decoded(expression: str, charset: Charset, *, trim: bool) -> str:
    encoding = "" if charset.encoding == "utf-8" else repr(charset.encoding)
    if trim and not charset.raw and not encoding:
        return f"{expression}.rstrip(b'\\0').decode()"
    return f"{expression}.decode({encoding})" + ('.rstrip("\\0")' if trim and not charset.raw else "")


def _read(kind: Kind) -> str:
    """Return an expression that reads one value of *kind* from ``source``."""
    match kind:
        case Integer() if not kind.letter:
            signed = ", signed=True" if kind.signed else ""
            return f"int.from_bytes(source.read({kind.size}), {_order(kind)!r}{signed})"
        case Integer() | Float():
            return f"take({_form(kind)})[0]"
        case Bool():
            return "(False, True)[n] if (n := source.read(1)[0]) < 2 else n"
        case Pascal():
            return _decoded(f"(raw := source.read({kind.size}))[1:1 + raw[0]]", kind.charset, trim=False)
        case Text():
            return _decoded(f"source.read({kind.size})", kind.charset, trim=True)
        case CString():
            return _decoded("until_nul()", kind.charset, trim=False)
        case Prefixed():
            return _decoded(f"source.read({_read(kind.length)})", kind.charset, trim=False)
        case Bits():
            first, *rest = [f"{shift} & {mask}" for _, shift, mask in kind.runs]
            values = [f"(n := {_read(kind.number)}) >> {first}", *(f"n >> {run}" for run in rest)]
            return "{" + ", ".join(f"{run[0]!r}: {value}" for run, value in zip(kind.runs, values, strict=True)) + "}"
        case Array() if kind.item.letter:
            return f"list(take({_form(kind.item, kind.count)}))"
        case Array():
            return f"[{_read(kind.item)} for _ in range({kind.count})]"
        case Group():
            item = "{" + ", ".join(_entries(kind.fields)) + "}"
            if kind.count is None:
                return f"[{item} for _ in iter(lambda: source.peek(1), b'')]"
            times = _read(kind.count) if isinstance(kind.count, Integer) else kind.count
            return f"[{item} for _ in range({times})]"
    raise TypeError(kind)


def _printer(layout: Layout, form: str) -> tuple[list[str], str, list[str]]:
    """Return the lines before the loop, the line that prints ``row``, and the lines after."""
    if form == "jsonl":
        return [], "print(json.dumps(row, ensure_ascii=False))", []
    if form == "json":
        foot = ["print('[' + ',\\n '.join(json.dumps(row, ensure_ascii=False) for row in rows) + ']')"]
        return ["rows = []"], "rows.append(row)", foot
    values = "row.values()"
    if any(isinstance(kind, Bool | Bits | Array | Group) for kind in layout.kinds):
        values = "map(as_json, row.values())"
    if form == "csv":
        head = ["write = csv.writer(sys.stdout, lineterminator='\\n').writerow", *_header("write(", layout, ")")]
        return head, f"write({values})", []
    if not all(isinstance(kind, Integer | Float) for kind in layout.kinds):
        values = f"map(escaped, {values})"
    head = [] if form == "plain" else _header("print(", layout, ", sep='\\t')", star="*")
    return head, f"print(*{values}, sep='\\t')", []


def _header(before: str, layout: Layout, after: str, star: str = "") -> list[str]:
    return _wrap(f"{before}{star}[", [repr(name) for name in layout.columns], f"]{after}")


class Target(NamedTuple):
    """Where a run of pack takes its records and leaves its bytes."""

    record: dict[str, Any] | None  # from the command line
    source: str = "-"
    format: str = "jsonl"
    output: str = "-"
    into: str = ""
    at: int = 0


def explain_pack(layout: Layout, target: Target) -> str:
    """Return a script that packs the records of *target* as *layout*."""
    if target.into:
        lines = [f"target = open({target.into!r}, 'r+b')", f"target.seek({target.at})"]
    else:
        lines = ["target = sys.stdout.buffer" if target.output == "-" else f"target = open({target.output!r}, 'wb')"]
    write = _wrap("target.write(b''.join([", _pack(layout.fields, "row"), "]))")
    if target.record is not None:
        row = _wrap("row = {", [f"{name!r}: {_literal(value)}" for name, value in target.record.items()], "}")
        return _script([*lines, *row, *write])
    opened = "sys.stdin" if target.source == "-" else f"open({target.source!r}, newline='')"
    if target.format != "jsonl":
        delimiter = "" if target.format == "csv" else ", delimiter='\\t', quoting=csv.QUOTE_NONE"
        lines.append(f"for cells in csv.DictReader({opened}{delimiter}):")
        texts = [f"{name!r}: {_from_cell(kind, f'cells[{name!r}]')}" for name, kind in layout.fields if name]
        lines += [f"    {line}" for line in _wrap("row = {", texts, "}")]
    else:
        lines += [f"for line in {opened}:", "    row = json.loads(line)"]
    return _script(lines + [f"    {line}" for line in write])


def _literal(value: Any) -> str:
    if isinstance(value, bytes | PayloadNaN):
        raise ToolError("--explain cannot show this value", where=repr(value)[:40])
    return f"float({str(value)!r})" if isinstance(value, float) and not math.isfinite(value) else repr(value)


def _from_cell(kind: Kind, cell: str) -> str:
    match kind:
        case Integer():
            return f"int({cell})"
        case Float():
            return f"float({cell})"
        case Text() | CString() | Prefixed():
            return cell
    return f"json.loads({cell})"


def _pack(fields: list[Field], row: str) -> list[str]:
    """Return expressions whose bytes, joined, are *row*; neighbours that struct can pack share a call."""
    parts: list[str] = []
    run: list[Field] = []
    for field in [*fields, None]:
        if field is not None and _one_struct([*run, field]):
            run.append(field)
            continue
        if run:
            values = [_value(kind, f"{row}[{name!r}]") for name, kind in run if name]
            parts.append(f"struct.pack({', '.join([repr(_run_form(run)), *values])})")
            run = []
        if field is not None and _one_struct([field]):
            run = [field]
        elif field is not None:
            parts.append(_write(field.kind, f"{row}[{field.name!r}]"))
    return parts


def _one_struct(fields: list[Field]) -> bool:
    kinds = [kind for _, kind in fields]
    simple = all(kind.letter or isinstance(kind, Pad | Text) for kind in kinds)
    return simple and len({kind.big for kind in kinds if kind.letter and kind.size > 1}) <= 1


def _run_form(fields: list[Field]) -> str:
    kinds = [kind for _, kind in fields]
    wide = [kind.big for kind in kinds if kind.letter and kind.size > 1]
    order = "" if not wide else ">" if wide[0] else "<"
    return order + "".join(kind.letter or f"{kind.size}{'s' if kind.code == 'c' else kind.code}" for kind in kinds)


def _value(kind: Kind, value: str) -> str:
    return _encoded(value, kind.charset) if isinstance(kind, Text) else value


def _write(kind: Kind, value: str) -> str:
    """Return an expression for the bytes of *value*, an expression, in *kind*."""
    match kind:
        case Integer() if not kind.letter:
            signed = ", signed=True" if kind.signed else ""
            return f"{value}.to_bytes({kind.size}, {_order(kind)!r}{signed})"
        case Integer() | Float():
            return f"struct.pack({_form(kind)}, {value})"
        case Bool():
            return f"bytes([{value}])"
        case Text():
            return f"struct.pack({_run_form([Field('', kind)])!r}, {_encoded(value, kind.charset)})"
        case CString():
            return f"{_encoded(value, kind.charset)} + b'\\0'"
        case Prefixed():
            return f"{_write(kind.length, f'len(raw := {_encoded(value, kind.charset)})')} + raw"
        case Bits():
            number = " | ".join(f"{value}[{name!r}] << {shift}" for name, shift, _ in kind.runs)
            return _write(kind.number, f"({number})")
        case Array() if kind.item.letter:
            return f"struct.pack({_form(kind.item, kind.count)}, *{value})"
        case Array():
            return f"b''.join({_write(kind.item, 'item')} for item in {value})"
        case Group():
            items = f"b''.join({' + '.join(_pack(kind.fields, 'item')) or 'b' + repr('')} for item in {value})"
            return f"{_write(kind.count, f'len({value})')} + {items}" if isinstance(kind.count, Integer) else items
    raise TypeError(kind)


def _encoded(value: str, charset: Charset) -> str:
    return f"{value}.encode({'' if charset.encoding == 'utf-8' else repr(charset.encoding)})"
