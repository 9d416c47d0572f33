"""What is certified: one DockerInterface with an image in it, and what is known to differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.contract.testimage.busybox import BUSYBOX

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.contract.subject import Known
    from runtimes.contract.testimage.layout import BuiltImage
    from runtimes.core.docker.interface import DockerInterface


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerSubject:
    """Attributes:
    name: shown in the report.
    open: makes the service; called once per session.
    image: the suite's busybox, which is there already.
    publish: puts an image where the subject can pull it, and gives its reference; None when
        there is no such place.
    known: what fails today, strictly.
    """

    name: str
    open: Callable[[], DockerInterface]
    image: str = BUSYBOX
    publish: Callable[[BuiltImage], str] | None = None
    known: tuple[Known, ...] = ()

    def why_it_fails(self, test: str) -> str | None:
        """The reason of a known failure; None when `test` must pass."""
        names = {test, test.partition("[")[0]}
        return next((str(known) for known in self.known if known.name in names), None)
