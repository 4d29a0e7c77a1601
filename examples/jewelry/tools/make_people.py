#!/usr/bin/env python3
"""Writes users.jsonl, orders.jsonl and reviews.jsonl from a fixed seed and the finished catalogue."""

from __future__ import annotations

import argparse
import json
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 9, 21, 9, 0, tzinfo=timezone.utc)
Row = dict[str, Any]

# (aspect, mood) -> language -> sentences. {gem}, {metal} and {kind} are filled in.
SAY: dict[tuple[str, str], dict[str, list[str]]] = {
    ("shine", "good"): {
        "en": ["The {metal} has a lovely warm shine, even on a grey day.", "It catches the light every time I move.", "Polished like a mirror, not a scratch on it.",
               "Shinier in person than in the photos.", "Still as bright as on day one after three months.", "The finish looks far more expensive than it was."],
        "zh": ["{metal}的光泽特别好，阴天也亮。", "一动就闪，很吸睛。", "抛光像镜子一样，一点划痕都没有。", "实物比照片还亮。", "戴了三个月还和新的一样亮。", "质感看起来比价格贵多了。"]},
    ("shine", "bad"): {
        "en": ["It came with a small scratch near the back.", "Duller than in the picture, I had to polish it first.", "The {metal} already looks a bit tired after a few weeks."],
        "zh": ["到手背面有一道小划痕。", "没有图片那么亮，自己擦了一遍才好些。", "戴了几周{metal}就有点暗了。"]},
    ("stone", "good"): {
        "en": ["The {gem} is stunning, with real depth in the colour.", "Such a beautiful {gem}, exactly the shade I hoped for.", "I keep looking at the {gem} under the lamp.",
               "The stone sits perfectly straight and feels secure.", "The {gem} looks just like the photo, maybe better."],
        "zh": ["{gem}太美了，颜色很有深度。", "{gem}的颜色正是我想要的。", "忍不住一直在灯下看{gem}。", "石头镶得很正，很牢。", "{gem}和图片一样，甚至更好看。"]},
    ("stone", "bad"): {
        "en": ["The {gem} is paler than in the photo.", "One stone is set a little crooked.", "A small stone came loose in the second week.", "Expected the {gem} to be bigger."],
        "zh": ["{gem}比照片上颜色浅。", "有一颗石头镶得有点歪。", "第二周就有一颗小石头松了。", "以为{gem}会更大一些。"]},
    ("size", "good"): {
        "en": ["Fits true to size.", "I measured with a strip of paper as the guide says and it fits perfectly.", "The size chart was spot on.", "I went half a size up for the wide band and I'm glad I did."],
        "zh": ["尺码很准。", "按指南用纸条量的，刚刚好。", "尺码表很准确。", "戒圈宽，听建议大了半号，正好。"]},
    ("size", "bad"): {
        "en": ["Runs small, I had to exchange it for the next size.", "A bit loose, it spins on my finger.", "Tight over the knuckle even though I measured twice."],
        "zh": ["偏小，换了大一号。", "有点松，会转。", "量了两遍，过关节还是紧。"]},
    ("length", "good"): {
        "en": ["The length is perfect, it sits right on the collarbone.", "Layers nicely with my shorter chain.", "The chain lies flat and doesn't pull at my hair."],
        "zh": ["长度正好到锁骨。", "和短链叠戴很好看。", "链子服帖，不夹头发。"]},
    ("length", "bad"): {
        "en": ["Shorter than I imagined, check the centimetres before you buy.", "The chain is rather thin for the weight of it.", "It tangles if I don't close it before putting it away."],
        "zh": ["比想象的短，买前看清楚厘米数。", "链子相对有点细。", "收的时候不扣好就会打结。"]},
    ("clasp", "good"): {
        "en": ["The clasp is easy to close with one hand.", "Solid clasp, I'm not afraid of losing it.", "Love that the clasp is small but sturdy."],
        "zh": ["搭扣一只手就能扣上。", "扣子很结实，不怕丢。", "扣子小巧又牢固。"]},
    ("clasp", "bad"): {
        "en": ["The clasp is fiddly, I need help to put it on.", "The clasp bent after two weeks, but they replaced it.", "I wish the clasp were bigger, my nails are long."],
        "zh": ["扣子太小，自己很难扣。", "两周扣子就弯了，不过给换了。", "指甲长，希望扣子大一点。"]},
    ("comfort", "good"): {
        "en": ["So comfortable that I forget I'm wearing it.", "I have very sensitive skin and had no reaction at all.", "No snagging on sweaters, which was my worry.", "I even type with it all day."],
        "zh": ["舒服得忘了自己戴着。", "我皮肤很敏感，完全没有过敏。", "不勾毛衣，这点很满意。", "整天打字戴着也没感觉。"]},
    ("comfort", "bad"): {
        "en": ["It catches on my knitwear.", "The edges felt sharp for the first few days.", "My skin got itchy after an evening, check the alloy if you react to nickel."],
        "zh": ["会勾毛衣。", "头几天边缘有点硌。", "戴一晚有点痒，对镍敏感的要看清合金。"]},
    ("ears", "good"): {
        "en": ["Light enough that my lobes don't hurt by evening.", "They swing nicely without pulling.", "My ears usually react to everything, not to these.", "Both sides hang at exactly the same height."],
        "zh": ["很轻，戴到晚上耳垂也不疼。", "走路时轻轻晃，很好看，也不坠耳朵。", "我耳朵很容易过敏，这对没事。", "两边垂得一样高。"]},
    ("ears", "bad"): {
        "en": ["A little heavy for a whole day.", "One back was loose, so I bought silicone ones.", "Smaller than they look in the photo.", "One of them tilts forward."],
        "zh": ["戴一整天有点重。", "有一个耳堵松，自己换了硅胶的。", "比图片看着小。", "有一只会往前歪。"]},
    ("weight", "good"): {
        "en": ["It has a reassuring weight, nothing hollow about it.", "Feels solid in the hand.", "Surprisingly substantial."],
        "zh": ["分量足，一点不空。", "拿在手里很实在。", "比想象的有分量。"]},
    ("weight", "bad"): {
        "en": ["Lighter than I expected for the price.", "Feels a bit flimsy.", "It's heavier than I like for every day."],
        "zh": ["这个价格感觉偏轻。", "有点单薄。", "天天戴有点重。"]},
    ("delivery", "good"): {
        "en": ["Arrived two days early.", "Ordered on Monday, wore it on Thursday.", "Tracking worked well and the courier was polite."],
        "zh": ["比预计早到两天。", "周一下单，周四就戴上了。", "物流更新及时，快递员也客气。"]},
    ("delivery", "bad"): {
        "en": ["Delivery took almost two weeks.", "The parcel sat in customs for days.", "I had to chase the courier twice."],
        "zh": ["快递走了快两周。", "包裹在海关卡了好几天。", "催了两次才送到。"]},
    ("packaging", "good"): {
        "en": ["The box is so pretty that I kept it.", "It was wrapped beautifully, with a handwritten card.", "Came with a pouch and a polishing cloth."],
        "zh": ["盒子很漂亮，舍不得扔。", "包装很精致，还有手写卡片。", "附了绒袋和擦银布。"]},
    ("packaging", "bad"): {
        "en": ["The box was dented on arrival.", "I'd paid for gift wrapping and got a plain box.", "A lot of packaging for something so small."],
        "zh": ["盒子到的时候压瘪了。", "付了礼品包装费，来的是普通盒。", "这么小的东西包装太多了。"]},
    ("value", "good"): {
        "en": ["Great value.", "I compared with two other shops and this was the best for the money.", "Worth every cent."],
        "zh": ["性价比很高。", "比了两家，这里最划算。", "物有所值。"]},
    ("value", "bad"): {
        "en": ["Too expensive for what it is.", "Nice, but I'd wait for a sale.", "For this price I expected better finishing."],
        "zh": ["价格有点虚高。", "好看，但建议等打折。", "这个价位做工应该更细。"]},
    ("gift", "good"): {
        "en": ["My wife wears it every day.", "Gave it to my sister for her birthday and she cried.", "My mother loves it.", "Bought it for myself after a hard year, no regrets.",
               "My daughter wore it to her graduation."],
        "zh": ["老婆天天戴。", "送妹妹生日礼物，她感动哭了。", "妈妈非常喜欢。", "辛苦一年犒劳自己，不后悔。", "女儿毕业典礼上戴的。"]},
    ("service", "good"): {
        "en": ["Customer service answered within the hour.", "They resized it for free.", "The exchange went without any fuss."],
        "zh": ["客服一小时内就回复了。", "售后很好，有问必答。", "换货很顺利。"]},
    ("service", "bad"): {
        "en": ["It took three messages to get an answer.", "Returning it was more work than it should be."],
        "zh": ["发了三次消息才有人回。", "退货流程有点麻烦。"]},
}
OPEN = {5: {"en": ["Absolutely love it.", "Beautiful {kind}.", "Perfect.", "I'm so happy with this {kind}.", "", "", ""], "zh": ["太喜欢了。", "很美的{kind}。", "完美。", "非常满意。", "", "", ""]},
        4: {"en": ["Very nice {kind}.", "Happy with it overall.", "Good buy.", "", ""], "zh": ["挺不错的{kind}。", "总体满意。", "值得买。", "", ""]},
        3: {"en": ["It's all right.", "Mixed feelings.", "Decent {kind}, but not perfect.", ""], "zh": ["一般般。", "感觉有好有坏。", "还行，不算完美。", ""]},
        2: {"en": ["A bit disappointed.", "Not what I expected.", "Hmm."], "zh": ["有点失望。", "和预期不太一样。", "不太行。"]},
        1: {"en": ["Sent it back.", "Very disappointed.", "Would not buy again."], "zh": ["已经退了。", "很失望。", "不会再买。"]}}
