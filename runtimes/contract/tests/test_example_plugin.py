"""The plugin of the page "Write a backend": a distribution of its own, installed and certified."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.run.gather import PARTS
from runtimes.contract.tests.conftest import uninstall_bridge
from runtimes.contract.tests.contract_command import CHECKOUT, EXAMPLE, contract, pip_install

if TYPE_CHECKING:
    from runtimes.contract.engines.session import EngineSession

PROFILES = ("cri", "streaming", "security", "stats", "events")
"""At both levels. Whole pods and crashes are the matter of the backend beneath."""


@pytest.mark.needs_root
@pytest.mark.needs_oci
@pytest.mark.needs_registry
@pytest.mark.timeout(960)
def test_it_is_installed_and_certified_for_what_it_claims(
    tmp_path: Path, pytestconfig: pytest.Config, runtimes_engines: EngineSession
) -> None:
    reports = Path(pytestconfig.getoption("--runtimes-report") or tmp_path)
    pip_install(EXAMPLE, tmp_path / "site")
    registry = runtimes_engines.env("registry")["RUNTIMES_TEST_REGISTRY"]
    bridge = f"rtx{os.getpid():x}"
    beneath = f"options=root={tmp_path}/oci,run_root={tmp_path}/run,bridge={bridge}"

    done = contract(
        *("contract", "run", "-b", "audit", "--option", "over=oci", "--option", beneath),
        *("--option", f"file={tmp_path}/audit.jsonl", "--registry", registry),
        *(word for profile in PROFILES for word in ("--profile", profile)),
        *("--report", f"json={reports.absolute()}/{PARTS}/audit.json"),
        cwd=tmp_path,
        site=tmp_path / "site",
        timeout=900,
    )
    uninstall_bridge(tmp_path / "run", bridge)

    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "audit.jsonl").read_text().count("run_pod_sandbox") > 100


@pytest.mark.timeout(360)
def test_its_own_tests_pass(tmp_path: Path) -> None:
    pip_install(EXAMPLE, tmp_path / "site")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(EXAMPLE / "tests/test_audit.py")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}/site{os.pathsep}{CHECKOUT}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert done.returncode == 0, done.stdout
