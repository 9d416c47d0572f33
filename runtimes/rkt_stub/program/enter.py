"""`rkt enter`: a command in a running app of any pod, as root, with the app's environment.

It ends as the command does; but with 1 when the program isn't there, and with 254 when the pod
doesn't run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def words(uuid: str, app: str, command: Sequence[str]) -> list[str]:
    return ["enter", f"--app={app}", uuid, *command]
