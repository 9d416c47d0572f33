"""Which of an index's images runs here.

Source: OCI image-spec image-index.md, Platform Variants; Go's GOARCH names.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.registry.manifest import Platform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.oci.registry.manifest import Descriptor

_MACHINES = {
    "x86_64": Platform("amd64", "linux"),
    "aarch64": Platform("arm64", "linux", "v8"),
    "armv7l": Platform("arm", "linux", "v7"),
    "armv6l": Platform("arm", "linux", "v6"),
    "i386": Platform("386", "linux"),
    "i686": Platform("386", "linux"),
    "ppc64le": Platform("ppc64le", "linux"),
    "s390x": Platform("s390x", "linux"),
    "riscv64": Platform("riscv64", "linux"),
    "loongarch64": Platform("loong64", "linux"),
}
_ALIASES = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "i386": "386"}
_DEFAULT_VARIANTS = {"arm64": "v8", "arm": "v7"}


@cache
def host_platform() -> Platform:
    """Return the platform of this machine."""
    machine = os.uname().machine
    return _MACHINES.get(machine, Platform(machine, "linux"))


def choose(candidates: Sequence[Descriptor], host: Platform, *, what: str) -> Descriptor:
    """Return the candidate that fits `host` best; the first of equals.

    Raises:
        ImageNotFound: none fits; the message starts with `what` and lists what there is.
    """
    ranked = [(rank(item.platform, host), item) for item in candidates]
    fitting = [(score, item) for score, item in ranked if score > 0]
    if not fitting:
        there = sorted({_name(item.platform) for item in candidates if item.platform})
        raise errors.ImageNotFound(
            f"{what}: there is no image for {_name(host)}; there are: {', '.join(there) or 'none'}"
        )
    return max(fitting, key=lambda pair: pair[0])[1]


def rank(platform: Platform | None, host: Platform) -> int:
    """Tell how well an image fits: 0 not at all; an exact variant is best, a lower one may do."""
    if platform is None or (not platform.os and not platform.architecture):
        return 1
    architecture = _ALIASES.get(platform.architecture, platform.architecture)
    if platform.os != host.os or architecture != host.architecture:
        return 0
    mine = _level(host.variant or _DEFAULT_VARIANTS.get(architecture, ""))
    its = _level(platform.variant or _DEFAULT_VARIANTS.get(architecture, ""))
    return 0 if its > mine else 100 - (mine - its)


def _level(variant: str) -> int:
    digits = variant.removeprefix("v")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 3 else 0


def _name(platform: Platform | None) -> str:
    if platform is None:
        return "any"
    parts = (platform.os, platform.architecture, platform.variant)
    return "/".join(part for part in parts if part)
