"""From findings to a result, row by row."""

from __future__ import annotations

import pytest

from runtimes.core.pod import v1
from runtimes.core.pod.probes import ProbeResult
from runtimes.kubelet.probe.state import ProbeKind, ProbeState, advanced, initial_state

LIVENESS, READINESS, STARTUP = ProbeKind.LIVENESS, ProbeKind.READINESS, ProbeKind.STARTUP
GOOD, BAD, UNKNOWN = ProbeResult.SUCCESS, ProbeResult.FAILURE, ProbeResult.UNKNOWN
BY_LETTER = {"+": GOOD, "-": BAD, "?": UNKNOWN}


def after(kind: ProbeKind, findings: str, **probe: int) -> ProbeState:
    state = initial_state(kind)
    for letter in findings:
        state = advanced(state, v1.Probe(**probe), BY_LETTER[letter])  # type: ignore[arg-type]  # thresholds
    return state


@pytest.mark.parametrize(
    ("kind", "findings", "result", "held"),
    [
        (LIVENESS, "", GOOD, False),
        (LIVENESS, "--", GOOD, False),
        (LIVENESS, "---", BAD, True),
        (LIVENESS, "--+--", GOOD, False),
        (LIVENESS, "-?-?-", BAD, True),
        (LIVENESS, "---+", BAD, True),
        (READINESS, "", BAD, False),
        (READINESS, "+", GOOD, False),
        (READINESS, "+--", GOOD, False),
        (READINESS, "+---", BAD, False),
        (READINESS, "+---+", GOOD, False),
        (STARTUP, "", UNKNOWN, False),
        (STARTUP, "--", UNKNOWN, False),
        (STARTUP, "--+", GOOD, True),
        (STARTUP, "---", BAD, True),
        (STARTUP, "???", UNKNOWN, False),
    ],
)
def test_three_failures_or_one_success_in_a_row_count(
    kind: ProbeKind, findings: str, result: ProbeResult, held: bool
) -> None:
    state = after(kind, findings)

    assert (state.result, state.held) == (result, held)


def test_thresholds_are_the_probes_own() -> None:
    assert after(LIVENESS, "-", failure_threshold=1).result is BAD
    assert after(READINESS, "++", success_threshold=3).result is BAD
    assert after(READINESS, "++-+++", success_threshold=3).result is GOOD
