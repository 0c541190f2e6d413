"""Which column of an import is which field of a task: by name, with some leniency, or as it is told."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from stdtools.shared.errors import ToolError
from stdtools.tasks.schema import TASK

_SYNONYMS = {
    "id": ("taskid",),
    "project": ("projectname", "projects"),
    "priority": ("prio", "priorities"),
    "details": ("detail", "task", "taskname", "title", "summary", "description", "subject", "text", "todo"),
    "status": ("state",),
    "deadline": ("due", "duedate", "dueon", "dueby", "date"),
    "created": ("createdat", "createdon", "creationdate"),
    "completed": ("completedat", "completedon", "completiondate", "doneat", "doneon"),
}
FIELDS = {name: field for field, names in _SYNONYMS.items() for name in (field, *names)}
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")  # of a column


def _simple(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name.casefold())


def field_named(name: str) -> str | None:
    """Return the field of a task that *name* means, if any does."""
    return FIELDS.get(_simple(name))


class Columns:
    """The fields that columns have: *named* ones by ``--map`` (None: left out), the others by their names.

    *project* says that the project of all tasks is given.
    """

    def __init__(self, where: str, named: Mapping[str, str | None], *, project: bool = False) -> None:
        self.where = where
        self._named = named
        self._simply = {_simple(name): name for name in named}
        self._project = project

    def of_header(self, names: Sequence[str]) -> list[str | None]:
        """Return the field of each column in *names*, None for one that is left out. Raises ToolError."""
        labels = [name or str(number) for number, name in enumerate(names, 1)]
        told = {self._key(name) for name in names}
        if missing := [name for name in self._named if name not in told and not self._is_number(name, names)]:
            raise self._trouble(f"there is no column {missing[0]!r} for --map", f"its columns are {', '.join(labels)}")
        fields: list[str | None] = []
        unknown = []
        for number, name in enumerate(names, 1):
            key = str(number) if self._is_number(str(number), names) and str(number) in self._named else self._key(name)
            if key in self._named:
                fields.append(self._named[key])
            elif names.count(name) > 1 and name:
                raise self._trouble(
                    f"columns {' and '.join(self._numbers(names, name))} are both named {name!r}",
                    f"--map {self._numbers(names, name)[1]}= ignores the second",
                )
            elif not name:
                raise self._trouble(f"column {number} of {len(names)} has no name", f"--map {number}= ignores it")
            else:
                field = field_named(name)
                fields.append(field)
                if field is None:
                    unknown.append(name)
        self._check(names, fields, unknown)
        return fields

    def of_fields(self, names: Sequence[str]) -> list[str | None]:
        """Return the *names*, which are fields, or empty for a column that is left out. Raises ToolError."""
        fields = [name or None for name in names]
        self._check(names, fields, ())
        return fields

    def of_keys(self, names: Sequence[str]) -> list[str | None]:
        """Return the field of each key of a JSON object. Raises ToolError."""
        keys = [self._key(name) for name in names]
        fields = [self._named[key] if key in self._named else field_named(key) for key in keys]
        unknown = [key for key, field in zip(keys, fields, strict=True) if field is None and key not in self._named]
        self._check(names, fields, unknown, has_header=False)
        return fields

    def _key(self, name: str) -> str:
        """Return *name* as ``--map`` has it, if it does."""
        return name if name in self._named else self._simply.get(_simple(name), name)

    def _check(
        self, names: Sequence[str], fields: Sequence[str | None], unknown: Sequence[str], *, has_header: bool = True
    ) -> None:
        if unknown:
            raise self._unknown(unknown, no_header=has_header and not any(fields))
        for field in TASK:
            both = [name for name, found in zip(names, fields, strict=True) if found == field]
            if len(both) > 1:
                hint = f"--map {both[1]}= ignores one"
                raise self._trouble(f"the columns {' and '.join(map(repr, both))} are both {field}", hint)
        if self._project and "project" in fields:
            name = names[fields.index("project")]
            raise self._trouble(f"has a column {name!r} beside --project", f"--map {name}= ignores it")

    def _unknown(self, unknown: Sequence[str], *, no_header: bool) -> ToolError:
        told = []
        for name in unknown:
            close = get_close_matches(_simple(name), FIELDS, 1)
            told.append(f"{name!r}" + (f" (did you mean {FIELDS[close[0]]}?)" if close else ""))
        what = f"unknown column{'s' * (len(unknown) > 1)} {', '.join(told)}"
        hint = f"--map '{unknown[0]}=FIELD' says what it is, --map '{unknown[0]}=' ignores it"
        if no_header and not any("did you mean" in each for each in told):
            hint = "if the first line names no columns, --no-header FIELDS does"
        return self._trouble(what, hint)

    def _trouble(self, what: str, hint: str) -> ToolError:
        return ToolError(what, where=self.where, hint=hint)

    @staticmethod
    def _is_number(name: str, names: Sequence[str]) -> bool:
        """Say whether *name* is the number of a column, and no name of one."""
        return bool(_NUMBER.fullmatch(name)) and name not in names and int(name) <= len(names)

    @staticmethod
    def _numbers(names: Sequence[str], name: str) -> list[str]:
        return [str(number) for number, other in enumerate(names, 1) if other == name]
