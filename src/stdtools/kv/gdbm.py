"""GNU dbm: a directory of buckets by the first bits of a hash, pairs anywhere in the file.

Format: gdbm's gdbmdefs.h, hash.c and gdbmopen.c. Numbers have the byte order and the word size of
the machine that wrote the file; the magic number tells them. On i386 64-bit offsets are aligned to
4 bytes, which only the number of elements in a bucket shows.
"""

import fcntl
import struct
from collections.abc import Iterator
from operator import lshift
from typing import Literal, NamedTuple

from stdtools.kv.foreign import Allowance, Entry, ForeignStore, spelled_key
from stdtools.shared.errors import ToolError
from stdtools.shared.streams import BLOCK

HASH_BITS = 31
HASH_MASK = (1 << HASH_BITS) - 1
SHIFTS = tuple(5 * index % 24 for index in range(24))
UNUSED = -1  # the hash of an element that is not used
RECOVER = "`gdbmtool FILE recover`, on a copy, may rebuild it"


class Shape(NamedTuple):
    """The struct code of an offset, and where a bucket's elements begin."""

    offset: str
    table: int  # behind a count and six free blocks; its last two words are bucket_bits and count

    @property
    def element(self) -> str:
        """Hash, first bytes of the key, position of key and value, their sizes."""
        return f"i4s{self.offset}ii"


NARROW, WIDE, WIDE_ON_I386 = Shape("i", 60), Shape("q", 112), Shape("q", 84)
SHAPES = {
    0x13579ACD: (NARROW,),
    0x13579ACE: (WIDE, WIDE_ON_I386, NARROW),  # before gdbm 1.9 the magic did not tell
    0x13579ACF: (WIDE, WIDE_ON_I386),
    0x13579AD0: (NARROW,),  # these two count synchronizations, in a word behind what is read here
    0x13579AD1: (WIDE, WIDE_ON_I386),
}


class Bucket(NamedTuple):
    """``first`` to ``end`` are the directory's entries that should lead to it."""

    address: int
    first: int
    end: int
    pairs: int


class Element(NamedTuple):
    """A pair as a bucket describes it."""

    hash: int
    key_start: bytes
    position: int
    key_size: int
    size: int


def gdbm_hashes(key: bytes) -> list[int]:
    """Return the hash of *key*; both when it depends on whether char has a sign (x86) or none (ARM)."""
    return [_hash(key, "b")] if key.isascii() else [_hash(key, "b"), _hash(key, "B")]


def _hash(key: bytes, char: Literal["b", "B"]) -> int:
    view = memoryview(key).cast(char)
    period = len(SHIFTS)
    if len(view) <= period:
        value: int = sum(map(lshift, view, SHIFTS))
    else:
        value = sum(sum(view[start::period]) << shift for start, shift in enumerate(SHIFTS))
    value = (value + 0x238F13AF * len(key)) & HASH_MASK
    return (1103515243 * value + 12345) & HASH_MASK


