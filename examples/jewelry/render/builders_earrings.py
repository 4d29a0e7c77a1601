"""Earrings. One piece hangs in the xz plane and faces −y; the ear hole is the origin."""

from __future__ import annotations

from typing import Any

import numpy as np

from builders_rings import bezel_cup
from gems import OPAQUE, bezel, faceted_bead, halo, prongs, small, stone
from geometry import (TAU, Mesh, Model, arc, circle, frame_of, helix, lathe, outline, plate, rod, sphere, torus, tube)

P = dict[str, Any]


def front(m: Mesh) -> Mesh:
    """Turns a mesh that faces +z, its length along y, towards −y with its length along z."""
    return m.turned("x", 90)


def set_stone(m: Model, p: P, size: float, cut: str, x: float, z: float, y: float = 0, seat: str = "bezel", slot: str = "gem",
              turn: float = 0) -> None:
    gem = p[slot]
    put = lambda q: front(q).turned("y", turn).moved(x, y, z)
    m.add(slot, put(stone(gem, cut, size)))
    if gem in ("pearl", "black_pearl"):
        m.add("metal", *[put(q) for q in bezel_cup(size)])
    elif seat == "prongs" and gem not in OPAQUE:
        m.add("metal", *[put(q) for q in prongs(cut, size, 4)])
    elif seat != "none":
        m.add("metal", put(bezel(cut, size)))


def hook(m: Model, drop: float = 6) -> float:
    """A fish hook; returns the height at which the piece below begins."""
    path = np.array([[0, 7, -9], [0, 6.5, -3], [0, 4.5, .2], [0, 2.4, 1.2], [0, .6, .2], [0, 0, -2], [0, 0, -drop]])
    s = np.linspace(0, 1, 40)
    k = np.linspace(0, 1, len(path))
    m.add("metal", tube(np.stack([np.interp(s, k, path[:, i]) for i in range(3)], -1), .42, sides=8))
    m.add("metal", torus(.95, .3, n=20, sides=8).moved(0, 0, -drop - .9))
    return -drop - 1.8


def top(m: Model, p: P) -> float:
    """How the piece is worn: a hook, or a stud with a stone, a ball or a disc."""
    kind = p.get("top", "hook")
    if kind == "hook":
        return hook(m, p.get("hook_drop", 5))
    s = p.get("top_size", 4)
    if kind == "ball":
        m.add("metal", sphere(s / 2))
    elif kind == "disc":
        m.add("metal", plate(outline("round") * s / 2, 1.1, .3, .4))
    elif kind == "pearl":
        m.add("pearl", sphere(s / 2))
    elif kind == "gem2":
        set_stone(m, p, s, p.get("top_cut", "round"), 0, 0, slot="gem2")
    else:
        set_stone(m, p, s, p.get("top_cut", "round"), 0, 0)
    m.add("metal", torus(.9, .3, n=20, sides=8).moved(0, 0, -s / 2 - .7))
    return -s / 2 - 1.5


def stud(p: P) -> Model:
    m = Model()
    s, cut = p.get("size", 6), p.get("cut", "round")
    if p.get("halo"):
        m.join(halo(p.get("gem2", "diamond"), cut, s, p["halo"]), front)
    set_stone(m, p, s, cut, 0, 0, 0, p.get("seat", "prongs"), turn=p.get("turn", 0))
    if p.get("jacket"):
        for d in np.linspace(115, 245, p["jacket"]):
            r = s / 2 + 3.2
            a = np.radians(d)
            m.add("gem2", front(small(p["gem2"], 2.2 if abs(d - 180) > 40 else 2.8)).moved(r * np.sin(a), -.4, r * np.cos(a)))
        m.add("metal", tube(arc(s / 2 + 3.2, 108, 252), .9, sides=10))
    return m


def shape_stud(p: P) -> Model:
    m, s = Model(), p.get("size", 6)
    o = outline(p["face"]) * [p.get("stretch", 1), 1] * s
    if p.get("open"):
        m.add("metal", frame_of(o, p.get("wire", .8)))
    else:
        m.add("metal", plate(o, 1.5, .35, p.get("dome", .6)))
    if p.get("inlay"):
        m.add("gem", plate(o * .78, 1.2, .2, .4).moved(0, -.7, 0))
    elif p.get("gem", "none") != "none":
        set_stone(m, p, p.get("stone", 2.6), p.get("cut", "round"), 0, p.get("lift", 0), -1.2)
    return m


