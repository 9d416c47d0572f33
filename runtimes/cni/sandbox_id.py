"""Sandbox ids become file names: what could leave the state directory is refused. Pure."""

from __future__ import annotations

import re

from runtimes.core import errors

_ALLOWED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")


def check_sandbox_id(sandbox_id: str) -> None:
    """Check an id before it becomes part of a path.

    Raises:
        InvalidArgument: too long, empty, or with other characters.
    """
    if not _ALLOWED.fullmatch(sandbox_id):
        raise errors.InvalidArgument(
            f"use sandbox id '{sandbox_id}': expected at most 200 letters, digits, - _ and ."
        )
