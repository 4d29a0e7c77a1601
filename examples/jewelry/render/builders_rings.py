"""Rings. The band lies about the y axis, the head is on top (+z); `radius` is the inner radius."""

from __future__ import annotations

from typing import Any

import numpy as np

from gems import OPAQUE, bezel, halo, prongs, small, stone
from geometry import (TAU, Mesh, Model, around, band, circle, frame_of, helix, merge, outline, plate, sphere, tube)

P = dict[str, Any]
R = 8.6


def _angles(n: int = 240) -> np.ndarray:
    a = np.arange(n) * 360 / n
    return np.minimum(a, 360 - a)


def _taper(top: float, bottom: float, n: int = 240, spread: float = 60) -> np.ndarray:
    return bottom + (top - bottom) * np.exp(-(_angles(n) / spread) ** 2)


def _head(m: Model, p: P, size: float, z: float, cut: str, turn: float = 0, seat: str = "prongs", slot: str = "gem",
          x: float = 0, y: float = 0, count: int = 4) -> None:
    gem = p["gem" if slot == "gem" else "gem2"]
    put = lambda q: q.turned("z", turn).moved(x, y, z)
    m.add(slot, put(stone(gem, cut, size)))
    if gem in ("pearl", "black_pearl"):
        m.add("metal", put(merge(bezel_cup(size))))
    elif seat == "bezel" or gem in OPAQUE:
        m.add("metal", put(bezel(cut, size)))
    else:
        m.add("metal", *[put(q) for q in prongs(cut, size, count)])


def bezel_cup(size: float) -> list[Mesh]:
    """The small cup a pearl sits in."""
    from geometry import lathe
    r = size * 0.3
    return [lathe(np.array([(0.05, -size * .34), (r * .9, -size * .30), (r * 1.25, -size * .12), (r * 1.1, -size * .13), (0.05, -size * .27)]), 24)]


def solitaire(p: P) -> Model:
    s, w = p.get("size", 6), p.get("width", 2.2)
    m = Model().add("metal", band(R, _taper(w * p.get("pinch", 0.8), w), _taper(1.5, 1.5), p.get("shape", "dome")))
    _head(m, p, s, R + 1.2 + s * p.get("rise", 0.5), p.get("cut", "round"), p.get("turn", 0), p.get("seat", "prongs"), count=p.get("prongs", 4))
    for i in range(p.get("pave", 0)):
        for side in (-1, 1):
            m.add("gem2", around(small("diamond", 1.5), R + 1.55, side * (22 + i * 10.5)))
    return m


def three_stone(p: P) -> Model:
    s, t = p.get("size", 6), p.get("side", 4.2)
    m = Model().add("metal", band(R, _taper(2.2, 2.6), 1.5, p.get("shape", "dome")))
    _head(m, p, s, R + 1.3 + s * .48, p.get("cut", "round"), p.get("turn", 0))
    off = (s * p.get("aspect", .5) + t * p.get("aspect2", .5)) * 1.03
    for side in (-1, 1):
        q = Model()
        _head(q, p, t, 0, p.get("cut2", "round"), p.get("turn2", 0) * side, slot="gem2")
        m.join(q, lambda k: k.turned("y", side * 22).moved(side * off, 0, R + 1.0 + t * .36))
    return m


def halo_ring(p: P) -> Model:
    s, cut, z = p.get("size", 5.5), p.get("cut", "round"), R + 3.6
    m = Model().add("metal", band(R, _taper(1.7, 2.2), 1.5, "dome"))
    q = halo(p.get("gem2", "diamond"), cut, s, p.get("small", 1.5))
    q.add("gem", stone(p["gem"], cut, s)).add("metal", *prongs(cut, s, 4, drop=2.6))
    if p.get("double"):
        q.join(halo(p.get("gem2", "diamond"), cut, s + 3.4, 1.3), lambda k: k.moved(0, 0, -.5))
    m.join(q, lambda k: k.turned("z", p.get("turn", 0)).moved(0, 0, z))
    for i in range(p.get("pave", 0)):
        for side in (-1, 1):
            m.add("gem2", around(small("diamond", 1.5), R + 1.55, side * (32 + i * 10)))
    return m


