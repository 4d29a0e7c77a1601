"""grpc.aio: the same messages, three awaited calls between decode and encode. Prints its port."""

import asyncio
import sys

import grpc

sys.path.insert(0, sys.argv[1])
from vitrine.v1 import sessions_pb2, sessions_pb2_grpc  # noqa: E402


class Node:
    async def forward(self, message):
        return message


class Sessions(sessions_pb2_grpc.SessionsServicer):
    def __init__(self):
        self.nodes = [Node() for _ in range(3)]

    async def Converse(self, requests, context):
        sequence = 0
        async for message in requests:
            for node in self.nodes:
                message = await node.forward(message)
            sequence += 1
            yield sessions_pb2.ServerMessage(sequence=sequence, turn_id=message.turn_id, audio=message.audio)


async def main():
    server = grpc.aio.server()
    sessions_pb2_grpc.add_SessionsServicer_to_server(Sessions(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


asyncio.run(main())
