"""Events: what happens in the Engine, as it happens. Beyond the twenty calls of DockerInterface.

Source: Docker Engine API, SystemEvents.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.docker_legacy.call import Call, filters
from runtimes.docker_legacy.complete import filled
from runtimes.docker_legacy.wire.json_lines import JsonLines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from runtimes.core.docker.types import Event
    from runtimes.docker_legacy.engine import Engine
    from runtimes.docker_legacy.wire.incoming import Incoming


_DEFAULTS: dict[str, object] = {
    "Type": "",
    "Action": "",
    "Actor": {"ID": "", "Attributes": {}},
    "time": 0,
    "timeNano": 0,
}


class Events:
    """Events as they come, for one thread; `close` ends it from any."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self._lines = JsonLines()
        self._waiting: deque[Event] = deque()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        """The next event; ends when this was closed.

        Raises:
            Unavailable: the Engine went away.
            DeadlineExceeded: the caller's time is up.
        """
        while not self._waiting:
            self._read()
        return self._waiting.popleft()

    def close(self) -> None:
        """End it, also for another thread that waits in it. Idempotent."""
        self._closed = True
        self._incoming.abort()
        self._incoming.close()

    def _read(self) -> None:
        if self._closed:
            raise StopIteration
        try:
            data = self._incoming.read()
        except errors.Canceled:
            self.close()
            raise StopIteration from None
        if not data:
            raise errors.Unavailable("watch events: the Engine ended them; is it shutting down?")
        for event in self._lines.feed(data):
            found: Event = filled(event, _DEFAULTS)  # type: ignore[assignment]  # the wire's own shape
            self._waiting.append(found)


def events(engine: Engine, wanted: Mapping[str, Sequence[str]], since: float) -> Events:
    params = filters(dict(wanted))
    if since > 0:
        params["since"] = f"{since:.9f}"
    return Events(
        engine.stream(Call(what="watch events", method="GET", path="/events", params=params))
    )
