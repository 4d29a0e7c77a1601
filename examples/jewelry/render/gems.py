"""Stones: faceted cuts, cabochons, pearls and beads, and the metal that holds them."""

from __future__ import annotations

import numpy as np

from geometry import TAU, Array, Mesh, Model, lathe, loft, outline, sphere, tube

#: Stones that are polished round instead of faceted.
OPAQUE = {"pearl", "black_pearl", "opal", "turquoise", "onyx", "jade", "moonstone", "lapis", "coral", "rose_quartz"}

_CUT_POINTS = {"round": 16, "oval": 16, "pear": 16, "marquise": 16, "heart": 24, "cushion": 16, "square": 8,
               "emerald": 16, "hexagon": 12, "triangle": 12, "octagon": 16, "diamond": 8}


def cut_outline(cut: str, n: int | None = None) -> Array:
    """The girdle of a cut: (n, 2), half-height 1."""
    n = n or _CUT_POINTS[cut]
    if cut == "square":
        return np.array([[-1, -1], [-1, 0], [-1, 1], [0, 1], [1, 1], [1, 0], [1, -1], [0, -1]]) * 0.85
    if cut == "emerald":
        return np.array([[-.4, -1], [0, -1], [.4, -1], [.7, -.7], [.7, 0], [.7, .7], [.4, 1], [0, 1], [-.4, 1], [-.7, .7],
                         [-.7, 0], [-.7, -.7]])[::-1]
    return outline(cut, n)


def faceted(cut: str, size: float, depth: float = 0.95) -> Mesh:
    """A cut stone `size` long, table towards +z, girdle at z = 0, its length along y."""
    o = cut_outline(cut) * size / 2
    half = (o + np.roll(o, -1, 0)) / 2
    narrow = np.abs(o).max(0).min()
    step = cut in ("emerald", "square", "octagon")
    mid = (lambda s: o * s) if step else (lambda s: half * s)
    h = narrow * depth
    rows = [(o * 0.56, 0.40 * h), (mid(0.82), 0.24 * h), (o, 0.04 * h), (o, -0.04 * h), (mid(0.52), -0.45 * h), (o * 0.03, -0.82 * h)]
    return loft([np.column_stack([r, np.full(len(r), z)]) for r, z in rows])


def cabochon(cut: str, size: float, height: float = 0.42) -> Mesh:
    o = outline(cut, 72) * size / 2
    h = np.abs(o).max(0).min() * 2 * height
    rings = [np.column_stack([o * s, np.full(len(o), -0.15 * h)]) for s in (0.05, 0.95)]
    rings += [np.column_stack([o * max(np.cos(a), 0.02), np.full(len(o), h * np.sin(a))]) for a in np.linspace(0, np.pi / 2, 14)]
    return loft(rings)


def stone(gem: str, cut: str, size: float) -> Mesh:
    """The stone as it is usually worked: pearls round, opaque stones domed, the rest faceted."""
    if gem in ("pearl", "black_pearl"):
        return sphere(size / 2).moved(0, 0, size * 0.22)
    if gem in OPAQUE:
        return cabochon(cut, size)
    return faceted(cut, size)


def faceted_bead(size: float, n: int = 8) -> Mesh:
    r = size / 2
    rows = [(0.3, 0.92), (0.8, 0.55), (1.0, 0.0), (0.8, -0.55), (0.3, -0.92)]
    out = []
    for i, (a, z) in enumerate(rows):
        t = np.linspace(0, TAU, n, endpoint=False) + (i % 2) * np.pi / n
        out.append(np.stack([a * r * np.cos(t), a * r * np.sin(t), np.full(n, z * r)], -1))
    return loft(out)


