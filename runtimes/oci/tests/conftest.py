"""Pods on a private root: skipped where they can't run, except in CI, where that is a failure."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtimes.oci.service import OciService
    from runtimes.oci.tests.pods import Pods, PrivateRoot


def _missing() -> str:
    from runtimes.oci.backend import backend

    if os.geteuid() != 0:
        return "root"
    for program in ("/bin/busybox", "crun", "runc", "conmon", "ip"):
        if shutil.which(program) is None:
            return program
    probe = backend.probe()
    return "" if probe.usable else probe.reason


@pytest.fixture(scope="session")
def private_root() -> Iterator[PrivateRoot]:
    from runtimes.oci.tests.pods import IMAGE, PrivateRoot, need, wait_for, write_rootfs_tar

    missing = _missing()
    need(not missing, missing)
    from runtimes.oci.service import OciService

    token = secrets.token_hex(3)
    folder = Path(tempfile.mkdtemp(prefix="oci-"))
    number = int(token[:4], 16)
    root = PrivateRoot(folder, f"rt{token}", f"10.{200 + number % 50}.{number // 50 % 256}.0/24")
    archive = folder / "rootfs.tar"
    write_rootfs_tar(archive, folder / "tree")
    with OciService(root.options()) as service:
        service.import_image(archive, IMAGE)
    yield root
    wait_for(lambda: not root.interfaces())
    root.remove_bridge()
    shutil.rmtree(folder)


@pytest.fixture
def open_service(private_root: PrivateRoot) -> Callable[..., OciService]:
    """Open a service on the private root: ``open_service(runtime, monitor)``."""
    from runtimes.oci.service import OciService

    return lambda *choice: OciService(private_root.options(*choice))


@pytest.fixture
def pods(private_root: PrivateRoot, open_service: Callable[..., OciService]) -> Iterator[Pods]:
    """Pods on crun and conmon, which are gone, without a trace, after the test."""
    yield from _pods(private_root, open_service())


@pytest.fixture(
    params=[("crun", "conmon"), ("crun", "python"), ("runc", "conmon"), ("runc", "python")],
    ids="-".join,
)
def every_pods(
    request: pytest.FixtureRequest,
    private_root: PrivateRoot,
    open_service: Callable[..., OciService],
) -> Iterator[Pods]:
    """The same on every pair of runtime and monitor."""
    yield from _pods(private_root, open_service(*request.param))


def _pods(private_root: PrivateRoot, service: OciService) -> Iterator[Pods]:
    from runtimes.oci.tests.pods import Pods, cgroups_of, wait_for

    with service:
        pods = Pods(service, private_root.folder / "logs")
        made: list[str] = pods.made
        yield pods
        names = list(made)
        pods.clear()
    wait_for(lambda: not private_root.leaks())
    assert not [path for name in names for path in cgroups_of(name)]
