from vitrine.v1 import features_pb2 as _features_pb2
from vitrine.v1 import sessions_pb2 as _sessions_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ClockReply(_message.Message):
    __slots__ = ["now_us"]
    NOW_US_FIELD_NUMBER: _ClassVar[int]
    now_us: int
    def __init__(self, now_us: _Optional[int] = ...) -> None: ...

class ClockRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class ConfigurationReply(_message.Message):
    __slots__ = ["found", "value"]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    found: bool
    value: str
    def __init__(self, value: _Optional[str] = ..., found: bool = ...) -> None: ...

class ConfigurationRequest(_message.Message):
    __slots__ = ["key"]
    KEY_FIELD_NUMBER: _ClassVar[int]
    key: str
    def __init__(self, key: _Optional[str] = ...) -> None: ...

class DescribeRequest(_message.Message):
    __slots__ = ["abi_version"]
    ABI_VERSION_FIELD_NUMBER: _ClassVar[int]
    abi_version: int
    def __init__(self, abi_version: _Optional[int] = ...) -> None: ...

class ExportStateReply(_message.Message):
    __slots__ = ["state"]
    STATE_FIELD_NUMBER: _ClassVar[int]
    state: bytes
    def __init__(self, state: _Optional[bytes] = ...) -> None: ...

class ExportStateRequest(_message.Message):
    __slots__ = ["stream_id"]
    STREAM_ID_FIELD_NUMBER: _ClassVar[int]
    stream_id: int
    def __init__(self, stream_id: _Optional[int] = ...) -> None: ...

