"""The example, tested without a server."""

import io
import unittest

from PIL import Image
from vitrine.v1.sessions_pb2 import ClientMessage, ImagePart

from dominant_colour import PALETTE, SPACE, DominantColour, lab
from vitrine_plugin.testing import HostForTests


def picture(colour: tuple, kind: str = "PNG") -> bytes:
    """A plain picture."""
    file = io.BytesIO()
    Image.new("RGB", (80, 60), colour).save(file, kind)
    return file.getvalue()


def image(data: bytes, image_id: int = 1, part: int = 0, last: bool = True) -> ClientMessage:
    return ClientMessage(turn_id=4, image=ImagePart(image_id=image_id, part=part, last=last, data=data))


class DominantColourTests(unittest.TestCase):
    def test_each_colour_of_the_palette_is_named(self) -> None:
        with HostForTests(DominantColour) as host:
            outputs = host.run([image(picture(value)) for value in PALETTE.values()])
        named = [output.labels.labels[0].name for output in outputs if output.HasField("labels")]
        self.assertEqual(named, list(PALETTE))

    def test_vectors_have_length_one_and_like_pictures_are_near(self) -> None:
        colours = [(190, 30, 45), (175, 40, 50), (40, 80, 170)]
        with HostForTests(DominantColour) as host:
            outputs = host.run([image(picture(colour, kind)) for colour, kind in zip(colours, ["JPEG", "WEBP", "PNG"])])
        red, other_red, blue = (list(output.embedding.values) for output in outputs if output.HasField("embedding"))
        self.assertEqual({output.embedding.space_id for output in outputs if output.HasField("embedding")}, {SPACE})

        def cosine(a: list, b: list) -> float:
            return sum(x * y for x, y in zip(a, b))

        self.assertAlmostEqual(cosine(red, red), 1, places=5)
        self.assertGreater(cosine(red, other_red), 0.95)
        self.assertLess(cosine(red, blue), 0.1)

    def test_a_photo_may_come_in_parts(self) -> None:
        data = picture((212, 170, 60))
        with HostForTests(DominantColour) as host:
            outputs = host.run([image(data[:40], last=False), image(data[40:], part=1)])
        self.assertEqual(outputs[-1].labels.labels[0].name, "gold")
        self.assertEqual(outputs[-1].turn_id, 4)

    def test_what_is_no_picture_is_a_problem_of_its_own(self) -> None:
        with HostForTests(DominantColour) as host:
            outputs = host.run([image(b"this is no picture"), image(picture((20, 20, 22)))])
        self.assertIn("cannot be read", outputs[0].problem.message)
        self.assertEqual(outputs[-1].labels.labels[0].name, "black")

    def test_the_formula_of_cielab(self) -> None:
        # Values of the sRGB primaries under D65, as the literature has them.
        for rgb, expected in {(255, 255, 255): (100, 0, 0), (255, 0, 0): (53.24, 80.09, 67.20), (0, 0, 255): (32.30, 79.19, -107.86)}.items():
            for got, wanted in zip(lab(*rgb), expected):
                self.assertAlmostEqual(got, wanted, delta=0.1)


if __name__ == "__main__":
    unittest.main()
