"""Interleaved rounds of several contenders, and the ratios that they end with."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Contender:
    """Something that can be timed again and again.

    Attributes:
        work: what is timed; its answer goes to `clean`, which is not.
        goal: the largest acceptable ratio of the first contender's median to this one's.
    """

    name: str
    work: Callable[[int], object]
    clean: Callable[[object], None]
    goal: float | None = None
    seconds: list[float] = field(default_factory=list)

    @property
    def median_ms(self) -> float:
        return statistics.median(self.seconds) * 1000

    @property
    def spread_ms(self) -> tuple[float, float]:
        ordered = sorted(self.seconds)
        return ordered[len(ordered) // 10] * 1000, ordered[-1 - len(ordered) // 10] * 1000


def run(contenders: list[Contender], rounds: int, warm_up: int = 2) -> None:
    """Time all contenders in turn, `rounds` times, after `warm_up` uncounted ones."""
    for number in range(warm_up + rounds):
        for contender in contenders:
            start = time.perf_counter()
            answer = contender.work(number)
            took = time.perf_counter() - start
            contender.clean(answer)
            if number >= warm_up:
                contender.seconds.append(took)


def report(contenders: list[Contender], title: str) -> bool:
    """Print a table against the first contender; return whether every goal is met."""
    first = contenders[0]
    print(f"{title} ({len(first.seconds)} rounds, interleaved)")
    print(f"{'':28}{'median ms':>10}{'p10':>8}{'p90':>8}{'ratio':>9}{'goal':>8}")
    met = True
    for contender in contenders:
        low, high = contender.spread_ms
        ratio = first.median_ms / contender.median_ms
        goal = "" if contender.goal is None else f"{contender.goal:.3f}"
        met = met and (contender.goal is None or ratio <= contender.goal)
        row = f"{contender.name:28}{contender.median_ms:10.1f}{low:8.1f}{high:8.1f}"
        print(row if contender is first else f"{row}{ratio:9.3f}{goal:>8}")
    return met
