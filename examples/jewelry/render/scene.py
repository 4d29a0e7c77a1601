"""From a model to a picture: materials, studio light, cameras, and the three pictures of a product."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mitsuba as mi
import numpy as np
from PIL import Image

import builders_chains
import builders_earrings
import builders_rings
from geometry import Array, Mesh, Model

METALS = {
    "gold": (1.0, 0.73, 0.33),
    "rose_gold": (0.96, 0.60, 0.47),
    "silver": (0.95, 0.95, 0.93),
    "platinum": (0.70, 0.71, 0.74),
}
ACCENTS = {"gold": "silver", "rose_gold": "silver", "silver": "gold", "platinum": "rose_gold"}
ROUGHNESS = {"polished": 0.07, "brushed": 0.24, "matte": 0.30, "hammered": 0.10}

#: Transparent stones: tint per surface crossed, refractive index.
CLEAR = {
    "diamond": ((0.99, 0.99, 1.0), 2.2),
    "ruby": ((0.82, 0.05, 0.16), 1.77),
    "sapphire": ((0.10, 0.24, 0.85), 1.77),
    "emerald": ((0.08, 0.66, 0.32), 1.6),
    "amethyst": ((0.58, 0.26, 0.84), 1.6),
    "topaz": ((0.45, 0.80, 0.97), 1.7),
    "citrine": ((0.97, 0.68, 0.14), 1.6),
    "garnet": ((0.52, 0.03, 0.07), 1.75),
    "peridot": ((0.64, 0.86, 0.20), 1.65),
}
#: Polished stones: colour, and how they are mottled.
SOLID = {
    "pearl": ((0.95, 0.91, 0.87), None),
    "black_pearl": ((0.10, 0.11, 0.13), None),
    "opal": ((0.80, 0.82, 0.86), "opal"),
    "turquoise": ((0.13, 0.60, 0.62), "veins"),
    "onyx": ((0.012, 0.012, 0.014), None),
    "jade": ((0.20, 0.52, 0.30), "cloud"),
    "lapis": ((0.05, 0.10, 0.40), "specks"),
    "coral": ((0.80, 0.20, 0.14), None),
    "moonstone": ((0.72, 0.79, 0.92), "cloud"),
    "rose_quartz": ((0.90, 0.58, 0.62), "cloud"),
}


@dataclass(frozen=True)
class View:
    """Where a photo is taken from and in which light. Degrees."""

    azimuth: float
    elevation: float
    light: str


#: Two photos of a product: the one in the shop, and one held back to test the search by picture.
VIEWS = {
    "standing": (View(22, 36, "studio"), View(-5, 27, "window")),
    "lying": (View(-8, 68, "studio"), View(16, 57, "window")),
    "round": (View(10, 34, "studio"), View(-16, 44, "window")),
}
DISPLAY = {"ring": "standing", "earrings": "lying", "necklace": "lying", "pendant": "lying", "bracelet": "round"}


# Light

def light_map(name: str, size: int = 256) -> Array:
    """A studio painted on a sphere: soft boxes and strips over a grey room; z is up."""
    v, u = np.mgrid[0:size // 2, 0:size]
    theta, phi = (v + 0.5) / (size // 2) * np.pi, (u + 0.5) / size * 2 * np.pi
    d = np.stack([np.sin(phi) * np.sin(theta), np.cos(phi) * np.sin(theta), np.cos(theta)], -1)
    # Name: list of (azimuth from the camera's side, elevation, half width, half height, strength, colour).
    rooms: dict[str, tuple[float, tuple[float, float, float], list[tuple]]] = {
        "studio": (0.42, (1.0, 1.0, 1.03), [
            (-48, 48, 26, 22, 9.0, (1.0, 0.98, 0.95)), (62, 34, 10, 30, 7.0, (0.96, 0.98, 1.0)),
            (10, 82, 24, 24, 4.5, (1, 1, 1)), (165, 30, 30, 14, 4.0, (1, 1, 1))]),
        "window": (0.36, (1.0, 0.97, 0.93), [
            (78, 40, 24, 28, 9.5, (1.0, 0.95, 0.88)), (-70, 20, 12, 24, 3.0, (0.9, 0.95, 1.0)),
            (-150, 62, 22, 16, 5.0, (1, 0.98, 0.95))]),
        "fitting": (0.95, (1.0, 1.0, 1.0), [(-40, 46, 24, 24, 6.0, (1, 1, 1)), (60, 20, 10, 30, 5.0, (1, 1, 1)), (0, -40, 34, 12, 2.0, (1, 1, 1))]),
    }
    ambient, tint, boxes = rooms[name]
    room = ambient * (0.45 + 0.75 * np.clip(d[..., 2] * 0.5 + 0.5, 0, 1))
    # A dark flag in front of the camera's feet gives metal its dark edges.
    if name != "fitting":
        room = room * (1 - 0.75 * np.exp(-((d[..., 2] - 0.12) / 0.14) ** 2) * (d[..., 1] < 0.4))
    out = room[..., None] * np.array(tint)
    for az, el, w, h, power, colour in boxes:
        a, e = np.radians(az), np.radians(el)
        c = np.array([np.sin(a) * np.cos(e), -np.cos(a) * np.cos(e), np.sin(e)])
        right = np.array([np.cos(a), np.sin(a), 0])
        up = np.cross(c, right) * -1
        up = up if up[2] >= 0 else -up
        z = np.maximum(d @ c, 1e-3)
        x, y = (d @ right) / z, (d @ up) / z
        soft = lambda t, lim: np.clip((np.tan(np.radians(lim)) - np.abs(t)) / 0.08, 0, 1)
        out = out + ((d @ c > 0.05) * soft(x, w) * soft(y, h))[..., None] * power * np.array(colour)
    solid = (np.sin(theta) * np.pi / (size // 2) * 2 * np.pi / size)[..., None]
    flux = float((out * np.clip(d[..., 2:3], 0, 1) * solid).sum()) / 3
    return (out * {"studio": 0.60, "window": 0.52}.get(name, 0.75) * np.pi / (0.8 * flux)).astype(np.float32)


def lights(name: str) -> dict[str, Any]:
    return {"env": {"type": "envmap", "bitmap": mi.Bitmap(light_map(name)), "scale": 1.0,
                    "to_world": mi.ScalarTransform4f().rotate([1, 0, 0], 90)}}


# Materials

def metal_bsdf(metal: str, finish: str) -> dict[str, Any]:
    return {"type": "roughconductor", "material": "none", "alpha": ROUGHNESS.get(finish, 0.08), "distribution": "ggx",
            "specular_reflectance": {"type": "rgb", "value": list(METALS[metal])}}


def gem_bsdf(gem: str) -> dict[str, Any]:
    if gem in CLEAR:
        tint, ior = CLEAR[gem]
        return {"type": "dielectric", "int_ior": ior, "specular_transmittance": {"type": "rgb", "value": list(tint)}}
    colour, pattern = SOLID[gem]
    base: dict[str, Any] = {"type": "mesh_attribute", "name": "vertex_color"} if pattern else {"type": "rgb", "value": list(colour)}
    if "pearl" in gem:
        return {"type": "roughplastic", "diffuse_reflectance": base, "alpha": 0.10, "int_ior": 1.6, "nonlinear": False}
    if not pattern:
        return {"type": "plastic", "diffuse_reflectance": base, "int_ior": 1.6, "nonlinear": False}
    return {"type": "principled", "base_color": base, "roughness": 0.12, "specular": 0.6, "clearcoat": 0.6, "clearcoat_gloss": 0.95}


def mottle(v: Array, gem: str) -> Array:
    """Colours for the vertices of a mottled stone: a few waves of its own place."""
    base, pattern = SOLID[gem]
    rng = np.random.default_rng(7)
    def noise(freq: float) -> Array:
        total = np.zeros(len(v))
        for _ in range(6):
            k, ph = rng.normal(size=3) * freq, rng.uniform(0, 6.28)
            total += np.sin(v @ k + ph)
        return total / 6
    c = np.tile(np.array(base), (len(v), 1))
    if pattern == "opal":
        h = noise(0.9) * 2.6
        c = 0.55 * c + 0.5 * np.stack([0.5 + 0.5 * np.cos(6.28 * (h + o)) for o in (0.0, 0.36, 0.66)], -1) * 0.9
    elif pattern == "veins":
        n = np.abs(noise(0.7))
        c = c * (0.8 + 0.5 * noise(0.4))[:, None]
        c[n < 0.035] = (0.20, 0.15, 0.10)
    elif pattern == "specks":
        c = c * (1 + 0.6 * noise(0.8))[:, None]
        c[noise(3.0) > 0.60] = (0.75, 0.62, 0.30)
    else:
        c = c * (1 + 0.35 * noise(0.45))[:, None]
    return np.clip(c, 0, 1)


# Models of products

def worn_path(long: float, n: int = 300) -> Array:
    """A necklace on a neck from the front: ends beside the neck at z = 0."""
    half, deep = 60.0, float(np.interp(long, [350, 380, 420, 450, 500, 600, 700], [38, 48, 68, 84, 110, 160, 205]))
    a = np.linspace(-np.pi / 2, np.pi / 2, n)
    return np.stack([half * np.sin(a) * (1 - 0.10 * np.cos(a) ** 2), np.zeros(n), -deep * np.cos(a) ** 0.92], -1)


def loop_path(round_: float = 0.0, n: int = 400) -> Array:
    """A necklace laid out: a drop-shaped loop, or a circle when `round_` is 1."""
    a = np.linspace(0, 2 * np.pi, n, endpoint=False)
    x = 60 * np.sin(a) * (1 - (1 - round_) * 0.16 * np.cos(a - np.pi))
    z = 62 * np.cos(a) - (1 - round_) * 8 * np.clip(-np.cos(a), 0, 1) ** 3
    return np.stack([x, np.zeros(n), z], -1)


def vee_path(n: int = 300) -> Array:
    """The lower part of a chain with a pendant."""
    t = np.linspace(-1, 1, n)
    return np.stack([46 * t, np.zeros(n), 68 * (np.sqrt(t ** 2 + 0.02) - np.sqrt(0.02))], -1)


def build(category: str, builder: str, p: dict[str, Any], worn: bool) -> Model:
    """The product's model in its own space, or as it is worn."""
    if category == "ring":
        return builders_rings.BUILDERS[builder](p)
    if category == "earrings":
        return builders_earrings.BUILDERS[builder](p)
    if category == "bracelet":
        return builders_chains.BRACELETS[builder](p)
    if worn:
        return builders_chains.necklace(p, worn_path(p["length_mm"]), False)
    if category == "pendant":
        return builders_chains.necklace(p, vee_path(), False)
    return builders_chains.necklace(p, loop_path(p.get("round", 0.0)), True)


