"""Blocks of Q4_1 as Q8_0, and a whole file."""

from __future__ import annotations

import struct
import tempfile
import unittest
from pathlib import Path

import numpy as np

from convert import gguf


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def unpacked(blocks: np.ndarray) -> np.ndarray:
    rows = blocks.reshape(-1, 34)
    return rows[:, :2].copy().view(np.float16).astype(np.float32) * rows[:, 2:].copy().view(np.int8)


class Requantising(unittest.TestCase):
    def blocks(self) -> tuple[np.ndarray, np.ndarray]:
        """Three blocks, and their weights."""
        random = np.random.default_rng(1)
        scale, least = random.uniform(0.01, 0.2, (3, 1)).astype(np.float16), random.uniform(-1, 0, (3, 1)).astype(np.float16)
        whole = random.integers(0, 16, (3, 32)).astype(np.uint8)
        packed = whole[:, :16] | whole[:, 16:] << 4
        weights = whole.astype(np.float32) * scale.astype(np.float32) + least.astype(np.float32)
        return np.concatenate([scale.view(np.uint8), least.view(np.uint8), packed], axis=1).ravel(), weights

    def test_weights_stay_within_half_a_step(self) -> None:
        blocks, weights = self.blocks()
        step = np.abs(weights).max(axis=1, keepdims=True) / 127
        self.assertTrue((np.abs(unpacked(gguf.requantised(blocks)) - weights) <= 0.6 * step).all())

    def test_a_block_of_zeros_stays_one(self) -> None:
        self.assertEqual(unpacked(gguf.requantised(np.zeros(20, np.uint8))).tolist(), [[0.0] * 32])

    def test_a_file_keeps_its_facts_and_other_tensors(self) -> None:
        blocks, weights = self.blocks()
        plain = np.arange(4, dtype=np.float32)
        facts = text("general.name") + struct.pack("<I", 8) + text("tiny")
        facts += text("tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("bc")
        head = gguf.MAGIC + struct.pack("<IQQ", 3, 2, 2) + facts
        infos = text("matrix") + struct.pack("<IQQIQ", 2, 32, 3, gguf.Q4_1, 0) + text("norm") + struct.pack("<IQIQ", 1, 4, 0, 64)
        content = head + infos
        content += bytes(-len(content) % 32) + blocks.tobytes() + bytes(4) + plain.tobytes()
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "source.gguf"
            source.write_bytes(content)
            gguf.convert(source, Path(folder))
            made = (Path(folder) / "model.gguf").read_bytes()
        self.assertTrue(made.startswith(head))
        infos = text("matrix") + struct.pack("<IQQIQ", 2, 32, 3, gguf.Q8_0, 0) + text("norm") + struct.pack("<IQIQ", 1, 4, 0, 128)
        self.assertEqual(made[len(head) : len(head) + len(infos)], infos)
        start = -(-(len(head) + len(infos)) // 32) * 32
        self.assertEqual(made[start + 128 :], plain.tobytes())
        matrix = unpacked(np.frombuffer(made[start : start + 102], np.uint8))
        self.assertLess(np.abs(matrix - weights).max(), 0.02)


if __name__ == "__main__":
    unittest.main()
