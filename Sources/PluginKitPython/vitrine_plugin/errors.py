"""What can go wrong, in gRPC's vocabulary."""

from enum import IntEnum


class Code(IntEnum):
    """gRPC's status codes, the only error vocabulary."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16

    @classmethod
    def of(cls, number: int) -> "Code":
        """A code that gRPC does not have counts as UNKNOWN."""
        return cls(number) if 0 <= number <= 16 else cls.UNKNOWN


class PluginError(Exception):
    """Ends a stream with a status, or says why an inference job failed."""

    def __init__(self, code: Code, message: str):
        super().__init__(f"{code.name}: {message}")
        self.code = code
        self.message = message


class StreamCancelled(Exception):
    """The host wants nothing more of the stream that is being worked on. Let it pass; clean up in `finally`."""


class ProtocolError(Exception):
    """The other end does not keep to the protocol; the connection is of no use any more."""
