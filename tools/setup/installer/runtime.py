"""Step 2: the virtual environment with numpy and OpenVINO.

The OpenVINO libraries that the server loads are those of the same wheel, reached as CACHE/openvino/libs.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys

from installer.errors import SetupError
from installer.fetch import Fetcher
from installer.places import Places
from installer.progress import Progress
from installer.state import Stamps
from installer.table import Package, Table

STEP = "openvino"
TAIL_LINES = 6
NEEDLESS = ("libs/cache.json",)
"""Members of the openvino package that only serve its own build."""


def packages(table: Table) -> list[Package]:
    """The wheels for the Python that runs this.  Raises SetupError when there are none for it or the machine."""
    tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
    if platform.machine() != "x86_64" or not sys.platform.startswith("linux"):
        raise SetupError(
            f"The pinned wheels are for Linux on x86_64, this is {sys.platform} on {platform.machine()}.",
            "Use such a machine, or pin wheels for this one in tools/setup/models.json.",
        )
    try:
        return [wheel.package(tag) for wheel in table.runtime]
    except KeyError:
        raise SetupError(
            f"No wheels are pinned for Python {platform.python_version()}.",
            "Name another with VITRINE_PYTHON=/path/to/python3 (3.11 to 3.14).",
        ) from None


def digest(wheels: list[Package]) -> str:
    """Of the pinned wheels."""
    return "+".join(wheel.sha256[:16] for wheel in wheels)


def is_done(stamps: Stamps, table: Table) -> bool:
    """Whether the environment is there, for whichever supported Python it was made."""
    tags = set(table.runtime[0].wheels)
    return any(stamps.is_done(STEP, digest([wheel.package(tag) for wheel in table.runtime])) for tag in tags)


def _has_pip(places: Places) -> bool:
    """Whether an earlier run left an environment of this Python with a pip that works."""
    probe = "import sys, pip._internal.cli.main; print(*sys.version_info[:3])"
    try:
        outcome = subprocess.run([str(places.python), "-c", probe], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return outcome.stdout.split() == [str(part) for part in sys.version_info[:3]]


def create(places: Places) -> None:
    """An environment with pip, unless there is one.  Raises SetupError when Python lacks venv or ensurepip."""
    if _has_pip(places):
        return
    shutil.rmtree(places.venv, ignore_errors=True)
    places.root.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "venv", str(places.venv)]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    if outcome.returncode != 0:
        shutil.rmtree(places.venv, ignore_errors=True)
        tail = "\n".join((outcome.stdout + outcome.stderr).splitlines()[-TAIL_LINES:])
        raise SetupError(
            f"{sys.executable} cannot make a virtual environment.",
            "Install python3-venv (apt-get install python3-venv), then run again.",
            tail,
        )


def ensure(places: Places, fetcher: Fetcher, stamps: Stamps, table: Table, progress: Progress) -> None:
    """Fill the environment (made by `create`) from the pinned wheels and link the libraries."""
    wheels = packages(table)
    paths = [str(fetcher.wheel(wheel)) for wheel in wheels]
    progress.say("installing " + " and ".join(wheel.requirement for wheel in wheels))
    command = [str(places.python), "-m", "pip", "install", "--no-deps", "--no-index", "--no-cache-dir", "--no-compile"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    outcome = subprocess.run([*command, *paths], env=environment, capture_output=True, text=True, check=False)
    if outcome.returncode != 0:
        tail = "\n".join((outcome.stdout + outcome.stderr).splitlines()[-TAIL_LINES:])
        raise SetupError("pip could not install the runtime.", f"Remove {places.root} and run again.", tail)
    _link(places)
    library = next(places.libraries.glob("libopenvino_c.so.*"))
    files = [str(path.relative_to(places.root)) for path in (places.python, library)]
    files += [f"openvino/libs/{path.name}" for path in places.libraries.glob("libopenvino.so.*")]
    stamps.write(STEP, digest(wheels), table.runtime_version, files, library=f"openvino/libs/{library.name}")
    for wheel in wheels:
        fetcher.discard(wheel)


def _link(places: Places) -> None:
    """CACHE/openvino/libs → the package's folder of libraries, relative so that the cache may move."""
    package = next(places.venv.glob("lib/python3*/site-packages/openvino"))
    for name in NEEDLESS:
        (package / name).unlink(missing_ok=True)
    if places.libraries.is_symlink():
        places.libraries.unlink()
    places.libraries.parent.mkdir(parents=True, exist_ok=True)
    places.libraries.symlink_to(os.path.relpath(package / "libs", places.libraries.parent))
