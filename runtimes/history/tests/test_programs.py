"""Which programs belong to a pod."""

from __future__ import annotations

import pytest

from runtimes.history.story.caught import Ended, Event, Executed, Forked, Process
from runtimes.history.story.programs import Pod, label, programs

ENGINE, SHIM, RUNC, INIT = 10, 20, 30, 40
POD = Pod(ids=("c0ffee",), roots=frozenset({ENGINE}))


def started(at: int, pid: int, *argv: str, first: bool = False, inside: bool = False) -> Executed:
    return Executed(at, Process(pid, argv), first, "0::/pod/c0ffee\n" if inside else "0::/\n")


ENGINE_STARTS: list[Event] = [
    Forked(1, ENGINE, SHIM),
    started(2, SHIM, "/usr/bin/shim", "-id", "c0ffee"),
    Forked(3, SHIM, RUNC),
    started(4, RUNC, "runc", "create"),
    Forked(5, RUNC, INIT),
    started(6, INIT, "runc", "init"),
    started(7, INIT, "runc", "init"),
    Ended(8, RUNC, 0),
    started(9, INIT, "sh", first=True, inside=True),
    Forked(10, INIT, 41),
    started(11, 41, "sleep", "9", inside=True),
]


def test_programs_come_in_order_with_their_ends() -> None:
    ran = programs(ENGINE_STARTS, POD)

    assert [(one.name, one.parent, one.begin_ns, one.end_ns, one.first) for one in ran] == [
        ("shim", ENGINE, 2, None, False),
        ("runc", SHIM, 4, 8, False),
        ("runc", RUNC, 6, 9, False),
        ("sh", RUNC, 9, None, True),
    ]


def test_programs_of_others_are_left_out() -> None:
    others: list[Event] = [Forked(1, 99, 100), started(2, 100, "cron")]

    assert programs([*others, *ENGINE_STARTS], POD) == programs(ENGINE_STARTS, POD)


def test_a_program_that_names_the_container_belongs_to_it_whoever_started_it() -> None:
    unknown: list[Event] = [
        Forked(1, 77, 78),
        started(2, 78, "conmon", "-c", "c0ffee"),
        Forked(3, 77, 79),
        started(4, 79, "bridge"),
    ]

    ran = programs(unknown, POD)

    assert [one.name for one in ran] == ["conmon", "bridge"]


def test_a_fork_that_starts_no_program_is_its_forkers() -> None:
    forked_twice: list[Event] = [
        Forked(1, ENGINE, 50),
        started(2, 50, "conmon"),
        Forked(3, 50, 51),
        Forked(4, 51, 52),
        started(5, 52, "crun", "create"),
    ]

    assert programs(forked_twice, POD)[1].parent == 50


def test_a_program_that_goes_on_in_the_background_has_not_ended() -> None:
    daemon: list[Event] = [
        Forked(1, ENGINE, 50),
        started(2, 50, "conmon"),
        Forked(3, 50, 51),
        Ended(4, 50, 0),
    ]

    assert programs(daemon, POD)[0].end_ns is None
    assert programs([*daemon, Ended(9, 51, 0)], POD)[0].end_ns == 9


def test_what_was_seen_of_a_container_is_told_though_its_pod_shares_a_namespace() -> None:
    """What it starts itself is left out then, too."""
    service, job = 60, 70
    shared: list[Event] = [
        Forked(1, SHIM, INIT),
        started(2, INIT, "systemd", "c0ffee", first=True),
        Forked(3, INIT, service),
        started(4, service, "prepare"),
        started(5, service, "/bin/sh"),
        Forked(6, service, job),
        started(7, job, "sleep"),
    ]

    ran = programs(shared, Pod(ids=("c0ffee",), roots=frozenset({SHIM}), held=service))

    assert [(one.name, one.first) for one in ran] == [
        ("systemd", False),
        ("prepare", False),
        ("sh", True),
    ]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("runc", "--root", "/run", "--log-format", "json", "create", "c0ffee"), "runc create"),
        (("/usr/sbin/iptables", "-t", "nat", "-N", "CNI-1"), "iptables"),
        (("/usr/bin/shim", "-id", "c0ffee"), "shim"),
        (("/usr/bin/shim", "-id", "c0ffee", "start"), "shim start"),
        (("/opt/python", "-m", "a.b.logger", "1"), "python -m logger"),
        (("/opt/python", "-I", "-m", "a.b.logger", "1"), "python -m logger"),
        (("/bin/rkt", "--dir=/d", "image", "list", "--full"), "rkt image list"),
        (("/bin/bash", "/usr/bin/ldd", "/bin/sh"), "ldd"),
        (("sh", "-c", "exit 0"), "sh"),
        ((), "?"),
    ],
)
def test_a_label_says_what_a_program_was_asked_to_do(argv: tuple[str, ...], expected: str) -> None:
    assert label(argv) == expected
