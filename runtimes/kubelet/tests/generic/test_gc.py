"""What garbage collection takes and what it leaves."""

from __future__ import annotations

import errno
import shutil
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.core.pod.gc import GarbagePolicy
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.generic.node import Surroundings
from runtimes.kubelet.generic.runtime import GenericRuntime
from runtimes.kubelet.tests.bench import Bench, script
from runtimes.kubelet.tests.builders import pod

if TYPE_CHECKING:
    from pathlib import Path

KEEP_ALL = GarbagePolicy(max_per_container=-1)


def crashed(bench: Bench, name: str, times: int, *names: str) -> v1.Pod:
    """A pod whose containers have ended `times` times."""
    containers = [script("sleep 1; exit 1", one) for one in names or ("app",)]
    asked = replace(
        pod(*containers),
        metadata=v1.ObjectMeta(name=name, namespace="default", uid=f"u-{name}"),
    )
    for _ in range(times):
        assert not bench.sync(asked).error
        bench.clock.advance(700.0)
    return asked


def collect(bench: Bench, policy: GarbagePolicy, *, ready: bool = True) -> None:
    bench.runtime.garbage_collect(policy, all_sources_ready=ready)


def attempts(bench: Bench, asked: v1.Pod, name: str = "app") -> list[int]:
    return [one.restart_count for one in bench.status(asked).containers if one.name == name]


def logs(bench: Bench, asked: v1.Pod, name: str = "app") -> list[str]:
    folder = bench.config.log_root / f"default_{asked.metadata.name}_{asked.metadata.uid}" / name
    return sorted(path.name for path in folder.iterdir())


def test_the_newest_dead_attempts_stay_and_older_ones_go_with_their_logs(bench: Bench) -> None:
    asked = crashed(bench, "web", 4)

    collect(bench, GarbagePolicy(max_per_container=2))

    assert attempts(bench, asked) == [3, 2]
    assert logs(bench, asked) == ["2.log", "3.log"]


def test_what_is_too_young_stays(bench: Bench) -> None:
    asked = crashed(bench, "web", 3)

    collect(bench, GarbagePolicy(min_age=10.0**12, max_per_container=0))

    assert len(attempts(bench, asked)) == 3


def test_the_total_is_shared_equally_then_the_oldest_go(bench: Bench) -> None:
    first = crashed(bench, "first", 3)
    second = crashed(bench, "second", 3)

    collect(bench, GarbagePolicy(max_per_container=-1, max_containers=4))
    assert (attempts(bench, first), attempts(bench, second)) == ([2, 1], [2, 1])

    collect(bench, GarbagePolicy(max_per_container=-1, max_containers=1))
    assert (attempts(bench, first), attempts(bench, second)) == ([], [2])


def test_running_containers_and_their_sandbox_stay(bench: Bench) -> None:
    asked = pod(script("sleep 1000"))
    bench.sync(asked)

    collect(bench, GarbagePolicy(max_per_container=0, max_containers=0))

    assert bench.latest(asked).restart_count == 0
    assert bench.status(asked).sandboxes[0].ready


def test_dead_sandboxes_go_but_for_the_newest(bench: Bench) -> None:
    asked = pod(script("sleep 1000"))
    for _ in range(3):
        bench.sync(asked)
        bench.service.stop_pod_sandbox(bench.status(asked).sandboxes[0].id)
        bench.clock.advance(700.0)

    collect(bench, GarbagePolicy(max_per_container=0))

    assert [one.attempt for one in bench.status(asked).sandboxes] == [2]


@pytest.mark.parametrize("ready", [True, False])
def test_a_removed_pod_goes_with_all_its_logs_once_every_source_is_known(
    bench: Bench, ready: bool
) -> None:
    asked = crashed(bench, "web", 2)
    bench.service.stop_pod_sandbox(bench.status(asked).sandboxes[0].id)
    bench.removed.add(asked.metadata.uid)

    collect(bench, KEEP_ALL, ready=ready)

    assert (bench.runtime.get_pods(include_exited=True) == []) is ready
    assert (list(bench.config.log_root.iterdir()) == []) is ready


def test_what_another_kubelet_made_is_never_touched(bench: Bench) -> None:
    asked = crashed(bench, "web", 3)
    bench.service.stop_pod_sandbox(bench.status(asked).sandboxes[0].id)
    config = KubeletConfig(
        root=bench.root / "other", log_root=bench.root / "other-logs", host_ip="192.0.2.7"
    )
    other = GenericRuntime(
        bench.service, config=config, around=Surroundings(is_removed=lambda _uid: True)
    )

    other.garbage_collect(GarbagePolicy(max_per_container=0), all_sources_ready=True)

    assert len(attempts(bench, asked)) == 3
    assert len(bench.status(asked).sandboxes) == 1


def test_one_failure_keeps_nothing_else_and_is_told_at_the_end(bench: Bench) -> None:
    asked = crashed(bench, "web", 4)
    bench.service.fail_next("RemoveContainer", errors.Unavailable("no"))

    with pytest.raises(errors.Unavailable, match="no"):
        collect(bench, GarbagePolicy(max_per_container=1))

    assert len(attempts(bench, asked)) == 2


def test_logs_that_cannot_be_removed_are_told_and_keep_no_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, other = crashed(bench, "stuck", 1), crashed(bench, "web", 1)
    bench.removed |= {stuck.metadata.uid, other.metadata.uid}
    remove = shutil.rmtree

    def refuse(folder: Path) -> None:
        if "_stuck_" in folder.name:
            raise PermissionError(errno.EPERM, "Operation not permitted", str(folder))
        remove(folder)

    monkeypatch.setattr(shutil, "rmtree", refuse)

    with pytest.raises(errors.PermissionDenied, match=r"remove logs .*_stuck_.*not permitted"):
        collect(bench, KEEP_ALL)

    assert [folder.name.split("_")[1] for folder in bench.config.log_root.iterdir()] == ["stuck"]
