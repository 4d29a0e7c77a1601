"""A language model in GGUF whose matrices are Q4_1 → the same with Q8_0, which every reader of the format knows.

Everything but the blocks of Q4_1 is copied as it stands. A block of Q4_1 is 32 weights d·q + m, with q from 0 to 15; one of Q8_0
is 32 weights d·q, with q from -127 to 127: the error is at most half of a 127th of the block's largest weight.

Run alone: python -m convert.gguf DESTINATION SOURCE.gguf
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np

MAGIC = b"GGUF"
Q4_1, Q8_0 = 3, 8
BLOCK = 32
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of a metadata value of each fixed-size type."""
STRING, ARRAY = 8, 9


class Reader:
    """A file's head, read from front to back."""

    def __init__(self, content: memoryview) -> None:
        self.content = content
        self.at = 0

    def take(self, form: str) -> int:
        (value,) = struct.unpack_from("<" + form, self.content, self.at)
        self.at += struct.calcsize(form)
        return value

    def text(self) -> str:
        length = self.take("Q")
        self.at += length
        return bytes(self.content[self.at - length : self.at]).decode()

    def skip(self, kind: int) -> None:
        """One metadata value."""
        if kind == STRING:
            self.text()
        elif kind == ARRAY:
            inner, count = self.take("I"), self.take("Q")
            for _ in range(count):
                self.skip(inner)
        else:
            self.at += SIZES[kind]


def requantised(blocks: np.ndarray) -> np.ndarray:
    """Bytes of Q4_1 blocks to bytes of Q8_0 blocks."""
    rows = blocks.reshape(-1, 20)
    scale, least = (rows[:, at : at + 2].copy().view(np.float16).astype(np.float32) for at in (0, 2))
    packed = rows[:, 4:]
    weights = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32) * scale + least
    step = (np.abs(weights).max(axis=1, keepdims=True) / 127).astype(np.float16)
    wide = step.astype(np.float32)
    whole = np.round(np.divide(weights, wide, out=np.zeros_like(weights), where=wide > 0)).clip(-127, 127).astype(np.int8)
    return np.concatenate([step.view(np.uint8), whole.view(np.uint8)], axis=1).ravel()


def convert(source: Path, destination: Path) -> None:
    """Write model.gguf."""
    content = memoryview(source.read_bytes())
    reader = Reader(content)
    if bytes(content[:4]) != MAGIC:
        raise ValueError(f"{source} is no GGUF file")
    reader.at = 4
    reader.take("I")
    tensors, pairs = reader.take("Q"), reader.take("Q")
    alignment = 32
    for _ in range(pairs):
        name = reader.text()
        kind = reader.take("I")
        if name == "general.alignment":
            alignment = struct.unpack_from("<I", content, reader.at)[0]
        reader.skip(kind)
    head = bytes(content[: reader.at])
    listed = []
    for _ in range(tensors):
        name = reader.text()
        shape = [reader.take("Q") for _ in range(reader.take("I"))]
        listed.append((name, shape, reader.take("I"), reader.take("Q")))
    start = -(-reader.at // alignment) * alignment
    ends = sorted([offset for _, _, _, offset in listed[1:]] + [len(content) - start])
    infos, data = bytearray(), bytearray()
    for (name, shape, kind, offset), end in zip(sorted(listed, key=lambda tensor: tensor[3]), ends):
        raw = np.frombuffer(content[start + offset : start + end], np.uint8)
        if kind == Q4_1:
            raw, kind = requantised(raw[: int(np.prod(shape)) // BLOCK * 20]), Q8_0
        data += b"\0" * (-len(data) % alignment)
        infos += struct.pack("<Q", len(name.encode())) + name.encode() + struct.pack("<I", len(shape))
        infos += struct.pack(f"<{len(shape)}QIQ", *shape, kind, len(data))
        data += raw.tobytes()
    head += bytes(infos)
    (destination / "model.gguf").write_bytes(head + b"\0" * (-len(head) % alignment) + bytes(data))


if __name__ == "__main__":
    convert(Path(sys.argv[2]), Path(sys.argv[1]))
