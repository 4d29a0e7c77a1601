"""The worker's side of the socket: one thread that reads frames, calls the plugin, and writes frames."""

import collections
import os
import select
import socket
import sys
import traceback
from typing import Any, Callable, Deque, Dict, List, Optional, Sequence, Type

from google.protobuf.message import DecodeError
from vitrine.v1 import features_pb2, frame_pb2, plugins_pb2

from . import framing
from .errors import Code, PluginError, ProtocolError, StreamCancelled
from .host import Host
from .plugin import Input, Plugin, Stream, StreamHandler
from .tensors import Tensor, TensorCoder

DESCRIBE = "/vitrine.v1.Plugin/Describe"
START = "/vitrine.v1.Plugin/Start"
RUN = "/vitrine.v1.Plugin/Run"
EXPORT_STATE = "/vitrine.v1.Plugin/ExportState"
IMPORT_STATE = "/vitrine.v1.Plugin/ImportState"

# The streams that a worker opens at the host, when they are first needed.
_INFER, _LOG, _METRICS = 2, 4, 6
_METHODS = {_INFER: "/vitrine.v1.Host/Infer", _LOG: "/vitrine.v1.Host/Log", _METRICS: "/vitrine.v1.Host/Metrics"}

# The protocol's initial windows, bytes.
_WINDOWS = {frame_pb2.LANE_CONTROL: 1 << 20, frame_pb2.LANE_AUDIO: 256 << 10, frame_pb2.LANE_MEDIA: 8 << 20, frame_pb2.LANE_VIDEO: 1 << 20}
_LANES = {"audio": frame_pb2.LANE_AUDIO, "image": frame_pb2.LANE_MEDIA, "video": frame_pb2.LANE_VIDEO}


class _Run:
    """One open stream of the plugin."""

    def __init__(self, credit: int) -> None:
        self.handler: Optional[StreamHandler] = None
        self.credit = credit
        self.acknowledged = 0
        self.returned: Dict[int, int] = {}
        self.is_cancelled = False
        # The last output, held back so that the acknowledgement can travel with it.
        self.held: Optional[features_pb2.PluginOutput] = None


