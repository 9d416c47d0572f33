"""`rkt run-prepared`: the process becomes the pod, and ends with it.

Its stdout is the pod's console: ``[ uptime] app[pid]: text``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CONSOLE = re.compile(rb"\[ *[\d.]+\] ([a-z0-9-]+)\[\d+\]: (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class PodNetwork:
    """What is said of a pod's network and names when it starts.

    Attributes:
        net: ``default``, ``none``, ``host``, or names of configs in ``net.d``.
        hosts: address and names, for ``/etc/hosts``.
    """

    net: str
    hostname: str = ""
    servers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    hosts: tuple[tuple[str, str], ...] = ()

    def words(self) -> list[str]:
        on_host = self.net == "host"
        return [
            f"--net={self.net}",
            *([f"--hostname={self.hostname}"] if self.hostname else []),
            *(f"--dns={server}" for server in self.servers),
            *(f"--dns-search={search}" for search in self.searches),
            *(f"--dns-opt={option}" for option in self.options),
            *(["--hosts-entry=host"] if on_host else []),
            *(f"--hosts-entry={ip}={name}" for ip, name in self.hosts if not on_host),
        ]


def words(uuid: str, network: PodNetwork) -> list[str]:
    return ["run-prepared", *network.words(), uuid]


def console_line(line: bytes) -> tuple[str, bytes] | None:
    """Whose line of the console it is, and what it says; None for one that is no app's."""
    found = _CONSOLE.fullmatch(line)
    return None if found is None else (found[1].decode(), found[2])
