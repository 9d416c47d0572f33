"""From hops and programs to the rows and columns of a sequence diagram."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core.hops import Layer
from runtimes.history.story.model import SERVER, Lifeline, Row
from runtimes.history.story.programs import label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from runtimes.history.story.caught import Hop, Span
    from runtimes.history.story.model import Phase
    from runtimes.history.story.programs import Program

YOU, KUBELET, DOCKER_CLIENT = "you", "kubelet's part", "Docker client"
CONTAINERS, OTHERS = "container", "other programs"
_ID = re.compile(r"(sha256:)?[0-9a-f]{32,}")
_RANK = {Layer.POD: 0, Layer.CRI: 1, Layer.DOCKER: 2, Layer.GRPC: 3, Layer.HTTP: 3}
_MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who is who.

    Attributes:
        service: who answers the CRI in that process.
        server: pid of the process that serves a backend, 0 for none.
        served: who answers the CRI there.
        processes: who starts programs, by pid: layers of ours, peers, daemons.
        peers: names of processes by endpoint.
    """

    service: str
    server: int = 0
    served: str = ""
    processes: Mapping[int, str]
    peers: Mapping[str, str]


@dataclass(slots=True)
class Node:
    """A call or a program, with those that were made inside it."""

    layer: str
    name: str
    target: str
    begin_ns: int
    end_ns: int | None
    pid: int
    source: str = ""
    error: str = ""
    detail: str = ""
    inner: list[Node] = field(default_factory=list)


def rows(
    hops: Sequence[Hop], programs: Sequence[Program], phases: Mapping[Phase, Span], cast: Cast
) -> tuple[Row, ...]:
    """All rows of all phases, in order of time, each after the one that it was made inside."""
    tops = _grow(hops, programs, cast)
    return tuple(
        row
        for phase, span in phases.items()
        for node in _folded([top for top in tops if span.holds(top.begin_ns)])
        for row in _rows(node, phase, span.begin_ns)
    )


def lifelines(rows: Iterable[Row], cast: Cast) -> tuple[Lifeline, ...]:
    """The columns that the rows need, in the order in which they come in; others' programs last."""
    names = dict.fromkeys(name for row in rows for name in (row.source, row.target))
    last = [name for name in (OTHERS, CONTAINERS) if name in names]
    return tuple(_lifeline(name, cast) for name in (*(n for n in names if n not in last), *last))


def camel(name: str) -> str:
    """``run_pod_sandbox`` as the CRI writes it."""
    return "".join(word.capitalize() for word in name.split("_"))


def shorten(call: str) -> str:
    """Long identifiers are of no interest."""
    return _ID.sub("{id}", call)


# -- the tree


def _grow(hops: Sequence[Hop], programs: Sequence[Program], cast: Cast) -> list[Node]:
    nodes = {(hop.pid, hop.number): _of_hop(hop, cast) for hop in hops}
    tops: list[Node] = []
    for hop in sorted(hops, key=lambda one: one.begin_ns):
        node = nodes[hop.pid, hop.number]
        outer = nodes.get((hop.pid, hop.inside)) or _around(hop, hops, nodes)
        node.source = outer.target if outer else _caller(hop, cast)
        (outer.inner if outer else tops).append(node)
    _plant(programs, list(nodes.values()), tops, cast)
    for node in (*nodes.values(), *tops):
        node.inner.sort(key=lambda one: one.begin_ns)
    return sorted(tops, key=lambda one: one.begin_ns)


def _around(hop: Hop, hops: Sequence[Hop], nodes: Mapping[tuple[int, int], Node]) -> Node | None:
    """The innermost call of an outer layer, of another thread or process, that it falls into."""
    around = [
        one
        for one in hops
        if one.begin_ns <= hop.begin_ns and hop.end_ns <= one.end_ns and _crosses(one, hop)
    ]
    found = max(around, key=lambda one: one.begin_ns, default=None)
    return None if found is None else nodes[found.pid, found.number]


def _crosses(outer: Hop, inner: Hop) -> bool:
    if outer.pid != inner.pid:
        return outer.layer is Layer.GRPC
    return _RANK[outer.layer] < _RANK[inner.layer]


def _plant(
    programs: Sequence[Program], calls: Sequence[Node], tops: list[Node], cast: Cast
) -> None:
    """Put each program below who forked it, or below the call that went on when that was later."""
    lineage = _lineage(programs)
    planted: dict[int, Node] = {}
    for program in programs:
        node = _of_program(program, lineage)
        forker = planted.get(program.parent)
        before = planted.get(program.pid)
        known = cast.processes.get(program.parent, OTHERS)
        node.source = forker.target if forker else known
        outer = _latest([before or forker, _going_on(program.begin_ns, calls)])
        (outer.inner if outer else tops).append(node)
        planted[program.pid] = node


