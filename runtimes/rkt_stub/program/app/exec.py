"""`rkt app exec`: as `rkt enter`, in a pod of `rkt app sandbox`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def words(uuid: str, app: str, command: Sequence[str]) -> list[str]:
    return ["app", "exec", f"--app={app}", uuid, *command]