def laid(model: Model) -> Model:
    return model.each(lambda m: m.turned("x", -90))


def arranged(category: str, model: Model, p: dict[str, Any]) -> tuple[Model, Array]:
    """The model set up for a photo (z up, standing on z = 0), and the points the camera must hold in view."""
    if category == "ring":
        out = model.each(lambda m: m.turned("x", p.get("lean", 8)))
    elif category == "earrings":
        lo, hi = model.bounds()
        gap = max(abs(lo[0]), abs(hi[0])) + p.get("apart", 1.2)
        out = Model()
        out.join(model, lambda m: m.turned("y", p.get("roll", 4)).moved(-gap, 0, 0))
        out.join(model, lambda m: m.scaled(-1, 1, 1).turned("y", -p.get("roll", 4)).moved(gap, 0, 0) if not p.get("same") else m.moved(gap, 0, 0))
        out = laid(out)
    elif category == "bracelet":
        out = model
    else:
        out = laid(model)
    lo, hi = out.bounds()
    out = out.each(lambda m: m.moved(0, 0, -lo[2] + (3.0 if category == "earrings" else 0.02)))
    v = np.concatenate([m.v for ms in out.slots.values() for m in ms])
    if category == "pendant":
        piece = builders_chains.pendant_body(p).bounds()
        w = piece[1] - piece[0]
        reach = max(w[0] / 2, w[2] / 2) * 1.12 + 3.0
        mid = (piece[0][2] + piece[1][2]) / 2 + reach * 0.30
        v = np.array([[x, mid + y, 1.0] for x in (-reach, reach) for y in (-reach, reach)])
    return out, v


