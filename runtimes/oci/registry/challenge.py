"""What a registry asks for when it answers 401.

Source: RFC 9110 11.6.1 WWW-Authenticate; distribution spec's token authentication.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 -- a grammar
_SCHEME = re.compile(rf"\s*,?\s*({_TOKEN})(?=\s|,|$)")
_PARAMETER = re.compile(rf'\s*,?\s*({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({_TOKEN}))')
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One scheme, in lower case, with its parameters."""

    scheme: str
    parameters: dict[str, str] = field(default_factory=dict)


def parse(header: str) -> list[Challenge]:
    """Read a header, which may hold several challenges; what can't be read ends it."""
    challenges: list[Challenge] = []
    at = 0
    while match := _SCHEME.match(header, at):
        challenge = Challenge(match[1].lower())
        at = match.end()
        while found := _PARAMETER.match(header, at):
            value = found[3] if found[2] is None else _ESCAPE.sub(r"\1", found[2])
            challenge.parameters[found[1].lower()] = value
            at = found.end()
        challenges.append(challenge)
    return challenges


def find(header: str, scheme: str) -> Challenge | None:
    """Return the challenge of a scheme."""
    return next((item for item in parse(header) if item.scheme == scheme), None)
