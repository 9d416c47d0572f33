"""Copy from a container to this host."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

from runtimes.client.copy import tar
from runtimes.client.copy.unpack import Unpacker
from runtimes.client.exchange import exchange
from runtimes.core import errors
from runtimes.core.pod.status import ExecResult
from runtimes.core.streaming.session import Channel

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Buffer

    from runtimes.client.container import Container
    from runtimes.core.streaming.session import StreamSession

_MOST_WORDS = 64 * 1024


def copy_from(container: Container, source: str, target: Path) -> list[str]:
    """As `Container.copy_from`."""
    what = f"copy {tar.described(container, source)} to '{target}'"
    folder, name = _split(source)
    local = target / name if target.is_dir() and name not in {"", "."} else target
    if not local.parent.is_dir():
        raise errors.NotFound(f"{what}: there is no folder '{local.parent}' here")
    try:
        with container.open_exec(tar.pack_command(folder, name)) as session:
            archive = _Output(session)
            left_out = _unpack(archive, Unpacker(local, name or "."), what)
            archive.drain()
            result = ExecResult(session.wait(), b"", bytes(archive.words))
    except errors.Error as error:
        raise tar.lacks_tar(what, error) from error
    tar.check(what, result)
    return left_out


def _split(source: str) -> tuple[str, str]:
    folder, _, name = source.rstrip("/").rpartition("/")
    if name == "..":
        return source, "."
    return folder or ("/" if source.startswith("/") else "."), name


def _unpack(archive: _Output, unpacker: Unpacker, what: str) -> list[str]:
    try:
        with tarfile.open(fileobj=archive, mode="r|", encoding="utf-8") as members:
            for member in members:
                unpacker.place(member, members)
                members.members = []  # type: ignore[attr-defined] # it would keep them all
    except tarfile.ReadError as error:
        if archive.words or not archive.any:
            return []  # tar said why
        raise errors.DataLoss(
            f"{what}: what tar in the container sent is broken: {error}"
        ) from error
    finally:
        unpacker.finish()
    return unpacker.left_out


class _Output(io.RawIOBase):
    """A process's stdout as a file to read, with its stderr aside."""

    def __init__(self, session: StreamSession) -> None:
        self._chunks = exchange(session)
        self._held = memoryview(b"")
        self.words = bytearray()
        self.any = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        while not self._held and self._next():
            pass
        view = memoryview(buffer)
        size = min(len(view), len(self._held))
        view[:size] = self._held[:size]
        self._held = self._held[size:]
        return size

    def drain(self) -> None:
        """Read to the end, so that the process can end."""
        while self._next():
            pass

    def _next(self) -> bool:
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        channel, data = chunk
        if channel is Channel.STDERR:
            self.words += data[: _MOST_WORDS - len(self.words)]
        else:
            self._held = memoryview(data)
            self.any = True
        return True
