"""The body of an answer that takes as long as it takes, and can be ended from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.docker_legacy.wire import body, head
from runtimes.docker_legacy.wire.connection import CHUNK

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from runtimes.docker_legacy.wire.connection import Connection


class Incoming:
    """One thread reads; `abort` may come from any.

    Args:
        what: is being done, for messages.
        wait: seconds to wait for the head, None for no bound.
        forget: called once when this is closed.
    """

    def __init__(
        self, connection: Connection, what: str, wait: float | None, forget: Callable[[], None]
    ) -> None:
        self.connection = connection
        self._what = what
        self._forget = forget
        self._rest = b""
        self.head, self._rest = self._read_head(wait)
        self._decoder = body.decoder(self.head)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def read(self, wait: float | None = None) -> bytes:
        """The next bytes of the body as they come; empty at its end.

        Raises:
            TimeoutError: nothing came for `wait` seconds.
            DeadlineExceeded: the caller's time is up.
            Unavailable: the Engine went away in the middle.
            Canceled: it was aborted from here.
        """
        while True:
            data, self._rest = self._decoder.feed(self._rest), b""
            if data or self._decoder.ended:
                return data
            self._rest = self._receive(wait)
            if not self._rest:
                if self._decoder.ends_with_connection:
                    return b""
                raise self._cut("ended the answer in its middle")

    def read_all(self) -> bytes:
        """The whole rest of the body."""
        return b"".join(iter(self.read, b""))

    def abort(self) -> None:
        """Make the reader stop with `Canceled`."""
        self.connection.abort()

    def close(self) -> None:
        """Release the connection. Idempotent."""
        self.connection.close()
        self._forget()

    def _read_head(self, wait: float | None) -> tuple[head.Head, bytes]:
        data = b""
        while (found := head.split(data)) is None:
            received = self._receive(wait, head.missing(data))
            if not received:
                raise self._cut("closed the connection without an answer")
            data += received
        return found

    def _receive(self, wait: float | None, size: int = CHUNK) -> bytes:
        try:
            received = self.connection.receive(deadline.remaining(wait), size)
        except TimeoutError:
            if deadline.remaining() == 0.0:
                raise errors.DeadlineExceeded(f"{self._what}: the time is up") from None
            raise
        except OSError as error:
            if self.connection.aborted:
                raise self._canceled() from error
            raise self._cut(f"cut the connection ({error.strerror or error})") from error
        if not received and self.connection.aborted:
            raise self._canceled()
        return received

    def _cut(self, how: str) -> errors.Unavailable:
        return errors.Unavailable(
            f"{self._what}: the Engine at {self.connection.endpoint} {how}; is it restarting?"
        )

    def _canceled(self) -> errors.Canceled:
        return errors.Canceled(f"{self._what}: this side closed the connection")
