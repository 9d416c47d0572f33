"""What the checkout's distributions say of themselves."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Distribution:
    folder: Path

    @property
    def package(self) -> str:
        return self.folder.name

    @property
    def name(self) -> str:
        return f"runtimes-{self.package.replace('_', '-')}"

    @cached_property
    def pyproject(self) -> dict[str, Any]:
        return tomllib.loads((self.folder / "pyproject.toml").read_text())

    @cached_property
    def modules(self) -> tuple[Path, ...]:
        """Its Python files, tests left out."""
        return tuple(
            sorted(
                path
                for path in self.folder.rglob("*.py")
                if "tests" not in path.relative_to(self.folder).parts
            )
        )


DISTRIBUTIONS = tuple(
    Distribution(path.parent) for path in sorted(ROOT.glob("runtimes/*/pyproject.toml"))
)
