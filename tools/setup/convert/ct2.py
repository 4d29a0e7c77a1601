"""Reader of CTranslate2 model files (format 4 to 6), as the Whisper wheels carry them.

Layout, little-endian, as in CTranslate2's `python/ctranslate2/specs/model_spec.py`:

    u32 version; string name; u32 revision
    u32 count; count × { string name; u8 rank; u32 dimension × rank; u8 type; u32 bytes; data }
    u32 count; count × { string alias; string name }

A string is u16 length followed by that many bytes, the last of them NUL.  Types are 0 f32, 1 i8, 2 i16, 3 i32,
4 f16.
"""

from __future__ import annotations

import struct
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TYPES: dict[int, type[np.generic]] = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
SUPPORTED_VERSIONS = range(4, 7)


class FormatError(ValueError):
    """The file is not what the format says; the message names the byte offset."""


@dataclass(frozen=True)
class Model:
    """A parsed model file: `variables` maps a name (or an alias) to an array that views the file's bytes."""

    name: str
    version: int
    revision: int
    variables: dict[str, np.ndarray]


class _Cursor:
    """Reads forward through a buffer and refuses to read past its end."""

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.offset = 0

    def take(self, count: int) -> memoryview:
        if count > len(self.data) - self.offset:
            raise FormatError(f"{count} bytes wanted at offset {self.offset}, the file has {len(self.data)}")
        piece = self.data[self.offset : self.offset + count]
        self.offset += count
        return piece

    def number(self, code: str) -> int:
        return struct.unpack("<" + code, self.take(struct.calcsize(code)))[0]

    def string(self) -> str:
        return bytes(self.take(self.number("H"))).rstrip(b"\0").decode()

    def variable(self) -> np.ndarray:
        shape = [self.number("I") for _ in range(self.number("B"))]
        at = self.offset
        code = self.number("B")
        if code not in TYPES:
            raise FormatError(f"unknown element type {code} at offset {at}")
        size = self.number("I")
        values = np.frombuffer(self.take(size), TYPES[code])
        if values.size != int(np.prod(shape, dtype=np.int64)):
            raise FormatError(f"{values.size} elements for shape {shape} at offset {at}")
        return values.reshape(shape)


def parse(data: bytes | memoryview) -> Model:
    """Parse a whole file.  Raises FormatError when it is cut short, of another version or has bytes left over."""
    cursor = _Cursor(memoryview(data))
    version = cursor.number("I")
    if version not in SUPPORTED_VERSIONS:
        raise FormatError(f"format version {version}, supported are 4 to 6")
    name, revision = cursor.string(), cursor.number("I")
    variables = {cursor.string(): cursor.variable() for _ in range(cursor.number("I"))}
    aliases = {cursor.string(): cursor.string() for _ in range(cursor.number("I"))}
    if cursor.offset != len(cursor.data):
        raise FormatError(f"{len(cursor.data) - cursor.offset} bytes left over at offset {cursor.offset}")
    for alias, target in aliases.items():
        if target not in variables:
            raise FormatError(f"alias {alias} of {target}, which is not there")
        variables[alias] = variables[target]
    return Model(name, version, revision, variables)


def join(parts: list[Path]) -> bytes:
    """The bytes of a model that its wheels carry in parts, in the order given."""
    return b"".join(part.read_bytes() for part in parts)


if __name__ == "__main__":
    loaded = parse(join([Path(argument) for argument in sys.argv[1:]]))
    print(loaded.name, "version", loaded.version, "revision", loaded.revision)
    for key, array in loaded.variables.items():
        print(f"{key:60} {array.dtype} {array.shape}")
