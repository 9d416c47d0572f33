"""Just enough of SVG: elements as text, escaped."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

STYLE = Path(__file__).with_name("figure.css")
_DIGITS = 1
Point: TypeAlias = tuple[float, float]
"""Across and down; of a box, its width and height."""


def element(name: str, *inner: str, **attributes: object) -> str:
    """One element; underscores in names of attributes are dashes, `kind` is the class."""
    words = "".join(
        f' {_attribute(key)}="{escape(_value(value))}"' for key, value in attributes.items()
    )
    return f"<{name}{words}>{''.join(inner)}</{name}>" if inner else f"<{name}{words}/>"


def text(at: Point, words: str, kind: str = "", anchor: str = "start") -> str:
    return element("text", escape(words), x=at[0], y=at[1], kind=kind, text_anchor=anchor)


def line(begin: Point, end: Point, kind: str) -> str:
    return element("line", x1=begin[0], y1=begin[1], x2=end[0], y2=end[1], kind=kind)


def box(at: Point, size: Point, kind: str, radius: float = 0) -> str:
    x, y = at
    return element("rect", x=x, y=y, width=size[0], height=size[1], rx=radius, kind=kind)


def head(at: Point, kind: str, *, to_the_right: bool) -> str:
    """The head of an arrow that ends at a point."""
    x, y = at
    back = -7 if to_the_right else 7
    points = f"{x:g},{y:g} {x + back:g},{y - 3.5:g} {x + back:g},{y + 3.5:g}"
    return element("polygon", points=points, kind=kind)


def figure(width: float, height: float, title: str, parts: Iterable[str]) -> str:
    """A drawing, to stand in a page that has `figure.css`."""
    return element(
        "svg",
        element("title", escape(title)),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:g} {height:g}",
        width=width,
        height=height,
        role="img",
        kind="figure",
    )


def alone(drawing: str) -> str:
    """A drawing with its style, to be a file of its own."""
    begin = drawing.index(">") + 1
    return f"{drawing[:begin]}<style>{STYLE.read_text()}</style>{drawing[begin:]}\n"


def cut(words: str, most: int) -> str:
    """No longer than `most` characters."""
    return words if len(words) <= most else f"{words[: most - 1]}…"


def wrapped(words: str, most: int) -> list[str]:
    """Lines of no more than `most` characters, broken at spaces and after dashes."""
    pieces = words.replace("-", "-\0").replace(" ", " \0").split("\0")
    lines = [""]
    for piece in pieces:
        if lines[-1] and len(lines[-1] + piece.rstrip()) > most:
            lines.append("")
        lines[-1] += piece
    return [cut(one.strip(), most) for one in lines]


def _attribute(key: str) -> str:
    return "class" if key == "kind" else key if key == "viewBox" else key.replace("_", "-")


def _value(value: object) -> str:
    return f"{round(value, _DIGITS):g}" if isinstance(value, float) else str(value)
