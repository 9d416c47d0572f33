"""Docker's states as the CRI's, in a status and in a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.spec.cgroup_parent import cgroup_parent
from runtimes.dockershim.container.state import Condition, condition, moment, of_summary

if TYPE_CHECKING:
    from runtimes.core.docker.types import ContainerState, ContainerSummary

NEVER = "0001-01-01T00:00:00Z"
STARTED, ENDED = "1970-01-01T00:00:01Z", "1970-01-01T00:00:02Z"
SECOND = 10**9
CREATED_AT = 7


def docker(status: str, **changes: object) -> ContainerState:
    state: dict[str, object] = {
        "Status": status,
        "Running": status in {"running", "paused"},
        "StartedAt": NEVER,
        "FinishedAt": NEVER,
        "ExitCode": 0,
        "OOMKilled": False,
    }
    return cast("ContainerState", state | changes)


RAN = {"StartedAt": STARTED, "FinishedAt": ENDED}
CASES = [
    (docker("created"), Condition(cri.CONTAINER_CREATED)),
    (docker("running", StartedAt=STARTED), Condition(cri.CONTAINER_RUNNING, "", SECOND)),
    (docker("paused", StartedAt=STARTED), Condition(cri.CONTAINER_RUNNING, "", SECOND)),
    (
        docker("exited", **RAN),
        Condition(cri.CONTAINER_EXITED, "Completed", SECOND, 2 * SECOND),
    ),
    (
        docker("exited", ExitCode=3, **RAN),
        Condition(cri.CONTAINER_EXITED, "Error", SECOND, 2 * SECOND),
    ),
    (
        docker("exited", ExitCode=137, OOMKilled=True, **RAN),
        Condition(cri.CONTAINER_EXITED, "OOMKilled", SECOND, 2 * SECOND),
    ),
    (
        docker("exited", OOMKilled=True, **RAN),
        Condition(cri.CONTAINER_EXITED, "Completed", SECOND, 2 * SECOND),
    ),
    (
        docker("created", ExitCode=127),
        Condition(cri.CONTAINER_EXITED, "ContainerCannotRun", CREATED_AT, CREATED_AT),
    ),
    (docker("removing"), Condition(cri.CONTAINER_EXITED, "", CREATED_AT, CREATED_AT)),
    (docker("stopping"), Condition(cri.CONTAINER_UNKNOWN)),
    (docker("dead", **RAN), Condition(cri.CONTAINER_EXITED, "Completed", SECOND, 2 * SECOND)),
]


@pytest.mark.parametrize(("state", "expected"), CASES, ids=[one["Status"] for one, _ in CASES])
def test_a_status_and_a_list_read_the_same_of_each_state(
    state: ContainerState, expected: Condition
) -> None:
    listed = cast("ContainerSummary", {"State": state["Status"]})
    failed = state["Status"] == "created" and state["ExitCode"] != 0

    assert condition(state, CREATED_AT) == expected
    assert of_summary(listed, failed=failed) == expected.state


@pytest.mark.parametrize("never", [NEVER, ""])
def test_what_has_not_happened_has_no_time(never: str) -> None:
    assert moment(never) == 0


@pytest.mark.parametrize(
    ("driver", "expected"),
    [
        (cri.SYSTEMD, "kubepods-burstable-poda_b.slice"),
        (cri.CGROUPFS, "/kubepods.slice/kubepods-burstable-poda_b.slice"),
    ],
)
def test_a_cgroup_parent_is_in_the_words_of_the_engines_driver(
    driver: cri.CgroupDriver.ValueType, expected: str
) -> None:
    assert cgroup_parent("/kubepods.slice/kubepods-burstable-poda_b.slice", driver) == expected
