"""Finds how much each part of a picture counts, on the training half alone. usage: weights.py WORK

Learns canonical correlation from three quarters of WORK/train.jsonl and asks with the titles of the last quarter among its pictures; one part's weight
after the other is varied, in two rounds. `run` must have encoded pictures and titles before (WORK/features). The half that is measured is not read.
What is found stands, rounded, in Sources/Training/Alignment/PictureLayout.swift. Five minutes of processor time.
"""

import hashlib
import json
import math
import re
import struct
import sys
from pathlib import Path

import numpy as np

# Where each part stands in a row (PictureLayout), in blocks that are brought to length 1 each.
BLOCKS = {
    "mean": [(0, 1280)],
    "max": [(1280, 2560)],
    "middle": [(2560, 2648), (2648, 2768), (2768, 2976)],
    "logits": [(2976, 3976)],
    "colours": [(3976, 4192)],
    "tiny": [(4192, 5092)],
}
CENTRED = {"logits", "tiny"}
STARTS = {"mean": 1.0, "max": 0.5, "middle": 0.5, "logits": 0.5, "colours": 0.5, "tiny": 0.5}
FACTORS = (0.0, 0.5, 0.71, 1.41, 2.0)
RIDGE = (0.3, 1.0)
DIMENSIONS = 300


def table(folder: Path) -> dict[str, np.ndarray]:
    """The rows of one kind, by key."""
    rows: dict[str, np.ndarray] = {}
    for path in sorted(folder.glob("*.safetensors")):
        data = path.read_bytes()
        (size,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8 : 8 + size])
        start, end = header["features"]["data_offsets"]
        matrix = np.frombuffer(data[8 + size + start : 8 + size + end], np.float32).reshape(header["features"]["shape"])
        rows.update(zip(header["__metadata__"]["keys"].split("\n"), matrix))
    return rows


def words(titles: list[str]) -> list[list[str]]:
    cut = [re.findall(r"[^\W_]+(?:'[^\W_]+)*", title.lower()) for title in titles]
    return [own + [f"{a}_{b}" for a, b in zip(own, own[1:])] for own in cut]


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)


def ridged(c: np.ndarray, share: float) -> np.ndarray:
    return c + np.eye(len(c), dtype=c.dtype) * (share * np.trace(c) / len(c))


class Search:
    def __init__(self, work: Path) -> None:
        rows = [json.loads(line) for line in (work / "train.jsonl").read_text().splitlines()]
        pictures = table(work / "features/efficientnet-lite2-layers")
        sentences = table(next((work / "features").glob("text-encoder-*")))
        titles = [row["title"] for row in rows]
        features = np.stack([pictures[hashlib.sha256((work / "images" / row["image"]).read_bytes()).hexdigest()] for row in rows])
        said = np.stack([sentences[hashlib.sha256(title.encode()).hexdigest()] for title in titles])
        order = np.random.default_rng(1).permutation(len(rows))
        held, learnt = order[: len(rows) // 4], order[len(rows) // 4 :]
        # Parts of length 1, centred by the rows that are learnt from.
        self.parts: list[tuple[str, int]] = []
        columns = []
        for name, blocks in BLOCKS.items():
            for start, end in blocks:
                block = features[:, start:end]
                if name in CENTRED:
                    block = block - block[learnt].mean(0)
                columns.append(unit(block))
                self.parts.append((name, end - start))
        x = np.concatenate(columns, axis=1)
        x = (x - x[learnt].mean(0)).astype(np.float32)
        cut = words(titles)
        counts: dict[str, int] = {}
        for row in learnt:
            for word in set(cut[row]):
                counts[word] = counts.get(word, 0) + 1
        chosen = {word: at for at, word in enumerate(sorted(word for word, count in counts.items() if count >= 3))}
        tfidf = np.zeros((len(rows), len(chosen)), np.float32)
        for at, own in enumerate(cut):
            for word in own:
                if word in chosen:
                    tfidf[at, chosen[word]] = math.log((1 + len(learnt)) / (1 + counts[word])) + 1
        y = np.concatenate([said, unit(tfidf)], axis=1)
        y = (y - y[learnt].mean(0)).astype(np.float32)
        # Titles stay as they are: whitened once, in their first directions towards the pictures.
        n = len(learnt)
        lower = np.linalg.cholesky(ridged(y[learnt].T @ y[learnt] / n, RIDGE[1]).astype(np.float64))
        white = np.linalg.solve(lower, y.T.astype(np.float64)).T.astype(np.float32)
        _, _, turn = np.linalg.svd(x[learnt].T @ white[learnt] / n, full_matrices=False)
        white = white @ turn[: 2 * DIMENSIONS].T
        self.x, self.white, self.held = x, white, held
        self.inside = x[learnt].T @ x[learnt] / n
        self.across = x[learnt].T @ white[learnt] / n
        self.titles = [titles[row] for row in held]

    def recall(self, weights: dict[str, float]) -> float:
        scale = np.concatenate([np.full(width, weights[name], np.float32) for name, width in self.parts])
        kept = scale > 0
        scale = scale[kept]
        inside = ridged(self.inside[np.ix_(kept, kept)] * scale[:, None] * scale[None, :], RIDGE[0])
        across = self.across[kept] * scale[:, None]
        solved = np.linalg.solve(inside, across)
        values, turn = np.linalg.eigh(across.T @ solved)
        best = np.argsort(-values)[:DIMENSIONS]
        sigma = np.sqrt(np.maximum(values[best], 1e-9))
        pictures = unit((self.x[self.held][:, kept] * scale) @ (solved @ (turn[:, best] / sigma)) * sigma)
        asked = unit(self.white[self.held] @ turn[:, best] * sigma)
        scores = asked @ pictures.T
        same: dict[str, list[int]] = {}
        for at, title in enumerate(self.titles):
            same.setdefault(title, []).append(at)
        found = 0.0
        for at, title in enumerate(self.titles):
            own = same[title]
            found += sum((scores[at] > scores[at, other]).sum() < 10 for other in own) / len(own)
        return found / len(self.titles)


def main() -> None:
    search = Search(Path(sys.argv[1]))
    weights = dict(STARTS)
    best = search.recall(weights)
    print(f"start {weights}: Recall@10 {best:.4f} of {len(search.titles)} held-out titles of the training half", flush=True)
    for _ in range(2):
        for name in [name for name in BLOCKS if name != "mean"]:
            before = weights[name] or 0.5
            for factor in FACTORS:
                tried = {**weights, name: round(before * factor, 2)}
                value = search.recall(tried)
                print(f"   {name} {tried[name]:.2f}: {value:.4f}", flush=True)
                if value > best:
                    best, found = value, tried
                    weights = found
    print(f"found {weights}: Recall@10 {best:.4f}")


main()
