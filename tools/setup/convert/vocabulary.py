"""Whisper's vocabulary → files that need no JSON tokenizer.

`vocab.bin`, little-endian: u32 count, then for each id from 0 on

    u16 length, bytes                text token: the raw bytes it stands for (may end inside a UTF-8 sequence)
    u16 0xFFFF, u16 length, name     special token, e.g. `<|endoftext|>`; it stands for no text

`whisper.json`: ids of the special tokens, language codes by id, ids to suppress at every step and at the first.

Text tokens are stored by the source in the byte-to-character spelling of GPT-2 (Radford et al. 2019, section
2.2): printable bytes as themselves, the others moved to U+0100 and up.  The 1501 timestamp ids that follow the
last named one stand for 0.00 s to 30.00 s in steps of 20 ms.

Run alone: python -m convert.vocabulary DESTINATION tokenizer.json config.json
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

SPECIAL = 0xFFFF
COUNT = 51865
TIMESTAMP_FIRST = 50364
TIMESTAMP_STEP_S = 0.02
END_OF_TEXT = 50257
NAMED = {
    "end_of_text": "<|endoftext|>",
    "start_of_transcript": "<|startoftranscript|>",
    "translate": "<|translate|>",
    "transcribe": "<|transcribe|>",
    "start_of_lm": "<|startoflm|>",
    "start_of_previous": "<|startofprev|>",
    "no_speech": "<|nospeech|>",
    "no_timestamps": "<|notimestamps|>",
}
OTHER_SPELLINGS = {"<|nocaptions|>": "<|nospeech|>"}

Token = bytes | str
"""Bytes of a text token, or the name of a special one."""


def characters_to_bytes() -> dict[str, int]:
    """The inverse of GPT-2's spelling of bytes."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    moved = [byte for byte in range(256) if byte not in set(printable)]
    return {chr(byte): byte for byte in printable} | {chr(256 + index): byte for index, byte in enumerate(moved)}


def tokens(tokenizer: dict) -> list[Token]:
    """All ids in order, from a parsed Hugging Face tokenizer.json of multilingual Whisper."""
    spelling = characters_to_bytes()
    table: list[Token | None] = [None] * COUNT
    for text, index in tokenizer["model"]["vocab"].items():
        if index < END_OF_TEXT:
            table[index] = bytes(spelling[character] for character in text)
    for added in tokenizer["added_tokens"]:
        name = added["content"]
        table[added["id"]] = OTHER_SPELLINGS.get(name, name)
    for index in range(TIMESTAMP_FIRST, COUNT):
        table[index] = f"<|{(index - TIMESTAMP_FIRST) * TIMESTAMP_STEP_S:.2f}|>"
    missing = [index for index, token in enumerate(table) if token is None]
    if missing:
        raise ValueError(f"{len(missing)} ids have no token, the first is {missing[0]}")
    return [token for token in table if token is not None]


def encode(table: list[Token]) -> bytes:
    """The bytes of vocab.bin."""
    pieces = [struct.pack("<I", len(table))]
    for token in table:
        if isinstance(token, str):
            name = token.encode()
            pieces.append(struct.pack("<HH", SPECIAL, len(name)) + name)
        else:
            pieces.append(struct.pack("<H", len(token)) + token)
    return b"".join(pieces)


def decode(data: bytes) -> list[Token]:
    """The table that `encode` wrote."""
    (count,) = struct.unpack_from("<I", data)
    offset, table = 4, []
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, offset)
        offset += 2
        special = length == SPECIAL
        if special:
            (length,) = struct.unpack_from("<H", data, offset)
            offset += 2
        piece = data[offset : offset + length]
        offset += length
        table.append(piece.decode() if special else piece)
    if offset != len(data):
        raise ValueError(f"{len(data) - offset} bytes left over")
    return table


def settings(table: list[Token], config: dict) -> dict:
    """The content of whisper.json, from the token table and the wheel's config.json."""
    index = {token: place for place, token in enumerate(table) if isinstance(token, str)}
    return {
        "vocabulary": len(table),
        "special": {key: index[name] for key, name in NAMED.items()},
        "timestamp_first": TIMESTAMP_FIRST,
        "timestamp_step_s": TIMESTAMP_STEP_S,
        "languages": {str(language): str(table[language])[2:-2] for language in config["lang_ids"]},
        "suppress": [token for token in config["suppress_ids"] if token >= 0],
        "suppress_begin": config["suppress_ids_begin"],
        "tokens_max": 448,
        "sample_rate_hz": 16000,
        "frame_ms": 10,
        "frames": [1000, 1500, 3000],
    }


def convert(tokenizer: Path, config: Path, destination: Path) -> None:
    """Write vocab.bin and whisper.json."""
    table = tokens(json.loads(tokenizer.read_text()))
    destination.mkdir(parents=True, exist_ok=True)
    (destination / "vocab.bin").write_bytes(encode(table))
    content = settings(table, json.loads(config.read_text()))
    (destination / "whisper.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    convert(Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[1]))
