"""What is certified: one backend with its options, what it claims, and what is known to differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.capability import Capability

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from runtimes.core.cri.services import CriService
    from runtimes.core.pod.runtime import PodRuntime


_PREFIX = "test_"


@dataclass(frozen=True, slots=True)
class Known:
    """A test that fails today. Strict: once it passes, the run fails until this is removed.

    Attributes:
        test: its name or its whole id, with ``[parameter]`` to mean one case only.
        reason: why, and whose fault it is.
        link: where it is being worked on.

    Raises:
        InvalidArgument: one of them is empty.
    """

    test: str
    reason: str
    link: str

    def __post_init__(self) -> None:
        words = {"test": self.test, "reason": self.reason, "link": self.link}
        if missing := [name for name, text in words.items() if not text.strip()]:
            raise errors.InvalidArgument(
                f"expect '{self.test}' to fail: needs {', '.join(missing)}"
            )

    def __str__(self) -> str:
        return f"{self.reason} ({self.link})"

    @property
    def name(self) -> str:
        """The function's name, whichever way `test` is written."""
        base, bracket, case = self.test.partition("[")
        short = base.rpartition(".")[2]
        return ("" if short.startswith(_PREFIX) else _PREFIX) + short + bracket + case


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Attributes:
    name: shown in the report.
    open: makes the CRI service; called once per test module, and pickled to be called in other
        processes: a function of a module, a method, or functools.partial of one.
    open_pods: makes the PodRuntime instead, for a backend that isn't a CRI service.
    claims: what it says it can do; the suite checks both that and what isn't claimed.
    image: a reference to the suite's busybox that is there already; empty to let the suite
        import it, or pull it from `registry`.
    registry: host and port of a registry without credentials that both the suite and the
        backend reach; empty for none.
    handlers: runtime handlers to try besides the default; empty for those that Status lists.
    network: a network namespace in which the backend's host ports are reached; None for ours.
    known: what fails today.
    restart: kills the engine behind the service with kill -9 and starts it again; None where
        there is none, or none that may be killed.
    state: folders of the backend's own: records of the suite's pods in them are damaged, and no
        mount may stay below them.
    traces: says what else is left of this backend on the host, where the suite can't tell.
    """

    name: str
    open: Callable[[], CriService]
    open_pods: Callable[[], PodRuntime] | None = None
    claims: frozenset[Capability] = field(default_factory=lambda: frozenset(Capability))
    image: str = ""
    registry: str = ""
    handlers: tuple[str, ...] = ()
    network: Path | None = None
    known: tuple[Known, ...] = ()
    restart: Callable[[], object] | None = None
    state: tuple[Path, ...] = ()
    traces: Callable[[], frozenset[str]] | None = None

    def why_it_fails(self, test: str) -> str | None:
        """The reason of a known failure; None when `test` must pass."""
        names = {test, test.partition("[")[0]}
        return next((str(known) for known in self.known if known.name in names), None)


def subject_of(name: str, words: Mapping[str, str], without: frozenset[Capability]) -> Subject:
    """The subject that a command line names: a CRI service or a PodRuntime.

    Raises:
        BackendUnavailable: it isn't installed, or not usable here.
        InvalidArgument: an option that it doesn't have.
    """
    from runtimes.contract.backends import filled
    from runtimes.core import discovery
    from runtimes.core.backend import Kind

    backend = discovery.load(name)
    options = filled(backend, words)
    claims = backend.capabilities - without
    if backend.kind is Kind.CRI:
        return Subject(name=name, open=partial(backend.open, options), claims=claims)

    def no_cri() -> CriService:
        raise errors.Unimplemented(f"open the CRI of backend '{name}': it is of kind 'pod'")

    return Subject(name=name, open=no_cri, open_pods=partial(backend.open, options), claims=claims)
