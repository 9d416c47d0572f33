"""Draw the eras below one another: which processes stand between you and your container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.history.page.svg import Point, box, element, figure, head, line, text, wrapped
from runtimes.history.story.chain import CONTAINER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runtimes.history.story.model import Link, Told

_LEFT, _BOX, _GAP, _METER = 168, 104, 52, 170
_ROW, _TOP, _HEIGHT = 84, 44, 46
_REACHED = {"grpc": "gRPC", "http": "HTTP", "socket": "socket", "fork": "starts"}


def draw(eras: Sequence[tuple[str, Told]]) -> str:
    """The eras that ran, each with its title."""
    longest = max((len(told.chain) for _, told in eras), default=0)
    width = _LEFT + longest * (_BOX + _GAP) + _METER
    slowest = max((told.start_ms for _, told in eras), default=1.0)
    parts = list(_heads(width))
    for number, (title, told) in enumerate(eras):
        y = _TOP + _ROW * number
        parts += [
            line((0, y), (width, y), "rule"),
            *_title(title, told, y),
            *_chain(told.chain, y + (_ROW - _HEIGHT) / 2),
            *_meter(told.start_ms, slowest, width - _METER, y),
        ]
    return figure(width, _TOP + _ROW * len(eras), "Processes between you and your container", parts)


def _heads(width: float) -> Iterator[str]:
    yield text((0, 26), "Era", "soft")
    yield text((_LEFT, 26), "Processes that have to live for your container's", "soft")
    yield text((width - _METER, 26), "From apply to running", "soft")


def _title(title: str, told: Told, y: float) -> Iterator[str]:
    words = wrapped(title, 18)
    for number, word in enumerate(words):
        yield text((0, y + 38 - 9 * (len(words) - 1) + 18 * number), word, "title")
    between = "not seen" if told.between is None else f"{told.between} between"
    yield text((0, y + 56 + 9 * (len(words) - 1)), between, "soft small")


def _chain(chain: Sequence[Link], y: float) -> Iterator[str]:
    x, middle = float(_LEFT), y + _HEIGHT / 2
    for number, link in enumerate(chain):
        if number:
            yield element(
                "g",
                line((x - _GAP + 4, middle), (x - 9, middle), "arrow"),
                head((x - 4, middle), "head", to_the_right=True),
                text((x - _GAP / 2, middle - 6), _REACHED[link.reached], "small hue", "middle"),
                kind=link.reached,
            )
        yield from _plate(link, _kind(chain, number), (x, y))
        x += _BOX + _GAP


def _plate(link: Link, kind: str, at: Point) -> Iterator[str]:
    x, y = at
    yield box((x, y), (_BOX, _HEIGHT), "plate", 7)
    yield box((x, y + 6), (4, _HEIGHT - 12), kind, 2)
    words = wrapped(link.name, 13)
    size = f"{link.size_bytes / 1e6:.1f} MB" if link.size_bytes else ""
    first = y + _HEIGHT / 2 + 4 - 6.5 * (len(words) - 1 + bool(size))
    for number, word in enumerate(words):
        yield text((x + _BOX / 2 + 2, first + 13 * number), word, "small strong", "middle")
    if size:
        yield text((x + _BOX / 2 + 2, first + 13 * len(words)), size, "small soft", "middle")


def _kind(chain: Sequence[Link], number: int) -> str:
    """Who it is: you, a daemon, what stays beside the container, or that itself."""
    if number == 0:
        return "you"
    if chain[number].name == CONTAINER:
        return "container"
    stays = chain[number].reached == "fork" and chain[number + 1].reached == "fork"
    return "monitor" if stays else "daemon"


def _meter(ms: float, most: float, x: float, y: float) -> Iterator[str]:
    yield text((x, y + 42), f"{ms:,.0f} ms", "number")
    yield box((x, y + 54), (max((_METER - 20) * ms / most, 2.0), 8), "meter", 3)
