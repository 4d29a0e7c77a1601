#!/usr/bin/env python3
"""The smallest worker in Python: a label for each text."""

from vitrine_plugin import Input, Label, Labels, OutputPort, Plugin, PluginManifest, Stream, StreamHandler, serve


class Words(Plugin):
    manifest = PluginManifest(name="words", version="1.0.0", consumes=["text"], produces=[OutputPort(kind="labels")], idempotent=True)

    def open(self, stream: Stream) -> StreamHandler:
        return WordsStream(stream)


class WordsStream(StreamHandler):
    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    def receive(self, message: Input) -> None:
        labels = Labels(scheme="words", labels=[Label(name=word, probability=1) for word in message.message.text.text.split()])
        self.stream.emit(message.output("text", labels=labels))


if __name__ == "__main__":
    serve(Words)
