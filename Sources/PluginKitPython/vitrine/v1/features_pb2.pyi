from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
SPEECH_EVENT_KIND_END: SpeechEventKind
SPEECH_EVENT_KIND_START: SpeechEventKind
SPEECH_EVENT_KIND_UNSPECIFIED: SpeechEventKind

class Anchor(_message.Message):
    __slots__ = ["confidence", "hidden", "name", "pitch", "pixels_per_mm", "rotation", "x", "y", "yaw"]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    HIDDEN_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PITCH_FIELD_NUMBER: _ClassVar[int]
    PIXELS_PER_MM_FIELD_NUMBER: _ClassVar[int]
    ROTATION_FIELD_NUMBER: _ClassVar[int]
    X_FIELD_NUMBER: _ClassVar[int]
    YAW_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    confidence: float
    hidden: float
    name: str
    pitch: float
    pixels_per_mm: float
    rotation: float
    x: float
    y: float
    yaw: float
    def __init__(self, name: _Optional[str] = ..., x: _Optional[float] = ..., y: _Optional[float] = ..., confidence: _Optional[float] = ..., pixels_per_mm: _Optional[float] = ..., rotation: _Optional[float] = ..., yaw: _Optional[float] = ..., pitch: _Optional[float] = ..., hidden: _Optional[float] = ...) -> None: ...

class Embedding(_message.Message):
    __slots__ = ["shape", "space_id", "values"]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    SPACE_ID_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    shape: _containers.RepeatedScalarFieldContainer[int]
    space_id: str
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, space_id: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ..., values: _Optional[_Iterable[float]] = ...) -> None: ...

class Figure(_message.Message):
    __slots__ = ["box", "confidence", "landmarks", "part"]
    BOX_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    LANDMARKS_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    box: _containers.RepeatedScalarFieldContainer[float]
    confidence: float
    landmarks: _containers.RepeatedCompositeFieldContainer[Point]
    part: str
    def __init__(self, part: _Optional[str] = ..., confidence: _Optional[float] = ..., landmarks: _Optional[_Iterable[_Union[Point, _Mapping]]] = ..., box: _Optional[_Iterable[float]] = ...) -> None: ...

class FrameFeatures(_message.Message):
    __slots__ = ["convention", "hop_us", "name", "values", "width"]
    CONVENTION_FIELD_NUMBER: _ClassVar[int]
    HOP_US_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    convention: str
    hop_us: int
    name: str
    values: _containers.RepeatedScalarFieldContainer[float]
    width: int
    def __init__(self, name: _Optional[str] = ..., convention: _Optional[str] = ..., width: _Optional[int] = ..., hop_us: _Optional[int] = ..., values: _Optional[_Iterable[float]] = ...) -> None: ...

class InputProblem(_message.Message):
    __slots__ = ["code", "message"]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    code: int
    message: str
    def __init__(self, code: _Optional[int] = ..., message: _Optional[str] = ...) -> None: ...

