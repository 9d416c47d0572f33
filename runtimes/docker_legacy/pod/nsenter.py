"""Run commands in containers by nsenter, as kubelet did before it trusted Docker's own exec.

The command has the container's namespaces, environment and user; it is not in its control group,
and has neither its seccomp profile nor its capabilities: it is the node's process. So it goes on
when the Engine dies, and needs the Engine's processes on this host.

Source: kubelet 1.4 pkg/kubelet/dockertools/exec.go (NsenterExecHandler).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.docker.beyond import Streams
from runtimes.core.docker.session import check_streams
from runtimes.core.host import tree
from runtimes.core.streaming.collect import finish
from runtimes.core.streaming.local import LocalSession

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.docker.processes import ProcessFinder
    from runtimes.core.docker.types import ContainerInspect
    from runtimes.core.pod.status import ExecResult
    from runtimes.docker_legacy.pod.exec_handler import ExecHandler

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class NsenterExec:
    docker: DockerInterface
    processes: ProcessFinder

    def exec(self, container_id: str, cmd: Sequence[str], timeout: int) -> ExecResult:
        patience = deadline.remaining(float(timeout) if timeout > 0 else None)
        until = None if patience is None else time.monotonic() + patience
        with self._enter(container_id, cmd, Streams()) as opened:
            result = finish(opened, until)
            if result is None:
                tree.kill({opened.pid}, ())
                raise errors.DeadlineExceeded(
                    f"exec {list(cmd)} in container '{container_id}': it ran longer than "
                    f"{patience:g} s and was killed with its children"
                )
        return result

    def open_exec(self, container_id: str, cmd: Sequence[str], streams: Streams) -> LocalSession:
        check_streams(f"run a command in container '{container_id}'", streams)
        return self._enter(container_id, cmd, streams)

    def _enter(self, container_id: str, cmd: Sequence[str], streams: Streams) -> LocalSession:
        what = f"run a command in container '{container_id}'"
        if not cmd:
            raise errors.InvalidArgument(f"{what}: none is given")
        found = self.docker.inspect_container(container_id)
        if not found["State"]["Running"]:
            raise errors.FailedPrecondition(f"{what}: it doesn't run; start it first")
        init = self.processes.find(found["Id"], found["State"]["Pid"])
        if init is None:
            raise errors.Unavailable(
                f"{what}: its processes can't be seen from here; use exec_handler=native"
            )
        argv = [*entering(init.pid, user_of(found, init.pid)), *cmd]
        return LocalSession(
            argv,
            tty=streams.tty,
            stdin=streams.stdin,
            env=environment(found),
            size=streams.size,
        )


def entering(pid: int, user: tuple[int, int] | None) -> list[str]:
    """The words before the command; `user` are the ids to take, None to stay root."""
    ids = [f"--setgid={user[1]}", f"--setuid={user[0]}"] if user else []
    return ["nsenter", "-t", str(pid), "-m", "-i", "-u", "-n", "-p", *ids, "--"]


def environment(found: ContainerInspect) -> dict[str, str]:
    """The container's own, with the host name as a shell would have it."""
    config = found["Config"]
    given = (pair.partition("=") for pair in config.get("Env") or ())
    own = {name: value for name, _, value in given}
    return {"PATH": _PATH, "HOSTNAME": config.get("Hostname", ""), **own}


def user_of(
    found: ContainerInspect, pid: int, proc: Path = Path("/proc")
) -> tuple[int, int] | None:
    """The ids that the container's init has, if it was told any."""
    if not found["Config"].get("User"):
        return None
    try:
        lines = (proc / str(pid) / "status").read_text().splitlines()
    except OSError as error:
        raise errors.FailedPrecondition(
            f"run a command in container '{found['Id']}': it ended meanwhile"
        ) from error
    ids = {line.split()[0]: int(line.split()[1]) for line in lines if line[:4] in ("Uid:", "Gid:")}
    return ids["Uid:"], ids["Gid:"]


if TYPE_CHECKING:

    def _is_handler(handler: NsenterExec) -> ExecHandler:
        return handler