def hoop(p: P) -> Model:
    m, r, w = Model(), p.get("radius", 14), p.get("wire", 1.1)
    kind, sq = p.get("kind", "round"), p.get("squash", 1.0)
    axis = circle(r, 240, squash=sq)
    if kind == "round":
        m.add("metal", tube(axis, w, True, 16))
    elif kind == "twist":
        for i in range(2):
            m.add("metal", tube(helix(w * .75, p.get("pitch", 6), axis, i * np.pi, True), w * .8, True, 10))
    elif kind == "bamboo":
        k = np.arange(240)
        m.add("metal", tube(axis, w * (1 + .45 * np.exp(-(((k % 24) - 12) / 2.2) ** 2)), True, 16))
    elif kind == "crescent":
        k = np.cos(np.arange(240) * TAU / 240)
        m.add("metal", tube(axis * (1, 1, 1), w * (.35 + .65 * ((1 - k) / 2) ** 1.2), True, 18))
    elif kind == "flat":
        m.add("metal", plate_ring(r, r - p.get("face", 5), 1.1, sq))
    elif kind == "beads":
        n = p.get("count", 26)
        m.add("metal", tube(axis, .5, True, 8))
        for q in axis[:: max(240 // n, 1)]:
            m.add("gem" if p.get("gem", "none") != "none" else "metal", sphere(w * 1.25, n=10).moved(*q))
    elif kind == "hexagon":
        m.add("metal", frame_of(outline("hexagon", 120) * r, w, 12))
    elif kind == "square":
        m.add("metal", frame_of(outline("cushion", 160) * r * 1.05, w, 12))
    elif kind == "heart":
        m.add("metal", frame_of(outline("heart", 160) * r, w, 12))
    if p.get("stones"):
        n = p["stones"]
        for d in np.linspace(p.get("from", 100), p.get("to", 260), n):
            a = np.radians(d)
            s = p.get("stone", 1.7)
            m.add("gem", front(small(p["gem"], s)).moved((r) * np.sin(a), -w - .05, r * np.cos(a) * sq))
            if kind == "round":
                m.add("gem", small(p["gem"], s).turned("x", 0).mapped(np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]]),
                                                                      [(r + w) * np.sin(a), 0, (r + w) * np.cos(a) * sq]))
    if p.get("charm"):
        z = -r * sq - w - 1.2
        m.add("metal", torus(1.3, .3, n=24, sides=8).moved(0, 0, z + .8))
        if p["charm"] in ("stone",):
            set_stone(m, p, p.get("size", 6), p.get("cut", "pear"), 0, z - .8 - p.get("size", 6) / 2)
        elif p["charm"] == "ball":
            m.add("gem", sphere(p.get("size", 6) / 2).moved(0, 0, z - .4 - p.get("size", 6) / 2))
        else:
            m.add("metal", plate(outline(p["charm"]) * p.get("size", 4), 1.1, .3, .3).moved(0, 0, z - .4 - p.get("size", 4)))
    return m.each(lambda q: q.moved(0, 0, -r * sq).turned("z", p.get("yaw", 24)))


def plate_ring(r: float, hole: float, thick: float, squash: float = 1.0, shift: float = 0.0) -> Mesh:
    """A flat ring whose hole may sit off the centre."""
    from geometry import loft
    o = outline("round", 120)
    rows = []
    for s, y, c in ((hole, thick / 2, shift), (r * .97, thick / 2, 0), (r, thick / 4, 0), (r, -thick / 4, 0), (r * .97, -thick / 2, 0), (hole, -thick / 2, shift)):
        rows.append(np.stack([o[:, 0] * s, np.full(120, y), o[:, 1] * s * squash + c], -1))
    return loft(rows, wrap=True)


