"""Pipecat: three FrameProcessors in one process; decode and encode with protobuf's Python runtime, no socket.

usage: pipecat_pipeline.py PROTO_DIR FRAMES; prints CPU seconds and frames as JSON.
"""

import asyncio
import json
import sys
import time

sys.path.insert(0, sys.argv[1])
from vitrine.v1 import sessions_pb2  # noqa: E402

from pipecat.frames.frames import EndFrame, InputAudioRawFrame  # noqa: E402
from pipecat.pipeline.pipeline import Pipeline  # noqa: E402
from pipecat.pipeline.runner import PipelineRunner  # noqa: E402
from pipecat.pipeline.task import PipelineParams, PipelineTask  # noqa: E402
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor  # noqa: E402

FRAMES = int(sys.argv[2])
WINDOW = 32


class Pass(FrameProcessor):
    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)


class Encode(FrameProcessor):
    def __init__(self, gate):
        super().__init__()
        self.gate, self.count = gate, 0

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            self.count += 1
            out = sessions_pb2.ServerMessage(sequence=self.count, turn_id=1)
            out.audio.samples = frame.audio
            out.audio.sample_rate_hz = frame.sample_rate
            out.SerializeToString()
            self.gate.release()
        await self.push_frame(frame, direction)


async def main():
    message = sessions_pb2.ClientMessage(turn_id=1, capture_time_us=1000000)
    message.audio.encoding, message.audio.sample_rate_hz, message.audio.channels, message.audio.samples = 1, 16000, 1, bytes(640)
    wire = message.SerializeToString()
    gate = asyncio.Semaphore(WINDOW)
    encode = Encode(gate)
    task = PipelineTask(Pipeline([Pass(), Pass(), Pass(), encode]), params=PipelineParams())
    runner = PipelineRunner(handle_sigint=False)
    running = asyncio.create_task(runner.run(task))
    await asyncio.sleep(0.5)
    begin = time.process_time()
    for _ in range(FRAMES):
        await gate.acquire()
        decoded = sessions_pb2.ClientMessage.FromString(wire)
        await task.queue_frame(InputAudioRawFrame(audio=decoded.audio.samples, sample_rate=16000, num_channels=1))
    for _ in range(WINDOW):
        await gate.acquire()
    cpu = time.process_time() - begin
    print(json.dumps({"cpu_seconds": cpu, "frames": FRAMES}), flush=True)
    await task.queue_frame(EndFrame())
    await asyncio.wait_for(running, 10)


asyncio.run(main())