def _latest(nodes: Iterable[Node | None]) -> Node | None:
    return max((one for one in nodes if one), key=lambda one: one.begin_ns, default=None)


def _going_on(at_ns: int, calls: Sequence[Node]) -> Node | None:
    going = [one for one in calls if one.begin_ns <= at_ns <= (one.end_ns or at_ns)]
    return max(going, key=lambda one: one.begin_ns, default=None)


def _lineage(programs: Sequence[Program]) -> set[str]:
    """Names of the programs by whose forks the containers' first processes came about."""
    by_pid: dict[int, list[Program]] = {}
    for one in programs:
        by_pid.setdefault(one.pid, []).append(one)
    names: set[str] = set()
    for one in programs:
        pid = one.pid if one.first else 0
        while pid in by_pid:
            names.update(other.name for other in by_pid[pid] if not other.first)
            pid = by_pid[pid][0].parent
    return names


# -- nodes


def _of_hop(hop: Hop, cast: Cast) -> Node:
    name = hop.call if hop.layer in {Layer.GRPC, Layer.HTTP} else camel(hop.call)
    return Node(
        layer=str(hop.layer),
        name=shorten(name),
        target=_answers(hop, cast),
        begin_ns=hop.begin_ns,
        end_ns=hop.end_ns,
        pid=hop.pid,
        error=hop.error,
    )


def _of_program(program: Program, lineage: set[str]) -> Node:
    own = program.name if program.name in lineage else OTHERS
    return Node(
        layer="program",
        name=label(program.argv),
        target=CONTAINERS if program.first else own,
        begin_ns=program.begin_ns,
        end_ns=program.end_ns,
        pid=program.pid,
        detail=" ".join(program.argv),
    )


def _answers(hop: Hop, cast: Cast) -> str:
    match hop.layer:
        case Layer.POD:
            return KUBELET
        case Layer.CRI:
            return cast.served if hop.pid == cast.server else cast.service
        case Layer.DOCKER:
            return DOCKER_CLIENT
        case _:
            return cast.peers.get(hop.peer, hop.peer)


def _caller(hop: Hop, cast: Cast) -> str:
    """Who made a call that falls into no other."""
    if hop.layer is Layer.POD:
        return YOU
    if hop.pid == cast.server:
        return SERVER if hop.layer is Layer.CRI else cast.served
    return KUBELET if hop.layer is Layer.CRI else cast.service or KUBELET


# -- rows


def _folded(nodes: Iterable[Node]) -> Iterator[list[Node]]:
    """Equal ones in a row together: empty ones, and chores with what is inside them."""
    run: list[Node] = []
    for node in nodes:
        if run and not (_alike(run[-1], node) and all(map(_is_simple, (run[-1], node)))):
            yield run
            run = []
        run.append(node)
    if run:
        yield run


def _is_simple(node: Node) -> bool:
    """Whether it has nothing inside, or is a program aside from the way to a container."""
    if not node.inner:
        return True
    aside = node.layer == "program" and node.target == OTHERS
    return aside and all(one.target == OTHERS and _is_simple(one) for one in node.inner)


def _alike(one: Node, other: Node) -> bool:
    return (one.layer, one.name, one.source, one.target, one.error) == (
        other.layer,
        other.name,
        other.source,
        other.target,
        other.error,
    )


def _rows(run: list[Node], phase: Phase, begin_ns: int, depth: int = 0) -> Iterator[Row]:
    first = run[0]
    took = [None if one.end_ns is None else one.end_ns - one.begin_ns for one in run]
    known = [one for one in took if one is not None]
    yield Row(
        phase=phase,
        depth=depth,
        layer=first.layer,  # type: ignore[arg-type]  # one of its literals
        source=first.source,
        target=first.target,
        name=first.name,
        at_ms=round((first.begin_ns - begin_ns) / _MS, 2),
        ms=round(sum(known) / _MS, 2) if len(known) == len(took) else None,
        times=len(run),
        error=first.error,
        detail=first.detail,
    )
    inside = [inner for one in run for inner in one.inner]
    for inner in _folded(sorted(inside, key=lambda one: one.name) if len(run) > 1 else inside):
        yield from _rows(inner, phase, begin_ns, depth + 1)


def _lifeline(name: str, cast: Cast) -> Lifeline:
    if name in {YOU, KUBELET, cast.service, DOCKER_CLIENT, cast.served}:
        return Lifeline(name=name, kind="layer")
    return Lifeline(name=name, kind="container" if name == CONTAINERS else "process")
