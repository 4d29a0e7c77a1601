"""EfficientNet-Lite2 (PyTorch weights) → OpenVINO IR that takes pixels as they come from a decoder.

    efficientnet-lite2.xml   image      u8[1,260,260,3]  RGB
                          →  embedding  f32[1,1280]      mean over the last feature map, not normalised
                             logits     f32[1,1000]      ImageNet-1k classes in the usual order

Conversion to float, (x − 127) / 128 and the change to channels-first are part of the model.  Architecture: Tan and
Le, "EfficientNet" (2019), in the Lite form without squeeze-and-excitation and with ReLU6; batch norms (ε 1e-3) are
folded into the convolutions; padding is TensorFlow's SAME.

Run alone: python -m convert.efficientnet DESTINATION efficientnet-lite2-….pth
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import openvino as ov
from openvino import Output, Type
from openvino import opset15 as op

from convert import ir, legacy_pickle

SIZE = 260
MEAN, SCALE = 127.0, 128.0
NORM_EPSILON = 1e-3
STAGES = ((1, 3, 1, 1), (3, 3, 2, 6), (3, 5, 2, 6), (4, 3, 2, 6), (4, 5, 1, 6), (5, 5, 2, 6), (1, 3, 1, 6))
"""Blocks, kernel, stride of the first block, expansion."""

Weights = Mapping[str, np.ndarray]


def folded(weights: Weights, convolution: str, norm: str) -> tuple[np.ndarray, np.ndarray]:
    """Kernel and bias f32[1,C,1,1] of a convolution with its batch norm folded in."""
    gain = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + np.float32(NORM_EPSILON))
    bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * gain
    kernel = weights[f"{convolution}.weight"] * gain.reshape(-1, 1, 1, 1)
    return kernel.astype(np.float32), bias.reshape(1, -1, 1, 1).astype(np.float32)


def convolve(x: Output, kernel: np.ndarray, bias: np.ndarray, stride: int = 1, depthwise: bool = False) -> Output:
    """SAME convolution plus bias."""
    arguments = ([stride, stride], [0, 0], [0, 0], [1, 1])
    if depthwise:
        y = op.group_convolution(x, ir.constant(kernel[:, :, None]), *arguments, auto_pad="same_upper")
    else:
        y = op.convolution(x, ir.constant(kernel), *arguments, auto_pad="same_upper")
    return op.add(y, ir.constant(bias)).output(0)


def relu6(x: Output) -> Output:
    return op.clamp(x, 0.0, 6.0).output(0)


def block(x: Output, weights: Weights, name: str, stride: int, expansion: int, shortcut: bool) -> Output:
    """Inverted residual: expand, depthwise, project; the input is added where `shortcut` says so."""
    y = x
    if expansion != 1:
        y = relu6(convolve(y, *folded(weights, f"{name}._expand_conv", f"{name}._bn0")))
    y = relu6(convolve(y, *folded(weights, f"{name}._depthwise_conv", f"{name}._bn1"), stride, True))
    y = convolve(y, *folded(weights, f"{name}._project_conv", f"{name}._bn2"))
    return op.add(y, x).output(0) if shortcut else y


def maps(x: Output, weights: Weights) -> list[Output]:
    """f32[1,3,S,S] as normalised → the feature map after each stage, then the last one, of 1280 channels."""
    x = relu6(convolve(x, *folded(weights, "_conv_stem", "_bn0"), 2))
    found = []
    index = 0
    for blocks, _, first_stride, expansion in STAGES:
        for place in range(blocks):
            stride = first_stride if place == 0 else 1
            x = block(x, weights, f"_blocks.{index}", stride, expansion, place > 0)
            index += 1
        found.append(x)
    return [*found, relu6(convolve(x, *folded(weights, "_conv_head", "_bn1")))]


def network(last: Output, weights: Weights) -> dict[str, Output]:
    """The last feature map → embedding and logits."""
    embedding = op.reduce_mean(last, ir.integers(2, 3), False).output(0)
    classes = op.matmul(embedding, ir.constant(weights["_fc.weight"]), False, True)
    return {"embedding": embedding, "logits": op.add(classes, ir.constant(weights["_fc.bias"])).output(0)}


def pixels(size: int) -> tuple[Output, Output]:
    """A picture of that size as bytes, and as the network takes it."""
    image = ir.parameter("image", [1, size, size, 3], Type.u8)
    planes = op.transpose(op.convert(image, "f32"), ir.integers(0, 3, 1, 2))
    centred = op.subtract(planes, ir.constant(MEAN, np.float32))
    return image, op.divide(centred, ir.constant(SCALE, np.float32)).output(0)


def build(weights: Weights) -> ov.Model:
    """The network with pixels in."""
    image, normal = pixels(SIZE)
    return ir.model("efficientnet_lite2", [image], network(maps(normal, weights)[-1], weights))


def convert(source: Path, destination: Path) -> None:
    """Write efficientnet-lite2.xml from the .pth file; weights stay float32."""
    ir.save(build(legacy_pickle.load(source)), destination / "efficientnet-lite2.xml")


if __name__ == "__main__":
    convert(Path(sys.argv[2]), Path(sys.argv[1]))
