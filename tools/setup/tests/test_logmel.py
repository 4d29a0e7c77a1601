"""The log-mel IR against numpy."""

import unittest

import numpy as np

from convert import ir, logmel

ERROR_MAX = 1e-3


def clips(frames: int) -> dict[str, np.ndarray]:
    """Sounds of 10 ms × `frames`, f32."""
    count = frames * logmel.HOP
    time_s = np.arange(count) / logmel.RATE_HZ
    noise = np.random.default_rng(1).standard_normal(count)
    made = {
        "noise": 0.1 * noise,
        "chirp": 0.5 * np.sin(2 * np.pi * (100 + 400 * time_s) * time_s) + 1e-4 * noise,
        "padded": np.where(time_s < time_s[-1] / 3, 0.2 * noise, 0),
        "silence": np.zeros(count),
        "click": np.eye(1, count, 0)[0],
    }
    return {name: clip.astype(np.float32) for name, clip in made.items()}


class FrontEnd(unittest.TestCase):
    def test_it_equals_numpy_for_every_length_and_sound(self) -> None:
        run = ir.Runner(logmel.build())
        for frames in (100, 1000, 1500):
            for name, clip in clips(frames).items():
                with self.subTest(frames=frames, clip=name):
                    mel = run(audio=clip[None])["mel"]
                    self.assertEqual(mel.shape, (1, logmel.BANDS, frames))
                    self.assertLessEqual(float(np.abs(mel - logmel.reference(clip)).max()), ERROR_MAX)

    def test_silence_is_the_floor(self) -> None:
        self.assertAlmostEqual(float(logmel.reference(np.zeros(1600, np.float32)).max()), (-10 + 4) / 4, places=5)

    def test_a_tone_is_loudest_in_the_band_around_it(self) -> None:
        tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / logmel.RATE_HZ).astype(np.float32)
        loudest = int(logmel.reference(tone)[0, :, 50].argmax())
        weights = logmel.mel_bands()[:, 25]  # bin 25 is 1000 Hz
        self.assertEqual(loudest, int(weights.argmax()))


if __name__ == "__main__":
    unittest.main()
