"""What the benchmarks that are written in Python share: their environment, their rows, a server of the example shop."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import unicodedata
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CACHE = Path(os.environ.get("VITRINE_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vitrine")
# Sets for measuring that are not the project's own to ship; a row that needs one that is not there is reported as absent.
SHARED = ROOT.parent / "shared" / "data"
SHOP = ROOT / "examples" / "jewelry"
ENVIRONMENT = CACHE / "measure-venv"


def enter_environment() -> None:
    """Starts this benchmark anew in the environment that `make bench-setup` makes, when there is one."""
    python = ENVIRONMENT / "bin" / "python3"
    if python.exists() and Path(sys.prefix).resolve() != ENVIRONMENT.resolve():
        os.execv(python, [str(python), *sys.argv])


def missing(*modules: str) -> str:
    """Why a row cannot be measured for want of Python modules; empty when all are there."""
    lacking = [module for module in modules if not found(module)]
    return f"Python has no {', '.join(lacking)} (make bench-setup)" if lacking else ""


def found(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package that it is in
        return False


def width(text: str) -> int:
    """Columns on a terminal."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Report:
    """Rows, printed as they come and written at the end."""

    def __init__(self, output: str):
        self.output = Path(output)
        self.rows: list[dict[str, object]] = []
        one, five, fifteen = os.getloadavg()
        print(f"load average {one:.1f} {five:.1f} {fifteen:.1f} on {os.cpu_count()} cores")
        self._keep("machine", "load average before", one, "")

    def add(self, row: str, metric: str, value: float, unit: str, target: str = "") -> None:
        self._keep(row, metric, value, unit)
        whole = float(value).is_integer() and unit == ""
        figure = f"{value:.{0 if whole else 5 if unit in ('cos', 'px') else 2}f}"
        print(f"{row}{' ' * max(1, 46 - width(row))}{metric:38} {figure:>10} {unit:4}{'  target ' + target if target else ''}", flush=True)

    def times(self, row: str, metric: str, ms: list[float], target: str = "") -> None:
        """Median and 95th percentile of milliseconds."""
        self.add(row, f"{metric}, median of {len(ms)}", statistics.median(ms), "ms", target)
        self.add(row, f"{metric}, p95", percentile(ms, 95), "ms")

    def absent(self, row: str, why: str) -> None:
        self._keep(row, "absent", why, "")
        print(f"{row}{' ' * max(1, 46 - width(row))}absent: {why}", flush=True)

    def write(self) -> None:
        self.output.parent.mkdir(parents=True, exist_ok=True)
        self.output.write_text(json.dumps(self.rows, indent=1, ensure_ascii=False) + "\n")

    def _keep(self, row: str, metric: str, value: object, unit: str) -> None:
        self.rows.append({"row": row, "metric": metric, "value": value, "unit": unit})


def percentile(values: list[float], percent: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def plugin(build: Path, name: str, files: list[Path], *options: str, text: str | None = None) -> tuple[list[dict], float]:
    """`vitrine plugin run` over files, or over lines of text: what it printed, and the CPU seconds of the whole process."""
    command = [str(build / "vitrine"), "plugin", "run", name, *(str(f) for f in files or ["-"]), "--json"]
    for option in options:
        command += ["--option", option]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:4])}: {done.stderr.strip() or 'it failed'}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")], cpu


def load_client(folder: Path, program: Path) -> None:
    """Compiles a benchmark's client.c, with what all of them share (load.h beside this file)."""
    compile_c(program, [folder / "client.c"], [ROOT / "Sources/CVitrinePlugin/include"])


def compile_c(program: Path, sources: list[Path], headers: list[Path], *libraries: str) -> None:
    """A program from C; what is C++ among its sources is compiled as such."""
    program.parent.mkdir(parents=True, exist_ok=True)
    folders = [f"-I{folder}" for folder in (Path(__file__).parent, *headers)]
    objects = []
    for source in sources:
        cc, standard = ("c++", "gnu++17") if source.suffix == ".cpp" else ("cc", "gnu17")
        cc = shutil.which({"c++": "clang++", "cc": "clang"}[cc]) or cc
        objects.append(f"{program}-{source.stem}.o")
        subprocess.run([cc, f"-std={standard}", "-O2", "-Wno-macro-redefined", "-D_GNU_SOURCE", *folders, "-c", "-o", objects[-1], str(source)], check=True)
    linker = "c++" if any(source.suffix == ".cpp" for source in sources) else "cc"
    subprocess.run([linker, "-o", str(program), *objects, *(f"-l{name}" for name in ("m", "dl", "pthread", *libraries))], check=True)


def import_shop(build: Path) -> None:
    """The example shop into its database, as `make demo` does it."""
    done = subprocess.run([str(ROOT / "tools/demo/import"), str(build)], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"the example shop was not imported:\n{done.stderr or done.stdout}")


class Server:
    """`vitrine serve` with a configuration on a free port of the loop-back."""

    def __init__(self, build: Path, config: Path):
        self._folder = tempfile.TemporaryDirectory()
        address, self._log = Path(self._folder.name) / "address", open(Path(self._folder.name) / "log", "w+")
        self.process = subprocess.Popen(
            [str(build / "vitrine"), "serve", "--config", str(config), "--listen", "127.0.0.1:0", "--address-file", str(address)],
            stdout=self._log, stderr=subprocess.STDOUT, cwd=ROOT)
        for _ in range(600):
            if address.exists() and address.read_text().strip():
                self.port = int(address.read_text().strip().rsplit(":", 1)[1])
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.process.kill()
        self._log.seek(0)
        raise RuntimeError(f"the server did not start within 60 s:\n{self._log.read()}")

    def cpu_ms(self, named: str = "") -> float:
        """User and system time so far of all the server's threads, or of those whose name begins so ("model-loader": those of the inference
        runtime, which inherit the name of the thread that made them)."""
        total = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                if (task / "comm").read_text().startswith(named):
                    total += int((task / "schedstat").read_text().split()[0])
            except OSError:  # a thread that ended meanwhile
                continue
        return total / 1e6

    def inference_ms(self, metrics: str) -> dict[str, float]:
        """Milliseconds inside the inference runtime so far, by model, as the server's metrics at HOST:PORT tell them."""
        with urllib.request.urlopen(f"http://{metrics}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        rows = [re.match(r'vitrine_inference_ms_sum\{model="([^"]+)"\} (\S+)', line) for line in lines]
        return {row[1]: float(row[2]) for row in rows if row}

    def __enter__(self) -> Server:
        return self

    def __exit__(self, failure: object, *_: object) -> None:
        if failure is not None:
            self._log.seek(0)
            print(f"the server's log ends with:\n{self._log.read()[-4000:]}", file=sys.stderr)
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()
        self._folder.cleanup()


class ShopServer(Server):
    """With the example shop; imports it first."""

    def __init__(self, build: Path):
        import_shop(build)
        super().__init__(build, SHOP / "shop.yaml")
