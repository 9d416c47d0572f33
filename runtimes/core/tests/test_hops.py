"""Hops are told to who watches, and cost nothing when nobody does."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

import pytest

from runtimes.core import hops
from runtimes.core.hops import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator


class Service:
    name = "thing"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.name = "closed"

    def double(self, number: int, *, add: int = 0) -> int:
        return 2 * number + add

    def fail(self) -> None:
        raise ValueError("no")


class Watcher:
    def __init__(self) -> None:
        self.seen: list[str] = []

    @contextmanager
    def hop(self, layer: Layer, call: str, peer: str) -> Iterator[None]:
        self.seen.append(f"{layer} {call} {peer}".strip())
        try:
            yield
        finally:
            self.seen.append(f"end {call}")


@pytest.fixture
def watcher(monkeypatch: pytest.MonkeyPatch) -> Watcher:
    monkeypatch.setattr(hops, "_watchers", [])
    watching = Watcher()
    hops.watch(watching)
    return watching


def test_a_service_that_nobody_watches_stays_itself() -> None:
    service = Service()

    assert hops.observed(service, Layer.CRI) is service
    assert hops.hop(Layer.HTTP, "GET /") is hops.hop(Layer.GRPC, "Version")


def test_each_call_of_an_observed_service_is_told(watcher: Watcher) -> None:
    service = hops.observed(Service(), Layer.CRI)

    assert service.double(2, add=1) == 5
    with pytest.raises(ValueError, match="no"):
        service.fail()

    assert watcher.seen == ["cri double", "end double", "cri fail", "end fail"]


def test_an_observed_service_is_a_context_manager_and_shows_its_attributes(
    watcher: Watcher,
) -> None:
    beneath = Service()

    with hops.observed(beneath, Layer.CRI) as service:
        assert service.name == "thing"
        assert service.double(1) == 2

    assert beneath.name == "closed"


def test_a_call_on_a_wire_is_told_with_where_it_goes(watcher: Watcher) -> None:
    with hops.hop(Layer.HTTP, "GET /info", "unix:///run/x.sock"):
        pass

    assert watcher.seen == ["http GET /info unix:///run/x.sock", "end GET /info"]
