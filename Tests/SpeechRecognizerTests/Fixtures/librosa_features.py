"""Writes librosa-features.txt: what librosa gives for a signal that the test makes anew. Needs librosa 0.11.0 from PyPI.

One line a frame: 80 numbers of log-mel, then 13 of MFCC.
"""

from pathlib import Path

import librosa
import numpy as np

RATE_HZ = 16000
SAMPLES = 4000


def signal() -> np.ndarray:
    """A rising tone in noise (a linear congruential generator's), f32[4000]."""
    index = np.arange(SAMPLES)
    tone = 0.3 * np.sin(2 * np.pi * (200 + 0.4 * index) * index / RATE_HZ)
    noise, state = [], 1
    for _ in index:
        state = (state * 1664525 + 1013904223) % 2**32
        noise.append(state / 2**32 - 0.5)
    return (tone + 0.1 * np.array(noise)).astype(np.float32)


audio = signal()
power = librosa.feature.melspectrogram(y=audio, sr=RATE_HZ, n_fft=400, hop_length=160, n_mels=80, pad_mode="reflect")
logmel = librosa.power_to_db(power)
mfcc = librosa.feature.mfcc(S=logmel, n_mfcc=13)
rows = np.concatenate([logmel, mfcc]).T[: SAMPLES // 160]
lines = [" ".join(f"{value:.4f}" for value in row) for row in rows]
(Path(__file__).parent / "librosa-features.txt").write_text("\n".join(lines) + "\n")
