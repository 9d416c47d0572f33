"""Which backend is meant: asked for, set in the environment, configured, or the embedded one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.discovery.installed import installed
from runtimes.core.discovery.known import EXTRAS, NEVER_AUTOMATIC
from runtimes.core.discovery.load import load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runtimes.core.backend import Probe

DEFAULT = "oci"
AUTO = "auto"
VARIABLE = "RUNTIMES_BACKEND"


@dataclass(frozen=True, slots=True)
class Choice:
    """A backend's name, and one sentence on why it is this one."""

    name: str
    why: str


def choose(
    explicit: str | None = None,
    configured: str = "",
    *,
    environ: Mapping[str, str] | None = None,
    probe: Callable[[str], Probe] | None = None,
) -> Choice:
    """Choose: `explicit`, then ``RUNTIMES_BACKEND``, then `configured`, then ``oci``.

    ``auto`` in any place means the first usable one of those installed, asked by `probe`, which is
    called with a name and by default loads that backend and probes it with its default options.

    Raises:
        BackendUnavailable: ``auto``, and none is usable; the message has each one's reason.
    """
    variable = (os.environ if environ is None else environ).get(VARIABLE, "")
    for name, source in (
        (explicit, "asked for"),
        (variable, f"{VARIABLE}={variable}"),
        (configured, "set in the configuration file"),
    ):
        if name:
            return Choice(name, source) if name != AUTO else _first_usable(probe or _probe)
    return Choice(DEFAULT, "the default")


def _first_usable(probe: Callable[[str], Probe]) -> Choice:
    refusals: list[str] = []
    for name in _in_order({found.name for found in installed()} - NEVER_AUTOMATIC):
        try:
            result = probe(name)
        except errors.BackendUnavailable as error:
            refusals.append(str(error))
            continue
        if result.usable:
            return Choice(name, f"auto: the first usable one ({result.reason})")
        refusals.append(f"{name}: {result.reason}; {result.remedy}")
    found = "\n  ".join(["", *refusals]) if refusals else " none is installed"
    raise errors.BackendUnavailable(f"choose a backend: none is usable here:{found}")


def _in_order(names: set[str]) -> list[str]:
    known = [name for name in EXTRAS if name in names]
    return [*known, *sorted(names.difference(known))]


def _probe(name: str) -> Probe:
    return load(name).probe()
