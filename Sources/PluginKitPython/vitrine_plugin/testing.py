"""Tests of plugins without a server: a host in the same process, on the other end of real sockets."""

import socket
import threading
from typing import Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Type

from vitrine.v1 import features_pb2, frame_pb2, plugins_pb2, sessions_pb2

from . import framing
from .errors import Code, PluginError
from .plugin import Plugin
from .tensors import Tensor, TensorCoder
from .worker import DESCRIBE, EXPORT_STATE, IMPORT_STATE, RUN, START, Worker

# Credit goes back in few, large grants, as the server's does.
_GRANT_BYTES = 256 << 10

#: What a model of a test does: inputs by name to outputs by name.
Model = Callable[[Dict[str, Tensor]], Dict[str, Tensor]]


class HostForTests:
    """Starts a plugin and gives it streams.

        with HostForTests(MyPlugin, options={"key": "value"}) as host:
            outputs = host.run([ClientMessage(text=TextInput(text="ring"))])

    The plugin runs on a thread of its own. `log` holds the lines that it logged, `counters` what it counted.
    """

    def __init__(
        self, plugin: Type[Plugin], options: Optional[Mapping[str, str]] = None, models: Optional[Mapping[str, Model]] = None,
        inline_tensor_bytes_max: int = 64 << 10, wait_s: float = 10,
    ) -> None:
        self.log: List[str] = []
        self.counters: Dict[str, float] = {}
        #: Of the last `run`: the status that ended it, and the highest input that was acknowledged.
        self.status: Tuple[Code, str] = (Code.OK, "")
        self.acknowledged = 0
        self._options = dict(options or {})
        self._models = dict(models or {})
        self._kept: Dict[int, Tensor] = {}
        self._methods: Dict[int, str] = {}
        self._next = 1
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(wait_s)
        descriptors, their_descriptors = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        descriptors.setblocking(False)
        self._descriptors = descriptors
        self._coder = TensorCoder(descriptors)
        self._coder.inline_bytes_max = inline_tensor_bytes_max
        self._inline = inline_tensor_bytes_max
        self._decoder = framing.FrameDecoder()
        self._frames: List[frame_pb2.Frame] = []

        def serve() -> None:
            try:
                Worker(plugin, theirs, their_descriptors).run()
            finally:
                theirs.close()
                their_descriptors.close()

        self._thread = threading.Thread(target=serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> "HostForTests":
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        self.manifest = plugins_pb2.PluginManifest.FromString(self._call(DESCRIBE, plugins_pb2.DescribeRequest(abi_version=1)))
        options = {option.key: option.default_value for option in self.manifest.options}
        unknown = sorted(set(self._options) - set(options))
        if unknown:
            raise PluginError(Code.INVALID_ARGUMENT, f"the manifest has no option {unknown[0]}; it has: {', '.join(sorted(options))}")
        options.update(self._options)
        request = plugins_pb2.StartRequest(now_us=1_000_000, inline_tensor_bytes_max=self._inline)
        request.options.extend(plugins_pb2.OptionValue(key=key, value=options[key]) for key in sorted(options))
        request.models.extend(plugins_pb2.ModelFile(name=model.name, path=model.path) for model in self.manifest.models)
        self._call(START, request)

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._descriptors.close()
        self._thread.join(timeout=5)

    def run(
        self, messages: Sequence[sessions_pb2.ClientMessage], language: str = "", session_key: int = 1, cancel_after: Optional[int] = None,
        hand_over_after: Optional[int] = None,
    ) -> List[features_pb2.PluginOutput]:
        """One stream: what the plugin gives for these messages. With `cancel_after` the stream is cancelled after so many of them, with
        `hand_over_after` it goes on as another one that was given its state, as in a swap.

        Raises PluginError when the plugin ends the stream with anything but OK.
        """
        metadata = {"vitrine-session-key": str(session_key), "vitrine-turn-id": "1", "vitrine-epoch": "0", "vitrine-language": language}
        entries = [frame_pb2.MetadataEntry(key=key, value=value.encode()) for key, value in metadata.items()]
        stream_id = self._open_run(entries)
        outputs: List[features_pb2.PluginOutput] = []
        for index, message in enumerate(messages):
            if index == cancel_after:
                break
            if index == hand_over_after:
                outputs += self._outputs(stream_id, up_to=index)
                stream_id = self._hand_over(stream_id, entries)
            given = plugins_pb2.RunRequest(
                sequence=index + 1, turn_id=message.turn_id, revision=message.revision, capture_time_us=message.capture_time_us, message=message)
            self._send(frame_pb2.Frame(stream_id=stream_id, data=given.SerializeToString()))
        if cancel_after is not None:
            self._send(frame_pb2.Frame(stream_id=stream_id, cancel=frame_pb2.Cancel()))
            return []
        self._send(frame_pb2.Frame(stream_id=stream_id, half_close=frame_pb2.HalfClose()))
        return outputs + self._outputs(stream_id)

    def _open_run(self, entries: Sequence[frame_pb2.MetadataEntry]) -> int:
        stream_id = self._new()
        self._send(frame_pb2.Frame(stream_id=stream_id, open=frame_pb2.Open(method=RUN, metadata=entries)))
        return stream_id

    def _hand_over(self, stream_id: int, entries: Sequence[frame_pb2.MetadataEntry]) -> int:
        """Another stream with the state of this one, which is cancelled."""
        reply = plugins_pb2.ExportStateReply.FromString(self._call(EXPORT_STATE, plugins_pb2.ExportStateRequest(stream_id=stream_id)))
        other = self._open_run(entries)
        if reply.state:
            self._call(IMPORT_STATE, plugins_pb2.ImportStateRequest(stream_id=other, state=reply.state))
        self._send(frame_pb2.Frame(stream_id=stream_id, cancel=frame_pb2.Cancel()))
        return other

    def _outputs(self, stream_id: int, up_to: Optional[int] = None) -> List[features_pb2.PluginOutput]:
        """What the plugin gives until the stream has ended, or until it has done with an input."""
        outputs: List[features_pb2.PluginOutput] = []
        owed = 0
        if up_to == 0:
            return outputs
        for data in self._until_status(stream_id):
            reply = plugins_pb2.RunReply.FromString(data)
            self.acknowledged = reply.acknowledged
            if reply.HasField("given"):
                outputs.append(reply.given)
                owed += reply.given.ByteSize()
            if owed >= _GRANT_BYTES:
                self._send(frame_pb2.Frame(stream_id=stream_id, credit=frame_pb2.Credit(lane=frame_pb2.LANE_CONTROL, bytes=owed)))
                owed = 0
            if up_to is not None and reply.acknowledged >= up_to:
                return outputs
        if self.status[0] != Code.OK:
            raise PluginError(*self.status)
        return outputs

    def _new(self) -> int:
        self._next += 2
        return self._next - 2

    def _call(self, method: str, request: object) -> bytes:
        stream_id = self._new()
        self._send(frame_pb2.Frame(stream_id=stream_id, open=frame_pb2.Open(method=method)))
        self._send(frame_pb2.Frame(stream_id=stream_id, data=request.SerializeToString()))  # type: ignore[attr-defined]
        self._send(frame_pb2.Frame(stream_id=stream_id, half_close=frame_pb2.HalfClose()))
        reply = b"".join(self._until_status(stream_id))
        if self.status[0] != Code.OK:
            raise PluginError(*self.status)
        return reply

    def _send(self, frame: frame_pb2.Frame) -> None:
        try:
            self._socket.sendall(framing.encode(frame))
        except BrokenPipeError:
            raise PluginError(Code.UNAVAILABLE, "the plugin's worker has ended") from None

    def _until_status(self, stream_id: int):  # type: ignore[no-untyped-def]
        """The data frames of a stream, until its status."""
        while True:
            while self._frames:
                frame = self._frames.pop(0)
                body = frame.WhichOneof("body")
                if frame.stream_id == stream_id and body == "status":
                    self.status = (Code.of(frame.status.code), frame.status.message)
                    return
                if frame.stream_id == stream_id and body == "data":
                    yield frame.data
                elif body == "open":
                    self._methods[frame.stream_id] = frame.open.method
                elif body == "data":
                    self._serve(frame.stream_id, frame.data)
            data = self._socket.recv(256 << 10)
            if not data:
                raise PluginError(Code.UNAVAILABLE, "the plugin's worker has ended")
            self._frames += self._decoder.feed(data)

    def _serve(self, stream_id: int, data: bytes) -> None:
        method = self._methods.get(stream_id, "")
        if method.endswith("/Log"):
            self.log.append(plugins_pb2.LogLine.FromString(data).message)
        elif method.endswith("/Metrics"):
            sample = plugins_pb2.MetricSample.FromString(data)
            self.counters[sample.name] = self.counters.get(sample.name, 0) + sample.value
        elif method.endswith("/Infer"):
            reply = self._infer(plugins_pb2.InferRequest.FromString(data))
            if reply is not None:
                self._send(frame_pb2.Frame(stream_id=stream_id, data=reply.SerializeToString()))

    def _infer(self, request: plugins_pb2.InferRequest) -> Optional[plugins_pb2.InferReply]:
        for handle in request.release:
            self._kept.pop(handle, None)
        if not request.model:
            return None
        reply = plugins_pb2.InferReply(operation=request.operation)
        try:
            if request.model not in self._models:
                raise PluginError(Code.NOT_FOUND, f"the test has no model \"{request.model}\"")
            inputs = {item.name: self._kept[item.handle] if item.handle else self._coder.decode(item) for item in request.inputs}
            outputs = self._models[request.model](inputs)
            for name in request.outputs:
                message = self._coder.encode(name, outputs[name])
                if request.keep_outputs:
                    message.handle = len(self._kept) + 1
                    self._kept[message.handle] = outputs[name]
                reply.outputs.append(message)
        except PluginError as error:
            reply.code, reply.message = int(error.code), error.message
        return reply
