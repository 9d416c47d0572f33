"""How long each call may take, as kubelet has it."""

from __future__ import annotations

import pytest

from runtimes.core import deadline
from runtimes.cri_remote import patience


@pytest.mark.parametrize(
    ("rpc", "own", "expected"),
    [
        ("RunPodSandbox", 0, 240.0),
        ("StopPodSandbox", 0, 120.0),
        ("CreateContainer", 0, 120.0),
        ("StopContainer", 30, 150.0),
        ("StopContainer", 0, 120.0),
        ("ExecSync", 10, 130.0),
        ("ExecSync", 0, None),
        ("PullImage", 0, None),
        ("ImageFsInfo", 0, None),
        ("ListContainerStats", 0, None),
        ("Exec", 0, 120.0),
        ("CheckpointContainer", 5, 125.0),
    ],
)
def test_each_call_has_kubelets_bound(rpc: str, own: int, expected: float | None) -> None:
    assert patience.seconds(rpc, patience.KUBELET, own) == expected


def test_the_callers_deadline_only_shortens() -> None:
    with deadline.within(5):
        assert (patience.seconds("PullImage", 120.0) or 0) <= 5
    with deadline.within(500):
        assert patience.seconds("StartContainer", 120.0) == 120.0
