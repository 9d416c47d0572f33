"""What a test of the profile `recovery` works with: callers to kill, and reopened backends."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

import pytest

from runtimes.contract.workbench import Workbench
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runtimes.contract.bench import Run
    from runtimes.contract.crash.caller import Caller, Nursery
    from runtimes.core.cri.services import CriService

Answer = TypeVar("Answer")
PATIENCE = 30.0
POLL = 0.05


class Moment(Enum):
    """When the caller of something is killed; the value is seconds from the call on."""

    AT_ONCE = 0.0
    MIDWAY = 0.02
    UNHEARD = PATIENCE  # or once it is done, before anybody hears of it


def name_of(moment: Moment) -> str:
    return moment.name.lower()


at_any_moment = pytest.mark.parametrize("moment", list(Moment), ids=name_of)


@dataclass(slots=True)
class Crash(Workbench):
    """The fixture `contract_crash`; one per test."""

    run: Run
    nursery: Nursery

    def caller(self) -> Caller:
        """A process that has the backend open; at the latest the end of the test kills it."""
        caller = self.nursery.caller()
        self._undo.callback(caller.kill)
        return caller

    def interrupted(self, moment: Moment, method: str, *arguments: object) -> CriService:
        """Kill a caller in the midst of a call; the backend, opened anew."""
        caller = self.caller()
        caller.begin(method, *arguments)
        caller.answers_within(moment.value)
        caller.kill()
        return self.reopened()

    def reopened(self) -> CriService:
        """The backend, opened anew as after a crash; the end of the test closes it."""
        return self._undo.enter_context(self.run.opened())

    def state_folders(self) -> tuple[Path, ...]:
        """Where the backend keeps its records."""
        if not self.run.subject.state:
            pytest.skip("nobody says where its records are, if it has any (--state)")
        return self.run.subject.state

    def damage(self, record: Path, content: bytes) -> None:
        """Write over a record; the end of the test puts back what was there, if it is still."""
        before = record.read_bytes()
        record.write_bytes(content)
        self._undo.callback(_put_back, record, before)

    def restart_engine(self) -> CriService:
        """Kill the engine and start it again; the backend, opened anew, once it answers."""
        if self.run.subject.restart is None:
            pytest.skip("nothing restarts its engine, if it has one (--restart)")
        return self.started_anew()

    def started_anew(self) -> CriService:
        """As after a crash of all there is: of the engine too, where it may be killed."""
        if self.run.subject.restart is not None:
            self.run.subject.restart()
        service = self.reopened()
        eventually(service.version)
        return service


def _put_back(record: Path, content: bytes) -> None:
    if record.exists():
        record.write_bytes(content)


def eventually(call: Callable[[], Answer]) -> Answer:
    """Call until it succeeds: an engine may be busy with what was interrupted."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return call()
        except errors.Error:
            if time.monotonic() > end:
                raise
        time.sleep(POLL)
