"""A private cgroup of the running host per test, and whatever is in it gone afterwards."""

from __future__ import annotations

import secrets
import subprocess
from typing import TYPE_CHECKING

import pytest

from runtimes.core.cgroup import kill, tree
from runtimes.core.cgroup import layout as layouts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def layout() -> layouts.Layout:
    return layouts.detect()


@pytest.fixture
def path(layout: layouts.Layout) -> Iterator[str]:
    name = f"/runtimes-test-{secrets.token_hex(4)}"
    yield name
    kill.kill_all(layout, name)
    tree.remove(layout, name)


@pytest.fixture
def spawn_in(layout: layouts.Layout) -> Iterator[Callable[[str, str], subprocess.Popen[bytes]]]:
    """Start ``sh -c script`` inside a cgroup: it joins before it runs the script."""
    started: list[tuple[subprocess.Popen[bytes], str]] = []

    def spawn(path: str, script: str) -> subprocess.Popen[bytes]:
        joins = "".join(f"echo $$ > {d}/cgroup.procs;" for d in layout.directories(path))
        process = subprocess.Popen(
            ["/bin/busybox", "sh", "-c", f"{joins} echo ready; {script}"], stdout=subprocess.PIPE
        )
        started.append((process, path))
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return process

    yield spawn
    for process, path in started:
        kill.kill_all(layout, path)
        process.kill()
        process.communicate()
