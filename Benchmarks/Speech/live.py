"""Live streams against a server of the example shop, sent as a microphone does: 20 ms every 20 ms."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from measuring import ROOT, Report, ShopServer, missing, percentile
from orders import RATE_HZ

PIECE_MS = 20
SILENCE_MS = 1200
"""After each clip, so that the server finds its end by itself."""
TOKEN = "demo-customer-token"
PARTIAL_MS_MAX = 400


class Heard:
    """What one stream was told, with the moments at which it came, in milliseconds since the stream began."""

    def __init__(self) -> None:
        self.starts: list[float] = []
        self.finals: list[float] = []
        self.partials: list[float] = []
        self.unsettled = 0
        self.words: list[str] = []


def speak(client, clips: list[bytes], heard: Heard) -> None:
    """Sends the clips one after the other in real time and notes what comes back until the last has been transcribed."""
    from vitrine.v1 import sessions_pb2 as pb
    from vitrine.v1 import frame_pb2

    conversation = client.converse()
    begun = time.monotonic()
    now_ms = lambda: (time.monotonic() - begun) * 1000  # noqa: E731
    done = threading.Event()

    def listen() -> None:
        speaking_from = ended = last = None
        settled = ""
        expected = len(clips)
        try:
            while (message := conversation.receive(timeout=60)) is not None:
                now = now_ms()
                if message.HasField("speech"):
                    if message.speech.event == 1:
                        heard.starts.append(now - message.speech.at_us / 1000)
                        speaking_from = last = now
                        settled = ""
                    else:
                        ended = now
                elif message.HasField("transcript"):
                    transcript = message.transcript
                    text = transcript.text.encode()
                    if not text.startswith(settled.encode()):
                        heard.unsettled += 1
                    if transcript.final:
                        if ended is not None:
                            heard.finals.append(now - ended)
                        heard.words.append(transcript.text)
                        settled, expected = "", expected - 1
                    else:
                        settled = text[:transcript.stable_bytes].decode()
                        if last is not None:
                            heard.partials.append(now - last)
                        last = now
        except (TimeoutError, RuntimeError):
            pass
        finally:
            done.set()

    listener = threading.Thread(target=listen)
    listener.start()
    step = RATE_HZ * PIECE_MS // 1000 * 2
    sent_ms = 0.0
    for clip in clips:
        signal = clip + bytes(RATE_HZ * SILENCE_MS // 1000 * 2)
        # Whole pieces: one that is shorter than the time it counts for would let the signal fall behind its capture times, clip by clip.
        signal += bytes(-len(signal) % step)
        for at in range(0, len(signal), step):
            time.sleep(max(0.0, (sent_ms + PIECE_MS - now_ms()) / 1000))
            piece = signal[at:at + step]
            # A capture time of 0 is one that is not known.
            conversation.send(frame_pb2.LANE_AUDIO, capture_time_us=int(sent_ms * 1000) + 1, audio=pb.AudioChunk(
                encoding=pb.AUDIO_ENCODING_PCM16LE, sample_rate_hz=RATE_HZ, channels=1, samples=piece))
            sent_ms += PIECE_MS
    conversation.finish()
    done.wait(60)
    listener.join()


def clips_of(files: list[Path]) -> list[bytes]:
    import soundfile

    clips = []
    for file in files:
        samples, rate = soundfile.read(file, dtype="int16")
        if rate == RATE_HZ and samples.ndim == 1:
            clips.append(samples.tobytes())
    return clips


def measure(build: Path, report: Report, files: list[Path]) -> None:
    """`files`: 16 kHz clips of at most 10 s."""
    if why := missing("google.protobuf", "soundfile", "numpy"):
        return report.absent("live", why)
    sys.path.insert(0, str(ROOT / "examples/clients/python"))
    from vitrine_client import Client

    clips = clips_of(files)
    with ShopServer(build) as server:
        for streams, share in ((1, 12), (8, 3)):
            heard = [Heard() for _ in range(streams)]
            with Client.connect("127.0.0.1", server.port, TOKEN) as client:
                threads = [
                    threading.Thread(target=speak, args=(client, [clips[(i * share + k) % len(clips)] for k in range(share)], heard[i]))
                    for i in range(streams)
                ]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            row = f"live, {streams} stream{'s' if streams > 1 else ''}"
            finals, partials, starts = ([v for h in heard for v in getattr(h, name)] for name in ("finals", "partials", "starts"))
            report.times(row, "END to final transcript", finals, "250" if streams == 1 else "p95 1000")
            report.times(row, "from speech to START", starts, "120")
            if partials:
                report.times(row, "between partial transcripts", partials, str(PARTIAL_MS_MAX) if streams == 1 else "")
                within = sum(gap <= PARTIAL_MS_MAX for gap in partials) / len(partials)
                report.add(row, f"of these within {PARTIAL_MS_MAX} ms", 100 * within, "%")
            report.add(row, "transcripts that took back what was settled", sum(h.unsettled for h in heard), "", "0")
            report.add(row, "p99 END to final", percentile(finals, 99), "ms")
