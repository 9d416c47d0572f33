"""What `run` says of a pod that failed."""

from __future__ import annotations

from runtimes.cli.ending import reasons
from runtimes.core.pod import v1
from runtimes.core.pod.status import PodStatus
from runtimes.kubelet.status.view import PodView


def _ended(name: str, code: int, reason: str, message: str = "") -> v1.ContainerStatus:
    end = v1.ContainerStateTerminated(exit_code=code, reason=reason, message=message)
    return v1.ContainerStatus(name=name, state=v1.ContainerState(terminated=end))


def _view(*containers: v1.ContainerStatus, reason: str = "", message: str = "") -> PodView:
    status = v1.PodStatus(container_statuses=containers, reason=reason, message=message)
    observed = PodStatus(uid="u", name="web", namespace="default")
    return PodView(pod=v1.Pod(), status=status, observed=observed)


def test_a_program_that_failed_alone_has_spoken_for_itself() -> None:
    assert reasons(_view(_ended("main", 3, "Error"))) == []
    assert reasons(_view(_ended("main", 0, "Completed"))) == []


def test_a_reason_is_told_with_its_container() -> None:
    assert reasons(_view(_ended("main", 137, "OOMKilled"))) == [
        "container 'main' ended with 137: OOMKilled"
    ]


def test_of_several_containers_those_that_failed_are_named() -> None:
    view = _view(_ended("good", 0, "Completed"), _ended("bad", 7, "Error", "broken\n"))

    assert reasons(view) == ["container 'bad' ended with 7: broken"]


def test_a_pods_own_reason_comes_first() -> None:
    view = _view(_ended("main", 137, "Error"), reason="DeadlineExceeded", message="too long")

    assert reasons(view) == ["pod failed: DeadlineExceeded: too long"]