# Scenes

def creased(m: Mesh, degrees: float = 42) -> tuple[Mesh, Array]:
    """The mesh with a normal for every corner: smooth over faint edges, sharp over strong ones."""
    a, b, c = (m.v[m.f[:, i]] for i in range(3))
    area = np.cross(b - a, c - a)
    unit = area / np.maximum(np.linalg.norm(area, axis=1, keepdims=True), 1e-12)
    vert, face = m.f.ravel(), np.repeat(np.arange(len(m.f)), 3)
    order = np.argsort(vert, kind="stable")
    vs, fs = vert[order], face[order]
    total = area[fs].copy()
    limit = np.cos(np.radians(degrees))
    step, here = 1, np.arange(len(vs))
    while True:
        i = here[: len(vs) - step]
        i = i[vs[i] == vs[i + step]]
        if not len(i):
            break
        near = (unit[fs[i]] * unit[fs[i + step]]).sum(1) > limit
        i = i[near]
        np.add.at(total, i, area[fs[i + step]])
        np.add.at(total, i + step, area[fs[i]])
        step += 1
    n = np.empty_like(total)
    n[order] = total
    n /= np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-12)
    return Mesh(m.v[vert], np.arange(len(vert)).reshape(-1, 3)), n


def write_ply(path: Path, m: Mesh, normals: Array | None = None) -> None:
    v, f = m.v.astype("<f4"), m.f.astype("<i4")
    extra = ""
    if normals is not None:
        v = np.hstack([v, normals.astype("<f4")])
        extra = "property float nx\nproperty float ny\nproperty float nz\n"
    rows = np.empty(len(f), dtype=[("n", "u1"), ("i", "<i4", 3)])
    rows["n"], rows["i"] = 3, f
    head = (f"ply\nformat binary_little_endian 1.0\nelement vertex {len(v)}\nproperty float x\nproperty float y\nproperty float z\n{extra}"
            f"element face {len(f)}\nproperty list uchar int vertex_indices\nend_header\n")
    path.write_bytes(head.encode() + v.tobytes() + rows.tobytes())


