"""EfficientNet-Lite2 (PyTorch weights) → OpenVINO IR that says more of a small picture than its last layer's mean.

    efficientnet-lite2-layers.xml   image   u8[1,160,160,3]  RGB
                                 →  mean    f32[1,1280]      over the last feature map, not normalised
                                    max     f32[1,1280]      over the last feature map
                                    middle  f32[1,416]       root mean squares of the channels of the stages with 88, 120 and 208
                                    logits  f32[1,1000]      ImageNet-1k classes in the usual order

What the alignment of words and pictures is learnt from.  A catalogue's thumbnails hold no more than 160 pixels show, and
that costs a third of 260; the middle stages know textures and shapes that the last one has forgotten.

Run alone: python -m convert.efficientnet_layers DESTINATION efficientnet-lite2-….pth
"""

from __future__ import annotations

import sys
from pathlib import Path

import openvino as ov
from openvino import Output
from openvino import opset15 as op

from convert import ir, legacy_pickle
from convert.efficientnet import Weights, maps, network, pixels

SIZE = 160
MIDDLE = (3, 4, 5)
"""Stages with 88, 120 and 208 channels."""


def spread(x: Output) -> Output:
    """Root mean square of each channel."""
    square = op.reduce_mean(op.multiply(x, x), ir.integers(2, 3), False)
    return op.sqrt(square).output(0)


def build(weights: Weights) -> ov.Model:
    """The network with pixels in."""
    image, normal = pixels(SIZE)
    found = maps(normal, weights)
    last = network(found[-1], weights)
    outputs = {
        "mean": last["embedding"],
        "max": op.reduce_max(found[-1], ir.integers(2, 3), False).output(0),
        "middle": op.concat([spread(found[stage]) for stage in MIDDLE], 1).output(0),
        "logits": last["logits"],
    }
    return ir.model("efficientnet_lite2_layers", [image], outputs)


def convert(source: Path, destination: Path) -> None:
    """Write efficientnet-lite2-layers.xml from the .pth file; weights stay float32."""
    ir.save(build(legacy_pickle.load(source)), destination / "efficientnet-lite2-layers.xml")


if __name__ == "__main__":
    convert(Path(sys.argv[2]), Path(sys.argv[1]))