def eternity(p: P) -> Model:
    s, cut = p.get("size", 2.4), p.get("cut", "round")
    w = p.get("width", s * 1.15)
    half = p.get("arc", 360) / 2
    m = Model().add("metal", band(R, w, 1.2, "flat"))
    step = np.degrees(s * p.get("pitch", 1.04) / (R + 1.6))
    n = int(2 * half / step)
    step = 2 * half / n if half >= 180 else step
    for i in range(n):
        a = (i - (n - 1) / 2) * step
        slot = "gem2" if p.get("alternate") and i % 2 else "gem"
        g = p["gem2"] if slot == "gem2" else p["gem"]
        one = small(g, s) if cut == "round" else stone(g, cut, s * p.get("long", 1)).turned("z", p.get("turn", 0))
        m.add(slot, around(one, R + 1.35 + p.get("rise", .1), a))
        for y in (-1, 1):
            m.add("metal", around(sphere(.33, n=7), R + 1.45, a + step / 2, y * w * .36))
    return m


def plain(p: P) -> Model:
    n = 360
    w, t = p.get("width", 5), np.full(n, p.get("thick", 1.7))
    rng = np.random.default_rng(p.get("seed", 1))
    kind = p.get("finish", "polished")
    m = Model()
    body = band(R, w, t, p.get("shape", "dome"), n=n)
    if kind == "hammered":
        v = body.v.copy()
        ang, y = np.arctan2(v[:, 0], v[:, 2]), v[:, 1]
        d = np.zeros(len(v))
        for ca in np.linspace(0, TAU, 26, endpoint=False):
            for cy in np.arange(-w / 2, w / 2 + .1, 1.7):
                ja, jy = ca + rng.normal(0, .06), cy + rng.normal(0, .3)
                da = (ang - ja + np.pi) % TAU - np.pi
                d = np.maximum(d, np.exp(-((da * R) ** 2 + (y - jy) ** 2) / .9))
        r = np.hypot(v[:, 0], v[:, 2])
        k = np.where(r > R + .4, 1 - d * .55 / r, 1)
        body = Mesh(np.column_stack([v[:, 0] * k, v[:, 1], v[:, 2] * k]), body.f)
    m.add("metal", body)
    if kind == "milgrain":
        for y in (-1, 1):
            for b in np.arange(0, 360, 4.6):
                m.add("metal", around(sphere(.42, n=6), R + 1.5, b, y * w * .44))
    if kind == "grooves":
        for y in np.linspace(-.32, .32, p.get("count", 3)) * w:
            m.add("accent", tube(circle(R + p.get("thick", 1.7) + .02, 160) + [0, y, 0], .42, True, 10))
    if kind == "flutes":
        for b in np.arange(0, 360, p.get("step", 9)):
            m.add("metal", around(tube(np.array([[0, -w / 2 + .3, 0], [0, 0, .25], [0, w / 2 - .3, 0]]), .72, sides=10), R + 1.5, b))
    if p.get("gem", "none") != "none":
        for b in p.get("stones", (0,)):
            m.add("gem", around(stone(p["gem"], p.get("cut", "round"), p.get("size", 2)), R + p.get("thick", 1.7) + .05, b))
            m.add("metal", around(bezel(p.get("cut", "round"), p.get("size", 2)), R + p.get("thick", 1.7), b))
    return m


def signet(p: P) -> Model:
    o, s = p.get("face", "oval"), p.get("size", 13)
    m = Model().add("metal", band(R, _taper(s * .66, 3.2, spread=46), _taper(2.4, 1.7, spread=50), "dome"))
    top = plate(outline(o) * s / 2, 2.6, .5, dome=p.get("dome", 0)).turned("x", -90).turned("z", p.get("turn", 90))
    m.add("metal", top.moved(0, 0, R + 2.2))
    if p.get("gem", "none") != "none":
        m.add("gem", plate(outline(o) * s * .4, 1.6, .3, dome=.3).turned("x", -90).turned("z", p.get("turn", 90)).moved(0, 0, R + 3.2))
    if p.get("emblem"):
        e = plate(outline(p["emblem"]) * s * .25, .9, .2).turned("x", -90).moved(0, 0, R + 3.7)
        m.add("accent", e)
    return m


