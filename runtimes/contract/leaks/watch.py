"""Look before and after a run, and tell what it left.

Source: the suite's own: what a run made is gone when its pods are removed and it has been closed
"""

from __future__ import annotations

import gc
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.engines.cgroups import remove_group
from runtimes.contract.leaks import judge, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from runtimes.contract.docker.subject import DockerSubject
    from runtimes.contract.subject import Subject

PATIENCE = 10.0
_POLL = 0.1
UNSEEN = "what the run left was not looked at"
"""A note on what kept the watch from it."""


class Leaked(AssertionError):
    """Attributes:
    left: what nobody knew of, by the promise that it breaks.
    known: why, by the promise that is known to be broken.
    """

    def __init__(self, name: str, left: Mapping[str, list[str]], known: Mapping[str, str]) -> None:
        lines = [f"  {promise}: {what}" for promise, found in left.items() for what in found]
        lines += [f"  {promise}: as is known: {why}" for promise, why in known.items()]
        super().__init__("\n".join([f"{name} left behind:", *lines]))
        self.left = left
        self.known = known


class KnownLeak(pytest.xfail.Exception):  # type: ignore[name-defined, misc]  # set on a function
    """Attributes:
    known: as of `Leaked`; nothing else was left.
    """

    def __init__(self, known: Mapping[str, str]) -> None:
        super().__init__(", ".join(known.values()))
        self.known = known


@dataclass(slots=True)
class Watch:
    """Attributes:
    made: ids of sandboxes and containers of the whole session, as it learns them; those of
        earlier runs are not this one's.
    """

    subject: Subject | DockerSubject
    run_id: str
    folder: Path
    made: AbstractSet[str] = field(default_factory=frozenset)

    @contextmanager
    def no_leaks(self) -> Iterator[None]:
        """Fail at the end if anything is left; the run's own parent group is removed here."""
        before, earlier = snapshot.take(), frozenset(self.made)
        try:
            yield
            self._judge(self._left(before, earlier))
        except (Leaked, KnownLeak):
            raise
        except BaseException as error:
            error.add_note(UNSEEN)
            raise
        finally:
            remove_group(self.run_id)

    def _judge(self, left: Mapping[str, list[str]]) -> None:
        known = {name: why for name in left if (why := self._is_known(name)) is not None}
        unknown = {name: what for name, what in left.items() if name not in known}
        if unknown:
            raise Leaked(self.subject.name, unknown, known)
        if known:
            raise KnownLeak(known)

    def _is_known(self, promise: str) -> str | None:
        return self.subject.why_it_fails(f"test_{promise}")

    def _left(self, before: snapshot.Snapshot, earlier: AbstractSet[str]) -> dict[str, list[str]]:
        end = time.monotonic() + _patience()
        while (left := self._now(before, earlier)) and time.monotonic() < end:
            gc.collect()  # what is open in objects that nobody has any more
            time.sleep(_POLL)
        return left

    def _now(self, before: snapshot.Snapshot, earlier: AbstractSet[str]) -> dict[str, list[str]]:
        after = snapshot.take(before)
        folders = (self.folder, *self.subject.state)
        own = judge.Own.of(self.run_id, self.made - earlier, folders)
        found = {
            **{name: promise(before, after, own) for name, promise in judge.PROMISES.items()},
            leaves_nothing_else.__name__: leaves_nothing_else(self.subject),
        }
        return {name: what for name, what in found.items() if what}


def _patience() -> float:
    """Seconds for what is still ending, well before an alarm takes the wait for a hang."""
    until_alarm, _ = signal.getitimer(signal.ITIMER_REAL)
    return min(PATIENCE, until_alarm / 2) if until_alarm else PATIENCE


def leaves_nothing_else(subject: Subject | DockerSubject) -> list[str]:
    """Nothing stays of what the backend's author looks for besides (`Subject.traces`)."""
    return sorted(subject.traces()) if subject.traces is not None else []


PROMISES: tuple[Callable[..., list[str]], ...] = (*judge.PROMISES.values(), leaves_nothing_else)
"""What a run promises; each is a test of its own in reports."""
