"""Landmark models of MediaPipe (TFLite) → OpenVINO IR with the outputs that are read alone, and the layers that they need.

    pose_landmark_full.xml   without the silhouette of the body and its places in metres: three quarters of the time
    iris_landmark.xml        without the contours of eye and brow: nine tenths

The numbers that stay are the same.  Run alone: python -m convert.lean DESTINATION SOURCE.tflite…
"""

from __future__ import annotations

import sys
from pathlib import Path

import openvino as ov

from convert import ir

WANTED = {
    "pose_landmark_full": ("Identity", "Identity_1", "Identity_3"),
    "iris_landmark": ("output_iris",),
}


def lean(whole: ov.Model, wanted: tuple[str, ...]) -> ov.Model:
    """The part of `whole` that gives the outputs `wanted`, in that order and under the same names."""
    named = {name: result for result in whole.get_results() for name in result.output(0).get_names()}
    outputs = {name: named[name].input_value(0) for name in wanted}
    return ir.model(whole.get_friendly_name(), [parameter.output(0) for parameter in whole.get_parameters()], outputs)


def convert(source: Path, destination: Path) -> None:
    """Write the IR of one model; its weights stay as they are at the source."""
    ir.save(lean(ov.Core().read_model(source), WANTED[source.stem]), destination / f"{source.stem}.xml")


if __name__ == "__main__":
    for file in sys.argv[2:]:
        convert(Path(file), Path(sys.argv[1]))
