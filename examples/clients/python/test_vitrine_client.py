"""python3 -m unittest discover examples/clients/python"""

import pathlib
import random
import socket
import sys
import threading
import time
import unittest
from datetime import datetime

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import vitrine_client  # noqa: E402
from vitrine.v1 import frame_pb2, sessions_pb2  # noqa: E402
from vitrine_framing import FrameDecoder, ProtocolError, encode  # noqa: E402


class Framing(unittest.TestCase):
    def test_any_cutting_gives_the_same_frames(self):
        seed = random.Random(3)
        frames = [frame_pb2.Frame(stream_id=i, data=seed.randbytes(seed.choice([0, 1, 5, 900, 70_000]))) for i in range(20)]
        rest, decoder, found = b"".join(map(encode, frames)), FrameDecoder(), []
        while rest:
            size = seed.choice([1, 2, 7, 1000, 50_000])
            found += decoder.feed(rest[:size])
            rest = rest[size:]
        self.assertEqual(found, frames)
        self.assertTrue(decoder.is_idle)

    def test_the_prefix_is_gRPCs(self):
        frame = frame_pb2.Frame(ping=frame_pb2.Ping(token=5))
        self.assertEqual(encode(frame), b"\0\0\0\0\4" + frame.SerializeToString())

    def test_flags_are_refused(self):
        for flags in (1, 2, 128):
            with self.assertRaisesRegex(ProtocolError, f"flag byte {flags}"):
                FrameDecoder().feed(bytes([flags, 0, 0, 0, 0]))

    def test_a_frame_above_the_limit_is_refused_before_it_arrives(self):
        with self.assertRaisesRegex(ProtocolError, "1001 bytes: at most 1000"):
            FrameDecoder(1000).feed(b"\0\0\0\3\xe9")

    def test_garbage_is_refused(self):
        with self.assertRaisesRegex(ProtocolError, "decoded"):
            FrameDecoder().feed(b"\0\0\0\0\2\x0a\xff")


class Server:
    """The other end of a socket pair, driven by the test."""

    def __init__(self, sock):
        self.socket, self.decoder, self.waiting = sock, FrameDecoder(), []
        self.socket.settimeout(5)

    def next(self):
        while not self.waiting:
            self.waiting += self.decoder.feed(self.socket.recv(1 << 16))
        return self.waiting.pop(0)

    def send(self, **fields):
        self.socket.sendall(encode(frame_pb2.Frame(**fields)))


