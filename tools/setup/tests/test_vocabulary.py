"""The vocabulary file."""

import struct
import unittest

from convert import vocabulary


class Vocabulary(unittest.TestCase):
    def test_what_is_encoded_is_decoded(self) -> None:
        table = [b"a", b"\xe4\xb8", b"", "<|endoftext|>"]
        self.assertEqual(vocabulary.decode(vocabulary.encode(table)), table)

    def test_the_layout_is_as_documented(self) -> None:
        expected = struct.pack("<IH", 2, 2) + b"hi" + struct.pack("<HH", 0xFFFF, 5) + b"<|x|>"
        self.assertEqual(vocabulary.encode([b"hi", "<|x|>"]), expected)

    def test_every_byte_has_one_spelling(self) -> None:
        spelling = vocabulary.characters_to_bytes()
        self.assertEqual(sorted(spelling.values()), list(range(256)))
        self.assertEqual(spelling["Ġ"], ord(" "))

    def test_an_id_without_token_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "have no token"):
            vocabulary.tokens({"model": {"vocab": {"a": 0}}, "added_tokens": []})


if __name__ == "__main__":
    unittest.main()
