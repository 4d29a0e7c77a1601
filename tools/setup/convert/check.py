"""Self-check of installed models: run each once on made-up input and compare with what is pinned.

`expected/ID.json` holds a list of cases: a model file, its inputs by recipe and, for each output, its shape and 16
values evenly spread over it.  A wrong weight or operator moves them far more than the tolerance; another
processor's rounding moves them far less.

Run alone: python -m convert.check ID FOLDER         compare, exit 1 and say where they differ
           python -m convert.check --pin ID FOLDER   write the values into expected/ID.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from convert import ir

EXPECTED = Path(__file__).resolve().parent.parent / "expected"
SAMPLES = 16
TOLERANCE = 5e-3
"""Of the largest magnitude among an output's pinned values, and at least of 1."""


def made(recipe: dict[str, Any]) -> np.ndarray:
    """An input: {"shape", "type", "fill"} with fill "zeros", "sine", "ramp" or a list of values."""
    kind = np.dtype(recipe["type"])
    fill, shape = recipe["fill"], recipe["shape"]
    index = np.arange(int(np.prod(shape)))
    if fill == "zeros":
        values = np.zeros(index.size)
    elif fill == "sine":
        values = np.sin(index * 0.07) * np.cos(index * 0.0011)
    elif fill == "ramp":
        values = index * 7 % 251
    else:
        values = np.array(fill)
    return values.astype(kind).reshape(shape)


def sampled(value: np.ndarray) -> list[float]:
    """Values evenly spread over an output."""
    flat = value.ravel()
    places = np.linspace(0, flat.size - 1, min(SAMPLES, flat.size)).astype(int)
    return [round(float(flat[place]), 6) for place in places]


def outputs(case: dict[str, Any], folder: Path) -> dict[str, dict[str, Any]]:
    """Run one case."""
    runner = ir.Runner(folder / case["model"])
    results = runner(**{name: made(recipe) for name, recipe in case["inputs"].items()})
    return {name: {"shape": list(value.shape), "values": sampled(value)} for name, value in results.items()}


def differences(case: dict[str, Any], found: dict[str, dict[str, Any]]) -> list[str]:
    """What is not as pinned, one line each."""
    lines = []
    for name, pin in case["outputs"].items():
        label, got = f"{case['model']} {name}", found.get(name)
        if got is None:
            lines.append(f"{label}: no such output, there are {', '.join(found)}")
        elif got["shape"] != pin["shape"]:
            lines.append(f"{label}: shape {got['shape']}, pinned {pin['shape']}")
        else:
            error = float(np.abs(np.subtract(got["values"], pin["values"])).max())
            allowed = TOLERANCE * max(1.0, float(np.abs(pin["values"]).max()))
            if not error <= allowed:  # also catches NaN
                lines.append(f"{label}: off by {error:.2g}, allowed {allowed:.2g}")
    return lines


def main(arguments: list[str]) -> int:
    pin = arguments[0] == "--pin"
    identifier, folder = arguments[1:] if pin else arguments
    path = EXPECTED / f"{identifier}.json"
    cases = json.loads(path.read_text())
    wrong: list[str] = []
    for case in cases:
        found = outputs(case, Path(folder))
        if pin:
            case["outputs"] = found
        else:
            wrong += differences(case, found)
    if pin:
        path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
