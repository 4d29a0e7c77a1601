"""Spoken orders: are all slots of an order right, in quiet and with kitchen noise?"""

from __future__ import annotations

import json
import math
import tempfile
from array import array
from pathlib import Path

from measuring import SHARED, Report, missing, plugin

FOLDER = SHARED / "speech" / "orders"
SNR_DB = 12
RATE_HZ = 16000


def read_orders(build: Path, files: list[Path]) -> tuple[dict[str, dict[str, str]], dict[str, str], float]:
    """Per file its slots and its words; and the CPU seconds."""
    messages, cpu = plugin(build, "speech-recognizer", files, "languages=en", f"vocabulary={FOLDER / 'menu.json'}")
    slots: dict[str, dict[str, str]] = {str(file): {} for file in files}
    words: dict[str, str] = {}
    for message in messages:
        transcript = message.get("transcript", {})
        if transcript.get("final"):
            words[message["file"]] = f"{words.get(message['file'], '')} {transcript.get('text', '')}".strip()
            for slot in transcript.get("slots", []):
                slots[message["file"]].setdefault(slot["name"], slot["value"])
    return slots, words, cpu


def in_noise(files: list[Path], folder: Path) -> list[Path]:
    """The same with the kitchen behind it, at `SNR_DB` over each whole file; where the noise begins is the same on every run."""
    import numpy as np
    import soundfile

    noise, rate = soundfile.read(FOLDER / "noise_kitchen.wav", dtype="float32")
    places = np.random.default_rng(12)
    made = []
    for file in files:
        speech, speech_rate = soundfile.read(file, dtype="float32")
        if not rate == speech_rate == RATE_HZ:
            raise RuntimeError(f"{file} or the noise is not of {RATE_HZ} Hz")
        start = int(places.integers(0, len(noise) - len(speech)))
        piece = noise[start:start + len(speech)]
        gain = math.sqrt(float((speech**2).mean() / (piece**2).mean()) / 10 ** (SNR_DB / 10))
        made.append(folder / f"{file.stem}.wav")
        soundfile.write(made[-1], np.clip(speech + gain * piece, -1, 1), RATE_HZ)
    return made


def measure(build: Path, report: Report) -> None:
    if not FOLDER.exists():
        return report.absent("orders", "there is no ../shared/data/speech/orders")
    rows = [json.loads(line) for line in (FOLDER / "manifest.jsonl").read_text().splitlines() if line.strip()]
    wanted = [{name: value.strip() for name, value in row["slots"].items()} for row in rows]
    files = [FOLDER / row["audio"] for row in rows]
    seconds = sum(row["seconds"] for row in rows)

    def score(row: str, heard: list[Path], target: str) -> None:
        slots, words, cpu = read_orders(build, heard)
        found = [slots[str(file)] for file in heard]
        for want, got, file in zip(wanted, found, heard):
            if want != got:
                lacking, besides = sorted(set(want.items()) - set(got.items())), sorted(set(got.items()) - set(want.items()))
                print(f"  {file.stem}: not {lacking}, but {besides}   {words.get(str(file), '')!r}")
        report.add(row, f"all slots right, of {len(rows)}", 100 * sum(a == b for a, b in zip(wanted, found)) / len(rows), "%", target)
        right = sum(got.get(name) == value for want, got in zip(wanted, found) for name, value in want.items())
        report.add(row, "single slots right", 100 * right / sum(map(len, wanted)), "%")
        report.add(row, f"CPU s per s of audio ({seconds:.0f} s)", cpu / seconds, "", "0.15")

    score("orders", files, "90")
    if why := missing("numpy", "soundfile"):
        return report.absent("orders in noise", why)
    with tempfile.TemporaryDirectory() as folder:
        score(f"orders, kitchen at {SNR_DB} dB", in_noise(files, Path(folder)), "85")


def noise_samples() -> array | None:
    """The kitchen alone, PCM16 at 16 kHz; None where it is not."""
    if missing("soundfile") or not (FOLDER / "noise_kitchen.wav").exists():
        return None
    import soundfile

    samples, rate = soundfile.read(FOLDER / "noise_kitchen.wav", dtype="int16")
    return array("h", samples.tobytes()) if rate == RATE_HZ else None
