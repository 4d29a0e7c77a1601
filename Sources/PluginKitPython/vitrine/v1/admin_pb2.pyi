from vitrine.v1 import plugins_pb2 as _plugins_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ChangePluginReply(_message.Message):
    __slots__ = ["before", "deployment", "differences", "plugin", "steps", "unchanged"]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    before: LoadedPlugin
    deployment: int
    differences: _containers.RepeatedScalarFieldContainer[str]
    plugin: LoadedPlugin
    steps: _containers.RepeatedCompositeFieldContainer[ChangeStep]
    unchanged: bool
    def __init__(self, plugin: _Optional[_Union[LoadedPlugin, _Mapping]] = ..., before: _Optional[_Union[LoadedPlugin, _Mapping]] = ..., unchanged: bool = ..., steps: _Optional[_Iterable[_Union[ChangeStep, _Mapping]]] = ..., deployment: _Optional[int] = ..., differences: _Optional[_Iterable[str]] = ...) -> None: ...

class ChangePluginRequest(_message.Message):
    __slots__ = ["command", "drain_us", "file", "gates", "plugin", "run"]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    DRAIN_US_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    GATES_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    command: _containers.RepeatedScalarFieldContainer[str]
    drain_us: int
    file: str
    gates: _containers.RepeatedScalarFieldContainer[str]
    plugin: str
    run: str
    def __init__(self, file: _Optional[str] = ..., plugin: _Optional[str] = ..., gates: _Optional[_Iterable[str]] = ..., drain_us: _Optional[int] = ..., run: _Optional[str] = ..., command: _Optional[_Iterable[str]] = ...) -> None: ...

class ChangeStep(_message.Message):
    __slots__ = ["name", "took_us"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TOOK_US_FIELD_NUMBER: _ClassVar[int]
    name: str
    took_us: int
    def __init__(self, name: _Optional[str] = ..., took_us: _Optional[int] = ...) -> None: ...

class DrainReply(_message.Message):
    __slots__ = ["sessions_left"]
    SESSIONS_LEFT_FIELD_NUMBER: _ClassVar[int]
    sessions_left: int
    def __init__(self, sessions_left: _Optional[int] = ...) -> None: ...

class DrainRequest(_message.Message):
    __slots__ = ["timeout_us"]
    TIMEOUT_US_FIELD_NUMBER: _ClassVar[int]
    timeout_us: int
    def __init__(self, timeout_us: _Optional[int] = ...) -> None: ...

class HandoffAnswer(_message.Message):
    __slots__ = ["text"]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    text: str
    def __init__(self, text: _Optional[str] = ...) -> None: ...

class HandoffInfo(_message.Message):
    __slots__ = ["connected", "language", "number", "person", "reason", "session_id", "state", "summary", "time_us", "user"]
    CONNECTED_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    connected: bool
    language: str
    number: int
    person: str
    reason: str
    session_id: str
    state: str
    summary: str
    time_us: int
    user: str
    def __init__(self, number: _Optional[int] = ..., session_id: _Optional[str] = ..., user: _Optional[str] = ..., reason: _Optional[str] = ..., summary: _Optional[str] = ..., language: _Optional[str] = ..., state: _Optional[str] = ..., person: _Optional[str] = ..., time_us: _Optional[int] = ..., connected: bool = ...) -> None: ...

class HandoffRelease(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class HandoffTake(_message.Message):
    __slots__ = ["person"]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    person: str
    def __init__(self, person: _Optional[str] = ...) -> None: ...

class HealthReply(_message.Message):
    __slots__ = ["connections", "not_ready", "ready", "sessions", "uptime_us", "version"]
    CONNECTIONS_FIELD_NUMBER: _ClassVar[int]
    NOT_READY_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    UPTIME_US_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    connections: int
    not_ready: _containers.RepeatedScalarFieldContainer[str]
    ready: bool
    sessions: int
    uptime_us: int
    version: str
    def __init__(self, ready: bool = ..., not_ready: _Optional[_Iterable[str]] = ..., version: _Optional[str] = ..., uptime_us: _Optional[int] = ..., sessions: _Optional[int] = ..., connections: _Optional[int] = ...) -> None: ...

class HealthRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class ListHandoffsReply(_message.Message):
    __slots__ = ["handoffs"]
    HANDOFFS_FIELD_NUMBER: _ClassVar[int]
    handoffs: _containers.RepeatedCompositeFieldContainer[HandoffInfo]
    def __init__(self, handoffs: _Optional[_Iterable[_Union[HandoffInfo, _Mapping]]] = ...) -> None: ...

class ListHandoffsRequest(_message.Message):
    __slots__ = ["all", "limit"]
    ALL_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    all: bool
    limit: int
    def __init__(self, all: bool = ..., limit: _Optional[int] = ...) -> None: ...

class ListPluginsReply(_message.Message):
    __slots__ = ["plugins", "retired_swift_images", "retired_swift_images_max"]
    PLUGINS_FIELD_NUMBER: _ClassVar[int]
    RETIRED_SWIFT_IMAGES_FIELD_NUMBER: _ClassVar[int]
    RETIRED_SWIFT_IMAGES_MAX_FIELD_NUMBER: _ClassVar[int]
    plugins: _containers.RepeatedCompositeFieldContainer[LoadedPlugin]
    retired_swift_images: int
    retired_swift_images_max: int
    def __init__(self, plugins: _Optional[_Iterable[_Union[LoadedPlugin, _Mapping]]] = ..., retired_swift_images: _Optional[int] = ..., retired_swift_images_max: _Optional[int] = ...) -> None: ...

class ListPluginsRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class LoadedPlugin(_message.Message):
    __slots__ = ["file", "generation", "manifest", "pure_c", "run", "sha256", "state", "streams"]
    FILE_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    PURE_C_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STREAMS_FIELD_NUMBER: _ClassVar[int]
    file: str
    generation: int
    manifest: _plugins_pb2.PluginManifest
    pure_c: bool
    run: str
    sha256: str
    state: str
    streams: int
    def __init__(self, manifest: _Optional[_Union[_plugins_pb2.PluginManifest, _Mapping]] = ..., generation: _Optional[int] = ..., file: _Optional[str] = ..., sha256: _Optional[str] = ..., streams: _Optional[int] = ..., state: _Optional[str] = ..., pure_c: bool = ..., run: _Optional[str] = ...) -> None: ...

class PluginLogLine(_message.Message):
    __slots__ = ["level", "message", "plugin"]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    level: str
    message: str
    plugin: str
    def __init__(self, plugin: _Optional[str] = ..., level: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class UnloadPluginRequest(_message.Message):
    __slots__ = ["drain_us", "force", "plugin"]
    DRAIN_US_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    drain_us: int
    force: bool
    plugin: str
    def __init__(self, plugin: _Optional[str] = ..., force: bool = ..., drain_us: _Optional[int] = ...) -> None: ...

class UpdateHandoffRequest(_message.Message):
    __slots__ = ["answer", "number", "release", "take"]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    TAKE_FIELD_NUMBER: _ClassVar[int]
    answer: HandoffAnswer
    number: int
    release: HandoffRelease
    take: HandoffTake
    def __init__(self, number: _Optional[int] = ..., take: _Optional[_Union[HandoffTake, _Mapping]] = ..., answer: _Optional[_Union[HandoffAnswer, _Mapping]] = ..., release: _Optional[_Union[HandoffRelease, _Mapping]] = ...) -> None: ...

class WatchPluginRequest(_message.Message):
    __slots__ = ["plugin"]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    plugin: str
    def __init__(self, plugin: _Optional[str] = ...) -> None: ...
