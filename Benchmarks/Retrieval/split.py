"""Splits a products file into every second product to learn from and the others to ask for. usage: split.py PRODUCTS WORK

WORK/images holds the pictures; WORK/train.jsonl, WORK/test.jsonl and WORK/queries.jsonl are written.
"""

import json
import os
import sys


def main() -> None:
    products, work = sys.argv[1:]
    with open(products, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    found = {}
    for folder, _, names in os.walk(f"{work}/images"):
        for name in names:
            found[name] = os.path.relpath(os.path.join(folder, name), f"{work}/images")
    for row in rows:
        row["image"] = found[row["image"]]
    test = rows[1::2]
    for name, part in (("train", rows[0::2]), ("test", test)):
        with open(f"{work}/{name}.jsonl", "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in part)
    with open(f"{work}/queries.jsonl", "w", encoding="utf-8") as file:
        file.writelines(json.dumps({"id": row["id"], "text": row["title"], "relevant": [row["id"]]}) + "\n" for row in test)


main()
