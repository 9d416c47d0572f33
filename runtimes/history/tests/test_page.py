"""The page and its drawings."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from runtimes.core import errors
from runtimes.history.page import ladder, sequence, svg
from runtimes.history.page.html import page, ran
from runtimes.history.page.table import comparison
from runtimes.history.story.model import Host, Lifeline, Link, Recording, Row, Told, dump, load

SVG = "{http://www.w3.org/2000/svg}"
ROWS = (
    Row(phase="start", depth=0, layer="cri", source="you", target="oci", name="RunPodSandbox",
        at_ms=1.0, ms=40.0),
    Row(phase="start", depth=1, layer="program", source="monitor", target="crun", name="crun <x>",
        at_ms=2.0, ms=None, times=3, detail="crun --root '<x>' & more"),
    Row(phase="stop", depth=0, layer="cri", source="you", target="oci", name="StopPodSandbox",
        at_ms=1.0, ms=9.0, error="NotFound"),
)  # fmt: skip
OCI = Told(
    era="oci",
    state="ran",
    runtime="crun 1.8",
    start_ms=42.0,
    stop_ms=10.0,
    lifelines=tuple(
        Lifeline(name=name, kind="process") for name in ("you", "oci", "monitor", "crun")
    ),
    rows=ROWS,
    chain=(
        Link(name="your program"),
        Link(name="monitor", reached="fork", size_bytes=156_000),
        Link(name="the container", reached="fork"),
    ),
    lines={"core": 1000, "oci": 3000},
)
RECORDING = Recording(
    began="2024-01-01T00:00:00+00:00",
    host=Host(kernel="6.1", machine="x86_64", python="3.11", cpus=2),
    pod="hello",
    manifest="kind: Pod # <b>",
    runs=2,
    eras=(Told(era="rkt", state="unusable", why="rkt isn't here; <install> it"), OCI),
)


class Links(HTMLParser):
    """Everything that a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in {"src", "href"}]


def labels(drawing: str) -> list[str]:
    return [one.text or "" for one in ET.fromstring(drawing).iter(f"{SVG}text")]


def test_a_recording_survives_its_file() -> None:
    assert load(dump(RECORDING)) == RECORDING


@pytest.mark.parametrize(
    "text", ["{}", "no", dump(RECORDING).replace('"version": 1', '"version": 9')]
)
def test_what_is_no_recording_is_refused(text: str) -> None:
    with pytest.raises(errors.InvalidArgument, match="read the recording"):
        load(text)


def test_a_diagram_has_a_row_for_each_call_and_a_head_for_each_lifeline() -> None:
    drawn = labels(sequence.draw(OCI, "start"))

    assert {"RunPodSandbox", "crun <x> ×3", "goes on", "you", "oci", "monitor", "crun"} <= set(
        drawn
    )
    assert "StopPodSandbox" not in drawn


def test_a_request_that_is_not_on_record_is_drawn_as_such() -> None:
    lines = ET.fromstring(sequence.draw(OCI, "start")).iter(f"{SVG}line")

    assert [one.get("class") for one in lines].count("unseen") == 1


def test_a_drawing_alone_has_its_style() -> None:
    root = ET.fromstring(svg.alone(sequence.draw(OCI, "start")))

    assert root.find(f"{SVG}style") is not None
    assert "prefers-color-scheme: dark" in (root.findtext(f"{SVG}style") or "")


def test_the_ladder_shows_who_has_to_live() -> None:
    drawn = labels(ladder.draw(ran(RECORDING)))

    assert {"your program", "monitor", "0.2 MB", "the container", "1 between", "42 ms"} <= set(
        drawn
    )


def test_the_least_stands_out_unless_it_is_nothing() -> None:
    slower = Told(era="cri", state="ran", start_ms=100.0, stop_ms=10.0, lines={"core": 9000})

    cells = comparison([("a", OCI), ("b", slower)])

    assert '<td class="n least">42 ms' in cells
    assert '<td class="n">100 ms' in cells
    assert '<td class="n">0</td>' in cells


def test_processes_that_were_not_seen_are_not_said_to_be_none() -> None:
    blind = Told(era="cri", state="ran", start_ms=1.0)

    assert '<td class="n">not seen</td>' in comparison([("a", blind)])
    assert "not seen" in labels(ladder.draw([("a", blind)]))


def test_a_page_is_read_by_people() -> None:
    """Days as they write them, code in its own letters, black on white on paper."""
    found = page(RECORDING)

    assert "1 January 2024, 00:00 UTC" in found
    assert "<code>runtimes kubelet</code>" in found
    assert "`" not in found.partition("</style>")[2]
    assert "prefers-color-scheme: dark" in found
    assert "@media (prefers-color-scheme" not in found


def test_the_page_tells_all_and_fetches_nothing() -> None:
    text = page(RECORDING)
    links = Links()
    links.feed(text)

    assert "One Pod, one era" in text
    assert "kind: Pod # &lt;b&gt;" in text
    assert "rkt isn&#x27;t here; &lt;install&gt; it" in text
    assert "crun --root &#x27;&lt;x&gt;&#x27; &amp; more" in text
    assert "4,000 lines of Python" in text
    assert links.found == ["#oci"]
    assert not re.search(r"@import|url\(", text)


def test_long_words_are_broken_and_cut() -> None:
    assert svg.wrapped("containerd-shim-runc-v2", 13) == ["containerd-", "shim-runc-v2"]
    assert svg.wrapped("unbreakableword", 8) == ["unbreak…"]
