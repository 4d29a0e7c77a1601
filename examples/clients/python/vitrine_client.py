"""A small client of Vitrine: the standard library and protobuf, nothing else.

    with Client.connect("127.0.0.1", 7401, token="…") as client:
        conversation = client.converse()
        conversation.send_text("a gold ring under 200 euros")
        conversation.finish()
        for message in conversation:        # vitrine.v1.ServerMessage
            print(message.WhichOneof("kind"))

One thread reads the socket. Every method may be called from any thread; `send_…` waits while the lane has no credit.
"""

from __future__ import annotations

import dataclasses
import queue
import socket
import threading
import time
from datetime import datetime

from vitrine.v1 import frame_pb2, sessions_pb2
from vitrine_framing import FrameDecoder, ProtocolError, encode

CONVERSE = "/vitrine.v1.Sessions/Converse"
# Bytes of payload that may be under way on a lane before the server grants more. Control, and with it text, is free.
INITIAL_WINDOWS = {frame_pb2.LANE_AUDIO: 256 << 10, frame_pb2.LANE_MEDIA: 8 << 20, frame_pb2.LANE_VIDEO: 1 << 20}
IMAGE_PART_BYTES = 1 << 20
AUDIO_CHUNK_MS = 20
# Messages from one acknowledgement to the next, and seconds at least: the server takes 50 control messages a second.
ACKNOWLEDGE_EVERY = 16
ACKNOWLEDGE_S_MIN = 0.05
CODES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
    "UNAUTHENTICATED",
)


@dataclasses.dataclass(frozen=True)
class Status:
    """How a stream ended: one of gRPC's codes, and why."""

    code: int
    message: str = ""

    def __str__(self) -> str:
        name = CODES[self.code] if self.code < len(CODES) else f"code {self.code}"
        return f"{name}: {self.message}" if self.message else name


class RpcError(Exception):
    """A stream ended with another status than OK."""

    def __init__(self, status: Status):
        super().__init__(str(status))
        self.status = status


class Client:
    """One connection. Many conversations may share it."""

    def __init__(self, sock: socket.socket, token: str = ""):
        self._socket = sock
        self._token = token
        self._write_lock = threading.Lock()
        # Guards everything below; notified when credit comes or a stream ends.
        self._changed = threading.Condition()
        self._streams: dict[int, Conversation] = {}
        self._next_id = 1
        self._ended: Status | None = None
        self._going_away: Status | None = None
        self._reader = threading.Thread(target=self._read, name="vitrine-reader", daemon=True)
        self._reader.start()

    @classmethod
    def connect(cls, host: str, port: int, token: str = "", timeout: float = 10.0) -> Client:
        """Connects. `timeout` is for connecting alone, in seconds."""
        sock = socket.create_connection((host, port), timeout)
        sock.settimeout(None)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(sock, token)

    def converse(self, resume: tuple[str, int] | None = None, trace: bool = False) -> Conversation:
        """Opens a conversation. `resume` is (session id, sequence of the last message received) of an earlier one; with
        `trace` the server tells after each turn where its time went."""
        # What "yesterday" counts from is the customer's own day.
        metadata = {"vitrine-time": datetime.now().astimezone().isoformat(timespec="seconds")}
        if self._token:
            metadata["authorization"] = f"Bearer {self._token}"
        if trace:
            metadata["vitrine-trace"] = "on"
        if resume is not None:
            metadata |= {"vitrine-session-id": resume[0], "vitrine-resume-after": str(resume[1])}
        with self._changed:
            refused = self._ended or self._going_away
            if refused is not None:
                raise RpcError(refused)
            stream_id = self._next_id
            self._next_id += 1
            conversation = self._streams[stream_id] = Conversation(self, stream_id)
        frame = frame_pb2.Frame(stream_id=stream_id)
        frame.open.method = CONVERSE
        for key, value in metadata.items():
            frame.open.metadata.add(key=key, value=value.encode())
        self._write(frame)
        return conversation

    def close(self) -> None:
        """Ends the connection and with it every conversation."""
        self._end(Status(1, "closed by the client"))
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the peer was faster
        if threading.current_thread() is not self._reader:
            self._reader.join()
        self._socket.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def _write(self, frame: frame_pb2.Frame) -> None:
        try:
            with self._write_lock:
                self._socket.sendall(encode(frame))
        except OSError as error:
            self._end(Status(14, f"the connection was lost: {error}"))
            raise RpcError(self._ended or Status(14, str(error))) from error

    def _read(self) -> None:
        decoder, ended = FrameDecoder(), Status(14, "the server closed the connection")
        try:
            while data := self._socket.recv(1 << 16):
                for frame in decoder.feed(data):
                    self._take(frame)
        except ProtocolError as error:
            ended = Status(13, f"the server does not keep to the protocol: {error}")
        except (OSError, RpcError) as error:
            ended = Status(14, f"the connection was lost: {error}")
        self._end(self._going_away or ended)

    def _take(self, frame: frame_pb2.Frame) -> None:
        body = frame.WhichOneof("body")
        if body == "ping":
            self._write(frame_pb2.Frame(pong=frame_pb2.Pong(token=frame.ping.token)))
            return
        with self._changed:
            if body == "go_away":
                self._going_away = Status(frame.go_away.code or 14, frame.go_away.message or "the server is going away")
                for stream_id in [i for i in self._streams if i > frame.go_away.last_stream_id]:
                    self._streams.pop(stream_id)._finish(self._going_away)
            elif (stream := self._streams.get(frame.stream_id)) is None:
                return
            elif body == "data":
                stream._receive(frame.data)
            elif body == "credit":
                stream._credit[frame.credit.lane] = stream._credit.get(frame.credit.lane, 0) + frame.credit.bytes
            elif body == "status":
                del self._streams[frame.stream_id]
                stream._finish(Status(frame.status.code, frame.status.message))
            self._changed.notify_all()

    def _end(self, status: Status) -> None:
        with self._changed:
            if self._ended is None:
                self._ended = status
            for stream in self._streams.values():
                stream._finish(self._ended)
            self._streams.clear()
            self._changed.notify_all()


