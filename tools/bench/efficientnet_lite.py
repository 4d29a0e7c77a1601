"""EfficientNet-Lite as its PyTorch package computes it, in numpy on the weights as published: batch norms stand by themselves, TensorFlow's SAME
padding is written out. Nothing of the conversion (tools/setup/convert/efficientnet.py) is used but the reader of the file.

Architecture: Tan and Le, "EfficientNet" (2019), in the Lite form (no squeeze-and-excitation, ReLU6, stem and head as they are in B0). Channels,
kernels and the number of blocks are read off the weights; the strides are the paper's.
"""

from __future__ import annotations

import numpy as np

STAGE_STRIDES = (1, 2, 2, 2, 1, 2, 1)
STAGE_BLOCKS = (1, 3, 3, 4, 4, 5, 1)
"""Lite2: B0's 1, 2, 2, 3, 3, 4, 1 times 1.2, rounded up; the first and the last stay."""
EPSILON = 1e-3
Weights = dict[str, np.ndarray]


def same(x: np.ndarray, kernel: int, stride: int) -> np.ndarray:
    """f32[C,H,W] with zeros around it such that a convolution gives ceil(size / stride): the odd one goes below and to the right."""
    pads = []
    for size in x.shape[1:]:
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        pads.append((total // 2, total - total // 2))
    return np.pad(x, ((0, 0), *pads))


def convolution(x: np.ndarray, weight: np.ndarray, stride: int = 1) -> np.ndarray:
    """f32[C,H,W] with f32[O,C,k,k], or with f32[C,1,k,k] for each channel by itself."""
    kernel = weight.shape[-1]
    windows = np.lib.stride_tricks.sliding_window_view(same(x, kernel, stride), (kernel, kernel), axis=(1, 2))[:, ::stride, ::stride]
    if weight.shape[1] == 1 and x.shape[0] > 1:
        return np.einsum("chwij,cij->chw", windows, weight[:, 0], optimize=True)
    return np.tensordot(weight, windows, axes=([1, 2, 3], [0, 3, 4]))


def batch_norm(x: np.ndarray, weights: Weights, name: str) -> np.ndarray:
    mean, variance, gain, bias = (weights[f"{name}.{part}"][:, None, None] for part in ("running_mean", "running_var", "weight", "bias"))
    return (x - mean) / np.sqrt(variance + EPSILON) * gain + bias


def relu6(x: np.ndarray) -> np.ndarray:
    return np.clip(x, 0, 6)


def block(x: np.ndarray, weights: Weights, name: str, stride: int) -> np.ndarray:
    y = x
    if f"{name}._expand_conv.weight" in weights:
        y = relu6(batch_norm(convolution(y, weights[f"{name}._expand_conv.weight"]), weights, f"{name}._bn0"))
    y = relu6(batch_norm(convolution(y, weights[f"{name}._depthwise_conv.weight"], stride), weights, f"{name}._bn1"))
    y = batch_norm(convolution(y, weights[f"{name}._project_conv.weight"]), weights, f"{name}._bn2")
    return y + x if stride == 1 and x.shape == y.shape else y


def embedding(image: np.ndarray, weights: Weights) -> np.ndarray:
    """u8[H,W,3] RGB → f32[1280], the mean over the last feature map."""
    x = (image.astype(np.float32).transpose(2, 0, 1) - 127) / 128
    x = relu6(batch_norm(convolution(x, weights["_conv_stem.weight"], 2), weights, "_bn0"))
    index = 0
    for blocks, stage_stride in zip(STAGE_BLOCKS, STAGE_STRIDES, strict=True):
        for place in range(blocks):
            x = block(x, weights, f"_blocks.{index}", stage_stride if place == 0 else 1)
            index += 1
    if f"_blocks.{index}._project_conv.weight" in weights:
        raise ValueError("the weights have more blocks than EfficientNet-Lite2")
    x = relu6(batch_norm(convolution(x, weights["_conv_head.weight"]), weights, "_bn1"))
    return x.mean(axis=(1, 2))