CLOSE = {5: {"en": ["Would buy again.", "Already eyeing another one.", "Highly recommended.", "", "", "", ""], "zh": ["会回购。", "已经看上下一件了。", "强烈推荐。", "", "", "", ""]},
         4: {"en": ["Otherwise great.", "Would still recommend it.", "", ""], "zh": ["其他都很好。", "还是推荐的。", "", ""]},
         3: {"en": ["I'll keep it anyway.", "", ""], "zh": ["先留着吧。", "", ""]}, 2: {"en": ["Might return it.", ""], "zh": ["可能会退。", ""]},
         1: {"en": ["At least the refund was quick.", ""], "zh": ["好在退款快。", ""]}}
KIND = {"ring": ("ring", "戒指"), "earrings": ("pair of earrings", "耳环"), "necklace": ("necklace", "项链"), "pendant": ("pendant", "吊坠"), "bracelet": ("bracelet", "手链")}
METAL = {"gold": ("gold", "黄金"), "rose_gold": ("rose gold", "玫瑰金"), "silver": ("silver", "银"), "platinum": ("platinum", "铂金")}
GEM = {"diamond": ("diamond", "钻石"), "ruby": ("ruby", "红宝石"), "sapphire": ("sapphire", "蓝宝石"), "emerald": ("emerald", "祖母绿"), "amethyst": ("amethyst", "紫水晶"),
       "topaz": ("topaz", "托帕石"), "citrine": ("citrine", "黄水晶"), "garnet": ("garnet", "石榴石"), "peridot": ("peridot", "橄榄石"), "pearl": ("pearl", "珍珠"),
       "black_pearl": ("black pearl", "黑珍珠"), "opal": ("opal", "欧泊"), "turquoise": ("turquoise", "绿松石"), "onyx": ("onyx", "黑玛瑙"), "jade": ("jade", "翡翠"),
       "lapis": ("lapis", "青金石"), "coral": ("coral", "珊瑚"), "moonstone": ("moonstone", "月光石"), "rose_quartz": ("rose quartz", "粉晶")}


