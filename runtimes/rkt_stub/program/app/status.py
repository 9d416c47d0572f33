"""`rkt app status`: one app with its own times, which `list` doesn't have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Rkt
    from runtimes.rkt_stub.program.shapes import App


def status(rkt: Rkt, uuid: str, app: str) -> App | None:
    """None when rkt refuses, as it does for an app or pod that isn't there; the caller looks.

    A number of `exit_code` is the program's own, or the bare number of the signal that killed it,
    or 203 when it couldn't be executed.
    """
    answer = rkt.call("app", "status", uuid, f"--app={app}", "--format=json")
    if not answer.ok:
        return None
    try:
        found: App = json.loads(answer.stdout)
    except ValueError as error:
        raise errors.Internal(f"status of app '{app}' of pod '{uuid}': no JSON") from error
    return found
