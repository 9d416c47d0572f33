"""kill -9 at random moments of running, stopping and removing pods: nothing is lost or leaked.

``RUNTIMES_CRASH_ROUNDS`` sets how many processes are killed (25). The dice are seeded by the
round, or by ``RUNTIMES_CRASH_SEED``, which a failure names.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.oci.tests.pods import cgroups_of, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.oci.service import OciService
    from runtimes.oci.tests.pods import PrivateRoot

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci, pytest.mark.slow]

ROUNDS = int(os.environ.get("RUNTIMES_CRASH_ROUNDS", "25"))
SEED = os.environ.get("RUNTIMES_CRASH_SEED", "1")
LONGEST_LIFE = 0.3
WORKER = Path(__file__).with_name("crash_worker.py")


def _start(root: PrivateRoot, runtime: str, monitor: str, seed: str) -> subprocess.Popen[str]:
    options = root.options(runtime, monitor)
    places = [str(options.root), str(options.run_root), root.bridge, root.subnet]
    worker = subprocess.Popen(
        [sys.executable, str(WORKER), *places, runtime, monitor, seed],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n", worker.communicate()
    return worker


def _kill(worker: subprocess.Popen[str]) -> None:
    worker.kill()
    _, complaints = worker.communicate()
    assert complaints == ""


def _remove_all(service: OciService) -> list[str]:
    """Remove every pod, as a node agent would that starts anew."""
    found = [item.id for item in service.list_pod_sandbox()]
    for sandbox in found:
        service.stop_pod_sandbox(sandbox)
        service.remove_pod_sandbox(sandbox)
    return found


@pytest.mark.timeout(60 + 12 * ROUNDS)
@pytest.mark.parametrize(
    ("runtime", "monitor", "share"),
    [("crun", "conmon", 1.0), ("runc", "conmon", 0.4), ("crun", "python", 0.4)],
)
def test_a_killed_process_leaves_nothing_that_cannot_be_removed(  # noqa: PLR0917 -- fixtures
    private_root: PrivateRoot,
    open_service: Callable[..., OciService],
    runtime: str,
    monitor: str,
    share: float,
) -> None:
    for number in range(round(ROUNDS * share)):
        seed = f"{SEED}-{number}"
        dice = random.Random(seed)
        worker = _start(private_root, runtime, monitor, seed)
        if not number:  # A busy host takes its time for the first pod's network.
            wait_for(lambda: all(place.is_dir() for place in _places(private_root)))
        time.sleep(dice.uniform(0.0, LONGEST_LIFE))

        _kill(worker)
        service = open_service(runtime, monitor)
        removed = _remove_all(service)

        assert service.list_containers() == []
        wait_for(lambda: not private_root.leaks() and not private_root.interfaces())
        assert not [path for sandbox in removed for path in cgroups_of(sandbox)], seed
        assert not _addresses(private_root), seed


def _addresses(root: PrivateRoot) -> list[Path]:
    """What the network still has on record of pods."""
    found = (path for place in _places(root) for path in place.iterdir())
    return [path for path in found if path.name[0] != "."]


def _places(root: PrivateRoot) -> list[Path]:
    bridge = root.folder / "run/network/bridge" / root.bridge
    return [bridge / name for name in ("attachments", "addresses", "ports")]


def test_two_processes_may_work_on_one_root(
    private_root: PrivateRoot, open_service: Callable[..., OciService]
) -> None:
    workers = [_start(private_root, "crun", "conmon", f"both-{number}") for number in range(3)]

    for worker in workers:
        _, complaints = worker.communicate(timeout=50)
        assert (worker.returncode, complaints) == (0, "")

    assert open_service().list_pod_sandbox() == []
    wait_for(lambda: not private_root.leaks())
