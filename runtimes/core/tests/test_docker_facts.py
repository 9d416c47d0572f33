"""What an Engine says of itself: asked seldom, and by callers with patience of their own."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from runtimes.core import deadline, errors
from runtimes.core.docker.facts import EngineFacts

if TYPE_CHECKING:
    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.docker.types import Info, Version


@dataclass
class SlowDocker:
    """Says how it is set up once it may."""

    may: threading.Event = field(default_factory=threading.Event)
    asked: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    times: int = 0

    def info(self) -> Info:
        self.times += 1
        self.asked.release()
        self.may.wait(10)
        return cast("Info", {"CgroupDriver": "systemd"})

    def version(self) -> Version:
        return cast("Version", {"ApiVersion": "1.41"})


def test_who_has_less_patience_does_not_wait_for_an_answer_that_another_waits_for() -> None:
    docker = SlowDocker()
    facts = EngineFacts(cast("DockerInterface", docker))
    patient = threading.Thread(target=facts.info)
    patient.start()
    assert docker.asked.acquire(timeout=10)

    with deadline.within(0.05), pytest.raises(errors.DeadlineExceeded):
        facts.info()

    assert facts.api() == (1, 41)
    docker.may.set()
    patient.join()
    assert facts.info()["CgroupDriver"] == "systemd"
    assert docker.times == 1
