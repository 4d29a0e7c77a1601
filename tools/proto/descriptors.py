"""Reads a FileDescriptorSet (google/protobuf/descriptor.proto) with nothing but the standard library.

Only what the generators need is kept. A feature they cannot express is an error here, so that it cannot be
dropped silently: maps, groups, proto2, `optional`.
"""

import dataclasses
import sys

LABEL_REPEATED = 3
TYPES = {
    1: "double", 2: "float", 3: "int64", 4: "uint64", 5: "int32", 6: "fixed64", 7: "fixed32", 8: "bool", 9: "string",
    11: "message", 12: "bytes", 13: "uint32", 14: "enum", 15: "sfixed32", 16: "sfixed64", 17: "sint32", 18: "sint64",
}


@dataclasses.dataclass
class Field:
    name: str
    number: int
    type: str
    repeated: bool
    type_name: str  # full name of the message or enum, without the leading dot
    oneof: str | None
    comment: str


@dataclasses.dataclass
class Message:
    full_name: str
    file: str
    comment: str
    fields: list[Field]  # by number
    oneofs: list[str]


@dataclasses.dataclass
class Enum:
    full_name: str
    file: str
    comment: str
    values: list[tuple[str, int, str]]  # name, number, comment


@dataclasses.dataclass
class Method:
    service: str  # full name
    name: str
    request: str
    response: str
    request_streaming: bool
    response_streaming: bool
    comment: str


@dataclasses.dataclass
class Schema:
    files: list[str]
    messages: list[Message]
    enums: list[Enum]
    methods: list[Method]


def walk(data):
    """Yields (field number, value) of one serialized message; value is an int or bytes."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        elif key & 7 == 2:
            length = varint()
            yield key >> 3, data[at:at + length]
            at += length
        else:
            size = {1: 8, 5: 4}[key & 7]
            yield key >> 3, data[at:at + size]
            at += size


def grouped(data):
    """Field number -> list of values."""
    fields = {}
    for number, value in walk(data):
        fields.setdefault(number, []).append(value)
    return fields


def text(fields, number):
    return fields[number][-1].decode() if number in fields else ""


def comments(file):
    """Path of a declaration -> its leading comment."""
    found = {}
    for info in file.get(9, []):
        for location in grouped(info).get(1, []):
            fields = grouped(location)
            packed, path, value, shift = b"".join(fields.get(1, [])), [], 0, 0
            for byte in packed:
                value |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    path.append(value)
                    value = shift = 0
            found[tuple(path)] = (text(fields, 3) or text(fields, 4)).strip("\n")
    return found


def read(data):
    schema = Schema([], [], [], [])
    for raw in grouped(data).get(1, []):
        file = grouped(raw)
        name, package = text(file, 1), text(file, 2)
        if text(file, 12) != "proto3":
            sys.exit(f"{name}: only proto3 is supported")
        schema.files.append(name)
        said = comments(file)
        for index, message in enumerate(file.get(4, [])):
            read_message(schema, name, package, grouped(message), (4, index), said)
        for index, enum in enumerate(file.get(5, [])):
            read_enum(schema, name, package, grouped(enum), (5, index), said)
        for index, service in enumerate(file.get(6, [])):
            read_service(schema, package, grouped(service), (6, index), said)
    schema.files.sort()
    return schema


def read_message(schema, file, scope, fields, path, said):
    full_name = f"{scope}.{text(fields, 1)}"
    if grouped(b"".join(fields.get(7, []))).get(7):
        sys.exit(f"{full_name}: maps are not supported; use a repeated message of key and value")
    oneofs = [text(grouped(oneof), 1) for oneof in fields.get(8, [])]
    members = []
    for index, raw in enumerate(fields.get(2, [])):
        field = grouped(raw)
        if 17 in field or field[5][-1] not in TYPES:
            sys.exit(f"{full_name}.{text(field, 1)}: `optional` and groups are not supported")
        members.append(Field(
            name=text(field, 1), number=field[3][-1], type=TYPES[field[5][-1]], repeated=field[4][-1] == LABEL_REPEATED,
            type_name=text(field, 6).lstrip("."), oneof=oneofs[field[9][-1]] if 9 in field else None,
            comment=said.get((*path, 2, index), "")))
    members.sort(key=lambda member: member.number)
    schema.messages.append(Message(full_name, file, said.get(path, ""), members, oneofs))
    for index, nested in enumerate(fields.get(3, [])):
        read_message(schema, file, full_name, grouped(nested), (*path, 3, index), said)
    for index, nested in enumerate(fields.get(4, [])):
        read_enum(schema, file, full_name, grouped(nested), (*path, 4, index), said)


def read_enum(schema, file, scope, fields, path, said):
    values = []
    for index, raw in enumerate(fields.get(2, [])):
        value = grouped(raw)
        values.append((text(value, 1), value.get(2, [0])[-1], said.get((*path, 2, index), "")))
    if not values or values[0][1] != 0 or any(number >= 1 << 31 for _, number, _ in values):
        sys.exit(f"{scope}.{text(fields, 1)}: enums begin with 0 and have no negative values")
    schema.enums.append(Enum(f"{scope}.{text(fields, 1)}", file, said.get(path, ""), values))


def read_service(schema, package, fields, path, said):
    for index, raw in enumerate(fields.get(2, [])):
        method = grouped(raw)
        schema.methods.append(Method(
            service=f"{package}.{text(fields, 1)}", name=text(method, 1), request=text(method, 2).lstrip("."),
            response=text(method, 3).lstrip("."), request_streaming=bool(method.get(5, [0])[-1]),
            response_streaming=bool(method.get(6, [0])[-1]), comment=said.get((*path, 2, index), "")))
