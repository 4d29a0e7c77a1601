"""What each network costs alone: on one core, on two, and two of it side by side; both eyes as a batch."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from measuring import CACHE, Report, missing

MODELS = CACHE / "models"
LEAN, WHOLE = MODELS / "mediapipe-lean", MODELS / "mediapipe"
FILES = [WHOLE / "face_detection_short_range.tflite", WHOLE / "face_landmark.tflite", LEAN / "iris_landmark.xml", WHOLE / "iris_landmark.tflite",
         WHOLE / "palm_detection_full.tflite", WHOLE / "hand_landmark_full.tflite", WHOLE / "pose_detection.tflite",
         LEAN / "pose_landmark_full.xml", WHOLE / "pose_landmark_full.tflite"]
RUNS, WARM_UP = 30, 5


def networks(report: Report) -> None:
    if why := missing("numpy", "openvino"):
        return report.absent("networks", why)
    import numpy as np
    import openvino as ov

    core, random = ov.Core(), np.random.default_rng(3)

    def compiled(file: Path, batch: int = 1, **properties: str):
        model = core.read_model(file)
        shape = [batch, *list(model.inputs[0].shape)[1:]]
        if batch > 1:
            model.reshape(shape)
        return core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", **properties}), random.random(shape, np.float32)

    def times(file: Path, threads: int, batch: int = 1) -> tuple[float, float]:
        model, pixels = compiled(file, batch, PERFORMANCE_HINT="LATENCY", INFERENCE_NUM_THREADS=str(threads))
        request, wall, cpu = model.create_infer_request(), [], []
        for _ in range(WARM_UP + RUNS):
            begin, used = time.perf_counter(), time.process_time()
            request.infer([pixels])
            wall.append((time.perf_counter() - begin) * 1e3)
            cpu.append((time.process_time() - used) * 1e3)
        return statistics.median(wall[WARM_UP:]), statistics.median(cpu[WARM_UP:])

    def both(file: Path) -> float:
        model, pixels = compiled(file, NUM_STREAMS="2", INFERENCE_NUM_THREADS="2")
        queue = ov.AsyncInferQueue(model, 2)
        for _ in range(2 * WARM_UP):
            queue.start_async([pixels])
        queue.wait_all()
        begin = time.perf_counter()
        for _ in range(2 * RUNS):
            queue.start_async([pixels])
        queue.wait_all()
        return (time.perf_counter() - begin) * 1e3 / (2 * RUNS)

    for file in FILES:
        row = f"{file.parent.name}/{file.stem}"
        for threads in (1, 2):
            wall, cpu = times(file, threads)
            cores = "one core" if threads == 1 else "two cores"
            report.add(row, f"one run on {cores}, median of {RUNS}", wall, "ms")
            report.add(row, f"its CPU time on {cores}", cpu, "ms")
        report.add(row, "two side by side, time for each", both(file), "ms")
    report.add("mediapipe-lean/iris_landmark", "both eyes as one batch, on one core", times(LEAN / "iris_landmark.xml", 1, 2)[0], "ms")
