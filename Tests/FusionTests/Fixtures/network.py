#!/usr/bin/env python3
"""Writes network.onnx beside this script: a network that decides, as docs/fusion.md describes its interface, byte by byte and without a library.

logits = [text ; image ; present]·W + b for the classes ring, mug, lamp.
"""
import pathlib
import struct

WEIGHTS = [[4, 0, 0], [0, 4, 0], [0, 3, 0], [0, 0, 0], [0, 0, 1]]
BIAS = [0.5, 0, 0]


def varint(number):
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def number(field, value):
    return varint(field << 3) + varint(value)


def content(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def tensor(name, shape, values):
    raw = struct.pack(f"<{len(values)}f", *values)
    return b"".join(number(1, side) for side in shape) + number(2, 1) + content(8, name) + content(9, raw)


def port(name, columns):
    shape = content(1, content(2, "n")) + content(1, number(1, columns))
    return content(1, name) + content(2, content(1, number(1, 1) + content(2, shape)))


def node(operation, inputs, output, attributes=b""):
    return b"".join(content(1, name) for name in inputs) + content(2, output) + content(4, operation) + attributes


axis = content(5, content(1, "axis") + number(3, 1) + number(20, 2))
graph = (
    content(1, node("Concat", ["text", "image", "present"], "all", axis))
    + content(1, node("Gemm", ["all", "w", "b"], "logits"))
    + content(2, "network")
    + content(5, tensor("w", [5, 3], [value for row in WEIGHTS for value in row]))
    + content(5, tensor("b", [3], BIAS))
    + b"".join(content(11, port(*input)) for input in [("text", 2), ("image", 1), ("present", 2)])
    # A file may list its constants among its inputs.
    + content(11, content(1, "w"))
    + content(12, port("logits", 3))
)
texts = {"classes": "ring\nmug\nlamp", "space.text": "t"}
file = (
    number(1, 8)
    + content(2, "network.py")
    + content(7, graph)
    + content(8, number(2, 13))
    + b"".join(content(14, content(1, key) + content(2, value)) for key, value in texts.items())
)
pathlib.Path(__file__).with_name("network.onnx").write_bytes(file)
