"""The whole story as one page that needs nothing from elsewhere."""

from __future__ import annotations

import re
from datetime import datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.history.eras import ERAS
from runtimes.history.page import ladder, sequence, svg, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.history.eras.era import Era
    from runtimes.history.story.model import Recording, Told

_CODE = re.compile(r"`([^`]+)`")
_NUMBERS = ("two", "three", "four", "five", "six", "seven")
_STYLE = Path(__file__).with_name("page.css")
_KNOWN = {era.name: era for era in ERAS}
_LAYERS = {
    "pod": "PodRuntime: what kubelet asks of any runtime",
    "cri": "CRI: sandboxes, containers, images",
    "docker": "DockerInterface: what kubelet asked of Docker",
    "grpc": "gRPC over a socket",
    "http": "HTTP over the Engine's socket",
    "program": "a program is started",
    "unseen": "asked over a socket between daemons, which isn't on record",
}


def page(recording: Recording) -> str:
    """Write the page."""
    title = f"One Pod, {_many(recording)}"
    body = [
        f"<h1>{title}</h1>",
        *_head(recording),
        *_comparison(recording),
        *(part for told in recording.eras for part in _era(_KNOWN[told.era], told)),
        _FOOT,
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE.read_text()}{svg.STYLE.read_text()}</style></head>\n"
        "<body><main>\n" + "\n".join(body) + "\n</main></body></html>\n"
    )


def ran(recording: Recording) -> list[tuple[str, Told]]:
    """The eras that ran, with their titles."""
    return [(_KNOWN[told.era].title, told) for told in recording.eras if told.state == "ran"]


def _many(recording: Recording) -> str:
    names = ("no era", "one era", *(f"{n} eras" for n in _NUMBERS))
    count = len(ran(recording))
    return names[count] if count < len(names) else f"{count} eras"


def _head(recording: Recording) -> Iterator[str]:
    yield (
        '<p class="lead">The same Pod, run on this machine through every way that containers have '
        "been run under Kubernetes. Nothing here is drawn from memory: each arrow is a call that "
        "was made, each box a process that lived, each figure was measured or counted.</p>"
    )
    host = recording.host
    runs = "one run" if recording.runs == 1 else f"the quickest of {recording.runs} runs"
    yield (
        f'<p class="years">Pod <code>{escape(recording.pod)}</code>, {_day(recording.began)}, '
        f"Linux {escape(host.kernel)} on {escape(host.machine)} with {host.cpus} processors, "
        f"Python {escape(host.python)}; {runs} of each era.</p>"
    )
    yield "<details><summary>The manifest</summary>"
    yield f"<pre>{escape(recording.manifest)}</pre></details>"


def _day(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%-d %B %Y, %H:%M} UTC"


def _comparison(recording: Recording) -> Iterator[str]:
    if not (eras := ran(recording)):
        return
    yield "<h2>Between you and your container</h2>"
    yield f'<div class="drawing">{ladder.draw(eras)}</div>'
    yield table.comparison(eras)
    yield '<ul class="legend">'
    yield from (f'<li><i class="{name}"></i>{words}</li>' for name, words in _LAYERS.items())
    yield "</ul>"


def _era(era: Era, told: Told) -> Iterator[str]:
    yield f'<section id="{era.name}"><h2>{era.title}</h2><p class="years">{era.years}</p>'
    yield f'<p class="lead">{_prose(era.idea)}</p><div class="pair">'
    yield f"<div><h3>What it made possible</h3><p>{_prose(era.possible)}</p></div>"
    yield f"<div><h3>What it cost</h3><p>{_prose(era.price)}</p></div></div>"
    if era.differs:
        yield f'<p class="note">{_prose(era.differs)}</p>'
    if told.state == "ran":
        yield from _diagrams(told)
    else:
        word = "It failed here" if told.state == "failed" else "It can't be run here"
        yield f'<p class="missing">{word}: {escape(told.why)}</p>'
    yield "</section>"


def _prose(words: str) -> str:
    """With what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(words, quote=False))


def _diagrams(told: Told) -> Iterator[str]:
    yield f'<div class="drawing">{sequence.draw(told, "start")}</div>'
    if told.deaf:
        yield f'<p class="note">Programs may be missing: {escape(told.deaf)}.</p>'
    yield "<details><summary>From stop to gone</summary>"
    yield f'<div class="drawing">{sequence.draw(told, "stop")}</div></details>'
    yield "<details><summary>Every hop, with command lines</summary>"
    yield f"{table.hops(told)}</details>"
    yield f"<h3>{told.code:,} lines of Python</h3>{table.code(told)}"
    yield f'<p class="note">Runtime: {escape(told.runtime)}.</p>'


_FOOT = """\
<footer><p>How it was recorded: calls, by wrapping the interfaces where a backend is opened, and at
the places where a request leaves the process; programs, as the kernel tells of every one that is
started; processes between, by who listens at a socket and who is whose parent in /proc. Code is
counted in the modules that were loaded, without empty lines and comments. The kubelet is this
project's: its steps are kubelet's, its code is not. Times are of one run on one machine; the shape
is what stays.</p><p>Made by <code>runtimes history</code>.</p></footer>"""
