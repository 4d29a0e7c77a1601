"""Prints what was measured and writes it as a list of rows. usage: table.py WORK OUT.json"""

import json
import os
import sys


def main() -> None:
    work, out = sys.argv[1:]
    rows: list[dict[str, object]] = []

    def add(row: str, metric: str, value: float) -> None:
        rows.append({"row": row, "metric": metric, "value": value, "unit": ""})

    def measures(name: str) -> dict[str, dict[str, dict[str, float]]]:
        with open(f"{work}/{name}.json", encoding="utf-8") as file:
            report = json.load(file)
        return {m["name"].replace(f"{work}/", ""): {r["name"]: r for r in m["measures"]} for m in report["models"]}

    print("titles of unseen products → their pictures")
    for name, found in measures("titles").items():
        shown = "  ".join(f"{metric} {found[metric]['value']:.4f}" for metric in ("Recall@1", "Recall@10", "MRR"))
        print(f"   {name:<22} {shown}   Recall@10 in [{found['Recall@10']['low']:.4f}, {found['Recall@10']['high']:.4f}]")
        for metric in ("Recall@1", "Recall@10", "MRR"):
            add(name, metric, found[metric]["value"])
    for queries in ("composed", "noise-picture", "noise-words"):
        print({"composed": "a picture and words", "noise-picture": "noise for the picture", "noise-words": "noise for the words"}[queries])
        found = {os.path.basename(name).replace("8-attributes", "").strip(): row["NDCG@10"]["value"] for name, row in measures(queries).items()}
        alone = {name: value for name, value in found.items() if name.startswith("by ")}
        best = max(alone.values()) if queries == "composed" else alone["by words alone" if queries == "noise-picture" else "by picture alone"]
        for name, value in found.items():
            ratio = "" if name.startswith("by ") else f"   {value / best:.2f} of the best single modality that is there"
            print(f"   {name:<22} NDCG@10 {value:.4f}{ratio}")
            add(f"{queries} {name}", "NDCG@10", value)
            if ratio:
                add(f"{queries} {name}", "of the best single", value / best)
    with open(out, "w", encoding="utf-8") as file:
        json.dump(rows, file, indent=1)


main()
