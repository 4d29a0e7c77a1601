"""The vector index beside hnswlib's own Python package, on the same rows. usage: measure.py LIBRARY WORK OUT.json

LIBRARY is Sources/CHnswlib as a shared object: what the catalogue searches with. Rows, right answers and both graphs are kept in WORK, with the
time that it took to build them; a second run only measures queries.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
DIM, QUERIES, K = 512, int(os.environ.get("BENCH_QUERIES", "400")), 10
# Directions that rows spread in, kinds of rows, and how much of a row is noise in all directions: as embeddings of a catalogue are.
INNER, KINDS, NOISE = 32, 2_000, 0.3
LINKS, CONSTRUCTION, THREADS = 12, 80, int(os.environ.get("BENCH_THREADS", "2"))
# Rows that are added between two saves of a graph, so that a stopped run goes on; and how many such parts a run builds at most.
PART, PARTS_MAX = 125_000, int(os.environ.get("BENCH_PARTS", "1000"))
KEPT = 100  # a filter that keeps one row in so many
WIDTHS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)


class Block(ctypes.Structure):
    _fields_ = [("rows", ctypes.c_void_p), ("count", ctypes.c_size_t), ("dim", ctypes.c_size_t)]


class Hit(ctypes.Structure):
    _fields_ = [("label", ctypes.c_uint32), ("score", ctypes.c_float)]


class Index:
    """The C interface of Sources/CHnswlib (vitrine_hnsw.h)."""

    def __init__(self, library: str, rows: np.ndarray) -> None:
        self.lib, self.handle, self.rows = ctypes.CDLL(library), ctypes.c_void_p(), rows
        self.blocks = (Block * 1)(Block(rows.ctypes.data, rows.shape[0], rows.shape[1]))
        self.hits, self.count, self.error = (Hit * 100)(), ctypes.c_uint32(), ctypes.create_string_buffer(200)

    def check(self, status: int) -> None:
        if status != 0:
            raise RuntimeError(f"status {status}: {self.error.value.decode()}")

    def make(self) -> None:
        n, dim = self.rows.shape
        self.check(self.lib.vt_hnsw_make(dim, n, LINKS, CONSTRUCTION, ctypes.byref(self.handle), self.error, ctypes.c_size_t(200)))

    def add(self, first: int, count: int) -> None:
        self.check(self.lib.vt_hnsw_add_rows(
            self.handle, self.blocks, ctypes.c_size_t(1), first, count, THREADS, self.error, ctypes.c_size_t(200)))

    def save(self, path: str) -> None:
        self.check(self.lib.vt_hnsw_save(self.handle, path.encode(), self.error, ctypes.c_size_t(200)))

    def load(self, path: str, count: int) -> None:
        n, dim = self.rows.shape
        self.check(self.lib.vt_hnsw_load(path.encode(), dim, count, n, ctypes.byref(self.handle), self.error, ctypes.c_size_t(200)))

    def search(self, query: np.ndarray, width: int, allowed: np.ndarray | None = None) -> list[int]:
        self.check(self.lib.vt_hnsw_search(
            self.handle, ctypes.c_void_p(query.ctypes.data), K, width, ctypes.c_void_p(None if allowed is None else allowed.ctypes.data),
            ctypes.c_size_t(0 if allowed is None else allowed.size), self.blocks, ctypes.c_size_t(1), self.hits, ctypes.byref(self.count), None,
            self.error, ctypes.c_size_t(200)))
        return [self.hits[at].label for at in range(self.count.value)]


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def made(count: int, seed: int, basis: np.ndarray, centres: np.ndarray) -> np.ndarray:
    random = np.random.default_rng(seed)
    inner = centres[random.integers(0, KINDS, count)] + random.standard_normal((count, INNER), dtype=np.float32) * 0.7
    noise = random.standard_normal((count, DIM), dtype=np.float32)
    return unit(unit(inner @ basis) + NOISE * unit(noise)).astype(np.float32)


def data(work: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows, queries, the allowed rows of the filter, and the right answers without and with it."""
    random = np.random.default_rng(1)
    basis = np.linalg.qr(random.standard_normal((DIM, INNER)))[0].T.astype(np.float32)
    centres = random.standard_normal((KINDS, INNER)).astype(np.float32)
    file = work / f"rows-{ROWS}.npy"
    if not file.exists():
        part = work / "rows.part.npy"
        rows = np.lib.format.open_memmap(part, "w+", np.float32, (ROWS, DIM))
        for first in range(0, ROWS, 50_000):
            rows[first:first + 50_000] = made(min(50_000, ROWS - first), 100 + first, basis, centres)
        rows.flush()
        part.rename(file)
    rows, queries = np.load(file, mmap_mode="r"), made(QUERIES, 7, basis, centres)
    allowed = (np.random.default_rng(3).integers(0, KEPT, ROWS) == 0).astype(np.uint8)
    answers = work / f"answers-{ROWS}-{QUERIES}.npz"
    if not answers.exists():
        np.savez(answers, all=best(rows, queries, None), kept=best(rows, queries, allowed))
    right = np.load(answers)
    return rows, queries, allowed, right["all"], right["kept"]


