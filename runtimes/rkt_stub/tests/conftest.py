"""Every test of behaviour runs on the stand-in, and on a real rkt where one is on the PATH."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.rkt_stub.program.fetch import fetch
from runtimes.rkt_stub.tests.world import PROGRAMS, World, rkt_below, why_not

if TYPE_CHECKING:
    from runtimes.contract.engines.session import EngineSession


@pytest.fixture(scope="session", params=sorted(PROGRAMS, reverse=True))
def rkt_world(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    runtimes_engines: EngineSession,
) -> World:
    """With the suite's busybox in its store."""
    lacks = why_not(PROGRAMS[request.param])
    if lacks:
        pytest.skip(f"{request.param} rkt: {lacks}")
    return _filled(request.param, tmp_path_factory, runtimes_engines)


@pytest.fixture(scope="session")
def usable_world(
    tmp_path_factory: pytest.TempPathFactory, runtimes_engines: EngineSession
) -> World:
    """For whole suites: a real rkt where it can be used, else the stand-in."""
    name = "standin" if why_not(PROGRAMS["real"]) else "real"
    return _filled(name, tmp_path_factory, runtimes_engines)


def _filled(name: str, folders: pytest.TempPathFactory, engines: EngineSession) -> World:
    folder = folders.mktemp(f"rkt-{name}")
    registry = engines.env("registry")["RUNTIMES_TEST_REGISTRY"]
    image = f"{registry}/runtimes-test/busybox:1"
    world = World(rkt_below(folder, PROGRAMS[name]), folder, image)
    answer = fetch(world.rkt, image)
    assert answer.ok, answer.complaint
    return world
