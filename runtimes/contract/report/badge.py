"""The report as a badge: the JSON that endpoints of badge services read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runtimes.contract.report.model import Result
from runtimes.contract.report.verdict import by_profile, result_of, share

if TYPE_CHECKING:
    from runtimes.contract.report.model import Report

_COLOURS = {
    Result.CONFORMANT: "brightgreen",
    Result.PARTIAL: "yellow",
    Result.NOT_CONFORMANT: "red",
    Result.NOTHING_RAN: "lightgrey",
}


def dump(report: Report) -> str:
    result = result_of(report.tests)
    profiles = "+".join(by_profile(report)) or "nothing"
    badge = {
        "schemaVersion": 1,
        "label": f"contract {report.contract_version}",
        "message": f"{result}: {profiles} {share(report.tests)}",
        "color": _COLOURS[result],
    }
    return json.dumps(badge, indent=2) + "\n"
