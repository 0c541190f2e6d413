"""Binary records described by a layout, the language of ``struct`` with names, as rows and back.

``Layout(text)`` parses; ``read_records(layout, source)`` yields dicts, ``encode(layout, records)``
yields bytes; both stream.
"""

from stdtools.pack.decode import TruncatedRecord, read_records
from stdtools.pack.encode import encode
from stdtools.pack.layout import Layout, LayoutError
from stdtools.pack.text import Charset

__all__ = ["Charset", "Layout", "LayoutError", "TruncatedRecord", "encode", "read_records"]
