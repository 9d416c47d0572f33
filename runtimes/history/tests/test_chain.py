"""Which processes stand between a client and a container."""

from __future__ import annotations

from runtimes.core.hops import Layer
from runtimes.history.story.caught import Hop, Process
from runtimes.history.story.chain import chain, held, starters
from runtimes.history.story.programs import Program

ENGINE = Process(10, ("/usr/bin/dockerd",), 1000)
DAEMON = Process(11, ("/usr/bin/containerd",))
SHIM = Process(20, ("/usr/bin/shim", "-id", "x"))
FIRST = Process(30, ("sh",))
ASKS = Hop(1, 1, 0, Layer.HTTP, "POST /start", "unix:///engine", 1, 2)


def names(*links: object) -> list[str]:
    return [f"{link.reached} {link.name}".strip() for link in links]  # type: ignore[attr-defined]  # of Link


def test_an_engine_and_the_daemon_that_it_asks_stand_before_the_shim() -> None:
    found = chain([ASKS], {"unix:///engine": ENGINE}, [FIRST, SHIM], {SHIM.pid: DAEMON})

    assert names(*found) == [
        "your program", "http dockerd", "socket containerd", "fork shim", "fork the container",
    ]  # fmt: skip
    assert found[1].size_bytes == 1000


def test_without_any_daemon_only_the_monitor_stays() -> None:
    found = chain([], {}, [FIRST, SHIM], {})

    assert names(*found) == ["your program", "fork shim", "fork the container"]


def test_the_daemon_is_found_by_the_forks_that_led_to_the_oldest_ancestor() -> None:
    ran = [
        Program(pid=15, parent=DAEMON.pid, argv=("shim", "start"), begin_ns=1),
        Program(pid=SHIM.pid, parent=15, argv=("shim",), begin_ns=2),
    ]

    assert starters(ran, [FIRST, SHIM], {DAEMON.pid: DAEMON}) == {SHIM.pid: DAEMON}
    assert starters(ran, [FIRST, SHIM], {}) == {}
    assert starters(ran, [], {DAEMON.pid: DAEMON}) == {}


def test_a_container_that_is_gone_already_was_held_by_those_forkers_that_lived_on() -> None:
    ran = [
        Program(pid=15, parent=DAEMON.pid, argv=("shim", "start"), begin_ns=1, end_ns=3),
        Program(pid=SHIM.pid, parent=15, argv=SHIM.argv, begin_ns=2),
        Program(pid=25, parent=SHIM.pid, argv=("runc", "create"), begin_ns=4, end_ns=6),
        Program(pid=FIRST.pid, parent=25, argv=("runc", "init"), begin_ns=5, end_ns=7),
        Program(pid=FIRST.pid, parent=25, argv=FIRST.argv, begin_ns=7, end_ns=8, first=True),
    ]

    assert [one.pid for one in held(ran)] == [FIRST.pid, SHIM.pid]
    assert held(ran[:4]) == ()


def test_without_the_ancestors_there_is_no_chain_rather_than_a_wrong_one() -> None:
    assert chain([ASKS], {"unix:///engine": ENGINE}, (), {}) == ()
