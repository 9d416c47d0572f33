"""The tables of the page."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runtimes.history.story.model import Row, Told


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of each era, None where it isn't known; `unit` is written after it."""

    head: str
    of: Callable[[Told], float | None]
    unit: str = ""


def _staying(told: Told) -> float:
    """Megabytes of the programs of the processes between."""
    return sum(link.size_bytes for link in told.chain) / 1e6


COLUMNS = (
    Column("to running", lambda told: told.start_ms, " ms"),
    Column("to gone", lambda told: told.stop_ms, " ms"),
    Column("processes between", lambda told: told.between),
    Column("CRI calls", lambda told: told.calls("cri")),
    Column("Docker calls", lambda told: told.calls("docker")),
    Column("gRPC calls", lambda told: told.calls("grpc")),
    Column("HTTP requests", lambda told: told.calls("http")),
    Column("programs started", lambda told: told.calls("program")),
    Column("lines of Python", lambda told: told.code),
    Column("programs that stay", _staying, " MB"),
)


def comparison(eras: Sequence[tuple[str, Told]]) -> str:
    """An era a row, a figure a column; the least of each stands out."""
    heads = "".join(f'<th class="n">{column.head}</th>' for column in COLUMNS)
    least = [_least(column, eras) for column in COLUMNS]
    rows = "".join(
        f'<tr><td><a href="#{told.era}">{escape(told.era)}</a></td>'
        + "".join(_cell(column, told, low) for column, low in zip(COLUMNS, least, strict=True))
        + "</tr>"
        for _, told in eras
    )
    return f'<div class="scroll"><table><tr><th>era</th>{heads}</tr>{rows}</table></div>'


def figure(column: Column, told: Told) -> str:
    """What an era has in a column, as people read it."""
    value = column.of(told)
    if value is None:
        return "not seen"
    return f"{value:,.{1 if 0 < value < 1 else 0}f}{column.unit}"


def hops(told: Told) -> str:
    """Every row of the diagrams, with command lines."""
    rows = "".join(map(_hop, told.rows))
    heads = "<tr><th>phase<th class='n'>at, ms<th class='n'>took, ms<th>from<th>to<th>what</tr>"
    return f'<div class="scroll"><table class="hops">{heads}{rows}</table></div>'


def code(told: Told) -> str:
    """A bar of the distributions whose code ran."""
    parts = "".join(
        f'<span style="flex:{lines}" title="{name}: {lines} lines">{name} {lines:,}</span>'
        for name, lines in sorted(told.lines.items(), key=lambda pair: -pair[1])
    )
    return f'<div class="code">{parts}</div>'


def _least(column: Column, eras: Sequence[tuple[str, Told]]) -> float:
    """The least of what is known; 0 if nothing is."""
    return min((value for _, told in eras if (value := column.of(told)) is not None), default=0)


def _cell(column: Column, told: Told, least: float) -> str:
    kind = "n least" if column.of(told) == least > 0 else "n"
    return f'<td class="{kind}">{figure(column, told)}</td>'


def _hop(row: Row) -> str:
    took = "" if row.ms is None else f"{row.ms:,.1f}"
    times = f" ×{row.times}" if row.times > 1 else ""
    error = f' <b class="bad">{escape(row.error)}</b>' if row.error else ""
    detail = f"<br><code>{escape(row.detail)}</code>" if row.detail else ""
    return (
        f'<tr><td>{row.phase}<td class="n">{row.at_ms:,.1f}<td class="n">{took}'
        f"<td>{escape(row.source)}<td>{escape(row.target)}"
        f'<td><i class="{row.layer}"></i>{escape(row.name)}{times}{error}{detail}</tr>'
    )
