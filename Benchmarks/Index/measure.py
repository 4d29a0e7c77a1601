"""The vector index beside hnswlib's own Python package, on the same rows. usage: measure.py LIBRARY WORK OUT.json [update]

LIBRARY is Sources/CHnswlib as a shared object: what the catalogue searches with. Rows, right answers and both graphs are kept in WORK, with the
time that it took to build them; a second run only measures queries. With `update` it does what an import does to an index: reads it, adds rows,
deletes rows, writes another one.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROWS = int(os.environ.get("BENCH_ROWS", "100000"))
DIM, QUERIES, K = 512, int(os.environ.get("BENCH_QUERIES", "400")), 10
# Directions that rows spread in, kinds of rows, and how much of a row is noise in all directions: as embeddings of a catalogue are.
INNER, KINDS, NOISE = 32, 2_000, 0.3
# As Sources/Catalog/Search/GraphIndex.swift has them.
LINKS, CONSTRUCTION, SHIPPED_WIDTH = 16, 120, 160
THREADS, WANTED = int(os.environ.get("BENCH_THREADS", "2")), 0.95
# Rows that are added between two saves of a graph, so that a stopped run goes on; and how many such parts a run builds at most.
PART, PARTS_MAX = 125_000, int(os.environ.get("BENCH_PARTS", "1000"))
UPDATED = 2_000  # rows that an update adds, and as many that it deletes
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

    def free(self) -> None:
        self.lib.vt_hnsw_free(self.handle)
        self.handle = ctypes.c_void_p()

    def make(self) -> None:
        n, dim = self.rows.shape
        self.check(self.lib.vt_hnsw_make(dim, n, LINKS, CONSTRUCTION, ctypes.byref(self.handle), self.error, ctypes.c_size_t(200)))

    def add(self, first: int, count: int, threads: int = THREADS) -> None:
        self.check(self.lib.vt_hnsw_add_rows(
            self.handle, self.blocks, ctypes.c_size_t(1), first, count, threads, self.error, ctypes.c_size_t(200)))

    def delete(self, label: int) -> None:
        self.check(self.lib.vt_hnsw_mark_deleted(self.handle, label, self.error, ctypes.c_size_t(200)))

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

    def compare(self, query: np.ndarray) -> list[int]:
        """With every row, as catalogues of few products are searched."""
        scores = np.zeros(len(self.rows), np.float32)
        self.lib.vt_dot_rows(
            ctypes.c_void_p(self.rows.ctypes.data), ctypes.c_size_t(len(scores)), ctypes.c_size_t(DIM), ctypes.c_void_p(query.ctypes.data),
            ctypes.c_float(1), ctypes.c_void_p(scores.ctypes.data))
        return np.argpartition(-scores, K)[:K].tolist()


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def made(count: int, seed: int, basis: np.ndarray, centres: np.ndarray) -> np.ndarray:
    random = np.random.default_rng(seed)
    inner = centres[random.integers(0, KINDS, count)] + random.standard_normal((count, INNER), dtype=np.float32) * 0.7
    noise = random.standard_normal((count, DIM), dtype=np.float32)
    return unit(unit(inner @ basis) + NOISE * unit(noise)).astype(np.float32)


def row_file(work: Path) -> Path:
    return work / f"rows-{ROWS}.npy"


def graph_file(work: Path) -> Path:
    return work / f"vitrine-{ROWS}.graph"


def data(work: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows, queries, the allowed rows of the filter, and the right answers without and with it."""
    random = np.random.default_rng(1)
    basis = np.linalg.qr(random.standard_normal((DIM, INNER)))[0].T.astype(np.float32)
    centres = random.standard_normal((KINDS, INNER)).astype(np.float32)
    file = row_file(work)
    if not file.exists():
        part = work / "rows.part.npy"
        rows = np.lib.format.open_memmap(part, "w+", np.float32, (ROWS + UPDATED, DIM))
        for first in range(0, len(rows), 50_000):
            rows[first:first + 50_000] = made(min(50_000, len(rows) - first), 100 + first, basis, centres)
        rows.flush()
        part.rename(file)
    # The last are those that an update adds.
    rows, queries = np.load(file, mmap_mode="r")[:ROWS], made(QUERIES, 7, basis, centres)
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


def timed(ask, queries: np.ndarray, right: np.ndarray) -> tuple[float, np.ndarray]:
    """Recall@10 and the milliseconds of each query, after a round to warm up: a server's pages are there."""
    for query in queries:
        ask(query)
    found, took = [], []
    for query in queries:
        started = time.perf_counter()
        found.append(ask(query))
        took.append((time.perf_counter() - started) * 1e3)
    return recall(found, right), np.array(took)


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


def built(index: Index | Peer, path: Path) -> float:
    """Builds, going on from what an earlier run built; gives the seconds of processor and clock that all of it took."""
    note = path.with_suffix(".json")
    state = json.loads(note.read_text()) if note.exists() else {"rows": 0, "seconds": 0.0}
    if state["rows"]:
        index.load(str(path), state["rows"])
    else:
        index.make()
    for _ in range(PARTS_MAX):
        if state["rows"] == ROWS:
            return state["seconds"]
        count, started = min(PART, ROWS - state["rows"]), time.process_time()
        index.add(state["rows"], count)
        state = {"rows": state["rows"] + count, "seconds": state["seconds"] + time.process_time() - started}
        part = path.with_suffix(".part")
        index.save(str(part))
        part.rename(path)
        note.write_text(json.dumps(state))
        print(f"  {path.name}: {state['rows']} of {ROWS} rows, {state['seconds']:.0f} s of processor time", flush=True)
    if state["rows"] < ROWS:
        sys.exit("stopped after BENCH_PARTS parts; run again to go on")
    return state["seconds"]


