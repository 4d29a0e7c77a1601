"""Triangle meshes for small metal things: lofts, tubes, plates, bands and the curves they follow.

All lengths are millimetres. Every function returns a `Mesh`; closed surfaces face outwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

Array = np.ndarray
TAU = 2 * np.pi


@dataclass
class Mesh:
    """Vertices (n, 3) and triangles (m, 3)."""

    v: Array
    f: Array

    def moved(self, x: float = 0, y: float = 0, z: float = 0) -> "Mesh":
        return Mesh(self.v + np.array([x, y, z]), self.f)

    def scaled(self, x: float, y: float | None = None, z: float | None = None) -> "Mesh":
        s = np.array([x, x if y is None else y, x if z is None else z], float)
        f = self.f[:, ::-1] if np.prod(s) < 0 else self.f
        return Mesh(self.v * s, f)

    def turned(self, axis: str, degrees: float) -> "Mesh":
        return Mesh(self.v @ rotation(axis, degrees).T, self.f)

    def mapped(self, matrix: Array, origin: Array) -> "Mesh":
        """The mesh with its x, y, z axes laid along the columns of `matrix`, then moved to `origin`."""
        return Mesh(self.v @ np.asarray(matrix).T + np.asarray(origin), self.f)


@dataclass
class Model:
    """A piece of jewellery: meshes by material slot, and named points in the same space."""

    slots: dict[str, list[Mesh]] = field(default_factory=dict)
    points: dict[str, Array] = field(default_factory=dict)

    def add(self, slot: str, *meshes: Mesh) -> "Model":
        self.slots.setdefault(slot, []).extend(meshes)
        return self

    def join(self, other: "Model", change: Callable[[Mesh], Mesh] = lambda m: m) -> "Model":
        for slot, meshes in other.slots.items():
            self.add(slot, *[change(m) for m in meshes])
        return self

    def each(self, change: Callable[[Mesh], Mesh]) -> "Model":
        out = Model().join(self, change)
        for name, p in self.points.items():
            out.points[name] = change(Mesh(np.asarray(p, float)[None], np.zeros((0, 3), int))).v[0]
        return out

    def merged(self) -> dict[str, Mesh]:
        return {slot: merge(meshes) for slot, meshes in self.slots.items() if meshes}

    def bounds(self) -> tuple[Array, Array]:
        v = np.concatenate([m.v for ms in self.slots.values() for m in ms])
        return v.min(0), v.max(0)


def rotation(axis: str, degrees: float) -> Array:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return {
        "x": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]),
        "y": np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]),
        "z": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]),
    }[axis]


def merge(meshes: Iterable[Mesh]) -> Mesh:
    vs, fs, n = [], [], 0
    for m in meshes:
        vs.append(m.v)
        fs.append(m.f + n)
        n += len(m.v)
    return Mesh(np.concatenate(vs), np.concatenate(fs))


def outward(m: Mesh) -> Mesh:
    a, b, c = (m.v[m.f[:, i]] - m.v.mean(0) for i in range(3))
    return m if np.einsum("ij,ij->", a, np.cross(b, c)) >= 0 else Mesh(m.v, m.f[:, ::-1])


def loft(rings: list[Array] | Array, wrap: bool = False, caps: bool = True) -> Mesh:
    """Stitches equal closed rings of points to a surface; `wrap` joins the last ring to the first."""
    r = np.asarray(rings, float)
    k, n, _ = r.shape
    v = r.reshape(-1, 3)
    i = np.arange(k if wrap else k - 1)[:, None]
    j = np.arange(n)[None, :]
    a, b = i * n + j, i * n + (j + 1) % n
    c, d = ((i + 1) % k) * n + j, ((i + 1) % k) * n + (j + 1) % n
    f = [np.stack([a, b, d], -1).reshape(-1, 3), np.stack([a, d, c], -1).reshape(-1, 3)]
    if caps and not wrap:
        extra = np.stack([r[0].mean(0), r[-1].mean(0)])
        base = len(v)
        v = np.concatenate([v, extra])
        jj = np.arange(n)
        f.append(np.stack([np.full(n, base), (jj + 1) % n, jj], -1))
        f.append(np.stack([np.full(n, base + 1), (k - 1) * n + jj, (k - 1) * n + (jj + 1) % n], -1))
    return outward(Mesh(v, np.concatenate(f)))


def resample(path: Array, n: int, closed: bool = False) -> Array:
    """`n` points evenly spaced by arc length along a polyline."""
    p = np.vstack([path, path[:1]]) if closed else path
    s = np.r_[0, np.cumsum(np.linalg.norm(np.diff(p, axis=0), axis=1))]
    t = np.linspace(0, s[-1], n, endpoint=not closed)
    return np.stack([np.interp(t, s, p[:, i]) for i in range(3)], -1)


def length(path: Array, closed: bool = False) -> float:
    p = np.vstack([path, path[:1]]) if closed else path
    return float(np.linalg.norm(np.diff(p, axis=0), axis=1).sum())


def tangents(path: Array, closed: bool) -> Array:
    if closed:
        t = np.roll(path, -1, 0) - np.roll(path, 1, 0)
    else:
        t = np.gradient(path, axis=0)
    return t / np.maximum(np.linalg.norm(t, axis=1, keepdims=True), 1e-9)


def frames(path: Array, closed: bool = False, up: Array | None = None) -> tuple[Array, Array, Array]:
    """Tangent, side and up vectors along a path; without `up` they are carried along by parallel transport."""
    t = tangents(path, closed)
    if up is not None:
        s = np.cross(t, up)
        s /= np.maximum(np.linalg.norm(s, axis=1, keepdims=True), 1e-9)
        return t, s, np.cross(s, t)
    u = np.zeros_like(t)
    first = np.array([0, 1.0, 0]) if abs(t[0][1]) < 0.9 else np.array([1.0, 0, 0])
    u[0] = first - t[0] * (first @ t[0])
    u[0] /= np.linalg.norm(u[0])
    for i in range(1, len(t)):
        w = u[i - 1] - t[i] * (u[i - 1] @ t[i])
        u[i] = w / max(np.linalg.norm(w), 1e-9)
    if closed:
        # Carried once around, the frame comes back turned: spread that turn over the whole loop.
        w = u[-1] - t[0] * (u[-1] @ t[0])
        w /= max(np.linalg.norm(w), 1e-9)
        back = np.arctan2(np.cross(u[0], w) @ t[0], u[0] @ w)
        a = -back * np.arange(len(t))[:, None] / (len(t) - 1)
        u = u * np.cos(a) + np.cross(t, u) * np.sin(a)
    return t, np.cross(t, u), u


def circle_profile(n: int) -> Array:
    a = np.linspace(0, TAU, n, endpoint=False)
    return np.stack([np.cos(a), np.sin(a)], -1)


def sweep(path: Array, profile: Array, scale: Array | float = 1.0, closed: bool = False,
          up: Array | None = None, twist: Array | None = None) -> Mesh:
    """Sweeps a closed 2-D profile (side, up) along a path; `scale` is one number or (n,) or (n, 2)."""
    t, s, u = frames(path, closed, up)
    sc = np.broadcast_to(np.asarray(scale, float).reshape(-1, 1) if np.ndim(scale) <= 1 else scale, (len(path), 2))
    if twist is not None:
        c, d = np.cos(twist)[:, None], np.sin(twist)[:, None]
        s, u = s * c + u * d, u * c - s * d
    rings = path[:, None] + s[:, None] * (profile[None, :, 0:1] * sc[:, None, 0:1]) \
        + u[:, None] * (profile[None, :, 1:2] * sc[:, None, 1:2])
    return loft(rings, wrap=closed)


def tube(path: Array, radius: float | Array, closed: bool = False, sides: int = 12) -> Mesh:
    """A round wire along a path; open ends are rounded off."""
    path = np.asarray(path, float)
    if closed:
        return sweep(path, circle_profile(sides), radius, True)
    r = np.broadcast_to(np.asarray(radius, float), (len(path),))
    t = tangents(path, False)
    a = np.linspace(0, np.pi / 2, 4)[1:]
    head = [path[0] - t[0] * r[0] * np.sin(x) for x in a[::-1]]
    tail = [path[-1] + t[-1] * r[-1] * np.sin(x) for x in a]
    rr = np.r_[[max(r[0] * np.cos(x), 0.02 * r[0]) for x in a[::-1]], r, [max(r[-1] * np.cos(x), 0.02 * r[-1]) for x in a]]
    full = np.vstack([head, path, tail])
    tt, s, u = frames(path, False)
    s = np.vstack([np.repeat(s[:1], 3, 0), s, np.repeat(s[-1:], 3, 0)])
    u = np.vstack([np.repeat(u[:1], 3, 0), u, np.repeat(u[-1:], 3, 0)])
    p = circle_profile(sides)
    return loft(full[:, None] + rr[:, None, None] * (s[:, None] * p[None, :, 0:1] + u[:, None] * p[None, :, 1:2]))


def rod(a: Iterable[float], b: Iterable[float], radius: float, sides: int = 10) -> Mesh:
    return tube(np.linspace(np.asarray(list(a), float), np.asarray(list(b), float), 3), radius, sides=sides)


def circle(radius: float, n: int = 96, plane: str = "xz", squash: float = 1.0) -> Array:
    """A circle (or ellipse) that starts at the top (+z or +y) and runs clockwise seen from the viewer."""
    a = np.linspace(0, TAU, n, endpoint=False)
    x, z, o = radius * np.sin(a), radius * squash * np.cos(a), np.zeros(n)
    return np.stack([x, o, z] if plane == "xz" else [x, z, o], -1)


def torus(radius: float, wire: float, plane: str = "xz", n: int = 96, sides: int = 16, squash: float = 1.0) -> Mesh:
    return tube(circle(radius, n, plane, squash), wire, True, sides)


def arc(radius: float, start: float, stop: float, n: int = 48) -> Array:
    """Part of a circle in the xz plane; degrees clockwise from the top."""
    a = np.radians(np.linspace(start, stop, n))
    return np.stack([radius * np.sin(a), np.zeros(n), radius * np.cos(a)], -1)


def sphere(r: float, squash: float = 1.0, n: int = 20) -> Mesh:
    a = np.linspace(0.02, np.pi - 0.02, n)
    return lathe(np.stack([r * np.sin(a), r * squash * np.cos(a)], -1), 2 * n)


def lathe(profile: Array, n: int = 48) -> Mesh:
    """Turns a profile of (radius, z) around the z axis."""
    a = np.linspace(0, TAU, n, endpoint=False)
    return loft([np.stack([r * np.cos(a), r * np.sin(a), np.full(n, z)], -1) for r, z in profile])


def ring_profile(r_in: float, r_out: float, z0: float, z1: float, n: int = 64) -> Mesh:
    """A flat washer about z."""
    pts = [(r_in, z0), (r_out, z0), (r_out, z1), (r_in, z1)]
    a = np.linspace(0, TAU, n, endpoint=False)
    rings = [np.stack([r * np.cos(a), r * np.sin(a), np.full(n, z)], -1) for r, z in pts]
    return loft(rings, wrap=True)


def plate(outline: Array, thick: float, bevel: float = 0.25, dome: float = 0.0, steps: int = 8) -> Mesh:
    """A flat or domed plate over a 2-D outline that its centre can see whole.

    It lies in the xz plane, front towards −y; `dome` raises its middle.
    """
    o = np.asarray(outline, float)
    size = np.abs(o).max()
    e = min(bevel / size, 0.3)
    rings = []
    def ring(s: float, y: float) -> Array:
        return np.stack([o[:, 0] * s, np.full(len(o), y), o[:, 1] * s], -1)
    h = thick / 2
    rings += [ring(s, h) for s in (0.05, 0.5, 1 - e)]
    rings += [ring(1 - e + e * np.sin(a), h - bevel * (1 - np.cos(a))) for a in np.linspace(0.3, np.pi / 2, 4)]
    rings += [ring(1 - e + e * np.cos(a), -(h - bevel) - bevel * np.sin(a)) for a in np.linspace(0, np.pi / 2, 5)]
    rings += [ring(s, -h - dome * (1 - (s / (1 - e)) ** 2)) for s in np.linspace(1 - e, 0.04, steps)[1:]]
    return loft(rings)


def frame_of(outline: Array, wire: float, sides: int = 12, y: float = 0.0) -> Mesh:
    """A wire bent along a 2-D outline in the xz plane."""
    return tube(np.stack([outline[:, 0], np.full(len(outline), y), outline[:, 1]], -1), wire, True, sides)


def band(radius: float, width: float | Array, thick: float | Array, shape: str = "dome", n: int = 240,
         shift: Array | None = None, lift: Array | None = None, start: float = 0, stop: float = 360) -> Mesh:
    """A finger or wrist band about the y axis with inner `radius`; its top is +z.

    `width` runs along y, `thick` outwards; both may vary around it (n values clockwise from the top),
    as may `shift` along y and `lift` outwards. `shape` is the outer section: dome, flat, knife, round or concave.
    """
    closed = stop - start >= 360
    a = np.radians(np.linspace(start, stop, n, endpoint=not closed))
    u = np.linspace(-1, 1, 17)
    outer = {
        "dome": 0.45 + 0.55 * np.sqrt(np.clip(1 - np.abs(u) ** 2.2, 0, 1)),
        "flat": 0.2 + 0.8 * np.clip((1 - np.abs(u)) / 0.12, 0, 1) ** 0.5,
        "knife": 0.25 + 0.75 * (1 - np.abs(u)),
        "concave": 0.62 + 0.38 * np.abs(u) ** 2 - 0.25 * (np.abs(u) > 0.99),
        "round": np.sqrt(np.clip(1 - u ** 2, 0, 1)),
    }[shape]
    inner = 0.12 * np.abs(u) ** 4 if shape != "round" else -np.sqrt(np.clip(1 - u ** 2, 0, 1))
    prof_y = np.r_[u, u[::-1][1:-1]]
    prof_r = np.r_[outer, inner[::-1][1:-1]]
    if shape == "round":
        prof_r = 0.5 + 0.5 * prof_r
    w = np.broadcast_to(np.asarray(width, float), (n,))[:, None]
    t = np.broadcast_to(np.asarray(thick, float), (n,))[:, None]
    sh = np.zeros((n, 1)) if shift is None else np.asarray(shift)[:, None]
    li = np.zeros((n, 1)) if lift is None else np.asarray(lift)[:, None]
    r = radius + li + prof_r[None] * t
    y = sh + prof_y[None] * w / 2
    return loft(np.stack([r * np.sin(a)[:, None], y, r * np.cos(a)[:, None]], -1), wrap=closed)


def around(mesh: Mesh, radius: float, degrees: float, y: float = 0.0) -> Mesh:
    """Puts a mesh that faces +z on a band about y, at an angle clockwise from the top."""
    return mesh.moved(0, y, radius).turned("y", degrees)


# Outlines: (n, 2) points around the origin, half-size about 1.

def polar(rho: Callable[[Array], Array], n: int = 96) -> Array:
    a = np.linspace(0, TAU, n, endpoint=False)
    r = rho(a)
    return np.stack([r * np.sin(a), r * np.cos(a)], -1)


def outline(name: str, n: int = 120) -> Array:
    """Named plate outlines of half-height about 1, seen from the front, up is +y."""
    a = np.linspace(0, TAU, n, endpoint=False)
    s, c = np.sin(a), np.cos(a)
    if name == "round":
        p = np.stack([s, c], -1)
    elif name == "oval":
        p = np.stack([0.74 * s, c], -1)
    elif name == "heart":
        p = np.stack([16 * s ** 3, 13 * c - 5 * np.cos(2 * a) - 2 * np.cos(3 * a) - np.cos(4 * a) + 2.5], -1) / 16
    elif name == "star":
        p = polar(lambda t: 0.46 + 0.54 * (2 * np.abs(((t * 5 / TAU) % 1) - 0.5)) ** 1.15, n)
    elif name == "star8":
        p = polar(lambda t: (0.36 + 0.64 * (2 * np.abs(((t * 4 / TAU) % 1) - 0.5)) ** 2.2)
                  * np.where((2 * np.abs(((t * 4 / TAU) % 1) - 0.5)) < 0.2, 1.35, 1), n)
    elif name == "leaf":
        p = np.stack([0.5 * s * np.sin(np.clip(np.abs(a - np.pi), 0, np.pi) / 1.0) ** 0.3 * (1 + 0.25 * -c), c], -1)
    elif name == "marquise":
        p = np.stack([0.5 * np.sign(s) * np.abs(s) ** 1.4, c], -1)
    elif name == "pear":
        p = np.stack([0.72 * s * np.abs(np.sin(a / 2)) ** 0.9, c], -1)
    elif name == "square":
        q = np.maximum(np.abs(s), np.abs(c))
        p = np.stack([s / q, c / q], -1) * 0.85
    elif name == "cushion":
        q = (np.abs(s) ** 3.4 + np.abs(c) ** 3.4) ** (1 / 3.4)
        p = np.stack([s / q, c / q], -1) * 0.9
    elif name == "bar":
        q = (np.abs(s / 0.2) ** 8 + np.abs(c) ** 8) ** (1 / 8)
        p = np.stack([s / q, c / q], -1)
    elif name == "emerald":
        q = np.maximum.reduce([np.abs(s) / 0.7, np.abs(c), (np.abs(s) + np.abs(c)) / 1.4])
        p = np.stack([s / q, c / q], -1)
    elif name in ("hexagon", "triangle", "octagon", "diamond"):
        k = {"hexagon": 6, "triangle": 3, "octagon": 8, "diamond": 4}[name]
        p = polar(lambda t: np.cos(np.pi / k) / np.cos((t % (TAU / k)) - np.pi / k), n)
        if name == "diamond":
            p = p * [0.72, 1]
    elif name == "clover":
        p = polar(lambda t: 0.55 + 0.45 * np.abs(np.cos(2 * t)) ** 0.6, n)
    elif name == "flower":
        p = polar(lambda t: 0.68 + 0.32 * np.abs(np.cos(2.5 * t)) ** 0.7, n)
    elif name == "daisy":
        p = polar(lambda t: 0.6 + 0.4 * np.abs(np.cos(4 * t)) ** 0.6, n)
    elif name == "sun":
        p = polar(lambda t: 0.7 + 0.3 * (2 * np.abs(((t * 12 / TAU) % 1) - 0.5)) ** 1.3, n)
    elif name == "shell":
        p = polar(lambda t: (0.86 + 0.14 * np.abs(np.cos(4.5 * t))) * (1 - 0.35 * np.exp(-((t - np.pi) / 0.5) ** 2) * 0
                  - 0.12 * np.cos(t - np.pi) ** 2), n) * [1, 0.92]
    elif name == "butterfly":
        p = polar(lambda t: 0.34 + 0.66 * np.abs(np.sin(t)) ** 0.7 * (0.62 + 0.38 * np.abs(np.cos(2 * t))), n) * [1.05, 0.9]
    elif name == "cloud":
        p = polar(lambda t: 0.8 + 0.2 * np.abs(np.cos(3 * t)) ** 0.8, n) * [1, 0.62]
    elif name == "drop":
        p = np.stack([0.62 * s * np.abs(np.sin(a / 2)) ** 1.5, c], -1)
    elif name == "shield":
        p = polar(lambda t: np.minimum(np.cos(np.pi / 4) / np.maximum(np.abs(np.sin(t)), np.abs(np.cos(t)) * 0.9), 1.0), n)
        p[:, 1] = np.where(p[:, 1] < 0, p[:, 1] * (1.35 - np.abs(p[:, 0]) * 0.6), p[:, 1])
    else:
        raise ValueError(f"unknown outline {name!r}")
    return p


def helix(radius: float, pitch: float, axis: Array, phase: float = 0.0, closed: bool = False) -> Array:
    """A curve that winds around another at a distance; `pitch` is the advance a turn."""
    t, s, u = frames(axis, closed)
    total = length(axis, closed)
    turns = max(round(total / pitch), 1) if closed else total / pitch
    w = phase + TAU * turns * np.arange(len(axis)) / len(axis)
    return axis + radius * (s * np.cos(w)[:, None] + u * np.sin(w)[:, None])