def twisted(p: P) -> Model:
    n, w = p.get("strands", 2), p.get("wire", 1.1)
    axis = circle(R + w * 1.25, 480)
    m = Model()
    for i in range(n):
        m.add("metal" if i % 2 == 0 or not p.get("two_tone") else "accent",
              tube(helix(w * p.get("spread", .75), p.get("pitch", 7), axis, i * TAU / n, True), w * .8, True, 10))
    if p.get("gem", "none") != "none":
        s = p.get("size", 5)
        _head(m, p, s, R + 2 * w + s * .42, p.get("cut", "round"), seat=p.get("seat", "bezel"))
    return m


def bypass(p: P) -> Model:
    """An open band whose ends pass each other, a stone on each."""
    n, s = 300, p.get("size", 5)
    over = p.get("overlap", 16)
    a = np.linspace(-over, 360 + over, n) - 180
    reach = p.get("reach", 3.0)
    y = reach * np.sign(a) * np.clip((np.abs(a) - 120) / 70, 0, 1.2) ** 1.5
    t = np.radians(a + 180)
    path = np.stack([(R + 1) * np.sin(t), y, (R + 1) * np.cos(t)], -1)
    wire = p.get("wire", 1.05) * (1 - .35 * np.clip((np.abs(a) - 100) / 90, 0, 1))
    m = Model().add("metal", tube(path, wire, sides=14))
    for end, slot in ((0, "gem"), (-1, "gem2" if p.get("gem2") else "gem")):
        q = Model()
        if p.get("tip") == "leaf":
            q.add("metal", plate(outline("leaf") * s, .9, .2, .5).turned("x", -90).turned("z", 90 if end else -90))
        else:
            _head(q, p, s, s * .3, p.get("cut", "round"), seat="bezel", slot=slot)
        x, yy, z = path[end]
        m.join(q, lambda k: k.moved(0, 0, R + 1.4).turned("y", np.degrees(np.arctan2(x, z))).moved(0, yy, 0))
    return m


def crossover(p: P) -> Model:
    m = Model()
    n = 300
    a = np.arange(n) * TAU / n
    amp = p.get("amp", 3.2)
    shift = amp * np.sign(np.sin(a)) * np.abs(np.sin(a)) ** .8 * (np.cos(a) > -.4) * np.clip((np.cos(a) + .4) * 2, 0, 1)
    for sgn in (-1, 1):
        m.add("metal", band(R + (0 if sgn < 0 else .25), p.get("width", 1.9), 1.6, "round", n=n, shift=sgn * shift))
    if p.get("gem", "none") != "none":
        for b in np.arange(-62, 63, 9):
            i = int((b % 360) / 360 * n)
            m.add("gem", around(small(p["gem"], 1.6), R + 2.0, b, shift[i]))
    return m


def cluster(p: P) -> Model:
    """A flower: petals of stones round a centre."""
    s, n, c = p.get("petal", 4.2), p.get("count", 6), p.get("centre", 3.6)
    cut = p.get("cut", "pear")
    m = Model().add("metal", band(R, _taper(2.4, 2.2), 1.5))
    z = R + 3
    r = c / 2 + s / 2 + .35
    for i in range(n):
        d = 360 * i / n
        q = Model().add("gem", stone(p["gem"], cut, s)).add("metal", bezel(cut, s, height=1.5))
        m.join(q, lambda k: k.turned("x", 14).moved(0, r, 0).turned("z", -d).moved(0, 0, z))
    g2 = p.get("gem2", "diamond")
    m.add("gem2", stone(g2, "round", c).moved(0, 0, z + .8)).add("metal", bezel("round", c, height=2.8).moved(0, 0, z + .8))
    m.add("metal", plate(outline("round") * (c / 2 + s * .5), 1.0).turned("x", -90).moved(0, 0, z - 1.2))
    return m


