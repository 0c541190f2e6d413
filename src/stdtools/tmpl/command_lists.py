"""What tmpl lists instead of rendering: places, problems, or where values come from."""

from collections.abc import Iterator
from typing import Any

from stdtools.shared import journal
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Output
from stdtools.tmpl import listing
from stdtools.tmpl.language import Syntax
from stdtools.tmpl.streaming import Findings, TemplateText
from stdtools.tmpl.telling import tell
from stdtools.tmpl.values import Values


def write_list(given: dict[str, Any], mode: str, syntax: Syntax, values: Values, template: TemplateText) -> int:
    """Write the records of --list, --check or --where-from."""
    findings = Findings()
    rows: Iterator[tuple[Any, ...]]
    if mode == "list_places":
        columns: tuple[str, ...] = listing.Use._fields
        rows = (use for _, use in listing.places(syntax, template, findings))
    elif mode == "check":
        columns, rows = listing.Problem._fields, listing.problems(syntax, template, values, findings)
    else:
        columns, rows = listing.Origin._fields, listing.origins(syntax, template, values, findings)
    count = 0
    with Output() as output:
        writer = RecordWriter(output, columns, given["format"])
        for row in rows:
            count += 1
            writer.write([row])
        if count or given["format"]:
            writer.close()
    journal.counts["records"] = count
    if findings.total:
        return tell(findings, template.name, values)
    return 1 if mode == "check" and count else 0
