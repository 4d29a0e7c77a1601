"""Whisper's log-mel front end as OpenVINO IR.

    logmel.xml   audio  f32[1,N]      16 kHz mono in [-1, 1], N = 160 T samples (zero-padded by the caller)
              →  mel    f32[1,80,T]

Steps (Radford et al. 2022, section 2.2; constants as in the published Whisper): reflect 200 samples at both ends,
periodic Hann window of 400 samples every 160, power spectrum of 201 bins, 80 triangular mel bands of the Slaney
scale and norm (Slaney, "Auditory Toolbox", 1998), log10 floored at 1e-10, at most 8 below the loudest value of
the whole picture, then (x + 4) / 4.

The Fourier sum is two matrix products.  A windowed frame x is folded about its middle, since cosines are even and
sines odd: the real part needs only x[n] + x[400-n], the imaginary part only x[n] - x[400-n], n = 1 … 200 (x[0] is
zero, the window starts there).  That halves the work of the plain product, which in turn was faster than a strided
convolution and than the DFT operator.  `reference` states the same in numpy.

Run alone: python -m convert.logmel DESTINATION
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import openvino as ov
from openvino import Output
from openvino import opset15 as op

from convert import ir

RATE_HZ = 16000
WINDOW = 400
HOP = 160
BLOCK = 80
"""Greatest common divisor of window and hop, so that frames are made of whole blocks."""
BANDS = 80
BINS = WINDOW // 2 + 1
MARGIN = WINDOW // 2
POWER_MIN = 1e-10
RANGE_LOG10 = 8.0


def hertz_to_mel(hertz: np.ndarray) -> np.ndarray:
    """Slaney's scale: linear to 1 kHz (15 mel), logarithmic above."""
    above = 15 + np.log(np.maximum(hertz, 1e-9) / 1000) * 27 / np.log(6.4)
    return np.where(hertz < 1000, hertz * 3 / 200, above)


def mel_to_hertz(mel: np.ndarray) -> np.ndarray:
    """The inverse of `hertz_to_mel`."""
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp(np.log(6.4) / 27 * (mel - 15)))


def mel_bands() -> np.ndarray:
    """Triangles of equal area, f32[80,201]: weight of each Fourier bin in each band."""
    bins = np.linspace(0, RATE_HZ / 2, BINS)
    ends = hertz_to_mel(np.array([0.0, RATE_HZ / 2]))
    edges = mel_to_hertz(np.linspace(ends[0], ends[1], BANDS + 2))
    widths = np.diff(edges)
    offsets = edges[:, None] - bins[None, :]
    rising = -offsets[:-2] / widths[:-1, None]
    falling = offsets[2:] / widths[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return (triangles * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


def hann() -> np.ndarray:
    """Periodic Hann window, f64[400]."""
    return np.hanning(WINDOW + 1)[:-1]


def reference(audio: np.ndarray) -> np.ndarray:
    """The same in numpy: f32[N] → f32[1,80,N/160]."""
    padded = np.pad(audio, MARGIN, "reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][: len(audio) // HOP]
    power = np.abs(np.fft.rfft(frames * hann().astype(np.float32), axis=1)) ** 2
    mel = np.log10(np.maximum(power @ mel_bands().T, POWER_MIN)).T
    mel = np.maximum(mel, mel.max() - RANGE_LOG10)
    return ((mel + 4) / 4).astype(np.float32)[None]


def basis() -> tuple[np.ndarray, np.ndarray]:
    """Cosines and sines for folded frames, f32[200,201] each; row n - 1 is for n."""
    n = np.arange(1, MARGIN + 1)
    angle = 2 * np.pi / WINDOW * (np.outer(n, np.arange(BINS)) % WINDOW)
    cosines, sines = np.cos(angle), np.sin(angle)
    cosines[-1] /= 2  # n = 200 meets itself
    sines[-1] = 0
    return cosines.astype(np.float32), sines.astype(np.float32)


def frames(audio: Output) -> Output:
    """f32[1,N] → f32[T,400], overlapping frames of the reflected signal, made of shifted views of blocks."""
    padded = op.pad(audio, ir.integers(0, MARGIN), ir.integers(0, MARGIN), "reflect")
    # Block b of frame t is block 2t + b of the signal: T rows of one hop each, of which the first block is taken.
    length = op.gather(op.shape_of(audio, "i64"), ir.integers(1), ir.scalar(0))
    count = op.divide(length, ir.integers(HOP))
    pieces = []
    for block in range(WINDOW // BLOCK):
        start = ir.integers(block * BLOCK)
        stop = op.add(op.multiply(count, ir.integers(HOP)), start)
        run = op.slice(padded, start, stop, ir.integers(1), ir.integers(1))
        hops = op.reshape(run, ir.integers(-1, HOP), False)
        pieces.append(op.slice(hops, ir.integers(0), ir.integers(BLOCK), ir.integers(1), ir.integers(1)))
    return op.concat(pieces, 1).output(0)


def spectrum(audio: Output) -> Output:
    """f32[1,N] → f32[T,201], power of each bin."""
    windowed = op.multiply(frames(audio), ir.constant(hann(), np.float32))
    axis = ir.integers(1)
    early = op.slice(windowed, ir.integers(1), ir.integers(MARGIN + 1), ir.integers(1), axis)
    late = op.slice(windowed, ir.integers(WINDOW - 1), ir.integers(MARGIN - 1), ir.integers(-1), axis)
    cosines, sines = basis()
    real = op.matmul(op.add(early, late), ir.constant(cosines), False, False)
    imaginary = op.matmul(op.subtract(early, late), ir.constant(sines), False, False)
    return op.add(op.multiply(real, real), op.multiply(imaginary, imaginary)).output(0)


def logarithm(power: Output) -> Output:
    """f32[T,201] → f32[1,80,T], floored and scaled."""
    energy = op.matmul(ir.constant(mel_bands()), power, False, True)
    floored = op.maximum(energy, ir.constant(POWER_MIN, np.float32))
    log10 = op.multiply(op.log(floored), ir.constant(1 / np.log(10), np.float32))
    loudest = op.reduce_max(log10, ir.integers(0, 1), True)
    clipped = op.maximum(log10, op.subtract(loudest, ir.constant(RANGE_LOG10, np.float32)))
    scaled = op.multiply(op.add(clipped, ir.constant(4, np.float32)), ir.constant(0.25, np.float32))
    return op.unsqueeze(scaled, ir.integers(0)).output(0)


def build() -> ov.Model:
    """The front end for any N that is a multiple of 160."""
    audio = ir.parameter("audio", [1, -1])
    return ir.model("whisper_logmel", [audio], {"mel": logarithm(spectrum(audio))})


def convert(destination: Path) -> None:
    """Write logmel.xml; its constants stay float32."""
    ir.save(build(), destination / "logmel.xml")


if __name__ == "__main__":
    convert(Path(sys.argv[1]))
