"""A large file converted by two processes, where each line may be converted by itself."""

import codecs
import sys
from collections.abc import Iterator

from stdtools.fixenc.converting import Conversion, Converter
from stdtools.fixenc.encodings import Encoding
from stdtools.fixenc.losses import placed
from stdtools.shared.streams import Input, Output

_STATELESS = ("utf-8", "iso8859-1", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


def write_shared(converter: Converter, source: Input, output: Output) -> bool:
    """Convert a large file to *output* by several processes; say whether that could be, or else nothing was done."""
    if output.is_terminal or not _is_by_lines(converter.conversion, source):
        return False
    from stdtools.shared.strides import workers_for
    from stdtools.shared.turns import write_in_turn

    number = workers_for(source)
    if number < 2:
        return False
    output.flush()
    write_in_turn([_pieces(converter, source, index, number) for index in range(number)], output.fd, source.name)
    return True


def _pieces(converter: Converter, source: Input, index: int, of: int) -> Iterator[bytes]:
    from stdtools.shared.strides import strides

    with placed(source.name):
        for offset, block in strides(source, index, of):
            converter.go_to(offset)
            yield converter.convert(block, final=True) if block else block


def _is_by_lines(conversion: Conversion, source: Input) -> bool:
    """Whether a newline is one byte of *source*, and nothing that stands before it matters behind it."""
    if conversion.errors != "strict" or (conversion.newlines, conversion.bom, conversion.normalize) != (
        "keep",
        "keep",
        "",
    ):
        return False
    one, other = conversion.source, conversion.target
    has_newlines = one.name == "utf-8" or _is_single_byte(one)
    is_stateless = other.name in _STATELESS or _is_single_byte(other)
    return has_newlines and is_stateless and source.position == 0 and not source.peek(3).startswith(codecs.BOM_UTF8)


def _is_single_byte(encoding: Encoding) -> bool:
    if encoding.name == "iso8859-1":
        return True
    table = getattr(sys.modules.get(encoding.codec.decode.__module__), "decoding_table", "")
    return len(table) == 256 and table[10] == "\n"
