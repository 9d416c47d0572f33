"""``/containerLogs/<namespace>/<pod>/<container>``: what a container wrote.

As kubelet has it: the newest attempt's log, or with `previous` that of the last one that ended;
`follow` goes on to that attempt's end. Read in pieces, so that no log is ever in memory.

Source: kubelet pkg/kubelet/server/server.go (getContainerLogs), core/v1 PodLogOptions.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.logs import Follower
from runtimes.core.logs.line import parse_time
from runtimes.core.pod import v1
from runtimes.core.pod.status import ContainerState
from runtimes.kubelet.status.seen import previous_attempt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runtimes.core.logs import Entry
    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.core.pod.status import ContainerStatus

_CHUNK = 64 * 1024
_STATUS_PERIOD = 0.5
_RUNS_ON = {ContainerState.RUNNING, ContainerState.CREATED}
_NAMES = {
    "follow", "tailLines", "sinceSeconds", "sinceTime", "timestamps", "previous", "limitBytes",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """Which lines, and how."""

    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail: int | None = None
    since_ns: int = 0
    limit_bytes: int | None = None


def read_query(query: Mapping[str, str], now_ns: int) -> LogQuery:
    """Read what was asked for.

    Raises:
        InvalidArgument: an unknown name, or a value that can't be read.
    """
    unknown = sorted(query.keys() - _NAMES)
    if unknown:
        raise errors.InvalidArgument(f"read logs: there is no {', '.join(unknown)}")
    if "sinceSeconds" in query and "sinceTime" in query:
        raise errors.InvalidArgument("read logs: sinceSeconds or sinceTime, not both")
    seconds = _number(query, "sinceSeconds", least=1)
    return LogQuery(
        follow=_flag(query, "follow"),
        previous=_flag(query, "previous"),
        timestamps=_flag(query, "timestamps"),
        tail=_number(query, "tailLines"),
        since_ns=_moment(query) if seconds is None else now_ns - seconds * 10**9,
        limit_bytes=_number(query, "limitBytes", least=1),
    )


def _flag(query: Mapping[str, str], name: str) -> bool:
    word = query.get(name, "false").lower()
    if word not in {"true", "false", "1", "0", ""}:
        raise errors.InvalidArgument(f"read logs: {name} is true or false, not '{word}'")
    return word in {"true", "1", ""}


def _number(query: Mapping[str, str], name: str, *, least: int = 0) -> int | None:
    word = query.get(name)
    if word is None:
        return None
    if not word.isascii() or not word.isdigit() or len(word) > 15 or int(word) < least:
        raise errors.InvalidArgument(f"read logs: {name} is a number from {least}, not '{word}'")
    return int(word)


def _moment(query: Mapping[str, str]) -> int:
    word = query.get("sinceTime")
    if not word:
        return 0
    try:
        return parse_time(word.encode())
    except errors.DataLoss as error:
        raise errors.InvalidArgument(f"read logs: sinceTime '{word}' is no time") from error


def container_logs(
    runtime: PodRuntime, pod: v1.Pod, container: str, query: LogQuery
) -> Iterator[bytes]:
    """Find the log, and yield it piece by piece; an empty piece means that nothing has come.

    Raises:
        NotFound: the pod has no such container.
        FailedPrecondition: it hasn't started yet, or not twice for `previous`.
        Unimplemented: its backend has no log files.
    """
    attempt = _attempt(runtime, pod, container, previous=query.previous)
    if not attempt.log_path:
        raise errors.Unimplemented(f"read the log of container '{container}': it has no log file")
    return _limited(_pieces(runtime, pod, attempt, query), query.limit_bytes)


def _attempt(
    runtime: PodRuntime, pod: v1.Pod, container: str, *, previous: bool
) -> ContainerStatus:
    spec = pod.spec
    names = {one.name for one in (*spec.init_containers, *spec.containers)}
    if container not in names | {one.name for one in spec.ephemeral_containers}:
        raise errors.NotFound(f"pod '{pod.metadata.name}' has no container '{container}'")
    attempts = [one for one in _observed(runtime, pod) if one.name == container]
    if previous:
        wanted = previous_attempt(pod.status or v1.PodStatus(), container)
        attempts = [one for one in attempts if one.id == wanted]
    if not attempts:
        what = "has no previous attempt" if previous else "is waiting to start"
        raise errors.FailedPrecondition(
            f"container '{container}' in pod '{pod.metadata.name}' {what}"
        )
    return attempts[0]


def _observed(runtime: PodRuntime, pod: v1.Pod) -> tuple[ContainerStatus, ...]:
    meta = pod.metadata
    return runtime.get_pod_status(meta.uid, meta.name, meta.namespace).containers


def _pieces(
    runtime: PodRuntime, pod: v1.Pod, attempt: ContainerStatus, query: LogQuery
) -> Iterator[bytes]:
    ended, asked = not query.follow, float("-inf")
    path = Path(attempt.log_path)
    with Follower(path, tail=query.tail, since_ns=query.since_ns) as follower:
        while True:
            if not ended and time.monotonic() - asked > _STATUS_PERIOD:
                asked = time.monotonic()
                ended = not _runs(runtime, pod, attempt)
            before = ended  # known before reading, so that what it wrote last isn't missed
            moved = False
            for piece in _joined(follower.new(), timestamps=query.timestamps):
                moved = True
                yield piece
            if moved and not before:
                continue
            yield from _joined(follower.unfinished(), timestamps=query.timestamps)
            if before:
                return
            yield b""


def _runs(runtime: PodRuntime, pod: v1.Pod, attempt: ContainerStatus) -> bool:
    return any(one.id == attempt.id and one.state in _RUNS_ON for one in _observed(runtime, pod))


def _joined(entries: Iterator[Entry], *, timestamps: bool) -> Iterator[bytes]:
    piece = bytearray()
    for entry in entries:
        piece += entry.render(timestamps=timestamps)
        if len(piece) >= _CHUNK:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def _limited(pieces: Iterator[bytes], limit: int | None) -> Iterator[bytes]:
    if limit is None:
        yield from pieces
        return
    left = limit
    for piece in pieces:
        yield piece[:left]
        left -= len(piece)
        if left <= 0:
            return
