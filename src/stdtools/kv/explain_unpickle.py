"""The scripts that unpickle --explain prints: the same with pickletools, or an Unpickler that refuses all names."""

from typing import Any

from stdtools.shared.errors import ToolError

_NAMES = """\
import io, pickletools

names = set()
for name in {files!r} or [0]:
    file = io.BufferedReader(io.BytesIO(open(name, "rb").read()))
    while file.peek(1):
        texts = []
        for opcode, argument, at in pickletools.genops(file):
            if opcode.name in ("GLOBAL", "INST"):
                names.add(argument.replace(" ", "."))
            elif opcode.name == "STACK_GLOBAL":
                names.add(".".join(texts[-2:]))
            elif isinstance(argument, str):
                texts.append(argument)
print(*sorted(names), sep="\\n")
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
    return script.format(files=[0 if file == "-" else file for file in given["files"]])
