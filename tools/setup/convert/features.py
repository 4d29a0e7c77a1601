"""Speech features for other uses than Whisper, by librosa's conventions, as OpenVINO IR.

    features.xml   audio   f32[1,N]      16 kHz mono in [-1, 1], more than 200 samples; T = N / 160, rounded down
                →  logmel  f32[1,80,T]   dB
                   mfcc    f32[1,13,T]

The same numbers as librosa 0.11 gives, its last frame left out:

    S = librosa.feature.melspectrogram(y=audio, sr=16000, n_fft=400, hop_length=160, n_mels=80, pad_mode="reflect")
    logmel = librosa.power_to_db(S)
    mfcc = librosa.feature.mfcc(S=logmel, n_mfcc=13)

that is: 10·log10 of the power in 80 mel bands (Slaney's scale and norm) floored at 1e-10 and at most 80 dB below the loudest
value of the picture; then an orthonormal cosine transform (type II) over the bands, of which 13 are kept.

Run alone: python -m convert.features DESTINATION
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset15 as op

from convert import ir, logmel

COEFFICIENTS = 13
RANGE_DB = 80.0


def cosines() -> np.ndarray:
    """The first rows of the orthonormal type II cosine transform, f32[13,80]."""
    band, order = np.arange(logmel.BANDS), np.arange(COEFFICIENTS)[:, None]
    rows = np.cos(np.pi / logmel.BANDS * (band + 0.5) * order) * np.sqrt(2 / logmel.BANDS)
    rows[0] /= np.sqrt(2)
    return rows.astype(np.float32)


def build() -> ov.Model:
    """Both features for any N above 200."""
    audio = ir.parameter("audio", [1, -1])
    energy = op.matmul(ir.constant(logmel.mel_bands()), logmel.spectrum(audio), False, True)
    floored = op.maximum(energy, ir.constant(logmel.POWER_MIN, np.float32))
    decibels = op.multiply(op.log(floored), ir.constant(10 / np.log(10), np.float32))
    loudest = op.reduce_max(decibels, ir.integers(0, 1), True)
    clipped = op.maximum(decibels, op.subtract(loudest, ir.constant(RANGE_DB, np.float32)))
    cepstrum = op.matmul(ir.constant(cosines()), clipped, False, False)
    first = ir.integers(0)
    return ir.model("speech_features", [audio], {"logmel": op.unsqueeze(clipped, first), "mfcc": op.unsqueeze(cepstrum, first)})


def convert(destination: Path) -> None:
    """Write features.xml and its weights."""
    ir.save(build(), destination / "features.xml")


if __name__ == "__main__":
    convert(Path(sys.argv[1]))
