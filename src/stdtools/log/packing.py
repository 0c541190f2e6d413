"""Compressed backups, by the end of their names."""

from typing import Any


def opened(suffix: str, file: Any, mode: str = "rb") -> Any:
    """Open the binary *file*, compressed as *suffix* says, for reading or writing the plain bytes."""
    if suffix == ".gz":
        import gzip

        return gzip.GzipFile("", mode, fileobj=file)
    if suffix == ".bz2":
        import bz2

        return bz2.BZ2File(file, mode)  # type: ignore[call-overload]  # the mode is one of two
    import lzma

    return lzma.LZMAFile(file, mode)
