from vitrine.v1 import features_pb2 as _features_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

AUDIO_ENCODING_F32LE: AudioEncoding
AUDIO_ENCODING_FILE: AudioEncoding
AUDIO_ENCODING_OPUS: AudioEncoding
AUDIO_ENCODING_PCM16LE: AudioEncoding
AUDIO_ENCODING_UNSPECIFIED: AudioEncoding
BEHAVIOUR_ADD_TO_CART: Behaviour
BEHAVIOUR_BUY: Behaviour
BEHAVIOUR_CLICK: Behaviour
BEHAVIOUR_DISLIKE: Behaviour
BEHAVIOUR_LIKE: Behaviour
BEHAVIOUR_UNSPECIFIED: Behaviour
BEHAVIOUR_VIEW: Behaviour
DESCRIPTOR: _descriptor.FileDescriptor
IMAGE_PURPOSE_QUERY: ImagePurpose
IMAGE_PURPOSE_SELFIE: ImagePurpose
IMAGE_PURPOSE_UNSPECIFIED: ImagePurpose
PREVIEW_FORMAT_JPEG: PreviewFormat
PREVIEW_FORMAT_PNG: PreviewFormat
PREVIEW_FORMAT_UNSPECIFIED: PreviewFormat
REPLY_KIND_ANSWER: ReplyKind
REPLY_KIND_CLARIFY: ReplyKind
REPLY_KIND_NO_ANSWER: ReplyKind
REPLY_KIND_UNSPECIFIED: ReplyKind
TURN_STATE_ANSWERING: TurnState
TURN_STATE_AWAITING: TurnState
TURN_STATE_COLLECTING: TurnState
TURN_STATE_DECIDING: TurnState
TURN_STATE_DONE: TurnState
TURN_STATE_EXPIRED: TurnState
TURN_STATE_INTERRUPTED: TurnState
TURN_STATE_SEALED: TurnState
TURN_STATE_UNSPECIFIED: TurnState

class Acknowledge(_message.Message):
    __slots__ = ["sequence"]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    def __init__(self, sequence: _Optional[int] = ...) -> None: ...

