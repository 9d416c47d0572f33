"""A pod: its state, its containers, its logs, and how it is started and stopped."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from runtimes.client.container import Container
from runtimes.client.pod_id import PodId, described
from runtimes.core import errors
from runtimes.core.pod.status import ContainerState, ExecResult, PodStatus, RunningPod

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from runtimes.client.log_lines import LogLine
    from runtimes.client.port_forward import ForwardEvents, PortForward, PortSpec
    from runtimes.client.runtime import Runtime
    from runtimes.client.summary import Summary
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import ContainerStatus
    from runtimes.kubelet.journal.entry import JournalEntry
    from runtimes.kubelet.status.view import PodView
    from runtimes.kubelet.store.claim import Claim
    from runtimes.kubelet.worker import PodWorker


class Pod:
    """One pod of a backend, known by its uid; what it is like is asked anew each time.

    Attributes:
        runtime: the backend that it is on.
        who: its uid, name and namespace.
    """

    def __init__(
        self,
        runtime: Runtime,
        who: PodId,
        *,
        applied: v1.Pod | None = None,
        fresh: bool = False,
        claim: Claim | None = None,
    ) -> None:
        self.runtime = runtime
        self.who = who
        self._given = applied
        self._fresh = fresh
        self._claim = claim
        self._driver: PodWorker | None = None

    def __repr__(self) -> str:
        return f"<Pod {self.full_name} on {self.runtime.name}>"

    @property
    def name(self) -> str:
        return self.who.name

    @property
    def namespace(self) -> str:
        return self.who.namespace

    @property
    def uid(self) -> str:
        return self.who.uid

    @property
    def full_name(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"

    @property
    def managed(self) -> bool:
        """It was applied here, so it is known what it should be, and it can be started again."""
        return self._applied is not None

    @cached_property
    def manifest(self) -> v1.Pod:
        """As applied, with defaults and uid; of another pod, what the backend has of it."""
        return self._applied or described(self.who, self.observe())

    @cached_property
    def _applied(self) -> v1.Pod | None:
        return self._given or self.runtime.store.by_uid(self.uid)

    # -- what it is like

    def observe(self) -> PodStatus:
        """Ask the backend what it has of the pod: every attempt of every container."""
        return self.runtime.backend_runtime.get_pod_status(self.uid, self.name, self.namespace)

    def status(self) -> v1.PodStatus:
        """Phase, conditions and container states, as `kubectl get pod -o yaml` shows them."""
        from runtimes.kubelet.status.seen import status_from_outside

        runtime = self.runtime
        host_ip = runtime.opened.kubelet.host_ip
        return status_from_outside(self.manifest, runtime.backend_runtime, runtime.store, host_ip)

    def journal(self) -> list[JournalEntry]:
        """What has happened to it, in kubelet's words, equal events as one; the newest last."""
        return self.runtime.store.journal.of_pod(self.uid)

    def look(self) -> v1.Pod:
        """The manifest with the status as it is now."""
        from msgspec.structs import replace

        return replace(self.manifest, status=self.status())

    @property
    def phase(self) -> str:
        """``Pending``, ``Running``, ``Succeeded`` or ``Failed``."""
        return self.status().phase

    @property
    def running(self) -> bool:
        """Whether any container runs."""
        return any(one.state is ContainerState.RUNNING for one in self.observe().containers)

    @property
    def summary(self) -> Summary:
        """How it is, in the four words of `kubectl get pods`."""
        from runtimes.client.summary import summarise

        return summarise(self.manifest, self.status())

    @property
    def containers(self) -> list[Container]:
        """The newest attempt of each container, in the manifest's order, init containers first."""
        status = self.observe()
        newest = (status.latest(name) for name in self.container_names)
        return [Container(self, found) for found in newest if found is not None]

    @property
    def container_names(self) -> list[str]:
        """Names of all containers of the manifest, init containers first."""
        spec = self.manifest.spec
        return [one.name for one in (*spec.init_containers, *spec.containers)]

    def container(self, name: str | None = None) -> Container:
        """The newest attempt of a container, by default of the pod's first regular one.

        Raises:
            NotFound: the pod has no such container, or hasn't started it yet.
        """
        spec = self.manifest.spec
        if name is None and not spec.containers:
            raise errors.NotFound(f"find a container of pod '{self.full_name}': there is none")
        chosen = name or spec.containers[0].name
        found = self.observe().latest(chosen)
        if found is not None:
            return Container(self, found)
        known = ", ".join(self.container_names) or "none"
        why = (
            "it hasn't been started yet"
            if chosen in self.container_names
            else f"there is none of that name; there are {known}"
        )
        raise errors.NotFound(f"find container '{chosen}' of pod '{self.full_name}': {why}")

    # -- what it does

    def start(self, *, timeout: float | None = None) -> Pod:
        """Start it, and return it once every container has been started (or it has ended).

        Init containers are waited for. Idempotent.

        Raises:
            StartFailed: a container doesn't start: no image, no such program...
            DeadlineExceeded: it hasn't started within `timeout` seconds.
        """
        from runtimes.client.errors import StartFailed
        from runtimes.client.progress import has_started, start_failure

        view = self.drive(
            lambda view: has_started(view) or start_failure(view) is not None, timeout=timeout
        )
        failure = start_failure(view)
        if failure is not None:
            raise StartFailed(self.full_name, *failure)
        return self

    def wait(self, *, timeout: float | None = None) -> int:
        """Run it until it has ended for good, restarting containers by its policy.

        Returns the first failed container's exit code, 0 when none failed.

        Raises:
            DeadlineExceeded: it hasn't ended within `timeout` seconds; it goes on.
        """
        return self.drive(timeout=timeout).exit_code or 0

    def drive(
        self, until: Callable[[PodView], bool] | None = None, *, timeout: float | None = None
    ) -> PodView:
        """Do kubelet's work for this pod until a look at it satisfies `until`, or it has ended.

        One thread at a time may drive a pod; all other calls may come from any.

        Raises:
            FailedPrecondition: it wasn't applied here, so nobody knows what it should be.
            DeadlineExceeded: `timeout` seconds have passed; the pod goes on.
            Canceled: `interrupt` was called; the pod goes on.
        """
        if not self.managed:
            raise errors.FailedPrecondition(
                f"start pod '{self.full_name}': it wasn't applied here; apply its manifest"
            )
        if self._driver is None:
            self._driver = self._worker(fresh=self._fresh)
            self._fresh = False
        try:
            return self._driver.run(until=until, timeout=timeout)
        finally:
            self._let_go()

    def _let_go(self) -> None:
        """Leave its name to others: it has started, or it won't."""
        if self._claim is not None:
            self._claim.release()

    def interrupt(self) -> None:
        """Make a `drive` in another thread raise Canceled soon; the pod itself goes on."""
        driver, self._driver = self._driver, None
        if driver is not None:
            driver.interrupt()

    def stop(self, grace_period: int | None = None) -> None:
        """Stop its containers at once, then its sandbox; return when all has ended. Idempotent.

        Args:
            grace_period: seconds between the stop signal and the kill; by default the pod's own.

        Raises:
            Internal: something couldn't be stopped; the message says what.
        """
        if self.managed:
            self._worker().stop(grace_period=grace_period)
            return
        result = self.runtime.backend_runtime.kill_pod(None, self._running(), grace_period)
        if not result.ok:
            raise errors.Internal(f"stop pod '{self.full_name}': {result.describe()}")

    def remove(self, *, force: bool = False) -> None:
        """Remove it with its logs, volumes and record. Idempotent.

        Raises:
            FailedPrecondition: something of it runs, and `force` isn't set.
        """
        if force:
            self.stop(0)
        elif self.running:
            raise errors.FailedPrecondition(
                f"remove pod '{self.full_name}': it is running; stop it first, or use force"
            )
        if self.managed:
            self._worker().remove()
            self._let_go()
        else:
            self.runtime.backend_runtime.remove_pod(self._running())

    def exec(
        self, cmd: Sequence[str], container: str | None = None, *, timeout: int = 0
    ) -> ExecResult:
        """Run a command in a container, by default in the first; see `Container.exec`.

        Raises:
            NotFound: there is no such container.
            FailedPrecondition: it doesn't run.
            DeadlineExceeded: `timeout` seconds have passed; the command has been killed.
        """
        return self.container(container).exec(cmd, timeout=timeout)

    def port_forward(
        self,
        ports: Iterable[PortSpec],
        *,
        addresses: Sequence[str] = ("127.0.0.1", "::1"),
        events: ForwardEvents | None = None,
    ) -> PortForward:
        """Listen on ports of this host while in the context, and carry connections to the pod.

        Args:
            ports: each a port for both sides, ``"LOCAL:REMOTE"``, ``":REMOTE"`` or two numbers.
            addresses: to listen on; by default loopback, IPv4 and IPv6.
            events: told of connections and of those that failed; by default failures are logged.

        Raises:
            InvalidArgument: a port can't be read.
        """
        from runtimes.client.port_forward import PortForward

        return PortForward(ports, self.connect, addresses=addresses, events=events)

    def connect(self, port: int) -> socket.socket:
        """Connect to a port on the pod's loopback; the caller closes the blocking socket.

        Raises:
            FailedPrecondition: the pod doesn't run.
            Unavailable: nothing listens there.
            Unimplemented: the backend forwards no ports.
        """
        ready = [one.id for one in self.observe().sandboxes if one.ready]
        if not ready:
            raise errors.FailedPrecondition(
                f"connect to port {port} of pod '{self.full_name}': it doesn't run"
            )
        return self.runtime.backend_runtime.open_port_forward(ready[0], port)

    def copy_to(self, source: Path | str, target: str, container: str | None = None) -> None:
        """Copy into a container, by default the first; see `Container.copy_to`."""
        self.container(container).copy_to(source, target)

    def copy_from(self, source: str, target: Path | str, container: str | None = None) -> list[str]:
        """Copy out of a container, by default the first; see `Container.copy_from`."""
        return self.container(container).copy_from(source, target)

    def logs(
        self,
        container: str | None = None,
        *,
        follow: bool = False,
        tail: int | None = None,
        since_ns: int = 0,
    ) -> Iterator[LogLine]:
        """Yield what a container, or by default every one, wrote, in the order of time.

        Args:
            container: its name.
            follow: go on until nothing of it runs any more; new attempts are followed too, and
                waited for while an agent or another process keeps the pod.
            tail: only this many of the last lines of each container.
            since_ns: nothing older, ns since the epoch.

        Raises:
            NotFound: there is no such container.
            Unimplemented: the backend has no log files.
        """
        from runtimes.client.log_lines import LogOptions, follow_all, read_all

        options = LogOptions(tail=tail, since_ns=since_ns)
        chosen = [self.container(container)] if container else self.containers
        if not follow:
            return read_all([one.status for one in chosen], options)
        names = {one.name for one in chosen} if container else None
        return follow_all(lambda: self._newest(names), options, self._goes_on)

    def previous_logs(
        self, container: str | None = None, *, tail: int | None = None
    ) -> Iterator[LogLine]:
        """Yield what the last attempt wrote before the one that runs, or that is held back.

        Raises:
            NotFound: there was none, or it is gone.
        """
        from runtimes.client.log_lines import LogOptions, read_all
        from runtimes.kubelet.status.seen import previous_attempt

        name = self.container(container).name
        wanted = previous_attempt(self.status(), name)
        attempts = [one for one in self.observe().containers if one.id == wanted]
        if not attempts:
            raise errors.NotFound(
                f"read the log of container '{name}' of pod '{self.full_name}': no previous attempt"
            )
        return read_all(attempts, LogOptions(tail=tail))

    def _goes_on(self) -> bool:
        kept = self.runtime.store.known(self.uid) is not None
        return kept and self.phase not in {"Succeeded", "Failed"}

    def _newest(self, names: set[str] | None) -> list[ContainerStatus]:
        status = self.observe()
        wanted = self.container_names if names is None else names
        return [found for found in map(status.latest, wanted) if found is not None]

    def _running(self) -> RunningPod:
        status = self.observe()
        return RunningPod(
            uid=self.uid,
            name=self.name,
            namespace=self.namespace,
            created_at_ns=0,
            containers=status.containers,
            sandboxes=status.sandboxes,
        )

    def _worker(self, *, fresh: bool = False) -> PodWorker:
        from runtimes.kubelet.worker import PodWorker, WorkerSettings

        opened = self.runtime.opened
        return PodWorker(
            self.runtime.backend_runtime,
            self.manifest,
            store=self.runtime.store,
            fresh=fresh,
            settings=WorkerSettings(host_ip=opened.kubelet.host_ip, record=opened.record),
        )
