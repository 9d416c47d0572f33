"""The suite finds what is wrong: seeded faults of the fake, each by the test that should."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract import suite
from runtimes.contract.bench import Bench, Run
from runtimes.contract.fake.backend import backend
from runtimes.contract.fake.service import FakeCri
from runtimes.contract.subject import Subject
from runtimes.contract.tests.broken_backend import FAULTS
from runtimes.core import errors
from runtimes.core.capability import Capability

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TESTS = suite.tests_of("runtimes.contract.cri")


def bench_of(service: FakeCri, folder: Path, claims: frozenset[Capability]) -> Bench:
    subject = Subject(name="broken", open=lambda: service, claims=claims)
    return Bench(Run("rtc-broken", subject, service, folder))


@pytest.mark.parametrize(
    ("broken", "test"), list(FAULTS.items()), ids=lambda one: getattr(one, "__name__", "")
)
def test_a_seeded_fault_fails_its_test_and_the_sound_fake_passes_it(
    broken: Callable[[], FakeCri], test: str, tmp_path: Path
) -> None:
    for folder in ("sound", "broken"):
        (tmp_path / folder).mkdir()
    with bench_of(FakeCri(), tmp_path / "sound", backend.capabilities) as sound:
        TESTS[test](sound)

    with (
        bench_of(broken(), tmp_path / "broken", backend.capabilities) as bench,
        pytest.raises((AssertionError, errors.Error, pytest.fail.Exception)),
    ):
        TESTS[test](bench)


@pytest.mark.parametrize(
    ("rpc", "claims"),
    [
        ("Attach", backend.capabilities | {Capability.ATTACH}),
        ("ExecSync", backend.capabilities - {Capability.EXEC_SYNC}),
    ],
    ids=["claimed-but-missing", "there-but-not-claimed"],
)
def test_a_wrong_claim_is_found_both_ways(
    rpc: str, claims: frozenset[Capability], tmp_path: Path
) -> None:
    test = TESTS["test_an_rpc_is_refused_exactly_when_it_is_not_claimed"]

    with bench_of(FakeCri(), tmp_path, claims) as bench, pytest.raises(AssertionError):
        test(bench, rpc)


@pytest.mark.parametrize("profile", suite.PACKAGES)
def test_every_test_has_its_own_name_and_says_a_behaviour(profile: str) -> None:
    names = suite.tests_of(profile)

    assert len(names) > 10
    assert all(len(name.split("_")) > 4 for name in names)
