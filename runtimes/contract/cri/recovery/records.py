"""A record that can't be read is one unknown pod, and no trouble for any other.

Source: runtimes.core.cri.services: a corrupt record is unknown, never fatal
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.requires import requires
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.contract.bench import Bench, Sandbox
    from runtimes.contract.crash.bench import Crash

BUNDLE = "config.json"
DEPTHS = ("", "*/", "*/*/")
"""How deep records may lie; images and layers lie deeper, and are many."""


@pytest.mark.parametrize("damage", [b"", b'{"id": "'], ids=["empty", "torn"])
@requires(Capability.RECOVERY)
def test_a_damaged_record_costs_its_own_pod_at_most(
    contract: Bench, contract_crash: Crash, damage: bytes
) -> None:
    folders = contract_crash.state_folders()
    victim, other = contract.new_sandbox(), contract.new_sandbox()
    contract.sleeper(victim)
    running = contract.sleeper(other)
    records = [path for folder in folders for path in records_of(victim, folder)]
    assert records, f"there is no record of sandbox {victim.id} below {folders}"

    for path in records:
        contract_crash.damage(path, damage)

    service = contract_crash.started_anew()
    assert other.id in [one.id for one in service.list_pod_sandbox()]
    assert service.container_status(running).status.state == cri.CONTAINER_RUNNING
    service.stop_pod_sandbox(victim.id)
    service.remove_pod_sandbox(victim.id)
    contract.sleeper(other)


def records_of(sandbox: Sandbox, folder: Path) -> list[Path]:
    """Files of JSON that name a sandbox; a bundle's ``config.json`` is the OCI runtime's."""
    names = {sandbox.id.encode(), sandbox.config.metadata.uid.encode()}
    found = (path for depth in DEPTHS for path in folder.glob(f"{depth}*.json"))
    return [path for path in found if path.name != BUNDLE and is_about(path.read_bytes(), names)]


def is_about(data: bytes, names: set[bytes]) -> bool:
    """Whether it is a JSON object with one of the names in it."""
    return data.lstrip().startswith(b"{") and any(name in data for name in names)
