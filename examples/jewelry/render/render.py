#!/usr/bin/env python3
"""Renders the shop's pictures: for every product a photo, a second photo that is held back, and a try-on overlay.

Pictures that exist already are kept, so a run that was stopped goes on where it left off.
The LLVM variant of Mitsuba took about 60 % of the scalar one's time; it needs a recent LLVM library, found through
DRJIT_LIBLLVM_PATH (LLVM 15 is too old, LLVM 22 works).
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import mitsuba as mi


def main() -> None:
    here = Path(__file__).resolve().parent
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--out", type=Path, default=here.parent / "catalog", help="catalogue folder (default: %(default)s)")
    ap.add_argument("--only", action="append", default=[], metavar="ID", help="render this product only, even if its pictures exist; may be repeated")
    ap.add_argument("--kind", action="append", choices=("images", "heldout", "overlays"), help="render this kind of picture only; may be repeated")
    ap.add_argument("--again", action="store_true", help="render pictures that exist, too")
    ap.add_argument("--size", type=int, default=320, help="photo side in pixels (default: %(default)s)")
    ap.add_argument("--overlay-size", type=int, default=256, help="longer overlay side in pixels (default: %(default)s)")
    ap.add_argument("--spp", type=int, default=20, help="samples per pixel (default: %(default)s)")
    ap.add_argument("--quality", type=int, default=80, help="JPEG quality (default: %(default)s)")
    ap.add_argument("--variant", default="scalar_rgb", help="Mitsuba variant: scalar_rgb or llvm_ad_rgb (default: %(default)s)")
    ap.add_argument("--list", action="store_true", help="list the products and stop")
    args = ap.parse_args()

    mi.set_variant(args.variant)
    from designs import products
    import scene

    todo = products()
    if args.list:
        print("\n".join(p.id for p in todo))
        return
    if args.only:
        todo = [p for p in todo if p.id in args.only]
        missing = set(args.only) - {p.id for p in todo}
        if missing:
            ap.error("no such product: " + ", ".join(sorted(missing)))
    for name in ("images", "heldout", "overlays"):
        (args.out / name).mkdir(parents=True, exist_ok=True)
    again = args.again or bool(args.only)
    kinds = args.kind or ["images", "heldout", "overlays"]
    anchors_file = here / "overlays.json"
    anchors = json.loads(anchors_file.read_text()) if anchors_file.exists() else {}
    start = time.monotonic()
    for i, product in enumerate(todo, 1):
        d, p = product.design, product.params
        done = []
        for which, folder in ((0, "images"), (1, "heldout")):
            file = args.out / folder / f"{product.id}.jpg"
            if folder in kinds and (again or not file.exists()):
                scene.photo(d.category, d.builder, p, which, args.size, args.spp).save(file, quality=args.quality, optimize=True)
                done.append(folder)
        file = args.out / "overlays" / f"{product.id}.webp"
        if "overlays" in kinds and (again or not file.exists() or product.id not in anchors):
            picture, (x, y), width = scene.overlay(d.category, d.builder, p, args.overlay_size, args.spp)
            picture.save(file, quality=82, method=6)
            anchors[product.id] = {"x": x, "y": y, "width_mm": width, "size_px": list(picture.size)}
            anchors_file.write_text(json.dumps(anchors, indent=1, sort_keys=True) + "\n")
            done.append("overlays")
        if done:
            spent = time.monotonic() - start
            print(f"{i}/{len(todo)} {product.id}: {', '.join(done)} ({spent:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
