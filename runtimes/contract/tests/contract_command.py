"""`runtimes contract` as a user calls it, with plugins that are installed for one test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[3]
EXAMPLE = CHECKOUT / "examples/plugins/audit"


def install(site: Path, name: str, target: str, kind: str = "cri") -> None:
    """Write what pip would write of a distribution with one backend."""
    folder = site / f"runtimes_{name}-0.1.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: runtimes-{name}\nVersion: 0.1\n"
    )
    (folder / "entry_points.txt").write_text(f"[runtimes.{kind}]\n{name} = {target}\n")


def pip_install(folder: Path, site: Path) -> None:
    """Install a project as pip does, without looking for its dependencies anywhere."""
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run(
        [*command, "--target", str(site), str(folder)], check=True, env=environment, timeout=120
    )


def contract(
    *arguments: str, cwd: Path, site: Path | None = None, timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    paths = [str(site)] if site is not None else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*paths, str(CHECKOUT)])}
    return subprocess.run(
        [sys.executable, "-m", "runtimes.cli.main", *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
