"""Lets plain pip install the plugins of this checkout beside the metapackage.

pip builds the root's wheel to learn its requirements; this hook turns the name of every
distribution that lies in the checkout into a reference to its folder. The sdist has no such
folders, so what is built from it keeps plain names.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.requirements import Requirement


class SiblingRequirements(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        core = self.metadata.core
        for lines in (core.dependencies, *core.optional_dependencies.values()):
            lines[:] = map(self._prefer_sibling, lines)

    def _prefer_sibling(self, line: str) -> str:
        name = Requirement(line).name
        folder = Path(self.root, "runtimes", name.removeprefix("runtimes-").replace("-", "_"))
        return f"{name} @ {folder.as_uri()}" if (folder / "pyproject.toml").is_file() else line