def huggie(p: P) -> Model:
    """A small, wide hoop seen almost from the side it is worn on."""
    from geometry import band
    r, w = p.get("radius", 5.5), p.get("width", 3.4)
    n = 200
    m = Model().add("metal", band(r, w, p.get("thick", 1.7), p.get("shape", "dome"), n=n))
    if p.get("ribs"):
        for d in np.arange(0, 360, p["ribs"]):
            m.add("metal", tube(np.array([[0, -w / 2, 0], [0, 0, .3], [0, w / 2, 0]]), .7, sides=8).moved(0, 0, r + 1.4).turned("y", d))
    if p.get("gem", "none") != "none":
        s = p.get("stone", 2.3)
        for y in p.get("rows", (0,)):
            for d in np.arange(160, 350, np.degrees(s * 1.05 / (r + 1.8))):
                m.add("gem", small(p["gem"], s).moved(0, y, r + p.get("thick", 1.7) + .05).turned("y", d))
    if p.get("drop"):
        s = p["drop"]
        q = Model()
        q.add("metal", torus(1.1, .3, n=20, sides=8))
        set_stone(q, p | {"gem": p.get("gem2", p["gem"])}, s, p.get("cut", "pear"), 0, -1.4 - s / 2)
        m.join(q, lambda k: k.turned("z", -58).moved(0, 0, -r - 2.4))
    return m.each(lambda q: q.moved(0, 0, -r - 1).turned("z", p.get("yaw", 58)))


def drop(p: P) -> Model:
    m = Model()
    z = top(m, p)
    for i in range(p.get("links", 0)):
        m.add("metal", frame_of(outline("oval", 40) * [.9, 1] * 2.2, .4, 8).turned("z", 90 * (i % 2)).moved(0, 0, z - 2))
        z -= 3.8
    s, cut = p.get("size", 9), p.get("cut", "pear")
    if p.get("cap"):
        m.add("metal", lathe(np.array([(.05, 1.6), (.7, 1.5), (1.4, .4), (s * .32, -.6), (s * .34, -1.2), (.05, -1.0)]), 24).moved(0, 0, z - 1))
        z -= 1.2
    if p.get("bead"):
        b = faceted_bead(s) if p["bead"] == "facet" else sphere(s / 2, p.get("squash", 1.0))
        m.add("gem", b.moved(0, 0, z - s / 2 * p.get("squash", 1.0)))
    else:
        if p.get("halo"):
            m.join(halo(p.get("gem2", "diamond"), cut, s, p["halo"]), lambda q: front(q).moved(0, 0, z - s / 2 - p["halo"]))
            z -= p["halo"]
        set_stone(m, p, s, cut, 0, z - s / 2, seat=p.get("seat", "bezel"))
    return m


def strand(p: P) -> Model:
    """Beads one below another."""
    m = Model()
    z = top(m, p)
    sizes = p.get("sizes", (3, 4, 5, 6))
    for i, s in enumerate(sizes):
        slot = "gem2" if p.get("alternate") and i % 2 else "gem"
        m.add(slot, (faceted_bead(s) if p.get("facet") else sphere(s / 2)).moved(0, 0, z - s / 2))
        z -= s
        m.add("metal", sphere(.7, n=8).moved(0, 0, z - .5))
        z -= 1.1
    return m


def plate_drop(p: P) -> Model:
    m = Model()
    z = top(m, p)
    for face, size, extra in p["plates"]:
        o = outline(face) * [p.get("stretch", 1), 1] * size
        if extra == "open":
            m.add("metal", frame_of(o, p.get("wire", .85)).moved(0, 0, z - size))
        else:
            body = plate(o, 1.2, .3, p.get("dome", .4))
            if p.get("hammer"):
                rng = np.random.default_rng(2)
                c = rng.uniform(-size, size, (70, 2))
                d = np.zeros(len(body.v))
                for q in c:
                    d = np.maximum(d, np.exp(-((body.v[:, 0] - q[0]) ** 2 + (body.v[:, 2] - q[1]) ** 2) / 1.4))
                body = Mesh(body.v + np.outer(d * (body.v[:, 1] < 0) * .5, [0, 1, 0]), body.f)
            m.add("metal", body.moved(0, 0, z - size))
            if extra == "vein":
                m.add("metal", rod((0, -.8, z - .3), (0, -.8, z - 2 * size + .5), .3))
                for k in np.linspace(.25, .8, 7):
                    for sx in (-1, 1):
                        zz = z - 2 * size * k
                        wdt = np.interp(zz - (z - size), o[:60][::-1, 1], np.abs(o[:60][::-1, 0]))
                        m.add("metal", rod((0, -.8, zz), (sx * wdt * .85, -.6, zz + size * .18), .2, 6))
            if extra == "gem":
                set_stone(m, p, p.get("stone", 4), p.get("cut", "round"), 0, z - size, -.8)
            if extra == "inlay":
                m.add("gem", plate(o * .76, .8, .2, .3).moved(0, -.7, z - size))
        z -= 2 * size + .4
        m.add("metal", torus(.8, .28, n=18, sides=7).moved(0, 0, z + .1))
        z -= .9
    if p.get("end"):
        set_stone(m, p, p["end"], p.get("cut", "round"), 0, z - p["end"] / 2)
    return m