class Worker:
    """Speaks for one plugin on a connected socket. `serve` makes one; tests may, too."""

    def __init__(self, plugin: Type[Plugin], connection: socket.socket, descriptors: socket.socket) -> None:
        self._plugin_class = plugin
        self._plugin: Optional[Plugin] = None
        self._host: Optional[Host] = None
        self._socket = connection
        descriptors.setblocking(False)
        self._coder = TensorCoder(descriptors)
        self._decoder = framing.FrameDecoder()
        self._queue: Deque[frame_pb2.Frame] = collections.deque()
        self._runs: Dict[int, _Run] = {}
        self._calls: Dict[int, List[Any]] = {}
        self._opened: Dict[int, bool] = {}
        # Credit for outputs that each stream begins with, in bytes.
        self._output_window = _WINDOWS[frame_pb2.LANE_CONTROL]
        self._replies: Dict[int, plugins_pb2.InferReply] = {}
        self._operation = 0
        self._ended = False

    def run(self) -> None:
        """Serves until the host closes the connection."""
        while not self._ended:
            while self._queue and not self._ended:
                self._handle(self._queue.popleft())
            if not self._ended:
                self._read(block=True)

    # Frames

    def _read(self, block: bool) -> None:
        if not block and not select.select([self._socket], [], [], 0)[0]:
            return
        data = self._socket.recv(256 << 10)
        if not data:
            self._ended = True
            for run in self._runs.values():
                run.is_cancelled = True
            return
        for frame in self._decoder.feed(data):
            self._sort(frame)

    def _sort(self, frame: frame_pb2.Frame) -> None:
        """What must not wait for the plugin is done at once."""
        body = frame.WhichOneof("body")
        run = self._runs.get(frame.stream_id)
        if body == "ping":
            self._send(frame_pb2.Frame(pong=frame_pb2.Pong(token=frame.ping.token)))
        elif body == "credit" and run:
            run.credit += frame.credit.bytes
        elif body == "data" and frame.stream_id == _INFER:
            reply = plugins_pb2.InferReply.FromString(frame.data)
            self._replies[reply.operation] = reply
        elif body == "cancel" and run:
            run.is_cancelled = True
            self._queue.append(frame)
        elif frame.stream_id % 2 == 1:
            self._queue.append(frame)

    def _send(self, frame: frame_pb2.Frame) -> None:
        self._socket.sendall(framing.encode(frame))

    def _handle(self, frame: frame_pb2.Frame) -> None:
        body = frame.WhichOneof("body")
        if body == "open":
            self._open(frame.stream_id, frame.open)
        elif frame.stream_id in self._calls:
            call = self._calls[frame.stream_id]
            if body == "data":
                call[1] = frame.data
            elif body == "half_close":
                del self._calls[frame.stream_id]
                self._answer(frame.stream_id, call[0], call[1])
        elif frame.stream_id in self._runs:
            run = self._runs[frame.stream_id]
            if body == "data" and not run.is_cancelled:
                self._input(frame.stream_id, run, frame.data)
            elif body == "half_close" and not run.is_cancelled:
                self._guard(frame.stream_id, run, self._half_close)
            elif body == "cancel":
                del self._runs[frame.stream_id]
                if run.handler:
                    run.handler.cancelled()

    def _open(self, stream_id: int, request: frame_pb2.Open) -> None:
        if request.method != RUN:
            self._calls[stream_id] = [request.method, b""]
            return
        if self._plugin is None or self._host is None:
            return self._status(stream_id, Code.FAILED_PRECONDITION, "the plugin was not started")
        metadata = {entry.key: entry.value.decode("utf-8", "replace") for entry in request.metadata}
        deadline = self._host.now_us + request.timeout_us if request.timeout_us else 0
        run = self._runs[stream_id] = _Run(self._output_window)
        stream = Stream(self, stream_id, metadata, deadline)
        plugin = self._plugin

        def begin(_: int, run: _Run) -> None:
            run.handler = plugin.open(stream)

        self._guard(stream_id, run, begin)

    def _answer(self, stream_id: int, method: str, request: bytes) -> None:
        try:
            if method == DESCRIBE:
                reply: Any = self._plugin_class.manifest
            elif method == START:
                reply = self._start(plugins_pb2.StartRequest.FromString(request))
            elif method == EXPORT_STATE:
                handler = self._handler(plugins_pb2.ExportStateRequest.FromString(request).stream_id)
                reply = plugins_pb2.ExportStateReply(state=handler.export_state())
            elif method == IMPORT_STATE:
                given = plugins_pb2.ImportStateRequest.FromString(request)
                self._handler(given.stream_id).import_state(given.state)
                if self._runs[given.stream_id].held is not None:
                    raise PluginError(Code.FAILED_PRECONDITION, "a plugin emitted something before the stream was its own")
                reply = plugins_pb2.ImportStateReply()
            else:
                raise PluginError(Code.UNIMPLEMENTED, f"there is no method '{method}' on this socket")
        except PluginError as error:
            return self._status(stream_id, error.code, error.message)
        except Exception as error:
            traceback.print_exc()
            return self._status(stream_id, Code.INTERNAL, f"{type(error).__name__}: {error}")
        self._send(frame_pb2.Frame(stream_id=stream_id, data=reply.SerializeToString()))
        self._status(stream_id, Code.OK, "")

    def _handler(self, stream_id: int) -> StreamHandler:
        run = self._runs.get(stream_id)
        if run is None or run.is_cancelled or run.handler is None:
            raise PluginError(Code.NOT_FOUND, f"stream {stream_id} is not open")
        return run.handler

    def _start(self, request: plugins_pb2.StartRequest) -> plugins_pb2.StartReply:
        self._coder.inline_bytes_max = request.inline_tensor_bytes_max
        self._output_window = request.output_window_bytes or _WINDOWS[frame_pb2.LANE_CONTROL]
        self._host = Host(self, request)
        self._plugin = self._plugin_class(self._host)
        return plugins_pb2.StartReply()

    def _input(self, stream_id: int, run: _Run, data: bytes) -> None:
        try:
            given = plugins_pb2.RunRequest.FromString(data)
        except DecodeError:
            return self.close(stream_id, Code.INVALID_ARGUMENT, "the input is no message")
        host = self._host
        assert host is not None, "streams are opened after the start"
        message = Input(given, host.now_us)

        def receive(stream_id: int, run: _Run) -> None:
            assert run.handler is not None, "a stream without a handler was closed"
            run.handler.receive(message)
            if stream_id not in self._runs:
                return
            if run.held is not None:
                self._await_credit(stream_id, run)
            run.acknowledged = given.sequence
            held, run.held = run.held, None
            self._reply(stream_id, run, held)

        self._guard(stream_id, run, receive)
        self._give_back(stream_id, run, message.kind, given.message.ByteSize())

    def _half_close(self, stream_id: int, run: _Run) -> None:
        if run.handler:
            run.handler.half_closed()
        if stream_id in self._runs:
            self.close(stream_id, Code.OK, "")

    def _guard(self, stream_id: int, run: _Run, body: Callable[[int, _Run], None]) -> None:
        """Whatever a plugin raises ends its stream, and nothing else."""
        try:
            body(stream_id, run)
        except StreamCancelled:
            pass
        except PluginError as error:
            self.close(stream_id, error.code, error.message)
        except ProtocolError:
            raise
        except Exception as error:
            traceback.print_exc()
            self.close(stream_id, Code.INTERNAL, f"the plugin raised {type(error).__name__}: {error}")

    def _give_back(self, stream_id: int, run: _Run, kind: str, size: int) -> None:
        """Lets the host send more, a quarter of a window at a time."""
        lane = _LANES.get(kind, frame_pb2.LANE_CONTROL)
        due = run.returned.get(lane, 0) + size
        if due >= _WINDOWS[lane] // 4 and stream_id in self._runs:
            self._send(frame_pb2.Frame(stream_id=stream_id, credit=frame_pb2.Credit(lane=lane, bytes=due)))
            due = 0
        run.returned[lane] = due

    def _status(self, stream_id: int, code: Code, message: str) -> None:
        self._send(frame_pb2.Frame(stream_id=stream_id, status=frame_pb2.Status(code=int(code), message=message)))

    def _reply(self, stream_id: int, run: _Run, output: Optional[features_pb2.PluginOutput]) -> None:
        reply = plugins_pb2.RunReply(acknowledged=run.acknowledged)
        if output is not None:
            reply.given.CopyFrom(output)
            run.credit -= output.ByteSize()
        self._send(frame_pb2.Frame(stream_id=stream_id, data=reply.SerializeToString()))

    # For Stream and Host

    def is_open(self, stream_id: int) -> bool:
        run = self._runs.get(stream_id)
        return run is not None and not run.is_cancelled

    def _open_run(self, stream_id: int) -> _Run:
        run = self._runs.get(stream_id)
        if run is None or run.is_cancelled:
            raise StreamCancelled
        return run

    def _await_credit(self, stream_id: int, run: _Run) -> None:
        while run.credit <= 0:
            self._read(block=True)
            self._open_run(stream_id)

    def _flush(self, stream_id: int, run: _Run) -> None:
        if run.held is None:
            return
        self._await_credit(stream_id, run)
        held, run.held = run.held, None
        self._reply(stream_id, run, held)

    def emit(self, stream_id: int, output: features_pb2.PluginOutput) -> None:
        run = self._open_run(stream_id)
        if output.WhichOneof("kind") is None:
            raise PluginError(Code.INVALID_ARGUMENT, "an output has one of the kinds of PluginOutput")
        self._flush(stream_id, run)
        run.held = output

    def close(self, stream_id: int, code: Code, message: str) -> None:
        run = self._runs.get(stream_id)
        if run is None or run.is_cancelled:
            return
        try:
            self._flush(stream_id, run)
        except StreamCancelled:
            return
        del self._runs[stream_id]
        self._status(stream_id, code, message)

    def infer(
        self, stream_id: int, model: str, inputs: Dict[str, Tensor], outputs: Sequence[str], priority: int, timeout_us: int, keep: bool
    ) -> List[Tensor]:
        run = self._open_run(stream_id)
        self._flush(stream_id, run)
        self._operation += 1
        operation = self._operation
        tensors = [self._coder.encode(name, tensor) for name, tensor in inputs.items()]
        self._say(_INFER, plugins_pb2.InferRequest(
            operation=operation, model=model, inputs=tensors, outputs=outputs, priority=priority, timeout_us=timeout_us, stream_id=stream_id,
            keep_outputs=keep))
        while operation not in self._replies:
            if self._ended:
                raise StreamCancelled
            self._read(block=True)
        reply = self._replies.pop(operation)
        results = [self._coder.decode(output) for output in reply.outputs]
        self._open_run(stream_id)
        if reply.code != Code.OK:
            raise PluginError(Code.of(reply.code), reply.message)
        return results

    def release(self, handles: Sequence[int]) -> None:
        if handles:
            self._say(_INFER, plugins_pb2.InferRequest(release=handles))

    def log(self, level: int, message: str) -> None:
        self._say(_LOG, plugins_pb2.LogLine(level=level, message=message))

    def count(self, metric: str, amount: float) -> None:
        self._say(_METRICS, plugins_pb2.MetricSample(name=metric, value=amount))

    def poll(self) -> None:
        self._read(block=False)

    def _say(self, stream_id: int, message: Any) -> None:
        if stream_id not in self._opened:
            self._opened[stream_id] = True
            self._send(frame_pb2.Frame(stream_id=stream_id, open=frame_pb2.Open(method=_METHODS[stream_id])))
        self._send(frame_pb2.Frame(stream_id=stream_id, data=message.SerializeToString()))


def serve(plugin: Type[Plugin]) -> None:
    """A worker's main program: serves `plugin` to the server that started this process, until that closes the connection."""
    try:
        connection = socket.socket(fileno=int(os.environ["VITRINE_WORKER_SOCKET"]))
        descriptors = socket.socket(fileno=int(os.environ["VITRINE_WORKER_DESCRIPTORS"]))
    except (KeyError, ValueError):
        sys.exit("a Vitrine server starts this program: see `vitrine plugin run --worker` and docs/workers.md")
    try:
        Worker(plugin, connection, descriptors).run()
    except (BrokenPipeError, ConnectionResetError):
        pass  # The host is gone, and with it the purpose.
    except ProtocolError as error:
        sys.exit(f"the host does not keep to the protocol: {error}")