def strung(product: Row) -> bool:
    """Whether the piece is beads or pearls on a thread, with hardly any metal to speak of."""
    return any(w in product["id"] for w in ("bead", "strand", "bracelet-pearl"))


def aspects(product: Row) -> list[str]:
    a, c = product["attributes"], product["category"]
    own = ["weight", "delivery", "packaging", "value", "gift", "service"]
    if not strung(product):
        own.append("shine")
    if a["gem"] != "none":
        own += ["stone", "stone"]
    if c == "ring":
        own += ["size", "comfort"]
    if c == "earrings":
        own += ["ears", "ears"]
    if c in ("necklace", "pendant"):
        own += ["length"]
    if a["clasp"] in ("lobster", "spring_ring", "toggle", "box_with_safety"):
        own += ["clasp"]
    return own


def allowed(sentence: str, product: Row) -> bool:
    """Keeps a sentence from claiming what the product's own facts deny."""
    a = product["attributes"]
    checks = [
        (("resized",), a.get("resizable", False)), (("wide band", "戒圈宽"), a.get("band_width_mm", 0) >= 5),
        (("swing", "晃"), a["clasp"] == "fish_hook" or a.get("length_mm", 0) > 24), (("hang at", "垂得"), a.get("length_mm", 0) > 18),
        (("back was loose", "耳堵"), a["clasp"] != "hinged_hoop"), (("polishing cloth", "擦银布"), a["material"] == "silver"),
        (("nickel", "对镍"), not a["nickel_free"]), (("itchy",), not a["nickel_free"]), (("stone came loose", "石头松"), a["gem"] == "diamond" or "accent_gem" in a),
        (("One stone", "一颗石头"), "accent_gem" in a or a["style"] == "classic"), (("shorter chain", "短链"), a.get("length_mm", 0) >= 450),
        (("collarbone", "锁骨"), 420 <= a.get("length_mm", 0) <= 460), (("mirror", "镜子"), a["finish"] == "polished"), (("tired", "就有点暗"), a["material"] == "silver"),
        (("lamp", "灯下"), a["gem"] in ("diamond", "ruby", "sapphire", "emerald", "amethyst", "topaz", "citrine", "garnet", "peridot", "opal", "moonstone")),
        (("warm shine",), a["material"] in ("gold", "rose_gold")), (("chain lies", "链子服帖", "rather thin", "有点细"), product["category"] == "pendant"),
        (("hollow", "Surprisingly", "分量"), a["weight_g"] >= 4), (("heavier than", "有点重"), a["weight_g"] >= 7), (("heavy for a whole", "戴一整天有点重"), a["weight_g"] >= 4),
        (("Lighter than", "偏轻", "flimsy", "单薄"), a["weight_g"] < 16), (("too expensive", "Too expensive", "For this price", "价位"), product["price"]["amount_minor"] > 15000),
        (("sits perfectly straight", "镶得很正"), a["gem"] not in ("pearl", "black_pearl") and not strung(product)), (("silicone",), a["clasp"] == "push_back"),
        (("My wife", "老婆"), a.get("recipient") == "her"), (("My mother", "妈妈", "my sister", "妹妹", "My daughter", "女儿"), a.get("recipient") != "him"),
        (("pulls at my hair", "夹头发"), True), (("bigger", "更大"), a["gem"] not in ("diamond",) or product["price"]["amount_minor"] < 90000),
    ]
    return all(ok for words, ok in checks if any(w in sentence for w in words))


