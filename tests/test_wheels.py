"""Wheels hold just their package, and plain pip installs plugins from a checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from typing import TYPE_CHECKING

import pytest
from distributions import DISTRIBUTIONS, ROOT, Distribution

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy without build leftovers, so that builds never write into the sources."""
    target = tmp_path_factory.mktemp("checkout") / "runtimes"
    ignore = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info", "tests")
    shutil.copytree(ROOT, target, ignore=ignore)
    shutil.copy(ROOT / ".gitignore", target)
    return target


@pytest.fixture(scope="session")
def wheels(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheels")
    folders = [str(checkout / "runtimes" / dist.package) for dist in DISTRIBUTIONS]
    pip(sys.executable, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", target, *folders)
    return target


def pip(python: str | Path, *arguments: str | Path) -> None:
    command = [python, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def contents(wheels: Path, dist: Distribution) -> list[str]:
    (wheel,) = wheels.glob(f"{dist.name.replace('-', '_')}-*.whl")
    return zipfile.ZipFile(wheel).namelist()


@pytest.mark.parametrize("dist", DISTRIBUTIONS, ids=lambda d: d.package)
def test_a_wheel_holds_just_its_package(wheels: Path, dist: Distribution) -> None:
    names = contents(wheels, dist)

    package = f"runtimes/{dist.package}/"
    code = [name for name in names if ".dist-info/" not in name]

    assert f"{package}py.typed" in code
    assert f"{package}__init__.py" in code
    assert all(name.startswith(package) for name in code)
    assert not [name for name in code if "/tests/" in name or name.endswith((".md", ".toml"))]


def test_every_module_of_a_distribution_is_in_its_wheel(wheels: Path) -> None:
    for dist in DISTRIBUTIONS:
        expected = {str(path.relative_to(ROOT)) for path in dist.modules}
        assert expected <= set(contents(wheels, dist))


def test_the_agents_page_is_in_its_wheel(wheels: Path) -> None:
    kubelet = next(dist for dist in DISTRIBUTIONS if dist.package == "kubelet")
    files = [path for path in (kubelet.folder / "api/page").iterdir() if path.is_file()]

    assert {".html", ".css", ".js", ".svg"} <= {path.suffix for path in files}
    assert {str(path.relative_to(ROOT)) for path in files} <= set(contents(wheels, kubelet))


@pytest.fixture
def python(tmp_path: Path) -> Path:
    venv.create(tmp_path / "venv", with_pip=True)
    return tmp_path / "venv/bin/python"


def run(python: Path, code: str, cwd: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    answer = subprocess.run(
        [python, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=cwd,
        env=environment,
        timeout=60,
    )
    return answer.stdout.strip()


LIST_CRI = (
    "from importlib.metadata import entry_points; "
    "print(sorted(e.name for e in entry_points(group='runtimes.cri')))"
)


def test_plain_pip_installs_an_extra_from_the_checkout(
    checkout: Path, python: Path, tmp_path: Path
) -> None:
    pip(python, "install", "-q", f"{checkout}[cri]")

    assert run(python, LIST_CRI, tmp_path) == "['cri', 'oci']"
    assert run(python, "import runtimes; print(runtimes.__file__)", tmp_path) == "None"


def test_plain_pip_installs_chosen_folders(checkout: Path, python: Path, tmp_path: Path) -> None:
    folders = [checkout / "runtimes/core", checkout / "runtimes/cri_remote"]
    pip(python, "install", "-q", *folders)

    assert run(python, LIST_CRI, tmp_path) == "['cri']"
    assert run(python, "import runtimes.cri_remote, runtimes.core; print('ok')", tmp_path) == "ok"


def test_the_metapackage_built_from_its_sdist_keeps_plain_names(
    checkout: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "build", "--no-isolation", "-o", str(tmp_path), str(checkout)]
    subprocess.run(command, capture_output=True, check=True, timeout=300)

    (wheel,) = tmp_path.glob("*.whl")
    archive = zipfile.ZipFile(wheel)
    (metadata,) = [name for name in archive.namelist() if name.endswith("METADATA")]

    assert "file:" not in archive.read(metadata).decode()
