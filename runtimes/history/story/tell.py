"""From all that was caught of an era to what is told of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from runtimes.history.story.caught import Hop, Loaded
from runtimes.history.story.chain import called, chain, held, starters
from runtimes.history.story.model import Told
from runtimes.history.story.programs import Pod, programs
from runtimes.history.story.sequence import KUBELET, Cast, lifelines, rows

if TYPE_CHECKING:
    from runtimes.history.eras.era import Era
    from runtimes.history.recording.run import Caught

_MS = 1_000_000


def tell(era: Era, caught: Caught) -> Told:
    """Make sense of it."""
    life = caught.life
    hops = sorted(
        (line for line in caught.lines if isinstance(line, Hop)), key=lambda hop: hop.begin_ns
    )
    server = next((hop.pid for hop in hops if hop.pid != life.pid), 0)
    serving = {one.pid for one in caught.peers.values()} | {life.pid, server} - {0}
    held_by = life.ancestry[0].pid if life.ancestry else 0
    ran = programs(caught.events, Pod(life.ids, frozenset(serving), held_by))
    processes = {one.pid: one for one in (*caught.daemons.values(), *caught.peers.values())}
    cast = Cast(
        service=era.service,
        server=server,
        served=era.served,
        processes={pid: called(process) for pid, process in processes.items()}
        | {life.pid: era.service or KUBELET, server: era.served},
        peers={endpoint: called(process) for endpoint, process in caught.peers.items()},
    )
    told = rows(hops, ran, life.phases, cast)  # type: ignore[arg-type]  # phases have those names
    begun = life.phases["start"]
    within = [hop for hop in hops if begun.holds(hop.begin_ns)]
    ancestry = life.ancestry or held([one for one in ran if begun.holds(one.begin_ns)])
    links = chain(within, caught.peers, ancestry, starters(ran, ancestry, processes))
    return Told(
        era=era.name,
        state="ran",
        runtime=life.runtime,
        start_ms=_ms(caught, "start"),
        stop_ms=_ms(caught, "stop"),
        lifelines=lifelines(told, cast),
        rows=told,
        chain=links,
        lines=_lines(caught),
        deaf=caught.deaf,
    )


def _ms(caught: Caught, phase: str) -> float:
    return round(caught.life.phases[phase].length_ns / _MS, 1)


def _lines(caught: Caught) -> dict[str, int]:
    """Of code that two processes loaded the larger part counts, for it is the same."""
    most: Counter[str] = Counter()
    for line in caught.lines:
        if isinstance(line, Loaded):
            most |= Counter(line.lines)
    return dict(sorted(most.items()))
