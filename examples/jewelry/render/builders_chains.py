"""Chains along a path, and the necklaces, pendants and bracelets made with them.

Necklaces lie in the xz plane and face −y; bracelets run about the z axis on their lower edge.
Necklace builders take the path from the scene, so the same piece can lie as a loop or hang round a neck.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from builders_earrings import front, plate_ring, set_stone
from gems import OPAQUE, bezel, faceted_bead, halo, small, stone
from geometry import (TAU, Array, Mesh, Model, band, circle, frame_of, frames, helix, lathe, length, loft, merge, outline, plate, resample,
                      rod, sphere, torus, tube)

P = dict[str, Any]


def flat_frames(path: Array, closed: bool, normal: Array) -> tuple[Array, Array, Array]:
    t, s, u = frames(path, closed, np.broadcast_to(normal, path.shape))
    return t, s, u


def chain(path: Array, kind: str, size: float, closed: bool = False, normal: Array = np.array([0, -1.0, 0]), wire: float | None = None,
          p: P | None = None) -> Model:
    """Links of one kind along a path. `size` is the link's length or the bead's diameter."""
    p = p or {}
    m, total = Model(), length(path, closed)
    w = wire or size * .13

    def along(pitch: float) -> tuple[Array, Array, Array, Array]:
        n = max(int(round(total / pitch)), 3)
        q = resample(path, n if closed else n + 1, closed)
        t, s, u = flat_frames(q, closed, normal)
        return q, t, s, u

    def put(mesh: Mesh, q: Array, t: Array, s: Array, u: Array, roll: float = 0) -> Mesh:
        """Mesh x along the path, y sideways, z towards the viewer."""
        return mesh.turned("x", roll).mapped(np.stack([t, -s, u], -1), q)

    if kind in ("cable", "paperclip", "rolo", "figaro", "curb", "oval"):
        ratio = {"cable": .68, "paperclip": .34, "rolo": 1.0, "figaro": .62, "curb": .72, "oval": .56}[kind]
        o = outline("round", 28)
        unit = frame_of(np.column_stack([o[:, 0] * (size / 2 - w), o[:, 1] * (size * ratio / 2 - w * .6)]), w, 8).turned("x", -90)
        if kind == "paperclip":
            o = outline("bar", 48)
            unit = frame_of(np.column_stack([o[:, 1] * (size / 2 - w), o[:, 0] / .2 * (size * ratio / 2 - w)]), w, 8).turned("x", -90)
        lens = [size] if kind != "figaro" else [size * 1.6, size, size, size]
        pitch = np.array([x - 2.1 * w for x in lens])
        if kind == "curb":
            pitch = pitch * .72
        pos, i, marks = 0.0, 0, []
        while pos < total - pitch.min() * .4:
            k = i % len(pitch)
            marks.append((pos + pitch[k] / 2, k))
            pos += pitch[k]
            i += 1
        dense = resample(path, 1500, closed)
        s_at = np.linspace(0, total, 1500, endpoint=not closed)
        t, s, u = flat_frames(dense, closed, normal)
        stretch = total / pos
        for j, (at, k) in enumerate(marks):
            ix = min(int(np.searchsorted(s_at, at * stretch)), 1499)
            link = unit if kind != "figaro" else unit.scaled(lens[k] / size, 1, 1)
            roll = {"curb": 33, "figaro": 28}.get(kind, 38 if j % 2 else -38)
            m.add("accent" if p.get("two_tone") and j % 2 else "metal", put(link, dense[ix], t[ix], s[ix], u[ix], roll))
    elif kind in ("rope", "twist"):
        n = max(int(total / (size * .09)), 60)
        axis = resample(path, min(n, 1600), closed)
        for i in range(3 if kind == "rope" else 2):
            m.add("metal", tube(helix(size * .27, size * (1.9 if kind == "rope" else 2.6), axis, i * TAU / (3 if kind == "rope" else 2), closed), size * .26, closed, 8))
    elif kind == "snake":
        n = max(int(total / (size * .35)), 60)
        q = resample(path, min(n * 2, 1600), closed)
        m.add("metal", tube(q, size / 2 * (1 + .07 * np.where(np.arange(len(q)) % 2, 1, -1)), closed, 14))
    elif kind == "herringbone":
        q = resample(path, 700, closed)
        prof = np.array([[-.5, 0], [-.45, .12], [0, .16], [.45, .12], [.5, 0], [0, -.08]]) * size
        wob = 1 + .03 * np.where(np.arange(700) % 4 < 2, 1, -1)
        t, s, u = flat_frames(q, closed, normal)
        rings = q[:, None] + s[:, None] * prof[None, :, 0:1] * wob[:, None, None] + u[:, None] * prof[None, :, 1:2]
        m.add("metal", loft(rings, wrap=closed))
    elif kind == "box":
        q, t, s, u = along(size * .95)
        cube = plate(outline("square", 24) * size * .5, size * .8, size * .12)
        for i in range(len(q)):
            m.add("metal", put(cube, q[i], t[i], s[i], u[i], 45 * (i % 2) + 45))
    elif kind == "ball":
        q, t, s, u = along(size * 1.12)
        for c in q:
            m.add("metal", sphere(size / 2, n=8).moved(*c))
        m.add("metal", tube(resample(path, 300, closed), size * .15, closed, 6))
    elif kind in ("beads", "facet", "discs", "tubes"):
        g = p.get("grade", 0)
        m.add("metal", tube(resample(path, 300, closed), .3, closed, 6))
        pos, i = 0.0, 0
        dense = resample(path, 2000, closed)
        t, s, u = flat_frames(dense, closed, normal)
        pat = p.get("pattern", ("gem",))
        while pos < total - size * .3:
            d = size * (1 - g * abs(2 * (pos + size / 2) / total - 1))
            long = {"discs": .45, "tubes": 2.2}.get(kind, 1.0) * d * (1 - p.get("flat", 0))
            slot = pat[i % len(pat)]
            if slot == "metal_s":
                d = long = size * .5
            ix = min(int((pos + long / 2) / total * 2000), 1999)
            if slot == "metal_s":
                bead, slot = sphere(d / 2, n=10).turned("y", 90), "metal"
            elif kind == "beads":
                bead = sphere(d / 2, long / d, n=14).turned("y", 90)
            elif kind == "facet":
                bead = faceted_bead(d).turned("y", 90).turned("x", 37 * i)
            elif kind == "discs":
                bead = sphere(d / 2, .45, n=12).turned("y", 90)
            else:
                bead = tube(np.array([[-long * .45, 0, 0], [0, 0, 0], [long * .45, 0, 0]]), d * .36, sides=14)
            m.add(slot, put(bead, dense[ix], t[ix], s[ix], u[ix]))
            pos += long * 1.03
            i += 1
    elif kind in ("tennis", "bezels"):
        cut = p.get("cut", "round")
        asp = np.abs(outline(cut, 60)).max(0)
        unit_len = size * (asp[1] if p.get("along") else asp[0])
        q, t, s, u = along(unit_len * (1.12 if kind == "tennis" else 1.3))
        seat = bezel(cut, size, wall=size * .07) if kind == "bezels" or p["gem"] in OPAQUE else merge(
            [bezel(cut, size * .86, height=size * .38)] + [sphere(size * .1, n=6).moved(x * size * .47, y * size * .47, size * .05) for x in (-1, 1) for y in (-1, 1)])
        turn = 90 if p.get("along") else 0
        for i in range(len(q)):
            slot = "gem2" if p.get("alternate") and i % 2 else "gem"
            one = small(p[slot], size) if cut == "round" and size < 4.5 else stone(p[slot], cut, size)
            m.add(slot, put(one.turned("z", turn), q[i], t[i], s[i], u[i]))
            m.add("metal", put(seat.turned("z", turn), q[i], t[i], s[i], u[i]))
        m.add("metal", tube(resample(path, 300, closed), size * .13, closed, 6))
    elif kind in ("stations", "bars"):
        m.join(chain(path, p.get("base", "cable"), p.get("base_size", 3.0), closed, normal, p=None))
        q, t, s, u = along(p.get("gap", 22))
        lo, hi = (0, len(q)) if closed else (1, len(q) - 1)
        for i in range(lo, hi):
            if kind == "bars":
                b = tube(np.array([[-size / 2, 0, 0], [0, 0, 0], [size / 2, 0, 0]]), p.get("bar", 1.2), sides=12)
                m.add("metal", put(b, q[i], t[i], s[i], u[i]))
            elif p.get("face"):
                m.add("metal", put(plate(outline(p["face"]) * size / 2, 1.4, .3, .4).turned("x", -90), q[i], t[i], s[i], u[i]))
            elif p["gem"] in ("pearl", "black_pearl") or p.get("bead"):
                m.add("gem", sphere(size / 2).moved(*q[i]))
            else:
                m.add("gem", put(stone(p["gem"], p.get("cut", "round"), size), q[i], t[i], s[i], u[i]))
                m.add("metal", put(bezel(p.get("cut", "round"), size), q[i], t[i], s[i], u[i]))
    elif kind == "plates":
        q, t, s, u = along(size * p.get("pitch", .95))
        for i in range(len(q)):
            o = outline(p["face"])
            body = plate(o * [p.get("stretch", 1), 1] * size / 2, 1.3, .3, p.get("dome", .5)) if not p.get("open") else frame_of(o * size / 2, size * .08)
            m.add("accent" if p.get("two_tone") and i % 2 else "metal", put(body.turned("x", -90).turned("z", p.get("turn", 0)), q[i], t[i], s[i], u[i]))
            if p.get("gem", "none") != "none":
                m.add("gem", put(stone(p["gem"], "round", size * .3).moved(0, 0, .8), q[i], t[i], s[i], u[i]))
                m.add("metal", put(bezel("round", size * .3).moved(0, 0, .7), q[i], t[i], s[i], u[i]))
        m.add("metal", tube(resample(path, 300, closed), .5, closed, 6))
    else:
        raise ValueError(f"unknown chain {kind!r}")
    return m


# Pendants: the bail's hole is the origin, the piece hangs below it.

def bail(m: Model, size: float = 2.2) -> float:
    m.add("metal", torus(size * .75, size * .22, n=30, sides=10, squash=1.35).turned("z", 70))
    return -size * .95


def pendant_body(p: P) -> Model:
    m = Model()
    kind, s = p["pendant"], p.get("size", 11)
    z = bail(m, p.get("bail", 2.4))
    c = z - s
    face = p.get("face", "round")
    if kind == "plate":
        o = outline(face) * [p.get("stretch", 1), 1] * s
        zz = z - o[:, 1].max()
        body = plate(o, p.get("thick", 1.6), .4, p.get("dome", .6))
        if p.get("hammer"):
            rng = np.random.default_rng(3)
            d = np.zeros(len(body.v))
            for q in rng.uniform(-s, s, (60, 2)):
                d = np.maximum(d, np.exp(-((body.v[:, 0] - q[0]) ** 2 + (body.v[:, 2] - q[1]) ** 2) / (s * .2)))
            body = Mesh(body.v + np.outer(d * (body.v[:, 1] < 0) * .6, [0, 1, 0]), body.f)
        m.add("metal", body.moved(0, 0, zz))
        front_y = -p.get("thick", 1.6) / 2 - p.get("dome", .6) * .8
        if p.get("rim"):
            m.add("metal", frame_of(o, .8, y=-.3).moved(0, 0, zz))
        if p.get("beads"):
            for x, q in outline(face, p["beads"]) * [p.get("stretch", 1), 1] * s:
                m.add("metal", sphere(.9, n=8).moved(x, 0, zz + q))
        if p.get("inlay"):
            m.add("gem", plate(o * .8, 1.4, .3, p.get("dome", .6)).moved(0, -.7, zz))
        elif p.get("rays"):
            for d in np.arange(0, 360, 360 / p["rays"]):
                a = np.radians(d)
                m.add("metal", rod((s * .42 * np.sin(a), front_y * .9, zz + s * .42 * np.cos(a)), (s * .86 * np.sin(a), -.9, zz + s * .86 * np.cos(a)), .35, 6))
        elif p.get("border"):
            for x, q in outline(face, p["border"]) * [p.get("stretch", 1), 1] * s * .84:
                m.add("gem", front(small(p["gem"], p.get("melee", 1.9))).moved(x, -.95, zz + q))
        if p.get("vein"):
            m.add("metal", rod((0, -1.2, z), (0, -1.1, zz - s * .96), .35))
            for k in np.linspace(-.6, .7, 7):
                wdt = np.interp(k * s, o[:60][::-1, 1], np.abs(o[:60][::-1, 0]))
                for sx in (-1, 1):
                    m.add("metal", rod((0, -1.3, zz + k * s - s * .12), (sx * wdt * .85, -1.0, zz + k * s + s * .1), .25, 6))
        if p.get("centre"):
            set_stone(m, p, p["centre"], p.get("cut", "round"), 0, zz + p.get("lift", 0), front_y)
    elif kind == "open":
        o = outline(face, 160) * [p.get("stretch", 1), 1] * s
        zz = z - o[:, 1].max()
        m.add("metal", frame_of(o, p.get("wire", 1.1)).moved(0, 0, zz))
        if p.get("border"):
            for x, q in outline(face, p["border"]) * [p.get("stretch", 1), 1] * s:
                m.add("gem", front(small(p["gem"], 1.8)).moved(x, -p.get("wire", 1.1) - .02, zz + q))
        if p.get("hang"):
            m.add("metal", rod((0, 0, z), (0, 0, zz + p["hang"] / 2), .3, 6))
            set_stone(m, p, p["hang"], p.get("cut", "round"), 0, zz)
        if p.get("tree"):
            for d, l in ((0, .95), (-25, .9), (25, .9), (-50, .9), (50, .9), (-75, .88), (75, .88)):
                a = np.radians(d)
                path = np.array([[0, 0, -s * .9], [0, 0, -s * .3], [s * .45 * np.sin(a), 0, s * .1 + s * .2 * np.cos(a)], [s * l * np.sin(a), 0, s * l * np.cos(a)]])
                k = np.linspace(0, 1, 20)
                m.add("metal", tube(np.stack([np.interp(k, np.linspace(0, 1, 4), path[:, i]) for i in range(3)], -1), np.linspace(.8, .35, 20), sides=8).moved(0, 0, zz))
                for f in (.62, .8):
                    m.add("gem", sphere(1.1, n=9).moved(s * f * np.sin(a) + .8, -.5, zz + s * f * np.cos(a)))
    elif kind == "stone":
        if p.get("halo"):
            m.join(halo(p.get("gem2", "diamond"), p["cut"], s * 2, p["halo"]), lambda q: front(q).moved(0, 0, c - p["halo"]))
            c -= p["halo"]
        set_stone(m, p, s * 2, p["cut"], 0, c, seat=p.get("seat", "bezel"))
    elif kind == "ball":
        m.add("metal", lathe(np.array([(.05, 1.2), (.8, 1.1), (s * .5, -.6), (.05, -.4)]), 24).moved(0, 0, z - .6))
        m.add("gem", sphere(s, p.get("squash", 1.0)).moved(0, 0, z - .8 - s * p.get("squash", 1.0)))
    elif kind == "moon":
        a = np.radians(np.linspace(-146, 146, 70))
        w = s * .26 * np.cos(a * 90 / 147) ** .8 + .12
        m.add("metal", tube(np.stack([-s * np.cos(a) * .92, np.zeros(70), s * np.sin(a) + c], -1), w, sides=16).turned("y", 0))
        m.add("metal", rod((0, 0, z), (-s * .1, 0, z - s * .22), .5, 6))
        if p.get("star"):
            m.add("metal", plate(outline("star") * s * .4, 1.2, .3, .4).moved(s * .3, 0, c))
        if p.get("gem", "none") != "none":
            if p.get("star"):
                m.add("gem", front(small(p["gem"], 2.6)).moved(s * .3, -1.1, c))
            else:
                set_stone(m, p, p.get("centre", 5), "round", s * .3, c)
    elif kind == "locket":
        o = outline(face, 160) * s
        zz = z - o[:, 1].max() - .3
        m.add("metal", plate(o, 2.0, .5, 1.6).moved(0, -1.1, zz), plate(o, 2.0, .5, .2).moved(0, 1.1, zz))
        m.add("metal", frame_of(o * .86, .45, y=-2.6).moved(0, 0, zz))
        x, h = o[np.argmax(o[:, 0])]
        m.add("metal", rod((-x - .2, 0, zz + h - 2), (-x - .2, 0, zz + h + 2), 1.0), sphere(1.1).moved(x + .5, 0, zz + h))
        for d in np.arange(0, 360, 45):
            a = np.radians(d)
            m.add("metal", plate(outline("leaf") * s * .2, .6, .2, .3).moved(0, -3.3, s * .26).turned("y", d).moved(0, 0, zz))
        if p.get("gem", "none") != "none":
            set_stone(m, p, p.get("centre", 4), "round", 0, zz, -3.4)
    elif kind == "infinity":
        a = np.linspace(0, TAU, 200, endpoint=False)
        d = 1 + np.sin(a) ** 2
        path = np.stack([s * 1.5 * np.cos(a) / d, .6 * np.sin(a), s * 1.7 * np.sin(a) * np.cos(a) / d + z - s * .55], -1)
        m.add("metal", tube(path, 1.1, True, 12))
        if p.get("gem", "none") != "none":
            for i in range(0, 100, 6):
                m.add("gem", front(small(p["gem"], 1.7)).moved(*(path[i] + [0, -1.1, 0])))
    elif kind == "key":
        m.add("metal", frame_of(outline(face, 120) * s * .42, 1.0).moved(0, 0, z - s * .42))
        m.add("metal", tube(np.array([[0, 0, z - s * .84], [0, 0, z - s * 1.5], [0, 0, z - s * 2.2]]), 1.0, sides=12))
        for k, l in ((2.12, .34), (1.9, .26), (1.72, .34)):
            m.add("metal", rod((0, 0, z - s * k), (s * l, 0, z - s * k), .75, 8))
        m.add("metal", sphere(1.6).scaled(1, 1, .6).moved(0, 0, z - s * .92))
        if p.get("gem", "none") != "none":
            set_stone(m, p, s * .34, p.get("cut", "round"), 0, z - s * .42, 0)
    elif kind == "feather":
        q = np.linspace(0, 1, 60)
        spine = np.stack([s * .22 * np.sin(q * 2.4), np.zeros(60), z - 2.3 * s * q], -1)
        m.add("metal", tube(spine, np.linspace(.7, .3, 60), sides=8))
        for i in range(6, 58, 2):
            wdt = s * .52 * np.sin(np.pi * (i / 60) ** .8) + .6
            for sx in (-1, 1):
                a = spine[i]
                m.add("metal", tube(np.array([a, a + [sx * wdt * .55, -.3, -wdt * .5 + 1], a + [sx * wdt, 0, -wdt * 1.15]]), np.array([.5, .45, .2]), sides=7))
        if p.get("gem", "none") != "none":
            set_stone(m, p, p.get("centre", 4), "round", 0, z - 1.2, -.8)
    elif kind == "snowflake":
        for d in range(0, 360, 60):
            arm = Model().add("metal", rod((0, 0, 0), (0, 0, s), .55))
            for k in (.45, .72):
                for sx in (-1, 1):
                    arm.add("metal", rod((0, 0, s * k), (sx * s * .26, 0, s * (k + .2)), .45))
            arm.add("gem", front(small(p["gem"], 2.2)).moved(0, -.6, s))
            m.join(arm, lambda k: k.turned("y", d).moved(0, 0, c))
        set_stone(m, p, 4, "round", 0, c, -.8)
    elif kind == "bars":
        for i, l in enumerate(p.get("lengths", (2.0,))):
            x = (i - (len(p.get("lengths", (2.0,))) - 1) / 2) * s * .32
            m.add("metal" if i != 1 else "accent" if p.get("two_tone") else "metal",
                  plate(np.column_stack([outline("bar")[:, 0] * s * .55, outline("bar")[:, 1] * s * l / 2]), 2, .3).moved(x, 0, z - s * l / 2))
        if p.get("gem", "none") != "none":
            for k in p.get("stones", (.85,)):
                m.add("gem", front(small(p["gem"], 2.2)).moved(0, -1.1, z - s * p.get("lengths", (2.0,))[0] * k))
    elif kind == "cluster":
        rng = np.random.default_rng(p.get("seed", 5))
        rows = [1, 3, 4, 3, 2, 1] if not p.get("rows") else p["rows"]
        b = s * .38
        for i, n in enumerate(rows):
            for j in range(n):
                m.add("gem" if (i + j) % 2 == 0 or not p.get("gem2") else "gem2", sphere(b / 2 * rng.uniform(.85, 1.1), n=14).moved((j - (n - 1) / 2) * b, -rng.uniform(0, 1.4), z - b * .5 - i * b * .82))
        m.add("metal", plate(outline("leaf") * b * .9, .8, .2, .4).turned("y", 65).moved(b * .8, -.8, z - .2))
        m.add("metal", plate(outline("leaf") * b * .9, .8, .2, .4).turned("y", -65).moved(-b * .8, -.8, z - .2))
    elif kind == "trio":
        zz = z
        for i, k in enumerate(p.get("sizes", (4, 5.5, 7))):
            set_stone(m, p, k, p.get("cut", "round"), 0, zz - k / 2 - .6, slot="gem2" if p.get("alternate") and i % 2 else "gem")
            zz -= k + 2
            if i < 2:
                m.add("metal", torus(.7, .28, n=18, sides=7).moved(0, 0, zz + .5))
    elif kind == "rings":
        for i, (x, k) in enumerate(p.get("circles", ((-.45, 1), (.45, 1)))):
            m.add("accent" if i % 2 and p.get("two_tone") else "metal", torus(s * .62 * k, 1.0).turned("x", 6 * (-1) ** i).moved(x * s, .4 * (-1) ** i, z - s * .62))
        if p.get("gem", "none") != "none":
            for d in np.arange(0, 360, 18):
                a = np.radians(d)
                m.add("gem", front(small(p["gem"], 1.6)).moved(.45 * s + s * .62 * np.sin(a), -1.35, z - s * .62 + s * .62 * np.cos(a)))
    elif kind == "crescent_disc":
        m.add("metal", plate_ring(s, s * .62, 1.6, 1, s * .3).moved(0, 0, c))
        set_stone(m, p, s * .5, p.get("cut", "round"), 0, c + s * .28)
    else:
        raise ValueError(f"unknown pendant {kind!r}")
    return m


def necklace(p: P, path: Array, closed: bool) -> Model:
    """A chain along the path, and what hangs from its middle."""
    m = Model()
    if p.get("chain") != "torque":
        m.join(chain(path, p.get("chain", "cable"), p.get("link", 3.0), closed, wire=p.get("wire"), p=p))
    else:
        q = resample(path, 500, closed)
        k = 1 + p.get("swell", 0) * np.exp(-((np.arange(500) - 250) / 70) ** 2)
        m.add("metal", tube(q, p.get("wire", 1.6) * k, closed, 16))
    low = path[np.argmin(path[:, 2])]
    if p.get("pendant"):
        m.join(pendant_body(p), lambda q: q.moved(low[0], low[1] - .3, low[2] - .2))
    if p.get("fringe"):
        n = p["fringe"]
        q = resample(path, 400, closed)
        s_mid = int(np.argmin(q[:, 2]))
        step = p.get("fringe_step", 7)
        per = length(path, closed) / 400
        for i in range(-n, n + 1):
            a = q[(s_mid + int(round(i * step / per))) % 400]
            k = p.get("drop", 6) * (1 - .5 * abs(i) / (n + .5))
            one = Model()
            kind = p.get("fringe_kind", "stone")
            if kind == "stone":
                set_stone(one, p, k, p.get("cut", "pear"), 0, -1 - k / 2)
            elif kind == "bead":
                one.add("metal", rod((0, 0, 0), (0, 0, -k * .7), .3, 6)).add("gem", sphere(p.get("bead_size", 5) / 2).moved(0, 0, -k * .7 - p.get("bead_size", 5) / 2))
            elif kind == "bar":
                one.add("metal", tube(np.array([[0, 0, -.6], [0, 0, -k], [0, 0, -2 * k]]), .9, sides=10))
            else:
                one.add("metal", plate(outline(kind) * k * .6, 1.0, .25, .3).moved(0, 0, -1 - k * .6))
            tilt = -np.degrees(np.arctan2(a[0], 90)) * p.get("fan", .6)
            m.join(one, lambda g: g.turned("y", tilt).moved(a[0], -.5, a[2] - .8))
    if p.get("lariat"):
        l = p["lariat"]
        m.add("metal", torus(3, .6).moved(low[0], -.4, low[2]))
        tail = np.stack([np.zeros(60), np.zeros(60) - .4, np.linspace(low[2] - 2, low[2] - l, 60)], -1)
        m.join(chain(tail, p.get("chain", "cable"), p.get("link", 3.0)))
        set_stone(m, p, p.get("size", 8), p.get("cut", "pear"), 0, low[2] - l - p.get("size", 8) / 2, -.4)
    if p.get("second"):
        k = p["second"]
        wide = path.copy()
        bottom, head = path[:, 2].min(), path[:, 2].max()
        f = (head - path[:, 2]) / (head - bottom)
        wide[:, 2] -= f * k.get("below", 16)
        wide[:, 0] *= 1 + .06 * f
        m.join(necklace(p | {"pendant": None, "second": None, "fringe": None} | k, wide, closed))
    return m


# Bracelets: about the z axis, lying on z = 0.

RB = 29.0


def _loop(radius: float = RB, z: float = 0, squash: float = .86, n: int = 400) -> Array:
    """Starts at the back and passes the front (−y) halfway."""
    a = np.linspace(0, TAU, n, endpoint=False)
    return np.stack([radius * np.sin(a), radius * squash * np.cos(a), np.full(n, z)], -1)


def chain_bracelet(p: P) -> Model:
    m = Model()
    path = _loop(squash=p.get("squash", .86))
    for r, dz in enumerate(p.get("rows", (0,))):
        q = path + [0, 0, dz]
        links = chain(q, p.get("chain", "cable"), p.get("link", 6), True, normal=np.array([0, 0, 1.0]), wire=p.get("wire"), p=p)
        if p.get("stand", True):
            links = _stand(links, q, dz)
        m.join(links)
    n = len(p.get("charms", ()))
    for i, (kind, size) in enumerate(p.get("charms", ())):
        d = np.radians((i - (n - 1) / 2) * p.get("spread", 26))
        a = np.array([RB * np.sin(d), -RB * .86 * np.cos(d), 0])
        one = Model().add("metal", torus(1.6, .35, n=24, sides=8).moved(0, 0, -1.4))
        z = -2.8
        if kind in ("ball",):
            one.add("gem", sphere(size / 2).moved(0, 0, z - size / 2))
        elif kind == "stone":
            set_stone(one, p, size, p.get("cut", "pear"), 0, z - size / 2)
        else:
            one.add("metal", plate(outline(kind) * size / 2, 1.4, .35, .5).moved(0, 0, z - size / 2))
        m.join(one, lambda g: g.turned("x", -50).turned("z", np.degrees(d)).moved(a[0] * 1.05, a[1] * 1.05, 0))
    if p.get("plaque"):
        o = outline(p["plaque"]) * [p.get("plaque_w", 16), p.get("plaque_h", 5)]
        body = Model().add("metal", plate(o, 1.6, .4, .6))
        if p.get("plaque_gem"):
            set_stone(body, p, p["plaque_gem"], p.get("cut", "round"), 0, 0, -1.2)
        m.join(body, lambda g: g.moved(0, -RB * .86 - 1, 0))
    return m


def _stand(model: Model, path: Array, dz: float) -> Model:
    """Turns links that lie flat on the loop so that their faces look outwards."""
    def change(mesh: Mesh) -> Mesh:
        a = np.arctan2(mesh.v[:, 0], -mesh.v[:, 1])
        base = _loop(n=720)
        ang = np.arctan2(base[:, 0], -base[:, 1])
        order = np.argsort(ang)
        rad = np.interp(a, ang[order], np.hypot(base[order, 0], base[order, 1]), period=TAU)
        r = np.hypot(mesh.v[:, 0], mesh.v[:, 1]) - rad
        z = mesh.v[:, 2] - dz
        rr, zz = rad + z, -r + dz
        return Mesh(np.column_stack([rr * np.sin(a), -rr * np.cos(a), zz]), mesh.f)
    return Model().join(model, change)


def bangle(p: P) -> Model:
    """A rigid bracelet; `gap` opens it to a cuff at the front or the back."""
    n, w, t = 360, p.get("width", 4), p.get("thick", 2.6)
    gap = p.get("gap", 0)
    a = np.linspace(0, 360, n, endpoint=False)
    kind = p.get("kind", "plain")
    m = Model()
    if kind in ("plain", "hammered", "ribs", "cutout"):
        width = np.full(n, float(w))
        if p.get("swell"):
            d = np.abs(np.linspace(-180, 180, n))
            width = w + p["swell"] * np.exp(-(d / 50) ** 2) if gap else w + p["swell"] * np.exp(-((180 - d) / 60) ** 2)
        body = band(RB - t, width if not gap else np.broadcast_to(width, (n,)), t, p.get("shape", "dome"), n=n,
                    start=gap if gap else 0, stop=360 - gap if gap else 360)
        if kind == "hammered":
            rng = np.random.default_rng(9)
            v = body.v
            ang, y = np.arctan2(v[:, 0], v[:, 2]), v[:, 1]
            d = np.zeros(len(v))
            for ca in np.linspace(0, TAU, 44, endpoint=False):
                for cy in np.arange(-w / 2, w / 2 + .1, 3.2):
                    da = (ang - ca - rng.normal(0, .03) + np.pi) % TAU - np.pi
                    d = np.maximum(d, np.exp(-((da * RB) ** 2 + (y - cy - rng.normal(0, .6)) ** 2) / 3.2))
            r = np.hypot(v[:, 0], v[:, 2])
            k = np.where(r > RB - t + .6, 1 - d * .9 / r, 1)
            body = Mesh(np.column_stack([v[:, 0] * k, v[:, 1], v[:, 2] * k]), body.f)
        m.add("metal", body)
        if kind == "ribs":
            for d in np.arange(gap, 360 - gap, p.get("step", 6)):
                m.add("metal", tube(np.array([[0, -w / 2 + .4, 0], [0, 0, .5], [0, w / 2 - .4, 0]]), p.get("rib", 1.1), sides=10).moved(0, 0, RB - .6).turned("y", d))
        for d in p.get("stones", ()):
            s = p.get("size", 3)
            one = small(p["gem"], s) if s < 4 and p.get("cut", "round") == "round" else stone(p["gem"], p.get("cut", "round"), s)
            m.add("gem", one.moved(0, 0, RB + .15).turned("y", d))
            if s >= 3.5:
                m.add("metal", bezel(p.get("cut", "round"), s).moved(0, 0, RB).turned("y", d))
    elif kind == "twist":
        axis = circle(RB - 1, 900)
        for i in range(p.get("strands", 2)):
            m.add("accent" if p.get("two_tone") and i else "metal", tube(helix(w * .28, p.get("pitch", 14), axis, i * TAU / p.get("strands", 2), True), w * .3, True, 12))
    elif kind == "torque":
        t_ = np.radians(np.linspace(gap, 360 - gap, n))
        path = np.stack([(RB - 1) * np.sin(t_), np.zeros(n), (RB - 1) * np.cos(t_)], -1)
        if p.get("rope"):
            for i in range(2):
                m.add("metal", tube(helix(w * .25, 8, path, i * np.pi), w * .3, sides=10))
        else:
            m.add("metal", tube(path, w / 2, sides=16))
        for e in (0, -1):
            if p.get("gem", "none") != "none":
                m.add("gem", sphere(p.get("size", 8) / 2).moved(*(path[e] * 1.02)))
            else:
                m.add("metal", sphere(p.get("size", 8) / 2).moved(*(path[e] * 1.02)))
    elif kind == "wave":
        k = p.get("waves", 7)
        for y in p.get("rows", (0,)):
            m.add("metal", band(RB - 2, p.get("wire", 2.6), 2.2, "round", n=n, shift=p.get("amp", 3.5) * np.sin(np.radians(a) * k + (np.pi if y else 0))))
        if p.get("gem", "none") != "none":
            for d in np.arange(0, 360, 360 / (2 * k)):
                m.add("gem", sphere(p.get("size", 3.6) / 2).moved(0, 0, RB + .3).turned("y", d))
    elif kind == "rails":
        for y in np.linspace(-w / 2, w / 2, p.get("count", 3)):
            tilt = p.get("cross", 0)
            m.add("metal", band(RB - 1.6, 1.9, 1.7, "round", n=n, shift=np.full(n, y) + tilt * y * np.cos(np.radians(a))))
        if p.get("gem", "none") != "none":
            for i, d in enumerate(np.arange(0, 360, p.get("step", 18))):
                m.add("gem", stone(p["gem"], "round", p.get("size", 4)).moved(0, 0, RB + .2).turned("y", d))
                m.add("metal", bezel("round", p.get("size", 4)).moved(0, 0, RB).turned("y", d))
    elif kind == "lattice":
        for y in (-w / 2, w / 2):
            m.add("metal", band(RB - 1.8, 2, 2, "round", n=n, shift=np.full(n, y)))
        k = p.get("bars", 26)
        for i in range(k):
            for s in (1, -1):
                c = np.radians(np.array([0, .5, 1]) * s * 360 / k + 360 * i / k)
                m.add("metal", tube(np.stack([(RB - .8) * np.sin(c), np.array([-w / 2, 0, w / 2]), (RB - .8) * np.cos(c)], -1), .75, sides=8))
            if p.get("gem", "none") != "none":
                m.add("gem", small(p["gem"], 3).moved(0, 0, RB + .2).turned("y", 360 * (i + .5) / k))
    elif kind == "bypass":
        over, n2 = 24, 400
        b = np.linspace(-over, 360 + over, n2) - 180
        y = 5.0 * np.sign(b) * np.clip((np.abs(b) - 110) / 80, 0, 1.2) ** 1.5
        t_ = np.radians(b + 180)
        path = np.stack([(RB - 1) * np.sin(t_), y, (RB - 1) * np.cos(t_)], -1)
        m.add("metal", tube(path, w / 2 * (1 - .3 * np.clip((np.abs(b) - 90) / 110, 0, 1)), sides=14))
        for e in (0, -1):
            x, yy, z = path[e]
            q = Model()
            if p.get("tip"):
                q.add("metal", plate(outline(p["tip"]) * p.get("size", 8), 1.6, .4, .8).turned("x", -90).turned("z", 90 if e else -90))
            else:
                q.add("gem", stone(p["gem"], p.get("cut", "pear"), p.get("size", 8)).turned("z", 90 if e else -90)).add(
                    "metal", bezel(p.get("cut", "pear"), p.get("size", 8), height=2).turned("z", 90 if e else -90))
            m.join(q, lambda g: g.moved(0, 0, RB + .3).turned("y", np.degrees(np.arctan2(x, z))).moved(0, yy, 0))
    else:
        raise ValueError(f"unknown bangle {kind!r}")
    # From "about y, top +z" to "about z, front −y".
    out = m.each(lambda q: q.turned("x", 90).scaled(1, .88, 1))
    if gap and p.get("gap_back"):
        out = out.each(lambda q: q.turned("z", 180))
    return out


BRACELETS = {"chain_bracelet": chain_bracelet, "bangle": bangle}
