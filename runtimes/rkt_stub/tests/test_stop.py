"""The end of a pod whose rkt doesn't answer a graceful stop, as on cgroup v2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core import deadline, errors
from runtimes.rkt_stub import stop
from runtimes.rkt_stub.program.rkt import Rkt

if TYPE_CHECKING:
    from pathlib import Path

UUID = "5ab8f6a2-77cb-4a3e-a5a5-3d2e1a4a4a4a"
HANGS = """#!/bin/sh
case "$*" in
    "stop --force=false"*) exec sleep 1000 ;;
    *) echo "$*" >> "$0.calls" ;;
esac
"""


@pytest.fixture
def hanging(tmp_path: Path) -> Rkt:
    program = tmp_path / "rkt"
    program.write_text(HANGS)
    program.chmod(0o755)
    return Rkt(program=str(program), insecure=())


def test_a_graceful_stop_that_hangs_is_forced(
    hanging: Rkt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stop, "ANSWER_SECONDS", 0.1)

    stop.stop_pod(hanging, UUID, grace=0.1)

    assert (tmp_path / "rkt.calls").read_text().splitlines() == [
        f"stop --force=true {UUID}",
        f"status --wait=30000ms --format=json {UUID}",
    ]


def test_nothing_is_forced_after_the_callers_deadline(hanging: Rkt, tmp_path: Path) -> None:
    with deadline.within(0.1), pytest.raises(errors.DeadlineExceeded, match="caller's deadline"):
        stop.stop_pod(hanging, UUID, grace=60)

    assert not (tmp_path / "rkt.calls").exists()
