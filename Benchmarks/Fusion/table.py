"""Prints what was measured and writes it as a list of rows. usage: table.py WORK OUT.json LABEL…

A single modality is the best that any of the operators does with it alone.
"""

import json
import sys


def main() -> None:
    work, out, *labels = sys.argv[1:]
    rows: list[dict[str, object]] = []
    for label in labels:
        with open(f"{work}/fusion-{label}.json", encoding="utf-8") as file:
            report = json.load(file)
        found = {m["name"]: {r["name"]: r["value"] for r in m["measures"]} for m in report["models"]}
        for name, values in found.items():
            for metric in ("accuracy", "macro F1", "log loss", "calibration error"):
                rows.append({"row": f"{label} {name}", "metric": metric, "value": values[metric], "unit": ""})
        picture = max(values["accuracy"] for name, values in found.items() if name.endswith(" without text"))
        title = max(values["accuracy"] for name, values in found.items() if name.endswith(" without image"))
        print(f"{label}: picture alone at best {picture:.4f}, title alone at best {title:.4f}")
        for name, values in found.items():
            if " without " in name:
                continue
            alone = [found[f"{name} without {modality}"]["accuracy"] for modality in ("text", "image")]
            gain = values["accuracy"] - max(picture, title)
            print(
                f"   {name:<14} accuracy {values['accuracy']:.4f} ({gain:+.4f})   F1 {values['macro F1']:.4f}"
                f"   its picture alone {alone[0]:.4f}   its title alone {alone[1]:.4f}   calibration error {values['calibration error']:.4f}"
            )
            rows.append({"row": f"{label} {name}", "metric": "accuracy above the best single modality", "value": gain, "unit": ""})
    with open(out, "w", encoding="utf-8") as file:
        json.dump(rows, file, indent=1)


main()
