"""What a host doesn't grant is brought down to what it does, with one warning."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runtimes.core.host import clamp
from runtimes.oci.host import facts
from runtimes.oci.host.clamp import clamp_rlimit, losses

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def nothing_said_yet() -> Iterator[None]:
    before = set(clamp._said)
    clamp._said.clear()
    yield
    clamp._said.clear()
    clamp._said.update(before)


@pytest.fixture
def poor() -> facts.HostFacts:
    return replace(
        facts.host_facts(),
        oom_score_adj_floor=10,
        rlimits={"RLIMIT_NOFILE": 4096, "RLIMIT_CORE": -1},
        can_raise_rlimits=False,
        bounding=frozenset({"CAP_CHOWN", "CAP_KILL"}),
    )


@pytest.fixture
def rich(poor: facts.HostFacts) -> facts.HostFacts:
    return replace(poor, oom_score_adj_floor=-1000, can_raise_rlimits=True)


@pytest.mark.parametrize(
    ("wanted", "granted"), [(-998, 10), (10, 10), (11, 11), (1000, 1000), (5000, 1000)]
)
def test_oom_scores_stay_above_the_floor(poor: facts.HostFacts, wanted: int, granted: int) -> None:
    assert clamp.clamp_oom_score_adj(wanted, poor) == granted


def test_oom_scores_stay_within_the_kernels_range(rich: facts.HostFacts) -> None:
    assert clamp.clamp_oom_score_adj(-998, rich) == -998
    assert clamp.clamp_oom_score_adj(-5000, rich) == -1000


def test_one_warning_per_kind(poor: facts.HostFacts, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for wanted in (-998, -997, -998):
            clamp.clamp_oom_score_adj(wanted, poor)
        clamp.clamp_capabilities({"CAP_SYS_ADMIN"}, poor)
        clamp.clamp_capabilities({"CAP_BPF"}, poor)

    assert len(caplog.records) == 2
    assert "CAP_SYS_RESOURCE" in caplog.text


def test_what_is_granted_in_full_is_not_talked_about(
    poor: facts.HostFacts, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        clamp.clamp_oom_score_adj(500, poor)
        clamp_rlimit("RLIMIT_NOFILE", 1024, 4096, poor)
        clamp.clamp_capabilities({"CAP_CHOWN"}, poor)

    assert caplog.records == []


@pytest.mark.parametrize(
    ("kind", "asked", "granted"),
    [
        ("RLIMIT_NOFILE", (1024, 8192), (1024, 4096)),
        ("RLIMIT_NOFILE", (-1, -1), (4096, 4096)),
        ("RLIMIT_CORE", (-1, -1), (-1, -1)),
        ("RLIMIT_UNHEARD_OF", (5, 6), (5, 6)),
    ],
)
def test_limits_stay_below_our_own_hard_ones(
    poor: facts.HostFacts, kind: str, asked: tuple[int, int], granted: tuple[int, int]
) -> None:
    assert clamp_rlimit(kind, *asked, poor) == granted


def test_limits_may_be_raised_with_the_capability(rich: facts.HostFacts) -> None:
    assert clamp_rlimit("RLIMIT_NOFILE", -1, -1, rich) == (-1, -1)


def test_capabilities_stay_within_the_bounding_set(poor: facts.HostFacts) -> None:
    assert clamp.clamp_capabilities({"CAP_CHOWN", "CAP_SYS_ADMIN"}, poor) == {"CAP_CHOWN"}


def test_losses_are_told_beforehand(poor: facts.HostFacts, rich: facts.HostFacts) -> None:
    assert any("oom_score_adj is kept at 10" in loss for loss in losses(poor))
    assert any("4096 open files" in loss for loss in losses(poor))
    assert losses(rich) == ()
    guarded = replace(rich, apparmor=True, selinux=True)
    assert [loss.partition(":")[0] for loss in losses(guarded)] == ["AppArmor", "SELinux"]
