"""sdbm, and the ndbm that it imitates: pages of pairs in .pag, a bitmap of page splits in .dir.

Format: sdbm.c, pair.c and hash.c, public domain, as in perl's ext/SDBM_File. A page begins with
the number of offsets behind it, as 16-bit words: where the first key begins, where its value
begins, and so on, each ending where the one before begins and the first at the end of the page.
Page size and byte order stand nowhere: perl, Ruby and Apache have pages of 1024 bytes, a build may
choose another. The bitmap is a binary trie: bit b set says that the page split into those of bits
2b+1 and 2b+2, by the next bit of the hash.
"""

import errno
import os
import struct
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from stdtools.kv.foreign import DataFile, Entry, ForeignStore, spelled_key
from stdtools.shared.errors import ToolError, raise_os_error
from stdtools.shared.streams import BLOCK

PAGE_SIZES = (512, 1024, 2048, 4096, 8192, 16384)
USUAL_SIZE = 1024
HASH_BITS = 31
SAMPLE = 128 * 1024
SAMPLE_KEYS = 200
BITMAP_BLOCK = 4096


class PageShape(NamedTuple):
    """The size of a page and the struct code of its byte order."""

    size: int
    order: str


def page_shape(sample: bytes) -> PageShape | None:
    """Return the shape under which the most pages at the start of a .pag file are sound; None for no such file.

    Pages taken for longer than they are look sound, too, but they are fewer.
    """
    if not sample.strip(b"\0"):
        return PageShape(USUAL_SIZE, "<")
    best, most = None, -1
    for shape in (PageShape(size, order) for size in PAGE_SIZES for order in "<>"):
        pages = [page_offsets(sample[at : at + shape.size], shape) for at in range(0, len(sample), shape.size)]
        score = sum(1 if offsets else -1 for offsets in pages if offsets != ())
        if score > most and (score or all(offsets == () for offsets in pages)):  # each pair may have been deleted
            best, most = shape, score
    return best


def page_offsets(page: bytes, shape: PageShape) -> tuple[int, ...] | None:
    """Return where keys and values of *page* begin, in turns; None when they cannot be right."""
    count = int.from_bytes(page[:2], "little" if shape.order == "<" else "big")
    if count == 0:
        return ()
    index_size = 2 + 2 * count
    if count % 2 or index_size > len(page) or len(page) < shape.size:
        return None
    offsets: tuple[int, ...] = struct.unpack_from(f"{shape.order}{count}H", page, 2)
    if offsets[0] > shape.size or offsets[-1] < index_size or any(map(int.__lt__, offsets, offsets[1:])):
        return None
    return offsets


def sdbm_hashes(key: bytes) -> list[int]:
    """Return the hash of *key*; both when it depends on whether char has a sign (x86) or none (ARM)."""
    hashes = [0]
    for char in key:
        hashes[0] = (hashes[0] * 65599 + char) & 0xFFFFFFFF
    if not key.isascii():
        signed = 0
        for char in memoryview(key).cast("b"):
            signed = (signed * 65599 + char) & 0xFFFFFFFF
        hashes.insert(0, signed)
    return hashes


