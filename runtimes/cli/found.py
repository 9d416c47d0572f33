"""Backends with the answers of their probes, each on its own: a broken one hides no other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import discovery, errors
from runtimes.core.configure import fill

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.cli.settings import Settings
    from runtimes.core.configure import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A backend as this host has it.

    Attributes:
        state: ``usable``, ``unusable``, ``broken`` or ``not installed``.
        reason: what was found.
        remedy: what helps; empty when it is usable.
        source: package and version that bring it.
        chosen: it is the one that commands use.
    """

    name: str
    state: str
    reason: str
    remedy: str = ""
    warnings: tuple[str, ...] = ()
    era: str = ""
    summary: str = ""
    kind: str = ""
    source: str = ""
    chosen: bool = False
    capabilities: frozenset[str] = field(default_factory=frozenset)

    @property
    def explanation(self) -> str:
        """One line: what it is where it works, else what to do."""
        if self.state == "usable":
            return f"{self.summary} ({self.reason})"
        return f"{self.reason}; {self.remedy}" if self.remedy else self.reason


def find_all(settings: Settings) -> list[Found]:
    """Probe every backend that is installed, and name those that could be."""
    config = settings.read_config()
    chosen = _chosen(settings)
    installed = discovery.installed()
    sources = {one.name: one for one in installed}
    found = [
        find(name, config, settings.options if name == chosen else {}, chosen=name == chosen)
        for name in sorted(sources, key=_rank)
    ]
    missing = [name for name in discovery.EXTRAS if name not in sources]
    return [*found, *(_missing(name, chosen=name == chosen) for name in missing)]


def find(
    name: str, config: Config, options: Mapping[str, object], *, chosen: bool = False
) -> Found:
    """Load and probe one backend; never raises for what is wrong with it."""
    source = next((one.source for one in discovery.installed() if one.name == name), "")
    try:
        backend = discovery.load(name)
        filled: object = fill(backend.options, {**config.backends.get(name, {}), **options})
    except errors.Error as error:
        state = "broken" if source else "not installed"
        return Found(name=name, state=state, reason=str(error), source=source, chosen=chosen)
    probe = backend.probe(filled)
    return Found(
        name=name,
        state=str(probe.state),
        reason=probe.reason,
        remedy=probe.remedy,
        warnings=probe.warnings,
        era=backend.era,
        summary=backend.summary,
        kind=str(backend.kind),
        source=source,
        chosen=chosen,
        capabilities=frozenset(map(str, backend.capabilities)),
    )


def _chosen(settings: Settings) -> str:
    try:
        return settings.choose().name
    except errors.BackendUnavailable:
        return ""


def _missing(name: str, *, chosen: bool) -> Found:
    remedy = f"pip install '.[{discovery.EXTRAS[name]}]' in a checkout"
    return Found(name=name, state="not installed", reason=remedy, chosen=chosen)


def _rank(name: str) -> tuple[int, str]:
    known = list(discovery.EXTRAS)
    return (known.index(name) if name in known else len(known), name)
