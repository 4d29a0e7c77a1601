"""What a plugin's author writes: a class for the plugin, a class for a stream."""

import random
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Dict, List, Optional, Sequence

from vitrine.v1 import features_pb2, plugins_pb2, sessions_pb2

from .errors import Code, PluginError
from .tensors import Tensor

if TYPE_CHECKING:
    from .host import Host
    from .worker import Worker


class Plugin(ABC):
    """One instance for the life of the process. Keep tables and models' vocabularies here, and what belongs to one conversation in the handler."""

    #: What the plugin is, takes, gives and needs.
    manifest: ClassVar[plugins_pb2.PluginManifest]

    def __init__(self, host: "Host") -> None:
        """The models that the manifest names are compiled by now, and options are known. Raise PluginError to say why it cannot work."""
        self.host = host

    @abstractmethod
    def open(self, stream: "Stream") -> "StreamHandler":
        """A turn or an utterance begins. Raise PluginError to refuse it."""


class StreamHandler(ABC):
    """One stream's side of a plugin. Calls come one at a time, over all streams."""

    @abstractmethod
    def receive(self, message: "Input") -> None:
        """A message has come. Raise PluginError to end the stream with its status; for an input that cannot be used while the stream can go on, emit
        a problem (`message.problem`). When it returns, the input is done with."""

    def half_closed(self) -> None:
        """Nothing more will come. The stream is closed with OK afterwards, unless this has closed it."""

    def cancelled(self) -> None:
        """Nothing more is wanted."""

    def export_state(self) -> bytes:
        """What another build of the plugin needs to go on with this stream; b"" = nothing. Asked between two inputs when the plugin is swapped, if
        its manifest says `stateful`; when the other build has taken it this stream is cancelled. Raise PluginError with UNAVAILABLE for "not now", and
        it is asked again after further input; any other error means never, and the stream goes on here until it ends."""
        raise PluginError(Code.UNIMPLEMENTED, "the plugin hands no state over")

    def import_state(self, state: bytes) -> None:
        """What another build's `export_state` gave, before any input. The bytes may come from an older version: raise PluginError for what cannot be
        used, and the stream goes on where it was. Nothing can be emitted here."""
        raise PluginError(Code.UNIMPLEMENTED, "the plugin takes no state over")


class Input:
    """One message for a plugin."""

    def __init__(self, given: plugins_pb2.RunRequest, now_us: int) -> None:
        self.sequence: int = given.sequence
        self.turn_id: int = given.turn_id
        self.revision: int = given.revision
        #: Microseconds on the session's time line.
        self.capture_time_us: int = given.capture_time_us
        #: On `Host.now_us`; 0 = none.
        self.deadline_us: int = now_us + given.timeout_us if given.timeout_us else 0
        self.message: sessions_pb2.ClientMessage = given.message

    @property
    def kind(self) -> str:
        """Which of the kinds it is: "text", "audio", "image", "video", "behaviour", "control"; "" = one that this version does not know."""
        return self.message.WhichOneof("kind") or ""

    def output(self, modality: str, **kind: Any) -> features_pb2.PluginOutput:
        """An output that speaks for this input: `message.output("image", embedding=Embedding(…))`."""
        return features_pb2.PluginOutput(
            turn_id=self.turn_id, revision=self.revision, capture_time_us=self.capture_time_us, modality=modality, **kind)

    def problem(self, modality: str, message: str, code: Code = Code.INVALID_ARGUMENT) -> features_pb2.PluginOutput:
        """An output that says why this input cannot be used; the stream goes on."""
        return self.output(modality, problem=features_pb2.InputProblem(code=int(code), message=message))


class Stream:
    """The way back to the host for one stream."""

    def __init__(self, worker: "Worker", stream_id: int, metadata: Dict[str, str], deadline_us: int) -> None:
        self.id = stream_id
        #: Fairness key, and seed of whatever is random on the stream.
        self.session_key = int(metadata.get("vitrine-session-key", "0"))
        self.turn_id = int(metadata.get("vitrine-turn-id", "0"))
        self.epoch = int(metadata.get("vitrine-epoch", "0"))
        #: BCP 47, or "".
        self.language = metadata.get("vitrine-language", "")
        #: On `Host.now_us`; 0 = none.
        self.deadline_us = deadline_us
        #: Seeded by session and turn: the same conversation gives the same numbers.
        self.random = random.Random(self.session_key ^ (self.turn_id * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF))
        self._worker = worker

    @property
    def is_open(self) -> bool:
        """False once it was closed by either side."""
        return self._worker.is_open(self.id)

    def emit(self, output: features_pb2.PluginOutput) -> None:
        """Gives the host an output; waits while the host takes no more. Raises StreamCancelled when the host has cancelled meanwhile."""
        self._worker.emit(self.id, output)

    def close(self, code: Code = Code.OK, message: str = "") -> None:
        """Ends the stream; what was emitted goes first."""
        self._worker.close(self.id, code, message)

    def infer(
        self, model: str, inputs: Dict[str, Tensor], outputs: Sequence[str], priority: int = 1, timeout_us: int = 0, keep: bool = False
    ) -> List[Tensor]:
        """Runs one of the manifest's models on the host and waits for its outputs, in the order in which they were named.

        `priority` is 0 (a final result that somebody waits for) to 4 (background); `timeout_us` the time left for the job to begin (0 = the
        stream's); `keep` leaves the outputs with the host as well, so that they can be inputs of further jobs of this stream without travelling
        again. Raises PluginError when the job fails and StreamCancelled when the stream does.
        """
        return self._worker.infer(self.id, model, inputs, outputs, priority, timeout_us, keep)

    def release(self, tensors: Sequence[Optional[Tensor]]) -> None:
        """Kept outputs that are not needed any more; those of a stream go with it anyway."""
        self._worker.release([tensor.handle for tensor in tensors if tensor is not None and tensor.handle])
