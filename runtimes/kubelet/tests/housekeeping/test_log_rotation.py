"""Logs: when they are rotated, what stays, and what a kill leaves."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.kubelet.housekeeping.log_rotation import LogPolicy, LogRotator, stale_logs
from runtimes.kubelet.tests.bench import Bench, script
from runtimes.kubelet.tests.builders import UID, pod

if TYPE_CHECKING:
    from pathlib import Path

LIVE = "0.log"
OLD = ["0.log.1.gz", "0.log.2.gz", "0.log.3.gz", "0.log.4"]


@pytest.mark.parametrize(
    ("names", "remove", "compress"),
    [
        ([LIVE], [], []),
        ([LIVE, "0.log.1"], [], ["0.log.1"]),
        ([LIVE, *OLD], ["0.log.1.gz"], ["0.log.4"]),
        ([LIVE, "1.log", "1.log.1", "0.logx"], [], []),
        ([LIVE, "0.log.1.tmp", "0.log.1"], ["0.log.1.tmp"], ["0.log.1"]),
        ([LIVE, "0.log.1", "0.log.1.gz"], ["0.log.1"], []),
    ],
)
def test_old_logs_are_compressed_and_the_oldest_go(
    names: list[str], remove: list[str], compress: list[str]
) -> None:
    assert stale_logs(names, LIVE, keep=3) == (remove, compress)


@pytest.fixture
def log(bench: Bench) -> Path:
    """The log of a running container that has written more than 100 bytes."""
    bench.sync(pod(script("echo " + "x" * 100 + "; sleep 1000")))
    return bench.config.log_root / f"default_web_{UID}" / "app" / "0.log"


POLICY = LogPolicy(max_bytes=100, max_files=3)


def rotate(bench: Bench, policy: LogPolicy = POLICY) -> None:
    LogRotator(bench.runtime, bench.config, policy, lambda: 0).rotate()


def test_a_log_that_grew_goes_on_in_a_new_file(bench: Bench, log: Path) -> None:
    before = log.read_bytes()

    rotate(bench)

    assert "ReopenContainerLog" in bench.rpcs
    (rotated,) = log.parent.glob("0.log.*")
    assert rotated.read_bytes() == before


def test_a_small_log_and_a_negative_limit_are_left_alone(bench: Bench, log: Path) -> None:
    rotate(bench, LogPolicy(max_bytes=10_000))
    rotate(bench, LogPolicy(max_bytes=-1))

    assert [path.name for path in log.parent.iterdir()] == ["0.log"]


def test_pods_are_listed_again_only_after_one_has_changed(bench: Bench, log: Path) -> None:
    changes = [1]
    logs = LogRotator(bench.runtime, bench.config, POLICY, lambda: changes[0])
    logs.rotate()
    log.write_text("x" * 200)

    logs.rotate()
    assert bench.rpcs.count("ListContainers") == 2, "the sync's, and one"
    assert len(list(log.parent.iterdir())) > 1
    changes[0] += 1
    logs.rotate()

    assert bench.rpcs.count("ListContainers") == 3


def test_the_one_before_is_compressed_and_loses_nothing(bench: Bench, log: Path) -> None:
    before = log.with_name("0.log.20260101-000000")
    before.write_bytes(b"long ago\n")

    rotate(bench)

    assert not before.exists()
    assert gzip.decompress(log.with_name(f"{before.name}.gz").read_bytes()) == b"long ago\n"


def test_a_log_that_somebody_took_away_is_made_anew(bench: Bench, log: Path) -> None:
    log.unlink()

    rotate(bench)

    assert "ReopenContainerLog" in bench.rpcs


def test_a_log_is_put_back_when_it_cannot_be_opened_anew(
    bench: Bench, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(container_id: str) -> None:
        raise errors.Internal(container_id)

    monkeypatch.setattr(bench.service, "reopen_container_log", refuse)
    before = log.read_bytes()

    with pytest.raises(errors.Internal):
        rotate(bench)

    assert log.read_bytes() == before
    assert [path.name for path in log.parent.iterdir()] == ["0.log"]
