"""Which version of the API is spoken, and that all go by that one."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from runtimes.core import deadline, errors
from runtimes.docker_legacy import api_version
from runtimes.docker_legacy.client import DockerClient
from runtimes.docker_legacy.endpoint import Endpoint

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.docker_legacy.tests.conftest import Exchange, ScriptedEngine


@pytest.mark.parametrize(
    ("newest", "oldest", "chosen"),
    [
        ("1.41", "1.12", "1.41"),
        ("1.24", "", "1.24"),
        ("1.47", "1.24", "1.47"),
        ("1.52", "1.44", "1.47"),
        ("1.60", "1.50", "1.50"),
        ("1.41", "1.24.0", "1.41"),
    ],
)
def test_the_newest_version_that_both_know_is_spoken(newest: str, oldest: str, chosen: str) -> None:
    assert api_version.choose(newest, oldest) == chosen


def test_an_engine_that_is_too_old_is_refused() -> None:
    with pytest.raises(errors.Unimplemented, match=r"1\.23"):
        api_version.choose("1.23")


@pytest.mark.parametrize("said", ["", "None", "two", "1"])
def test_a_version_that_is_none_is_refused(said: str) -> None:
    with pytest.raises(errors.Internal):
        api_version.choose(said)


def test_calls_go_to_the_version_that_was_agreed(tmp_path: Path, scripted: ScriptedEngine) -> None:
    scripted.replies("GET /version", 200, {"ApiVersion": "1.52", "MinAPIVersion": "1.44"})
    scripted.replies("GET /info", 200, {})

    with DockerClient(Endpoint(path=str(scripted.path))) as docker:
        docker.info()
        docker.info()

    assert [one.path for one in scripted.seen].count("/version") == 1


def test_the_version_that_is_told_is_the_one_that_is_spoken(scripted: ScriptedEngine) -> None:
    newer = {"Version": "29.0", "ApiVersion": "1.52", "MinAPIVersion": "1.44"}
    scripted.replies("GET /version", 200, newer)

    with DockerClient(Endpoint(path=str(scripted.path))) as docker:
        found = docker.version()

    assert found == {**found, **newer, "ApiVersion": api_version.choose("1.52")}
    assert api_version.choose("1.52") != "1.52"


def test_a_call_behind_one_that_waits_for_the_version_ends_at_its_own_deadline(
    docker: DockerClient, scripted: ScriptedEngine
) -> None:
    asked = threading.Event()

    def hang(exchange: Exchange) -> None:
        asked.set()
        scripted.hang(exchange)

    def ask() -> None:
        with suppress(errors.Error):
            docker.info()

    scripted.on("GET /version", hang)
    patient = threading.Thread(target=ask)
    patient.start()
    assert asked.wait(10)
    began = time.monotonic()

    with deadline.within(0.1), pytest.raises(errors.DeadlineExceeded):
        docker.info()

    assert time.monotonic() - began < 5
    docker.close()
    patient.join()
