"""Composed queries from a products file: a picture and words that change one thing. usage: composed.py TEST.jsonl OUT.jsonl

Frozen: the queries that this makes are what composed retrieval is measured with. Every 5th product that has one asks for the same article type and
gender in another colour ("in blue"), or for the other gender in the same colour ("for women"); right is every other product that is so.
"""

import json
import sys
from collections import defaultdict

GENDERS = ("Men", "Women", "Boys", "Girls")


def gender(row: dict) -> str:
    words = row["title"].replace("'s", "").split()
    return next((name for name in GENDERS if name in words), "")


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    kinds = defaultdict(list)
    for row in rows:
        kinds[row["article_type"], gender(row), row["base_colour"]].append(row["id"])
    colours = sorted({row["base_colour"] for row in rows})
    queries = []
    for number, row in enumerate(rows[::5]):
        kind, who, colour = row["article_type"], gender(row), row["base_colour"]
        if number % 2 == 0 or not who:
            # The colour after this one, in alphabetical order, that the kind comes in.
            start = colours.index(colour) + 1
            other = next((c for c in colours[start:] + colours[:start] if c != colour and kinds[kind, who, c]), None)
            if other is None:
                continue
            words, right = f"in {other.lower()}", kinds[kind, who, other]
        else:
            others = [name for name in GENDERS if name != who and kinds[kind, name, colour]]
            if not others:
                continue
            words, right = f"for {others[0].lower()}", kinds[kind, others[0], colour]
        queries.append({"id": row["id"], "text": words, "image": row["image"], "relevant": right})
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.writelines(json.dumps(query) + "\n" for query in queries)


main()
