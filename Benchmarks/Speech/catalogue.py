"""Sentences full of a catalogue's names, said by the packaged voice: how much its vocabulary helps, and whether it harms other sentences."""

from __future__ import annotations

import base64
import tempfile
import wave
from pathlib import Path

from measuring import CACHE, SHOP, Report, missing, plugin
from orders import RATE_HZ, SNR_DB, in_noise

LINES = Path(__file__).resolve().parent / "catalogue.txt"
VOCABULARY = SHOP / "vocabulary.json"


def spoken(build: Path, lines: list[str], folder: Path) -> list[Path]:
    """Each line as a file of 16 kHz, with some silence about it."""
    import numpy as np

    messages, _ = plugin(build, "speech-synthesizer", [], text="".join(f"{line}\n" for line in lines))
    pieces: dict[int, list[dict]] = {}
    for message in messages:
        if "audio" in message:
            pieces.setdefault(message["line"], []).append(message["audio"])
    files = []
    for number in range(1, len(lines) + 1):
        rate = int(pieces[number][0]["sampleRateHz"])
        samples = np.frombuffer(b"".join(base64.b64decode(piece.get("samples", "")) for piece in pieces[number]), "<i2")
        places = np.arange(int(len(samples) * RATE_HZ / rate)) * rate / RATE_HZ
        heard = np.concatenate([np.zeros(RATE_HZ // 3), np.interp(places, np.arange(len(samples)), samples), np.zeros(RATE_HZ // 2)])
        files.append(folder / f"{number:02}.wav")
        with wave.open(str(files[-1]), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(heard.astype("<i2").tobytes())
    return files


def measure(build: Path, report: Report, distance, elsewhere: list) -> None:
    """`elsewhere`: clips whose words have nothing to do with the catalogue."""
    if why := missing("whisper_normalizer", "numpy", "soundfile"):
        return report.absent("catalogue", why)
    if not (CACHE / "models/piper-joe").exists() or not (build / "libSpeechSynthesizer.so").exists():
        return report.absent("catalogue", "there is no voice (tools/setup/setup --with voice)")
    from whisper_normalizer.english import EnglishTextNormalizer

    normalise = EnglishTextNormalizer()
    lines = [line for line in LINES.read_text().splitlines() if line]

    def score(row: str, files: list[Path], said: list[str], *options: str) -> None:
        messages, _ = plugin(build, "speech-recognizer", files, "languages=en,zh", *options)
        words = {str(file): "" for file in files}
        for message in messages:
            if (transcript := message.get("transcript", {})).get("final"):
                words[message["file"]] += " " + transcript.get("text", "")
        wrong = total = whole = 0
        for file, line in zip(files, said):
            wanted, heard = normalise(line).split(), normalise(words[str(file)]).split()
            edits = distance(wanted, heard)
            wrong, total, whole = wrong + edits, total + len(wanted), whole + (edits == 0)
            if edits and options:
                print(f"  {edits} of {len(wanted)}   {line!r} → {words[str(file)].strip()!r}")
        report.add(row, f"WER of {total} words", 100 * wrong / total, "%")
        report.add(row, f"sentences all right, of {len(files)}", whole, "")

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = spoken(build, lines, folder)
        (folder / "noise").mkdir()
        sets = [("catalogue", files, lines), (f"catalogue, kitchen at {SNR_DB} dB", in_noise(files, folder / "noise"), lines)]
        sets += [("other sentences", [clip.path for clip in elsewhere], [clip.text for clip in elsewhere])] if elsewhere else []
        for row, heard, said in sets:
            score(row, heard, said)
            score(f"{row}, with the vocabulary", heard, said, f"vocabulary={VOCABULARY}")
