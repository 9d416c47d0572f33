"""How events are printed; that they come is tested with the client."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runtimes.client import Runtime
from runtimes.client.pod_events import EventKind, PodEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.cli.tests.command_line import Cli


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    def events(_runtime: Runtime) -> Iterator[PodEvent]:
        started = PodEvent(
            at_ns=0, kind=EventKind.STARTED, pod="web", namespace="default", uid="u", id="box"
        )
        yield started
        yield replace(
            started,
            at_ns=1500 * 10**6,
            kind=EventKind.STOPPED,
            id="c" * 64,
            container="main",
            exit_code=137,
            reason="OOMKilled",
        )

    monkeypatch.setattr(Runtime, "events", events)


def test_events_are_rows(cli: Cli) -> None:
    sandbox, container = cli.ok("events").rows

    assert sandbox[1:] == ["started", "web", "-", "box"]
    assert container[0].endswith(":01.500")
    assert container[1:] == ["stopped", "web", "main", "c" * 13, "137", "OOMKilled"]


def test_events_are_json_lines(cli: Cli) -> None:
    first, second = map(json.loads, cli.ok("events", "-o", "json").out.splitlines())

    assert (first["container"], first["exit_code"]) == ("", None)
    assert (second["kind"], second["reason"]) == ("stopped", "OOMKilled")


def test_events_of_one_pod_only(cli: Cli) -> None:
    cli.ok("run", "-d", "--name", "other", "busybox", "--", "sleep", "600")

    assert cli.ok("events", "other").rows == []
