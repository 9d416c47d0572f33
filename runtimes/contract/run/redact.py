"""Calls as text to publish: bounded, and without credentials."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from runtimes.contract.report.model import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runtimes.contract.run.transcript import Call

HIDDEN = "<redacted>"
_SECRET = re.compile(r"password|passwd|secret|token|credential|^auth$|api_?key", re.IGNORECASE)
_MOST_CHARACTERS = 4000


def records(calls: Iterable[Call]) -> Iterator[Record]:
    for call in calls:
        error = "" if call.error is None else f"{type(call.error).__name__}: {call.error}"
        yield Record(
            name=call.name,
            request=_request(call),
            answer="" if call.error is not None or call.took is None else _text(call.answer),
            error=error,
            ms=None if call.took is None else round(call.took * 1000, 2),
        )


def _request(call: Call) -> str:
    parts = [_text(argument) for argument in call.arguments]
    parts += [f"{key}={_text(_hidden(key, value))}" for key, value in call.keywords.items()]
    return _bounded(", ".join(parts))


def _text(value: object) -> str:
    return _bounded(json.dumps(plain(value), ensure_ascii=False, default=repr))


def plain(value: object) -> object:
    """A value as JSON has it, with whatever looks like a credential replaced."""
    if isinstance(value, Message):
        return plain(MessageToDict(value, preserving_proto_field_name=True))
    if isinstance(value, dict):
        named = {str(key): _hidden(str(key), item) for key, item in value.items()}
        pair = str(named.get("key", named.get("name", "")))
        if "value" in named and _SECRET.search(pair):  # an environment variable
            named["value"] = HIDDEN
        return {key: plain(item) for key, item in named.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)


def _hidden(key: str, value: object) -> object:
    return HIDDEN if value and _SECRET.search(key) else value


def _bounded(text: str) -> str:
    rest = len(text) - _MOST_CHARACTERS
    return text if rest <= 0 else f"{text[:_MOST_CHARACTERS]}... ({rest} more characters)"
