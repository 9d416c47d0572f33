"""Any CRI call by its name, with messages in place of scalars: what a service's methods mean.

request message -> the method's arguments, by name        result -> the answer's field
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format, message_factory

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
    from google.protobuf.message import Message

METHODS: dict[str, MethodDescriptor] = {
    method.name: method
    for service in cri.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
_OTHER_NAMES = {"api_version": "version"}


def find(name: str) -> MethodDescriptor:
    """Find a method by its name, in any case.

    Raises:
        InvalidArgument: there is none of that name.
    """
    folded = {method.lower(): method for method in METHODS}
    wanted = name.replace("_", "").lower()
    if wanted in folded:
        return METHODS[folded[wanted]]
    from difflib import get_close_matches

    close = get_close_matches(wanted, folded, n=1)
    hint = f"; did you mean {folded[close[0]]}?" if close else ""
    raise errors.InvalidArgument(f"call '{name}': the CRI has no such method{hint}")


def read_request(method: MethodDescriptor, text: str) -> Message:
    """Read a request in protobuf's JSON.

    Raises:
        InvalidArgument: it isn't JSON, or has other fields.
    """
    request = message_factory.GetMessageClass(method.input_type)()
    try:
        return json_format.Parse(text, request)
    except json_format.ParseError as error:
        raise errors.InvalidArgument(
            f"read the request of {method.name} ({method.input_type.name}): {error}"
        ) from error


def call(service: object, method: MethodDescriptor, request: Message) -> Iterator[Message]:
    """Call a service; yield its answer, of a stream each item in an answer of its own.

    Raises:
        Unimplemented: it is no CRI service.
    """
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", method.name).lower()
    target: Callable[..., object] | None = getattr(service, name, None)
    if target is None:
        raise errors.Unimplemented(f"call {method.name}: this backend isn't a CRI service")
    arguments = {
        name: request if name == "request" else _argument(request, name, parameter)
        for name, parameter in inspect.signature(target).parameters.items()
    }
    result: Any = target(**arguments)
    if method.server_streaming:
        for item in result:
            yield _answer(method, item, one_of_many=True)
    else:
        yield _answer(method, result)


def _argument(request: Message, name: str, parameter: inspect.Parameter) -> object:
    name = _OTHER_NAMES.get(name, name)
    field = request.DESCRIPTOR.fields_by_name[name]
    if field.is_repeated:
        value = getattr(request, name)
        is_map = field.message_type is not None and field.message_type.GetOptions().map_entry
        return dict(value) if is_map else list(value)
    if field.message_type is not None and not request.HasField(name):
        needed = parameter.default is inspect.Parameter.empty
        return getattr(request, name) if needed else parameter.default
    return getattr(request, name)


def _answer(method: MethodDescriptor, result: object, *, one_of_many: bool = False) -> Message:
    answer = message_factory.GetMessageClass(method.output_type)()
    if result is None:
        return answer
    if isinstance(result, type(answer)):
        return result
    value = [result] if one_of_many else result
    for field in method.output_type.fields:
        if _fits(field, value):
            _fill(answer, field, value)
            return answer
    raise errors.Internal(
        f"call {method.name}: {type(result).__name__} fits no field of its answer"
    )


def _fill(answer: Message, field: FieldDescriptor, value: Any) -> None:  # noqa: ANN401 - it fits
    if field.is_repeated:
        getattr(answer, field.name).extend(value)
    elif field.message_type is not None:
        getattr(answer, field.name).CopyFrom(value)
    else:
        setattr(answer, field.name, value)


def _fits(field: FieldDescriptor, value: object) -> bool:
    if isinstance(value, list):
        return field.is_repeated
    if field.is_repeated:
        return False
    if field.message_type is None:
        return isinstance(value, str)
    return getattr(value, "DESCRIPTOR", None) is field.message_type