def review_text(rng: random.Random, product: Row, rating: int, lang: str) -> str:
    i = 0 if lang == "en" else 1
    a = product["attributes"]
    fill = {"kind": KIND[product["category"]][i], "metal": METAL[a["material"]][i], "gem": GEM.get(a["gem"], ("stone", "石头"))[i]}
    if lang == "zh" and product["category"] == "bracelet" and a["clasp"] in ("slip_on", "open_cuff"):
        fill["kind"] = "手镯"
    if lang == "en" and product["category"] == "bracelet" and a["clasp"] == "slip_on":
        fill["kind"] = "bangle"
    moods = {5: rng.choice([["good"], ["good", "good"], ["good", "good", "good"]]), 4: rng.choice([["good", "bad"], ["good", "good"], ["good", "good", "bad"]]),
             3: rng.choice([["good", "bad"], ["bad", "good"]]), 2: rng.choice([["bad"], ["bad", "bad"], ["good", "bad"]]), 1: rng.choice([["bad"], ["bad", "bad"]])}[rating]
    own = aspects(product)
    used: set[str] = set()
    parts = [rng.choice(OPEN[rating][lang])]
    previous = ""
    for mood in moods:
        for _ in range(40):
            aspect = rng.choice(own)
            if aspect in used or (aspect, mood) not in SAY:
                continue
            options = [s for s in SAY[(aspect, mood)][lang] if allowed(s, product)]
            if options:
                used.add(aspect)
                s = rng.choice(options)
                if mood == "bad" and previous == "good" and rng.random() < 0.5:
                    s = ("But " + (s if s.startswith(("I ", "I'd")) or "{" in s[:6] else s[0].lower() + s[1:])) if lang == "en" else "不过" + s
                parts.append(s)
                previous = mood
                break
    parts.append(rng.choice(CLOSE[rating][lang]))
    sep = " " if lang == "en" else ""
    return sep.join(p for p in parts if p).format(**fill)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--reviews", type=int, default=500)
    args = ap.parse_args()
    rng = random.Random(20260921)
    shop = [json.loads(line) for line in (ROOT / "catalog" / "products.jsonl").read_text().splitlines()]

    users: list[Row] = [{"id": "demo", "language": "en", "ring_size": "US 7"}]
    for i in range(1, 90):
        u: Row = {"id": f"user-{i:03d}", "language": "zh" if rng.random() < 0.45 else "en"}
        if rng.random() < 0.6:
            u["ring_size"] = f"US {rng.choice(['5', '5.5', '6', '6.5', '7', '7.5', '8', '9', '10'])}"
        users.append(u)

    cities = {"en": ["Portland", "Chicago", "Austin", "Boston", "Seattle", "Toronto", "London", "Dublin", "Denver", "San Diego"],
              "zh": ["Shanghai", "Hangzhou", "Shenzhen", "Chengdu", "Singapore", "Vancouver", "San Francisco", "Beijing"]}
    fixed = {10005: ("demo", "delivered", 60), 10016: ("demo", "returned", 41), 10023: ("demo", "shipped", 4), 10034: ("demo", "packed", 1),
             10037: ("demo", "paid", 0), 10019: ("demo", "cancelled", 30), 10007: ("user-007", "delivered", 14),
             10012: ("user-007", "placed", 0)}
    states = ["placed", "paid", "packed", "shipped", "shipped", "delivered", "delivered", "delivered", "delivered", "cancelled", "returned"]
    age = {"placed": (0, 1), "paid": (0, 1), "packed": (1, 2), "shipped": (2, 8), "delivered": (9, 90), "cancelled": (3, 60), "returned": (25, 90)}
    orders: list[Row] = []
    homes: dict[str, str] = {}
    for n in range(10001, 10041):
        if n in fixed:
            who, status, days = fixed[n]
            user = next(u for u in users if u["id"] == who)
        else:
            user, status = rng.choice(users[1:]), rng.choice(states)
            days = rng.randint(*age[status])
        placed = NOW - timedelta(days=days, hours=rng.randint(1, 7), minutes=rng.randint(0, 59))
        items = []
        for product in rng.sample([p for p in shop if p["price"]["amount_minor"] < 120_000], rng.choice([1, 1, 1, 2, 2, 3])):
            item: Row = {"product": product["id"], "quantity": 2 if rng.random() < 0.06 else 1, "price_minor": product["price"]["amount_minor"]}
            if product["category"] == "ring":
                lo, hi = (int(x) for x in product["attributes"]["size_range"][3:].split("-"))
                size = float((user.get("ring_size") or "US 7")[3:])
                item["size"] = f"US {min(max(size, lo), hi):g}"
            items.append(item)
        goods = sum(i["price_minor"] * i["quantity"] for i in items)
        city = homes.setdefault(user["id"], "Portland" if user["id"] == "demo" else rng.choice(cities[user["language"]]))
        abroad = city in ("Toronto", "London", "Dublin", "Shanghai", "Hangzhou", "Shenzhen", "Chengdu", "Singapore", "Vancouver", "Beijing")
        shipping = (0 if goods >= 30_000 else 1995) if abroad else (0 if goods >= 7_500 else 595)
        sent = status in ("shipped", "delivered", "returned")
        carrier = rng.choice(["DHL Express", "FedEx International"] if abroad else ["UPS", "FedEx", "USPS"])
        eta = placed + timedelta(days=10 if abroad else 5)
        if status == "shipped" and eta < NOW:
            eta = NOW + timedelta(days=1)
        row: Row = {"id": f"VT-{n}", "user": user["id"], "status": status, "placed_at": placed.strftime("%Y-%m-%dT%H:%M:%SZ"), "items": items,
                    "carrier": carrier if sent else None, "tracking": f"VTX{rng.randint(10**9, 10**10 - 1)}" if sent else None,
                    "eta": eta.strftime("%Y-%m-%d") if status not in ("cancelled",) else None, "address_city": city, "shipping_minor": shipping,
                    "total_minor": goods + shipping, "currency": "USD"}
        orders.append(row)

    buyers = users[1:]
    reviews: list[Row] = []
    seen: set[str] = set()
    mood = {p["id"]: rng.gauss(0, 0.5) for p in shop}
    while len(reviews) < args.reviews:
        product, user = rng.choice(shop), rng.choice(buyers)
        key = f"{product['id']}/{user['id']}"
        if key in seen:
            continue
        rating = max(1, min(5, round(4.35 + mood[product["id"]] + rng.gauss(0, 0.95))))
        text = review_text(rng, product, rating, user["language"])
        if text in seen or len(text) < (12 if user["language"] == "en" else 6):
            continue
        seen |= {key, text}
        at = NOW - timedelta(days=rng.randint(2, 520), minutes=rng.randint(0, 1439))
        reviews.append({"id": "", "product": product["id"], "user": user["id"], "rating": rating, "language": user["language"], "text": text,
                        "created_at": at.strftime("%Y-%m-%dT%H:%M:%SZ")})
    reviews.sort(key=lambda r: (r["created_at"], r["product"], r["user"]))
    for i, r in enumerate(reviews, 1):
        r["id"] = f"R-{i:04d}"
    for name, rows in (("users", users), ("orders", orders), ("reviews", reviews)):
        (ROOT / f"{name}.jsonl").write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows))
        print(f"{name}: {len(rows)}")


if __name__ == "__main__":
    main()
