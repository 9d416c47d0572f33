"""What is certified: one DockerInterface, where its images come from, what is known to differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runtimes.contract.subject import Known
    from runtimes.contract.testimage.layout import BuiltImage
    from runtimes.core.docker.interface import DockerInterface


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerSubject:
    """Attributes:
    name: shown in the report.
    open: makes the service; called once per session.
    image: a reference to the suite's busybox that is there already; empty for its own name, or to
        pull it from where `publish` puts it.
    publish: puts an image where the subject can pull it, and gives its reference; None when
        there is no such place.
    known: what fails today, strictly.
    state: folders of the Engine's own, in which no mount may stay; empty for those of a daemon.
    traces: as of `runtimes.contract.subject.Subject`.
    """

    name: str
    open: Callable[[], DockerInterface]
    image: str = ""
    publish: Callable[[BuiltImage], str] | None = None
    known: tuple[Known, ...] = ()
    state: tuple[Path, ...] = ()
    traces: Callable[[], frozenset[str]] | None = None

    def why_it_fails(self, test: str) -> str | None:
        """The reason of a known failure; None when `test` must pass."""
        names = {test, test.partition("[")[0]}
        return next((str(known) for known in self.known if known.name in names), None)
