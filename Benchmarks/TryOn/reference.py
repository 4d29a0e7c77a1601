"""What the MediaPipe Python package finds in pictures: usage: reference.py FACES HANDS, names of files on standard input, a JSON line each out.

Runs in the environment that `make bench-setup` makes for it: the package needs an older numpy than the other measurements.
Left and right are the person's own, as the plugin tells them: MediaPipe names hands as a mirror shows them.
"""

from __future__ import annotations

import json
import sys
import time

import mediapipe
import numpy as np
from PIL import Image, ImageOps

POSE = mediapipe.solutions.pose.Pose(static_image_mode=True, model_complexity=1)
FACE = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=int(sys.argv[1]))
IRIS = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=int(sys.argv[1]), refine_landmarks=True)
HANDS = mediapipe.solutions.hands.Hands(static_image_mode=True, max_num_hands=int(sys.argv[2]))
MIRRORED = {"Left": "right_hand", "Right": "left_hand"}


def points(landmarks, width: int, height: int) -> list[list[float]]:
    return [[round(p.x * width, 4), round(p.y * height, 4), round(p.z * width, 4)] for p in landmarks.landmark]


def find(file: str) -> dict:
    with Image.open(file) as photo:
        pixels = np.ascontiguousarray(ImageOps.exif_transpose(photo).convert("RGB"))
    height, width = pixels.shape[:2]
    figures, ms = [], {}
    start = time.perf_counter()
    for face in FACE.process(pixels).multi_face_landmarks or []:
        figures.append({"part": "face", "points": points(face, width, height)})
    ms["face"] = (time.perf_counter() - start) * 1e3
    refined = [points(face, width, height)[468:478] for face in IRIS.process(pixels).multi_face_landmarks or []]
    start = time.perf_counter()
    hands = HANDS.process(pixels)
    ms["hand"] = (time.perf_counter() - start) * 1e3
    for hand, side in zip(hands.multi_hand_landmarks or [], hands.multi_handedness or []):
        figures.append({"part": MIRRORED[side.classification[0].label], "points": points(hand, width, height)})
    body = POSE.process(pixels).pose_landmarks
    if body:
        figures.append({"part": "body", "points": points(body, width, height)})
    return {"file": file, "width": width, "height": height, "figures": figures, "iris": refined, "ms": ms}


for line in sys.stdin:
    print(json.dumps(find(line.rstrip("\n"))), flush=True)
