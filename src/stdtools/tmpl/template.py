"""string.Template with what ``${…}`` can do here."""

import string
from collections.abc import Mapping
from typing import Any

from stdtools.tmpl.language import Malformed, Syntax, places_in
from stdtools.tmpl.rendering import Policy, Renderer
from stdtools.tmpl.values import Source, Values


class Template(string.Template):
    """A string.Template that knows ``${name:-word}`` and its kin, and dotted names.

    With the plain forms alone it does what its base does. ``substitute`` raises KeyError with the first name that
    has no value, and ValueError with the first malformed place; ``safe_substitute`` leaves both as they are.
    """

    @property
    def syntax(self) -> Syntax:
        """The syntax with the delimiter of the class."""
        return Syntax(self.delimiter)

    def substitute(self, mapping: Mapping[str, Any] = {}, /, **kws: Any) -> str:
        """Return the text with the values of *mapping* and of the keywords, which win."""
        renderer = _renderer(self.syntax, mapping, kws, Policy())
        text, _ = renderer.render(self.template)
        for trouble in renderer.troubles:
            if trouble.is_missing:
                raise KeyError(trouble.name)
            line = self.template.count("\n", 0, trouble.start) + 1
            column = trouble.start - self.template.rfind("\n", 0, trouble.start)
            raise ValueError(f"{trouble.what}: line {line}, column {column}")
        return text

    def safe_substitute(self, mapping: Mapping[str, Any] = {}, /, **kws: Any) -> str:
        """Return the text with the values that there are; what has none stays, and so does what is malformed."""
        return _renderer(self.syntax, mapping, kws, Policy("keep", "keep")).render(self.template)[0]

    def is_valid(self) -> bool:
        """Say whether nothing in the template is malformed."""
        return not any(isinstance(event, Malformed) for event in self.syntax.scan(self.template))

    def get_identifiers(self) -> list[str]:
        """Return the names, each once, in the order in which they come first."""
        events = self.syntax.scan(self.template)
        return list(dict.fromkeys(place.name for event in events for place in places_in(event)))


def _renderer(syntax: Syntax, mapping: Mapping[str, Any], keywords: Mapping[str, Any], policy: Policy) -> Renderer:
    values = Values([Source("mapping", mapping), Source("keywords", keywords)])
    return Renderer(syntax, values.find, policy, str)
