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
_NAMES = r"password|passwd|secret|token|credential|api_?key"
_SECRET = re.compile(rf"{_NAMES}|^auth$", re.IGNORECASE)
_IN_URL = re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)")
_IN_HEADER = re.compile(r"\b(basic|bearer)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
_BEHIND_ITS_NAME = re.compile(
    rf"""(?P<name>(?:(?:{_NAMES})\w*|\bauth)\\?["']?\s*[=:]\s*)"""
    r"""(?:(?P<quote>\\?["'])[^"'\\]+(?P=quote)|[^\s"',;&)}\]\\]+)""",
    re.IGNORECASE,
)
_MOST_CHARACTERS = 4000


def records(calls: Iterable[Call]) -> Iterator[Record]:
    for call in calls:
        error = "" if call.error is None else scrubbed(f"{type(call.error).__name__}: {call.error}")
        yield Record(
            name=call.name,
            request=_request(call),
            answer="" if call.error is not None or call.took is None else _text(call.answer),
            error=error,
            ms=None if call.took is None else round(call.took * 1000, 2),
        )


def scrubbed(text: str) -> str:
    """A text that somebody else wrote, without what looks like a credential."""
    text = _IN_URL.sub(HIDDEN, text)
    text = _IN_HEADER.sub(rf"\1 {HIDDEN}", text)
    return _BEHIND_ITS_NAME.sub(_hide, text)


def _hide(found: re.Match[str]) -> str:
    quote = found["quote"] or ""
    return f"{found['name']}{quote}{HIDDEN}{quote}"


def _request(call: Call) -> str:
    parts = [_text(argument) for argument in call.arguments]
    parts += [f"{key}={_text(_hidden(key, value))}" for key, value in call.keywords.items()]
    return _bounded(", ".join(parts))


def _text(value: object) -> str:
    return _bounded(scrubbed(json.dumps(plain(value), ensure_ascii=False, default=repr)))


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
