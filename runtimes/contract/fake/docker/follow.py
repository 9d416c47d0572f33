"""Give what a process writes to a caller's streams, as it comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.contract.fake.docker.output import Feeder
from runtimes.contract.fake.docker.world import POLL

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.contract.fake.docker.output import LiveInput, Output, Written
    from runtimes.contract.fake.docker.world import World
    from runtimes.core.docker.interface import StreamOptions


@dataclass(slots=True)
class Follower:
    """Attributes:
    at: how many parts of the output were given.
    pack: what becomes of a part on its way: with a time before it, or none at all.
    """

    output: Output
    streams: StreamOptions
    at: int
    pack: Callable[[Written], bytes] = lambda part: part.data

    def run(self, world: World, running: Callable[[], bool], stdin: LiveInput | None) -> None:
        """Until the process has ended and all was given."""
        feeder = Feeder(self.streams.input, stdin) if stdin is not None else None
        while True:
            if feeder is not None:
                feeder.step()
            with world.entered():
                fresh = self.output.parts[self.at :]
                goes_on = running()
            self.give(fresh)
            if not goes_on:
                return
            world.clock.sleep(POLL)

    def give(self, parts: list[Written]) -> None:
        self.at += len(parts)
        for part in parts:
            is_error = part.stream == "stderr" and not self.streams.raw_terminal
            target = self.streams.error if is_error else self.streams.output
            data = self.pack(part)
            if target is not None and data:
                target.write(data)
                target.flush()
