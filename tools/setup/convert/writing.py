"""Writing in pictures: PP-OCRv6 small from ONNX, with what comes before and after the networks inside.

    writing-find.xml   image u8[1,H,W,3] RGB, sides multiples of 32   →  map f32[1,1,H,W], likelihood of writing
    writing-read.xml   image u8[1,48,W,3] RGB, one line of writing    →  best f32[1,T] class of each step, probability f32[1,T]
    characters.txt     what the classes from 1 on stand for, one a line; after the last comes the space, and 0 is nothing

Source: rapidocr (Du et al., "PP-OCR: A Practical Ultra Lightweight OCR System", 2020); the characters lie in the reader's own
metadata.

Run alone: python -m convert.writing DESTINATION DET.onnx REC.onnx
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset15 as op

from convert import ir, pictures

MIDDLE = [127.5] * 3
"""The networks take (x − 127.5) / 127.5."""
LINE_HEIGHT = 48


def convert(destination: Path, finder: Path, reader: Path) -> None:
    """Write both models and the characters."""
    core = ov.Core()
    found = pictures.with_bytes(core.read_model(str(finder)), [1, -1, -1, 3], "NCHW", MIDDLE, MIDDLE)
    ir.save(pictures.named(found, "map"), destination / "writing-find.xml", half=True)
    model = core.read_model(str(reader))
    characters = model.get_rt_info(["framework", "character"]).astype(str).split("\n")
    read = pictures.with_bytes(model, [1, LINE_HEIGHT, -1, 3], "NCHW", MIDDLE, MIDDLE)
    scores = read.outputs[0].get_node().input_value(0)
    classes = scores.get_partial_shape()[2].get_length()
    while len(characters) > classes - 2 and not characters[-1]:
        characters.pop()
    if len(characters) != classes - 2:
        raise ValueError(f"{len(characters)} characters for {classes} classes")
    best = op.topk(scores, ir.constant(np.int32(1)), 2, "max", "none")
    outputs = {
        "best": op.squeeze(op.convert(best.output(1), "f32"), ir.integers(2)),
        "probability": op.squeeze(best.output(0), ir.integers(2)),
    }
    inputs = [parameter.output(0) for parameter in read.get_parameters()]
    ir.save(ir.model("writing-read", inputs, outputs), destination / "writing-read.xml", half=True)
    (destination / "characters.txt").write_text("".join(f"{character}\n" for character in characters), newline="\n")


if __name__ == "__main__":
    convert(*map(Path, sys.argv[1:]))