def chandelier(p: P) -> Model:
    m = Model()
    z = top(m, p)
    w, n = p.get("width", 9), p.get("arms", 5)
    z -= 2
    m.add("metal", tube(arc(w, -100, 100) * [1, 1, -1] + [0, 0, z - 0], .6, sides=10))
    m.add("metal", tube(arc(w * .55, -100, 100) * [1, 1, -1] + [0, 0, z], .5, sides=8))
    m.add("metal", rod((-w, 0, z + w * .17), (w, 0, z + w * .17), .55))
    set_stone(m, p, p.get("mid", 4), "round", 0, z - w * .28)
    for i, d in enumerate(np.linspace(-78, 78, n)):
        a = np.radians(d)
        x, zz = w * np.sin(a), z - w * np.cos(a)
        k = p.get("fringe", 4) + 3.5 * np.cos(a)
        m.add("metal", rod((x, 0, zz), (x, 0, zz - k), .25, 6))
        s = p.get("size", 3.6)
        if p.get("facet"):
            m.add("gem2", faceted_bead(s).moved(x, 0, zz - k - s / 2))
        else:
            set_stone(m, p, s * 1.4, "pear", x, zz - k - s * .7, slot="gem2")
    return m


def tassel(p: P) -> Model:
    m = Model()
    z = top(m, p)
    n, long = p.get("strands", 9), p.get("length", 26)
    m.add("metal", lathe(np.array([(.05, 0), (1.6, -.6), (2.5, -3), (2.6, -4), (.05, -3.8)]), 24).moved(0, 0, z))
    for i in range(n):
        a = TAU * i / n
        x, y = 1.9 * np.cos(a), 1.0 * np.sin(a)
        for k in np.arange(3.6, long, 1.3):
            m.add("metal", sphere(.62, 1.15, 6).moved(x * (1 + k * .02), y, z - k))
        if p.get("gem", "none") != "none":
            m.add("gem", sphere(p.get("size", 2.4) / 2, n=10).moved(x * (1 + long * .02), y, z - long - .4))
    return m


def bar_drop(p: P) -> Model:
    m = Model()
    z = top(m, p)
    for i, (x, long) in enumerate(p.get("bars", ((0, 30),))):
        m.add("metal", tube(np.array([[x, 0, z], [x, 0, z - long / 2], [x, 0, z - long]]), p.get("wire", .9), sides=12))
        if p.get("gem", "none") != "none":
            set_stone(m, p, p.get("size", 4), p.get("cut", "round"), x, z - long - p.get("size", 4) / 2)
    if len(p.get("bars", ((0, 30),))) > 1:
        xs = [b[0] for b in p["bars"]]
        m.add("metal", rod((min(xs), 0, z), (max(xs), 0, z), .7))
    return m


def rings_drop(p: P) -> Model:
    m = Model()
    z = top(m, p)
    for r in p.get("radii", (5, 7, 9)):
        slot = "accent" if p.get("two_tone") and r == p["radii"][1] else "metal"
        m.add(slot, torus(r, p.get("wire", .75)).turned("z", p.get("tilt", 0)).moved(0, 0, z - r))
        z -= p.get("step", 2 * r) if not p.get("nested") else 0
    if p.get("gem", "none") != "none":
        r = p["radii"][-1]
        s = p.get("size", 5)
        zz = (z - r if p.get("nested") else z - s / 2 - .6)
        if p.get("nested"):
            m.add("metal", rod((0, 0, z - .3), (0, 0, zz + s / 2), .25, 6))
        set_stone(m, p, s, p.get("cut", "round"), 0, zz)
    return m


