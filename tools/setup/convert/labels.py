"""ImageNet-1k class names (JSON list) → imagenet-labels.txt, line i for logit i.

Run alone: python -m convert.labels DESTINATION names.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

CLASSES = 1000


def convert(source: Path, destination: Path) -> None:
    """Write the names one a line."""
    names = json.loads(source.read_text())
    if len(names) != CLASSES or any("\n" in name for name in names):
        raise ValueError(f"{len(names)} class names, {CLASSES} wanted")
    (destination / "imagenet-labels.txt").write_text("\n".join(names) + "\n")


if __name__ == "__main__":
    convert(Path(sys.argv[2]), Path(sys.argv[1]))
