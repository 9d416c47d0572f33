"""From hops and programs to rows and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.hops import Layer
from runtimes.history.story.caught import Hop, Span
from runtimes.history.story.programs import Program
from runtimes.history.story.sequence import Cast, camel, lifelines, rows, shorten

if TYPE_CHECKING:
    from runtimes.history.story.model import Row

CLIENT, SERVER, ENGINE, SHIM = 1, 2, 10, 20
SOCKET, CRI_SOCKET = "unix:///run/engine.sock", "unix:///run/cri.sock"
MS = 1_000_000
CAST = Cast(
    service="cri client",
    server=SERVER,
    served="shim service",
    processes={CLIENT: "cri client", SERVER: "shim service", ENGINE: "dockerd"},
    peers={SOCKET: "dockerd", CRI_SOCKET: "runtimes serve"},
)


def hop(
    number: int, layer: Layer, call: str, ms: tuple[int, int], *, inside: int = 0, pid: int = CLIENT
) -> Hop:
    peer = {Layer.GRPC: CRI_SOCKET, Layer.HTTP: SOCKET}.get(layer, "")
    return Hop(pid, number, inside, layer, call, peer, ms[0] * MS, ms[1] * MS)


def program(pid: int, parent: int, ms: int, *argv: str, first: bool = False) -> Program:
    return Program(pid=pid, parent=parent, argv=argv, begin_ns=ms * MS, first=first)


def drawn(hops: list[Hop], ran: list[Program] | None = None) -> tuple[Row, ...]:
    return rows(hops, ran or [], {"start": Span(0, 100 * MS)}, CAST)


def arrows(found: tuple[Row, ...]) -> list[tuple[int, str, str, str]]:
    return [(row.depth, row.name, row.source, row.target) for row in found]


def test_calls_go_from_layer_to_layer_and_through_a_server() -> None:
    found = drawn(
        [
            hop(1, Layer.POD, "sync_pod", (1, 50)),
            hop(2, Layer.CRI, "stop_container", (2, 40), inside=1),
            hop(3, Layer.GRPC, "StopContainer", (3, 39), inside=2),
            hop(1, Layer.CRI, "stop_container", (5, 30), pid=SERVER),
            hop(2, Layer.DOCKER, "stop_container", (6, 29), inside=1, pid=SERVER),
            hop(3, Layer.HTTP, "POST /containers/x/stop", (7, 28), inside=2, pid=SERVER),
        ]
    )

    assert arrows(found) == [
        (0, "SyncPod", "you", "kubelet's part"),
        (1, "StopContainer", "kubelet's part", "cri client"),
        (2, "StopContainer", "cri client", "runtimes serve"),
        (3, "StopContainer", "runtimes serve", "shim service"),
        (4, "StopContainer", "shim service", "Docker client"),
        (5, "POST /containers/x/stop", "Docker client", "dockerd"),
    ]
    assert [row.ms for row in found] == [49, 38, 36, 25, 23, 21]


def test_a_call_of_another_thread_belongs_to_the_one_that_it_falls_into() -> None:
    found = drawn(
        [
            hop(1, Layer.POD, "kill_pod", (1, 50)),
            hop(2, Layer.CRI, "stop_container", (2, 40)),
            hop(3, Layer.CRI, "list_containers", (60, 61)),
        ]
    )

    assert [(row.depth, row.name) for row in found] == [
        (0, "KillPod"),
        (1, "StopContainer"),
        (0, "ListContainers"),
    ]


def test_programs_stand_below_the_call_that_went_on_or_below_their_forker() -> None:
    found = drawn(
        [
            hop(1, Layer.HTTP, "POST /containers/x/start", (1, 20)),
            hop(2, Layer.HTTP, "POST /containers/x/stop", (30, 50)),
        ],
        [
            program(SHIM, ENGINE, 5, "shim"),
            program(30, SHIM, 6, "runc", "create"),
            program(31, 30, 7, "sh", first=True),
            program(40, ENGINE, 8, "iptables"),
            program(50, SHIM, 35, "runc", "kill"),
        ],
    )

    assert arrows(found) == [
        (0, "POST /containers/x/start", "cri client", "dockerd"),
        (1, "shim", "dockerd", "shim"),
        (2, "runc create", "shim", "runc"),
        (3, "sh", "runc", "container"),
        (1, "iptables", "dockerd", "other programs"),
        (0, "POST /containers/x/stop", "cri client", "dockerd"),
        (1, "runc kill", "shim", "runc"),
    ]


def test_equal_ones_in_a_row_are_one_row() -> None:
    polls = [hop(n, Layer.CRI, "container_status", (n * 10, n * 10 + 2)) for n in (1, 2, 3)]
    other = hop(4, Layer.CRI, "list_containers", (40, 41))

    found = drawn([*polls, other])

    assert [(row.name, row.times, row.ms) for row in found] == [
        ("ContainerStatus", 3, 6),
        ("ListContainers", 1, 1),
    ]


def test_chores_that_repeat_are_one_row_with_all_that_is_inside_them() -> None:
    def chore(number: int, *inner: str) -> list[Program]:
        pid = 100 * number
        return [
            program(pid, ENGINE, number * 10, "/bin/sh", "/usr/bin/ldd"),
            *(program(pid + n, pid, number * 10 + n, name) for n, name in enumerate(inner, 1)),
        ]

    found = drawn([], [*chore(1, "ld.so", "cat"), *chore(2, "cat", "ld.so"), *chore(3, "ld.so")])

    assert [(row.depth, row.name, row.times) for row in found] == [
        (0, "ldd", 3),
        (1, "cat", 2),
        (1, "ld.so", 3),
    ]


def test_a_program_that_went_on_has_no_time() -> None:
    (row,) = drawn([], [program(SHIM, ENGINE, 5, "shim")])

    assert row.ms is None


def test_columns_come_in_as_they_are_needed_and_the_container_last() -> None:
    found = drawn(
        [hop(1, Layer.POD, "sync_pod", (1, 50)), hop(2, Layer.CRI, "version", (2, 3), inside=1)],
        [program(31, ENGINE, 1, "sh", first=True), program(32, ENGINE, 60, "iptables")],
    )

    names = [one.name for one in lifelines(found, CAST)]

    assert names == [
        "you",
        "kubelet's part",
        "dockerd",
        "cri client",
        "other programs",
        "container",
    ]


def test_names_are_those_of_the_interface() -> None:
    assert camel("run_pod_sandbox") == "RunPodSandbox"
    assert shorten(f"GET /containers/{'ab' * 32}/json") == "GET /containers/{id}/json"
    assert shorten(f"GET /images/sha256:{'ab' * 32}/json") == "GET /images/{id}/json"
