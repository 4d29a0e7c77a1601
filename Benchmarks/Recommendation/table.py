"""Prints one set's measures and adds them to a list of rows. usage: table.py NAME SECONDS REPORT.json ROWS.json"""

import json
import os
import sys

METRICS = ("HR@10", "NDCG@10", "MRR", "coverage@10", "diversity@10")


def main() -> None:
    name, seconds, source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        report = json.load(file)
    rows = []
    if os.path.exists(target):
        with open(target, encoding="utf-8") as file:
            rows = json.load(file)
    rows.append({"row": f"{name} ranker", "metric": "training", "value": float(seconds), "unit": "s"})
    print(f"{name}: trained in {seconds} s")
    reached = {}
    for model in report["models"]:
        found = {row["name"]: row["value"] for row in model["measures"]}
        who = "item-knn" if model["name"] == "item-knn" else "ranker"
        reached[who] = found["NDCG@10"]
        print(f"   {who:<10}", "  ".join(f"{metric} {found[metric]:.4f}" for metric in METRICS))
        rows += [{"row": f"{name} {who}", "metric": metric, "value": found[metric], "unit": ""} for metric in METRICS]
    if "item-knn" in reached:
        print(f"   NDCG@10 is {reached['ranker'] / reached['item-knn']:.2f} times the baseline's")
        rows.append({"row": f"{name} ranker", "metric": "NDCG@10 beside item-knn", "value": reached["ranker"] / reached["item-knn"], "unit": "times"})
    for row in report["comparisons"]:
        if row["measure"] == "NDCG@10":
            print(f"   difference {row['difference']:+.4f} [{row['low']:.4f}, {row['high']:.4f}], p = {row['pValue']:.4f}")
    with open(target, "w", encoding="utf-8") as file:
        json.dump(rows, file, indent=1)


main()