class GdbmStore(ForeignStore):
    """A gdbm file of any byte order and word size."""

    def _load(self) -> None:
        self._read_header()
        try:
            fcntl.flock(self.file.fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            self.note("another process has it open for writing; what that has not written out is missing here")
        except OSError:
            pass  # a file system without locks

    def _read_header(self) -> None:
        head = self.file.read_some(0, 36)
        for order in "<>":
            for shape in SHAPES.get(int.from_bytes(head[:4], "little" if order == "<" else "big"), ()):
                header = struct.Struct(f"{order}8x{shape.offset}iiii")
                if len(head) < header.size:
                    raise ToolError("ends inside its header", where=self.path)
                directory, directory_size, bits, bucket_size, elements = header.unpack_from(head)
                self._offsets = order + "%d" + shape.offset
                self._element = struct.Struct(order + shape.element)
                self._pair = struct.Struct(order + "ii")
                self._word = struct.calcsize("=" + shape.offset)
                fitting = (bucket_size - shape.table) // self._element.size
                if not 0 <= bits <= HASH_BITS or directory_size != self._word << bits or not 0 < elements == fitting:
                    continue
                if not 0 < directory <= self.file.size - directory_size:
                    raise ToolError("is cut off: its directory is not in it", where=self.path, hint=RECOVER)
                self._directory, self._bits = directory, bits
                self._bucket_size, self._elements, self._table = bucket_size, elements, shape.table
                return
        raise ToolError("its header is damaged", where=self.path, hint=RECOVER)

    def entries(self) -> Iterator[Entry]:
        allowance = Allowance(self.file)
        for bucket in self._buckets(allowance):
            filled = 0
            for element in self._read_elements(bucket):
                filled += 1
                trouble = self._trouble(bucket, element)
                if not trouble:
                    allowance.take(element.key_size)
                    key = self.file.read(element.position, element.key_size)
                    if element.hash in gdbm_hashes(key):
                        yield Entry(key, element.position + len(key), element.size)
                        continue
                    trouble = f"the key {spelled_key(key)} does not have its hash"
                self.note(f"a pair in the bucket at byte {bucket.address} is left out: {trouble}")
            if filled != bucket.pairs:
                self.note(f"the bucket at byte {bucket.address} should have {bucket.pairs} pairs and has {filled}")

    def find(self, key: bytes) -> Entry | None:
        damaged = 0
        for value in gdbm_hashes(key):
            index = value >> (HASH_BITS - self._bits)
            bucket = self._read_bucket(index, next(self._addresses(index, index + 1)))
            filled = 0
            for element in self._read_elements(bucket):
                filled += 1
                trouble = self._trouble(bucket, element)
                if (element.hash, element.key_size) == (value, len(key)):
                    if trouble:
                        raise ToolError(f"the pair of key {spelled_key(key)} is damaged: {trouble}", where=self.path)
                    if self.file.read(element.position, len(key)) == key:
                        return Entry(key, element.position + len(key), element.size)
                if trouble:
                    damaged = bucket.address
            if filled != bucket.pairs:
                damaged = bucket.address
        if damaged:
            raise ToolError(f"the bucket at byte {damaged} is damaged, where the key may be", where=self.path)
        return None

    def __len__(self) -> int:
        return sum(1 for bucket in self._buckets(Allowance(self.file)) for _ in self._read_elements(bucket))

    def _addresses(self, first: int, end: int) -> Iterator[int]:
        """Yield entries *first* up to *end* of the directory."""
        for start in range(first, end, BLOCK // 8):
            count = min(end - start, BLOCK // 8)
            data = self.file.read(self._directory + start * self._word, count * self._word)
            yield from struct.unpack(self._offsets % count, data)

    def _buckets(self, allowance: Allowance) -> Iterator[Bucket]:
        """Yield every bucket once; note those that cannot be read."""
        last = None
        for index, address in enumerate(self._addresses(0, 1 << self._bits)):
            if address == last:
                continue
            last = address
            allowance.take(self._word)
            try:
                bucket = self._read_bucket(index, address)
            except ToolError as error:
                self.note(f"{error.what}; its pairs are left out")
                continue
            # In a sound directory its entries are one run. What breaks a run is damaged itself.
            if bucket.first < index:
                allowance.take((index - bucket.first) * self._word)
                if address in self._addresses(bucket.first, index):
                    continue
            allowance.take(self._bucket_size)
            yield bucket

    def _read_bucket(self, index: int, address: int) -> Bucket:
        """Read the head of the bucket that entry *index* of the directory says is at *address*."""
        if not 0 < address <= self.file.size - self._bucket_size:
            raise ToolError(f"entry {index} of its directory leads out of the file, to byte {address}", where=self.path)
        bits, count = self._pair.unpack(self.file.read(address + self._table - self._pair.size, self._pair.size))
        if not 0 <= bits <= self._bits or not 0 <= count <= self._elements:
            raise ToolError(f"the bucket at byte {address} is damaged", where=self.path)
        span = 1 << (self._bits - bits)
        first = index - index % span
        return Bucket(address, first, first + span, count)

    def _read_elements(self, bucket: Bucket) -> Iterator[Element]:
        """Yield the elements of *bucket* that are in use, reading a block at a time."""
        many = BLOCK // self._element.size
        for start in range(0, self._elements, many):
            size = min(many, self._elements - start) * self._element.size
            data = self.file.read(bucket.address + self._table + start * self._element.size, size)
            for element in map(Element._make, self._element.iter_unpack(data)):
                if element.hash != UNUSED:
                    yield element

    def _trouble(self, bucket: Bucket, element: Element) -> str:
        """Say what is wrong with *element*, as far as it shows without its key."""
        if not bucket.first <= element.hash >> (HASH_BITS - self._bits) < bucket.end:
            return f"its hash {element.hash} belongs to another bucket"
        if not 0 < element.position <= self.file.size or element.key_size < 0 or element.size < 0:
            return f"it has {element.key_size} and {element.size} bytes at byte {element.position}"
        if element.position + element.key_size + element.size > self.file.size:
            return f"it ends at byte {element.position + element.key_size + element.size}, behind the file"
        return ""
