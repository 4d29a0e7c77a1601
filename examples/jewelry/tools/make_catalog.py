#!/usr/bin/env python3
"""Writes catalog/products.jsonl and catalog/heldout.jsonl from the designs and the overlays' measures.

The same designs give the same bytes: every choice of words comes from a hash of the product's id.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "render"))

import builders_chains  # noqa: E402
import builders_earrings  # noqa: E402
import builders_rings  # noqa: E402
from designs import Product, products  # noqa: E402
from geometry import Model  # noqa: E402

METAL_EN = {"gold": "{k}K Gold", "rose_gold": "{k}K Rose Gold", "silver": "Sterling Silver", "platinum": "Platinum"}
METAL_ZH = {"gold": "{k}K金", "rose_gold": "{k}K玫瑰金", "silver": "925银", "platinum": "铂金"}
GEM = {
    "diamond": ("Diamond", "钻石", "clear"), "ruby": ("Ruby", "红宝石", "red"), "sapphire": ("Sapphire", "蓝宝石", "blue"),
    "emerald": ("Emerald", "祖母绿", "green"), "amethyst": ("Amethyst", "紫水晶", "purple"), "topaz": ("Blue Topaz", "蓝托帕石", "light blue"),
    "citrine": ("Citrine", "黄水晶", "yellow"), "garnet": ("Garnet", "石榴石", "dark red"), "peridot": ("Peridot", "橄榄石", "lime green"),
    "pearl": ("Pearl", "珍珠", "white"), "black_pearl": ("Black Pearl", "黑珍珠", "black"), "opal": ("Opal", "欧泊", "iridescent"),
    "turquoise": ("Turquoise", "绿松石", "turquoise"), "onyx": ("Onyx", "黑玛瑙", "black"), "jade": ("Jade", "翡翠", "green"),
    "lapis": ("Lapis Lazuli", "青金石", "deep blue"), "coral": ("Coral", "珊瑚", "coral red"), "moonstone": ("Moonstone", "月光石", "milky blue"),
    "rose_quartz": ("Rose Quartz", "粉晶", "pink"),
}
METAL_COLOR = {"gold": "gold", "rose_gold": "rose gold", "silver": "silver", "platinum": "white"}

STONE_EN = {
    "diamond": ["The diamonds are eye-clean and cut for sparkle.", "White diamonds give it a bright, cool fire."],
    "ruby": ["The ruby red is warm and saturated, never pink.", "Deep red rubies, matched by eye for an even colour."],
    "sapphire": ["Royal blue sapphires hold their colour even in evening light.", "A clear cornflower-to-royal blue, chosen for depth."],
    "emerald": ["Emerald green with the fine inclusions that tell a natural stone.", "The green is lively and slightly cool."],
    "amethyst": ["Violet amethyst with flashes of pink in the sun.", "The amethyst is an even, medium purple."],
    "topaz": ["The topaz is the blue of a shallow sea.", "Sky-blue topaz, bright and very clear."],
    "citrine": ["Honey-coloured citrine that glows like late afternoon.", "A sunny, golden citrine without brown in it."],
    "garnet": ["Wine-red garnet, almost black in the shade and glowing in the light.", "The garnet is a deep pomegranate red."],
    "peridot": ["Fresh, leafy green peridot.", "The peridot is bright green with a hint of gold."],
    "pearl": ["Freshwater pearls with a soft, creamy lustre.", "The pearls are white with a trace of cream and a calm shine."],
    "black_pearl": ["Dark pearls with a smoky, metallic gleam.", "The black pearls shift from charcoal to steel as they turn."],
    "opal": ["Pink, green and blue play under the opal's surface.", "No two opals flash the same colours, so yours will be its own."],
    "turquoise": ["Turquoise with natural dark veins, a little different in every piece.", "The blue-green turquoise is polished to a soft gloss."],
    "onyx": ["Black onyx, polished until it mirrors the room.", "The onyx is a dense, even black."],
    "jade": ["Cloudy green jade, cool to the touch.", "The jade is a quiet mossy green with paler drifts."],
    "lapis": ["Night-blue lapis, flecked with tiny golden grains.", "Deep blue lapis with sparks of pyrite."],
    "coral": ["Warm coral red that flatters every skin.", "The coral-coloured stone is smooth and evenly red."],
    "moonstone": ["A pale blue sheen floats over the moonstone as it moves.", "Milky moonstone with a cool glow."],
    "rose_quartz": ["Rose quartz in a gentle, cloudy pink.", "The quartz is a tender pink, like the inside of a shell."],
}
STONE_ZH = {
    "diamond": ["钻石肉眼无瑕，切工以火彩为先。", "白钻清亮，闪光冷冽。"], "ruby": ["红宝石色泽浓郁温暖，不偏粉。", "红宝石逐颗比色，红得均匀。"],
    "sapphire": ["皇家蓝蓝宝石，夜晚灯下依然浓郁。", "蓝得清透而有深度。"], "emerald": ["祖母绿带有天然石特有的细小花园。", "绿意鲜活，略带冷调。"],
    "amethyst": ["紫水晶在阳光下泛出粉色闪光。", "紫色均匀，浓淡适中。"], "topaz": ["托帕石是浅海般的蓝。", "天蓝色托帕石，通透明亮。"],
    "citrine": ["蜜色黄水晶，像午后的阳光。", "金黄明快，不带棕调。"], "garnet": ["酒红色石榴石，暗处近黑，光下透亮。", "如石榴籽般深红。"],
    "peridot": ["橄榄石绿得像新叶。", "亮绿之中带一点金。"], "pearl": ["淡水珍珠，光泽柔和温润。", "珍珠白中微带奶油色，莹润内敛。"],
    "black_pearl": ["黑珍珠泛着烟灰的金属光泽。", "转动时由炭黑变为钢灰。"], "opal": ["欧泊表面之下粉、绿、蓝流转。", "每颗欧泊的变彩都不相同，独一无二。"],
    "turquoise": ["绿松石带天然铁线，件件略有不同。", "蓝绿色的松石抛出柔和光泽。"], "onyx": ["黑玛瑙抛光如镜。", "玛瑙黑得浓密均匀。"],
    "jade": ["翡翠绿如云絮，触手生凉。", "苔绿之中飘着浅色棉絮，沉静耐看。"], "lapis": ["青金石如夜空，点点金星闪烁。", "深蓝之中带着黄铁矿的金点。"],
    "coral": ["珊瑚红温暖显白。", "色泽匀净的珊瑚红，表面光滑。"], "moonstone": ["月光石随角度浮起一层淡蓝辉光。", "乳白的月光石，清冷柔和。"],
    "rose_quartz": ["粉晶是云雾般的淡粉。", "温柔的粉色，宛如贝壳内壁。"],
}
FINISH_EN = {
    "gold": ["Polished yellow gold with a warm, even shine.", "In yellow gold that keeps its colour for good: nothing is plated."],
    "rose_gold": ["Rose gold with a soft copper blush.", "The rose gold is alloyed with copper, which gives it its warm pink."],
    "silver": ["Sterling silver with a cool, bright shine.", "Solid sterling silver, finished by hand."],
    "platinum": ["Platinum is dense, grey-white and made to be worn for a lifetime.", "In solid platinum, which never needs replating."],
}
FINISH_ZH = {
    "gold": ["黄金色泽温暖匀净。", "整体实金打造，不是镀层，不会褪色。"], "rose_gold": ["玫瑰金泛着柔和的铜粉色。", "合金中加入铜，才有这抹暖粉。"],
    "silver": ["925银，冷光明亮。", "实心925银，手工收尾。"], "platinum": ["铂金密实、灰白，适合戴一辈子。", "实心铂金，永远不用重新电镀。"],
}


def pick(seq: list[str], *key: str) -> str:
    return seq[int(hashlib.sha256("/".join(key).encode()).hexdigest()[:8], 16) % len(seq)]


def number(*key: str) -> float:
    return int(hashlib.sha256("/".join(key).encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


def model_of(product: Product) -> Model:
    p, c = product.params, product.design.category
    if c == "ring":
        return builders_rings.BUILDERS[product.design.builder](p)
    if c == "earrings":
        return builders_earrings.BUILDERS[product.design.builder](p)
    if c == "bracelet":
        return builders_chains.BRACELETS[product.design.builder](p)
    return builders_chains.necklace(p, builders_chains.circle(60, 400), True)


def titles(product: Product, karat: int) -> dict[str, str]:
    d, v = product.design, product.variant
    me, mz = METAL_EN[v.metal].format(k=karat), METAL_ZH[v.metal].format(k=karat)
    if v.gem == "none":
        return {"en": f"{me} {d.en}", "zh": f"{mz}{d.zh}"}
    ge, gz, _ = GEM[v.gem]
    en, zh = d.en, d.zh
    for word in ("Gemstone", "Gem", "Pearl", "Opal"):
        if en.startswith(word + " "):
            en = en[len(word) + 1:]
            break
    for word in ("宝石", "珍珠"):
        if zh.startswith(word):
            zh = zh[len(word):]
            break
    return {"en": f"{ge} {en} in {me}", "zh": f"{mz}{gz}{zh}"}


def clasp(product: Product) -> str:
    p, c, b = product.params, product.design.category, product.design.builder
    if c == "ring":
        return "none"
    if c == "earrings":
        if b in ("hoop", "huggie"):
            return "hinged_hoop"
        plain_stud = b in ("stud", "shape_stud", "climber") or (b in ("flower", "moon_drop") and not p.get("top"))
        return "push_back" if plain_stud or p.get("top", "hook") != "hook" else "fish_hook"
    if c == "bracelet":
        if b == "bangle":
            return "open_cuff" if p.get("gap") or p.get("kind") == "bypass" else "slip_on"
        return {"tennis": "box_with_safety", "beads": "stretch_cord", "facet": "stretch_cord"}.get(
            "beads_lobster" if product.design.slug == "pearl" else p.get("chain", "cable"), "lobster")
    if p.get("chain") == "torque":
        return "hook"
    if p.get("chain") == "tennis":
        return "box_with_safety"
    return pick(["lobster", "lobster", "spring_ring", "toggle"] if c == "necklace" else ["lobster", "spring_ring"], product.id, "clasp")


CLASP_EN = {"lobster": "a lobster clasp", "spring_ring": "a spring-ring clasp", "toggle": "a toggle clasp", "box_with_safety": "a box clasp with a safety catch",
            "hook": "a hook at the back"}
CLASP_ZH = {"lobster": "龙虾扣", "spring_ring": "弹簧圆扣", "toggle": "OT扣", "box_with_safety": "带保险的盒式扣", "hook": "颈后挂钩"}


def details(product: Product, a: dict[str, Any]) -> tuple[str, str]:
    """One sentence on what can be measured."""
    c = product.design.category
    w, g = a["weight_g"], a["clasp"]
    if c == "ring":
        if not a["resizable"]:
            en = [f"About {w} g; it cannot be resized, so measure twice.", f"Choose your size with care: this design cannot be altered later ({w} g)."]
            zh = [f"约重{w}克；此款无法改圈，请量准再选。", f"此款之后不能改圈，选尺寸时请仔细（约{w}克）。"]
        else:
            en = [f"Weighs about {w} g in size 6 and can be resized.", f"Sizes {a['size_range']}; around {w} g.", f"{a['band_width_mm']} mm wide at the palm, about {w} g."]
            zh = [f"6号约重{w}克，可以改圈。", f"尺寸{a['size_range'].replace('US ', '美码')}；约{w}克。", f"掌侧宽{a['band_width_mm']}毫米，约{w}克。"]
    elif c == "earrings":
        h = a["length_mm"]
        how_en = {"hinged_hoop": "Closes with a hinged post", "push_back": "With push-backs", "fish_hook": "On fish hooks with silicone stoppers"}[g]
        how_zh = {"hinged_hoop": "铰链式耳针开合", "push_back": "配蝶形耳堵", "fish_hook": "耳钩款，附硅胶耳堵"}[g]
        en = [f"{how_en}; {h} mm from top to bottom.", f"{how_en}. The pair weighs {w} g.", f"{h} mm long, {w} g the pair. {how_en}."]
        zh = [f"{how_zh}；全长{h}毫米。", f"{how_zh}，一对重{w}克。", f"长{h}毫米，一对{w}克，{how_zh}。"]
    elif c in ("necklace", "pendant"):
        L = a["length_mm"]
        cm = f"{L / 10:g}"
        if c == "pendant":
            h = a["pendant_height_mm"]
            en = [f"The pendant is {h} mm high and comes on a {cm} cm chain with {CLASP_EN[g]}.", f"{h} mm high, on a {cm} cm chain."]
            zh = [f"吊坠高{h}毫米，配{cm}厘米链，{CLASP_ZH[g]}。", f"吊坠高{h}毫米，链长{cm}厘米。"]
        else:
            en = [f"{cm} cm long, with {CLASP_EN[g]}.", f"It measures {cm} cm and weighs {w} g.", f"Closes with {CLASP_EN[g]} at {cm} cm."]
            zh = [f"全长{cm}厘米，{CLASP_ZH[g]}。", f"长{cm}厘米，重{w}克。", f"{CLASP_ZH[g]}，佩戴长度{cm}厘米。"]
    else:
        how_en = {"slip_on": "Slips over the hand", "open_cuff": "Open, so it adjusts a little to the wrist", "stretch_cord": "On a strong stretch cord",
                  "box_with_safety": "Closes with a box clasp and safety catch", "lobster": "Closes with a lobster clasp"}[g]
        how_zh = {"slip_on": "直接套入手腕", "open_cuff": "开口设计，可微调腕围", "stretch_cord": "结实弹力绳", "box_with_safety": "盒式扣加保险扣", "lobster": "龙虾扣开合"}[g]
        size_en = f"{a['diameter_mm']} mm across inside" if "diameter_mm" in a else f"{a['length_mm'] / 10:g} cm long"
        size_zh = f"内径{a['diameter_mm']}毫米" if "diameter_mm" in a else f"长{a['length_mm'] / 10:g}厘米"
        en = [f"{how_en}; {size_en}.", f"{how_en}. {size_en[0].upper() + size_en[1:]}, {w} g."]
        zh = [f"{how_zh}；{size_zh}。", f"{how_zh}，{size_zh}，重{w}克。"]
    i = int(pick([str(i) for i in range(len(en))], product.id, "detail"))
    return en[i], zh[i]


def entry(product: Product, anchors: dict[str, Any]) -> dict[str, Any]:
    d, v, p = product.design, product.variant, product.params
    model = model_of(product)
    karat = 18 if d.price >= 260 else 14
    place = anchors[product.id]
    wide = place["width_mm"]
    high = wide * place["size_px"][1] / place["size_px"][0]
    weight = d.weight * {"gold": 1.0, "rose_gold": 0.97, "silver": 0.72, "platinum": 1.35}[v.metal] * (0.88 + 0.24 * number(product.id, "w"))
    finish = p.get("surface", "polished")
    a: dict[str, Any] = {"material": v.metal, "gem": v.gem}
    if "gem2" in model.slots:
        second = p.get("gem2") or "diamond"
        if second != v.gem:
            a["accent_gem"] = second
    if "accent" in model.slots:
        a["accent_material"] = {"gold": "silver", "rose_gold": "silver", "silver": "gold", "platinum": "rose_gold"}[v.metal]
    a["color"] = GEM[v.gem][2] if v.gem != "none" else METAL_COLOR[v.metal]
    a["style"] = d.style
    if "gold" in v.metal:
        a["karat"] = karat
    a["fineness"] = {"silver": "925", "platinum": "950"}.get(v.metal, "750" if karat == 18 else "585")
    a["finish"] = finish
    a["nickel_free"] = not (v.metal == "gold" and karat == 14 and number(product.id, "ni") < 0.45)
    a["weight_g"] = round(weight, 1)
    lo, hi = model.bounds()
    if d.category == "ring":
        a["size_range"] = "US 7-12" if d.recipient == "him" else "US 5-12" if d.recipient == "unisex" else "US 4-9"
        a["resizable"] = d.slug not in ("eternity", "hammered-band", "fluted-band", "rope", "braid", "crown", "vine", "lattice", "groove-band")
        a["band_width_mm"] = round(float(p.get("width", 2.2)), 1)
    elif d.category == "earrings":
        a["length_mm"] = round(high)
        a["width_mm"] = round(wide)
    elif d.category in ("necklace", "pendant"):
        a["length_mm"] = p["length_mm"]
        if d.category == "pendant":
            body = builders_chains.pendant_body(p).bounds()
            a["pendant_height_mm"] = round(float(body[1][2] - body[0][2]))
            a["pendant_width_mm"] = round(float(body[1][0] - body[0][0]))
    elif d.builder == "bangle":
        a["diameter_mm"] = 56
    else:
        a["length_mm"] = 180
    a["clasp"] = clasp(product)
    a["occasion"] = list(d.occasions)
    a["recipient"] = d.recipient
    factor = {"gold": 1.0, "rose_gold": 0.97, "silver": 0.42, "platinum": 1.5}[v.metal]
    factor *= {"diamond": 1.5, "ruby": 1.05, "sapphire": 1.05, "emerald": 1.1, "none": 0.85, "pearl": 0.95}.get(v.gem, 0.88)
    dollars = max(round(d.price * factor * (0.92 + 0.16 * number(product.id, "p")) / 10) * 10 - 1, 29)
    # No piece costs less than its metal.
    share = 0.15 if p.get("chain") in ("beads", "facet", "tubes") else 0.9
    rate = {"silver": 1.6, "platinum": 42}.get(v.metal, 56 if karat == 18 else 43)
    dollars = max(dollars, round(weight * share * rate * 1.1 / 10) * 10 - 1)
    stock = 0 if number(product.id, "s0") < 0.05 else 1 + int(number(product.id, "s") ** 2 * 40)
    title = titles(product, karat)
    if v.gem != "none":
        body_en, body_zh = pick(STONE_EN[v.gem], product.id, "stone"), STONE_ZH[v.gem][STONE_EN[v.gem].index(pick(STONE_EN[v.gem], product.id, "stone"))]
    else:
        body_en = pick(FINISH_EN[v.metal], product.id, "metal")
        body_zh = FINISH_ZH[v.metal][FINISH_EN[v.metal].index(body_en)]
    if finish in ("brushed", "matte") and v.gem == "none":
        body_en, body_zh = "The surface is brushed to a soft matt sheen.", "表面拉丝，呈柔和的哑光。"
    extra_en, extra_zh = details(product, a)
    note_en, note_zh = p.get("note", ("", ""))
    note_en += " " if note_en else ""
    accents_en, accents_zh = "", ""
    if a.get("accent_gem"):
        accents_en, accents_zh = f" Small {GEM[a['accent_gem']][0].lower()} accents set it off." if a["accent_gem"] == "diamond" else \
            f" Accents of {GEM[a['accent_gem']][0].lower()} complete it.", f"辅以{GEM[a['accent_gem']][1]}点缀。"
    elif a.get("accent_material"):
        accents_en = f" A touch of {METAL_EN[a['accent_material']].format(k=karat).lower().replace(f'{karat}k', f'{karat}K')} adds a second tone."
        accents_zh = f"其间搭配{METAL_ZH[a['accent_material']].format(k=karat)}，双色相映。"
    kind = {"ring": "ring_finger", "earrings": "ear_lobe", "bracelet": "wrist"}.get(d.category, "neck")
    tags = [d.category, d.style, v.metal.replace("_", "-")] + ([v.gem.replace("_", "-")] if v.gem != "none" else []) + [o.replace("_", "-") for o in d.occasions]
    if dollars < 100:
        tags.append("under-100")
    return {
        "id": product.id, "category": d.category, "title": title,
        "description": {"en": f"{d.about_en} {note_en}{body_en}{accents_en} {extra_en}", "zh": f"{d.about_zh}{note_zh}{body_zh}{accents_zh}{extra_zh}"},
        "attributes": a, "price": {"amount_minor": dollars * 100, "currency": "USD"}, "stock": stock, "image": f"images/{product.id}.jpg",
        "overlay": {"image": f"overlays/{product.id}.webp", "anchor": {"kind": kind, "x": place["x"], "y": place["y"]}, "width_mm": wide},
        "tags": tags,
    }


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    anchors = json.loads((ROOT / "render" / "overlays.json").read_text())
    every = products()
    rows = [entry(p, anchors) for p in every]
    def write(file: Path, items: list[dict[str, Any]]) -> None:
        file.write_text("".join(json.dumps(i, ensure_ascii=False) + "\n" for i in items))
    write(ROOT / "catalog" / "products.jsonl", rows)
    write(ROOT / "catalog" / "heldout.jsonl", [{"id": p.id, "image": f"heldout/{p.id}.jpg"} for p in every])
    print(f"{len(rows)} products")


if __name__ == "__main__":
    main()
