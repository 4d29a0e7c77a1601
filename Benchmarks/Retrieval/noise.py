"""The composed queries with noise in the place of one modality. usage: noise.py COMPOSED.jsonl WORK

WORK/noise-picture.jsonl asks with pictures of random pixels, WORK/noise-words.jsonl with random letters. The pictures are written into WORK/images.
"""

import json
import random
import struct
import sys
import zlib

WIDTH, HEIGHT, PICTURES = 60, 80, 50


def png(source: random.Random) -> bytes:
    """Uniform noise."""
    rows = b"".join(b"\0" + source.randbytes(WIDTH * 3) for _ in range(HEIGHT))

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def main() -> None:
    composed, work = sys.argv[1:]
    source = random.Random(1)
    for number in range(PICTURES):
        with open(f"{work}/images/noise-{number}.png", "wb") as file:
            file.write(png(source))
    with open(composed, encoding="utf-8") as file:
        queries = [json.loads(line) for line in file]
    with open(f"{work}/noise-picture.jsonl", "w", encoding="utf-8") as file:
        for query in queries:
            file.write(json.dumps({**query, "image": f"noise-{source.randrange(PICTURES)}.png"}) + "\n")
    with open(f"{work}/noise-words.jsonl", "w", encoding="utf-8") as file:
        for query in queries:
            words = ("".join(source.choices("bcdfghjklmnpqrstvwxz", k=source.randint(3, 8))) for _ in query["text"].split())
            file.write(json.dumps({**query, "text": " ".join(words)}) + "\n")


main()
