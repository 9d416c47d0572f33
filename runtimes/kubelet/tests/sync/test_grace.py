"""How long a container may take to end."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from runtimes.core.pod import v1
from runtimes.kubelet.actions.model import KillReason
from runtimes.kubelet.sync.grace import plan_of, plan_of_orphan
from runtimes.kubelet.tests.builders import container, pod, with_meta

PROBED = container(
    "a",
    liveness_probe=v1.Probe(termination_grace_period_seconds=7),
    startup_probe=v1.Probe(),
)


def test_the_specs_grace_counts() -> None:
    assert plan_of(pod(termination_grace_period_seconds=12), None).timeout() == 12


def test_deletion_grace_comes_first() -> None:
    deleted = with_meta(pod(PROBED), deletion_grace_period_seconds=5)

    assert plan_of(deleted, PROBED, KillReason.LIVENESS_PROBE).timeout() == 5


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (KillReason.LIVENESS_PROBE, 7),
        (KillReason.STARTUP_PROBE, 30),
        (KillReason.DEFINITION_CHANGED, 30),
        (None, 30),
    ],
)
def test_a_failed_probe_may_bring_its_own(reason: KillReason | None, expected: int) -> None:
    assert plan_of(pod(PROBED), PROBED, reason).timeout() == expected


@pytest.mark.parametrize("grace", [0, 1, None])
def test_a_restart_in_place_leaves_at_least_two_seconds(grace: int | None) -> None:
    asked = pod(container())
    spec = replace(asked.spec, termination_grace_period_seconds=grace)

    assert plan_of(replace(asked, spec=spec), None).timeout() == 2


@pytest.mark.parametrize(("hook", "expected"), [(0.9, 30), (4.5, 26), (29.5, 2), (100.0, 2)])
def test_a_hook_takes_its_whole_seconds_out_of_the_grace(hook: float, expected: int) -> None:
    assert plan_of(pod(), None).timeout(hook) == expected


@pytest.mark.parametrize(
    ("override", "hook", "expected"),
    [(0, 0.0, 0), (1, 0.0, 1), (1, 5.0, 1), (10, 4.0, 6), (3, 9.0, 2)],
)
def test_an_override_counts_as_it_is_less_the_hook_which_leaves_a_little(
    override: int, hook: float, expected: int
) -> None:
    assert plan_of(pod(), None, override=override).timeout(hook) == expected


@pytest.mark.parametrize(
    ("deletion", "termination", "override", "expected"),
    [(None, None, None, 2), (None, 9, None, 9), (4, 9, None, 4), (4, 9, 0, 0)],
)
def test_an_orphans_grace_is_what_its_containers_kept(
    deletion: int | None, termination: int | None, override: int | None, expected: int
) -> None:
    assert plan_of_orphan(deletion, termination, override).timeout() == expected
