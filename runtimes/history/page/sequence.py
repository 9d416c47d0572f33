"""Draw a sequence diagram: who calls whom down the page, with how long it took."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from runtimes.history.page.svg import box, cut, element, figure, head, line, text, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runtimes.history.story.model import Lifeline, Phase, Row, Told

_NAMES, _TIMES, _WATERFALL = 292, 58, 110
_LEFT = _NAMES + _TIMES + _WATERFALL + 16
_STEP, _ROW, _TOP, _INDENT = 90, 21, 66, 11
_CHARACTER = 6.3
_MOST = 13
"""Characters in a lifeline's head."""
_WORDS = {"start": "From apply to running", "stop": "From stop to gone"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One phase of one era on paper.

    Attributes:
        columns: where each lifeline stands.
        whole_ms: what the width of the waterfall stands for.
    """

    rows: Sequence[Row]
    columns: dict[str, float]
    whole_ms: float

    @property
    def height(self) -> float:
        return _TOP + _ROW * len(self.rows) + 14

    @property
    def width(self) -> float:
        return _LEFT + _STEP * len(self.columns) + 6

    def y(self, number: int) -> float:
        """The middle of a row."""
        return _TOP + _ROW * (number + 0.5)


def draw(told: Told, phase: Phase) -> str:
    """The diagram of a phase."""
    rows = [row for row in told.rows if row.phase == phase]
    used = {name for row in rows for name in (row.source, row.target)}
    lines = [one for one in told.lifelines if one.name in used]
    columns = {one.name: _LEFT + _STEP * (n + 0.5) for n, one in enumerate(lines)}
    sheet = Sheet(rows, columns, told.start_ms if phase == "start" else told.stop_ms)
    title = f"{told.era}, {_WORDS[phase].lower()}: {len(rows)} rows, {sheet.whole_ms:g} ms"
    parts = [*_heads(sheet, lines, phase), *_bodies(sheet)]
    return figure(sheet.width, sheet.height, title, parts)


def _heads(sheet: Sheet, lines: Sequence[Lifeline], phase: Phase) -> Iterator[str]:
    yield text((10, 30), _WORDS[phase], "title")
    yield text((10, 48), f"{sheet.whole_ms:,.0f} ms", "soft")
    yield text((_NAMES + _TIMES - 4, 48), "ms", "soft small", "end")
    yield text((_NAMES + _TIMES + 8, 48), "when", "soft small")
    for number in range(0, len(sheet.rows), 2):
        yield box((0, _TOP + _ROW * number), (sheet.width, _ROW), "even")
    for one in lines:
        x = sheet.columns[one.name]
        yield line((x, _TOP - 8), (x, sheet.height - 6), "life")
        yield box((x - _STEP / 2 + 3, 10), (_STEP - 6, 44), "card", 6)
        words = wrapped(one.name, _MOST)
        kind = "small" if one.kind == "layer" else "small strong"
        for number, word in enumerate(words):
            yield text((x, 36 - 6.5 * (len(words) - 1) + 13 * number), word, kind, "middle")


def _bodies(sheet: Sheet) -> Iterator[str]:
    for number, row in enumerate(sheet.rows):
        yield element("g", _busy(sheet, number), kind=row.layer)
    for number, row in enumerate(sheet.rows):
        y = sheet.y(number)
        yield element(
            "g",
            element("title", escape(_said(row))),
            box((0, y - _ROW / 2), (sheet.width, _ROW), "hover"),
            _label(row, y),
            *_time(row, sheet, y),
            *_request(sheet, number),
            *_arrow(sheet, row, y),
            kind=f"row {row.layer}",
        )


def _label(row: Row, y: float) -> str:
    x = 10 + _INDENT * row.depth
    times = f" ×{row.times}" if row.times > 1 else ""
    most = int((_NAMES - x) / _CHARACTER) - len(times)
    return text((x, y + 4), cut(row.name, most) + times, "bad" if row.error else "name")


def _time(row: Row, sheet: Sheet, y: float) -> Iterator[str]:
    """How long in figures, and when and how long as a bar."""
    left, scale = _NAMES + _TIMES + 8, _WATERFALL / max(sheet.whole_ms, 0.001)
    begin = min(row.at_ms, sheet.whole_ms)
    took = sheet.whole_ms - begin if row.ms is None else row.ms
    width = max(min(took, sheet.whole_ms - begin) * scale, 1.5)
    spent = "goes on" if row.ms is None else _figures(row.ms)
    yield text((_NAMES + _TIMES - 4, y + 4), spent, "soft small", "end")
    yield box((left + begin * scale, y - 3), (width, 6), "time", 2)


def _busy(sheet: Sheet, number: int) -> str:
    """Where the callee is at work: down to the last row inside this one."""
    row = sheet.rows[number]
    last = number
    while last + 1 < len(sheet.rows) and sheet.rows[last + 1].depth > row.depth:
        last += 1
    height = sheet.y(last) - sheet.y(number) + 8
    return box((sheet.columns[row.target] - 4, sheet.y(number)), (8, height), "busy", 2)


def _arrow(sheet: Sheet, row: Row, y: float) -> Iterator[str]:
    begin, end = sheet.columns[row.source], sheet.columns[row.target]
    if begin == end:
        yield element("path", d=f"M{begin + 4:g},{y - 5:g} h16 v8 h-12", kind="arrow")
        yield head((end + 5, y + 3), "head", to_the_right=False)
        return
    to_the_right = end > begin
    inset = 5 if to_the_right else -5
    yield line((begin, y), (end - 2 * inset, y), "arrow")
    yield head((end - inset, y), "head", to_the_right=to_the_right)


def _request(sheet: Sheet, number: int) -> Iterator[str]:
    """Where somebody acts whom the call around it didn't reach: asked in a way not on record."""
    row = sheet.rows[number]
    around = next((one for one in reversed(sheet.rows[:number]) if one.depth < row.depth), None)
    if around is None or around.target == row.source:
        return
    begin, end = sheet.columns[around.target], sheet.columns[row.source]
    yield line((begin, sheet.y(number)), (end, sheet.y(number)), "unseen")


def _said(row: Row) -> str:
    took = "goes on" if row.ms is None else f"{row.ms:g} ms"
    error = f", {row.error}" if row.error else ""
    said = f"{row.source} → {row.target}: {row.name}, {took}{error}"
    return f"{said}\n{row.detail}" if row.detail else said


def _figures(ms: float) -> str:
    return f"{ms:,.0f}" if ms >= 100 else f"{ms:.1f}"
