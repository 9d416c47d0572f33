"""What importing core brings along, seen in a fresh interpreter."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import pytest

import runtimes.core

_HEAVY = ("grpc", "docker", "stevedore", "tenacity", "asyncio", "rich", "yaml", "click")


def _modules() -> list[str]:
    walked = pkgutil.walk_packages(runtimes.core.__path__, "runtimes.core.")
    return [module.name for module in walked if ".tests" not in module.name]


def _imported_by(*modules: str) -> set[str]:
    code = f"import sys, json, {', '.join(modules)}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout))


def test_every_module_of_core_imports_without_the_heavy_ones() -> None:
    imported = _imported_by(*_modules())

    assert set(_modules()) <= imported
    assert imported.isdisjoint(_HEAVY)


@pytest.mark.parametrize(
    "module", ["runtimes.core.errors", "runtimes.core.discovery", "runtimes.core.logs"]
)
def test_what_a_command_line_needs_first_comes_without_protobuf(module: str) -> None:
    imported = _imported_by(module)

    assert imported.isdisjoint({"google.protobuf", "msgspec", "importlib.metadata", *_HEAVY})