class SdbmStore(ForeignStore):
    """A pair of .pag and .dir files.

    A key can only be on the pages that the lowest bits of its hash number, as many as there are: .dir
    says how many count. Where it is damaged the other pages are looked at, and where an ndbm has
    another hash, all.
    """

    _bitmap: DataFile | None = None

    def _load(self) -> None:
        sample = self.file.read_some(0, SAMPLE)
        shape = page_shape(sample)
        if shape is None:
            raise ToolError("is damaged: most of its pages are", where=self.path)
        self._shape = shape
        self._hashed = self._has_our_hash(sample)
        self._bitmap_block = lru_cache(64)(self._read_bitmap)
        self._index_name = os.path.basename(self.path).removesuffix(".pag") + ".dir"
        if not self.index_path:
            self.note(f"{self._index_name} is missing; its pages are all read")
            return
        try:
            self._bitmap = DataFile(self.index_path)
        except OSError as error:
            raise_os_error(error, self.index_path)

    def close(self) -> None:
        super().close()
        if self._bitmap is not None:
            self._bitmap.close()

    def entries(self) -> Iterator[Entry]:
        for number, page in self._used_pages():
            if page_offsets(page, self._shape) is None:
                self.note(f"page {number} is damaged; its pairs are left out")
                continue
            mask = self._mask(number) if self._bitmap else 0
            seen = set()
            for entry in self._pairs(number, page):
                if entry.key in seen or (self._hashed and not can_be_on(number, entry.key)):
                    self.note(
                        f"page {number} is damaged; the key {spelled_key(entry.key)} cannot be there and is left out"
                    )
                    continue
                seen.add(entry.key)
                if self._hashed and self._bitmap and all(value & mask != number for value in sdbm_hashes(entry.key)):
                    if any(self._search(entry.key, home, self._page(home)) for home in self._homes(entry.key)):
                        self.note(f"page {number} repeats pairs of other pages, as a killed writer leaves it")
                        continue
                    self.note(f"{self._index_name} is damaged: it does not lead to every pair")
                yield entry

    def find(self, key: bytes) -> Entry | None:
        pages, homes = self._used_pages(), []
        if self._hashed:
            homes = self._homes(key)
            depths = range((self.file.size // self._shape.size).bit_length() + 1)
            others = [value & (1 << depth) - 1 for value in sdbm_hashes(key) for depth in depths]
            pages = ((number, self._page(number)) for number in dict.fromkeys(homes + others))
        damaged = None
        for number, page in pages:
            if page_offsets(page, self._shape) is None and (not homes or number in homes):
                damaged = number
            if entry := self._search(key, number, page):
                return entry
        if damaged is not None:
            raise ToolError(f"page {damaged} is damaged, where the key {spelled_key(key)} may be", where=self.path)
        return None

    def _homes(self, key: bytes) -> list[int]:
        """Return the number of the page to which .dir leads *key*; none without .dir."""
        return [value & self._mask(value) for value in sdbm_hashes(key)] if self._bitmap else []

    def _page(self, number: int) -> bytes:
        return self.file.read_some(number * self._shape.size, self._shape.size)

    def _search(self, key: bytes, number: int, page: bytes) -> Entry | None:
        return next((entry for entry in self._pairs(number, page) if entry.key == key), None)

    def _used_pages(self) -> Iterator[tuple[int, bytes]]:
        """Yield number and bytes of every page with pairs; holes in the file, of which there are many, are not read."""
        size, position = self._shape.size, 0
        while block := self.file.read_some(position := self._behind_hole(position), BLOCK):
            for at in range(0, len(block), size):
                page = block[at : at + size]
                if page.count(0, 0, 2) < 2:
                    yield (position + at) // size, page
            position += BLOCK

    def _behind_hole(self, position: int) -> int:
        try:
            data = os.lseek(self.file.fd, position, os.SEEK_DATA)
        except AttributeError:
            return position
        except OSError as error:
            return self.file.size if error.errno == errno.ENXIO else position  # nothing but a hole is left
        return data // self._shape.size * self._shape.size

    def _pairs(self, number: int, page: bytes) -> Iterator[Entry]:
        end = self._shape.size
        offsets = page_offsets(page, self._shape) or ()
        for key_at, value_at in zip(offsets[::2], offsets[1::2], strict=True):
            yield Entry(page[key_at:end], number * self._shape.size + value_at, key_at - value_at)
            end = value_at

    def _mask(self, value: int) -> int:
        """Return the bits of the hash *value* that tell its page."""
        bit = depth = 0
        while depth < HASH_BITS and self._is_split(bit):
            bit = 2 * bit + 1 + (value >> depth & 1)
            depth += 1
        return (1 << depth) - 1

    def _is_split(self, bit: int) -> int:
        block, at = divmod(bit >> 3, BITMAP_BLOCK)
        bits = self._bitmap_block(block)
        return at < len(bits) and bits[at] >> (bit & 7) & 1

    def _read_bitmap(self, number: int) -> bytes:
        return b"" if self._bitmap is None else self._bitmap.read_some(number * BITMAP_BLOCK, BITMAP_BLOCK)

    def _has_our_hash(self, sample: bytes) -> bool:
        """Whether most of the first keys are on pages that the lowest bits of their hashes number."""
        size = self._shape.size
        pages = ((at // size, sample[at : at + size]) for at in range(0, len(sample), size))
        keys = ((entry.key, number) for number, page in pages for entry in self._pairs(number, page))
        right = [can_be_on(number, key) for key, number in islice(keys, SAMPLE_KEYS)]
        return 2 * sum(right) >= len(right)


def can_be_on(number: int, key: bytes) -> bool:
    """Whether the lowest bits of a hash of *key*, however many, are the number of a page."""
    bits = (1 << number.bit_length()) - 1
    return any(value & bits == number for value in sdbm_hashes(key))
