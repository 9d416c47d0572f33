"""Status: there is no daemon, so rkt is ready when it answers; it does the networking itself.

Source: CRI Status; rktlet, which always said yes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.rkt_stub.program.list import list_pods

if TYPE_CHECKING:
    from runtimes.rkt_stub.shim.engine import ShimEngine

CONDITIONS = ("RuntimeReady", "NetworkReady")


def status(engine: ShimEngine, *, verbose: bool) -> cri.StatusResponse:
    """Tell the conditions RuntimeReady and NetworkReady.

    Source: CRI Status.
    """
    why = _why_not(engine)
    reason = "RktNotReady" if why else ""
    answer = cri.StatusResponse()
    answer.status.conditions.extend(
        cri.RuntimeCondition(type=one, status=not why, reason=reason, message=why)
        for one in CONDITIONS
    )
    if verbose:
        answer.info["rkt"] = json.dumps({"program": engine.rkt.program, "net": engine.net})
    return answer


def _why_not(engine: ShimEngine) -> str:
    try:
        list_pods(engine.rkt)
    except errors.Error as error:
        return str(error)
    return ""
