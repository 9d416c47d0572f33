"""v1 Pod structs."""

from __future__ import annotations

import msgspec


class Pod(msgspec.Struct, frozen=True):
    pass
