"""Reader of PyTorch's legacy `.pth` files (before 1.6) without PyTorch.

The file is four pickles one after another (magic number, protocol, system, the object), then a pickled list of
storage keys, then for each key i64 element count and its raw little-endian elements.  Only what a plain dictionary
of tensors needs is unpickled; any other class is refused, so a file can run no code.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
ELEMENTS: dict[str, type[np.generic]] = {"FloatStorage": np.float32, "LongStorage": np.int64}


@dataclass(frozen=True)
class _View:
    """A tensor before its storage is read: offset, shape and stride are in elements."""

    storage: str
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def _view(storage: str, offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> _View:
    return _View(storage, offset, tuple(shape), tuple(stride))


class _Reader(pickle.Unpickler):
    """Unpickles tensors as `_View`s and remembers each storage's element type."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.elements: dict[str, type[np.generic]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _view
        if module == "torch" and name in ELEMENTS:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is not part of a dictionary of tensors")

    def persistent_load(self, identifier: Any) -> str:
        _, kind, key, *_ = identifier
        self.elements[key] = ELEMENTS[kind]
        return key


def _materialise(view: _View, storage: np.ndarray) -> np.ndarray:
    start = storage[view.offset :]
    stride = [step * storage.itemsize for step in view.stride]
    return np.array(np.lib.stride_tricks.as_strided(start, view.shape, stride), order="C")


def load(path: Path) -> dict[str, np.ndarray]:
    """All tensors of the file by name, C-contiguous."""
    with path.open("rb") as file:
        if pickle.load(file) != MAGIC:  # noqa: S301 - plain integers
            raise pickle.UnpicklingError(f"{path.name} is no legacy PyTorch file")
        for _ in range(2):
            _Reader(file).load()
        reader = _Reader(file)
        views: dict[str, _View] = reader.load()
        storages: dict[str, np.ndarray] = {}
        for key in _Reader(file).load():
            kind = np.dtype(reader.elements[key])
            count = int.from_bytes(file.read(8), "little")
            storages[key] = np.frombuffer(file.read(count * kind.itemsize), kind)
    return {name: _materialise(view, storages[view.storage]) for name, view in views.items()}
