"""The canonical face of the pose estimator, from the MediaPipe meshes of any photos: the table of Plugins/PoseEstimator/CanonicalFace.swift.

usage: reference.py 1 0 <names of photos | canonical_face.py   (in the environment that `make bench-setup` makes for MediaPipe)

Generalised Procrustes analysis: every mesh is aligned to the mean by a similarity transform (Umeyama 1991), again and again; the mean is made
symmetric in each round. The frame: x from the right eye's outer corner to the left one's, which lie 88.1 mm apart (mean of women and men, Farkas,
Anthropometry of the Head and Face, 1994); y from the forehead to below the nose.
"""

from __future__ import annotations

import json
import sys

import numpy as np

# Points that the mouth does not move; of the right and the left side, then of the middle.
PAIRS = [(33, 263), (133, 362), (159, 386), (145, 374), (70, 300), (105, 334), (107, 336), (55, 285), (46, 276), (54, 284), (103, 332), (67, 297),
         (127, 356), (234, 454), (162, 389), (93, 323), (50, 280), (117, 346), (123, 352), (205, 425), (98, 327), (64, 294), (129, 358), (48, 278),
         (122, 351), (193, 417)]
MIDDLE = [168, 6, 197, 195, 5, 4, 1, 2, 10, 151, 9, 8]
INDEX = [i for pair in PAIRS for i in pair] + MIDDLE
AT = {index: place for place, index in enumerate(INDEX)}
MIRROR = [AT[i] for a, b in PAIRS for i in (b, a)] + [AT[i] for i in MIDDLE]
EYES_MM, ROUNDS = 88.1, 20


def similarity(source, target):
    """Scale, rotation and place that lay `source` onto `target` best."""
    middle, goal = source.mean(0), target.mean(0)
    a, b = source - middle, target - goal
    u, strength, v = np.linalg.svd(b.T @ a)
    signs = np.array([1, 1, np.sign(np.linalg.det(u @ v))])
    rotation = u @ np.diag(signs) @ v
    scale = (strength * signs).sum() / (a**2).sum()
    return scale, rotation, goal - scale * rotation @ middle


def laid(source, target):
    scale, rotation, place = similarity(source, target)
    return scale * source @ rotation.T + place


faces = [np.array(figure["points"])[INDEX] for figures in (json.loads(line)["figures"] for line in sys.stdin)
         for figure in figures if figure["part"] == "face"]
mean = faces[0] - faces[0].mean(0)
mean /= np.sqrt((mean**2).sum())
for _ in range(ROUNDS):
    mean = np.mean([laid(face, mean) for face in faces], axis=0)
    mean -= mean.mean(0)
    mean = (mean + laid(mean[MIRROR] * [-1, 1, 1], mean)) / 2
    mean /= np.sqrt((mean**2).sum())
across = mean[AT[263]] - mean[AT[33]]
across /= np.linalg.norm(across)
down = mean[AT[2]] - mean[AT[10]]
down -= across * (across @ down)
down /= np.linalg.norm(down)
face = (mean - (mean[AT[33]] + mean[AT[263]]) / 2) @ np.stack([across, down, np.cross(across, down)]).T
face *= EYES_MM / np.linalg.norm(face[AT[263]] - face[AT[33]])
face = (face + face[MIRROR] * [-1, 1, 1]) / 2
print(f"mean of {len(faces)} faces")
for index, place in zip(INDEX, face):
    print(f"({index}, {', '.join(f'{v + 0:.1f}' for v in place)}),")
