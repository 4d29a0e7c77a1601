"""Cameras on a server of the example shop: how much anchors tremble, and how many cameras are served."""

from __future__ import annotations

import io
import math
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from measuring import CACHE, ROOT, SHARED, Report, ShopServer, missing, percentile

TOKEN = "demo-customer-token"
PRODUCT = "earrings-gem-studs-amethyst-silver"
WIDTH, HEIGHT = 640, 480
FPS, SECONDS = 30, 8
# Of a phone's or laptop's camera in a lit room, of 255.
NOISE = 2.0
SETTLE = 30
# Name of the inference runtime's threads, and where the example shop's server tells its metrics.
INFERENCE, METRICS = "model-loader", "127.0.0.1:9401"


class Picture:
    """A photo as a camera of 640 × 480 would give it: a JPEG, the photo in the middle."""

    def __init__(self, source: Path):
        self._file = tempfile.NamedTemporaryFile(suffix=".jpg")
        self._file.write(encoded(framed(source)))
        self._file.flush()

    def __enter__(self) -> str:
        return self._file.name

    def __exit__(self, *_: object) -> None:
        self._file.close()


def framed(source: Path):
    from PIL import Image

    with Image.open(source) as photo:
        picture = photo.convert("RGB")
    share = min(WIDTH / picture.width, HEIGHT / picture.height)
    picture = picture.resize((round(picture.width * share), round(picture.height * share)), Image.Resampling.BICUBIC)
    frame = Image.new("RGB", (WIDTH, HEIGHT), picture.getpixel((2, 2)))
    frame.paste(picture, ((WIDTH - picture.width) // 2, (HEIGHT - picture.height) // 2))
    return frame


def encoded(frame) -> bytes:
    file = io.BytesIO()
    frame.save(file, "JPEG", quality=90)
    return file.getvalue()


def noisy(source: Path, count: int) -> list[bytes]:
    """One still and sensor noise: what a camera on a tripod gives of somebody who does not move."""
    import numpy as np
    from PIL import Image

    still, random = np.asarray(framed(source), np.float32), np.random.default_rng(7)
    return [encoded(Image.fromarray(np.clip(still + random.normal(0, NOISE, still.shape), 0, 255).round().astype(np.uint8))) for _ in range(count)]


def sources() -> list[Path]:
    return [CACHE / "samples/astronaut.png"] + sorted((SHARED / "pose/hands_dev/images").glob("*.jpg"))[:1]


class Camera:
    """A conversation in which every camera picture is answered with anchors."""

    def __init__(self, client):
        self.conversation = client.converse()
        self.conversation.try_on(PRODUCT, live=True, end_of_turn=False)
        self.sent: dict[int, float] = {}
        self.late_ms: list[float] = []
        self.anchors: list[dict[str, tuple[float, float]]] = []
        self.problems: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def show(self, file: bytes, number: int) -> None:
        time_us = number * 1_000_000 // FPS + 1
        self.sent[time_us] = time.perf_counter()
        self.conversation.send_frame(file, time_us)

    def finish(self) -> None:
        time.sleep(0.5)
        self.conversation.finish()
        self._reader.join()

    def _read(self) -> None:
        for message in self.conversation:
            if message.HasField("try_on") and (sent := self.sent.pop(message.try_on.capture_time_us, None)):
                self.late_ms.append((time.perf_counter() - sent) * 1e3)
                self.anchors.append({a.name: (a.x, a.y) for a in message.try_on.anchors})
            elif message.HasField("problem"):
                self.problems.append(message.problem.message)


def connect(server):
    sys.path.insert(0, str(ROOT / "examples/clients/python"))
    from vitrine_client import Client

    return Client.connect("127.0.0.1", server.port, TOKEN)


def lacking(report: Report, row: str) -> bool:
    if why := missing("PIL", "numpy", "google.protobuf"):
        report.absent(row, why)
    return bool(why)


def jitter(report: Report, build: Path) -> None:
    """Root of the mean square distance of an anchor from its mean, on a still with noise, after a second."""
    if lacking(report, "anchors at rest"):
        return
    with ShopServer(build) as server, connect(server) as client:
        for source in sources():
            camera = Camera(client)
            for number, file in enumerate(noisy(source, 4 * FPS)):
                start = time.perf_counter()
                camera.show(file, number)
                time.sleep(max(0.0, 1 / FPS - (time.perf_counter() - start)))
            camera.finish()
            if not camera.anchors:
                raise RuntimeError(f"{source.name}: no picture was answered: {camera.problems[:1]}")
            settled = camera.anchors[SETTLE:]
            for name in sorted(set.intersection(*(set(a) for a in settled))):
                xs, ys = [a[name][0] for a in settled], [a[name][1] for a in settled]
                rms = (statistics.pvariance(xs) + statistics.pvariance(ys)) ** 0.5
                report.add(f"anchors at rest, {source.stem}", f"{name}, RMS of {len(settled)}", rms, "px", "≤ .5")


def swaying(source: Path, count: int) -> list[bytes]:
    """The still, moving from side to side by 40 pixels in `count` pictures, with sensor noise."""
    import numpy as np
    from PIL import Image

    still, random = np.asarray(framed(source), np.float32), np.random.default_rng(7)
    shifts = [round(40 * math.sin(2 * math.pi * number / count)) for number in range(count)]
    return [encoded(Image.fromarray(np.clip(np.roll(still, shift, 1) + random.normal(0, NOISE, still.shape), 0, 255).round().astype(np.uint8)))
            for shift in shifts]


def streams(report: Report, build: Path) -> None:
    """Cameras of 30 pictures a second at once; the client that plays them runs on the same machine."""
    if lacking(report, "cameras"):
        return
    still, moving = noisy(sources()[0], 10), swaying(sources()[0], 60)
    with ShopServer(build) as server:
        for count, files in ((1, still), (2, still), (4, still), (4, moving), (6, still)):
            with connect(server) as client:
                cameras = [Camera(client) for _ in range(count)]
                used, inside, models, begin = server.cpu_ms(), server.cpu_ms(INFERENCE), server.inference_ms(METRICS), time.perf_counter()
                own = time.process_time()
                for number in range(FPS * SECONDS):
                    for camera in cameras:
                        camera.show(files[number % len(files)], number)
                    time.sleep(max(0.0, begin + (number + 1) / FPS - time.perf_counter()))
                took = time.perf_counter() - begin
                used, inside, own = server.cpu_ms() - used, server.cpu_ms(INFERENCE) - inside, (time.process_time() - own) * 1e3
                after = server.inference_ms(METRICS)
                for camera in cameras:
                    camera.finish()
            late = [ms for camera in cameras for ms in camera.late_ms]
            answers = max(1, len(late))
            row = f"{count} camera{'s' if count > 1 else ''}{' in motion' if files is moving else ''}"
            report.add(row, "answers a second and camera", len(late) / took / count, "", "≥ 29" if count == 4 else "")
            report.add(row, "to the answer, median", statistics.median(late), "ms")
            report.add(row, "to the answer, p95", percentile(late, 95), "ms")
            report.add(row, "the server's CPU time a picture", used / answers, "ms")
            report.add(row, "of it inference", inside / answers, "ms")
            for name in sorted(after):
                if (spent := after[name] - models.get(name, 0)) / answers >= 0.01:
                    report.add(row, f"inside {name} a picture", spent / answers, "ms")
            report.add(row, "the client's CPU time a picture", own / answers, "ms")
            report.add(row, "pictures sent a second and camera", FPS * SECONDS / took, "")
            if problems := [p for camera in cameras for p in camera.problems]:
                print(f"  {problems[0]}")
