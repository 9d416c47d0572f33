"""What the audit is for; what it owes its callers is the contract's."""

import json
from pathlib import Path

import pytest
from runtimes_audit.service import audited

from runtimes.contract.fake.service import FakeCri
from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_change_is_noted_before_and_after(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    metadata = cri.PodSandboxMetadata(name="web", uid="u", namespace="default")

    with audited(FakeCri(), file) as service:
        sandbox = service.run_pod_sandbox(cri.PodSandboxConfig(metadata=metadata))
        service.list_pod_sandbox()

    assert [(one["call"], one["target"], one.get("done")) for one in lines(file)] == [
        ("run_pod_sandbox", "web", None),
        ("run_pod_sandbox", "web", sandbox),
    ]


def test_a_refusal_is_noted_with_its_code(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"

    with audited(FakeCri(), file) as service, pytest.raises(errors.NotFound):
        service.start_container("absent")

    assert lines(file)[-1]["failed"] == "NOT_FOUND"