class Label(_message.Message):
    __slots__ = ["name", "name_zh", "probability"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    NAME_ZH_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    name: str
    name_zh: str
    probability: float
    def __init__(self, name: _Optional[str] = ..., probability: _Optional[float] = ..., name_zh: _Optional[str] = ...) -> None: ...

class Labels(_message.Message):
    __slots__ = ["labels", "scheme"]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SCHEME_FIELD_NUMBER: _ClassVar[int]
    labels: _containers.RepeatedCompositeFieldContainer[Label]
    scheme: str
    def __init__(self, scheme: _Optional[str] = ..., labels: _Optional[_Iterable[_Union[Label, _Mapping]]] = ...) -> None: ...

class PluginOutput(_message.Message):
    __slots__ = ["audio", "capture_time_us", "embedding", "features", "labels", "modality", "pose", "problem", "revision", "speech", "transcript", "turn_id"]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_TIME_US_FIELD_NUMBER: _ClassVar[int]
    EMBEDDING_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    POSE_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SPEECH_FIELD_NUMBER: _ClassVar[int]
    TRANSCRIPT_FIELD_NUMBER: _ClassVar[int]
    TURN_ID_FIELD_NUMBER: _ClassVar[int]
    audio: SpokenAudio
    capture_time_us: int
    embedding: Embedding
    features: FrameFeatures
    labels: Labels
    modality: str
    pose: Pose
    problem: InputProblem
    revision: int
    speech: SpeechEvent
    transcript: Transcript
    turn_id: int
    def __init__(self, turn_id: _Optional[int] = ..., revision: _Optional[int] = ..., capture_time_us: _Optional[int] = ..., transcript: _Optional[_Union[Transcript, _Mapping]] = ..., speech: _Optional[_Union[SpeechEvent, _Mapping]] = ..., embedding: _Optional[_Union[Embedding, _Mapping]] = ..., labels: _Optional[_Union[Labels, _Mapping]] = ..., pose: _Optional[_Union[Pose, _Mapping]] = ..., problem: _Optional[_Union[InputProblem, _Mapping]] = ..., features: _Optional[_Union[FrameFeatures, _Mapping]] = ..., audio: _Optional[_Union[SpokenAudio, _Mapping]] = ..., modality: _Optional[str] = ...) -> None: ...

class Point(_message.Message):
    __slots__ = ["confidence", "x", "y", "z"]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    Z_FIELD_NUMBER: _ClassVar[int]
    confidence: float
    x: float
    y: float
    z: float
    def __init__(self, x: _Optional[float] = ..., y: _Optional[float] = ..., z: _Optional[float] = ..., confidence: _Optional[float] = ...) -> None: ...

class Pose(_message.Message):
    __slots__ = ["anchors", "figures", "image_height", "image_width"]
    ANCHORS_FIELD_NUMBER: _ClassVar[int]
    FIGURES_FIELD_NUMBER: _ClassVar[int]
    IMAGE_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_WIDTH_FIELD_NUMBER: _ClassVar[int]
    anchors: _containers.RepeatedCompositeFieldContainer[Anchor]
    figures: _containers.RepeatedCompositeFieldContainer[Figure]
    image_height: int
    image_width: int
    def __init__(self, image_width: _Optional[int] = ..., image_height: _Optional[int] = ..., figures: _Optional[_Iterable[_Union[Figure, _Mapping]]] = ..., anchors: _Optional[_Iterable[_Union[Anchor, _Mapping]]] = ...) -> None: ...

class Slot(_message.Message):
    __slots__ = ["confidence", "name", "value"]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    confidence: float
    name: str
    value: str
    def __init__(self, name: _Optional[str] = ..., value: _Optional[str] = ..., confidence: _Optional[float] = ...) -> None: ...

class SpeechEvent(_message.Message):
    __slots__ = ["at_us", "decided_us", "event", "probability"]
    AT_US_FIELD_NUMBER: _ClassVar[int]
    DECIDED_US_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    at_us: int
    decided_us: int
    event: SpeechEventKind
    probability: float
    def __init__(self, event: _Optional[_Union[SpeechEventKind, str]] = ..., at_us: _Optional[int] = ..., decided_us: _Optional[int] = ..., probability: _Optional[float] = ...) -> None: ...

class SpokenAudio(_message.Message):
    __slots__ = ["last", "sample_rate_hz", "samples"]
    LAST_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    last: bool
    sample_rate_hz: int
    samples: bytes
    def __init__(self, sample_rate_hz: _Optional[int] = ..., samples: _Optional[bytes] = ..., last: bool = ...) -> None: ...

class Transcript(_message.Message):
    __slots__ = ["confidence", "end_us", "final", "language", "slots", "stable_bytes", "start_us", "text"]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    END_US_FIELD_NUMBER: _ClassVar[int]
    FINAL_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    STABLE_BYTES_FIELD_NUMBER: _ClassVar[int]
    START_US_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    confidence: float
    end_us: int
    final: bool
    language: str
    slots: _containers.RepeatedCompositeFieldContainer[Slot]
    stable_bytes: int
    start_us: int
    text: str
    def __init__(self, text: _Optional[str] = ..., language: _Optional[str] = ..., final: bool = ..., confidence: _Optional[float] = ..., start_us: _Optional[int] = ..., end_us: _Optional[int] = ..., stable_bytes: _Optional[int] = ..., slots: _Optional[_Iterable[_Union[Slot, _Mapping]]] = ...) -> None: ...

class SpeechEventKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
