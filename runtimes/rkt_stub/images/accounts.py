"""Users and groups that an image knows: rkt takes numbers, and looks nothing up for a flag.

An image is exported once and two of its files are read; its id tells its content, so what was read
holds for ever.
"""

from __future__ import annotations

import tarfile
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.rkt_stub.program.image_export import image_export

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Rkt

_FIELDS = 4
_LONGEST = 4 * 1024 * 1024
_PASSWD, _GROUP = "rootfs/etc/passwd", "rootfs/etc/group"


@dataclass(frozen=True, slots=True)
class User:
    """Numbers of one user: its own, its first group, and its other groups."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Accounts:
    """The lines of ``/etc/passwd`` and ``/etc/group``, taken apart; broken ones left out."""

    passwd: tuple[tuple[str, ...], ...] = ()
    group: tuple[tuple[str, ...], ...] = ()

    def user(self, wanted: str) -> User:
        """A number need not be known to the image; a name must.

        Raises:
            InvalidArgument: the image has no user of that name.
        """
        for line in self.passwd:
            if wanted in {line[0], line[2]}:
                return User(int(line[2]), int(line[3]), self._groups(line[0]))
        if wanted.isdecimal():
            return User(int(wanted), 0)
        raise errors.InvalidArgument(f"run as user '{wanted}': the image has no such user")

    def gid(self, wanted: str) -> int:
        """As `user`, of a group.

        Raises:
            InvalidArgument: the image has no group of that name.
        """
        for line in self.group:
            if wanted in {line[0], line[2]}:
                return int(line[2])
        if wanted.isdecimal():
            return int(wanted)
        raise errors.InvalidArgument(f"run as group '{wanted}': the image has no such group")

    def _groups(self, name: str) -> tuple[int, ...]:
        return tuple(int(line[2]) for line in self.group if name in line[3].split(","))


@dataclass(slots=True)
class AccountCache:
    """Thread-safe."""

    rkt: Rkt
    _known: dict[str, Accounts] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, image_id: str) -> Accounts:
        with self._lock:
            known = self._known.get(image_id)
            if known is None:
                known = self._known[image_id] = self._read(image_id)
        return known

    def _read(self, image_id: str) -> Accounts:
        with tempfile.TemporaryDirectory(prefix="rkt-image-") as folder:
            path = Path(folder, "image.aci")
            image_export(self.rkt, image_id, path)
            with tarfile.open(path) as archive:
                return accounts_of(archive)


def accounts_of(archive: tarfile.TarFile) -> Accounts:
    return Accounts(_lines(archive, _PASSWD, (2, 3)), _lines(archive, _GROUP, (2,)))


def _lines(
    archive: tarfile.TarFile, name: str, numbers: tuple[int, ...]
) -> tuple[tuple[str, ...], ...]:
    try:
        file = archive.extractfile(name)
    except KeyError:
        return ()
    text = "" if file is None else file.read(_LONGEST).decode(errors="replace")
    lines = (tuple(line.split(":")) for line in text.splitlines())
    return tuple(one for one in lines if len(one) >= _FIELDS and _numbered(one, numbers))


def _numbered(line: tuple[str, ...], numbers: tuple[int, ...]) -> bool:
    return all(line[at].isascii() and line[at].isdecimal() for at in numbers)
