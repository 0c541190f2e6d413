"""The scripts that unpickle --explain prints: the same with pickletools, or an Unpickler that refuses all names."""

from typing import Any

from stdtools.kv.unpickling import PLAIN
from stdtools.shared.errors import ToolError

_NAMES = """\
import collections, io, pickletools

names, plain = collections.Counter(), {plain}
for name in {files!r} or [0]:
    file = io.BufferedReader(io.BytesIO(open(name, "rb").read()))
    while file.peek(1):
        texts, memo = [""], {{}}
        for opcode, argument, at in pickletools.genops(file):
            if "GLOBAL" in opcode.name or opcode.name == "INST":
                names[argument.replace(" ", ".") if argument else ".".join(texts[-2:])] += 1
            elif opcode.name.endswith("GET"):
                texts.append(memo[argument])
            elif opcode.name.endswith(("PUT", "MEMOIZE")):
                memo[len(memo) if argument is None else argument] = texts[-1]
            elif isinstance(argument, str):
                texts.append(argument)
for name, times in sorted(names.items()):
    print(name, times, str(name in plain).lower(), sep="\\t")
raise SystemExit(bool(names.keys() - plain))
"""
_OPS = """\
import io, pickletools

for name in {files!r} or [0]:
    file = io.BufferedReader(io.BytesIO(open(name, "rb").read()))
    while file.peek(1):
        for opcode, argument, at in pickletools.genops(file):
            print(at, opcode.name, "" if argument is None else argument, sep="\\t")
"""
_VALUES = """\
import json, pickle


class Plain(pickle.Unpickler):
    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"{{module}}.{{name}} is not plain")


for name in {files!r} or [0]:
    with open(name, "rb") as file:
        while file.peek(1):
            print(json.dumps(Plain(file).load(), ensure_ascii=False))
"""


def explain_unpickle(given: dict[str, Any]) -> str:
    """Return a script that does what ``unpickle`` would do with the parameters *given*."""
    if given["format"]:
        raise ToolError("--explain does not cover --format")
    script = _OPS if given["ops"] else _NAMES if given["imports"] else _VALUES
    return script.format(plain=sorted(PLAIN), files=[0 if file == "-" else file for file in given["files"]])
