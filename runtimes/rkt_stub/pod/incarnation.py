"""One rkt pod of a pod: whose it is, and what became of its apps.

rkt keeps all of it: who a pod is stands in its manifest, so nothing of ours can be lost. A pod of
kubelet's is run by several rkt pods, one after the other, since none can change.

    prepared    made, but not run yet; or left by a crash, and removed by the next sync
    running     rkt's state, or the last lines of its log are still being written
    exited      rkt's state, and our supervisor has noted the end or is gone
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import labels
from runtimes.core.pod.status import ContainerState, ContainerStatus, SandboxStatus
from runtimes.kubelet.generate.notes import parse_hash, read_annotations
from runtimes.kubelet.status.termination_message import LastWords, termination_message
from runtimes.rkt_stub.launch.unit import Ended, ended, supervised
from runtimes.rkt_stub.network import addresses
from runtimes.rkt_stub.pod.asked import ASKED
from runtimes.rkt_stub.pod.manifest import IMAGE, LOG
from runtimes.rkt_stub.program.list import list_pods

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.rkt_stub.program.rkt import Rkt
    from runtimes.rkt_stub.program.shapes import App, Pod

OWNER = "runtimes.kubelet/root"
ATTEMPT = "runtimes.rkt/attempt"
HOST_NETWORK = "runtimes.rkt/host-network"
LAST_WORDS = "runtimes.rkt/termination-log"
UNKNOWN_EXIT = 137
SECOND = 10**9
_KEPT = {"prepared", "running", "exited", "exited garbage"}
_STATES = {
    "created": ContainerState.CREATED,
    "running": ContainerState.RUNNING,
    "exited": ContainerState.EXITED,
}


@dataclass(frozen=True, slots=True)
class Incarnation:
    """Attributes:
    end: as our supervisor noted it; None while it runs, or when nobody could.
    running: it runs, or its end isn't noted yet.
    """

    pod: Pod
    notes: Mapping[str, str]
    end: Ended | None
    running: bool

    @property
    def uuid(self) -> str:
        return self.pod["name"]

    @property
    def uid(self) -> str:
        return self.notes[labels.POD_UID]

    @property
    def attempt(self) -> int:
        text = self.notes.get(ATTEMPT, "")
        return int(text) if text.isdecimal() else 0

    @property
    def prepared(self) -> bool:
        return self.pod["state"] == "prepared"

    @property
    def created_at_ns(self) -> int:
        return self.pod.get("created_at", 0) * SECOND

    @property
    def sandbox(self) -> SandboxStatus:
        on_host = self.notes.get(HOST_NETWORK) == "true"
        ips = addresses(self.pod.get("networks") or ()) if self.running and not on_host else ()
        return SandboxStatus(
            id=self.uuid,
            attempt=self.attempt,
            ready=self.running,
            created_at_ns=self.created_at_ns,
            host_network=on_host,
            ips=ips,
            hash=parse_hash(self.notes.get(ASKED, "")),
        )

    def containers(self, *, messages: bool = False) -> list[ContainerStatus]:
        """Its apps; `messages` reads their last words too."""
        return [self._container(app, messages=messages) for app in self.pod.get("apps") or ()]

    def _container(self, app: App, *, messages: bool) -> ContainerStatus:
        told = app.get("user_annotations") or {}
        notes = read_annotations(told)
        state = self._state(app)
        code = exit_code(app) if state is ContainerState.EXITED else 0
        done = state is ContainerState.EXITED
        return ContainerStatus(
            id=f"{self.uuid}:{app['name']}",
            name=told.get(labels.CONTAINER_NAME, app["name"]),
            state=state,
            created_at_ns=app.get("created_at", self.created_at_ns),
            started_at_ns=app.get("started_at", 0),
            finished_at_ns=self.end.finished_at_ns if done and self.end else 0,
            exit_code=code,
            image=told.get(IMAGE, ""),
            image_ref=app.get("image_id", ""),
            hash=notes.hash,
            restart_count=notes.restart_count,
            reason=_reason(app) if done else "",
            message=last_words(told, code) if done and messages else "",
            log_path=told.get(LOG, ""),
        )

    def _state(self, app: App) -> ContainerState:
        if self.prepared:
            return ContainerState.CREATED
        if self.running and self.pod["state"] != "running":
            return ContainerState.RUNNING
        return _STATES.get(app["state"], ContainerState.UNKNOWN)


def exit_code(app: App) -> int:
    """What rkt didn't write down, because the pod was killed, is told as a kill."""
    return app.get("exit_code", UNKNOWN_EXIT)


def _reason(app: App) -> str:
    if "exit_code" not in app:
        return "ContainerStatusUnknown"
    return "Error" if app["exit_code"] else "Completed"


def last_words(told: Mapping[str, str], code: int) -> str:
    words = LastWords(
        file=Path(told[LAST_WORDS]) if told.get(LAST_WORDS) else None,
        log=Path(told[LOG]) if told.get(LOG) else None,
        policy=read_annotations(told).termination_message_policy,
        exit_code=code,
    )
    return termination_message(words)


def incarnations(rkt: Rkt, root: Path, uid: str = "") -> list[Incarnation]:
    """Those of one pod, or of all pods, that a kubelet made; the newest first."""
    found = [
        _incarnation(pod, root)
        for pod in list_pods(rkt)
        if pod["state"] in _KEPT and uid in {"", _uid(pod)} and _uid(pod)
    ]
    return sorted(found, key=lambda one: (one.attempt, one.created_at_ns, one.uuid), reverse=True)


def _uid(pod: Pod) -> str:
    return (pod.get("user_annotations") or {}).get(labels.POD_UID, "")


def _incarnation(pod: Pod, root: Path) -> Incarnation:
    folder = folder_of(root, pod["name"])
    end = ended(folder)
    runs = pod["state"] == "running"
    ending = pod["state"] == "exited" and end is None and supervised(folder)
    return Incarnation(pod, pod.get("user_annotations") or {}, end, runs or ending)


def folder_of(root: Path, uuid: str) -> Path:
    """Where the supervisor of an rkt pod has its files."""
    return root / "rkt" / uuid
