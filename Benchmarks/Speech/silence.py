"""What is not speech must not become words: ten minutes of silence, noise and music of our own making, and a kitchen."""

from __future__ import annotations

import tempfile
import wave
from pathlib import Path

from measuring import SHOP, Report, missing, plugin
from orders import RATE_HZ, noise_samples

SECONDS = 75


def signals():
    """Names and f32 signals of `SECONDS`, always the same."""
    import numpy as np

    random = np.random.default_rng(5)
    count = SECONDS * RATE_HZ
    time = np.arange(count) / RATE_HZ
    white = random.standard_normal(count)

    def coloured(power: float) -> np.ndarray:
        spectrum = np.fft.rfft(white)
        shaped = np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), 50) ** power, count)
        return shaped / np.abs(shaped).max()

    def plucked(notes: list[float], beat_s: float) -> np.ndarray:
        """Chords of decaying harmonics, three notes a beat, over a drum of noise."""
        signal = np.zeros(count)
        for beat in range(int(SECONDS / beat_s)):
            at = int(beat * beat_s * RATE_HZ)
            age = np.arange(min(count - at, RATE_HZ)) / RATE_HZ
            for pitch in random.choice(notes, 3, replace=False):
                signal[at:at + len(age)] += sum(np.sin(2 * np.pi * pitch * k * age) / k for k in (1, 2, 3, 4)) * np.exp(-3 * age)
            signal[at:at + len(age)] += random.standard_normal(len(age)) * np.exp(-40 * age)
        return signal / np.abs(signal).max()

    swell = 0.5 + 0.5 * np.sin(2 * np.pi * 0.25 * time)
    scale = [220 * 2 ** (step / 12) for step in (0, 2, 4, 5, 7, 9, 11, 12, 14, 16)]
    clicks = np.zeros(count)
    clicks[random.integers(0, count, SECONDS * 3)] = random.uniform(-1, 1, SECONDS * 3)
    yield "digital silence", np.zeros(count)
    yield "a quiet room", white * 0.0005
    yield "white noise", white * 0.1
    yield "pink noise that swells", coloured(0.5) * 0.5 * swell
    yield "rumble", coloured(1.0) * 0.6
    yield "mains hum and clicks", 0.1 * sum(np.sin(2 * np.pi * 50 * k * time) / k for k in (1, 3, 5)) + 0.5 * clicks
    yield "chords and drum", plucked(scale, 0.5) * 0.5
    yield "a slow melody with vibrato", 0.4 * np.sin(2 * np.pi * 330 * time + 6 * np.sin(2 * np.pi * 5.5 * time)) * swell
    yield "a siren", 0.4 * np.sin(2 * np.pi * (700 * time - 300 / (2 * np.pi * 0.3) * np.cos(2 * np.pi * 0.3 * time)))


def write(path: Path, samples: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples)


def measure(build: Path, report: Report) -> None:
    if why := missing("numpy"):
        return report.absent("no speech", why)
    import numpy as np

    with tempfile.TemporaryDirectory() as name:
        folder, files = Path(name), []
        for label, signal in signals():
            files.append(folder / f"{label}.wav")
            write(files[-1], (np.clip(signal, -1, 1) * 32767).astype("<i2").tobytes())
        kitchen = noise_samples()
        if kitchen is None:
            report.absent("no speech, kitchen", "there is no ../shared/data/speech/orders/noise_kitchen.wav, or no soundfile")
        else:
            files.append(folder / "kitchen.wav")
            write(files[-1], kitchen.tobytes())
        seconds = (len(files) - (kitchen is not None)) * SECONDS + len(kitchen or []) / RATE_HZ
        # Words that are expected must not be made out of nothing either.
        for mode, *more in (["mode=file"], ["mode=live"], ["mode=live", f"vocabulary={SHOP / 'vocabulary.json'}"]):
            messages, _ = plugin(build, "speech-recognizer", files, mode, "audio_backlog_ms_max=200000", *more)
            words = starts = 0
            for message in messages:
                text = message.get("transcript", {}).get("text", "")
                words += len(text.split())
                starts += message.get("speech", {}).get("event") == "SPEECH_EVENT_KIND_START"
                if text:
                    print(f"  {Path(message['file']).stem}: {text!r}")
                if "problem" in message:
                    raise RuntimeError(f"{message['file']}: {message['problem'].get('message')}")
            row = f"no speech ({seconds / 60:.1f} min), {mode[5:]}" + (", with the shop's vocabulary" if more else "")
            report.add(row, "words", words, "", "0")
            report.add(row, "times that the voice detector began", starts, "")