class Conversations(unittest.TestCase):
    def setUp(self):
        ours, theirs = socket.socketpair()
        self.server = Server(theirs)
        self.client = vitrine_client.Client(ours, "secret")
        self.addCleanup(theirs.close)
        self.addCleanup(self.client.close)

    def open(self):
        conversation = self.client.converse()
        return conversation, self.server.next()

    def test_a_conversation_is_opened_with_its_token(self):
        _, frame = self.open()
        self.assertEqual(frame.open.method, "/vitrine.v1.Sessions/Converse")
        metadata = {m.key: m.value.decode() for m in frame.open.metadata}
        self.assertEqual(metadata["authorization"], "Bearer secret")
        self.assertIsNotNone(datetime.fromisoformat(metadata["vitrine-time"]).utcoffset())
        self.assertEqual(len(metadata), 2)
        self.assertEqual(frame.stream_id, 1)

    def test_text_goes_and_replies_come_until_the_status(self):
        conversation, opened = self.open()
        conversation.send_text("a ring", "en")
        conversation.finish()
        said = sessions_pb2.ClientMessage.FromString(self.server.next().data)
        self.assertEqual((said.sequence, said.text.text, said.end_of_turn), (1, "a ring", True))
        self.assertEqual(self.server.next().WhichOneof("body"), "half_close")
        for sequence in (1, 2):
            message = sessions_pb2.ServerMessage(sequence=sequence, reply=sessions_pb2.ReplyDelta(text="hm"))
            self.server.send(stream_id=opened.stream_id, data=message.SerializeToString())
        self.server.send(stream_id=opened.stream_id, status=frame_pb2.Status())
        self.assertEqual([m.sequence for m in conversation], [1, 2])
        self.assertEqual(conversation.status, vitrine_client.Status(0))
        self.assertIsNone(conversation.receive(1))

    def test_another_status_is_raised_and_named(self):
        conversation, opened = self.open()
        self.server.send(stream_id=opened.stream_id, status=frame_pb2.Status(code=16, message="who are you"))
        with self.assertRaisesRegex(vitrine_client.RpcError, "UNAUTHENTICATED: who are you"):
            conversation.receive(5)

    def test_a_photo_goes_in_parts_and_waits_for_credit(self):
        conversation, opened = self.open()
        photo = random.Random(1).randbytes(9 << 20)
        sender = threading.Thread(target=conversation.send_selfie, args=(photo,))
        sender.start()
        received, parts = 0, []
        while received + (1 << 20) < 8 << 20:
            data = self.server.next().data
            received += len(data)
            parts.append(sessions_pb2.ClientMessage.FromString(data))
        sender.join(0.2)
        self.assertTrue(sender.is_alive(), "nothing more is sent without credit")
        self.server.send(stream_id=opened.stream_id, credit=frame_pb2.Credit(lane=frame_pb2.LANE_AUDIO, bytes=1 << 30))
        sender.join(0.2)
        self.assertTrue(sender.is_alive(), "another lane's credit does not count")
        self.server.send(stream_id=opened.stream_id, credit=frame_pb2.Credit(lane=frame_pb2.LANE_MEDIA, bytes=received))
        while not parts[-1].image.last:
            parts.append(sessions_pb2.ClientMessage.FromString(self.server.next().data))
        sender.join(5)
        self.assertFalse(sender.is_alive())
        self.assertEqual(b"".join(p.image.data for p in parts), photo)
        self.assertEqual([p.image.part for p in parts], list(range(9)))
        self.assertEqual([p.sequence for p in parts], list(range(1, 10)))
        self.assertEqual({p.image.purpose for p in parts}, {sessions_pb2.IMAGE_PURPOSE_SELFIE})

    def test_speech_goes_in_chunks_of_20_ms(self):
        conversation, _ = self.open()
        conversation.send_audio(bytes(700), 16_000)
        first, second = (sessions_pb2.ClientMessage.FromString(self.server.next().data).audio for _ in range(2))
        self.assertEqual((len(first.samples), first.last, len(second.samples), second.last), (640, False, 60, True))

    def test_a_ping_is_answered(self):
        self.server.send(ping=frame_pb2.Ping(token=77))
        self.assertEqual(self.server.next().pong.token, 77)

    def test_going_away_ends_what_will_not_be_served_and_refuses_more(self):
        served, opened = self.open()
        refused, _ = self.open()
        self.server.send(go_away=frame_pb2.GoAway(last_stream_id=opened.stream_id, code=14, message="bye"))
        with self.assertRaisesRegex(vitrine_client.RpcError, "UNAVAILABLE: bye"):
            refused.receive(5)
        with self.assertRaisesRegex(vitrine_client.RpcError, "bye"):
            self.client.converse()
        self.server.send(stream_id=opened.stream_id, status=frame_pb2.Status())
        self.assertIsNone(served.receive(5))

    def test_a_lost_connection_ends_everything_and_wakes_who_waits(self):
        conversation, _ = self.open()
        conversation._credit[frame_pb2.LANE_MEDIA] = 0
        failed = []

        def send():
            try:
                conversation.send_image(b"x")
            except vitrine_client.RpcError as error:
                failed.append(error.status.code)

        sender = threading.Thread(target=send)
        sender.start()
        self.server.socket.close()
        sender.join(5)
        self.assertEqual(failed, [14])
        with self.assertRaises(vitrine_client.RpcError):
            conversation.receive(5)

    def test_what_arrived_is_acknowledged_now_and_then(self):
        conversation, opened = self.open()
        for sequence in range(1, 17):
            message = sessions_pb2.ServerMessage(sequence=sequence)
            self.server.send(stream_id=opened.stream_id, data=message.SerializeToString())
        for _ in range(16):
            conversation.receive(5)
        said = sessions_pb2.ClientMessage.FromString(self.server.next().data)
        self.assertEqual(said.control.acknowledge.sequence, 16)
        self.assertEqual(conversation.last_sequence, 16)

    def test_a_talkative_server_is_not_acknowledged_more_often_than_it_allows(self):
        conversation, opened = self.open()
        for sequence in range(1, 161):
            self.server.send(stream_id=opened.stream_id, data=sessions_pb2.ServerMessage(sequence=sequence).SerializeToString())
        start = time.monotonic()
        for _ in range(160):
            conversation.receive(5)
        took = time.monotonic() - start
        conversation.send_text("that is all")
        acknowledged = 0
        while not (said := sessions_pb2.ClientMessage.FromString(self.server.next().data)).HasField("text"):
            acknowledged += said.control.HasField("acknowledge")
        self.assertGreaterEqual(acknowledged, 1)
        self.assertLessEqual(acknowledged, 1 + took / vitrine_client.ACKNOWLEDGE_S_MIN)

    def test_a_trace_is_asked_for(self):
        self.client.converse(trace=True)
        metadata = {m.key: m.value for m in self.server.next().open.metadata}
        self.assertEqual(metadata["vitrine-trace"], b"on")

    def test_resuming_names_the_session_and_the_last_message(self):
        self.client.converse(resume=("s-1", 7))
        metadata = {m.key: m.value for m in self.server.next().open.metadata}
        self.assertEqual((metadata["vitrine-session-id"], metadata["vitrine-resume-after"]), (b"s-1", b"7"))


if __name__ == "__main__":
    unittest.main()