class Conversation:
    """One Converse stream. Iterating gives what the server says until the stream ends; `status` is then set.

    Messages are numbered in the order in which they are sent, so that one that waits for credit holds up the later ones.
    """

    def __init__(self, client: Client, stream_id: int):
        self._client = client
        self._id = stream_id
        self._credit = dict(INITIAL_WINDOWS)
        self._send_lock = threading.RLock()
        self._sequence = 0
        self._next_image_id = 1
        self._finished = False
        self._received: queue.SimpleQueue[sessions_pb2.ServerMessage | Status] = queue.SimpleQueue()
        self.status: Status | None = None
        self.session_id = ""
        self.limits: sessions_pb2.Limits | None = None
        # What to resume after.
        self.last_sequence = 0
        self._acknowledged, self._acknowledged_at = 0, float("-inf")

    def send_text(self, text: str, language: str = "", end_of_turn: bool = True) -> None:
        """Says something in writing. `language` is BCP 47; empty = let the server detect it."""
        self.send(text=sessions_pb2.TextInput(text=text, language=language), end_of_turn=end_of_turn)

    def send_audio(self, samples: bytes, rate_hz: int, channels: int = 1, last: bool = True) -> None:
        """Sends PCM16 (little endian, channels interleaved) in chunks of 20 ms; `last` = the microphone goes off after it."""
        step = max(1, rate_hz * AUDIO_CHUNK_MS // 1000) * channels * 2
        for at in range(0, max(len(samples), 1), step):
            self.send(frame_pb2.LANE_AUDIO, audio=sessions_pb2.AudioChunk(
                encoding=sessions_pb2.AUDIO_ENCODING_PCM16LE, sample_rate_hz=rate_hz, channels=channels,
                samples=samples[at:at + step], last=last and at + step >= len(samples)))

    def send_image(self, file: bytes, end_of_turn: bool = False) -> None:
        """Shows a photo (JPEG, PNG or WebP) of something to find things like."""
        self._photo(file, sessions_pb2.IMAGE_PURPOSE_QUERY, end_of_turn)

    def send_selfie(self, file: bytes, end_of_turn: bool = False) -> None:
        """Shows a photo of the customer to try things on."""
        self._photo(file, sessions_pb2.IMAGE_PURPOSE_SELFIE, end_of_turn)

    def send_frame(self, file: bytes, capture_time_us: int = 0) -> None:
        """Shows one picture of a camera that looks at the customer; only the newest one counts."""
        self.send(frame_pb2.LANE_VIDEO, capture_time_us=capture_time_us,
                  video=sessions_pb2.VideoFrame(purpose=sessions_pb2.IMAGE_PURPOSE_SELFIE, data=file))

    def try_on(self, product_id: str, preview: int = 0, live: bool = False, end_of_turn: bool = True) -> None:
        """Tries a product on with the turn's selfie or the camera's picture. `preview` is a PreviewFormat: the picture with the product on it comes
        back in it. `live`: every camera picture from now on is answered with the places to draw at."""
        self.send_control(end_of_turn, try_on=sessions_pb2.TryOnRequest(product_id=product_id, preview=preview, live=live))

    def send_control(self, end_of_turn: bool = False, **control) -> None:
        """One member of Control's oneof, such as try_on=TryOnRequest(product_id="…") or barge_in=BargeIn()."""
        self.send(control=sessions_pb2.Control(**control), end_of_turn=end_of_turn)

    def send(self, lane: int = frame_pb2.LANE_CONTROL, **fields) -> None:
        """Sends a ClientMessage with these fields, numbered; waits until its lane has credit."""
        with self._send_lock:
            message = sessions_pb2.ClientMessage(sequence=self._sequence + 1, **fields)
            data = message.SerializeToString()
            with self._client._changed:
                if lane in self._credit:
                    self._client._changed.wait_for(lambda: self.status is not None or self._credit[lane] >= len(data))
                if self.status is not None:
                    raise RpcError(self.status)
                if lane in self._credit:
                    self._credit[lane] -= len(data)
            self._sequence += 1
            self._client._write(frame_pb2.Frame(stream_id=self._id, data=data))

    def finish(self) -> None:
        """Nothing more will be said; the answers still come."""
        with self._send_lock:
            self._finished = True
            self._client._write(frame_pb2.Frame(stream_id=self._id, half_close=frame_pb2.HalfClose()))

    def cancel(self, reason: str = "") -> None:
        """Nothing more is wanted."""
        self._client._write(frame_pb2.Frame(stream_id=self._id, cancel=frame_pb2.Cancel(reason=reason)))

    def receive(self, timeout: float | None = None) -> sessions_pb2.ServerMessage | None:
        """The next message; None when the stream has ended well. Raises RpcError, or TimeoutError after `timeout` seconds."""
        try:
            item = self._received.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError(f"nothing was received for {timeout} s") from None
        if isinstance(item, Status):
            self._received.put(item)
            if item.code != 0:
                raise RpcError(item)
            return None
        self._note(item)
        return item

    def __iter__(self):
        while (message := self.receive()) is not None:
            yield message

    def _photo(self, file: bytes, purpose: int, end_of_turn: bool) -> None:
        with self._send_lock:
            image_id = self._next_image_id
            self._next_image_id += 1
            for part, at in enumerate(range(0, max(len(file), 1), IMAGE_PART_BYTES)):
                last = at + IMAGE_PART_BYTES >= len(file)
                self.send(frame_pb2.LANE_MEDIA, end_of_turn=end_of_turn and last, image=sessions_pb2.ImagePart(
                    purpose=purpose, image_id=image_id, part=part, last=last, data=file[at:at + IMAGE_PART_BYTES]))

    def _note(self, message: sessions_pb2.ServerMessage) -> None:
        """Remembers what resuming needs; acknowledges now and then, so that the server need not keep what arrived."""
        if message.HasField("session"):
            self.session_id, self.limits = message.session.session_id, message.session.limits
        self.last_sequence, now = max(self.last_sequence, message.sequence), time.monotonic()
        due = self.last_sequence - self._acknowledged >= ACKNOWLEDGE_EVERY and now - self._acknowledged_at >= ACKNOWLEDGE_S_MIN
        if due and self.status is None and not self._finished:
            self._acknowledged, self._acknowledged_at = self.last_sequence, now
            try:
                self.send_control(acknowledge=sessions_pb2.Acknowledge(sequence=self.last_sequence))
            except RpcError:
                pass  # the stream ended meanwhile: iterating says so next

    # Called by the client's reader with `_changed` held.

    def _receive(self, data: bytes) -> None:
        try:
            self._received.put(sessions_pb2.ServerMessage.FromString(data))
        except Exception as error:  # see vitrine_framing
            raise ProtocolError(f"a message cannot be decoded: {error}") from error

    def _finish(self, status: Status) -> None:
        if self.status is None:
            self.status = status
            self._received.put(status)
