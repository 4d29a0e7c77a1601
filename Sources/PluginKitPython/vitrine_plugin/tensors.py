"""Tensors of inference jobs: inside messages when they are small, in memory files when they are large."""

import fcntl
import math
import mmap
import os
import socket
import struct
from dataclasses import dataclass, field
from typing import Any, Dict, Sequence, Tuple, Union

from vitrine.v1 import plugins_pb2

from .errors import Code, PluginError, ProtocolError

# Bytes of an element, and what struct and numpy call it.
DTYPES: Dict[str, Tuple[int, str, str]] = {
    "f32": (4, "f", "float32"),
    "i64": (8, "q", "int64"),
    "i32": (4, "i", "int32"),
    "u8": (1, "B", "uint8"),
    "f16": (2, "e", "float16"),
    "boolean": (1, "?", "bool"),
}


@dataclass(frozen=True)
class Tensor:
    """Row-major elements, little-endian. `handle` names the host's own copy of an output: given as an input again it does not travel twice."""

    dtype: str
    shape: Tuple[int, ...]
    data: Union[bytes, memoryview]
    handle: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise PluginError(Code.INVALID_ARGUMENT, f"dtype \"{self.dtype}\"; allowed: {', '.join(DTYPES)}")
        wanted = DTYPES[self.dtype][0] * math.prod(self.shape)
        if len(self.data) != wanted:
            raise PluginError(Code.INVALID_ARGUMENT, f"{len(self.data)} bytes where {self.dtype} {list(self.shape)} needs {wanted}")

    @classmethod
    def of(cls, dtype: str, shape: Sequence[int], values: Sequence[Any]) -> "Tensor":
        """A tensor of plain numbers."""
        return cls(dtype, tuple(shape), struct.pack(f"<{len(values)}{DTYPES[dtype][1]}", *values))

    @classmethod
    def from_numpy(cls, array: Any) -> "Tensor":
        """A tensor with an array's elements. Needs numpy."""
        names = {name: dtype for dtype, (_, _, name) in DTYPES.items()}
        if array.dtype.name not in names:
            raise PluginError(Code.INVALID_ARGUMENT, f"arrays of {array.dtype.name} are no tensors; allowed: {', '.join(names)}")
        return cls(names[array.dtype.name], tuple(array.shape), array.tobytes())

    def values(self) -> Tuple[Any, ...]:
        """The elements as plain numbers."""
        size, code, _ = DTYPES[self.dtype]
        return struct.unpack(f"<{len(self.data) // size}{code}", self.data)

    def numpy(self) -> Any:
        """The elements as an array that shares the memory. Needs numpy."""
        import numpy

        return numpy.frombuffer(self.data, dtype=DTYPES[self.dtype][2]).reshape(self.shape)


class TensorCoder:
    """Tensors to messages and back; memory files travel on a socket of their own, before the frame that names them."""

    def __init__(self, descriptors: socket.socket) -> None:
        self._descriptors = descriptors
        self._sent = 0
        self._came: Dict[int, int] = {}
        self.inline_bytes_max = 0

    def encode(self, name: str, tensor: Tensor) -> plugins_pb2.Tensor:
        message = plugins_pb2.Tensor(name=name, dtype=tensor.dtype, shape=tensor.shape)
        if tensor.handle:
            message.handle = tensor.handle
        elif 0 < self.inline_bytes_max < len(tensor.data) and self._send(tensor.data):
            message.memfd = self._sent
        else:
            message.data = bytes(tensor.data)
        return message

    def decode(self, message: plugins_pb2.Tensor) -> Tensor:
        data: Union[bytes, memoryview] = message.data
        if message.memfd:
            data = self._take(message.memfd)
        return Tensor(message.dtype, tuple(message.shape), data, message.handle)

    def _send(self, data: Union[bytes, memoryview]) -> bool:
        descriptor = os.memfd_create("vitrine-tensor", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            with open(descriptor, "wb", closefd=False) as file:
                file.write(data)
            fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
            socket.send_fds(self._descriptors, [struct.pack("<I", self._sent + 1)], [descriptor])
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        self._sent += 1
        return True

    def _take(self, number: int) -> memoryview:
        while number not in self._came:
            try:
                data, descriptors, _, _ = socket.recv_fds(self._descriptors, 4, 1)
            except BlockingIOError:
                raise ProtocolError(f"no memory file {number} was sent") from None
            if len(data) != 4 or len(descriptors) != 1:
                raise ProtocolError("a message of the descriptor socket is a number and a descriptor")
            self._came[struct.unpack("<I", data)[0]] = descriptors[0]
        descriptor = self._came.pop(number)
        try:
            return memoryview(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ))
        finally:
            os.close(descriptor)
