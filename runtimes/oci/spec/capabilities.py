"""A container's Linux capabilities.

Source: CRI Capability; capabilities(7). The default set is Docker's and containerd's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.host.capabilities import NAMES
from runtimes.core.host.clamp import clamp_capabilities

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.oci.spec.request import SpecRequest
    from runtimes.oci.spec.schema import Capabilities

DEFAULT = frozenset(
    f"CAP_{name}"
    for name in (
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "NET_RAW",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    )
)
ALL = "ALL"


def container(request: SpecRequest) -> Capabilities:
    """The five sets for a container's first process.

    Privileged containers get all that the host grants. The inheritable set holds only what is
    ambient: anything more would let an unprivileged user of the container gain it by file
    capabilities.

    Raises:
        InvalidArgument: an unknown capability.
    """
    if request.privileged:
        every = request.host.bounding & frozenset(NAMES)
        return _sets(every, frozenset())
    asked = request.security.capabilities
    ambient = _expand(asked.add_ambient_capabilities, "add_ambient_capabilities")
    granted = clamp_capabilities(select(asked) | ambient, request.host)
    return _sets(granted, ambient & granted)


def select(asked: cri.Capability) -> frozenset[str]:
    """Apply adding and dropping to the default set: ALL first, then single names, drops last.

    So ``drop: [ALL], add: [CHOWN]`` leaves CHOWN alone, and ``add: [ALL], drop: [CHOWN]`` all but.
    """
    add, drop = (
        list(map(str.upper, asked.add_capabilities)),
        list(map(str.upper, asked.drop_capabilities)),
    )
    chosen = DEFAULT
    if ALL in add:
        chosen = frozenset(NAMES)
    if ALL in drop:
        chosen = frozenset()
    chosen |= _expand((name for name in add if name != ALL), "add_capabilities")
    return chosen - _expand((name for name in drop if name != ALL), "drop_capabilities")


def _expand(names: Iterable[str], field: str) -> frozenset[str]:
    """Full names of `names`, which may come in any case, with or without ``CAP_``."""
    full = set()
    for name in names:
        if name.upper() == ALL:
            return frozenset(NAMES)
        word = f"CAP_{name.upper().removeprefix('CAP_')}"
        if word not in NAMES:
            raise errors.InvalidArgument(
                f"{field}: {name!r} is not a Linux capability, such as NET_BIND_SERVICE"
            )
        full.add(word)
    return frozenset(full)


def _sets(granted: frozenset[str], ambient: frozenset[str]) -> Capabilities:
    have, kept = _ordered(granted), _ordered(ambient)
    return {
        "bounding": have,
        "effective": have,
        "inheritable": kept,
        "permitted": have,
        "ambient": kept,
    }


def _ordered(names: frozenset[str]) -> list[str]:
    return [name for name in NAMES if name in names]
