"""Writes librosa-features.txt and librosa-features-end.txt: what librosa gives for signals that the test makes anew. Needs librosa 0.11.0 from PyPI.

One line a frame: 80 numbers of log-mel, then 13 of MFCC. The second file has the last three frames of a signal that ends within a hop, as the
recogniser's utterances do.
"""

from pathlib import Path

import librosa
import numpy as np

RATE_HZ = 16000
SAMPLES = 4000
UNEVEN = 31744


def signal(samples: int) -> np.ndarray:
    """A rising tone in noise (a linear congruential generator's), f32[samples]."""
    index = np.arange(samples)
    tone = 0.3 * np.sin(2 * np.pi * (200 + 0.4 * index) * index / RATE_HZ)
    noise, state = [], 1
    for _ in index:
        state = (state * 1664525 + 1013904223) % 2**32
        noise.append(state / 2**32 - 0.5)
    return (tone + 0.1 * np.array(noise)).astype(np.float32)


def lines(samples: int) -> list[str]:
    audio = signal(samples)
    power = librosa.feature.melspectrogram(y=audio, sr=RATE_HZ, n_fft=400, hop_length=160, n_mels=80, pad_mode="reflect")
    logmel = librosa.power_to_db(power)
    mfcc = librosa.feature.mfcc(S=logmel, n_mfcc=13)
    rows = np.concatenate([logmel, mfcc]).T[: samples // 160]
    return [" ".join(f"{value:.4f}" for value in row) for row in rows]


folder = Path(__file__).parent
(folder / "librosa-features.txt").write_text("\n".join(lines(SAMPLES)) + "\n")
(folder / "librosa-features-end.txt").write_text("\n".join(lines(UNEVEN)[-3:]) + "\n")
