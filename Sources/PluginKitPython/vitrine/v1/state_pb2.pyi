from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Dialogue(_message.Message):
    __slots__ = ["action_turn", "earlier_products", "handoff", "misses", "order", "slots", "state", "wish", "with_person"]
    ACTION_TURN_FIELD_NUMBER: _ClassVar[int]
    EARLIER_PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    HANDOFF_FIELD_NUMBER: _ClassVar[int]
    MISSES_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    WISH_FIELD_NUMBER: _ClassVar[int]
    WITH_PERSON_FIELD_NUMBER: _ClassVar[int]
    action_turn: int
    earlier_products: _containers.RepeatedScalarFieldContainer[str]
    handoff: int
    misses: int
    order: str
    slots: _containers.RepeatedCompositeFieldContainer[DialogueSlot]
    state: str
    wish: str
    with_person: bool
    def __init__(self, state: _Optional[str] = ..., slots: _Optional[_Iterable[_Union[DialogueSlot, _Mapping]]] = ..., order: _Optional[str] = ..., wish: _Optional[str] = ..., misses: _Optional[int] = ..., handoff: _Optional[int] = ..., with_person: bool = ..., earlier_products: _Optional[_Iterable[str]] = ..., action_turn: _Optional[int] = ...) -> None: ...

class DialogueSlot(_message.Message):
    __slots__ = ["name", "value"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: str
    def __init__(self, name: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class SessionState(_message.Message):
    __slots__ = ["consent_audio", "consent_faces", "consent_personalise", "dialogue", "disliked_products", "focused_product", "language", "last_client_sequence", "next_server_sequence", "seed", "session_id", "shop", "shown_products", "turn_id", "turns", "user", "version", "viewed_products"]
    CONSENT_AUDIO_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FACES_FIELD_NUMBER: _ClassVar[int]
    CONSENT_PERSONALISE_FIELD_NUMBER: _ClassVar[int]
    DIALOGUE_FIELD_NUMBER: _ClassVar[int]
    DISLIKED_PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    FOCUSED_PRODUCT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    LAST_CLIENT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    NEXT_SERVER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SHOP_FIELD_NUMBER: _ClassVar[int]
    SHOWN_PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    TURNS_FIELD_NUMBER: _ClassVar[int]
    TURN_ID_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    VIEWED_PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    consent_audio: bool
    consent_faces: bool
    consent_personalise: bool
    dialogue: Dialogue
    disliked_products: _containers.RepeatedScalarFieldContainer[str]
    focused_product: str
    language: str
    last_client_sequence: int
    next_server_sequence: int
    seed: int
    session_id: str
    shop: str
    shown_products: _containers.RepeatedScalarFieldContainer[str]
    turn_id: int
    turns: _containers.RepeatedCompositeFieldContainer[TurnRecord]
    user: str
    version: int
    viewed_products: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, version: _Optional[int] = ..., session_id: _Optional[str] = ..., user: _Optional[str] = ..., shop: _Optional[str] = ..., language: _Optional[str] = ..., seed: _Optional[int] = ..., next_server_sequence: _Optional[int] = ..., last_client_sequence: _Optional[int] = ..., turn_id: _Optional[int] = ..., turns: _Optional[_Iterable[_Union[TurnRecord, _Mapping]]] = ..., consent_audio: bool = ..., consent_faces: bool = ..., consent_personalise: bool = ..., shown_products: _Optional[_Iterable[str]] = ..., focused_product: _Optional[str] = ..., viewed_products: _Optional[_Iterable[str]] = ..., dialogue: _Optional[_Union[Dialogue, _Mapping]] = ..., disliked_products: _Optional[_Iterable[str]] = ...) -> None: ...

class TurnRecord(_message.Message):
    __slots__ = ["agent", "delivered", "modalities", "revision", "said", "state", "turn_id"]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_FIELD_NUMBER: _ClassVar[int]
    MODALITIES_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SAID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TURN_ID_FIELD_NUMBER: _ClassVar[int]
    agent: str
    delivered: str
    modalities: _containers.RepeatedScalarFieldContainer[str]
    revision: int
    said: str
    state: int
    turn_id: int
    def __init__(self, turn_id: _Optional[int] = ..., revision: _Optional[int] = ..., state: _Optional[int] = ..., said: _Optional[str] = ..., modalities: _Optional[_Iterable[str]] = ..., delivered: _Optional[str] = ..., agent: _Optional[str] = ...) -> None: ...
