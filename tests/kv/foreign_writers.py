"""Dbm files to read: made by the libraries that own the formats, and by writers of our own for what none makes here."""

import os
import random
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from stdtools.kv.foreign import ForeignStore, open_foreign
from stdtools.kv.recognition import locate
from stdtools.shared.errors import ToolError

Pairs = dict[bytes, bytes]

SPECIAL: Pairs = {
    b"": b"the empty key",
    b"empty value": b"",
    bytes(range(256)): bytes(range(256)),
    b"'single'": b"'",
    b"\"double\" and 'single'": b'"',
    b"back\\slash\\x41\\": b"\\",
    b"new\nline\r\t\0nul": b"\n\r\0",
    "grün €".encode(): "€".encode(),
    b"\xff\xfe\x85\xa0\xad": b"\xff" * 300,
}
MANY: Pairs = SPECIAL | {b"key %d" % i + b"\xe4" * (i % 3): b"v" * (i * 7 % 90) for i in range(600)}


def opened(path: Path) -> closing[ForeignStore]:
    """Open the shelf that *path* names, and close it behind the ``with`` block."""
    return closing(open_foreign(locate(os.fspath(path))))


def made(*command: str, cwd: Path, stdin: bytes = b"") -> bytes:
    """Run another program; that it is missing is an error here, not a skip."""
    assert shutil.which(command[0]), f"{command[0]} is missing; .ci/run says which package has it"
    return subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, check=True).stdout


PERL_OPEN = {
    "GDBM_File": "tie %h, 'GDBM_File', $f, $new ? &GDBM_File::GDBM_WRCREAT : &GDBM_File::GDBM_READER, 0644",
    "SDBM_File": "tie %h, 'SDBM_File', $f, $new ? O_RDWR|O_CREAT : O_RDONLY, 0644",
    "NDBM_File": "tie %h, 'NDBM_File', $f, $new ? O_RDWR|O_CREAT : O_RDONLY, 0644",
    "DB_HASH": "tie %h, 'DB_File', $f, O_RDWR|O_CREAT, 0644, $DB_File::DB_HASH",
    "DB_BTREE": "tie %h, 'DB_File', $f, O_RDWR|O_CREAT, 0644, $DB_File::DB_BTREE",
}
PERL = """
use Fcntl; use MODULE; ($f, $new) = @ARGV; OPEN or die "$f: $!";
if ($new) { while (<STDIN>) { chomp; ($k, $v) = map { pack 'H*', $_ } split /,/, $_, 2;
    /-/ ? delete $h{$k} : ($h{$k} = $v) } }
else { while (($k, $v) = each %h) { print unpack('H*', $k), ',', unpack('H*', $v), "\\n" } }
untie %h or die $!;
"""


def _perl(library: str, path: Path, new: str, stdin: bytes = b"") -> bytes:
    module = "DB_File" if library.startswith("DB_") else library
    script = PERL.replace("MODULE", module).replace("OPEN", PERL_OPEN[library])
    return made("perl", "-e", script, str(path), new, cwd=path.parent, stdin=stdin)


def perl_writes(library: str, path: Path, pairs: Pairs, deleted: tuple[bytes, ...] = ()) -> None:
    """Store *pairs* with one of perl's libraries, then delete some keys."""
    lines = [f"{key.hex()},{value.hex()}\n" for key, value in pairs.items()]
    lines += [f"{key.hex()},-\n" for key in deleted]
    _perl(library, path, "1", "".join(lines).encode())


def perl_reads(library: str, path: Path) -> Pairs:
    """Read a file with one of perl's libraries."""
    lines = [line.split(",") for line in _perl(library, path, "").decode().splitlines()]
    return {bytes.fromhex(key): bytes.fromhex(value) for key, value in lines}


def gdbm_hash(key: bytes, signed: bool = True) -> int:
    value = 0x238F13AF * len(key)
    for index, char in enumerate(key):
        value += (char - 256 if signed and char > 127 else char) * 2 ** (5 * index % 24)
    return (1103515243 * (value % 2**31) + 12345) % 2**31


