"""Backends that this project knows by name, in the order that ``auto`` tries them."""

from __future__ import annotations

from typing import Final

EXTRAS: Final = {
    "oci": "oci",
    "cri": "cri",
    "dockershim": "dockershim",
    "docker": "docker",
    "rktshim": "rkt",
    "rkt": "rkt",
    "fake": "contract",
}
"""From a backend's name to the extra of the metapackage that brings it."""

NEVER_AUTOMATIC: Final = frozenset({"fake"})


def install_command(extra: str) -> str:
    """Shell command that installs an extra, to be run in a checkout."""
    return f"pip install '.[{extra}]'"
