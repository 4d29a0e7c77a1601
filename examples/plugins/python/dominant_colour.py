#!/usr/bin/env python3
"""dominant-colour: which colours a picture is of, as a vector that can be compared and as names that people use.

A plugin for Vitrine in Python: pictures in, an embedding of 16 numbers and up to three labels out. Each pixel votes for the named colours near
it, pixels in the middle count more than those at the edge (that is where the thing is), and the votes are scaled to length 1.

Needs vitrine-plugin and Pillow, see requirements.txt.
"""

import io
import math
from typing import Dict, List, Tuple

from PIL import Image, UnidentifiedImageError

from vitrine_plugin import Embedding, Input, Label, Labels, Option, OutputPort, Plugin, PluginManifest, Stream, StreamHandler, serve

# Names and sRGB values of the colours that votes are for.
PALETTE: Dict[str, Tuple[int, int, int]] = {
    "black": (20, 20, 22), "white": (245, 245, 245), "grey": (128, 128, 128), "silver": (196, 200, 205),
    "gold": (212, 170, 60), "rose gold": (200, 135, 120), "brown": (105, 66, 40), "beige": (222, 203, 170),
    "red": (190, 30, 45), "orange": (235, 125, 35), "yellow": (245, 215, 60), "green": (45, 130, 70),
    "turquoise": (60, 180, 175), "blue": (40, 80, 170), "purple": (115, 60, 145), "pink": (240, 150, 180),
}
SPACE = "dominant-colour/lab16/1"
SIDE = 24  # pixels that vote, in each direction
IMAGE_BYTES_MAX = 16 << 20
PIXELS_MAX = 50_000_000
SOFTNESS = 12.0  # how far a pixel's vote spreads, in units of CIELAB


def lab(red: int, green: int, blue: int) -> Tuple[float, float, float]:
    """sRGB (0 to 255) to CIELAB under D65, by the formulas of IEC 61966-2-1 and CIE 15."""

    def linear(value: int) -> float:
        scaled = value / 255
        return scaled / 12.92 if scaled <= 0.04045 else ((scaled + 0.055) / 1.055) ** 2.4

    r, g, b = linear(red), linear(green), linear(blue)
    xyz = (
        (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047,
        0.2126729 * r + 0.7151522 * g + 0.0721750 * b,
        (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883,
    )
    x, y, z = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


PALETTE_LAB: List[Tuple[float, float, float]] = [lab(*value) for value in PALETTE.values()]


def votes(image: Image.Image) -> List[float]:
    """How much of a picture is of each colour of the palette; the sum is 1. Transparent pixels do not vote."""
    small = image.convert("RGBA").resize((SIDE, SIDE), Image.BOX)
    sums = [0.0] * len(PALETTE_LAB)
    for index, (red, green, blue, alpha) in enumerate(small.getdata()):
        dx, dy = (index % SIDE + 0.5) / SIDE - 0.5, (index // SIDE + 0.5) / SIDE - 0.5
        weight = alpha / 255 * math.exp(-(dx * dx + dy * dy) / 0.125)
        lightness, a, b = lab(red, green, blue)
        near = [
            math.exp(-((lightness - other[0]) ** 2 + (a - other[1]) ** 2 + (b - other[2]) ** 2) / (2 * SOFTNESS**2)) for other in PALETTE_LAB]
        total = sum(near)
        if total > 1e-12:
            for place, value in enumerate(near):
                sums[place] += weight * value / total
    total = sum(sums)
    return [value / total for value in sums] if total > 0 else [1 / len(sums)] * len(sums)


class DominantColour(Plugin):
    manifest = PluginManifest(
        name="dominant-colour", version="1.0.0", description="The colours of a picture, as a vector and by name",
        consumes=["image"],
        produces=[OutputPort(kind="embedding", dtype="f32", shape=[len(PALETTE)], space_id=SPACE), OutputPort(kind="labels")],
        options=[Option(key="share_min", default_value="0.12", description="colours that make up less than this are not named")],
        idempotent=True, licence="Apache-2.0")

    def open(self, stream: Stream) -> StreamHandler:
        return ColourStream(stream, float(self.host.option("share_min") or "0.12"))


class ColourStream(StreamHandler):
    """Photos may come in parts; each whole one is answered."""

    def __init__(self, stream: Stream, share_min: float) -> None:
        self.stream = stream
        self.share_min = share_min
        self.parts = bytearray()

    def receive(self, message: Input) -> None:
        if message.kind != "image":
            return
        part = message.message.image
        self.parts += part.data
        if len(self.parts) > IMAGE_BYTES_MAX:
            self.parts.clear()
            return self.stream.emit(message.problem("image", f"a picture has at most {IMAGE_BYTES_MAX} bytes"))
        if not part.last:
            return
        data, self.parts = bytes(self.parts), bytearray()
        try:
            image = Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP"])
            if image.width * image.height > PIXELS_MAX:
                return self.stream.emit(message.problem("image", f"a picture has at most {PIXELS_MAX} pixels"))
            shares = votes(image)
        except (UnidentifiedImageError, OSError, ValueError) as error:
            return self.stream.emit(message.problem("image", f"the picture cannot be read: {error}"))
        length = math.sqrt(sum(share * share for share in shares))
        vector = Embedding(space_id=SPACE, shape=[len(shares)], values=[share / length for share in shares])
        self.stream.emit(message.output("image", embedding=vector))
        named = sorted(((share, name) for share, name in zip(shares, PALETTE) if share >= self.share_min), reverse=True)[:3]
        labels = [Label(name=name, probability=share) for share, name in named]
        self.stream.emit(message.output("image", labels=Labels(scheme="colour", labels=labels)))


if __name__ == "__main__":
    serve(DominantColour)
