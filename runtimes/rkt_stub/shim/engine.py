"""What all calls of the shim share, and where a sandbox's files are.

<root>/sandboxes/<id>/record.json
<root>/pods/<id>/            of the supervisor, see `runtimes.rkt_stub.launch.unit`
                uuid         written by rkt itself, as the first thing that it does
                logs/        see `runtimes.rkt_stub.launch.follow`; <app>.busy is locked as long as
                             an rkt changes that app
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.host.usage import UsageCache
from runtimes.core.state.store import Store
from runtimes.rkt_stub.shim.record import ContainerRecord, SandboxRecord

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runtimes.rkt_stub.images.accounts import AccountCache
    from runtimes.rkt_stub.images.store import ImageStore
    from runtimes.rkt_stub.launch.unit import Launcher
    from runtimes.rkt_stub.program.rkt import Rkt

BUSY = ".busy"
_PAUSE = 0.005


@dataclass(kw_only=True)
class ShimEngine:
    """Thread-safe; several may work on one root.

    Attributes:
        net: rkt's network for pods that don't use the node's.
    """

    rkt: Rkt
    images: ImageStore
    accounts: AccountCache
    launcher: Launcher
    root: Path
    net: str
    sandboxes: Store[SandboxRecord] = field(init=False)
    containers: Store[ContainerRecord] = field(init=False)
    usage: UsageCache = field(default_factory=UsageCache)

    def __post_init__(self) -> None:
        self.sandboxes = Store(self.root, SandboxRecord)
        self.containers = Store(self.root, ContainerRecord)

    def prepare(self) -> None:
        """Make the folders, and remove what a crash left of records that never were.

        Raises:
            PermissionDenied: the root can't be written.
        """
        try:
            for store in (self.sandboxes, self.containers):
                store.prepare()
                store.sweep()
        except OSError as error:
            raise errors.PermissionDenied(f"open {self.root}: {error.strerror}") from error

    def folder(self, sandbox_id: str) -> Path:
        return self.root / "pods" / sandbox_id

    def logs(self, sandbox_id: str) -> Path:
        return self.folder(sandbox_id) / "logs"

    def uuid(self, sandbox_id: str) -> str:
        """What rkt calls the pod; empty while there is none."""
        try:
            return (self.folder(sandbox_id) / "uuid").read_text().strip()
        except FileNotFoundError:
            return ""

    def containers_of(self, sandbox_id: str) -> list[ContainerRecord]:
        return self.containers.all(lambda one: one.sandbox_id == sandbox_id)

    @contextmanager
    def changing(self, record: ContainerRecord) -> Iterator[Rkt]:
        """An rkt for one change of one app, once none is under way.

        Its command holds the lock too: should this process be killed, who comes next waits until
        rkt has done what it was told to.

        Raises:
            DeadlineExceeded: another change went on for too long.
        """
        path = self.logs(record.sandbox_id) / f"{record.app}{BUSY}"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError as error:
            raise errors.NotFound(f"sandbox '{record.sandbox_id}' is gone") from error
        try:
            while not _locked(descriptor):
                deadline.check(f"wait until rkt is done with container '{record.id}'")
                time.sleep(_PAUSE)
            yield replace(self.rkt, inherited=(descriptor,))
        finally:
            os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