def best(rows: np.ndarray, queries: np.ndarray, allowed: np.ndarray | None) -> np.ndarray:
    labels, scores = np.zeros((len(queries), 0), np.int64), np.zeros((len(queries), 0), np.float32)
    for first in range(0, len(rows), 50_000):
        part = queries @ rows[first:first + 50_000].T
        if allowed is not None:
            part[:, allowed[first:first + 50_000] == 0] = -9
        top = np.argpartition(-part, K, axis=1)[:, :K]
        labels = np.concatenate([labels, top + first], axis=1)
        scores = np.concatenate([scores, np.take_along_axis(part, top, 1)], axis=1)
    order = np.argsort(-scores, axis=1)[:, :K]
    return np.take_along_axis(labels, order, 1)


def recall(found: list[list[int]], right: np.ndarray) -> float:
    return sum(len(set(a) & set(b.tolist())) for a, b in zip(found, right)) / right.size


def timed(ask, queries: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Recall@10 and the mean milliseconds of a query; each is asked twice, the first time to warm up."""
    for query in queries[:50]:
        ask(query)
    started = time.perf_counter()
    found = [ask(query) for query in queries]
    return recall(found, right), (time.perf_counter() - started) * 1e3 / len(queries)


def resident_mib() -> float:
    """Memory of this process that is not pages of files."""
    fields = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    return int(fields["RssAnon"].split()[0]) / 1024


class Peer:
    """hnswlib's own Python package, with the same calls."""

    def __init__(self, rows: np.ndarray) -> None:
        import hnswlib

        self.index, self.rows = hnswlib.Index("ip", DIM), rows

    def make(self) -> None:
        self.index.init_index(len(self.rows), M=LINKS, ef_construction=CONSTRUCTION)

    def add(self, first: int, count: int) -> None:
        self.index.add_items(self.rows[first:first + count], np.arange(first, first + count), num_threads=THREADS)

    def save(self, path: str) -> None:
        self.index.save_index(path)

    def load(self, path: str, _: int) -> None:
        self.index.load_index(path, max_elements=len(self.rows))

    def search(self, query: np.ndarray, width: int) -> list[int]:
        self.index.set_ef(width)
        return self.index.knn_query(query, K, num_threads=1)[0][0].tolist()


def built(index: Index | Peer, path: Path, rows: int) -> float:
    """Builds, going on from what an earlier run built; gives the seconds of processor and clock that all of it took."""
    note = path.with_suffix(".json")
    state = json.loads(note.read_text()) if note.exists() else {"rows": 0, "seconds": 0.0}
    if state["rows"]:
        index.load(str(path), state["rows"])
    else:
        index.make()
    for _ in range(PARTS_MAX):
        if state["rows"] == rows:
            return state["seconds"]
        count, started = min(PART, rows - state["rows"]), time.process_time()
        index.add(state["rows"], count)
        state = {"rows": state["rows"] + count, "seconds": state["seconds"] + time.process_time() - started}
        part = path.with_suffix(".part")
        index.save(str(part))
        part.rename(path)
        note.write_text(json.dumps(state))
        print(f"  {path.name}: {state['rows']} of {rows} rows, {state['seconds']:.0f} s of processor time", flush=True)
    if state["rows"] < rows:
        sys.exit("stopped after BENCH_PARTS parts; run again to go on")
    return state["seconds"]


def main() -> None:
    library, work, out = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    rows, queries, allowed, right, right_kept = data(work)
    report: list[dict] = []

    def tell(row: str, metric: str, value: float, unit: str) -> None:
        report.append({"row": row, "metric": metric, "value": value, "unit": unit})
        print(f"  {row:34} {metric:44} {value:12.4g} {unit}", flush=True)

    size = f"{ROWS} x {DIM}"
    before = resident_mib()
    ours = Index(library, rows)
    tell(f"vitrine, {size}", f"build, {THREADS} threads, processor time", built(ours, work / f"vitrine-{ROWS}.graph", ROWS), "s")
    tell(f"vitrine, {size}", "memory of the graph", resident_mib() - before, "MiB")
    fast = next((w, *result) for w in WIDTHS if (result := timed(lambda q, w=w: ours.search(q, w), queries, right))[0] >= 0.95 or w == WIDTHS[-1])
    tell(f"vitrine, {size}", f"recall@10, width {fast[0]}", fast[1], "")
    tell(f"vitrine, {size}", "a query, one core", fast[2], "ms")
    filtered = timed(lambda q: ours.search(q, fast[0], allowed), queries, right_kept)
    tell(f"vitrine, filter keeps 1/{KEPT}", "recall@10", filtered[0], "")
    tell(f"vitrine, filter keeps 1/{KEPT}", "a query, one core", filtered[1], "ms")
    try:
        before = resident_mib()
        peer = Peer(rows)
    except ImportError:
        print("  hnswlib's Python package is not installed (make bench-setup): its rows are left out")
    else:
        name = f"hnswlib (Python), {size}"
        tell(name, f"build, {THREADS} threads, processor time", built(peer, work / f"hnswlib-{ROWS}.graph", ROWS), "s")
        tell(name, "memory of the graph", resident_mib() - before, "MiB")
        wanted = min(0.95, fast[1])
        theirs = next((w, *result) for w in WIDTHS if (result := timed(lambda q, w=w: peer.search(q, w), queries, right))[0] >= wanted or w == WIDTHS[-1])
        tell(name, f"recall@10, width {theirs[0]}", theirs[1], "")
        tell(name, "a query, one core", theirs[2], "ms")
        tell("vitrine against hnswlib (Python)", "time of a query", fast[2] / theirs[2], "x")
    tell("this process", "most memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB")
    Path(out).write_text(json.dumps(report, indent=1))


main()
