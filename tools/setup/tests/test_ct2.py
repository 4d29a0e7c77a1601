"""The CTranslate2 reader on a file made here."""

import struct
import unittest

import numpy as np

from convert import ct2


def text(value: str) -> bytes:
    return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"


def variable(name: str, array: np.ndarray, code: int) -> bytes:
    shape = struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape)
    return text(name) + shape + struct.pack("<BI", code, array.nbytes) + array.tobytes()


def made(version: int = 6, alias_target: str = "a/weight") -> bytes:
    pieces = [struct.pack("<I", version), text("TinySpec"), struct.pack("<II", 3, 2)]
    pieces.append(variable("a/weight", np.arange(6, dtype=np.float16).reshape(2, 3), 4))
    pieces.append(variable("a/heads", np.array(8, dtype=np.int16), 2))
    pieces.append(struct.pack("<I", 1) + text("b/weight") + text(alias_target))
    return b"".join(pieces)


class Reader(unittest.TestCase):
    def test_names_shapes_types_and_aliases_are_read(self) -> None:
        model = ct2.parse(made())
        self.assertEqual((model.name, model.version, model.revision), ("TinySpec", 6, 3))
        np.testing.assert_array_equal(model.variables["a/weight"], [[0, 1, 2], [3, 4, 5]])
        self.assertEqual(model.variables["a/weight"].dtype, np.float16)
        self.assertEqual(int(model.variables["a/heads"]), 8)
        self.assertIs(model.variables["b/weight"], model.variables["a/weight"])

    def test_a_file_cut_anywhere_is_refused(self) -> None:
        whole = made()
        for length in range(len(whole)):
            with self.subTest(length=length), self.assertRaises(ct2.FormatError):
                ct2.parse(whole[:length])

    def test_bytes_left_over_are_refused(self) -> None:
        with self.assertRaisesRegex(ct2.FormatError, "1 bytes left over"):
            ct2.parse(made() + b"x")

    def test_another_version_is_refused(self) -> None:
        with self.assertRaisesRegex(ct2.FormatError, "version 7"):
            ct2.parse(made(version=7))

    def test_an_alias_of_nothing_is_refused(self) -> None:
        with self.assertRaisesRegex(ct2.FormatError, "not there"):
            ct2.parse(made(alias_target="c/weight"))


if __name__ == "__main__":
    unittest.main()