class ImportStateReply(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class ImportStateRequest(_message.Message):
    __slots__ = ["state", "stream_id"]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STREAM_ID_FIELD_NUMBER: _ClassVar[int]
    state: bytes
    stream_id: int
    def __init__(self, stream_id: _Optional[int] = ..., state: _Optional[bytes] = ...) -> None: ...

class InferReply(_message.Message):
    __slots__ = ["code", "message", "operation", "outputs"]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    code: int
    message: str
    operation: int
    outputs: _containers.RepeatedCompositeFieldContainer[Tensor]
    def __init__(self, operation: _Optional[int] = ..., code: _Optional[int] = ..., message: _Optional[str] = ..., outputs: _Optional[_Iterable[_Union[Tensor, _Mapping]]] = ...) -> None: ...

class InferRequest(_message.Message):
    __slots__ = ["cancel", "inputs", "keep_outputs", "model", "operation", "outputs", "priority", "release", "stream_id", "timeout_us"]
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    KEEP_OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    STREAM_ID_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_US_FIELD_NUMBER: _ClassVar[int]
    cancel: bool
    inputs: _containers.RepeatedCompositeFieldContainer[Tensor]
    keep_outputs: bool
    model: str
    operation: int
    outputs: _containers.RepeatedScalarFieldContainer[str]
    priority: int
    release: _containers.RepeatedScalarFieldContainer[int]
    stream_id: int
    timeout_us: int
    def __init__(self, operation: _Optional[int] = ..., model: _Optional[str] = ..., inputs: _Optional[_Iterable[_Union[Tensor, _Mapping]]] = ..., outputs: _Optional[_Iterable[str]] = ..., priority: _Optional[int] = ..., timeout_us: _Optional[int] = ..., stream_id: _Optional[int] = ..., keep_outputs: bool = ..., release: _Optional[_Iterable[int]] = ..., cancel: bool = ...) -> None: ...

class LogLine(_message.Message):
    __slots__ = ["level", "message"]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    level: int
    message: str
    def __init__(self, level: _Optional[int] = ..., message: _Optional[str] = ...) -> None: ...

class LogReply(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class MetricSample(_message.Message):
    __slots__ = ["name", "value"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: float
    def __init__(self, name: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class MetricsReply(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class ModelFile(_message.Message):
    __slots__ = ["name", "path"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    name: str
    path: str
    def __init__(self, name: _Optional[str] = ..., path: _Optional[str] = ...) -> None: ...

class ModelRequirement(_message.Message):
    __slots__ = ["name", "path", "precision", "requests", "when"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    WHEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    path: str
    precision: str
    requests: int
    when: str
    def __init__(self, name: _Optional[str] = ..., path: _Optional[str] = ..., precision: _Optional[str] = ..., requests: _Optional[int] = ..., when: _Optional[str] = ...) -> None: ...

class Option(_message.Message):
    __slots__ = ["default_value", "description", "key"]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    default_value: str
    description: str
    key: str
    def __init__(self, key: _Optional[str] = ..., default_value: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...

class OptionValue(_message.Message):
    __slots__ = ["key", "value"]
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    key: str
    value: str
    def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class OutputPort(_message.Message):
    __slots__ = ["dtype", "kind", "shape", "space_id", "when"]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    SPACE_ID_FIELD_NUMBER: _ClassVar[int]
    WHEN_FIELD_NUMBER: _ClassVar[int]
    dtype: str
    kind: str
    shape: _containers.RepeatedScalarFieldContainer[int]
    space_id: str
    when: str
    def __init__(self, kind: _Optional[str] = ..., dtype: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ..., space_id: _Optional[str] = ..., when: _Optional[str] = ...) -> None: ...

class PluginManifest(_message.Message):
    __slots__ = ["compiler", "consumes", "description", "idempotent", "licence", "models", "name", "options", "own_threads", "produces", "stateful", "streams_max", "version", "warm_up"]
    COMPILER_FIELD_NUMBER: _ClassVar[int]
    CONSUMES_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENT_FIELD_NUMBER: _ClassVar[int]
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    OWN_THREADS_FIELD_NUMBER: _ClassVar[int]
    PRODUCES_FIELD_NUMBER: _ClassVar[int]
    STATEFUL_FIELD_NUMBER: _ClassVar[int]
    STREAMS_MAX_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    WARM_UP_FIELD_NUMBER: _ClassVar[int]
    compiler: str
    consumes: _containers.RepeatedScalarFieldContainer[str]
    description: str
    idempotent: bool
    licence: str
    models: _containers.RepeatedCompositeFieldContainer[ModelRequirement]
    name: str
    options: _containers.RepeatedCompositeFieldContainer[Option]
    own_threads: int
    produces: _containers.RepeatedCompositeFieldContainer[OutputPort]
    stateful: bool
    streams_max: int
    version: str
    warm_up: _containers.RepeatedCompositeFieldContainer[_sessions_pb2.ClientMessage]
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., description: _Optional[str] = ..., consumes: _Optional[_Iterable[str]] = ..., produces: _Optional[_Iterable[_Union[OutputPort, _Mapping]]] = ..., models: _Optional[_Iterable[_Union[ModelRequirement, _Mapping]]] = ..., options: _Optional[_Iterable[_Union[Option, _Mapping]]] = ..., stateful: bool = ..., idempotent: bool = ..., streams_max: _Optional[int] = ..., own_threads: _Optional[int] = ..., licence: _Optional[str] = ..., compiler: _Optional[str] = ..., warm_up: _Optional[_Iterable[_Union[_sessions_pb2.ClientMessage, _Mapping]]] = ...) -> None: ...

class RunReply(_message.Message):
    __slots__ = ["acknowledged", "given"]
    ACKNOWLEDGED_FIELD_NUMBER: _ClassVar[int]
    GIVEN_FIELD_NUMBER: _ClassVar[int]
    acknowledged: int
    given: _features_pb2.PluginOutput
    def __init__(self, acknowledged: _Optional[int] = ..., given: _Optional[_Union[_features_pb2.PluginOutput, _Mapping]] = ...) -> None: ...

class RunRequest(_message.Message):
    __slots__ = ["capture_time_us", "message", "revision", "sequence", "timeout_us", "turn_id"]
    CAPTURE_TIME_US_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_US_FIELD_NUMBER: _ClassVar[int]
    TURN_ID_FIELD_NUMBER: _ClassVar[int]
    capture_time_us: int
    message: _sessions_pb2.ClientMessage
    revision: int
    sequence: int
    timeout_us: int
    turn_id: int
    def __init__(self, sequence: _Optional[int] = ..., turn_id: _Optional[int] = ..., revision: _Optional[int] = ..., capture_time_us: _Optional[int] = ..., timeout_us: _Optional[int] = ..., message: _Optional[_Union[_sessions_pb2.ClientMessage, _Mapping]] = ...) -> None: ...

class StartReply(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class StartRequest(_message.Message):
    __slots__ = ["inline_tensor_bytes_max", "models", "now_us", "options", "output_window_bytes"]
    INLINE_TENSOR_BYTES_MAX_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    NOW_US_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_WINDOW_BYTES_FIELD_NUMBER: _ClassVar[int]
    inline_tensor_bytes_max: int
    models: _containers.RepeatedCompositeFieldContainer[ModelFile]
    now_us: int
    options: _containers.RepeatedCompositeFieldContainer[OptionValue]
    output_window_bytes: int
    def __init__(self, options: _Optional[_Iterable[_Union[OptionValue, _Mapping]]] = ..., models: _Optional[_Iterable[_Union[ModelFile, _Mapping]]] = ..., now_us: _Optional[int] = ..., inline_tensor_bytes_max: _Optional[int] = ..., output_window_bytes: _Optional[int] = ...) -> None: ...

class Tensor(_message.Message):
    __slots__ = ["data", "dtype", "handle", "memfd", "name", "shape"]
    DATA_FIELD_NUMBER: _ClassVar[int]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    MEMFD_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    dtype: str
    handle: int
    memfd: int
    name: str
    shape: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, name: _Optional[str] = ..., dtype: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ..., data: _Optional[bytes] = ..., memfd: _Optional[int] = ..., handle: _Optional[int] = ...) -> None: ...
