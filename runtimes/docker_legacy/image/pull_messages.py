"""What an Engine says while it pulls: how far it is, whether it moves, how it failed.

    resolving -> downloading -> (checked) -> unpacking -> done
        `-> exists

An item of a pull is a layer. The pull counts as stuck when for a while no item changed, in bytes
or in phase, unless one is checked or unpacked: a big layer is silent then.

Source: moby distribution/pull_v2.go and pkg/jsonmessage; kubelet 1.4 kube_docker_client.go
    (progressReporter), better in what counts as progress.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from runtimes.core import errors
from runtimes.core.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping

PHASES = {
    "Pulling fs layer": "resolving",
    "Waiting": "resolving",
    "Downloading": "downloading",
    "Verifying Checksum": "downloading",
    "Download complete": "downloading",
    "Extracting": "unpacking",
    "Pull complete": "done",
    "Already exists": "exists",
}
LOCAL_WORK = frozenset({"Verifying Checksum", "Extracting"})
_UNAUTHENTICATED = frozenset({401, 403})
_NOT_FOUND = 404

Message = dict[str, object]


@dataclass(frozen=True, slots=True)
class Item:
    """What was last said of one layer."""

    status: str
    done_bytes: int
    total_bytes: int


@dataclass(slots=True)
class Tracker:
    """Attributes:
    stuck_after: seconds without progress.
    since: when the last progress was made, by the clock that `feed` and `patience` get.
    """

    stuck_after: float
    since: float
    items: dict[str, Item] = field(default_factory=dict)

    def feed(self, message: Message, now: float) -> Progress | None:
        """Take a message in; give what it tells of progress."""
        name = str(message.get("id") or "")
        item = _item(message)
        if self.items.get(name) == item:
            return None
        self.items[name] = item
        self.since = now
        phase = PHASES.get(item.status)
        return Progress(name, phase, item.done_bytes, item.total_bytes) if phase and name else None

    def patience(self, now: float) -> float | None:
        """Seconds that silence may still last; None while there is local work."""
        if self.working_locally:
            return None
        return max(0.0, self.since + self.stuck_after - now)

    @property
    def working_locally(self) -> bool:
        return any(item.status in LOCAL_WORK for item in self.items.values())

    def describe(self) -> str:
        """How far it is, for a message."""
        moving = [
            f"{name} {item.status}" for name, item in self.items.items() if item.status in PHASES
        ]
        return ", ".join(moving) or "nothing was said of any layer"


def failure(message: Message) -> tuple[str, int] | None:
    """What went wrong and its code, 0 when it has none; None when nothing did."""
    detail = message.get("errorDetail")
    said = message.get("error")
    if not said and not detail:
        return None
    found = cast("Mapping[str, object]", detail) if isinstance(detail, dict) else {}
    code = found.get("code")
    return str(found.get("message") or said), code if isinstance(code, int) else 0


def kind_of_failure(code: int, *, unpacking: bool) -> type[errors.Error]:
    """The class of a failed pull, by its code; without one, by where it was.

    An Engine that fails after it began to unpack has a problem of its own, such as a full disk.
    """
    if code in _UNAUTHENTICATED:
        return errors.Unauthenticated
    if code == _NOT_FOUND:
        return errors.ImageNotFound
    if unpacking and not code:
        return errors.Internal
    return errors.RegistryUnavailable


def _item(message: Message) -> Item:
    detail = message.get("progressDetail")
    found = cast("Mapping[str, object]", detail) if isinstance(detail, dict) else {}
    done, total = (found.get(key) for key in ("current", "total"))
    return Item(
        str(message.get("status") or ""),
        done if isinstance(done, int) else 0,
        total if isinstance(total, int) and total > 0 else 0,
    )
