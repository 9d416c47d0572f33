"""The page of a documentation that shows several backends side by side: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.report.summary import exceptions, tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.contract.report.summary import Summary

_HEAD = """\
# Conformance

What every backend of this repository passed when all its tests ran last, on real engines, but for
rkt, which no distribution ships: its version names the stand-in that runs real processes by crun. A
cell says how many tests of level core passed of those there are, then how many of level extended of
those that the backend claims. *Partial* means that nothing failed, and that a test of level core is
known to fail or could not be tried; why is told below. `runtimes contract explain ID` says what a
test holds. This page is generated from `conformance.json` by `scripts/conformance.py`.
"""


def page(summaries: Sequence[Summary]) -> str:
    """Markdown, whole."""
    lines = [_HEAD, *tables(summaries)]
    for summary in summaries:
        lines += exceptions(summary)
    return "\n".join(lines) + "\n"
