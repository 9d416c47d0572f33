"""Blobs as streams that survive broken connections.

Source: distribution spec, Pulling blobs; RFC 9110 14, Range Requests.
"""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.oci.registry import failure
from runtimes.oci.registry.transport import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests

    from runtimes.oci.registry.authorizer import Authorizer

_PIECE = 256 << 10
_CONTENT_RANGE = re.compile(r"bytes (\d+)-")
_PARTIAL = 206
_UNSATISFIABLE = 416
_ACCEPTED = (200, _PARTIAL, _UNSATISFIABLE)
_FIRST_PAUSE = 0.05


class BlobStream:
    """The bytes of a blob from an offset on; asks again, from there on, when a connection breaks.

    The digest is the reader's to check.
    """

    def __init__(
        self,
        authorizer: Authorizer,
        call: Call,
        attempts: int,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._authorizer = authorizer
        self._call = call
        self._what = call.what
        self._attempts = attempts
        self._wait = wait

    def read(self, start: int, size: int) -> Iterator[bytes]:
        """Yield the bytes from `start` on; `size` is the whole blob's.

        Raises:
            RegistryUnavailable: several connections in a row broke without a new byte.
            Error: what the registry's answer means.
        """
        offset = start
        breaks = 0
        while offset < size:
            answer = self._request(offset)
            try:
                for piece in _pieces(answer, offset, self._what):
                    offset += len(piece)
                    breaks = 0
                    yield piece
            except errors.RegistryUnavailable:
                breaks += 1
                if breaks >= self._attempts:
                    raise
            else:
                if breaks >= self._attempts:
                    return
                breaks += 1
            if offset < size:
                self._pause(breaks)

    def _request(self, offset: int) -> requests.Response:
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        call = self._call
        return self._authorizer.send(Call(call.what, call.url, headers, accept=_ACCEPTED))

    def _pause(self, breaks: int) -> None:
        deadline.check(self._what)
        self._wait(random.uniform(0, _FIRST_PAUSE * 2**breaks))  # noqa: S311 -- no secret


def _pieces(answer: requests.Response, offset: int, what: str) -> Iterator[bytes]:
    import requests
    import urllib3

    with answer:
        skip = _bytes_before(answer, offset, what)
        try:
            for piece in answer.raw.stream(_PIECE, decode_content=False):
                if skip >= len(piece):
                    skip -= len(piece)
                    continue
                yield piece[skip:]
                skip = 0
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise failure.of_network(error, what, answer.url) from error


def _bytes_before(answer: requests.Response, offset: int, what: str) -> int:
    """Tell how many bytes the answer repeats: all of them where Range isn't known."""
    if answer.status_code == _UNSATISFIABLE:
        raise errors.DataLoss(f"{what}: it is shorter than announced")
    if answer.status_code != _PARTIAL:
        return offset
    match = _CONTENT_RANGE.match(answer.headers.get("Content-Range", ""))
    begin = int(match[1]) if match else -1
    if not 0 <= begin <= offset:
        raise errors.Internal(f"{what}: the registry sent another part than it was asked for")
    return offset - begin
