"""A private cgroup of the running host per test, and whatever is in it gone afterwards."""

from __future__ import annotations

import secrets
import subprocess
from typing import TYPE_CHECKING

import pytest

from runtimes.oci import cgroup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def layout() -> cgroup.Layout:
    return cgroup.detect()


@pytest.fixture
def path(layout: cgroup.Layout) -> Iterator[str]:
    name = f"/runtimes-test-{secrets.token_hex(4)}"
    yield name
    cgroup.kill_all(layout, name)
    cgroup.remove(layout, name)


@pytest.fixture
def spawn_in(layout: cgroup.Layout) -> Iterator[Callable[[str, str], subprocess.Popen[bytes]]]:
    """Start ``sh -c script`` inside a cgroup: it joins before it runs the script."""
    started: list[subprocess.Popen[bytes]] = []

    def spawn(path: str, script: str) -> subprocess.Popen[bytes]:
        joins = "".join(f"echo $$ > {d}/cgroup.procs;" for d in layout.directories(path))
        process = subprocess.Popen(
            ["/bin/busybox", "sh", "-c", f"{joins} echo ready; {script}"], stdout=subprocess.PIPE
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return process

    yield spawn
    for process in started:
        process.kill()
        process.communicate()
