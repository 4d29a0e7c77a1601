"""The kit against a host in the same process, over real sockets."""

import struct
import unittest

from vitrine.v1.sessions_pb2 import ClientMessage, TextInput

from vitrine_plugin import (
    Code, Input, InputProblem, Label, Labels, ModelRequirement, Option, OutputPort, Plugin, PluginError, PluginManifest, Stream, StreamHandler,
    Tensor)
from vitrine_plugin.errors import ProtocolError
from vitrine_plugin.framing import FrameDecoder, encode
from vitrine_plugin.testing import HostForTests
from vitrine_plugin.worker import EXPORT_STATE, IMPORT_STATE, RUN
from vitrine.v1.frame_pb2 import Frame, Open, Ping
from vitrine.v1.plugins_pb2 import ExportStateRequest, ImportStateRequest


def text(words: str) -> ClientMessage:
    return ClientMessage(text=TextInput(text=words))


class Echo(Plugin):
    manifest = PluginManifest(
        name="echo", version="1.0.0", consumes=["text"], produces=[OutputPort(kind="labels")],
        options=[Option(key="prefix", default_value=">")], models=[ModelRequirement(name="add", path="add.xml", precision="f32", requests=1)])
    cancelled = 0

    def open(self, stream: Stream) -> StreamHandler:
        if stream.language == "xx":
            raise PluginError(Code.INVALID_ARGUMENT, "not this language")
        return EchoStream(self, stream)


class EchoStream(StreamHandler):
    def __init__(self, plugin: Echo, stream: Stream) -> None:
        self.plugin, self.stream = plugin, stream

    def label(self, message: Input, name: str) -> None:
        self.stream.emit(message.output("text", labels=Labels(scheme="echo", labels=[Label(name=name, probability=1)])))

    def receive(self, message: Input) -> None:
        words = message.message.text.text
        host = self.plugin.host
        if words == "raise":
            raise PluginError(Code.OUT_OF_RANGE, "too far")
        if words == "crash":
            raise ValueError("a mistake")
        if words == "problem":
            return self.stream.emit(message.problem("text", "cannot be used"))
        if words == "log":
            host.logger.warning("said %s", "this")
            host.count("things", 2)
        if words == "flood":
            for _ in range(3000):
                self.label(message, "x" * 1000)
        if words == "nothing":
            return
        if words.startswith("add"):
            size = int(words[3:])
            ones = Tensor.of("f32", [size], [1.0] * size)
            total, = self.stream.infer("add", {"a": ones, "b": ones}, ["sum"], keep=True)
            again, = self.stream.infer("add", {"a": total, "b": total}, ["sum"])
            self.stream.release([total])
            self.label(message, f"{len(again.values())} {again.values()[0]}")
            return
        self.label(message, f"{host.option('prefix')}{words}")

    def cancelled(self) -> None:
        Echo.cancelled += 1


class Counter(Plugin):
    manifest = PluginManifest(name="counter", version="1.0.0", consumes=["text"], produces=[OutputPort(kind="labels")], stateful=True)

    def open(self, stream: Stream) -> StreamHandler:
        return CounterStream(stream)


class CounterStream(StreamHandler):
    """Numbers what it hears, over swaps too."""

    def __init__(self, stream: Stream) -> None:
        self.stream, self.count, self.words = stream, 0, ""

    def receive(self, message: Input) -> None:
        self.count += 1
        self.words = message.message.text.text
        self.stream.emit(message.output("text", labels=Labels(labels=[Label(name=f"{self.count} {self.words}")])))

    def export_state(self) -> bytes:
        if self.words == "not now":
            raise PluginError(Code.UNAVAILABLE, "in the middle of something")
        return b"" if self.words == "nothing" else struct.pack("<I", self.count)

    def import_state(self, state: bytes) -> None:
        if len(state) != 4:
            raise PluginError(Code.INVALID_ARGUMENT, "no state of this plugin")
        self.count, = struct.unpack("<I", state)


def names(outputs: list) -> list:
    return [label.name for output in outputs for label in output.labels.labels]


def add(inputs: dict) -> dict:
    values = [a + b for a, b in zip(inputs["a"].values(), inputs["b"].values())]
    return {"sum": Tensor.of("f32", inputs["a"].shape, values)}


