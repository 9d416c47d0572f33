"""The compiled CRI schema against a table of names, numbers and types made apart from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

import pytest
from google.protobuf.descriptor import FieldDescriptor

from runtimes.core.cri.v1 import api_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import Descriptor, EnumDescriptor, MethodDescriptor


class _Facts(TypedDict):
    package: str
    services: dict[str, dict[str, list[str | bool]]]
    messages: dict[str, list[str]]
    enums: dict[str, dict[str, int]]


_FACTS = cast(
    "_Facts", json.loads(Path(__file__).with_name("wire_v1.json").read_text(encoding="utf-8"))
)
_FILE = api_pb2.DESCRIPTOR
_SCALARS = {
    getattr(FieldDescriptor, f"TYPE_{name.upper()}"): name
    for name in ("bool", "bytes", "double", "float", "int32", "int64", "string", "uint32", "uint64")
}


def _name(descriptor: Descriptor | EnumDescriptor) -> str:
    return descriptor.full_name.removeprefix(f"{_FILE.package}.")


def _messages() -> Iterator[Descriptor]:
    todo = list(_FILE.message_types_by_name.values())
    while todo:
        message = todo.pop()
        todo.extend(message.nested_types)
        if not message.GetOptions().map_entry:
            yield message


def _enums() -> Iterator[EnumDescriptor]:
    yield from _FILE.enum_types_by_name.values()
    for message in _messages():
        yield from message.enum_types


def _type(field: FieldDescriptor) -> str:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        entry = field.message_type.fields_by_name
        return f"map<{_type(entry['key'])}, {_type(entry['value'])}>"
    kind = field.message_type or field.enum_type
    scalar = _name(kind) if kind is not None else _SCALARS[field.type]
    return f"repeated {scalar}" if field.is_repeated else scalar


def _field(field: FieldDescriptor) -> str:
    deprecated = " deprecated" if field.GetOptions().deprecated else ""
    return f"{field.name} = {field.number}: {_type(field)}{deprecated}"


def _method(method: MethodDescriptor) -> list[str | bool]:
    assert not method.client_streaming
    return [_name(method.input_type), _name(method.output_type), method.server_streaming]


def test_the_facts_are_complete() -> None:
    assert sum(len(methods) for methods in _FACTS["services"].values()) == 43
    assert len(_FACTS["messages"]) == 175


def test_package_is_the_one_on_the_wire() -> None:
    assert _FILE.package == _FACTS["package"] == "runtime.v1"


def test_services_have_exactly_these_methods() -> None:
    compiled = {
        service.name: {method.name: _method(method) for method in service.methods}
        for service in _FILE.services_by_name.values()
    }

    assert compiled == _FACTS["services"]


def test_messages_are_exactly_these() -> None:
    assert {_name(message) for message in _messages()} == _FACTS["messages"].keys()


@pytest.mark.parametrize("message", list(_messages()), ids=_name)
def test_fields_are_exactly_these(message: Descriptor) -> None:
    assert sorted(map(_field, message.fields)) == sorted(_FACTS["messages"][_name(message)])


def test_enums_are_exactly_these() -> None:
    compiled = {
        _name(enum): {value.name: value.number for value in enum.values} for enum in _enums()
    }

    assert compiled == _FACTS["enums"]
