"""A thread that follows the Engine's events, and comes back to them after the Engine has gone."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Protocol

from runtimes.core import errors, labels
from runtimes.core.docker.beyond import DockerEvents

if TYPE_CHECKING:
    from runtimes.core.docker.beyond import EventStream
    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.docker.types import Event

log = logging.getLogger(__name__)

_FILTERS = {"type": ["container"], "label": [labels.DOCKER_TYPE]}
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0


class Listener(Protocol):
    """Called from the watching thread."""

    def connected(self) -> None:
        """From here on no event is missed; nothing is known of what was before."""
        ...

    def happened(self, event: Event) -> None: ...

    def disconnected(self) -> None:
        """Events may be missed from here on."""
        ...


class Watch:
    """One stream of events, as long as it isn't closed. Thread-safe."""

    def __init__(self, docker: DockerInterface, listener: Listener) -> None:
        self._docker = docker
        self._listener = listener
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._live = threading.Event()
        self._stream: EventStream | None = None
        self._thread: threading.Thread | None = None

    @property
    def possible(self) -> bool:
        """Whether this Engine tells events at all."""
        return isinstance(self._docker, DockerEvents)

    def start(self) -> None:
        """Begin, if nobody has. Returns at once."""
        with self._lock:
            if self._thread is None and self.possible and not self._closed.is_set():
                self._thread = threading.Thread(target=self._run, name="events", daemon=True)
                self._thread.start()

    def wait_live(self, timeout: float) -> bool:
        """Wait until events come; False after `timeout` seconds without."""
        return self._live.wait(timeout)

    def close(self) -> None:
        """End the stream and its thread. Idempotent."""
        with self._lock:
            self._closed.set()
            stream, thread = self._stream, self._thread
        if stream is not None:
            stream.close()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._closed.is_set():
            try:
                self._follow()
                pause = _FIRST_PAUSE
            except errors.Error as error:
                log.debug("events of the Engine ended: %s", error)
            self._closed.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _follow(self) -> None:
        if not isinstance(self._docker, DockerEvents):
            return
        with self._docker.events(_FILTERS) as stream:
            if not self._hold(stream):
                return
            self._listener.connected()
            self._live.set()
            try:
                for event in stream:
                    self._listener.happened(event)
            finally:
                self._live.clear()
                self._listener.disconnected()

    def _hold(self, stream: EventStream) -> bool:
        """Let `close` end it; False when it came first."""
        with self._lock:
            self._stream = stream
            return not self._closed.is_set()
