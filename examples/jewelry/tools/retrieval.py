#!/usr/bin/env python3
"""Asks, for every held-back photo, at which place the search by picture finds its own product.

`--model` is an OpenVINO IR (or ONNX file) that maps f32[1, 3, 260, 260], (x - 127) / 128, to an output named
"embedding". Needs `pip install openvino==2026.4.1 numpy pillow`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import openvino as ov
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--model", type=Path, required=True)
    ap.add_argument("--catalog", type=Path, default=ROOT / "catalog")
    ap.add_argument("--side", type=int, default=260, help="input side in pixels (default: %(default)s)")
    args = ap.parse_args()
    model = ov.Core().compile_model(str(args.model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def embed(file: Path) -> np.ndarray:
        picture = Image.open(file).convert("RGB").resize((args.side, args.side), Image.BILINEAR)
        x = (np.asarray(picture, np.float32).transpose(2, 0, 1)[None] - 127) / 128
        e = model({0: x})["embedding"].ravel()
        return e / np.linalg.norm(e)

    ids = [json.loads(line)["id"] for line in (args.catalog / "heldout.jsonl").read_text().splitlines()]
    shop = np.stack([embed(args.catalog / "images" / f"{i}.jpg") for i in ids])
    asked = np.stack([embed(args.catalog / "heldout" / f"{i}.jpg") for i in ids])
    for name, mean in (("cosine", 0.0), ("cosine, catalogue mean removed", shop.mean(0))):
        a, b = shop - mean, asked - mean
        a /= np.linalg.norm(a, axis=1, keepdims=True)
        b /= np.linalg.norm(b, axis=1, keepdims=True)
        score = b @ a.T
        place = np.array([int((row > row[i]).sum()) + 1 for i, row in enumerate(score)])
        print(f"{name}: {len(ids)} products, top 1 {np.mean(place == 1):.1%}, top 5 {np.mean(place <= 5):.1%}")
        for i in np.argsort(-place):
            if place[i] > 5:
                print(f"  {place[i]:4d}  {ids[i]}  <-  {', '.join(ids[j] for j in np.argsort(-score[i])[:3])}")


if __name__ == "__main__":
    main()
