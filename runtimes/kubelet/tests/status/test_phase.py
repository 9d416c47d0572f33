"""Phases, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core.pod import v1
from runtimes.kubelet.status.exit_code import exit_code
from runtimes.kubelet.status.phase import pod_phase
from runtimes.kubelet.tests.builders import container, pod

if TYPE_CHECKING:
    from collections.abc import Sequence

ENDED = v1.ContainerStateTerminated


def state(word: str) -> tuple[v1.ContainerState, v1.ContainerState]:
    """``running``, ``waiting``, ``0`` or ``1`` for an end, ``held1`` for waiting after an end."""
    nothing = v1.ContainerState()
    waiting = v1.ContainerState(waiting=v1.ContainerStateWaiting())
    if word == "running":
        return v1.ContainerState(running=v1.ContainerStateRunning()), nothing
    if word == "waiting":
        return waiting, nothing
    if word.startswith("held"):
        return waiting, v1.ContainerState(terminated=ENDED(exit_code=int(word[4:])))
    return v1.ContainerState(terminated=ENDED(exit_code=int(word))), nothing


def statuses(prefix: str, words: Sequence[str]) -> tuple[v1.ContainerStatus, ...]:
    return tuple(
        v1.ContainerStatus(name=f"{prefix}{index}", state=state(word)[0], last_state=state(word)[1])
        for index, word in enumerate(words)
        if word != "missing"
    )


TABLE = [
    # policy, init, regular, phase
    ("Always", [], ["running"], "Running"),
    ("Always", [], ["running", "waiting"], "Pending"),
    ("Always", [], ["running", "0"], "Running"),
    ("Always", [], ["running", "held1"], "Running"),
    ("Always", [], ["held1"], "Running"),
    ("Always", [], ["0"], "Running"),
    ("Always", [], ["waiting"], "Pending"),
    ("Always", [], ["missing"], "Pending"),
    ("Always", [], ["running", "missing"], "Pending"),
    ("OnFailure", [], ["0", "0"], "Succeeded"),
    ("OnFailure", [], ["0", "1"], "Running"),
    ("OnFailure", [], ["0", "running"], "Running"),
    ("Never", [], ["0", "0"], "Succeeded"),
    ("Never", [], ["0", "1"], "Failed"),
    ("Never", [], ["1", "running"], "Running"),
    ("Never", [], ["0", "missing"], "Pending"),
    ("Always", ["running"], ["waiting"], "Pending"),
    ("Always", ["0", "waiting"], ["waiting"], "Pending"),
    ("Always", ["0"], ["running"], "Running"),
    ("Always", ["missing"], ["missing"], "Pending"),
    ("OnFailure", ["1"], ["waiting"], "Pending"),
    ("OnFailure", ["held1"], ["waiting"], "Pending"),
    ("Never", ["1"], ["waiting"], "Failed"),
    ("Never", ["held1"], ["waiting"], "Failed"),
]


@pytest.mark.parametrize(("policy", "init", "regular", "expected"), TABLE)
def test_the_phase_follows_the_table(
    policy: str, init: list[str], regular: list[str], expected: str
) -> None:
    asked = pod(
        *(container(f"c{index}") for index in range(len(regular))),
        init=tuple(container(f"i{index}") for index in range(len(init))),
        policy=policy,
    )

    assert pod_phase(asked, statuses("i", init), statuses("c", regular)) == expected


@pytest.mark.parametrize(
    ("init", "regular", "expected"),
    [
        ([], ["0"], "Succeeded"),
        ([], ["137"], "Failed"),
        ([], ["0", "held0"], "Failed"),
        ([], ["waiting"], "Failed"),
        (["1"], ["waiting"], "Failed"),
        ([], ["running"], "Running"),
    ],
)
def test_a_pod_stopped_for_good_has_succeeded_only_if_all_its_containers_did(
    init: list[str], regular: list[str], expected: str
) -> None:
    asked = pod(
        *(container(f"c{index}") for index in range(len(regular))),
        init=tuple(container(f"i{index}") for index in range(len(init))),
    )

    phase = pod_phase(asked, statuses("i", init), statuses("c", regular), ended=True)

    assert phase == expected


@pytest.mark.parametrize(
    ("phase", "init", "regular", "expected"),
    [
        ("Succeeded", ["0"], ["0", "0"], 0),
        ("Failed", [], ["0", "3", "4"], 3),
        ("Failed", ["2"], ["waiting"], 2),
        ("Failed", [], ["0"], 1),
        ("Running", [], ["0"], 0),
    ],
)
def test_a_pods_exit_code_is_the_first_failure(
    phase: str, init: list[str], regular: list[str], expected: int
) -> None:
    status = v1.PodStatus(
        phase=phase,
        init_container_statuses=statuses("i", init),
        container_statuses=statuses("c", regular),
    )

    assert exit_code(pod(), status) == expected
