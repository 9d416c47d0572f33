"""Containers outlive the service that a caller belongs to, as systemd stops it."""

from __future__ import annotations

import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core.cgroup.layout import Layout, Version
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.host.facts import host_facts
from runtimes.oci.monitor import cgroup
from runtimes.oci.tests.pods import wait_for

if TYPE_CHECKING:
    from runtimes.oci.tests.pods import Pods, PrivateRoot

SYSTEMD = "name=systemd"
UNIFIED = Path("/u")

START = """
import sys
from runtimes.oci.options import OciOptions
from runtimes.oci.service import OciService
from pathlib import Path
root, run_root, container = sys.argv[1:]
OciService(OciOptions(root=Path(root), run_root=Path(run_root))).start_container(container)
print("started", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({SYSTEMD: "/", "": "/"}, []),
        ({SYSTEMD: "/system.slice/a.service", "": "/"}, ["/s/runtimes/monitors"]),
        (
            {SYSTEMD: "/a.service", "": "/a.service"},
            ["/s/runtimes/monitors", "/u/runtimes/monitors"],
        ),
    ],
)
def test_only_what_is_in_a_service_is_moved(own: dict[str, str], expected: list[str]) -> None:
    layout = Layout(Version.HYBRID, {SYSTEMD: Path("/s")}, UNIFIED, frozenset(), own)

    assert [str(path) for path in cgroup.homes(layout)] == expected


@pytest.mark.needs_root
@pytest.mark.needs_oci
def test_a_container_outlives_the_service_of_its_starter(
    pods: Pods, private_root: PrivateRoot
) -> None:
    layout = host_facts().cgroup
    mount = layout.unified if layout.is_v2 else layout.hierarchies.get(SYSTEMD)
    if mount is None:
        pytest.skip("no hierarchy that a service manager could use")
    service = mount / f"runtimes-test-{secrets.token_hex(4)}.service"
    service.mkdir()
    container = pods.create(pods.run())
    options = private_root.options()
    join = f'echo $$ > {service}/cgroup.procs; exec "$@"'
    places = [str(options.root), str(options.run_root), container]

    with subprocess.Popen(
        [*("sh", "-c", join, "sh"), *(sys.executable, "-c", START), *places],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"started\n"
        starter_alone = str(starter.pid)
        wait_for(lambda: (service / "cgroup.procs").read_text().split() == [starter_alone])
        starter.kill()

    assert pods.status(container).state == cri.CONTAINER_RUNNING
    pods.service.stop_container(container, 0)
    assert pods.status(container).exit_code == 137
    wait_for(lambda: not (service / "cgroup.procs").read_text())
    service.rmdir()
