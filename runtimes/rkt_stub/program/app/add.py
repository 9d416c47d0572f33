"""`rkt app add`: an app of an image that is in the store; nothing of it runs yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.rkt_stub.program.rkt import Answer, Rkt

LOG_PATH = "coreos.com/rkt/experiment/kubernetes-log-path"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """A folder or file of the host in the app; it must be there."""

    name: str
    source: str
    target: str
    read_only: bool = False

    @property
    def word(self) -> str:
        read_only = str(self.read_only).lower()
        return (
            f"--mnt-volume=name={self.name},kind=host,source={self.source},"
            f"target={self.target},readOnly={read_only}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApp:
    """Attributes:
    argv: the whole command; empty for the image's own.
    user, group: a number or a name of the image; empty for the image's own.
    retain, remove: capabilities, of which rkt takes one list or the other.
    log: file name in the sandbox's folder of logs; empty leaves the output to the pod's console.
    memory_bytes, cpu_millis, cpu_shares: 0 for no limit.
    """

    name: str
    image_id: str
    argv: tuple[str, ...] = ()
    user: str = ""
    group: str = ""
    groups: tuple[int, ...] = ()
    working_dir: str = ""
    read_only: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    retain: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    binds: tuple[Bind, ...] = ()
    log: str = ""
    memory_bytes: int = 0
    cpu_millis: int = 0
    cpu_shares: int = 0
    oom_score_adj: int | None = None
    unconfined: bool = False


def add(rkt: Rkt, uuid: str, app: NewApp) -> Answer:
    return rkt.call(*words(uuid, app))


def words(uuid: str, app: NewApp) -> list[str]:
    command = [f"--exec={app.argv[0]}"] if app.argv else []
    arguments = ["--", *app.argv[1:], "---"] if app.argv[1:] else []
    binds = [bind.word for bind in app.binds]
    variables = [f"--environment={key}={value}" for key, value in app.environment.items()]
    return [
        *("app", "add", uuid, app.image_id, f"--name={app.name}"),
        *_identity(app),
        *_limits(app),
        *variables,
        *binds,
        *command,
        *arguments,
    ]


def _identity(app: NewApp) -> list[str]:
    said = {
        "annotation": f"{LOG_PATH}={app.log}" if app.log else "",
        "user": app.user,
        "group": app.group,
        "supplementary-gids": ",".join(str(gid) for gid in app.groups),
        "working-dir": app.working_dir,
        "readonly-rootfs": "true" if app.read_only else "",
        "caps-retain": ",".join(app.retain),
        "caps-remove": ",".join(app.remove),
        "seccomp": "mode=retain,@appc.io/all" if app.unconfined else "",
    }
    output = "stream" if app.log else "log"
    streams = {"stdin": "null", "stdout": output, "stderr": output}
    return [f"--{name}={value}" for name, value in {**said, **streams}.items() if value]


def _limits(app: NewApp) -> list[str]:
    said = {
        "memory": str(app.memory_bytes or ""),
        "cpu": f"{app.cpu_millis}m" if app.cpu_millis else "",
        "cpu-shares": str(app.cpu_shares or ""),
        "oom-score-adj": "" if app.oom_score_adj is None else str(app.oom_score_adj),
    }
    return [f"--{name}={value}" for name, value in said.items() if value]
