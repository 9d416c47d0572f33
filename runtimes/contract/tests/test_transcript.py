"""What a run keeps of the calls that it notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.run.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator


class Streaming:
    """A service whose stream holds something until it is let go."""

    held = False

    def events(self) -> Iterator[int]:
        self.held = True
        try:
            yield 1
        finally:
            self.held = False


def test_a_stream_that_its_test_let_go_is_not_kept_open() -> None:
    transcript, service = Transcript(), Streaming()

    events = transcript.wrap(service).events()
    assert next(events) == 1
    assert service.held
    del events

    assert not service.held
    assert [call.name for call in transcript.calls()] == ["events"]
