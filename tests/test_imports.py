"""Who may import whom: siblings meet through entry points, and the embedded path stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

import pytest
from distributions import DISTRIBUTIONS, Distribution

if TYPE_CHECKING:
    from pathlib import Path

ALLOWED = {
    "core": set(),
    "cni": {"core"},
    "kubelet": {"core"},
    "client": {"core", "kubelet"},
    "cli": {"core", "client"},
    "oci": {"core", "cni"},
    "dockershim": {"core", "cni"},
    "cri_remote": {"core"},
    "server": {"core"},
    "contract": {"core", "kubelet"},
    "docker_legacy": {"core", "kubelet"},
    "rkt_stub": {"core", "kubelet"},
    "history": {"core", "kubelet", "client"},
}
ONE_IMPORTER = {"docker": {"docker_legacy"}, "grpc": {"cri_remote", "server", "kubelet"}}
HEAVY = ("grpc", "docker", "asyncio", "pyroute2")

every_distribution = pytest.mark.parametrize("dist", DISTRIBUTIONS, ids=lambda d: d.package)


@cache
def imported(path: Path) -> frozenset[str]:
    """What a file names in imports; a relative one begins with a dot."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names.update(f"{module}.{alias.name}" for alias in node.names)
    return frozenset(names)


@every_distribution
def test_a_distribution_imports_only_its_betters(dist: Distribution) -> None:
    allowed = ALLOWED[dist.package] | {dist.package}

    siblings = {
        (path.name, name)
        for path in dist.modules
        for name in imported(path)
        if name.startswith("runtimes.") and name.split(".")[1] not in allowed
    }

    assert not siblings


@every_distribution
def test_imports_are_absolute(dist: Distribution) -> None:
    relative = [
        path for path in dist.modules if any(name.startswith(".") for name in imported(path))
    ]

    assert not relative


@every_distribution
def test_what_it_imports_of_siblings_is_a_declared_dependency(dist: Distribution) -> None:
    declared = {
        line.split("==")[0].removeprefix("runtimes-").replace("-", "_")
        for line in dist.pyproject["project"]["dependencies"]
        if line.startswith("runtimes-")
    }

    used = {
        name.split(".")[1]
        for path in dist.modules
        for name in imported(path)
        if name.startswith("runtimes.")
    }

    assert used - {dist.package} <= declared


@pytest.mark.parametrize("module", sorted(ONE_IMPORTER))
def test_heavy_libraries_have_one_place(module: str) -> None:
    importers = {
        dist.package
        for dist in DISTRIBUTIONS
        for path in dist.modules
        for name in imported(path)
        if name == module or name.startswith(f"{module}.")
    }

    assert importers <= ONE_IMPORTER[module]


@pytest.mark.parametrize(
    "package", ["core", "cni", "oci.backend", "oci.service", "kubelet", "client", "cli.app"]
)
def test_the_embedded_path_loads_nothing_heavy(package: str) -> None:
    code = f"import sys, runtimes.{package}; print([m for m in {HEAVY!r} if m in sys.modules])"

    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )

    assert answer.stdout.strip() == "[]"
