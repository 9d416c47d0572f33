"""Which files a new plugin has: pure, from a name and a kind to paths and texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources
from string import Template

from runtimes.core import errors
from runtimes.core.backend import Kind

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
TAKEN = frozenset(
    {
        "auto", "cli", "client", "cni", "contract", "core", "cri", "cri-remote", "docker",
        "docker-legacy", "dockershim", "fake", "history", "kubelet", "oci", "rkt", "rkt-stub",
        "rktshim", "server",
    }
)  # fmt: skip
"""Backends and distributions of this project, which one of the same name would put out of place."""
_TEMPLATES = resources.files(__package__) / "templates"
_FILES = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "gitignore": ".gitignore",
    "contract.yml": ".github/workflows/contract.yml",
    "init.py": "$module/__init__.py",
    "py.typed": "$module/py.typed",
    "backend.py": "$module/backend.py",
    "service_$kind.py": "$module/service.py",
    "test_contract_$kind.py": "tests/test_contract.py",
}
"""Templates and where they go."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """Attributes:
    name: what users will type, e.g. ``my-runtime``.
    kind: the contract that it implements.
    """

    name: str
    kind: Kind

    @property
    def project(self) -> str:
        return f"runtimes-{self.name}"

    @property
    def module(self) -> str:
        return self.project.replace("-", "_")

    @property
    def words(self) -> dict[str, str]:
        """What templates may name."""
        stem = "".join(part.title() for part in self.name.split("-"))
        service, base, protocol = _SERVICES[self.kind]
        return {
            "name": self.name,
            "kind": self.kind,
            "KIND": self.kind.name,
            "project": self.project,
            "module": self.module,
            "Stem": stem,
            "Service": f"{stem}{service}",
            "base": base,
            "protocol": protocol,
        }


_SERVICES = {
    Kind.CRI: ("Service", "runtimes.core.cri.unimplemented", "runtimes.core.cri.services"),
    Kind.POD: ("Pods", "runtimes.core.pod.unimplemented", "runtimes.core.pod.runtime"),
    Kind.DOCKER: ("Engine", "runtimes.core.docker.unimplemented", "runtimes.core.docker.interface"),
}


def named(name: str, kind: Kind) -> Plugin:
    """A plugin of that name.

    Raises:
        InvalidArgument: the name can't be typed, or is one of ours.
    """
    if not _NAME.fullmatch(name):
        raise errors.InvalidArgument(
            f"make plugin '{name}': a name has lower-case letters, digits and single dashes, and"
            " begins with a letter"
        )
    if name in TAKEN:
        raise errors.InvalidArgument(
            f"make plugin '{name}': runtimes has a backend or package of that name; choose another"
        )
    return Plugin(name, kind)


def files(plugin: Plugin) -> dict[str, str]:
    """Every file's text, by its path below the project's folder."""
    found = {}
    for template, path in _FILES.items():
        source = Template(template).substitute(plugin.words)
        text = (_TEMPLATES / f"{source}.txt").read_text()
        found[Template(path).substitute(plugin.words)] = Template(text).substitute(plugin.words)
    return found