def wave(p: P) -> Model:
    n = 360
    a = np.arange(n) * TAU / n
    k, amp = p.get("waves", 6), p.get("amp", 1.6)
    shift = amp * np.sin(k * a)
    if p.get("kind") == "chevron":
        d = _angles(n)
        shift = -p.get("amp", 4) * np.clip(1 - d / 62, 0, 1)
    m = Model()
    for i, y in enumerate(p.get("rows", (0,))):
        m.add("metal" if i % 2 == 0 else p.get("second", "metal"),
              band(R, p.get("width", 2.2), 1.6, p.get("shape", "round"), n=n, shift=shift + y))
    if p.get("gem", "none") != "none":
        for b in p.get("stones", np.arange(-60, 61, 10)):
            i = int((b % 360) / 360 * n)
            m.add("gem", around(small(p["gem"], p.get("size", 1.7)), R + 1.7, b, shift[i]))
    return m


def stack(p: P) -> Model:
    m = Model()
    for i, (y, shape, w, g) in enumerate(p["bands"]):
        if shape == "rope":
            axis = circle(R + .9, 400) + [0, y, 0]
            for k in range(2):
                m.add("metal", tube(helix(.42, 3, axis, k * np.pi, True), .5, True, 8))
        elif shape == "beads":
            for b in np.arange(0, 360, 10.5):
                m.add("accent" if p.get("two_tone") else "metal", around(sphere(.9, n=9), R + .8, b, y))
        else:
            m.add("metal" if i != 1 or not p.get("two_tone") else "accent", band(R, w, 1.5, shape).moved(0, y, 0))
        if g:
            for b in np.arange(-90, 91, 12):
                m.add("gem", around(small(p["gem"], 1.9), R + 1.5, b, y))
    return m


def cocktail(p: P) -> Model:
    s, cut, z = p.get("size", 13), p.get("cut", "emerald"), R + 4
    m = Model()
    for y in (-1, 1):
        m.add("metal", band(R, 1.7, 1.5, "round", shift=y * 1.6 * np.exp(-(_angles() / 70) ** 2)))
    q = Model()
    _head(q, p, s, 0, cut, p.get("turn", 0), p.get("seat", "prongs"), count=p.get("prongs", 4))
    if p.get("beads"):
        o = outline(cut, 34) * s * .60
        for x, y in o:
            q.add("metal", sphere(.8, n=8).turned("x", 0).moved(*(np.array([[x, y]]) @ np.array([[0, 1], [-1, 0]] if p.get("turn") else [[1, 0], [0, 1]])).ravel(), -.4))
    m.join(q, lambda k: k.moved(0, 0, z))
    return m


def dome_ring(p: P) -> Model:
    n = 300
    m = Model().add("metal", band(R, _taper(p.get("top", 13), 3, n, 62), _taper(4.2, 1.4, n, 60), "dome", n=n))
    if p.get("ribs"):
        for k in np.linspace(-.8, .8, p["ribs"]):
            y = k * _taper(p.get("top", 13), 3, n, 62) / 2
            t = _taper(4.2, 1.4, n, 60)
            r = R + t * (.45 + .55 * np.sqrt(1 - abs(k) ** 2.2)) - .1
            a = np.arange(n) * TAU / n
            m.add("metal", tube(np.stack([r * np.sin(a), y, r * np.cos(a)], -1), _taper(.85, .3, n, 60), True, 10))
    if p.get("gem", "none") != "none":
        for b, y in p.get("scatter", [(x, yy) for x in np.arange(-48, 49, 12) for yy in (-3.2, 0, 3.2)]):
            t = 1.4 + 2.8 * np.exp(-(b / 60) ** 2)
            u = y / (1.5 + (p.get("top", 13) - 3) / 2 * np.exp(-(b / 62) ** 2))
            r = R + t * (.45 + .55 * np.sqrt(max(1 - abs(u) ** 2.2, 0)))
            m.add("gem", around(small(p["gem"], p.get("size", 2.1)).turned("x", -u * 40), r + .1, b, y))
    return m


def crown_ring(p: P) -> Model:
    n, k = 480, p.get("points", 9)
    m = Model().add("metal", band(R, 1.6, 1.3, "flat", n=n).moved(0, -2, 0))
    a = np.arange(n) * TAU / n
    zig = 2.6 * (2 * np.abs((a * k / TAU) % 1 - .5))
    m.add("metal", tube(np.stack([(R + .7) * np.sin(a), zig - 1.4, (R + .7) * np.cos(a)], -1), .55, True, 8))
    for i in range(k):
        b = 360 * i / k
        m.add("gem" if p.get("gem", "none") != "none" else "metal", around(sphere(.8, n=9) if p.get("gem") in OPAQUE | {"none"} else small(p["gem"], 1.9), R + 1.2, b, 2.0))
        m.add("metal", around(sphere(.75, n=8), R + .7, b + 180 / k, -1.2))
    return m


