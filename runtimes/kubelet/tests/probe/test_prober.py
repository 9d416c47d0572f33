"""When probes are made, and whom their results reach; time is turned by hand."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from runtimes.core.pod import v1
from runtimes.core.pod.probes import NO_PROBES, ProbeResult
from runtimes.kubelet.probe.prober import Prober, ProberSettings
from runtimes.kubelet.probe.run import Finding
from runtimes.kubelet.tests.builders import (
    EXITED,
    RUNNING,
    UID,
    attempt,
    container,
    observed,
    pod,
    with_meta,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.kubelet.probe.run import ProbeTarget

PROBE = v1.Probe(exec=v1.ExecAction(command=("check",)), period_seconds=10, initial_delay_seconds=5)
STARTED = 100


@dataclass
class Driver:
    """A prober whose thread never runs: `pass_to` makes what is due, to its end."""

    now: float = STARTED
    answer: ProbeResult = ProbeResult.SUCCESS
    made: list[tuple[float, str]] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings = ProberSettings(
            exec=lambda *_: pytest.fail("nothing is executed"),
            on_change=self.changed.append,
            now_ns=lambda: round(self.now * 1e9),
            run=self._run,
        )
        self.prober = Prober(settings)
        self.prober._thread = threading.current_thread()

    def _run(self, probe: v1.Probe, target: ProbeTarget) -> Finding:
        self.made.append((self.now - STARTED, target.container.name))
        return Finding(self.answer)

    def pass_to(self, seconds: float) -> None:
        while self.now < STARTED + seconds:
            wait = self._tick()
            self.now = min(STARTED + seconds, self.now + max(wait, 0.1))
        self._tick()

    def _tick(self) -> float:
        self.prober.tick()
        self.prober._pool.submit(lambda: None).result()
        while any(entry.busy for entry in self.prober._entries.values()):
            threading.Event().wait(0.001)
        return self.prober.tick()


@pytest.fixture
def driver() -> Iterator[Driver]:
    made = Driver()
    yield made
    made.prober.close()


NOW = observed(attempt("app", RUNNING, started_at_ns=STARTED * 10**9))


def test_a_probe_waits_for_its_delay_and_then_for_its_period(driver: Driver) -> None:
    driver.prober.results(pod(container(liveness_probe=PROBE)), NOW)

    driver.pass_to(26)

    assert [round(at) for at, _ in driver.made] == [5, 15, 25]


def test_a_container_is_not_ready_before_its_first_success(driver: Driver) -> None:
    asked = pod(container(readiness_probe=PROBE))

    before = driver.prober.results(asked, NOW)
    driver.pass_to(6)
    after = driver.prober.results(asked, NOW)

    assert not before.ready("app-0")
    assert after.ready("app-0")
    assert driver.changed == [UID]


def test_liveness_and_readiness_wait_for_the_startup_probe(driver: Driver) -> None:
    asked = pod(container(startup_probe=PROBE, liveness_probe=PROBE, readiness_probe=PROBE))
    driver.answer = ProbeResult.FAILURE
    driver.prober.results(asked, NOW)
    driver.pass_to(6)
    early = list(driver.made)
    assert not driver.prober.results(asked, NOW).started("app-0")

    driver.answer = ProbeResult.SUCCESS
    driver.pass_to(16)
    results = driver.prober.results(asked, NOW)

    assert len(early) == 1
    assert results.started("app-0")
    assert results.ready("app-0")
    assert len([at for at, _ in driver.made if at >= 15]) == 3


def test_a_container_that_failed_is_probed_no_more_until_another_attempt_runs(
    driver: Driver,
) -> None:
    asked = pod(container(liveness_probe=PROBE))
    driver.answer = ProbeResult.FAILURE
    driver.prober.results(asked, NOW)
    driver.pass_to(100)
    held = len(driver.made)
    failed = driver.prober.results(asked, NOW)
    again = observed(attempt("app", RUNNING, 1, started_at_ns=STARTED * 10**9))

    fresh = driver.prober.results(asked, again)
    driver.pass_to(101)

    assert held == 3
    assert failed.liveness == {"app-0": ProbeResult.FAILURE}
    assert fresh.liveness == {"app-1": ProbeResult.SUCCESS}
    assert len(driver.made) == 4


def test_what_does_not_run_is_not_probed(driver: Driver) -> None:
    asked = pod(container(liveness_probe=PROBE))
    driver.prober.results(asked, NOW)

    results = driver.prober.results(asked, observed(attempt("app", EXITED)))
    driver.pass_to(30)

    assert results == NO_PROBES
    assert not driver.made


def test_a_pod_that_ends_is_probed_for_readiness_alone(driver: Driver) -> None:
    asked = pod(container(liveness_probe=PROBE, readiness_probe=PROBE))

    results = driver.prober.results(with_meta(asked, deletion_timestamp="x"), NOW)

    assert (list(results.liveness), list(results.readiness)) == ([], ["app-0"])


def test_init_containers_are_not_probed_but_sidecars_are(driver: Driver) -> None:
    side = container("side", restart_policy="Always", readiness_probe=PROBE)
    plain = container("plain", readiness_probe=PROBE)
    runs = [attempt(name, RUNNING, started_at_ns=1) for name in ("plain", "side", "app")]

    results = driver.prober.results(pod(init=(plain, side)), observed(*runs))

    assert list(results.readiness) == ["side-0"]
