"""What the conversions of ONNX picture models share: bytes of RGB as the input, and a name for the output."""

from __future__ import annotations

import openvino as ov
from openvino import Layout, Type
from openvino.preprocess import PrePostProcessor


def with_bytes(model: ov.Model, shape: list[int], layout: str, mean: list[float], scale: list[float] | None) -> ov.Model:
    """The model with an RGB picture of bytes as its input, row by row."""
    steps = PrePostProcessor(model)
    source = steps.input()
    source.tensor().set_element_type(Type.u8).set_layout(Layout("NHWC")).set_shape(shape)
    source.model().set_layout(Layout(layout))
    source.preprocess().convert_element_type(Type.f32).reverse_channels().mean(mean)
    if scale:
        source.preprocess().scale(scale)
    built = steps.build()
    built.inputs[0].set_names({"image"})
    return built


def named(model: ov.Model, name: str) -> ov.Model:
    model.outputs[0].set_names({name})
    return model
