"""An encoder behind `vitrine serve` beside its model on OpenVINO's own queue: the same inputs, in turn, on the same machine."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from pathlib import Path

from measuring import CACHE, ROOT, Report, Server, compile_c

RUNS = int(os.environ.get("BENCH_RUNS", "3"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "6"))
CLIENTS = (1, 16)
LIBRARY = next(iter(sorted((CACHE / "openvino/libs").glob("libopenvino_c.so*"))), CACHE / "openvino/libs/libopenvino_c.so")


class Throughput:
    """Rates and times of both, a run of each in turn."""

    def __init__(self, build: Path, folder: Path, kind: str, inputs: list[Path], unit: str, share: float):
        self.build, self.folder, self.kind, self.inputs, self.unit, self.share = build, folder, kind, inputs, unit, share
        self.work = ROOT / ".build" / "bench" / folder.name.lower()
        self.queue = self.work / "queue"
        compile_c(self.work / "turns", [ROOT / "tools/bench/turns.c"], [ROOT / "Sources/CVitrinePlugin/include"])

    def compile_queue(self, sources: list[Path], headers: list[Path], *libraries: str) -> None:
        """The benchmark's queue.c, with what it decodes or cuts its inputs with."""
        shim = ROOT / "Sources/COpenVINO"
        compile_c(self.queue, [self.folder / "queue.c", shim / "openvino_shim.c", *sources], [shim / "include", *headers], *libraries)

    def measure(self, report: Report, queue_arguments: list[str], requests: tuple[tuple[int, int], ...]) -> None:
        """`requests`: (streams, requests) that the queue is tried with; it counts with the best of them."""
        queues: dict[tuple[int, int], list[dict]] = {shape: [] for shape in requests}
        turns: dict[int, list[tuple[dict, float]]] = {clients: [] for clients in CLIENTS}
        with Server(self.build, self.folder / "server.yaml") as server:
            for _ in range(RUNS):
                for streams, count in requests:
                    queues[streams, count].append(self._queue(queue_arguments, streams, count))
                for clients in CLIENTS:
                    before = server.cpu_ms()
                    loaded = self._turns(server.port, clients)
                    turns[clients].append((loaded, server.cpu_ms() - before))
        self._report(report, queues, turns)

    def _report(self, report: Report, queues: dict, turns: dict) -> None:
        rate = lambda one: one["items"] / one["seconds"]  # noqa: E731
        best = max(queues, key=lambda shape: statistics.median(map(rate, queues[shape])))
        for shape, runs in queues.items():
            row = f"queue, {shape[0]} streams, {shape[1]} requests"
            report.add(row, f"rate, median of {RUNS}", statistics.median(map(rate, runs)), f"{self.unit}/s")
            report.add(row, "CPU a " + self.unit, statistics.median(1e3 * run["cpu_s"] / run["items"] for run in runs), "ms")
        for clients, runs in turns.items():
            row, loads = f"vitrine, {clients} clients", [load for load, _ in runs]
            middle = lambda of: statistics.median(map(of, loads))  # noqa: E731
            report.add(row, f"rate, median of {RUNS}", middle(lambda load: load["turns"] / load["seconds"]), f"{self.unit}/s")
            for metric in ("p50", "p99"):
                target = "≤ 1" if (self.unit, clients, metric) == ("text", 1, "p50") else ""
                report.add(row, metric, middle(lambda load: load[f"{metric}_ms"]), "ms", target)
            # The server's time holds the second of warming up, which the client's turns do not.
            lasted = lambda load: (load["seconds"] + 1) / load["seconds"]  # noqa: E731
            report.add(row, "server's CPU a " + self.unit, statistics.median(cpu / load["turns"] / lasted(load) for load, cpu in runs), "ms")
            report.add(row, "client's CPU a " + self.unit, middle(lambda load: 1e3 * load["cpu_s"] / load["turns"]), "ms")
            if clients == 1:
                continue
            report.add(row, "p99 / mean", middle(lambda load: load["p99_ms"] / load["mean_ms"]), "", "≤ 1.5" if self.kind == "image" else "")
            # Run by run, each beside the queue of its own moment.
            shares, fair = [], []
            for queue, load in zip(queues[best], loads):
                cores = os.cpu_count() or 1
                shares.append(load["turns"] / load["seconds"] / rate(queue))
                fair.append(shares[-1] / (1 - load["cpu_s"] / load["seconds"] / cores))
            report.add(row, "of the queue's rate", 100 * statistics.median(shares), "%")
            report.add(row, "the same, the client's CPU left out", 100 * statistics.median(fair), "%", f"≥ {self.share:.0f}")

    def _queue(self, arguments: list[str], streams: int, requests: int) -> dict:
        given = [str(LIBRARY), *arguments, str(streams), str(requests), str(SECONDS), *map(str, self.inputs)]
        return json.loads(subprocess.run([str(self.queue), *given], check=True, capture_output=True, text=True).stdout)

    def _turns(self, port: int, clients: int) -> dict:
        given = ["127.0.0.1", str(port), str(clients), str(SECONDS), self.kind, *map(str, self.inputs)]
        return json.loads(subprocess.run([str(self.work / "turns"), *given], check=True, stdout=subprocess.PIPE, text=True).stdout)