def update(library: str, work: Path) -> None:
    """What an import of changed products does: a graph beside the one that is searched. Prints its seconds."""
    seconds: dict[str, float] = {}

    def step(name: str, ask) -> None:
        started = time.perf_counter()
        ask()
        seconds[name] = time.perf_counter() - started

    index = Index(library, np.load(row_file(work), mmap_mode="r"))
    step("read", lambda: index.load(str(graph_file(work)), ROWS))
    step("add", lambda: index.add(ROWS, UPDATED, 1))
    step("delete", lambda: [index.delete(label) for label in range(UPDATED)])
    step("write", lambda: index.save(str(work / "updated.graph")))
    (work / "updated.graph").unlink()
    print(json.dumps(seconds))


def searched_meanwhile(ask, queries: np.ndarray, library: str, work: Path) -> tuple[dict[str, float], np.ndarray]:
    """An update's seconds, and the milliseconds of the queries that were asked while it ran, in a process of its own."""
    took: list[float] = []
    with subprocess.Popen([sys.executable, __file__, library, str(work), "", "update"], stdout=subprocess.PIPE, text=True) as child:
        while child.poll() is None:
            started = time.perf_counter()
            ask(queries[len(took) % len(queries)])
            took.append((time.perf_counter() - started) * 1e3)
        if child.returncode != 0:
            sys.exit("the update failed")
        return json.load(child.stdout), np.array(took)


def main() -> None:
    library, work, out = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    if sys.argv[4:] == ["update"]:
        return update(library, work)
    rows, queries, allowed, right, right_kept = data(work)
    report: list[dict] = []

    def tell(row: str, metric: str, value: float, unit: str) -> None:
        report.append({"row": row, "metric": metric, "value": value, "unit": unit})
        print(f"  {row:34} {metric:44} {value:12.4g} {unit}", flush=True)

    def tell_times(row: str, took: np.ndarray) -> None:
        for name, value in (("mean", took.mean()), ("median", np.median(took)), ("p95", np.percentile(took, 95))):
            tell(row, f"a query, one core, {name}", float(value), "ms")

    def fastest(ask) -> tuple[int, float, np.ndarray]:
        """The smallest width that reaches the wanted recall, or the greatest."""
        for width in WIDTHS:
            reached, took = timed(lambda q: ask(q, width), queries, right)
            if reached >= WANTED or width == WIDTHS[-1]:
                break
        return width, reached, took

    size = f"{ROWS} x {DIM}"
    ours, row = Index(library, rows), f"vitrine, {size}"
    tell(row, f"build, {THREADS} threads, processor time", built(ours, graph_file(work)), "s")
    # Read again, as at a start: memory and time are then those of a server.
    ours.free()
    before, started = resident_mib(), time.perf_counter()
    ours.load(str(graph_file(work)), ROWS)
    tell(row, "graph opened from disk", time.perf_counter() - started, "s")
    tell(row, "memory of the graph", resident_mib() - before, "MiB")
    width, reached, took = fastest(ours.search)
    tell(row, f"recall@10, width {width}", reached, "")
    tell_times(row, took)
    shipped = timed(lambda q: ours.search(q, SHIPPED_WIDTH), queries, right)
    tell(f"{row}, as shipped", f"recall@10, width {SHIPPED_WIDTH}", shipped[0], "")
    tell_times(f"{row}, as shipped", shipped[1])
    kept, kept_took = timed(lambda q: ours.search(q, width, allowed), queries, right_kept)
    tell(f"vitrine, filter keeps 1/{KEPT}", "recall@10", kept, "")
    tell_times(f"vitrine, filter keeps 1/{KEPT}", kept_took)
    seconds, meanwhile = searched_meanwhile(lambda q: ours.search(q, width), queries, library, work)
    for step, value in seconds.items():
        tell(f"vitrine, update of {UPDATED} rows", step, value, "s")
    tell_times("vitrine, during an update", meanwhile)
    exact, exact_took = timed(ours.compare, queries[:20], right[:20])
    tell(f"every row compared, {size}", "recall@10", exact, "")
    tell_times(f"every row compared, {size}", exact_took)
    ours.free()
    try:
        before, peer = resident_mib(), Peer(rows)
    except ImportError:
        print("  hnswlib's Python package is not installed (make bench-setup): its rows are left out")
    else:
        row = f"hnswlib (Python), {size}"
        tell(row, f"build, {THREADS} threads, processor time", built(peer, work / f"hnswlib-{ROWS}.graph"), "s")
        tell(row, "memory of the graph", resident_mib() - before, "MiB")
        their_width, their_recall, their_took = fastest(peer.search)
        tell(row, f"recall@10, width {their_width}", their_recall, "")
        tell_times(row, their_took)
        tell("vitrine against hnswlib (Python)", "median time of a query", float(np.median(took) / np.median(their_took)), "x")
    Path(out).write_text(json.dumps(report, indent=1))


main()