def finer(m: Mesh, edge: float = 0.5, limit: int = 120_000) -> Mesh:
    """Splits every triangle in four until its edges are short enough to carry a pattern."""
    while 4 * len(m.f) < limit:
        e = np.sort(np.concatenate([m.f[:, [0, 1]], m.f[:, [1, 2]], m.f[:, [2, 0]]]), axis=1)
        if np.linalg.norm(m.v[e[:, 0]] - m.v[e[:, 1]], axis=1).max() < edge:
            break
        pairs, at = np.unique(e, axis=0, return_inverse=True)
        n = len(m.f)
        ab, bc, ca = (at.ravel()[i * n:(i + 1) * n] + len(m.v) for i in range(3))
        a, b, c = m.f.T
        m = Mesh(np.vstack([m.v, m.v[pairs].mean(1)]),
                 np.concatenate([np.stack(t, -1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]))
    return m


def shapes(model: Model, p: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for slot, mesh in model.merged().items():
            if slot in ("metal", "accent"):
                metal = p["metal"] if slot == "metal" else ACCENTS[p["metal"]]
                bsdf, flat, gem = metal_bsdf(metal, p.get("surface", "polished")), False, None
            else:
                gem = {"gem": p.get("gem", "none"), "gem2": p.get("gem2") or "diamond", "pearl": "pearl"}[slot]
                if gem == "none":
                    gem = "diamond"
                bsdf, flat = gem_bsdf(gem), gem in CLEAR and not p.get("smooth_stone")
            if gem in SOLID and SOLID[gem][1]:
                mesh = finer(mesh)
            file = Path(folder) / f"{slot}.ply"
            write_ply(file, *(creased(mesh) if slot in ("metal", "accent") else (mesh,)))
            shape = mi.load_dict({"type": "ply", "filename": str(file), "face_normals": flat, "bsdf": bsdf})
            if gem in SOLID and SOLID[gem][1]:
                params = mi.traverse(shape)
                pos = np.asarray(params["vertex_positions"]).reshape(-1, 3)
                shape.add_attribute("vertex_color", 3, mottle(pos, gem).astype(np.float32).ravel())
            out[slot] = shape
    return out


def backdrop(standing: bool) -> dict[str, Any]:
    """A paper sweep: a floor that curves up behind the piece."""
    paper = {"type": "diffuse", "reflectance": {"type": "rgb", "value": [0.81, 0.80, 0.785]}}
    if not standing:
        return {"floor": {"type": "rectangle", "to_world": mi.ScalarTransform4f().scale(2000), "bsdf": paper}}
    a = np.linspace(0, np.pi / 2, 16)
    prof = np.vstack([[[-1500, 0], [40, 0]], np.column_stack([90 + 200 * np.sin(a), 200 - 200 * np.cos(a)]), [[290, 600]]])
    x = np.array([-2500.0, 2500.0])
    v = np.array([[xx, y, z] for y, z in prof for xx in x])
    f = np.array([t for i in range(len(prof) - 1) for t in ((2 * i, 2 * i + 1, 2 * i + 3), (2 * i, 2 * i + 3, 2 * i + 2))])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "paper.ply"
        write_ply(file, Mesh(v, f))
        return {"floor": mi.load_dict({"type": "ply", "filename": str(file), "bsdf": {"type": "twosided", "bsdf": paper}})}


def tone(linear: Array) -> Array:
    """Linear light to sRGB with a soft shoulder."""
    x = np.clip(linear, 0, None)
    x = np.where(x < 0.7, x, 0.7 + 0.3 * (1 - np.exp(-(x - 0.7) / 0.3)))
    s = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.power(np.maximum(x, 1e-8), 1 / 2.4) - 0.055)
    return np.clip(s, 0, 1)


def smoothed(image: Array, cover: Array, radius: float = 2.2) -> Array:
    """Blurs the uncovered part of a picture, weighing uncovered pixels only."""
    def blur(x: Array) -> Array:
        k = np.exp(-0.5 * (np.arange(-6, 7) / radius) ** 2)
        for axis in (0, 1):
            pad = [(6, 6) if i == axis else (0, 0) for i in range(x.ndim)]
            y = np.pad(x, pad, mode="edge")
            x = sum(w * np.take(y, np.arange(i, i + x.shape[axis]), axis) for i, w in enumerate(k)) / k.sum()
        return x
    free = (~cover).astype(float)[..., None]
    soft = blur(image * free) / np.maximum(blur(free), 1e-4)
    return np.where(cover[..., None], image, soft)


def photo(category: str, builder: str, p: dict[str, Any], which: int, size: int, spp: int, oversize: float = 1.125) -> Image.Image:
    """The shop's photo (`which` 0) or the one held back (1)."""
    view = VIEWS[DISPLAY[category]][which]
    model, hold = arranged(category, build(category, builder, p, False), p)
    az, el = np.radians(view.azimuth), np.radians(view.elevation)
    back = np.array([np.sin(az) * np.cos(el), -np.cos(az) * np.cos(el), np.sin(el)])
    right = np.array([np.cos(az), np.sin(az), 0])
    up = np.cross(back, right)
    fov, margin = 22.0, 1.10 if category != "pendant" else 1.0
    t = np.tan(np.radians(fov / 2)) / margin
    centre = (hold.min(0) + hold.max(0)) / 2
    for _ in range(4):
        q = hold - centre
        x, y, z = q @ right, q @ up, q @ back
        dist = max((np.abs(x) / t + z).max(), (np.abs(y) / t + z).max())
        px, py = x / (dist - z), y / (dist - z)
        centre = centre + right * (px.max() + px.min()) / 2 * dist + up * (py.max() + py.min()) / 2 * dist
    big = int(size * oversize)
    scene = {"type": "scene", "integrator": {"type": "path", "max_depth": 10, "rr_depth": 5},
             "sensor": {"type": "perspective", "fov": fov,
                        "to_world": mi.ScalarTransform4f().look_at(list(centre + back * dist), list(centre), list(up)),
                        "film": {"type": "hdrfilm", "width": big, "height": big, "rfilter": {"type": "box"}},
                        "sampler": {"type": "independent", "sample_count": spp}}}
    things = shapes(model, p)
    scene |= lights(view.light) | backdrop(DISPLAY[category] != "lying") | things
    image = tone(np.array(mi.render(mi.load_dict(scene), spp=spp, seed=which))[..., :3])
    # What the piece covers, to smooth the paper around it and nothing else.
    film = scene["sensor"]["film"] | {"pixel_format": "rgba"}
    mask = {"type": "scene", "integrator": {"type": "direct", "emitter_samples": 0, "bsdf_samples": 1, "hide_emitters": True},
            "sensor": scene["sensor"] | {"film": film}, "env": {"type": "constant"}} | things
    cover = np.clip(np.array(mi.render(mi.load_dict(mask), spp=4, seed=9))[..., 3], 0, 1) > 0
    image = smoothed(image, cover)
    return Image.fromarray((image * 255 + 0.5).astype(np.uint8)).resize((size, size), Image.LANCZOS)


def overlay(category: str, builder: str, p: dict[str, Any], size: int, spp: int, oversize: float = 1.5
            ) -> tuple[Image.Image, tuple[float, float], float]:
    """The piece as worn, seen from the front on a clear ground; its anchor in pixels and its width in millimetres."""
    model = build(category, builder, p, True)
    anchor = np.zeros(3)
    if category == "ring":
        # The finger points up the picture; what lies behind it is cut away.
        model = clipped(model, 2, 0.0)
        model = model.each(lambda m: m.turned("x", 8).turned("x", 90))
    elif category == "bracelet":
        model = clipped(model.each(lambda m: m.turned("x", -90)), 2, 0.0).each(lambda m: m.turned("x", 14).turned("x", 90))
    elif category in ("necklace", "pendant"):
        anchor = np.array([0, 0, -50.0])
    lo, hi = model.bounds()
    pad = 0.02 * max(hi[0] - lo[0], hi[2] - lo[2])
    lo, hi = lo - pad, hi + pad
    lo[:] = np.minimum(lo, anchor - pad)
    hi[:] = np.maximum(hi, anchor + pad)
    w, h = hi[0] - lo[0], hi[2] - lo[2]
    px = size / max(w, h)
    wide, high = max(int(round(w * px)), 8), max(int(round(h * px)), 8)
    bw, bh = int(wide * oversize), int(high * oversize)
    mid = [(lo[0] + hi[0]) / 2, 0, (lo[2] + hi[2]) / 2]
    s = w / 2
    place = mi.ScalarTransform4f().look_at([mid[0], -400, mid[2]], mid, [0, 0, 1]) @ mi.ScalarTransform4f().scale([s, s, 1])
    scene = {"type": "scene", "integrator": {"type": "path", "max_depth": 10, "hide_emitters": True},
             "sensor": {"type": "orthographic", "to_world": place, "near_clip": 1.0, "far_clip": 2000.0,
                        "film": {"type": "hdrfilm", "width": bw, "height": bh, "pixel_format": "rgba", "rfilter": {"type": "box"}},
                        "sampler": {"type": "independent", "sample_count": spp}}}
    scene |= lights("fitting") | shapes(model, p)
    image = np.array(mi.render(mi.load_dict(scene), spp=spp, seed=5))
    alpha = np.clip(image[..., 3:4], 0, 1)
    rgb = tone(image[..., :3] / np.maximum(alpha, 1e-3) * 1.15)
    pre = np.concatenate([rgb * alpha, alpha], -1)
    small = np.stack([np.asarray(Image.fromarray(pre[..., i].astype(np.float32)).resize((wide, high), Image.BOX)) for i in range(4)], -1)
    a = small[..., 3:4]
    out = np.concatenate([small[..., :3] / np.maximum(a, 1e-3), a], -1)
    picture = Image.fromarray((np.clip(out, 0, 1) * 255 + 0.5).astype(np.uint8), "RGBA")
    ax, ay = (anchor[0] - lo[0]) / w * wide, (hi[2] - anchor[2]) / h * high
    return picture, (round(float(ax), 1), round(float(ay), 1)), round(float(w), 1)


def clipped(model: Model, axis: int, limit: float) -> Model:
    """The model without the triangles that lie wholly below a limit."""
    out = Model()
    for slot, meshes in model.slots.items():
        for m in meshes:
            keep = (m.v[m.f][:, :, axis] > limit).any(1)
            if keep.any():
                used, f = np.unique(m.f[keep], return_inverse=True)
                out.add(slot, Mesh(m.v[used], f.reshape(-1, 3)))
    return out
