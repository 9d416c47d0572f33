"""One request to an Engine, and its answer, as values."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from runtimes.core import errors
from runtimes.docker_legacy.errors import message_of, of_status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from runtimes.docker_legacy.endpoint import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Attributes:
    what: what is tried, on which object; every message begins with it.
    path: below the version, its parts quoted.
    body: what becomes JSON; None for no body.
    upload: a file sent as it is, instead of a body; for streamed calls only.
    absent: what 404 means here.
    """

    what: str
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    upload: Path | None = None
    absent: type[errors.Error] = errors.NotFound

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{urlencode(self.params)}" if self.params else self.path

    def encoded(self) -> bytes:
        """The body as it is sent."""
        return b"" if self.body is None else json.dumps(self.body).encode()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    def json(self, call: Call) -> object:
        """The decoded body.

        Raises:
            Internal: it isn't JSON.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise errors.Internal(
                f"{call.what}: the Engine's answer isn't JSON: {self.body[:80]!r}"
            ) from error


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer with an error status, before it is decided what that means."""

    call: Call
    endpoint: Endpoint
    status: int
    body: bytes

    def error(self, kind: type[errors.Error] | None = None, advice: str = "") -> errors.Error:
        """The error that the status means, or `kind`, with the Engine's own words."""
        chosen = kind or self.kind
        said = message_of(self.body)
        end = f"; {advice}" if advice else ""
        return chosen(
            f"{self.call.what}: the Engine at {self.endpoint} answered {self.status}: {said}{end}"
        )

    @property
    def kind(self) -> type[errors.Error]:
        return self.call.absent if self.status == HTTPStatus.NOT_FOUND else of_status(self.status)


Decide = Callable[[Refusal], errors.Error]
"""What a refusal means for one kind of call; it may ask the Engine about the object's state."""


def plainly(refusal: Refusal) -> errors.Error:
    """What the status says by itself."""
    return refusal.error()


def succeeded(status: int) -> bool:
    """Whether it was done, or was so already (304).

    Redirections aren't followed: no call of ours has one, so it would do something else.
    """
    return status < HTTPStatus.MULTIPLE_CHOICES or status == HTTPStatus.NOT_MODIFIED


def segment(identifier: str, what: str) -> str:
    """Quote a name or id for a path.

    Raises:
        InvalidArgument: it is empty, which would address all of them.
    """
    if not identifier:
        raise errors.InvalidArgument(f"{what}: the name or id is empty")
    return quote(identifier, safe="")


def image_segment(reference: str, what: str) -> str:
    """Quote a reference for a path; its slashes stay.

    Raises:
        InvalidArgument: it is empty.
    """
    if not reference:
        raise errors.InvalidArgument(f"{what}: the reference is empty")
    return quote(reference, safe="/:@")


def filters(wanted: Mapping[str, object]) -> dict[str, str]:
    """The parameter `filters`, where there are any."""
    return {"filters": json.dumps(wanted)} if wanted else {}
