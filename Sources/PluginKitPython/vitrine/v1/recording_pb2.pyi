from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
DIRECTION_IN: Direction
DIRECTION_OUT: Direction
DIRECTION_OUTSIDE: Direction
DIRECTION_UNSPECIFIED: Direction
END_REASON_CLOSED: EndReason
END_REASON_CUT: EndReason
END_REASON_DISK_FULL: EndReason
END_REASON_DISK_SLOW: EndReason
END_REASON_FAILED: EndReason
END_REASON_SERVER_STOPPED: EndReason
END_REASON_TOO_LARGE: EndReason
END_REASON_UNSPECIFIED: EndReason
MARKER_KIND_CONSENT: MarkerKind
MARKER_KIND_CUT: MarkerKind
MARKER_KIND_DEPLOYMENT: MarkerKind
MARKER_KIND_UNSPECIFIED: MarkerKind
WITHHELD_AUDIO: Withheld
WITHHELD_FACE: Withheld
WITHHELD_NOTHING: Withheld
WITHHELD_REDACTED: Withheld

class ConsentGiven(_message.Message):
    __slots__ = ["audio", "faces"]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    audio: bool
    faces: bool
    def __init__(self, audio: bool = ..., faces: bool = ...) -> None: ...

class NamedHash(_message.Message):
    __slots__ = ["name", "sha256"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    name: str
    sha256: str
    def __init__(self, name: _Optional[str] = ..., sha256: _Optional[str] = ...) -> None: ...

class RecordedFrame(_message.Message):
    __slots__ = ["direction", "frame", "outside", "withheld", "withheld_bytes"]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    OUTSIDE_FIELD_NUMBER: _ClassVar[int]
    WITHHELD_BYTES_FIELD_NUMBER: _ClassVar[int]
    WITHHELD_FIELD_NUMBER: _ClassVar[int]
    direction: Direction
    frame: bytes
    outside: str
    withheld: Withheld
    withheld_bytes: int
    def __init__(self, direction: _Optional[_Union[Direction, str]] = ..., frame: _Optional[bytes] = ..., outside: _Optional[str] = ..., withheld: _Optional[_Union[Withheld, str]] = ..., withheld_bytes: _Optional[int] = ...) -> None: ...

class RecordedRead(_message.Message):
    __slots__ = ["read"]
    READ_FIELD_NUMBER: _ClassVar[int]
    read: bytes
    def __init__(self, read: _Optional[bytes] = ...) -> None: ...

class RecordingEnd(_message.Message):
    __slots__ = ["message", "reason", "records"]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    message: str
    reason: EndReason
    records: int
    def __init__(self, reason: _Optional[_Union[EndReason, str]] = ..., message: _Optional[str] = ..., records: _Optional[int] = ...) -> None: ...

class RecordingHeader(_message.Message):
    __slots__ = ["catalogue", "configuration", "consent", "file_id", "graph", "instruction_set", "key_id", "models", "openvino_version", "plugins", "precision", "redacted", "seed", "server_version", "session_id", "started_unix_us", "version"]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    FILE_ID_FIELD_NUMBER: _ClassVar[int]
    GRAPH_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTION_SET_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    OPENVINO_VERSION_FIELD_NUMBER: _ClassVar[int]
    PLUGINS_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    REDACTED_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    SERVER_VERSION_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    STARTED_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    catalogue: NamedHash
    configuration: NamedHash
    consent: ConsentGiven
    file_id: bytes
    graph: NamedHash
    instruction_set: str
    key_id: str
    models: _containers.RepeatedCompositeFieldContainer[NamedHash]
    openvino_version: str
    plugins: _containers.RepeatedCompositeFieldContainer[NamedHash]
    precision: str
    redacted: bool
    seed: int
    server_version: str
    session_id: str
    started_unix_us: int
    version: int
    def __init__(self, version: _Optional[int] = ..., session_id: _Optional[str] = ..., seed: _Optional[int] = ..., started_unix_us: _Optional[int] = ..., server_version: _Optional[str] = ..., openvino_version: _Optional[str] = ..., instruction_set: _Optional[str] = ..., precision: _Optional[str] = ..., models: _Optional[_Iterable[_Union[NamedHash, _Mapping]]] = ..., plugins: _Optional[_Iterable[_Union[NamedHash, _Mapping]]] = ..., graph: _Optional[_Union[NamedHash, _Mapping]] = ..., configuration: _Optional[_Union[NamedHash, _Mapping]] = ..., catalogue: _Optional[_Union[NamedHash, _Mapping]] = ..., key_id: _Optional[str] = ..., redacted: bool = ..., consent: _Optional[_Union[ConsentGiven, _Mapping]] = ..., file_id: _Optional[bytes] = ...) -> None: ...

class RecordingMarker(_message.Message):
    __slots__ = ["catalogue", "consent", "graph", "kind", "models", "plugins"]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    GRAPH_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    PLUGINS_FIELD_NUMBER: _ClassVar[int]
    catalogue: NamedHash
    consent: ConsentGiven
    graph: NamedHash
    kind: MarkerKind
    models: _containers.RepeatedCompositeFieldContainer[NamedHash]
    plugins: _containers.RepeatedCompositeFieldContainer[NamedHash]
    def __init__(self, kind: _Optional[_Union[MarkerKind, str]] = ..., consent: _Optional[_Union[ConsentGiven, _Mapping]] = ..., plugins: _Optional[_Iterable[_Union[NamedHash, _Mapping]]] = ..., graph: _Optional[_Union[NamedHash, _Mapping]] = ..., catalogue: _Optional[_Union[NamedHash, _Mapping]] = ..., models: _Optional[_Iterable[_Union[NamedHash, _Mapping]]] = ...) -> None: ...

class RecordingRecord(_message.Message):
    __slots__ = ["end", "frame", "header", "marker", "read", "time_us"]
    END_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    HEADER_FIELD_NUMBER: _ClassVar[int]
    MARKER_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    end: RecordingEnd
    frame: RecordedFrame
    header: RecordingHeader
    marker: RecordingMarker
    read: RecordedRead
    time_us: int
    def __init__(self, time_us: _Optional[int] = ..., header: _Optional[_Union[RecordingHeader, _Mapping]] = ..., frame: _Optional[_Union[RecordedFrame, _Mapping]] = ..., read: _Optional[_Union[RecordedRead, _Mapping]] = ..., marker: _Optional[_Union[RecordingMarker, _Mapping]] = ..., end: _Optional[_Union[RecordingEnd, _Mapping]] = ...) -> None: ...

class StoreRead(_message.Message):
    __slots__ = ["key", "sha256", "store", "value"]
    KEY_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    STORE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    key: str
    sha256: str
    store: str
    value: str
    def __init__(self, store: _Optional[str] = ..., key: _Optional[str] = ..., sha256: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class Direction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class Withheld(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class MarkerKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class EndReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