def write_gdbm(
    path: Path,
    pairs: Pairs,
    *,
    magic: int = 0x13579ACF,
    order: str = "<",
    word: int = 8,
    align: int = 8,
    block: int = 512,
    signed: bool = True,
    start: int = 0,
) -> None:
    """Write a gdbm file as C lays its structures out; the pairs lie behind byte *start*."""

    def layout(*fields: int | bytes | None) -> bytes:
        """Integers of 4 bytes, bytes, and after None one offset, aligned."""
        out, offset = b"", False
        for field in fields:
            if field is None:
                offset = True
            elif isinstance(field, bytes):
                out += field
            elif offset:
                out += bytes(-len(out) % align) + struct.pack(order + ("q" if word == 8 else "i"), field)
                offset = False
            else:
                out += struct.pack(order + "i", field)
        return out

    free = layout(*[part for _ in range(6) for part in (0, None, 0)])
    if word == 8 and align == 8:
        free = bytes(4) + free  # behind the first count
    element_size = 24 if word == 8 else 20
    table = 4 + len(free) + 8
    capacity = (block - table) // element_size
    hashes = {key: gdbm_hash(key, signed) for key in pairs}

    def split(keys: list[bytes], prefix: int, bits: int) -> Iterator[tuple[int, int, list[bytes]]]:
        if len(keys) <= capacity:
            yield prefix, bits, keys
            return
        for side in (0, 1):
            wanted = [key for key in keys if hashes[key] >> (30 - bits) & 1 == side]
            yield from split(wanted, prefix * 2 + side, bits + 1)

    buckets = list(split(list(pairs), 0, 0))
    bits = max(3, (block // word).bit_length() - 1, *(deep for _, deep, _ in buckets))
    directory = block
    first_bucket = directory + word * 2**bits
    data = max(start, first_bucket + block * len(buckets))
    entries, bodies, position = [0] * 2**bits, [], data
    with open(path, "wb") as file:
        for number, (prefix, deep, keys) in enumerate(buckets):
            table_of_bucket: list[bytes] = [layout(-1, bytes(element_size - 4))] * capacity
            for key in keys:
                place = hashes[key] % capacity
                while table_of_bucket[place][:4] != b"\xff" * 4:
                    place = (place + 1) % capacity
                element = layout(hashes[key], key[:4].ljust(4, b"\0"), None, position, len(key), len(pairs[key]))
                table_of_bucket[place] = element
                file.seek(position)
                file.write(key + pairs[key])
                position += len(key) + len(pairs[key])
            bodies.append((layout(0) + free + layout(deep, len(keys)) + b"".join(table_of_bucket)).ljust(block, b"\0"))
            span = 2 ** (bits - deep)
            entries[prefix * span : (prefix + 1) * span] = [first_bucket + block * number] * span
        file.seek(0)
        head = layout(magic - 2**32 if magic >= 2**31 else magic, block, None, directory)
        end = position + -position % block
        head += layout(word * 2**bits, bits, block, capacity, None, end)
        slots = (block - len(head) - 8 - word) // (2 * word if align == word else 4 + word)
        head += layout(slots, 0, None, 0)
        file.write(head.ljust(block, b"\0"))
        for entry in entries:
            file.write(struct.pack(order + ("q" if word == 8 else "i"), entry))
        file.write(b"".join(bodies))
        file.truncate(max(end, 4 * block))


def sdbm_hash(key: bytes, signed: bool = True, factor: int = 65599) -> int:
    value = 0
    for char in key:
        value = (char - 256 if signed and char > 127 else char) + factor * value
    return value % 2**32


def write_sdbm(
    path: Path, pairs: Pairs, *, size: int = 1024, order: str = "<", signed: bool = True, factor: int = 65599
) -> None:
    """Write path.pag and path.dir with pages of *size* bytes."""
    bitmap = bytearray(4096)
    with open(f"{path}.pag", "wb") as file:

        def put(keys: list[bytes], number: int, depth: int, bit: int) -> None:
            used = sum(len(key) + len(pairs[key]) + 4 for key in keys) + 2
            if used > size:
                bitmap[bit // 8] |= 1 << bit % 8
                for side in (0, 1):
                    wanted = [key for key in keys if sdbm_hash(key, signed, factor) >> depth & 1 == side]
                    put(wanted, number | side << depth, depth + 1, 2 * bit + 1 + side)
                return
            offsets, end, body = [], size, b""
            for key in keys:
                for part in (key, pairs[key]):
                    end -= len(part)
                    body = part + body
                    offsets.append(end)
            head = struct.pack(f"{order}{len(offsets) + 1}H", len(offsets), *offsets)
            file.seek(number * size)
            file.write(head + bytes(size - len(head) - len(body)) + body)

        put(list(pairs), 0, 0, 0)
    Path(f"{path}.dir").write_bytes(bitmap)


def harm(data: bytes, seed: int) -> bytes:
    """Flip some bits of *data*, overwrite some bytes or cut it off."""
    chance = random.Random(seed)
    harmed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 8])):
        at = chance.randrange(len(harmed))
        if chance.random() < 0.3:  # where the numbers are
            at %= 64
        if chance.random() < 0.7:
            harmed[at] ^= 1 << chance.randrange(8)
        else:
            harmed[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\x80\0\0\0"])
    if chance.random() < 0.2:
        del harmed[chance.randrange(len(harmed)) :]
    return bytes(harmed)


def read_whatever(path: Path, keys: list[bytes]) -> tuple[Pairs, list[str]] | None:
    """Do all that can be done with a store; None when it is refused. Any error but ToolError is a bug."""
    try:
        with opened(path) as store:
            listed = list(store.items())
            found = dict(listed)
            assert set(found) <= set(store)
            assert len(store) >= len(found)
            for key in keys:
                try:
                    value = store.get(key)
                    assert key not in found or (key, value) in listed
                except ToolError as error:
                    assert str(error).isprintable()
            assert all(note.isprintable() for note in store.notes)
            return found, store.notes
    except ToolError as error:
        assert str(error)
        return None
