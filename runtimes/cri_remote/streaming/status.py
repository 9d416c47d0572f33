"""How a command ended, from what the error stream says.

Source: kubernetes apimachinery metav1.Status; kubelet remotecommand (v4 writes one as JSON).
"""

from __future__ import annotations

import json
from typing import Any

from runtimes.core import errors


def exit_code(text: bytes, what: str) -> int:
    """Read the error stream of a command that has ended.

    Raises:
        Unavailable: it is empty: the connection broke before.
        Internal: the runtime couldn't run it; the message has its own words.
    """
    if not text:
        raise errors.Unavailable(f"{what}: the runtime's streaming server broke the connection off")
    try:
        status: dict[str, Any] = json.loads(text)
        outcome = status["status"]
    except (ValueError, KeyError, TypeError):
        words = text.decode(errors="replace").strip()
        raise errors.Internal(f"{what}: {words}") from None
    if outcome == "Success":
        return 0
    if status.get("reason") == "NonZeroExitCode":
        return _code(status)
    raise errors.Internal(f"{what}: {status.get('message') or status}")


def _code(status: dict[str, Any]) -> int:
    causes = (status.get("details") or {}).get("causes") or []
    codes = [str(one.get("message")) for one in causes if one.get("reason") == "ExitCode"]
    if codes and codes[0].isdigit():
        return int(codes[0])
    raise errors.Internal(f"read an exit code: the streaming server sent none: {status}")
