"""Commands with streams through a CRI socket: megabytes a second, and memory for each session."""

from __future__ import annotations

import os
import socket
import struct
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.streaming.session import StreamSession

MEGABYTE = 1_000_000
COMMAND = "cat"
_OPENERS = 16
_CHUNK = 256 * 1024


class Execs:
    """A container that commands run in.

    Args:
        service: the backend `cri` on a socket.
    """

    def __init__(self, service: Any, image: str) -> None:  # noqa: ANN401 -- opens streams too
        self.service = service
        metadata = cri.PodSandboxMetadata(name="bench", namespace="bench", uid=uuid.uuid4().hex)
        pod = cri.PodSandboxConfig(metadata=metadata, linux=cri.LinuxPodSandboxConfig())
        self.sandbox = service.run_pod_sandbox(pod)
        config = cri.ContainerConfig(
            metadata=cri.ContainerMetadata(name="main"),
            image=cri.ImageSpec(image=image),
            command=["sleep", "100000"],
        )
        self.container = service.create_container(self.sandbox, config, pod)
        service.start_container(self.container)

    def remove(self) -> None:
        self.service.stop_pod_sandbox(self.sandbox)
        self.service.remove_pod_sandbox(self.sandbox)

    def open(self, *cmd: str, stdin: bool = False) -> StreamSession:
        request = cri.ExecRequest(
            container_id=self.container, cmd=cmd, stdin=stdin, stdout=True, stderr=True
        )
        session: StreamSession = self.service.open_exec(request)
        return session

    def out(self, megabytes: int) -> None:
        """Take so much output."""
        left = megabytes * MEGABYTE
        with self.open("head", "-c", str(left), "/dev/zero") as session:
            while data := os.read(session.outputs[0].fd, _CHUNK):
                left -= len(data)
            assert (left, session.wait()) == (0, 0)

    def into(self, megabytes: int) -> None:
        """Give so much input."""
        with self.open("wc", "-c", stdin=True) as session:
            assert session.stdin is not None
            rest = memoryview(bytes(megabytes * MEGABYTE))
            while rest:
                rest = rest[os.write(session.stdin.fd, rest[:_CHUNK]) :]
            session.stdin.finish()
            assert int(os.read(session.outputs[0].fd, _CHUNK)) == megabytes * MEGABYTE


@contextmanager
def concurrent(execs: Execs, count: int) -> Iterator[list[StreamSession]]:
    """So many sessions at once, each of which has answered."""
    with ExitStack() as stack, ThreadPoolExecutor(_OPENERS) as pool:
        pending = [pool.submit(execs.open, COMMAND, stdin=True) for _ in range(count)]
        sessions = [stack.enter_context(each.result()) for each in pending]
        for session in sessions:
            assert session.stdin is not None
            os.write(session.stdin.fd, b"word\n")
            assert os.read(session.outputs[0].fd, _CHUNK) == b"word\n"
        yield sessions


def memory(path: str) -> int:
    """Bytes that the server of a socket has, with its helpers, without the commands themselves.

    Pages that several processes share count in parts (PSS).
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    server = struct.unpack("3i", credentials)[0]
    return sum(map(_proportional, _family(server, path)))


def _family(server: int, path: str) -> set[int]:
    """The server, what it started, and shims, which name its socket."""
    parents: dict[int, int] = {}
    found = {server}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parents[int(folder.name)] = int(
                (folder / "stat").read_text().rpartition(")")[2].split()[1]
            )
        except OSError:
            continue
        if b"shim" in words[0] and path.encode() in words:
            found.add(int(folder.name))
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _proportional(pid: int) -> int:
    try:
        if Path(f"/proc/{pid}/comm").read_text().strip() in {COMMAND, "sleep", "pause"}:
            return 0
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(one.split()[1]) * 1024 for one in lines if one.startswith("Pss:")), 0)


def settled(path: str, seconds: float = 3.0) -> int:
    """`memory` once it has stopped to change."""
    before = memory(path)
    while True:
        time.sleep(seconds)
        now = memory(path)
        if abs(now - before) < MEGABYTE:
            return now
        before = now