def climber(p: P) -> Model:
    """Stones or leaves that follow the ear's edge upwards."""
    m = Model()
    n = p.get("count", 7)
    t = np.linspace(0, 1, n)
    a = np.radians(110 - 105 * t)
    r = p.get("radius", 12)
    x, z = r * (np.sin(a) - np.sin(a[0])), r * 1.35 * (np.cos(a) - np.cos(a[0]))
    m.add("metal", tube(np.stack([x, np.zeros(n) + .6, z], -1), .5, sides=8))
    for i in range(n):
        s = p.get("size", 4) * (1 - .5 * t[i])
        if p.get("kind") == "leaf":
            m.add("metal", plate(outline("leaf") * s, .8, .2, .4).turned("y", (-40 if i % 2 else 70) + 10 * i).moved(x[i] + (1.7 if i % 2 else -1.5), 0, z[i]))
        elif p.get("kind") == "star":
            m.add("metal", plate(outline("star") * s * .7, 1.0, .25, .3).turned("y", 14 * i).moved(x[i], 0, z[i]))
            m.add("gem", front(small(p["gem"], s * .36)).moved(x[i], -.9, z[i]))
        else:
            set_stone(m, p, s, p.get("cut", "round"), x[i], z[i], seat="prongs")
    return m


def flower(p: P) -> Model:
    m = Model()
    z = top(m, p) if p.get("top") else 0
    n, s = p.get("petals", 5), p.get("size", 5)
    c = p.get("centre", 3)
    z -= (c / 2 + s) if p.get("top") else 0
    for i in range(n):
        d = 360 * i / n
        if p.get("stone_petals"):
            q = Model()
            set_stone(q, p, s, p.get("cut", "pear"), 0, c / 2 + s / 2, turn=0 if p.get("cut", "pear") != "pear" else 180)
            m.join(q, lambda k: k.turned("y", d).moved(0, 0, z))
        else:
            m.add("metal", plate(outline("oval") * [1.05, 1] * s * .55, .9, .25, .7).turned("x", 16).moved(0, -.3, c / 2 + s * .42).turned("y", d).moved(0, 0, z))
    set_stone(m, p, c, "round", 0, z, -1.1, slot="gem2" if p.get("stone_petals") else "gem")
    return m


def spiral(p: P) -> Model:
    m = Model()
    z = top(m, p)
    turns, r = p.get("turns", 2.6), p.get("radius", 9)
    t = np.linspace(0, 1, 200)
    a = TAU * turns * t
    rr = r * (1 - .9 * t)
    m.add("metal", tube(np.stack([rr * np.sin(a), np.zeros(200), rr * np.cos(a) + z - r], -1), p.get("wire", .9), sides=12))
    if p.get("gem", "none") != "none":
        set_stone(m, p, p.get("size", 3.2), "round", 0, z - r, -.8)
    return m


def moon_drop(p: P) -> Model:
    m = Model()
    z = top(m, p) if p.get("top") else p.get("radius", 7)
    r = p.get("radius", 7)
    a = np.radians(np.linspace(-142, 142, 70))
    w = r * .24 * np.cos(a * 90 / 144) ** .8 + .12
    m.add("metal", tube(np.stack([-r * np.cos(a) * .92, np.zeros(70), r * np.sin(a) + z - r], -1), w, sides=14))
    if p.get("gem", "none") != "none":
        x = r * .28
        m.add("metal", rod((x, 0, z - r * .35), (x, 0, z - r), .22, 6))
        if p.get("star"):
            m.add("metal", plate(outline("star") * r * .42, 1, .25, .3).moved(x, 0, z - r))
            m.add("gem", front(small(p["gem"], 1.8)).moved(x, -.9, z - r))
        else:
            set_stone(m, p, p.get("size", 4), "round", x, z - r)
    return m


BUILDERS = {f.__name__: f for f in (stud, shape_stud, hoop, huggie, drop, strand, plate_drop, chandelier, tassel, bar_drop, rings_drop, climber,
                                    flower, spiral, moon_drop)}