class AppliedFilter(_message.Message):
    __slots__ = ["field", "operator", "value"]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    field: str
    operator: str
    value: str
    def __init__(self, field: _Optional[str] = ..., operator: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class AudioChunk(_message.Message):
    __slots__ = ["channels", "encoding", "last", "sample_rate_hz", "samples"]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    channels: int
    encoding: AudioEncoding
    last: bool
    sample_rate_hz: int
    samples: bytes
    def __init__(self, encoding: _Optional[_Union[AudioEncoding, str]] = ..., sample_rate_hz: _Optional[int] = ..., channels: _Optional[int] = ..., samples: _Optional[bytes] = ..., last: bool = ...) -> None: ...

class BargeIn(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class BehaviourEvent(_message.Message):
    __slots__ = ["behaviour", "product_id", "quantity"]
    BEHAVIOUR_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    behaviour: Behaviour
    product_id: str
    quantity: int
    def __init__(self, behaviour: _Optional[_Union[Behaviour, str]] = ..., product_id: _Optional[str] = ..., quantity: _Optional[int] = ...) -> None: ...

class ClientMessage(_message.Message):
    __slots__ = ["audio", "behaviour", "capture_time_us", "control", "end_of_turn", "image", "revision", "sequence", "text", "turn_id", "video"]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    BEHAVIOUR_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_TIME_US_FIELD_NUMBER: _ClassVar[int]
    CONTROL_FIELD_NUMBER: _ClassVar[int]
    END_OF_TURN_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TURN_ID_FIELD_NUMBER: _ClassVar[int]
    VIDEO_FIELD_NUMBER: _ClassVar[int]
    audio: AudioChunk
    behaviour: BehaviourEvent
    capture_time_us: int
    control: Control
    end_of_turn: bool
    image: ImagePart
    revision: int
    sequence: int
    text: TextInput
    turn_id: int
    video: VideoFrame
    def __init__(self, sequence: _Optional[int] = ..., turn_id: _Optional[int] = ..., revision: _Optional[int] = ..., capture_time_us: _Optional[int] = ..., end_of_turn: bool = ..., text: _Optional[_Union[TextInput, _Mapping]] = ..., audio: _Optional[_Union[AudioChunk, _Mapping]] = ..., image: _Optional[_Union[ImagePart, _Mapping]] = ..., video: _Optional[_Union[VideoFrame, _Mapping]] = ..., behaviour: _Optional[_Union[BehaviourEvent, _Mapping]] = ..., control: _Optional[_Union[Control, _Mapping]] = ...) -> None: ...

class Consent(_message.Message):
    __slots__ = ["personalise", "record_audio", "record_faces"]
    PERSONALISE_FIELD_NUMBER: _ClassVar[int]
    RECORD_AUDIO_FIELD_NUMBER: _ClassVar[int]
    RECORD_FACES_FIELD_NUMBER: _ClassVar[int]
    personalise: bool
    record_audio: bool
    record_faces: bool
    def __init__(self, record_audio: bool = ..., record_faces: bool = ..., personalise: bool = ...) -> None: ...

class Control(_message.Message):
    __slots__ = ["acknowledge", "barge_in", "consent", "played", "set_language", "try_on", "turn_end", "turn_start"]
    ACKNOWLEDGE_FIELD_NUMBER: _ClassVar[int]
    BARGE_IN_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    PLAYED_FIELD_NUMBER: _ClassVar[int]
    SET_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TRY_ON_FIELD_NUMBER: _ClassVar[int]
    TURN_END_FIELD_NUMBER: _ClassVar[int]
    TURN_START_FIELD_NUMBER: _ClassVar[int]
    acknowledge: Acknowledge
    barge_in: BargeIn
    consent: Consent
    played: Played
    set_language: SetLanguage
    try_on: TryOnRequest
    turn_end: TurnEnd
    turn_start: TurnStart
    def __init__(self, turn_start: _Optional[_Union[TurnStart, _Mapping]] = ..., turn_end: _Optional[_Union[TurnEnd, _Mapping]] = ..., barge_in: _Optional[_Union[BargeIn, _Mapping]] = ..., set_language: _Optional[_Union[SetLanguage, _Mapping]] = ..., consent: _Optional[_Union[Consent, _Mapping]] = ..., acknowledge: _Optional[_Union[Acknowledge, _Mapping]] = ..., played: _Optional[_Union[Played, _Mapping]] = ..., try_on: _Optional[_Union[TryOnRequest, _Mapping]] = ...) -> None: ...

class ImagePart(_message.Message):
    __slots__ = ["data", "image_id", "last", "part", "purpose"]
    DATA_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    image_id: int
    last: bool
    part: int
    purpose: ImagePurpose
    def __init__(self, purpose: _Optional[_Union[ImagePurpose, str]] = ..., image_id: _Optional[int] = ..., part: _Optional[int] = ..., last: bool = ..., data: _Optional[bytes] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ["frame_bytes_max", "image_bytes_max", "image_pixels_max", "text_bytes_max", "turn_inputs_max"]
    FRAME_BYTES_MAX_FIELD_NUMBER: _ClassVar[int]
    IMAGE_BYTES_MAX_FIELD_NUMBER: _ClassVar[int]
    IMAGE_PIXELS_MAX_FIELD_NUMBER: _ClassVar[int]
    TEXT_BYTES_MAX_FIELD_NUMBER: _ClassVar[int]
    TURN_INPUTS_MAX_FIELD_NUMBER: _ClassVar[int]
    frame_bytes_max: int
    image_bytes_max: int
    image_pixels_max: int
    text_bytes_max: int
    turn_inputs_max: int
    def __init__(self, frame_bytes_max: _Optional[int] = ..., image_bytes_max: _Optional[int] = ..., image_pixels_max: _Optional[int] = ..., text_bytes_max: _Optional[int] = ..., turn_inputs_max: _Optional[int] = ...) -> None: ...

class Money(_message.Message):
    __slots__ = ["amount_minor", "currency"]
    AMOUNT_MINOR_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    amount_minor: int
    currency: str
    def __init__(self, amount_minor: _Optional[int] = ..., currency: _Optional[str] = ...) -> None: ...

class Overlay(_message.Message):
    __slots__ = ["anchor", "image", "image_anchor_x", "image_anchor_y", "rotation", "scale", "stretch", "x", "y"]
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ANCHOR_X_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ANCHOR_Y_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    ROTATION_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    STRETCH_FIELD_NUMBER: _ClassVar[int]
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    anchor: str
    image: str
    image_anchor_x: float
    image_anchor_y: float
    rotation: float
    scale: float
    stretch: float
    x: float
    y: float
    def __init__(self, anchor: _Optional[str] = ..., x: _Optional[float] = ..., y: _Optional[float] = ..., scale: _Optional[float] = ..., rotation: _Optional[float] = ..., image: _Optional[str] = ..., image_anchor_x: _Optional[float] = ..., image_anchor_y: _Optional[float] = ..., stretch: _Optional[float] = ...) -> None: ...

class Played(_message.Message):
    __slots__ = ["turn_id", "unit", "up_to_us"]
    TURN_ID_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    UP_TO_US_FIELD_NUMBER: _ClassVar[int]
    turn_id: int
    unit: int
    up_to_us: int
    def __init__(self, turn_id: _Optional[int] = ..., unit: _Optional[int] = ..., up_to_us: _Optional[int] = ...) -> None: ...

class Problem(_message.Message):
    __slots__ = ["client_sequence", "code", "message"]
    CLIENT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    client_sequence: int
    code: int
    message: str
    def __init__(self, code: _Optional[int] = ..., message: _Optional[str] = ..., client_sequence: _Optional[int] = ...) -> None: ...

class Progress(_message.Message):
    __slots__ = ["done", "stage"]
    DONE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    done: float
    stage: str
    def __init__(self, stage: _Optional[str] = ..., done: _Optional[float] = ...) -> None: ...

class Reason(_message.Message):
    __slots__ = ["modality", "share", "text"]
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    modality: str
    share: float
    text: str
    def __init__(self, modality: _Optional[str] = ..., share: _Optional[float] = ..., text: _Optional[str] = ...) -> None: ...

class Recommendation(_message.Message):
    __slots__ = ["in_stock", "price", "product_id", "reasons", "score", "title"]
    IN_STOCK_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    in_stock: bool
    price: Money
    product_id: str
    reasons: _containers.RepeatedCompositeFieldContainer[Reason]
    score: float
    title: str
    def __init__(self, product_id: _Optional[str] = ..., title: _Optional[str] = ..., price: _Optional[_Union[Money, _Mapping]] = ..., score: _Optional[float] = ..., reasons: _Optional[_Iterable[_Union[Reason, _Mapping]]] = ..., in_stock: bool = ...) -> None: ...

class Recommendations(_message.Message):
    __slots__ = ["filters", "items", "language"]
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    filters: _containers.RepeatedCompositeFieldContainer[AppliedFilter]
    items: _containers.RepeatedCompositeFieldContainer[Recommendation]
    language: str
    def __init__(self, items: _Optional[_Iterable[_Union[Recommendation, _Mapping]]] = ..., filters: _Optional[_Iterable[_Union[AppliedFilter, _Mapping]]] = ..., language: _Optional[str] = ...) -> None: ...

class ReplyDelta(_message.Message):
    __slots__ = ["agent", "intent", "language", "last", "reply_kind", "sources", "text"]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    INTENT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    REPLY_KIND_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    agent: str
    intent: str
    language: str
    last: bool
    reply_kind: ReplyKind
    sources: _containers.RepeatedCompositeFieldContainer[Source]
    text: str
    def __init__(self, text: _Optional[str] = ..., language: _Optional[str] = ..., last: bool = ..., reply_kind: _Optional[_Union[ReplyKind, str]] = ..., sources: _Optional[_Iterable[_Union[Source, _Mapping]]] = ..., intent: _Optional[str] = ..., agent: _Optional[str] = ...) -> None: ...

class ServerMessage(_message.Message):
    __slots__ = ["audio", "problem", "progress", "recommendations", "reply", "revision", "sequence", "session", "speech", "spoken", "time_us", "trace", "transcript", "try_on", "turn", "turn_id"]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RECOMMENDATIONS_FIELD_NUMBER: _ClassVar[int]
    REPLY_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    SPEECH_FIELD_NUMBER: _ClassVar[int]
    SPOKEN_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    TRANSCRIPT_FIELD_NUMBER: _ClassVar[int]
    TRY_ON_FIELD_NUMBER: _ClassVar[int]
    TURN_FIELD_NUMBER: _ClassVar[int]
    TURN_ID_FIELD_NUMBER: _ClassVar[int]
    audio: AudioChunk
    problem: Problem
    progress: Progress
    recommendations: Recommendations
    reply: ReplyDelta
    revision: int
    sequence: int
    session: SessionStarted
    speech: _features_pb2.SpeechEvent
    spoken: SpokenUnit
    time_us: int
    trace: Trace
    transcript: _features_pb2.Transcript
    try_on: TryOn
    turn: TurnEvent
    turn_id: int
    def __init__(self, sequence: _Optional[int] = ..., turn_id: _Optional[int] = ..., revision: _Optional[int] = ..., time_us: _Optional[int] = ..., session: _Optional[_Union[SessionStarted, _Mapping]] = ..., turn: _Optional[_Union[TurnEvent, _Mapping]] = ..., transcript: _Optional[_Union[_features_pb2.Transcript, _Mapping]] = ..., speech: _Optional[_Union[_features_pb2.SpeechEvent, _Mapping]] = ..., recommendations: _Optional[_Union[Recommendations, _Mapping]] = ..., reply: _Optional[_Union[ReplyDelta, _Mapping]] = ..., try_on: _Optional[_Union[TryOn, _Mapping]] = ..., progress: _Optional[_Union[Progress, _Mapping]] = ..., problem: _Optional[_Union[Problem, _Mapping]] = ..., trace: _Optional[_Union[Trace, _Mapping]] = ..., audio: _Optional[_Union[AudioChunk, _Mapping]] = ..., spoken: _Optional[_Union[SpokenUnit, _Mapping]] = ...) -> None: ...

class SessionStarted(_message.Message):
    __slots__ = ["limits", "resumed", "session_id", "trace_id"]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    RESUMED_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    limits: Limits
    resumed: bool
    session_id: str
    trace_id: str
    def __init__(self, session_id: _Optional[str] = ..., trace_id: _Optional[str] = ..., resumed: bool = ..., limits: _Optional[_Union[Limits, _Mapping]] = ...) -> None: ...

class SetLanguage(_message.Message):
    __slots__ = ["language"]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    language: str
    def __init__(self, language: _Optional[str] = ...) -> None: ...

class Source(_message.Message):
    __slots__ = ["id", "kind", "quote", "title"]
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    QUOTE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: str
    quote: str
    title: str
    def __init__(self, kind: _Optional[str] = ..., id: _Optional[str] = ..., title: _Optional[str] = ..., quote: _Optional[str] = ...) -> None: ...

class Span(_message.Message):
    __slots__ = ["duration_us", "node", "start_us"]
    DURATION_US_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    START_US_FIELD_NUMBER: _ClassVar[int]
    duration_us: int
    node: str
    start_us: int
    def __init__(self, node: _Optional[str] = ..., start_us: _Optional[int] = ..., duration_us: _Optional[int] = ...) -> None: ...

class SpokenUnit(_message.Message):
    __slots__ = ["not_spoken", "stopped", "text", "unit"]
    NOT_SPOKEN_FIELD_NUMBER: _ClassVar[int]
    STOPPED_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    not_spoken: str
    stopped: bool
    text: str
    unit: int
    def __init__(self, unit: _Optional[int] = ..., text: _Optional[str] = ..., stopped: bool = ..., not_spoken: _Optional[str] = ...) -> None: ...

class TextInput(_message.Message):
    __slots__ = ["language", "text"]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    language: str
    text: str
    def __init__(self, text: _Optional[str] = ..., language: _Optional[str] = ...) -> None: ...

class Trace(_message.Message):
    __slots__ = ["spans", "trace_id"]
    SPANS_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    spans: _containers.RepeatedCompositeFieldContainer[Span]
    trace_id: str
    def __init__(self, trace_id: _Optional[str] = ..., spans: _Optional[_Iterable[_Union[Span, _Mapping]]] = ...) -> None: ...

class TryOn(_message.Message):
    __slots__ = ["anchors", "capture_time_us", "image_height", "image_width", "overlays", "preview", "preview_format", "product_id"]
    ANCHORS_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_TIME_US_FIELD_NUMBER: _ClassVar[int]
    IMAGE_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_WIDTH_FIELD_NUMBER: _ClassVar[int]
    OVERLAYS_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FORMAT_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    anchors: _containers.RepeatedCompositeFieldContainer[_features_pb2.Anchor]
    capture_time_us: int
    image_height: int
    image_width: int
    overlays: _containers.RepeatedCompositeFieldContainer[Overlay]
    preview: bytes
    preview_format: PreviewFormat
    product_id: str
    def __init__(self, product_id: _Optional[str] = ..., image_width: _Optional[int] = ..., image_height: _Optional[int] = ..., anchors: _Optional[_Iterable[_Union[_features_pb2.Anchor, _Mapping]]] = ..., overlays: _Optional[_Iterable[_Union[Overlay, _Mapping]]] = ..., preview: _Optional[bytes] = ..., preview_format: _Optional[_Union[PreviewFormat, str]] = ..., capture_time_us: _Optional[int] = ...) -> None: ...

class TryOnRequest(_message.Message):
    __slots__ = ["live", "preview", "preview_side_px_max", "product_id"]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_SIDE_PX_MAX_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    live: bool
    preview: PreviewFormat
    preview_side_px_max: int
    product_id: str
    def __init__(self, product_id: _Optional[str] = ..., preview: _Optional[_Union[PreviewFormat, str]] = ..., preview_side_px_max: _Optional[int] = ..., live: bool = ...) -> None: ...

class TurnEnd(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class TurnEvent(_message.Message):
    __slots__ = ["decision", "missing", "state", "trace_id"]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    decision: _containers.RepeatedCompositeFieldContainer[_features_pb2.Label]
    missing: _containers.RepeatedScalarFieldContainer[str]
    state: TurnState
    trace_id: str
    def __init__(self, state: _Optional[_Union[TurnState, str]] = ..., missing: _Optional[_Iterable[str]] = ..., trace_id: _Optional[str] = ..., decision: _Optional[_Iterable[_Union[_features_pb2.Label, _Mapping]]] = ...) -> None: ...

class TurnStart(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class VideoFrame(_message.Message):
    __slots__ = ["data", "purpose"]
    DATA_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    purpose: ImagePurpose
    def __init__(self, purpose: _Optional[_Union[ImagePurpose, str]] = ..., data: _Optional[bytes] = ...) -> None: ...

class AudioEncoding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class ImagePurpose(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class Behaviour(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class PreviewFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class TurnState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class ReplyKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
