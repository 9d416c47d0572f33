"""A container's Linux capabilities, as the Engine's `CapAdd` and `CapDrop`.

Source: CRI Capability; Docker Engine API, HostConfig.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.host.capabilities import NAMES
from runtimes.core.host.clamp import clamp_capabilities

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.host.clamp import Grants

ALL = "ALL"


def added(asked: cri.Capability, grants: Grants) -> list[str]:
    """What to add to the Engine's default set, or to nothing if all are dropped.

    ALL is spelt out: the Engine's own ALL holds what the host may not grant, and then nothing
    starts. Drops of single names win over ALL.

    Raises:
        InvalidArgument: an unknown capability.
        Unimplemented: ambient ones, which an Engine can't give.
    """
    if asked.add_ambient_capabilities:
        raise errors.Unimplemented(
            f"add_ambient_capabilities {list(asked.add_ambient_capabilities)}: Docker can't set "
            "ambient capabilities; set file capabilities in the image"
        )
    if not any(name.upper() == ALL for name in asked.add_capabilities):
        wanted = _expand(asked.add_capabilities, "add_capabilities")
        return _ordered(clamp_capabilities(wanted, grants))
    single = (name for name in asked.drop_capabilities if name.upper() != ALL)
    return _ordered(every(grants) - _expand(single, "drop_capabilities"))


def dropped(asked: cri.Capability) -> list[str]:
    """What to take off; ALL stays ALL.

    Raises:
        InvalidArgument: an unknown capability.
    """
    if any(name.upper() == ALL for name in asked.drop_capabilities):
        return [ALL]
    return _ordered(_expand(asked.drop_capabilities, "drop_capabilities"))


def every(grants: Grants) -> frozenset[str]:
    """All that the host grants."""
    return grants.bounding & frozenset(NAMES)


def _expand(names: Iterable[str], field: str) -> frozenset[str]:
    """Full names of `names`, which may come in any case, with or without ``CAP_``."""
    full = set()
    for name in names:
        word = f"CAP_{name.upper().removeprefix('CAP_')}"
        if word not in NAMES:
            raise errors.InvalidArgument(
                f"{field}: {name!r} is not a Linux capability, such as NET_BIND_SERVICE"
            )
        full.add(word)
    return frozenset(full)


def _ordered(names: Iterable[str]) -> list[str]:
    return sorted(names, key=NAMES.index)
