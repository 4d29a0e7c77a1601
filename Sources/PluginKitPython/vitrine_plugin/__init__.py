"""Plugins for Vitrine in Python: programs that a server starts, asks what they are, and gives streams of messages.

    from vitrine_plugin import Input, Plugin, PluginManifest, Stream, StreamHandler, serve

    class Shout(Plugin):
        manifest = PluginManifest(name="shout", version="1.0.0", consumes=["text"])

        def open(self, stream: Stream) -> StreamHandler:
            return ShoutStream(stream)

`serve(Shout)` is the whole main program. See docs/workers.md.
"""

from vitrine.v1.features_pb2 import Embedding, InputProblem, Label, Labels, PluginOutput, Transcript
from vitrine.v1.plugins_pb2 import ModelRequirement, Option, OutputPort, PluginManifest

from .errors import Code, PluginError, ProtocolError, StreamCancelled
from .host import Host
from .plugin import Input, Plugin, Stream, StreamHandler
from .tensors import Tensor
from .worker import serve

__all__ = [
    "Code", "Embedding", "Host", "Input", "InputProblem", "Label", "Labels", "ModelRequirement", "Option", "OutputPort", "Plugin", "PluginError",
    "PluginManifest", "PluginOutput", "ProtocolError", "Stream", "StreamCancelled", "StreamHandler", "Tensor", "Transcript", "serve",
]
