"""What each runtime handler can do, as the Engine tells it. Pure.

Source: CRI RuntimeHandlerFeatures; moby daemon/info_unix.go (features of a runtime, since API
1.44); KEP-3857; mount_setattr(2) for the kernel.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.spec.mounts import READ_ONLY_OPTIONS_SINCE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.core.docker.types import Info

_KERNEL = (5, 12)
_FEATURES = "org.opencontainers.runtime-spec.features"
_RECURSIVE = "rro"


def handlers(names: Iterable[str], info: Info, api: tuple[int, int]) -> list[cri.RuntimeHandler]:
    """All of them; the Engine's default runtime answers to ``""`` and ``docker``, too."""
    able = api >= READ_ONLY_OPTIONS_SINCE and _version(info["KernelVersion"]) >= _KERNEL
    return [
        cri.RuntimeHandler(
            name=name,
            features=cri.RuntimeHandlerFeatures(
                recursive_read_only_mounts=able and _mounts_recursively(info, name)
            ),
        )
        for name in names
    ]


def _mounts_recursively(info: Info, handler: str) -> bool:
    runtimes = info.get("Runtimes", {})
    found = runtimes.get(handler) or runtimes.get(info.get("DefaultRuntime", ""), {})
    status = found.get("status")
    try:
        told = json.loads(status[_FEATURES]) if isinstance(status, dict) else {}
        return _RECURSIVE in told.get("mountOptions", ())
    except (KeyError, ValueError, TypeError, AttributeError):
        return False


def _version(kernel: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", kernel)[:2]))