def prongs(cut: str, size: float, count: int = 4, wire: float | None = None, drop: float | None = None) -> list[Mesh]:
    """Claws around a stone that faces +z, joined by a small ring below it."""
    o = outline(cut, 96) * size / 2
    wire = wire or max(0.35, size * 0.065)
    drop = drop if drop is not None else size * 0.55
    h = np.abs(o).max(0).min()
    out = []
    for i in range(count):
        x, y = o[int((i + 0.5) * len(o) / count) % len(o)]
        top = np.array([x * 0.93, y * 0.93, 0.16 * h + wire * 0.5])
        path = np.array([[x * 0.35, y * 0.35, -drop], [x * 0.8, y * 0.8, -drop * 0.45], [x * 1.06, y * 1.06, -0.05 * h],
                         [x * 1.06, y * 1.06, 0.10 * h], top])
        out.append(tube(path, wire, sides=8))
    out.append(tube(np.column_stack([o * 0.62, np.full(len(o), -drop * 0.62)]), wire * 0.8, True, 8))
    return out


def bezel(cut: str, size: float, wall: float | None = None, height: float | None = None, closed: bool = False) -> Mesh:
    """A metal collar around a stone that faces +z; `closed` gives it a floor."""
    o = outline(cut, 96) * size / 2
    wall = wall or max(0.4, size * 0.07)
    height = height or size * 0.32
    k = 1 + wall / (size / 2)
    def ring(s: float, z: float) -> Array:
        return np.column_stack([o * s, np.full(len(o), z)])
    top = size * 0.06
    if closed:
        return loft([ring(0.05, -height), ring(k * 0.96, -height), ring(k, -height * 0.9), ring(k, top * 0.6), ring(1 + (k - 1) * 0.5, top),
                     ring(0.98, top * 0.5), ring(0.97, -height * 0.5), ring(0.05, -height * 0.55)])
    return loft([ring(0.97, -height), ring(k, -height), ring(k, top * 0.5), ring(1 + (k - 1) * 0.5, top), ring(0.97, top * 0.4)], wrap=True)


def halo(gem: str, cut: str, size: float, stone_size: float, wire: float = 0.35) -> Model:
    """Small stones around a large one's girdle, each in its own seat."""
    m = Model()
    o = outline(cut, 400) * (size / 2)
    o = o * (1 + (stone_size * 0.62) / (size / 2))
    seg = np.r_[0, np.cumsum(np.linalg.norm(np.diff(np.vstack([o, o[:1]]), axis=0), axis=1))]
    count = max(int(seg[-1] / (stone_size * 1.06)), 6)
    loop = np.vstack([o, o[:1]])
    t = np.arange(count) * seg[-1] / count
    pts = np.stack([np.interp(t, seg, loop[:, 0]), np.interp(t, seg, loop[:, 1])], -1)
    for x, y in pts:
        m.add("gem2", small(gem, stone_size).moved(x, y, 0.1))
    inner, outer = 1 - stone_size * 0.55 / np.abs(o).max(), 1 + stone_size * 0.62 / np.abs(o).max()
    oo = o[::4]
    def ring(s: float, z: float) -> Array:
        return np.column_stack([oo * s, np.full(len(oo), z)])
    m.add("metal", loft([ring(inner, -stone_size * 0.6), ring(outer, -stone_size * 0.6), ring(outer, 0.12), ring(inner, 0.12)], wrap=True))
    return m


def small(gem: str, size: float) -> Mesh:
    """A melee stone: few facets, for rows of many."""
    if gem in OPAQUE:
        return lathe(np.array([(0.1, -0.2 * size)] + [(size / 2 * np.cos(x), size * 0.42 * np.sin(x)) for x in np.linspace(0, 1.5, 6)]), 16)
    n = 8
    rows = [(0.6, 0.2, 0.5), (1.0, 0.0, 0.0), (0.05, -0.42, 0.5)]
    out = []
    for s, z, ph in rows:
        t = (np.arange(n) + ph) * TAU / n
        out.append(np.stack([s * size / 2 * np.cos(t), s * size / 2 * np.sin(t), np.full(n, z * size)], -1))
    return loft(out)