class WorkerTests(unittest.TestCase):
    def test_what_is_no_message_ends_its_own_stream_alone(self) -> None:
        with HostForTests(Echo) as host:
            stream_id = host._new()
            host._send(Frame(stream_id=stream_id, open=Open(method=RUN)))
            host._send(Frame(stream_id=stream_id, data=b"\xff\xff\xff"))
            self.assertEqual(list(host._until_status(stream_id)), [])
            self.assertEqual(host.status[0], Code.INVALID_ARGUMENT)
            self.assertEqual(len(host.run([text("a ring")])), 1)

    def test_messages_are_answered_in_order_and_acknowledged(self) -> None:
        with HostForTests(Echo, options={"prefix": "-"}) as host:
            outputs = host.run([text("a"), text("nothing"), text("b")])
            self.assertEqual(names(outputs), ["-a", "-b"])
            self.assertEqual((host.status[0], host.acknowledged), (Code.OK, 3))
            self.assertEqual(names(host.run([text("c")])), ["-c"])

    def test_what_a_plugin_raises_ends_its_stream_alone(self) -> None:
        with HostForTests(Echo) as host:
            with self.assertRaisesRegex(PluginError, "OUT_OF_RANGE: too far"):
                host.run([text("a"), text("raise")])
            with self.assertRaisesRegex(PluginError, "INTERNAL: the plugin raised ValueError: a mistake"):
                host.run([text("crash")])
            with self.assertRaisesRegex(PluginError, "INVALID_ARGUMENT: not this language"):
                host.run([text("a")], language="xx")
            self.assertEqual(names(host.run([text("still here")])), [">still here"])

    def test_a_problem_lets_the_stream_go_on(self) -> None:
        with HostForTests(Echo) as host:
            outputs = host.run([text("problem"), text("b")])
            self.assertEqual(outputs[0].problem, InputProblem(code=3, message="cannot be used"))
            self.assertEqual(names(outputs), [">b"])

    def test_a_cancelled_stream_is_told_once(self) -> None:
        before = Echo.cancelled
        with HostForTests(Echo) as host:
            host.run([text("a"), text("b")], cancel_after=1)
            host.run([text("c")])
        self.assertEqual(Echo.cancelled, before + 1)

    def test_a_stream_goes_on_with_the_state_that_another_was_in(self) -> None:
        with HostForTests(Counter) as host:
            said = [text("a"), text("b"), text("c")]
            self.assertEqual(names(host.run(said, hand_over_after=2)), ["1 a", "2 b", "3 c"])
            self.assertEqual(names(host.run([text("nothing"), text("b")], hand_over_after=1)), ["1 nothing", "1 b"])
            with self.assertRaisesRegex(PluginError, "UNAVAILABLE: in the middle"):
                host.run([text("not now"), text("b")], hand_over_after=1)
            with self.assertRaisesRegex(PluginError, "INVALID_ARGUMENT: no state"):
                stream_id = host._open_run([])
                host._call(IMPORT_STATE, ImportStateRequest(stream_id=stream_id, state=b"?"))
            with self.assertRaisesRegex(PluginError, "NOT_FOUND: stream 99"):
                host._call(EXPORT_STATE, ExportStateRequest(stream_id=99))

    def test_a_plugin_that_keeps_its_state_to_itself_says_so(self) -> None:
        with HostForTests(Echo) as host, self.assertRaisesRegex(PluginError, "UNIMPLEMENTED: the plugin hands no state over"):
            host.run([text("a"), text("b")], hand_over_after=1)

    def test_more_than_the_credit_waits_for_more(self) -> None:
        with HostForTests(Echo) as host:
            self.assertEqual(len(host.run([text("flood")])), 3001)

    def test_inference_small_and_large_through_memory_files(self) -> None:
        for size in [3, 100_000]:
            with HostForTests(Echo, models={"add": add}) as host:
                self.assertEqual(names(host.run([text(f"add{size}")])), [f"{size} 4.0"])

    def test_a_model_that_fails_is_an_error_of_the_stream(self) -> None:
        with HostForTests(Echo) as host, self.assertRaisesRegex(PluginError, "NOT_FOUND"):
            host.run([text("add3")])

    def test_log_and_counters_reach_the_host(self) -> None:
        with HostForTests(Echo) as host:
            host.run([text("log")])
            self.assertEqual(host.log, ["said this"])
            self.assertEqual(host.counters, {"things": 2})

    def test_an_unknown_option_is_refused(self) -> None:
        with self.assertRaisesRegex(PluginError, "no option nonsense; it has: prefix"):
            HostForTests(Echo, options={"nonsense": "1"}).__enter__()


class FramingTests(unittest.TestCase):
    def test_frames_come_whole_however_they_are_cut(self) -> None:
        frames = [Frame(ping=Ping(token=token)) for token in (1, 300, 70_000)]
        data = b"".join(encode(frame) for frame in frames)
        decoder, got = FrameDecoder(), []
        for index in range(len(data)):
            got += decoder.feed(data[index : index + 1])
        self.assertEqual(got, frames)

    def test_what_is_no_frame_is_refused(self) -> None:
        for data in [b"\x01\0\0\0\0", struct.pack(">BI", 0, 1 << 31), struct.pack(">BI", 0, 3) + b"\xff\xff\xff"]:
            with self.assertRaises(ProtocolError):
                FrameDecoder().feed(data)


class TensorTests(unittest.TestCase):
    def test_shape_and_bytes_must_agree(self) -> None:
        with self.assertRaisesRegex(PluginError, "8 bytes where f32 .1, 3. needs 12"):
            Tensor("f32", (1, 3), b"\0" * 8)
        with self.assertRaisesRegex(PluginError, "allowed: f32, i64"):
            Tensor("f99", (1,), b"")


if __name__ == "__main__":
    unittest.main()
