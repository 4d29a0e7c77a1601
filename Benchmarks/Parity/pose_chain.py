"""MediaPipe's three chains in numpy: detect, cut out, find landmarks. Written for comparing, not for speed.

A region is (centre x, centre y, side, angle): a square of the picture, turned clockwise. Places are pixels with centres at .5.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, floor, hypot, pi, sin

import numpy as np

SCORE_MIN, OVERLAP_MAX = 0.5, 0.3


@dataclass(frozen=True)
class Chain:
    """A detector (file, side of its input, priors a cell for each grid, whether pixels are −1 to 1) and its landmark model."""

    detector: str
    detector_side: int
    grids: tuple[tuple[int, int], ...]  # (cells a side, priors a cell)
    symmetric: bool
    landmarks: str
    landmarks_side: int
    count: int
    figures_max: int


FACE = Chain("face_detection_short_range", 128, ((16, 2), (8, 6)), True, "face_landmark", 192, 468, 4)
HAND = Chain("palm_detection_full", 192, ((24, 2), (12, 6)), False, "hand_landmark_full", 224, 21, 4)
BODY = Chain("pose_detection", 224, ((28, 2), (14, 2), (7, 6)), True, "pose_landmark_full", 256, 33, 1)


def logistic(x):
    return 1 / (1 + np.exp(-np.clip(np.asarray(x, np.float64), -100, 100)))


def cut_out(picture: np.ndarray, region, side: int) -> np.ndarray:
    """The region as f32[side, side, 3], 0 to 255: bilinear, black beyond the picture."""
    x, y, length, angle = region
    step = ((np.arange(side) + 0.5) / side - 0.5) * length
    across, down = step[None, :], step[:, None]
    column = x + across * cos(angle) - down * sin(angle) - 0.5
    row = y + across * sin(angle) + down * cos(angle) - 0.5
    height, width = picture.shape[:2]
    padded = np.zeros((height + 2, width + 2, 3))
    padded[1:-1, 1:-1] = picture
    left, top = np.floor(column), np.floor(row)
    result = np.zeros((side, side, 3))
    for right, below in ((0, 0), (1, 0), (0, 1), (1, 1)):
        weight = (1 - abs(column - left - right)) * (1 - abs(row - top - below))
        at_x = np.clip(left + right + 1, 0, width + 1).astype(int)
        at_y = np.clip(top + below + 1, 0, height + 1).astype(int)
        result += padded[at_y, at_x] * weight[..., None]
    return result.astype(np.float32)


def detections(rows: np.ndarray, scores: np.ndarray, chain: Chain) -> list[tuple[np.ndarray, np.ndarray]]:
    """(box: left, top, right, bottom; key points), in units of the input's side; overlapping ones merged by their scores."""
    centres = np.concatenate([
        np.repeat([((x + 0.5) / cells, (y + 0.5) / cells) for y in range(cells) for x in range(cells)], priors, axis=0)
        for cells, priors in chain.grids])
    values = rows.astype(np.float64) / chain.detector_side
    kept = [i for i in np.argsort(-scores, kind="stable") if scores[i] >= SCORE_MIN]
    corners = np.concatenate([centres + values[:, :2] - values[:, 2:4] / 2, centres + values[:, :2] + values[:, 2:4] / 2], axis=1)
    points = values[:, 4:].reshape(len(values), -1, 2) + centres[:, None]
    found = []
    while kept and len(found) < chain.figures_max:
        group = [i for i in kept if i == kept[0] or overlap(corners[kept[0]], corners[i]) > OVERLAP_MAX]
        kept = [i for i in kept if i not in group]
        found.append((np.average(corners[group], axis=0, weights=scores[group]), np.average(points[group], axis=0, weights=scores[group])))
    return found


def overlap(a, b) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def turned(direction, upright: float) -> float:
    """How far `direction` is turned clockwise from `upright` (counter-clockwise from the x axis), −π to π."""
    angle = upright - atan2(-direction[1], direction[0])
    return angle - 2 * pi * floor((angle + pi) / (2 * pi))


def region_of(chain: Chain, box, points):
    """Where the landmark model looks."""
    middle, width, height = (box[:2] + box[2:]) / 2, box[2] - box[0], box[3] - box[1]
    if chain is FACE:
        return (*middle, 1.5 * max(width, height), turned(points[1] - points[0], 0))
    if chain is HAND:
        angle = turned(points[2] - points[0], pi / 2)
        # Half a palm towards the fingers.
        return (middle[0] + sin(angle) * height / 2, middle[1] - cos(angle) * height / 2, 2.6 * max(width, height), angle)
    up = points[1] - points[0]
    return (*points[0], 2.5 * hypot(*up), turned(up, pi / 2))


class PoseChains:
    """The six models, and what they find in a picture."""

    def __init__(self, core, folder):
        options = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
        names = {name for chain in (FACE, HAND, BODY) for name in (chain.detector, chain.landmarks)}
        self._models = {name: core.compile_model(str(folder / f"{name}.tflite"), "CPU", options) for name in sorted(names)}

    def _run(self, name: str, pixels: np.ndarray) -> list[np.ndarray]:
        return [np.array(value)[0] for value in self._models[name]([pixels[None]]).values()]

    def find(self, picture: np.ndarray) -> list[tuple[str, np.ndarray]]:
        """(part, landmarks in pixels [n, 2]) of an RGB picture."""
        height, width = picture.shape[:2]
        side = max(width, height)
        corner = np.array([(width - side) / 2, (height - side) / 2])
        figures = []
        for chain in (FACE, HAND, BODY):
            pixels = cut_out(picture, (width / 2, height / 2, side, 0.0), chain.detector_side) / 255
            first, second = self._run(chain.detector, pixels * 2 - 1 if chain.symmetric else pixels)
            rows, scores = (first, second) if first.shape[-1] > 1 else (second, first)
            for box, points in detections(rows, logistic(scores[:, 0]), chain):
                region = region_of(chain, box * side + np.tile(corner, 2), points * side + corner)
                figures += self._landmarks(chain, picture, region)
        return figures

    def _landmarks(self, chain: Chain, picture, region) -> list[tuple[str, np.ndarray]]:
        x, y, length, angle = region
        outputs = self._run(chain.landmarks, cut_out(picture, region, chain.landmarks_side) / 255)
        values, presence = outputs[0].reshape(-1), float(outputs[1].reshape(-1)[0])
        if (logistic(presence) if chain is FACE else presence) < SCORE_MIN:
            return []
        part = {FACE: "face", BODY: "body"}.get(chain) or ("right_hand" if outputs[2].reshape(-1)[0] > 0.5 else "left_hand")
        stride = 5 if chain is BODY else 3
        own = values.reshape(-1, stride)[:chain.count, :2].astype(np.float64) / chain.landmarks_side - 0.5
        turn = np.array([[cos(angle), sin(angle)], [-sin(angle), cos(angle)]])
        return [(part, np.array([x, y]) + length * own @ turn)]
