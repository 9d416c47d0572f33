"""Names as appc takes them: lower-case letters, digits, and single dashes between."""

from __future__ import annotations

import hashlib
import re

_VALID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_OTHERS = re.compile(r"[^a-z0-9]+")


def ac_name(name: str) -> str:
    """The name itself where it is one; else another that no other name gives."""
    if _VALID.fullmatch(name):
        return name
    stem = _OTHERS.sub("-", name.lower()).strip("-") or "app"
    return f"{stem}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