def open_cuff(p: P) -> Model:
    n, gap = 240, p.get("gap", 22)
    a = np.radians(np.linspace(gap, 360 - gap, n))
    path = np.stack([(R + 1) * np.sin(a), np.zeros(n), (R + 1) * np.cos(a)], -1)
    m = Model().add("metal", tube(path, p.get("wire", 1.1), sides=14))
    for end in (0, -1):
        x, _, z = path[end]
        tip = p.get("tip", "ball")
        if tip == "ball":
            m.add("gem" if p.get("gem", "none") != "none" else "metal", sphere(p.get("size", 2.6)).moved(x * 1.02, 0, z * 1.02))
        else:
            m.add("metal", plate(outline(tip) * p.get("size", 4), 1.2, .25).turned("x", -90).moved(0, 0, R + 1.6).turned("y", np.degrees(np.arctan2(x, z))))
    return m


def vine(p: P) -> Model:
    n = 300
    a = np.arange(n) * TAU / n
    shift = .9 * np.sin(8 * a)
    m = Model().add("metal", band(R, 1.3, 1.2, "round", n=n, shift=shift))
    step = p.get("step", 22.5)
    for i, b in enumerate(np.arange(0, 360, step)):
        side = 1 if i % 2 else -1
        leaf = plate(outline("leaf") * p.get("leaf", 3.0), .8, .2, .4).turned("x", -90).turned("z", side * -50).moved(1.0, side * 2.2, 0)
        m.add("metal", around(leaf, R + 1.1, b))
        if p.get("gem", "none") != "none" and (b < 80 or b > 280):
            m.add("gem", around(small(p["gem"], 2.2), R + 1.6, b, -side * 1.5))
    return m


def coil(p: P) -> Model:
    """A snake: a wire of two and a half turns with a head and a tail."""
    turns, rise = p.get("turns", 2.3), p.get("rise", 3.2)
    n = 500
    t = np.linspace(-turns / 2, turns / 2, n) * TAU
    path = np.stack([(R + 1) * np.sin(t), rise * t / TAU, (R + 1) * np.cos(t)], -1)
    w = p.get("wire", 1.15) * (1 - .75 * np.clip((np.arange(n) / n - .75) / .25, 0, 1))
    m = Model().add("metal", tube(path, w, sides=14))
    x, y, z = path[0]
    head = plate(outline("drop") * [1.15, 1] * 3.4, 2.0, .6, .5).turned("x", -90).turned("z", 80)
    d = np.degrees(np.arctan2(x, z))
    m.add("metal", around(head, R + 1.4, d - 10, y))
    if p.get("gem", "none") != "none":
        m.add("gem", around(stone(p["gem"], "round", 2.4), R + 2.9, d - 10, y))
    return m


def emblem_ring(p: P) -> Model:
    """A thin band that carries a flat shape."""
    s = p.get("size", 5)
    m = Model().add("metal", band(R, p.get("width", 1.8), 1.5, "round"))
    q = Model()
    o = outline(p["face"])
    if p.get("open"):
        q.add("metal", frame_of(o * s, .75))
    else:
        q.add("metal", plate(o * s, 1.6, .4, p.get("dome", .5)))
    if p.get("gem", "none") != "none" and not p.get("border"):
        q.add("gem", stone(p["gem"], p.get("cut", "round"), p.get("stone", 3)).turned("x", 90).moved(0, -.9 - p.get("dome", .5) * .6, 0))
        q.add("metal", bezel(p.get("cut", "round"), p.get("stone", 3)).turned("x", 90).moved(0, -.9 - p.get("dome", .5) * .6, 0))
    if p.get("border"):
        for x, z in outline(p["face"], p["border"]) * s * .82:
            q.add("gem", small(p["gem"], 1.5).turned("x", 90).moved(x, -1.0, z))
    m.join(q, lambda k: k.turned("x", -90).turned("z", p.get("turn", 0)).moved(0, 0, R + 2.2))
    return m


