"""A container's Linux capabilities, as the Engine's `CapAdd` and `CapDrop`.

Source: CRI Capability; Docker Engine API, HostConfig.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.host.capabilities import NAMES, known_to_kernel
from runtimes.core.host.clamp import clamp_capabilities

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.host.clamp import Grants

ALL = "ALL"

_OLD = NAMES[: NAMES.index("CAP_AUDIT_READ") + 1]
_NEW_SINCE = (1, 42)
"""API of the Engines that know more capabilities than `_OLD`; others refuse those names."""


def added(asked: cri.Capability, grants: Grants) -> list[str]:
    """What to add to the Engine's default set, or to nothing if all are dropped.

    Raises:
        InvalidArgument: an unknown capability.
        Unimplemented: ambient ones, which an Engine can't give.
    """
    if asked.add_ambient_capabilities:
        raise errors.Unimplemented(
            f"add_ambient_capabilities {list(asked.add_ambient_capabilities)}: Docker can't set "
            "ambient capabilities; set file capabilities in the image"
        )
    if _has_all(asked.add_capabilities):
        return [ALL]
    wanted = _expand(asked.add_capabilities, "add_capabilities")
    return _ordered(clamp_capabilities(wanted, grants))


def dropped(asked: cri.Capability, grants: Grants, api: tuple[int, int]) -> list[str]:
    """What to take off; beside an added ALL, what the host withholds, or nothing would start.

    Raises:
        InvalidArgument: an unknown capability.
    """
    single = _expand(
        (name for name in asked.drop_capabilities if name.upper() != ALL), "drop_capabilities"
    )
    if _has_all(asked.add_capabilities):
        return _ordered({*single, *withheld(grants, api)})
    return [ALL] if _has_all(asked.drop_capabilities) else _ordered(single)


def withheld(grants: Grants, api: tuple[int, int]) -> list[str]:
    """What an Engine's ALL holds and the host doesn't grant."""
    known = known_to_kernel().intersection(NAMES if api >= _NEW_SINCE else _OLD)
    return _ordered(known - clamp_capabilities(known, grants))


def _has_all(names: Iterable[str]) -> bool:
    return any(name.upper() == ALL for name in names)


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
