"""A pod that runs while a test does.

A thread drives it: containers are restarted by its policy and probes are made, as an agent would.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from runtimes.client.errors import StartFailed
from runtimes.client.progress import has_started, start_failure
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runtimes.client.pod import Pod
    from runtimes.core.pod.status import ExecResult
    from runtimes.kubelet.status.view import PodView

__tracebackhide__ = True  # a failing test's report begins where the test called
PATIENCE = 60.0
_PERIOD = 0.05
_LATE = 1.0  # what a container wrote last may come after its end


class PodInTest:
    """Made by the fixture `pod`, which also removes it.

    Attributes:
        pod: the same as `runtimes.client` has it, for what isn't here.
    """

    def __init__(self, pod: Pod) -> None:
        self.pod = pod
        self._view: PodView | None = None
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        self._driver = threading.Thread(target=self._drive, name=f"pod {pod.name}", daemon=True)
        self._open = ExitStack()
        self._ports: dict[int, int] = {}
        self._ending = False

    def __repr__(self) -> str:
        return f"<PodInTest {self.name}: {self._view.phase if self._view else 'not started'}>"

    @property
    def name(self) -> str:
        return self.pod.name

    @property
    def namespace(self) -> str:
        return self.pod.namespace

    @property
    def phase(self) -> str:
        """``Pending``, ``Running``, ``Succeeded`` or ``Failed``."""
        return self.pod.phase

    @property
    def ready(self) -> bool:
        """Its condition Ready: it runs, and its readiness probes succeed."""
        return self._view is not None and self._view.ready

    @property
    def ip(self) -> str:
        """Its address, which this host reaches; empty before it has one."""
        return self.pod.status().pod_ip

    @property
    def restarts(self) -> int:
        """How often its containers have been restarted."""
        return self.pod.summary.restarts

    def port(self, port: int) -> int:
        """A port of 127.0.0.1 that leads to a port of the pod, also to one on its loopback."""
        if port not in self._ports:
            forward = self.pod.port_forward([f":{port}"], addresses=("127.0.0.1",))
            self._ports[port] = self._open.enter_context(forward).ports[0].local
        return self._ports[port]

    def exec(
        self, command: Sequence[str], container: str | None = None, *, timeout: int = 60
    ) -> ExecResult:
        """Run a command in a container, by default the first; a non-zero exit is an answer.

        Raises:
            FailedPrecondition: the container doesn't run.
            DeadlineExceeded: `timeout` seconds have passed; the command has been killed.
        """
        return self.pod.exec(command, container, timeout=timeout)

    def logs(self, container: str | None = None) -> str:
        """What a container, or every one, has written until now."""
        text = b"".join(line.text for line in self.pod.logs(container))
        return text.decode(errors="replace")

    def events(self) -> list[str]:
        """What has happened to it, in kubelet's words."""
        return [f"{one.reason}: {one.message}" for one in self.pod.journal()]

    def wait_ready(self, timeout: float = PATIENCE) -> PodInTest:
        """Wait until it is ready.

        Raises:
            FailedPrecondition: it has ended instead.
            DeadlineExceeded: it isn't within `timeout` seconds.
        """

        def ready(view: PodView) -> bool:
            if view.finished:
                raise errors.FailedPrecondition(
                    f"wait until pod '{self.name}' is ready: it has ended: {view.phase}"
                )
            return view.ready

        self._wait("is ready", ready, timeout)
        return self

    def wait_log(
        self, text: str, container: str | None = None, *, timeout: float = PATIENCE
    ) -> str:
        """Wait until the log of a container, or of any, has a text, and give the whole log.

        Raises:
            FailedPrecondition: it has ended without.
            DeadlineExceeded: it hasn't within `timeout` seconds.
        """
        what = f"wait for {text!r} in the log of pod '{self.name}'"
        end = time.monotonic() + timeout
        ended_until = None
        while text not in (log := self._log_so_far(container)):
            now = time.monotonic()
            if self._error is not None:
                raise self._error
            if self._view is not None and self._view.finished:
                ended_until = ended_until or now + _LATE
                if now > ended_until:
                    raise errors.FailedPrecondition(f"{what}: it has ended: {self._view.phase}")
            if now > end:
                raise errors.DeadlineExceeded(f"{what}: not within {timeout:g} s")
            threading.Event().wait(_PERIOD)
        return log

    def wait(self, timeout: float = PATIENCE) -> int:
        """Wait until it has ended for good, and give its exit code.

        Raises:
            DeadlineExceeded: it hasn't within `timeout` seconds.
        """
        view = self._wait("has ended", lambda view: view.finished, timeout)
        return view.exit_code or 0

    def stop(self, grace_period: int | None = None) -> None:
        """Stop it as `runtimes stop` does; it stays until the test's end. Idempotent."""
        self.pod.stop(grace_period)

    # -- for the fixture

    def start(self, timeout: float) -> None:
        """Start it, and drive it from now on.

        Raises:
            StartFailed: a container doesn't start.
            DeadlineExceeded: it hasn't started within `timeout` seconds.
        """
        self._driver.start()

        def started(view: PodView) -> bool:
            failure = start_failure(view)
            if failure is not None:
                raise StartFailed(self.pod.full_name, *failure)
            return has_started(view)

        self._wait("has started", started, timeout)

    def end(self) -> None:
        """Remove it with all that it has. Idempotent.

        Raises:
            DeadlineExceeded: it is removed, but still driven.
        """
        self._ending = True
        try:
            self._open.close()
        finally:
            self.pod.remove(force=True)
        if self._driver.ident is not None:
            self._driver.join(PATIENCE)
        if self._driver.is_alive():
            raise errors.DeadlineExceeded(
                f"end pod '{self.name}': its driver goes on after {PATIENCE:g} s"
            )

    def _log_so_far(self, container: str | None) -> str:
        try:
            return self.logs(container)
        except errors.NotFound:
            return ""  # not started yet, or between two attempts

    def _drive(self) -> None:
        try:
            self.pod.drive(self._saw)
        except BaseException as error:  # noqa: BLE001 - told by whoever waits
            self._error = error
        finally:
            with self._changed:
                self._changed.notify_all()

    def _saw(self, view: PodView) -> bool:
        with self._changed:
            self._view = view
            self._changed.notify_all()
        return self._ending

    def _wait(self, what: str, come: Callable[[PodView], bool], timeout: float) -> PodView:
        end = time.monotonic() + timeout
        with self._changed:
            while True:
                if self._view is not None and come(self._view):
                    return self._view
                if self._error is not None:
                    raise self._error
                left = end - time.monotonic()
                if left <= 0:
                    raise errors.DeadlineExceeded(
                        f"wait until pod '{self.name}' {what}: not within {timeout:g} s"
                    )
                self._changed.wait(left)
