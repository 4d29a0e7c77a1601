#!/usr/bin/env python3
"""Checks the example shop: every file present and readable, every reference kept, every size within its limit."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
PICTURES_BYTES_MAX = 8_000_000
FILE_BYTES_MAX = 200_000
AUDIO_BYTES_MAX = 400_000


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> int:
    faults: list[str] = []

    def must(ok: bool, what: str) -> None:
        if not ok:
            faults.append(what)

    catalog = ROOT / "catalog"
    shop = {r["id"]: r for r in rows(catalog / "products.jsonl")}
    must(len(shop) == len(rows(catalog / "products.jsonl")), "product ids are not unique")
    for name in ("en", "zh"):
        must(len({p["title"][name] for p in shop.values()}) == len(shop), f"titles are not unique in {name}")
        must(len({p["description"][name] for p in shop.values()}) == len(shop), f"descriptions are not unique in {name}")
    held = {r["id"]: r["image"] for r in rows(catalog / "heldout.jsonl")}
    must(held.keys() == shop.keys(), "heldout.jsonl and products.jsonl name different products")
    named: set[Path] = set()
    for i, p in shop.items():
        for ref in (p["image"], p["overlay"]["image"], held.get(i, "")):
            file = catalog / ref
            named.add(file)
            if not file.is_file():
                faults.append(f"{i}: no file {ref}")
                continue
            with Image.open(file) as im:
                im.load()
                if ref == p["overlay"]["image"]:
                    a = p["overlay"]["anchor"]
                    must(im.mode == "RGBA" and im.getchannel("A").getextrema()[0] == 0, f"{i}: overlay is not transparent")
                    must(0 <= a["x"] <= im.width and 0 <= a["y"] <= im.height, f"{i}: anchor outside the overlay")
                else:
                    must(im.mode == "RGB", f"{i}: {ref} is {im.mode}")
        must(p["price"]["amount_minor"] > 0 and p["stock"] >= 0, f"{i}: price or stock")
    pictures = sorted(f for d in ("images", "heldout", "overlays") for f in (catalog / d).iterdir())
    for f in pictures:
        must(f in named, f"{f.relative_to(ROOT)} belongs to no product")
    users = {u["id"] for u in rows(ROOT / "users.jsonl")}
    for o in rows(ROOT / "orders.jsonl"):
        must(o["user"] in users, f"{o['id']}: unknown user")
        must(all(item["product"] in shop for item in o["items"]), f"{o['id']}: unknown product")
        must(o["total_minor"] == o["shipping_minor"] + sum(i["price_minor"] * i["quantity"] for i in o["items"]), f"{o['id']}: total")
    for r in rows(ROOT / "reviews.jsonl"):
        must(r["product"] in shop and r["user"] in users and 1 <= r["rating"] <= 5, f"{r['id']}: reference or rating")
    for f in sorted((ROOT / "policies").glob("*.en.md")):
        other = f.with_name(f.name.replace(".en.", ".zh."))
        must(other.is_file() and other.read_text().count("\n## ") == f.read_text().count("\n## "), f"{f.name}: the Chinese text differs in sections")
    sizes = {d: sum(f.stat().st_size for f in (catalog / d).iterdir()) for d in ("images", "heldout", "overlays")}
    must(sum(sizes.values()) <= PICTURES_BYTES_MAX, f"pictures take {sum(sizes.values())} bytes")
    audio = sum(f.stat().st_size for f in (ROOT / "audio").glob("*.flac"))
    must(audio <= AUDIO_BYTES_MAX, f"audio takes {audio} bytes")
    for f in ROOT.rglob("*"):
        if f.is_file() and f.suffix not in (".jsonl", ".yaml", ".md", ".py", ".json"):
            must(f.stat().st_size <= FILE_BYTES_MAX, f"{f.relative_to(ROOT)} is over {FILE_BYTES_MAX} bytes")
    print(f"{len(shop)} products; bytes: " + ", ".join(f"{k} {v}" for k, v in sizes.items()) + f", audio {audio}")
    for fault in faults:
        print("fault:", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
