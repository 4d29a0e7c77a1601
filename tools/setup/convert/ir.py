"""Building blocks for OpenVINO IR that the converters share.

Models are written in float32 arithmetic.  Weights that are float16 at the source stay float16 on disk and are
widened in the graph, so a file is half the size and no value changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import openvino as ov
from openvino import Output, PartialShape, Type
from openvino import opset15 as op

Tensors = Mapping[str, np.ndarray]


def constant(value: np.ndarray | float, dtype: type | None = None) -> Output:
    """A constant of the value's own type (or `dtype`), C-contiguous."""
    return op.constant(np.array(value, dtype=dtype, order="C")).output(0)


def integers(*values: int) -> Output:
    """A constant i64 vector, for shapes, axes and slice bounds."""
    return constant(np.array(values, np.int64))


def scalar(value: int) -> Output:
    """A constant i64 scalar."""
    return constant(np.int64(value))


def weight(value: np.ndarray) -> Output:
    """A weight for float32 arithmetic: a float16 array is kept as it is on disk and widened in the graph."""
    if value.dtype != np.float16:
        return constant(value, np.float32)
    widened = op.convert(constant(value), "f32")
    widened.get_rt_info()["decompression_0"] = ""
    return widened.output(0)


def quantised(value: np.ndarray) -> Output:
    """A matrix as int8, symmetric, with one scale a row, widened in the graph: a product with it reads a quarter of the bytes.
    The largest magnitude of a row becomes 127."""
    wide = value.astype(np.float32)
    scale = np.maximum(np.abs(wide).max(axis=1, keepdims=True), np.finfo(np.float32).tiny) / 127
    small = np.round(wide / scale).astype(np.int8)
    return op.multiply(op.convert(constant(small), "f32"), constant(scale)).output(0)


def parameter(name: str, shape: Sequence[int], kind: Type = Type.f32) -> Output:
    """A named model input; -1 in `shape` is a dimension known only at run time."""
    node = op.parameter(PartialShape(list(shape)), kind, name=name)
    node.output(0).set_names({name})
    return node.output(0)


def model(name: str, inputs: Sequence[Output], outputs: Mapping[str, Output]) -> ov.Model:
    """A model whose outputs carry exactly the names given, in that order."""
    results = []
    for label, value in outputs.items():
        value = value.output(0) if not isinstance(value, Output) else value
        value.set_names({label})
        result = op.result(value)
        result.set_friendly_name(f"{label}/result")
        results.append(result)
    built = ov.Model(results, [source.get_node() for source in inputs], name)
    for index, node in enumerate(built.get_ordered_ops()):
        if node.get_type_name() not in ("Parameter", "Result"):
            node.set_friendly_name(f"{node.get_type_name()}_{index}")  # independent of what was built before
    return built


def save(built: ov.Model, path: Path, half: bool = False) -> None:
    """Write `path` (.xml) and its .bin; with `half`, float32 weights are rounded to float16 on disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ov.save_model(built, str(path), compress_to_fp16=half)


class Runner:
    """A model compiled for the CPU in float32, called with named arrays; for self-checks and tests."""

    def __init__(self, source: Path | ov.Model, threads: int = 2) -> None:
        core = ov.Core()
        properties = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": "f32",
            # On some processors activations before 8-bit weights would be rounded to 8 bits, on others not.
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0,
        }
        read = source if isinstance(source, ov.Model) else core.read_model(str(source))
        self.compiled = core.compile_model(read, "CPU", properties)
        self.request = self.compiled.create_infer_request()

    def __call__(self, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        """Run once; the arrays returned are copies."""
        for name, value in inputs.items():
            self.request.set_tensor(name, ov.Tensor(np.ascontiguousarray(value)))
        self.request.infer()
        return {port.any_name: self.request.get_tensor(port).data.copy() for port in self.compiled.outputs}


def describe(built: ov.Model) -> dict[str, dict[str, dict[str, str]]]:
    """Names, element types and shapes of the inputs and outputs, e.g. {"inputs": {"ids": {"type": "i64", …}}}."""

    def ports(side: Sequence[Output]) -> dict[str, dict[str, str]]:
        return {
            port.any_name: {
                "type": port.element_type.get_type_name(),
                "shape": str(port.partial_shape),
            }
            for port in side
        }

    return {"inputs": ports(built.inputs), "outputs": ports(built.outputs)}