def infinity_ring(p: P) -> Model:
    s = p.get("size", 7)
    a = np.linspace(0, TAU, 160, endpoint=False)
    d = 1 + np.sin(a) ** 2
    path = np.stack([s * np.cos(a) / d * 1.25, s * 1.5 * np.sin(a) * np.cos(a) / d, .5 * np.sin(a) + R + 1.6 - (s * np.cos(a) / d * 1.25) ** 2 / 24], -1)
    m = Model().add("metal", band(R, 2, 1.5, "round", start=44, stop=316))
    m.add("metal", tube(path, .95, True, 12))
    if p.get("gem", "none") != "none":
        for i in range(0, 160, 8):
            x, y, z = path[i]
            m.add("gem", small(p["gem"], 1.5).moved(x, y, z + .8))
    return m


def braid(p: P) -> Model:
    n = 600
    t = np.arange(n) * TAU / n
    k, w = p.get("crossings", 9), p.get("wire", .95)
    m = Model()
    for i in range(3):
        ph = i * TAU / 3
        y = w * 1.9 * np.sin(k * t + ph)
        h = w * .7 * np.sin(2 * (k * t + ph))
        r = R + 1.5 + h
        m.add("accent" if p.get("two_tone") and i == 1 else "metal", tube(np.stack([r * np.sin(t), y, r * np.cos(t)], -1), w, True, 10))
    return m


def chain_ring(p: P) -> Model:
    n, s = p.get("links", 16), p.get("size", 2.3)
    m = Model()
    for i in range(n):
        o = outline("oval", 40) * [1, 1.15] * s
        link = frame_of(o, p.get("wire", .62), 10).turned("x", -90).turned("z", 90).turned("x", 38 if i % 2 else -38)
        m.add("metal", around(link, R + 1.2, 360 * i / n))
    if p.get("gem", "none") != "none":
        _head(m, p, p.get("stone", 5), R + 3.6, p.get("cut", "oval"), 0, "bezel")
    return m


def moon_ring(p: P) -> Model:
    m = Model().add("metal", band(R, 1.7, 1.4, "round", start=0, stop=360))
    a = np.radians(np.linspace(-140, 140, 60))
    r = p.get("size", 4.6)
    path = np.stack([-r * np.cos(a) * .95, r * np.sin(a), np.zeros(60)], -1)
    w = 1.5 * np.cos(a * 90 / 142) ** .8 + .15
    m.add("metal", tube(path + [0, 0, R + 2.2], w, sides=14))
    m.add("gem", stone(p["gem"], "round", p.get("stone", 3.8)).moved(1.1, 0, R + 3.4))
    m.add("metal", bezel("round", p.get("stone", 3.8), height=2).moved(1.1, 0, R + 3.4))
    return m


def cage(p: P) -> Model:
    """Two rails with open lattice between."""
    n, h = 300, p.get("height", 4)
    m = Model()
    for y in (-h, h):
        m.add("metal", band(R, 1.5, 1.4, "round", n=n).moved(0, y, 0))
    k = p.get("bars", 14)
    for i in range(k):
        b = 360 * i / k
        for s in ((1, -1) if p.get("kind", "lattice") == "lattice" else (0,)):
            c = np.radians([b, b + s * 180 / k, b + s * 360 / k])
            yy = np.array([-h, 0, h])
            m.add("metal", tube(np.stack([(R + .8) * np.sin(c), yy, (R + .8) * np.cos(c)], -1), .5, sides=8))
        if p.get("gem", "none") != "none":
            m.add("gem", around(small(p["gem"], 2.2), R + 1.3, b + (180 / k if p.get("kind", "lattice") == "bars" else 180 / k), 0))
    return m


BUILDERS = {f.__name__: f for f in (
    solitaire, three_stone, halo_ring, eternity, plain, signet, twisted, bypass, crossover, cluster, wave, stack, cocktail, dome_ring,
    crown_ring, open_cuff, vine, coil, emblem_ring, infinity_ring, braid, chain_ring, moon_ring, cage)}
