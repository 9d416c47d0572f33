"""A netlink socket: several requests in one datagram, then all their answers."""

from __future__ import annotations

import errno
import os
import socket
import struct
import threading
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Self

from runtimes.cni.netlink import codec
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runtimes.cni.netlink.codec import Message

ROUTE = 0
NETFILTER = 12

_SOL_NETLINK = 270
_NETLINK_CAP_ACK = 10
_NETLINK_EXT_ACK = 11
_FLAG_ACK_TLVS = 0x200
_FLAG_DUMP_INTERRUPTED = 0x10
_DUMP_ATTEMPTS = 5
_ATTRIBUTE_MESSAGE = 1
_HEADER_SIZE = 16
_CODE = struct.Struct("=i")
_PATIENCE = 10.0
_BUFFER_BYTES = 1 << 18


class Connection:
    """Bound to the network namespace of the thread that makes it; not to be shared by threads.

    A context manager.
    """

    def __init__(self, family: int) -> None:
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, family
        )
        self._socket.settimeout(_PATIENCE)
        self._socket.setsockopt(_SOL_NETLINK, _NETLINK_EXT_ACK, 1)
        self._socket.setsockopt(_SOL_NETLINK, _NETLINK_CAP_ACK, 1)
        self._sequences = count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def close_aside(self) -> None:
        """Close in a thread: after nf_tables deleted something, that waits for a grace period.

        The kernel flushes its pending destructions whenever a netfilter socket goes: 5 to 20 ms.
        """
        threading.Thread(target=self._socket.close, name="netlink-close", daemon=True).start()

    def request(self, message: Message) -> list[Message]:
        """Send one request and return what answers it, the acknowledgement left out.

        A dump that changes disturbed is asked for again.

        Raises:
            OSError: the kernel refused it; errno and, where the kernel gave one, its reason.
        """
        for _ in range(_DUMP_ATTEMPTS):
            answers = self.batch([message])[0]
            if not any(answer.flags & _FLAG_DUMP_INTERRUPTED for answer in answers):
                break
        return answers

    def batch(self, messages: Sequence[Message]) -> list[list[Message]]:
        """Send all requests in one datagram; the kernel goes on past one that fails.

        Raises:
            OSError: of the first request that failed, once all are answered.
        """
        sent = [self._numbered(message) for message in messages]
        self._send(sent)
        answers: dict[int, list[Message]] = {message.sequence: [] for message in sent}
        failures = self._collect(answers, {message.sequence for message in sent})
        if failures:
            raise failures[min(failures)]
        return list(answers.values())

    def transaction(self, begin: Message, messages: Iterable[Message], end: Message) -> None:
        """Send requests that the kernel carries out together or not at all (nf_tables).

        Raises:
            OSError: of the first request that failed; nothing was changed.
        """
        first = replace(begin, flags=codec.REQUEST, sequence=next(self._sequences))
        sent = [self._numbered(message) for message in messages]
        last = replace(end, flags=codec.REQUEST, sequence=next(self._sequences))
        self._send([first, *sent, last])
        answers: dict[int, list[Message]] = {message.sequence: [] for message in sent}
        failures = self._collect(answers, set(answers), whole=first.sequence)
        if failures:
            raise failures[min(failures)]

    def _numbered(self, message: Message) -> Message:
        dump = message.flags & codec.DUMP == codec.DUMP
        flags = message.flags | codec.REQUEST | (0 if dump else codec.ACK)
        return replace(message, flags=flags, sequence=next(self._sequences))

    def _send(self, messages: Sequence[Message]) -> None:
        self._socket.sendto(b"".join(map(codec.encode, messages)), (0, 0))

    def _collect(
        self, answers: dict[int, list[Message]], pending: set[int], whole: int | None = None
    ) -> dict[int, OSError]:
        """Read until every pending request has ended; an error on `whole` ends all."""
        failures: dict[int, OSError] = {}
        while pending:
            for message in codec.decode(self._receive()):
                if message.sequence not in pending and message.sequence != whole:
                    continue
                if message.kind not in (codec.ERROR, codec.DONE):
                    answers[message.sequence].append(message)
                    continue
                failure = _failure(message)
                if failure is not None:
                    failures[message.sequence] = failure
                    if message.sequence == whole:
                        return failures
                pending.discard(message.sequence)
        return failures

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(_BUFFER_BYTES)
        except TimeoutError as error:
            raise errors.Unavailable(
                f"wait for the kernel's netlink answer: none within {_PATIENCE:g} s; try again"
            ) from error


def _failure(message: Message) -> OSError | None:
    """Read the verdict of an ERROR or DONE message; None for success."""
    code = -_CODE.unpack_from(message.body)[0]
    if code <= 0:
        return None
    reason = os.strerror(code)
    if message.kind == codec.ERROR and message.flags & _FLAG_ACK_TLVS:
        details = codec.attributes(message.body[4 + _HEADER_SIZE :])
        if _ATTRIBUTE_MESSAGE in details:
            reason = f"{reason}: {codec.read_text(details[_ATTRIBUTE_MESSAGE])}"
    return OSError(code, reason)


def is_missing(error: OSError) -> bool:
    """Tell whether the kernel refused because the object isn't there."""
    return error.errno in (errno.ENOENT, errno.ENODEV, errno.ESRCH)
