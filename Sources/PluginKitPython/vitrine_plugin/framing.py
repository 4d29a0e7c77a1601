"""gRPC's Length-Prefixed-Message: one flag byte, a four-byte big-endian length, then one serialized vitrine.v1.Frame."""

import struct
from typing import List

from google.protobuf.message import DecodeError
from vitrine.v1.frame_pb2 import Frame

from .errors import ProtocolError

PREFIX = struct.Struct(">BI")
FRAME_BYTES_MAX = 64 << 20


def encode(frame: Frame) -> bytes:
    """A frame with its prefix."""
    body = frame.SerializeToString()
    return PREFIX.pack(0, len(body)) + body


class FrameDecoder:
    """Bytes in, frames out."""

    def __init__(self, frame_bytes_max: int = FRAME_BYTES_MAX) -> None:
        self._kept = bytearray()
        self._frame_bytes_max = frame_bytes_max

    def feed(self, data: bytes) -> List[Frame]:
        """The frames that `data` completes, in order."""
        self._kept += data
        frames: List[Frame] = []
        at = 0
        while len(self._kept) - at >= PREFIX.size:
            flags, length = PREFIX.unpack_from(self._kept, at)
            if flags != 0:
                raise ProtocolError(f"flag byte {flags} of a frame: only 0 is allowed")
            if length > self._frame_bytes_max:
                raise ProtocolError(f"a frame of {length} bytes: at most {self._frame_bytes_max} are allowed")
            start = at + PREFIX.size
            if len(self._kept) - start < length:
                break
            try:
                frames.append(Frame.FromString(bytes(self._kept[start : start + length])))
            except DecodeError as error:
                raise ProtocolError(f"a frame cannot be decoded: {error}") from error
            at = start + length
        del self._kept[:at]
        return frames
